"""Series around shared parameters, against the dense solution of the whole series."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.optimize import least_squares

from fitting import sharedchunk
from fitting.arrays import FloatArray
from fitting.build import build_model
from fitting.chunkfit import fit_steps
from fitting.engines.compile_apart import available
from fitting.evaluate import RegionEvaluator
from fitting.model import ModelTable
from fitting.monitor import SilentMonitor
from fitting.plan import Plan
from fitting.result import FitStatus, StepResult
from fitting.sharedfit import fit_shared
from fitting.spectrum import Spectrum

MONITOR = SilentMonitor()
X = np.linspace(157.0, 167.0, 51)
ENGINES = ["lmfit", "compiled"] if available() else ["lmfit"]


def model(
    engine: str = "lmfit", weights: str = "given", loss: str = "squares", **series: Any
) -> ModelTable:
    """Two lines of one width over a straight background."""
    a = {"id": "a", "center": {"value": 161.0, "min": 160.0, "max": 162.0}}
    a["fwhm"] = {"value": 1.5, "min": 0.8, "max": 3.0}
    b = {"id": "b", "center": {"value": 162.6, "min": 162.0, "max": 163.4}, "fwhm": "a.fwhm"}
    region = {
        "name": "S 2p",
        "window": [157.0, 167.0],
        "background": {"kind": "linear"},
        "defaults": {"shape": "gaussian"},
        "components": [a, b],
    }
    words = {"strategy": "shared", "shared": ["fwhm", "b.center"], **series}
    fit = {"engine": engine, "weights": weights, "loss": loss}
    return build_model(Plan.from_data({"series": words, "fit": fit, "regions": [region]}))


def truth(table: ModelTable, part: float, drift: float) -> FloatArray:
    true = {
        "a.area": 4000.0 * (1.0 - 0.6 * part),
        "a.center": 161.0 + 0.05 * np.sin(9.0 * part),
        "a.fwhm": 1.6 * (1.0 + drift * part**2),
        "b.area": 1500.0 + 1500.0 * part,
        "b.center": 162.6 + drift * part,
        "S 2p:background.level": 300.0,
        "S 2p:background.rise": 50.0,
    }
    return np.array([true[table.parameters[i].name] for i in table.free])


def series(
    table: ModelTable, steps: int, drift: float = 0.0, seed: int = 1
) -> tuple[FloatArray, list[dict[str, Spectrum]]]:
    rng = np.random.default_rng(seed)
    evaluator = RegionEvaluator(table.regions[0], X, np.zeros(len(X)))
    free = np.array([truth(table, part, drift) for part in np.linspace(0.0, 1.0, steps)])
    spectra = []
    for own in free:
        curve = evaluator.envelope(table.values(own))
        spectra.append({"S 2p": Spectrum(X, rng.poisson(curve).astype(float), np.sqrt(curve), 1.0)})
    return free, spectra


def fitted(table: ModelTable, spectra: list[dict[str, Spectrum]], **words: Any) -> list[StepResult]:
    labels = [f"step {k}" for k in range(len(spectra))]
    own = words.pop("own", None) or fit_steps(table, spectra, labels, None, "each", MONITOR)
    position = np.linspace(0.0, 1.0, len(spectra))
    return fit_shared(table, spectra, labels, position, own, MONITOR, **words)


def values(table: ModelTable, results: list[StepResult]) -> FloatArray:
    return np.array([result.values[table.free] for result in results])


def errors(results: list[StepResult]) -> FloatArray:
    return np.array([np.sqrt(np.diag(result.covariance)) for result in results])


def place(table: ModelTable, name: str) -> int:
    return [table.parameters[i].name for i in table.free].index(name)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_arrow_is_the_dense_solution_of_the_whole_series(engine: str) -> None:
    table, steps = model(engine), 5
    true, spectra = series(table, steps)
    results = fitted(table, spectra)
    evaluator = RegionEvaluator(table.regions[0], X, np.zeros(len(X)))
    shared = [place(table, "a.fwhm"), place(table, "b.center")]
    own = [f for f in range(len(table.free)) if f not in shared]

    def spread(everything: FloatArray) -> FloatArray:
        free = np.empty((steps, len(table.free)))
        free[:, shared] = everything[:2]
        free[:, own] = everything[2:].reshape(steps, -1)
        return free

    def residual(everything: FloatArray) -> FloatArray:
        rows = [
            (evaluator.envelope(table.values(free)) - step["S 2p"].intensity) / step["S 2p"].sigma
            for free, step in zip(spread(everything), spectra, strict=True)
        ]
        return np.concatenate(rows)

    start = np.concatenate([true[0, shared], true[:, own].ravel()])
    scale = np.maximum(np.abs(start), 1.0)
    dense = least_squares(
        residual, start, x_scale=scale, jac="3-point", xtol=1e-14, ftol=1e-14, gtol=1e-14
    )
    sigma = errors(results)
    assert np.all(np.abs(values(table, results) - spread(dense.x)) < 0.01 * sigma)
    covariance = np.linalg.inv(dense.jac.T @ dense.jac)
    for k, result in enumerate(results):
        rows = np.empty(len(table.free), dtype=int)
        rows[shared] = [0, 1]
        rows[own] = 2 + k * len(own) + np.arange(len(own))
        expected = covariance[np.ix_(rows, rows)]
        unit = np.outer(sigma[k], sigma[k])
        assert np.all(np.abs(result.covariance - expected) < 1e-3 * unit)
    assert all(result.status[0] == FitStatus.CONVERGED for result in results)


@pytest.mark.skipif(len(ENGINES) == 1, reason="needs the compiler")
@pytest.mark.parametrize("weights", ["poisson", "given", "estimated", "uniform"])
@pytest.mark.parametrize(("loss", "stiffness"), [("squares", None), ("huber", 0.5)])
def test_compiled_is_numpy(weights: str, loss: str, stiffness: float | None) -> None:
    slow = model("lmfit", weights, loss, stiffness=stiffness)
    fast = model("compiled", weights, loss, stiffness=stiffness)
    _, spectra = series(slow, 12, 0.1)
    own = fit_steps(fast, spectra, [""] * 12, None, "each", MONITOR)
    one, other = fitted(slow, spectra, own=own), fitted(fast, spectra, own=own)
    sigma = errors(one)
    assert np.all(np.abs(values(slow, one) - values(fast, other)) < 0.02 * sigma)
    for a, b in zip(one, other, strict=True):
        unit = np.sqrt(np.outer(np.diag(a.covariance), np.diag(a.covariance)))
        assert np.all(np.abs(a.covariance - b.covariance) < 2e-3 * unit)
        assert a.sigma_source == b.sigma_source
        assert a.reduced_chi_square == pytest.approx(b.reduced_chi_square, rel=1e-3, nan_ok=True)


@pytest.mark.parametrize("engine", ENGINES)
def test_shared_parameters_are_one_and_known_better(engine: str) -> None:
    table = model(engine, "poisson")
    _, spectra = series(table, 30)
    own = fit_steps(table, spectra, [""] * 30, None, "each", MONITOR)
    results = fitted(table, spectra, own=own)
    for name in ("a.fwhm", "b.center"):
        f = place(table, name)
        assert len(set(values(table, results)[:, f])) == 1
        assert errors(results)[0, f] < 0.25 * np.median(errors(own)[:, f])
    area = place(table, "a.area")
    assert np.all(errors(results)[:, area] < errors(own)[:, area])


@pytest.mark.parametrize("engine", ENGINES)
def test_a_drift_is_followed_where_it_is_allowed(engine: str) -> None:
    table, stiff = model(engine, "poisson", stiffness=0.5), model(engine, "poisson")
    true, spectra = series(table, 40, 0.1)
    results = fitted(table, spectra)
    pull = (values(table, results) - true) / errors(results)
    assert np.all(np.abs(pull) < 4.5)
    assert 0.8 < np.sqrt(np.mean(pull**2)) < 1.2
    held = fitted(stiff, spectra)
    f = place(table, "a.area")
    wrong = (values(stiff, held) - true)[:, f] / errors(held)[:, f]
    assert np.sqrt(np.mean(wrong**2)) > 2.0


@pytest.mark.parametrize("engine", ENGINES)
def test_a_glitch_has_no_say(engine: str) -> None:
    table = model(engine, "given")
    _, spectra = series(table, 20)
    spoilt = [dict(step) for step in spectra]
    intensity = spoilt[7]["S 2p"].intensity.copy()
    intensity[20:30] += 900.0
    spoilt[7]["S 2p"] = replace(spoilt[7]["S 2p"], intensity=intensity)
    without = [step for k, step in enumerate(spectra) if k != 7]
    results, others = fitted(table, spoilt), fitted(table, without)
    f = place(table, "a.fwhm")
    assert values(table, results)[0, f] == pytest.approx(values(table, others)[0, f], rel=1e-4)
    assert "no say" in results[7].message[0]
    assert results[6].message[0] == ""
    assert results[7].values[table.free][f] == results[6].values[table.free][f]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_failed_step_stays_failed_and_a_missing_one_missing(engine: str) -> None:
    table = model(engine, "poisson")
    _, spectra = series(table, 12)
    holed: list[dict[str, Spectrum]] = [dict(step) for step in spectra]
    dark = holed[3]["S 2p"]
    holed[3]["S 2p"] = replace(dark, intensity=np.zeros(len(X)))
    holed[8] = {}
    results = fitted(table, holed)
    assert results[3].status[0] == FitStatus.FAILED
    assert "dead detector" in results[3].message[0]
    assert results[8].status[0] == FitStatus.EXCLUDED
    others = fitted(table, [step for k, step in enumerate(spectra) if k not in (3, 8)])
    f = place(table, "b.center")
    assert values(table, results)[0, f] == pytest.approx(values(table, others)[0, f], abs=1e-6)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_shared_parameter_stops_at_its_bound(engine: str) -> None:
    table = model(engine, "poisson")
    _, spectra = series(table, 12, 0.0)
    plan = table.plan.model_dump(mode="json")
    plan["regions"][0]["components"][0]["parameters"]["fwhm"]["max"] = 1.5
    tight = build_model(Plan.from_data(plan))
    results = fitted(tight, spectra)
    f = place(tight, "a.fwhm")
    for result in results:
        assert result.values[tight.free][f] == 1.5
        assert result.at_bound[f]
        assert np.isnan(result.covariance[f]).all()
        assert result.status[0] == FitStatus.AT_BOUND


@pytest.mark.parametrize("engine", ENGINES)
def test_an_absent_line_is_zero_with_a_limit_and_errors_are_those_of_the_others(
    engine: str,
) -> None:
    table = model(engine, "poisson")
    free, _ = series(table, 12)
    free[:6, place(table, "b.area")] = 0.0
    evaluator = RegionEvaluator(table.regions[0], X, np.zeros(len(X)))
    rng = np.random.default_rng(5)
    spectra = [
        {"S 2p": Spectrum(X, rng.poisson(evaluator.envelope(table.values(f))) * 1.0, None, 1.0)}
        for f in free
    ]
    results = fitted(table, spectra)
    f, zero = place(table, "b.area"), 0
    for result in results[:6]:
        if result.values[table.free][f] == 0.0:
            zero += 1
            assert result.upper_limit[f] > 0.0
            assert np.isfinite(result.covariance[place(table, "a.area"), place(table, "a.area")])
    assert zero >= 1
    center = place(table, "b.center")
    assert abs(values(table, results)[0, center] - 162.6) < 4.0 * errors(results)[-1, center]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_nudged_start_ends_where_the_other_does(engine: str) -> None:
    table = model(engine, "poisson")
    _, spectra = series(table, 15)
    results = fitted(table, spectra)
    again = fitted(table, spectra, own=results, first=np.array([1.75, 162.5]))
    assert np.all(np.abs(values(table, again) - values(table, results)) < 0.02 * errors(results))


@pytest.mark.parametrize("engine", ENGINES)
def test_lines_whose_center_the_series_chose_are_detected_less_easily(
    engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By what is allowed for a center of the step's own; what is not seen stays as it is."""
    table = model(engine, shared=["b.center"])
    weak = [table.parameters[i].name for i in table.free].index("b.area")
    free = truth(table, 0.0, 0.0)
    free[weak] = 60.0
    curve = RegionEvaluator(table.regions[0], X, np.zeros(len(X))).envelope(table.values(free))
    counts = np.random.default_rng(3).poisson(curve, (6, len(X))).astype(float)
    spectra = [{"S 2p": Spectrum(X, own, np.sqrt(curve), 1.0)} for own in counts]
    drops = np.array([step.deviance_drop[weak] for step in fitted(table, spectra)])
    monkeypatch.setattr(sharedchunk, "DETECTION_DEVIANCE", np.inf)
    held = np.array([step.deviance_drop[weak] for step in fitted(table, spectra)])
    seen = held >= 5.41
    assert 2 <= seen.sum() <= 4
    assert drops[~seen] == pytest.approx(held[~seen])
    assert (drops[seen] < held[seen] - 1.0).all()
    assert (drops[seen] > held[seen] - 3.0).all()
