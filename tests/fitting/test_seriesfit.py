"""Strategies along a series: every step in its place, whoever came before."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from fitting.errors import FitCancelled
from fitting.model import ModelTable
from fitting.monitor import Monitor, SilentMonitor
from fitting.plan import Plan
from fitting.result import FitStatus, StepResult
from fitting.seriesfit import Round, fit_series, free_values, rounds_of, run_round
from fitting.spectrum import Spectrum
from fitting.sweep import Around
from tests.contracts.engine import CancelAfter
from tests.fitting.synthetic import component, region, spectra_of, table_of, truth

QUIET = SilentMonitor()
NOBODY = Around()
STEPS = 24


def model(strategy: str = "chained", engine: str = "auto") -> ModelTable:
    parts = [
        component("a", "pseudo_voigt", {"value": 161.0, "min": 160.5, "max": 161.6}),
        component("b", "pseudo_voigt", {"value": 162.6, "min": 162.1, "max": 163.1})
        | {"fwhm": "a.fwhm", "lorentz_fraction": "a.lorentz_fraction"},
        component("c", "gaussian", {"value": 165.5, "min": 165.0, "max": 166.0}, fwhm=1.4),
    ]
    return table_of(region(parts, "linear"), series={"strategy": strategy}, fit={"engine": engine})


def growing(table: ModelTable, seed: int = 0) -> list[dict[str, Spectrum]]:
    """b grows from nothing, c goes, a moves by 0.2 eV and widens."""
    rng = np.random.default_rng(seed)
    found = []
    for part in np.linspace(0.0, 1.0, STEPS):
        free = truth(
            table,
            a__area=5000.0 - 3000.0 * part,
            b__area=4000.0 * part,
            c__area=1500.0 * max(0.0, 1.0 - 2.0 * part),
            a__center=160.9 + 0.2 * part,
            a__fwhm=1.1 + 0.1 * part,
        )
        found.append(spectra_of(table, free, rng))
    return found


def run(
    table: ModelTable, spectra: Sequence[dict[str, Spectrum]], chunk: int = STEPS
) -> list[StepResult]:
    """All rounds over chunks in order, as a batch does."""
    labels = [f"step {i}" for i in range(len(spectra))]
    return fit_series(table, spectra, labels, QUIET, chunk)


def misfits(results: Sequence[StepResult]) -> np.ndarray:
    return np.array([step.misfit for step in results])


def test_rounds_of_the_strategies() -> None:
    assert rounds_of(model("independent").plan) == ("each",)
    assert rounds_of(model("chained").plan) == ("chain", "sweep", "join")
    assert rounds_of(Plan.model_validate(model().plan.model_dump())) == ("chain", "sweep", "join")


def test_a_chain_is_nowhere_worse_than_steps_alone() -> None:
    chained, alone = model("chained"), model("independent")
    spectra = growing(chained)
    chain, each = misfits(run(chained, spectra)), misfits(run(alone, spectra))
    assert np.all(chain <= each * (1.0 + 1e-6))


@pytest.mark.parametrize("chunk", [5, 8, 23])
def test_chunks_give_the_same_answer_as_one(chunk: int) -> None:
    table = model()
    spectra = growing(table)
    whole, parts = run(table, spectra), run(table, spectra, chunk)
    np.testing.assert_allclose(misfits(parts), misfits(whole), rtol=1e-6)
    for one, other in zip(whole, parts, strict=True):
        stderr = np.sqrt(np.diag(one.covariance))
        close = np.where(np.isfinite(stderr), 1e-2 * stderr, np.inf)
        assert np.all(np.abs(free_values(table, one) - free_values(table, other)) <= close)


def a_round(
    name: Round,
    table: ModelTable,
    spectra: Sequence[dict[str, Spectrum]],
    earlier: Sequence[StepResult] = (),
    around: Around = NOBODY,
    monitor: Monitor = QUIET,
) -> list[StepResult]:
    labels = [str(i) for i in range(len(spectra))]
    return run_round(name, table, spectra, labels, earlier, around, (0, 1, 0), monitor)


def same(one: StepResult, other: StepResult) -> bool:
    return (
        one.values.tobytes() == other.values.tobytes()
        and one.covariance.tobytes() == other.covariance.tobytes()
        and one.start == other.start
    )


def test_a_chunk_reads_only_what_it_is_given() -> None:
    """The same chunk with the same neighbours gives the same bits, in any order in time."""
    table = model()
    spectra = growing(table)
    parts = (slice(0, 12), slice(12, 24))
    early = {part.start: a_round("chain", table, spectra[part]) for part in parts}
    late = {part.start: a_round("chain", table, spectra[part]) for part in reversed(parts)}
    for start in (0, 12):
        assert all(map(same, early[start], late[start]))
    sides = {0: Around((), early[12]), 12: Around(early[0], ())}
    once, again = (
        {
            p.start: a_round("sweep", table, spectra[p], early[p.start], sides[p.start])
            for p in order
        }
        for order in (parts, parts[::-1])
    )
    for start in (0, 12):
        assert all(map(same, once[start], again[start]))


def test_threads_over_chunks_change_no_bit() -> None:
    table = model()
    spectra = growing(table)
    parts = [slice(i, i + 6) for i in range(0, STEPS, 6)]
    chain = [a_round("chain", table, spectra[part]) for part in parts]
    sides = list(map(Around, [(), *chain[:-1]], [*chain[1:], ()]))

    def swept(i: int) -> list[StepResult]:
        return a_round("sweep", table, spectra[parts[i]], chain[i], sides[i])

    alone = [swept(i) for i in range(len(parts))]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(swept, range(len(parts))))
    for one, other in zip(alone, together, strict=True):
        assert all(map(same, one, other))


def test_only_the_last_rounds_have_errors() -> None:
    table = model()
    spectra = growing(table)[:4]
    chain = a_round("chain", table, spectra)
    assert all(np.isnan(step.covariance).all() for step in chain)
    swept = a_round("sweep", table, spectra, chain)
    assert all(np.isfinite(step.covariance).any() for step in swept)
    alone = a_round("each", model("independent"), spectra)
    assert all(np.isfinite(step.covariance).any() for step in alone)


def moved_to(table: ModelTable, step: StepResult, **values: float) -> StepResult:
    moved = step.values.copy()
    for name, value in values.items():
        moved[table.index[name.replace("__", ".")]] = value
    return replace(step, values=moved)


@pytest.mark.parametrize("engine", ["auto", "lmfit"])
def test_a_sweep_mends_a_step_that_a_neighbour_knows_better(engine: str) -> None:
    """Two lines in one place and none in the other: a minimum that no step leaves by itself."""
    table = model(engine=engine)
    spectra = growing(table, 3)[18:22]
    good = a_round("sweep", table, spectra, a_round("chain", table, spectra))
    bad = list(good)
    wrong = moved_to(table, good[1], b__area=0.0, b__center=163.1, a__fwhm=2.4, a__center=161.6)
    bad[1] = replace(wrong, misfit=good[1].misfit * 30.0)
    mended = a_round("sweep", table, spectra, bad)
    np.testing.assert_allclose(misfits(mended), misfits(good), rtol=1e-6)


def test_join_hands_on_news_and_leaves_a_chunk_without_news_alone() -> None:
    table = model()
    spectra = growing(table)
    good = a_round("sweep", table, spectra, a_round("chain", table, spectra))
    quiet = [replace(step, start=("chain",)) for step in good]
    left = a_round("join", table, spectra[12:], good[12:], Around(quiet[:12], ()))
    assert all(one is other for one, other in zip(left, good[12:], strict=True))
    told = [*quiet[:11], replace(quiet[11], start=("step -1",))]
    joined = a_round("join", table, spectra[12:], good[12:], Around(told, ()))
    np.testing.assert_allclose(misfits(joined), misfits(good[12:]), rtol=1e-6)


def test_a_spoilt_step_does_not_break_the_chain() -> None:
    table = model()
    spectra = growing(table)[:6]
    dead = Spectrum(spectra[2]["S 2p"].x, np.zeros(len(spectra[2]["S 2p"])), None, 1.0)
    spectra[2] = {"S 2p": dead}
    spectra[4] = {}
    results = run(table, spectra)
    status = [int(step.status[0]) for step in results]
    assert status[2] == FitStatus.FAILED
    assert "step 2, S 2p: all intensities are zero" in results[2].message[0]
    assert status[4] == FitStatus.EXCLUDED
    assert all(FitStatus(status[i]).usable for i in (0, 1, 3, 5))
    alone = run(model("independent"), spectra)
    for i in (3, 5):
        assert results[i].misfit[0] <= alone[i].misfit[0] * (1.0 + 1e-6)


def test_all_steps_spoilt() -> None:
    table = model()
    results = run(table, [{}, {}, {}])
    assert [int(step.status[0]) for step in results] == [FitStatus.EXCLUDED] * 3


def test_a_region_measured_in_some_steps_only() -> None:
    sulfur = component("a", "gaussian", {"value": 161.0})
    table = table_of(
        region([sulfur]),
        region([component("p", "gaussian", {"value": 131.7})], "linear", "P 2p", (127.0, 137.0)),
    )
    rng = np.random.default_rng(0)
    spectra = [spectra_of(table, truth(table), rng) for _ in range(6)]
    for i in (0, 3, 4):
        del spectra[i]["P 2p"]
    results = run(table, spectra)
    present = [bool(step.status[1] != FitStatus.EXCLUDED) for step in results]
    assert present == [False, True, True, False, False, True]
    for step, has in zip(results, present, strict=True):
        assert step.status[0] == FitStatus.CONVERGED
        assert np.isfinite(step.values[table.index["p.area"]]) == has


@pytest.mark.parametrize("name", ["each", "chain", "sweep"])
@pytest.mark.parametrize("asked", [0, 3, 40])
def test_cancelled_from_inside_a_fit(name: Round, asked: int) -> None:
    table = model(engine="lmfit")  # the compiled engine has done six steps in a millisecond
    spectra = growing(table)[:6]
    done = a_round("chain", table, spectra) if name == "sweep" else []
    with pytest.raises(FitCancelled):
        a_round(name, table, spectra, done, monitor=CancelAfter(asked))


@pytest.mark.parametrize("name", ["each", "chain"])
def test_cancelled_before_a_fit(name: Round) -> None:
    table = model()
    with pytest.raises(FitCancelled):
        a_round(name, table, growing(table)[:6], monitor=CancelAfter(0))


class Counting(SilentMonitor):
    def __init__(self) -> None:
        self.seen: list[tuple[int, int]] = []

    def report(self, done: int, total: int) -> None:
        self.seen.append((done, total))


def test_slow_progress_is_reported_step_by_step() -> None:
    table = model(engine="lmfit")
    monitor = Counting()
    a_round("chain", table, growing(table)[:4], monitor=monitor)
    assert {(0, 4), (1, 4), (2, 4), (3, 4)} <= set(monitor.seen)
