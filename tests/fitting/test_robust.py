"""Spikes pull no harder than points at the limit, and clean data do not notice."""

import numpy as np
import pytest
from scipy.optimize import minimize

from fitting.arrays import FloatArray
from fitting.build import build_model
from fitting.evaluate import RegionEvaluator
from fitting.model import ModelTable
from fitting.monitor import SilentMonitor
from fitting.noise import noise_of
from fitting.result import FitStatus, StepResult
from fitting.robust import LIMIT, limit_of, trust
from fitting.spectrum import Spectrum
from fitting.stepfit import fit_step
from tests.fitting.synthetic import component, region, spectra_of, table_of, truth

RNG_SIZES = np.abs(np.random.default_rng(0).normal(size=4001))


def test_limit_is_in_errors_that_are_real_and_in_what_is_usual_where_they_are_not() -> None:
    assert limit_of(RNG_SIZES, True) == pytest.approx(LIMIT, rel=0.03)
    assert limit_of(0.2 * RNG_SIZES, True) == LIMIT
    assert limit_of(0.2 * RNG_SIZES, False) == pytest.approx(0.2 * LIMIT, rel=0.05)
    for absolute in (True, False):
        assert limit_of(5.0 * RNG_SIZES, absolute) == pytest.approx(5.0 * LIMIT, rel=0.05)
    assert limit_of(np.zeros(9), False) == np.inf
    assert trust(np.zeros(9), False).tolist() == [1.0] * 9


def test_a_point_far_out_pulls_like_one_at_the_limit() -> None:
    sizes = np.append(np.linspace(0.0, 1.0, 50), [7.0, 400.0])
    pull = sizes * trust(sizes, True) ** 2
    assert pull[:50] == pytest.approx(sizes[:50])
    assert pull[50:] == pytest.approx(LIMIT)


@pytest.mark.parametrize("spike", [0.0, 20.0, 1000.0])
def test_noise_is_estimated_without_the_spikes(spike: float) -> None:
    x = np.linspace(155.0, 170.0, 301)
    clean = 500.0 + 3000.0 * np.exp(-((x - 162.0) ** 2))
    y = clean + np.random.default_rng(0).normal(size=301) * np.sqrt(2.0 * clean + 900.0)
    y[70] += spike * np.sqrt(2.0 * clean[70] + 900.0)
    noise = noise_of(Spectrum(x, y), "estimated", "", robust=True)
    assert np.median(noise.sigma(clean) / np.sqrt(2.0 * clean + 900.0)) == pytest.approx(
        1.0, abs=0.15
    )


def model(loss: str = "huber", weights: str = "poisson") -> ModelTable:
    parts = [component("a", "gaussian", {"value": 161.0, "min": 160.0, "max": 162.0})]
    return table_of(region(parts), fit={"loss": loss, "weights": weights})


def measured(seed: int, spikes: float) -> dict[str, Spectrum]:
    table = model()
    (clean,) = spectra_of(table, truth(table), np.random.default_rng(seed)).values()
    y = clean.intensity.copy()
    for i in (62, 90):
        y[i] += np.round(spikes * np.sqrt(y[i]))
    return {"S 2p": Spectrum(clean.x, y, np.sqrt(clean.intensity), 1.0)}


def fitted(table: ModelTable, spectra: dict[str, Spectrum]) -> tuple[FloatArray, FloatArray]:
    result: StepResult = fit_step(table, spectra, None, SilentMonitor())
    assert result.status[0] == FitStatus.CONVERGED
    return result.values[table.free], np.sqrt(np.diag(result.covariance))


def test_the_minimum_is_that_of_the_loss_of_huber() -> None:
    """Against a general minimiser of the loss written out."""
    table, spectra = model(weights="given"), measured(0, 20.0)
    spectrum = spectra["S 2p"]
    found, errors = fitted(table, spectra)
    evaluator = RegionEvaluator(table.regions[0], spectrum.x, np.zeros(len(spectrum.x)))

    def sizes(free: FloatArray) -> FloatArray:
        curve = evaluator.envelope(table.values(free))
        assert spectrum.sigma is not None
        return np.asarray(np.abs(curve - spectrum.intensity) / spectrum.sigma)

    limit = limit_of(sizes(found), True)

    def loss(scaled: FloatArray) -> float:
        r = sizes(found + scaled * errors)
        return float(np.sum(np.where(r < limit, r**2, 2.0 * limit * r - limit**2)))

    away = np.full(len(found), 0.5)
    options = {"xatol": 1e-5, "fatol": 1e-9, "maxfev": 20_000, "maxiter": 20_000}
    best = minimize(loss, away, method="Nelder-Mead", options=options)
    assert loss(np.zeros(len(found))) <= best.fun + 1e-3
    assert np.max(np.abs(best.x)) < 0.02


def test_spikes_move_squares_far_and_huber_little_while_clean_data_stay() -> None:
    area = [model().parameters[i].name for i in model().free].index("a.area")
    off: dict[tuple[str, float], list[float]] = {}
    for seed in range(12):
        _, errors = fitted(model("squares"), measured(seed, 0.0))
        for spikes in (0.0, 20.0):
            for loss in ("squares", "huber"):
                values, _ = fitted(model(loss), measured(seed, spikes))
                pull = (values[area] - truth(model())[area]) / errors[area]
                off.setdefault((loss, spikes), []).append(float(pull))
    assert np.mean(off["squares", 20.0]) > 3.0
    assert abs(np.mean(off["huber", 20.0])) < 1.5
    moved = np.array(off["huber", 0.0]) - np.array(off["squares", 0.0])
    assert np.sqrt(np.mean(moved**2)) < 0.15


def test_a_result_says_so() -> None:
    table = build_model(model().plan)
    result = fit_step(table, measured(1, 0.0), None, SilentMonitor())
    assert result.sigma_source == ("poisson, huber",)
    assert np.isfinite(result.reduced_chi_square[0])
