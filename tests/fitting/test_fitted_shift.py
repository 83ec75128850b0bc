"""Shifts of a series are found: through drifts, jumps, glitches and missing regions."""

from functools import cache

import numpy as np
import pytest

from fitting.chunkfit import fit_steps
from fitting.engines.compiled import EVERYTHING
from fitting.model import SHIFT, ModelTable
from fitting.monitor import SilentMonitor
from fitting.result import FitStatus, StepResult
from fitting.seriesfit import fit_series
from fitting.spectrum import Spectrum
from tests.fitting.shifted import (
    MISSING,
    plan_regions,
    plan_table,
    series,
    shifts,
)
from tests.fitting.synthetic import spectra_of, table_of, truth

WANTED_RMS_EV = 0.02
SEED = 20


def fitted(table: ModelTable, spectra: list[dict[str, Spectrum]]) -> list[StepResult]:
    labels = [f"step {k}" for k in range(len(spectra))]
    return fit_series(table, spectra, labels, SilentMonitor())


def values(results: list[StepResult], table: ModelTable, name: str) -> np.ndarray:
    return np.array([result.values[table.index[name]] for result in results])


def deviations(results: list[StepResult], table: ModelTable, name: str) -> np.ndarray:
    f = int(np.flatnonzero(table.free == table.index[name])[0])
    return np.array([np.sqrt(result.covariance[f, f]) for result in results])


@cache
def drifting() -> tuple[ModelTable, list[StepResult]]:
    table = plan_table()
    return table, fitted(table, series(table, np.random.default_rng(SEED)))


def test_every_shift_is_found() -> None:
    table, results = drifting()
    wrong = values(results, table, "energy.shift") - shifts()
    assert np.sqrt(np.mean(wrong**2)) < WANTED_RMS_EV
    assert np.abs(wrong).max() < 2.0 * WANTED_RMS_EV


def test_errors_of_shifts_are_true() -> None:
    table, results = drifting()
    wrong = values(results, table, "energy.shift") - shifts()
    pulls = wrong / deviations(results, table, "energy.shift")
    # chi-square of 40 shifts: between 20.7 and 66.8 in 99 % of all series
    assert 20.7 < float(pulls @ pulls) < 66.8


def test_a_missing_region_costs_the_others_nothing() -> None:
    table, results = drifting()
    for k, name in MISSING.items():
        place = [region.name for region in table.regions].index(name)
        ends = results[k].status
        assert ends[place] == FitStatus.EXCLUDED
        assert np.all(np.delete(ends, place) <= FitStatus.AT_BOUND)


def test_a_chain_that_lost_the_scale_finds_it_on_the_grid() -> None:
    """S 2p alone jumps by the distance of its lines: the step before leads astray."""
    table = table_of(plan_regions()[0], energy={"reference": "fitted"})
    rng = np.random.default_rng(SEED)
    true = np.where(np.arange(12) < 6, 0.1, -1.3)
    areas = {"ps4_s__area": 12_000.0, "li2s__area": 3_000.0}
    spectra = [
        spectra_of(table, truth(table, energy__shift=s, **areas), rng, margin=5.0) for s in true
    ]
    labels = [""] * len(spectra)
    chain = fit_steps(table, spectra, labels, None, "chain", SilentMonitor(), EVERYTHING)
    assert np.abs(values(chain, table, "energy.shift") - true).max() > 0.5
    assert np.abs(values(fitted(table, spectra), table, "energy.shift") - true).max() < 0.02


def test_a_step_that_has_no_like_is_tried_on_the_grid_as_well() -> None:
    """Only one step lacks P 2p, and there the scale has jumped: nothing says what is usual."""
    table = table_of(*plan_regions()[:2], energy={"reference": "fitted"})
    rng, areas = np.random.default_rng(SEED), {"ps4_s__area": 12_000.0, "li2s__area": 3_000.0}
    true = np.where(np.arange(9) == 4, -1.3, 0.1)
    spectra = [
        spectra_of(table, truth(table, energy__shift=s, **areas), rng, margin=5.0) for s in true
    ]
    del spectra[4]["P 2p"]
    assert np.abs(values(fitted(table, spectra), table, "energy.shift") - true).max() < 0.02


@pytest.mark.parametrize("energy", [{}, {"groups": {"metal": ["Li0"]}}])
def test_both_engines_agree(energy: dict[str, object]) -> None:
    spectra = metal_series(plan_table(**energy), -0.4 if energy else None, [2_000.0])
    found = []
    for engine in ("compiled", "lmfit"):
        table = plan_table(engine, **energy)
        found += fit_steps(table, spectra, [""], None, "each", SilentMonitor())
    fast, slow = found
    assert fast.values[SHIFT] == pytest.approx(slow.values[SHIFT], abs=2e-5)
    errors = [np.sqrt(one.covariance[0, 0]) for one in found]
    assert errors[0] == pytest.approx(errors[1], rel=1e-2)


def metal_series(
    table: ModelTable, offset: float | None, lithium: list[float]
) -> list[dict[str, Spectrum]]:
    """Lithium comes up, at a potential of its own."""
    rng = np.random.default_rng(SEED)
    areas = {"ps4_s__area": 13_000.0, "ps4_p__area": 5_000.0, "salt__area": 2_600.0}
    own = {"energy__shift": 0.2} | ({} if offset is None else {"energy__offset_metal": offset})
    rest = {"li2s__area": 0.0, "li3p__area": 0.0}
    truths = [truth(table, **own, **areas, **rest, li0__area=area) for area in lithium]
    return [spectra_of(table, free, rng, margin=5.0, step=0.2) for free in truths]


@pytest.mark.parametrize(("engine", "steps"), [("compiled", 6), ("lmfit", 1)])
def test_the_shift_of_a_group_is_fitted_where_it_is_detected(engine: str, steps: int) -> None:
    table = plan_table(engine, groups={"metal": ["Li0"]})
    lithium = [0.0] * steps + [2_000.0] * steps
    results = fitted(table, metal_series(table, -0.4, lithium))
    own = values(results, table, "energy.offset_metal")
    shift = values(results, table, "energy.shift_metal")
    spread = deviations(results, table, "energy.offset_metal")
    assert np.abs(shift[steps:] + 0.2).max() < 0.06
    assert np.all(np.isfinite(spread[steps:]))
    assert np.all(own[:steps] == 0.0)
    assert np.all(np.isnan(spread[:steps]))
    assert np.all(shift[:steps] == values(results, table, "energy.shift")[:steps])


def test_a_broadening_is_found_with_its_error() -> None:
    regions = [
        {**r, "components": [{**c, "fwhm": 1.2} for c in r["components"]]} for r in plan_regions()
    ]
    table = table_of(*regions, energy={"reference": "fitted", "broadening": True})
    true = np.array([0.0, 0.05, 0.1, 0.2, 0.4])
    rng = np.random.default_rng(SEED)
    spectra = [
        spectra_of(table, truth(table, energy__broadening=b, energy__shift=0.3), rng, margin=5.0)
        for b in true
    ]
    results = fitted(table, spectra)
    found = values(results, table, "energy.broadening")
    errors = deviations(results, table, "energy.broadening")
    at_zero = found == 0.0
    assert np.all(np.isnan(errors[at_zero]))
    pulls = (found - true)[~at_zero] / errors[~at_zero]
    assert len(pulls) >= 4
    assert np.abs(pulls).max() < 3.5


def test_regions_that_hold_nothing_fail_alone() -> None:
    regions = plan_regions()
    free = {"value": 55.6, "min": 55.0, "max": 56.2}
    regions[2]["components"] = [{**regions[2]["components"][0], "center": free}]
    table = table_of(*regions, energy={"reference": "fitted"})
    spectra = spectra_of(table, truth(table), np.random.default_rng(SEED), margin=5.0)
    result, alone = fitted(table, [spectra, {"Li 1s": spectra["Li 1s"]}])
    assert np.all(result.status <= FitStatus.AT_BOUND)
    assert alone.status[2] == FitStatus.FAILED
    assert "holds energy.shift" in alone.message[2]
