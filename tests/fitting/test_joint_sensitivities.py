"""Sensitivities of core levels within what is known of them, common to all steps of a joint fit."""

from typing import Any

import numpy as np
import pytest
from scipy.optimize import least_squares

from fitting.arrays import FloatArray
from fitting.build import build_model
from fitting.engines.compile_apart import available
from fitting.evaluate import RegionEvaluator
from fitting.joint_errors import counting_covariance, following, systematic_covariance
from fitting.model import ModelTable
from fitting.monitor import SilentMonitor
from fitting.plan import Plan
from fitting.result import FitStatus, StepResult
from fitting.seriesfit import fit_series
from fitting.sharedfit import fit_shared
from fitting.spectrum import Spectrum
from tests.fitting.synthetic import axis_of
from tests.fitting.test_joint import FREE_X, table_of, truth_of

ENGINES = ["lmfit", "compiled"] if available() else ["lmfit"]
MONITOR = SilentMonitor()
LEVELS = ("S 2p", "P 2p", "Li 1s")
OFF = (1.08, 0.9, 1.1)
"""Sensitivities in the sample over those of the plan."""


def series(
    table: ModelTable, steps: int, off: tuple[float, ...] = OFF
) -> tuple[FloatArray, list[dict[str, Spectrum]]]:
    """Li2S grows where the argyrodite goes."""
    rng = np.random.default_rng(4)
    free, spectra = [], []
    for part in np.linspace(0.1, 0.9, steps):
        amounts = {
            "Li6PS5Cl": 6000.0 * (1.0 - part),
            "Li2S": 12_000.0 * part,
            "LixP": 9000.0 * part,
        }
        own = truth_of(table, **amounts)
        own[list(table.factor_places)] = off
        free.append(own)
        spectra.append(_step(table, own, rng))
    return np.array(free), spectra


def _step(table: ModelTable, free: FloatArray, rng: np.random.Generator) -> dict[str, Spectrum]:
    values, found = table.values(free), {}
    for region in table.regions:
        x = axis_of(region.window, 0.2)
        curve = RegionEvaluator(region, x, np.zeros(len(x))).envelope(values)
        found[region.name] = Spectrum(x, rng.poisson(curve).astype(float), np.sqrt(curve), 1.0)
    return found


def fitted(table: ModelTable, spectra: list[dict[str, Spectrum]]) -> list[StepResult]:
    labels = [""] * len(spectra)
    own = fit_series(table, spectra, labels, MONITOR)
    return fit_shared(table, spectra, labels, np.linspace(0.0, 1.0, len(spectra)), own, MONITOR)


def values(table: ModelTable, results: list[StepResult]) -> FloatArray:
    return np.array([result.values[table.free] for result in results])


def covariances(results: list[StepResult]) -> FloatArray:
    return np.array([result.covariance for result in results])


def dense(
    table: ModelTable, start: FloatArray, spectra: list[dict[str, Spectrum]]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """All steps at once: (K, F) minimum, (K, F, F) covariance, and with sensitivities held."""
    factors = np.array(table.factor_places)
    own = np.flatnonzero(~table.factors)
    evaluators = [
        RegionEvaluator(r, spectra[0][r.name].x, np.zeros(len(spectra[0][r.name].x)))
        for r in table.regions
    ]

    def spread(everything: FloatArray) -> FloatArray:
        free = np.empty(start.shape)
        free[:, factors] = everything[: len(factors)]
        free[:, own] = everything[len(factors) :].reshape(len(start), -1)
        return free

    def residual(everything: FloatArray) -> FloatArray:
        rows = [(everything[: len(factors)] - 1.0) / 0.1]
        for free, step in zip(spread(everything), spectra, strict=True):
            model = table.values(free)
            for e in evaluators:
                s = step[e.region.name]
                rows.append((e.envelope(model) - s.intensity) / s.sigma)
        return np.concatenate(rows)

    first = np.concatenate([start[0, factors], start[:, own].ravel()])
    scale = np.maximum(np.abs(first), 1e-2)
    tight: dict[str, Any] = {"xtol": 1e-14, "ftol": 1e-14, "gtol": 1e-14}
    end = least_squares(residual, first, x_scale=scale, jac="3-point", **tight)
    h = end.jac.T @ end.jac
    whole, held = np.linalg.inv(h), np.zeros_like(h)
    held[len(factors) :, len(factors) :] = np.linalg.inv(h[len(factors) :, len(factors) :])
    total, counting = [], []
    for k in range(len(start)):
        rows = np.empty(len(table.free), dtype=int)
        rows[factors] = np.arange(len(factors))
        rows[own] = len(factors) + k * len(own) + np.arange(len(own))
        total.append(whole[np.ix_(rows, rows)])
        counting.append(held[np.ix_(rows, rows)])
    return spread(end.x), np.array(total), np.array(counting)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_rounds_end_in_the_dense_minimum_with_its_errors(engine: str) -> None:
    table = table_of(fit={"engine": engine, "weights": "given"})
    true, spectra = series(table, 4)
    results = fitted(table, spectra)
    best, total, counting = dense(table, true, spectra)
    sigma = np.sqrt(np.diagonal(total, axis1=1, axis2=2))
    assert np.all(np.abs(values(table, results) - best) < 0.02 * sigma)
    unit = sigma[:, :, np.newaxis] * sigma[:, np.newaxis]
    own = covariances(results)
    assert np.all(np.abs(own - total) < 3e-3 * unit)
    assert np.all(np.abs(counting_covariance(own, table) - counting) < 3e-3 * unit)
    systematic = systematic_covariance(own, table)
    assert np.all(np.abs(systematic - (total - counting)) < 5e-3 * unit)
    assert all(max(r.status) <= FitStatus.AT_BOUND for r in results)


@pytest.mark.parametrize("engine", ENGINES)
def test_ratios_of_sensitivities_come_out_of_the_series_and_their_scale_stays_open(
    engine: str,
) -> None:
    table = table_of(fit={"engine": engine})
    true, spectra = series(table, 8)
    results = fitted(table, spectra)
    places = list(table.factor_places)
    found = values(table, results)[:, places]
    assert np.all(found == found[0])
    covariance = results[0].covariance[np.ix_(places, places)]
    ratio = np.log(found[0, 1] / found[0, 0]), np.log(found[0, 2] / found[0, 0])
    assert ratio[0] == pytest.approx(np.log(OFF[1] / OFF[0]), abs=0.03)
    assert ratio[1] == pytest.approx(np.log(OFF[2] / OFF[0]), abs=0.06)
    together = np.sqrt(covariance.sum()) / 3.0
    assert together == pytest.approx(0.1 / np.sqrt(3.0), rel=0.15)
    amount = [table.parameters[i].name for i in table.free].index("amount.Li6PS5Cl")
    shares = values(table, results)[:, amount] / true[:, amount]
    assert np.ptp(shares) < 0.03
    follow = following(covariances(results), table)[:, amount]
    assert np.allclose(follow.sum(axis=1), -values(table, results)[:, amount], rtol=0.05)


def test_sensitivities_do_not_drift_where_others_do() -> None:
    table = table_of(series={"shared": ["ps4.fwhm"], "stiffness": 0.4})
    _, spectra = series(table, 8)
    results = fitted(table, spectra)
    found = values(table, results)
    assert np.all(found[:, list(table.factor_places)] == found[0, list(table.factor_places)])
    width = [table.parameters[i].name for i in table.free].index("ps4.fwhm")
    assert len(set(found[:, width])) == len(found)
    assert abs(found[0, table.factor_places[0]] - found[0, table.factor_places[1]]) > 0.1


@pytest.mark.skipif(len(ENGINES) == 1, reason="needs the compiler")
def test_compiled_is_numpy_with_a_free_composition_and_missing_regions() -> None:
    one, other = (table_of(FREE_X, fit={"engine": engine}) for engine in ENGINES)
    _, spectra = series(table_of(), 6)
    del spectra[2]["Li 1s"], spectra[4]["P 2p"]
    labels, position = [""] * 6, np.linspace(0.0, 1.0, 6)
    own = fit_series(other, spectra, labels, MONITOR)
    slow, fast = (fit_shared(t, spectra, labels, position, own, MONITOR) for t in (one, other))
    for a, b in zip(slow, fast, strict=True):
        sigma = np.sqrt(np.abs(np.diag(a.covariance)))
        off = np.abs(a.values[one.free] - b.values[other.free])
        assert np.all((off < 0.02 * sigma) | np.isnan(sigma))
        unit = np.outer(sigma, sigma)
        known = np.isfinite(unit)
        assert np.array_equal(known, np.isfinite(np.diag(b.covariance))[None] & known)
        assert np.all(np.abs(a.covariance - b.covariance)[known] < 5e-3 * unit[known])


def test_one_level_alone_says_nothing_of_its_sensitivity() -> None:
    data = table_of().plan.model_dump(mode="json")
    data["regions"] = data["regions"][:1]
    assert not build_model(Plan.from_data(data)).factors.any()
    assert not table_of(quantification={"fit_sensitivities": False}).factors.any()
    assert not table_of(quantification={"relative_uncertainty": 0.0}).factors.any()
