"""Rounds after the first: all blocks of a chunk are searched, the lowest minima get their errors.

A chunk sees its own answers and those of the chunks on both sides as the round before left them,
and inside what it has improved itself, in a fixed order.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fitting.arrays import FloatArray, IntArray
from fitting.chunkfit import (
    Chunk,
    compiled_blocks,
    fit_block_into,
    hold_undetected,
    layout_of,
    shift_is_known,
)
from fitting.displaced import fail_displaced
from fitting.engines.compiled import Wanted
from fitting.labels import in_order
from fitting.minima import (
    FAR,
    LOWER,
    NEAR,
    Search,
    Steps,
    search_alone,
    search_among_neighbours,
    search_at_ends,
)
from fitting.model import ModelTable
from fitting.monitor import Monitor, checkpoint
from fitting.result import FitStatus, StepResult
from fitting.spectrum import Spectrum
from fitting.stepfit import StepDraft

if TYPE_CHECKING:
    from fitting.engines.flat import FlatBlock

FINE = Wanted(errors=True, tolerance=3e-8)
"""The last digits of the lowest minimum, and its errors. Where weights follow the model a hundredth
of this is asked for; closer than that they never settle in real spectra."""

ROUGHLY = Wanted(errors=False)

FIRST = ("cold", "chain")
"""Starts of the first rounds; any other has won against them."""

WORSE = 1.2
"""lmfit is slow: it tries other starts only where the misfit is this much above a neighbour's."""


@dataclass(frozen=True, eq=False)
class Around:
    """Steps on both sides of a chunk, in order, as the round before left them."""

    before: Sequence[StepResult] = ()
    after: Sequence[StepResult] = ()


@dataclass(frozen=True, eq=False)
class Sweep:
    """A chunk that is searched.

    Parameters
    ----------
    table, spectra, labels : the model, and K steps in order
    earlier : what the round before made of them
    around : of the steps on both sides
    rng : for starts that are thrown
    monitor : is asked whether to stop
    """

    table: ModelTable
    spectra: Sequence[Mapping[str, Spectrum]]
    labels: Sequence[str]
    earlier: Sequence[StepResult]
    around: Around
    rng: np.random.Generator
    monitor: Monitor

    @property
    def everything(self) -> list[StepResult]:
        """All S steps that are known."""
        return [*self.around.before, *self.earlier, *self.around.after]

    def known(self) -> FloatArray:
        """(S, F) their free parameters."""
        return np.array([step.values[self.table.free] for step in self.everything])

    @property
    def place(self) -> IntArray:
        """(K,) where the steps of the chunk stand among all."""
        return len(self.around.before) + np.arange(len(self.earlier))


def sweep(chunk: Sweep) -> list[StepResult]:
    """Search all steps among their neighbours.

    Raises
    ------
    FitCancelled
    """
    return _searched(chunk, search_among_neighbours)


def alone(chunk: Sweep) -> list[StepResult]:
    """Search all steps; none sees the answer of another.

    Raises
    ------
    FitCancelled
    """
    return _searched(chunk, search_alone)


def join(chunk: Sweep) -> list[StepResult]:
    """Hand on what the chunks on both sides have found; a chunk without news stays as it is.

    Raises
    ------
    FitCancelled
    """
    news = np.array([not {"", *FIRST}.issuperset(step.start) for step in chunk.everything])
    news[chunk.place] = False
    reach = max(map(abs, FAR))
    first, last = chunk.place[0], chunk.place[-1]
    if not news[max(0, first - reach) : last + reach + 1].any():
        return list(chunk.earlier)

    def look(steps: Steps, _: np.random.Generator, monitor: Monitor) -> Search:
        return search_at_ends(steps, news, monitor)

    return _searched(chunk, look)


def _searched(
    chunk: Sweep, look: Callable[[Steps, np.random.Generator, Monitor], Search]
) -> list[StepResult]:
    table, known = chunk.table, chunk.known()
    drafts = [StepDraft(table) for _ in chunk.spectra]
    choice = compiled_blocks(table)
    for number, (block, fast) in enumerate(zip(table.blocks, choice, strict=True)):
        checkpoint(chunk.monitor, number * len(drafts) // len(choice), len(drafts))
        notes = []
        for present, ks in _groups(chunk, block, drafts):
            layout = layout_of(table, present, table.factor_places) if fast else "lmfit"
            if not isinstance(layout, str):
                steps = _steps(chunk, layout, ks, known, drafts)
                search = look(steps, chunk.rng, chunk.monitor)
                notes.append((present, ks, search))
                known[np.ix_(chunk.place[ks], layout.moving)] = search.moving
            else:
                _search_slowly(chunk, present, ks, known, drafts)
        starts = np.array([in_order(table, row) for row in known[chunk.place]])
        last = Chunk(table, chunk.spectra, chunk.labels, starts, "polish", drafts, FINE)
        fit_block_into(last, block, chunk.monitor)
        hold_undetected(last, block, chunk.monitor)
        for present, ks, search in notes:
            _note(chunk, drafts, present, ks, search)
    fail_displaced(table, chunk.spectra, chunk.labels, drafts, chunk.monitor)
    return [draft.finish() for draft in drafts]


def _groups(
    chunk: Sweep, block: Sequence[int], drafts: Sequence[StepDraft]
) -> list[tuple[tuple[int, ...], IntArray]]:
    """Steps in which the same regions of a block were measured, and can be fitted."""
    found: dict[tuple[int, ...], list[int]] = {}
    for k, spectra in enumerate(chunk.spectra):
        present = tuple(r for r in block if chunk.table.regions[r].name in spectra)
        if present and shift_is_known(chunk.table, present, drafts[k]):
            found.setdefault(present, []).append(k)
    return [(present, np.array(ks)) for present, ks in found.items()]


def _steps(
    chunk: Sweep,
    layout: "FlatBlock",
    ks: IntArray,
    known: FloatArray,
    drafts: Sequence[StepDraft],
) -> Steps:
    rest = np.array([drafts[k].free for k in ks])
    return Steps(
        layout,
        [chunk.spectra[k] for k in ks],
        np.where(np.isfinite(rest), rest, chunk.table.start),
        chunk.place[ks],
        known,
        [chunk.earlier[k].start[layout.present[0]] for k in ks],
    )


def _note(
    chunk: Sweep,
    drafts: Sequence[StepDraft],
    present: Sequence[int],
    ks: IntArray,
    search: Search,
) -> None:
    """Which start won, of how many, and what the next minimum is worth."""
    above = search.above
    for i, k in enumerate(ks):
        before, r = chunk.earlier[k], present[0]
        lowest = above[i]
        if not search.improved[i]:
            lowest = np.fmin(lowest, before.runner_up[r])
        tried = int(before.tried[r] + search.tried[i])
        worth = float(lowest) if np.isfinite(lowest) else np.nan
        drafts[k].note(present, search.start[i], tried, worth)


def _search_slowly(
    chunk: Sweep,
    present: tuple[int, ...],
    ks: IntArray,
    known: FloatArray,
    drafts: Sequence[StepDraft],
) -> None:
    """By lmfit, where a step is much worse than those on both sides: from there, and cold."""
    regions, everything = list(present), chunk.everything
    for k in ks:
        own, place = chunk.earlier[k], int(chunk.place[k])
        drafts[k].note(present, own.start[regions[0]], int(own.tried[regions[0]]), np.nan)
        near = [place + o for o in NEAR if 0 <= place + o < len(everything)]
        level = min([_misfit(everything[j], regions) for j in near], default=np.inf)
        best = _misfit(own, regions)
        good = own.status[regions].max() < FitStatus.NOT_CONVERGED
        if good and not best > WORSE * level:
            continue
        starts = {f"step {j - place:+d}": known[j].copy() for j in near}
        for word, start in {**starts, "cold": np.full(known.shape[1], np.nan)}.items():
            trial = _trial(chunk, present, k, start, drafts[k])
            misfit = _misfit(trial, regions)
            won = misfit < best * (1.0 - LOWER)
            if won:
                best = misfit
                moved = np.isnan(drafts[k].free) & np.isfinite(trial.free)
                known[place, moved] = trial.free[moved]
            start_word = word if won else drafts[k].start[regions[0]]
            drafts[k].note(present, start_word, int(drafts[k].tried[regions[0]]) + 1, np.nan)


def _misfit(step: StepResult | StepDraft, regions: list[int]) -> float:
    return float(np.nan_to_num(step.misfit[regions].sum(), nan=np.inf))


def _trial(
    chunk: Sweep, present: tuple[int, ...], k: int, start: FloatArray, draft: StepDraft
) -> StepDraft:
    """One step from one start, beside what is known of it."""
    trial = StepDraft(chunk.table)
    trial.free[:] = draft.free
    spectra, labels = [chunk.spectra[k]], [chunk.labels[k]]
    one = Chunk(chunk.table, spectra, labels, start[np.newaxis], "given", [trial], ROUGHLY)
    fit_block_into(one, present, chunk.monitor)
    return trial
