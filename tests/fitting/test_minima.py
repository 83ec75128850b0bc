"""The lowest of several minima, whichever start leads there."""

import numpy as np
import pytest

from fitting.arrays import FloatArray
from fitting.chunkfit import layout_of
from fitting.engines.compiled import Wanted, fit_block
from fitting.engines.flat import FlatBlock
from fitting.minima import Search, Steps, search_alone, search_among_neighbours
from fitting.model import ModelTable
from fitting.monitor import SilentMonitor
from fitting.seriesfit import fit_series, free_values
from fitting.spectrum import Spectrum
from tests.fitting.synthetic import component, region, spectra_of, table_of, truth

pytest.importorskip("numba", reason="lmfit tries other starts only where a step looks wrong")

QUIET = SilentMonitor()
COUNT = 20


def model(strategy: str = "chained", weights: str = "poisson") -> ModelTable:
    """Three lines; b may come, go, and come again elsewhere."""
    parts = [
        component("a", "gaussian", {"value": 161.0, "min": 160.6, "max": 161.4}),
        component("b", "gaussian", {"value": 163.0, "min": 162.0, "max": 164.4}, fwhm=0.9),
        component("c", "gaussian", {"value": 165.0, "min": 164.6, "max": 165.4}),
    ]
    fit = {"weights": weights}
    return table_of(region(parts, "linear"), series={"strategy": strategy}, fit=fit)


def coming_and_going(table: ModelTable) -> tuple[list[dict[str, Spectrum]], list[float]]:
    """b at 162.4, then nowhere, then at 164.0."""
    rng, spectra, areas = np.random.default_rng(5), [], []
    for k in range(COUNT):
        area = 0.0 if 6 <= k < 14 else 1500.0
        center = 162.4 if k < 6 else 164.0
        free = truth(table, a__area=4000.0, b__area=area, b__center=center, c__area=2500.0)
        spectra.append(spectra_of(table, free, rng))
        areas.append(area)
    return spectra, areas


def search_of(table: ModelTable, spectra: list[dict[str, Spectrum]], known: FloatArray) -> Steps:
    layout = layout_of(table, (0,))
    assert isinstance(layout, FlatBlock)
    rest = np.full((len(spectra), len(table.free)), np.nan)
    return Steps(layout, spectra, rest, np.arange(len(spectra)), known, ["chain"] * len(spectra))


@pytest.mark.parametrize("strategy", ["chained", "independent"])
def test_a_line_that_comes_back_elsewhere_is_found(strategy: str) -> None:
    table = model(strategy)
    spectra, areas = coming_and_going(table)
    results = fit_series(table, spectra, [""] * COUNT, QUIET, chunk=8)
    area, center = table.index["b.area"], table.index["b.center"]
    for k, (step, truth_there) in enumerate(zip(results, areas, strict=True)):
        if truth_there:
            assert step.values[area] == pytest.approx(truth_there, rel=0.2)
            assert step.values[center] == pytest.approx(162.4 if k < 6 else 164.0, abs=0.15)
        else:
            assert step.values[area] < 0.2 * max(areas)


@pytest.mark.parametrize("weights", ["poisson", "given"])
def test_nobody_finds_a_lower_minimum_from_random_starts(weights: str) -> None:
    table = model(weights=weights)
    spectra = [
        {n: Spectrum(s.x, s.intensity, np.sqrt(np.maximum(s.intensity, 1.0)), 1.0)}
        for step in coming_and_going(table)[0]
        for n, s in step.items()
    ]
    results = fit_series(table, spectra, [""] * COUNT, QUIET, chunk=8)
    layout = layout_of(table, (0,))
    assert isinstance(layout, FlatBlock)
    nothing = np.full((COUNT, len(table.free)), np.nan)

    def lowest(starts: FloatArray) -> FloatArray:
        fine = Wanted(errors=False, tolerance=1e-10)
        moved = fit_block(layout, spectra, nothing, starts, "given", QUIET, None, fine).moving
        there = fit_block(layout, spectra, nothing, moved, "stay", QUIET, None, fine)
        return (there.deviance * there.points).sum(axis=1)

    held = np.array([free_values(table, step) for step in results])
    fine = Wanted(errors=False)
    there = fit_block(layout, spectra, nothing, held, "stay", QUIET, None, fine)
    own = (there.deviance * there.points).sum(axis=1)
    rng = np.random.default_rng(1)
    bounded = np.isfinite(table.lower) & np.isfinite(table.upper)
    others = []
    for _ in range(30):
        starts = np.full(nothing.shape, np.nan)
        room = (table.upper - table.lower)[bounded]
        starts[:, bounded] = table.lower[bounded] + room * rng.random((COUNT, bounded.sum()))
        others.append(lowest(starts))
    assert np.mean(own <= np.min(others, axis=0) * (1.0 + 1e-6)) >= 0.95


def test_which_start_won_and_what_the_next_minimum_is_worth() -> None:
    table = model()
    spectra, _ = coming_and_going(table)
    good = fit_series(table, spectra, [""] * COUNT, QUIET)
    known = np.array([free_values(table, step) for step in good])
    lost = known.copy()
    names = ("b.area", "b.center")
    b, center = (int(np.flatnonzero(table.free == table.index[n])[0]) for n in names)
    lost[2, b], lost[2, center] = 300.0, 164.4
    rng = np.random.default_rng(0)
    search = search_among_neighbours(search_of(table, spectra, lost), rng, QUIET)
    assert search.start[2] != "chain"
    assert search.improved[2]
    assert search.moving[2, b] == pytest.approx(known[2, b], rel=1e-3)
    assert search.above[2] > 10.0
    assert np.all(search.tried >= 2)
    settled = ~search.in_doubt
    assert np.all(np.isinf(search.above[settled]))


def test_alone_no_step_sees_another() -> None:
    """The other steps may be anything: a step ends in the same bits."""
    table = model("independent")
    spectra, _ = coming_and_going(table)
    start = np.array(
        [free_values(table, s) for s in fit_series(table, spectra, [""] * COUNT, QUIET)]
    )
    far = start.copy()
    far[3:] = start[2]

    def third(known: FloatArray) -> Search:
        return search_alone(search_of(table, spectra, known), np.random.default_rng(0), QUIET)

    assert third(start).moving[:2].tobytes() == third(far).moving[:2].tobytes()
