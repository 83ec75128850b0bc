"""Strategies along a series: every step in its place, whoever came before."""

from collections.abc import Sequence

import numpy as np
import pytest

from fitting.errors import FitCancelled
from fitting.model import ModelTable
from fitting.monitor import SilentMonitor
from fitting.plan import Plan
from fitting.result import FitStatus, StepResult
from fitting.seriesfit import Round, free_values, rounds_of, run_round
from fitting.spectrum import Spectrum
from tests.contracts.engine import CancelAfter
from tests.fitting.synthetic import component, region, spectra_of, table_of, truth

QUIET = SilentMonitor()
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
    places = [slice(i, i + chunk) for i in range(0, len(spectra), chunk)]
    done: list[list[StepResult]] = [[] for _ in places]
    for name in rounds_of(table.plan):
        before = [None, *(part[-1] if part else None for part in done[:-1])]
        done = [
            run_round(name, table, spectra[place], labels[place], done[i], before[i], QUIET)
            for i, place in enumerate(places)
        ]
    return [step for part in done for step in part]


def misfits(results: Sequence[StepResult]) -> np.ndarray:
    return np.array([step.misfit for step in results])


def test_rounds_of_the_strategies() -> None:
    assert rounds_of(model("independent").plan) == ("each",)
    assert rounds_of(model("chained").plan) == ("chain", "link")
    assert rounds_of(Plan.model_validate(model().plan.model_dump())) == ("chain", "link")


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


def test_a_chunk_reads_only_what_it_is_given() -> None:
    """The same chunk with the same neighbour gives the same bits, in any order in time."""
    table = model()
    spectra = growing(table)
    labels = [str(i) for i in range(STEPS)]
    chain = [
        run_round("chain", table, spectra[part], labels[part], [], None, QUIET)
        for part in (slice(12, 24), slice(0, 12))
    ]
    again = [
        run_round("chain", table, spectra[part], ["other"] * 12, [], None, QUIET)
        for part in (slice(0, 12), slice(12, 24))
    ]
    for first, second in zip(chain, reversed(again), strict=True):
        for one, other in zip(first, second, strict=True):
            assert one.values.tobytes() == other.values.tobytes()
            assert one.covariance.tobytes() == other.covariance.tobytes()


def test_link_improves_a_chunk_that_began_badly_and_leaves_a_good_one_alone() -> None:
    table = model()
    spectra = growing(table)
    labels = [str(i) for i in range(STEPS)]
    good = run_round("chain", table, spectra, labels, [], None, QUIET)
    linked = run_round("link", table, spectra[12:], labels[12:], good[12:], good[11], QUIET)
    for one, other in zip(good[12:], linked, strict=True):
        assert other.misfit[0] <= one.misfit[0]
    bad = list(good[12:])
    far = run_round("each", table, spectra[:1], labels[:1], [], None, QUIET)[0]
    bad[0] = StepResult(**{**vars(far), "misfit": far.misfit + 10.0})
    mended = run_round("link", table, spectra[12:], labels[12:], bad, good[11], QUIET)
    assert mended[0].misfit[0] == pytest.approx(good[12].misfit[0], rel=1e-6)
    assert mended[-1] is bad[-1]


def test_link_of_the_first_chunk_changes_nothing() -> None:
    table = model()
    spectra = growing(table)[:3]
    labels = ["0", "1", "2"]
    chain = run_round("chain", table, spectra, labels, [], None, QUIET)
    linked = run_round("link", table, spectra, labels, chain, None, QUIET)
    assert all(one is other for one, other in zip(chain, linked, strict=True))


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


@pytest.mark.parametrize("name", ["each", "chain", "link"])
@pytest.mark.parametrize("asked", [0, 3, 40])
def test_cancelled_from_inside_a_fit(name: Round, asked: int) -> None:
    table = model(engine="lmfit")  # the compiled engine has done six steps in a millisecond
    spectra = growing(table)[:6]
    labels = [str(i) for i in range(6)]
    done = [] if name != "link" else run_round("chain", table, spectra, labels, [], None, QUIET)
    far = free_start(table, done)
    with pytest.raises(FitCancelled):
        run_round(name, table, spectra, labels, done, far, CancelAfter(asked))


def free_start(table: ModelTable, done: Sequence[StepResult]) -> StepResult | None:
    """For a link that has work to do: pretend that what was done is bad."""
    for step in done:
        step.misfit[:] += 10.0
    return done[0] if done else None


@pytest.mark.parametrize("name", ["each", "chain"])
def test_cancelled_before_a_fit(name: Round) -> None:
    table = model()
    spectra = growing(table)[:6]
    with pytest.raises(FitCancelled):
        run_round(name, table, spectra, [""] * 6, [], None, CancelAfter(0))


class Counting(SilentMonitor):
    def __init__(self) -> None:
        self.seen: list[tuple[int, int]] = []

    def report(self, done: int, total: int) -> None:
        self.seen.append((done, total))


def test_progress_is_reported_step_by_step() -> None:
    table = model(engine="lmfit")
    monitor = Counting()
    run_round("chain", table, growing(table)[:4], ["0", "1", "2", "3"], [], None, monitor)
    assert monitor.seen == [(0, 4), (1, 4), (2, 4), (3, 4)]
