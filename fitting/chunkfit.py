"""Steps of a chunk through the compiled engine, block by block; what it cannot goes to lmfit."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Literal

import numpy as np

from fitting.arrays import FloatArray, IntArray
from fitting.energy_scale import undetected
from fitting.engines import compiled
from fitting.engines.compile_apart import Module, compile_kernels, is_warm
from fitting.engines.compiled import EVERYTHING, BlockFits, Cut, Wanted
from fitting.errors import DataError, PlanError
from fitting.far_points import Ended, have_far_points, profiled_again
from fitting.model import SHIFT, ModelTable
from fitting.monitor import Monitor, checkpoint
from fitting.prepare import held_background, window_at
from fitting.profile import errors_at
from fitting.result import FitStatus, StepResult
from fitting.robust import HUBER
from fitting.sharing import shared_places
from fitting.spectrum import Spectrum
from fitting.stepfit import (
    RECUTS,
    SAME_WINDOW,
    WIDE,
    StepDraft,
    fit_block,
    moving_of,
    prepare_block,
)
from fitting.uncertainty import Uncertainty
from fitting.weights import reweighted

if TYPE_CHECKING:
    from fitting.engines.flat import FlatBlock

log = logging.getLogger(__name__)

StepSpectra = Mapping[str, Spectrum]
Start = Literal["each", "chain", "given", "polish"]

_STOPPED = 1

_FAULTS = (DataError, ArithmeticError, ValueError, np.linalg.LinAlgError)


def compiled_blocks(table: ModelTable) -> tuple[bool, ...]:
    """Which blocks of a table the compiled engine fits.

    Raises
    ------
    PlanError
        The plan asks for the compiled engine, and it cannot fit a block.
    """
    reasons = [_reason(table, block) for block in table.blocks]
    if table.plan.fit.engine == "compiled":
        for reason in reasons:
            if reason:
                raise PlanError("fit.engine", f'"compiled", but {reason}; use "auto"')
    return tuple(not reason for reason in reasons)


def notices(table: ModelTable) -> tuple[str, ...]:
    """What a plan that lets the program choose the engine should know: who is fitted slowly."""
    if table.plan.fit.engine == "lmfit":
        return ()
    found = []
    for block in table.blocks:
        reason = _reason(table, block)
        if reason:
            names = ", ".join(table.regions[r].name for r in block)
            found.append(f"{names}: fitted by lmfit, which is slower: {reason}")
    return tuple(found)


def needs_compiler(table: ModelTable) -> bool:
    """Whether the first fit on this machine would have to wait for the compiler."""
    return any(compiled_blocks(table)) and not all(map(is_warm, _modules(table)))


def compile_ahead(table: ModelTable, monitor: Monitor) -> None:
    """Compile now, before processes are started that would each have to wait for it.

    Raises
    ------
    FitCancelled
    """
    for module in _modules(table):
        if not is_warm(module):
            compile_kernels(module, monitor)


def _modules(table: ModelTable) -> tuple[Module, ...]:
    shared = len(shared_places(table)) > 0
    return ("kernels_steps", "kernels_shared") if shared else ("kernels_steps",)


def _reason(table: ModelTable, block: Sequence[int]) -> str:
    if table.plan.fit.engine == "lmfit":
        return "the plan asks for lmfit"
    layout = layout_of(table, tuple(block))
    return layout if isinstance(layout, str) else ""


@lru_cache(maxsize=64)
def layout_of(
    table: ModelTable, present: tuple[int, ...], held: tuple[int, ...] = ()
) -> "FlatBlock | str":
    """Regions laid out for the kernels, or one sentence: why lmfit has to fit them.

    ``held``: positions of free parameters that are not fitted in these steps.
    """
    return compiled.lay_out_block(table, present, moving_in(table, present, held))


def moving_in(table: ModelTable, present: tuple[int, ...], held: tuple[int, ...] = ()) -> IntArray:
    """Free parameters of these regions; the shift only where the reference line is."""
    wanted = np.asarray(table.influence[list(present)].any(axis=0))
    wanted[list(held)] = False
    owner = table.reference_region
    if owner is not None and owner not in present:
        wanted = wanted & (table.free != SHIFT)
    return np.flatnonzero(wanted)


@dataclass(frozen=True, eq=False)
class Chunk:
    """The K steps of a chunk while they are fitted.

    Parameters
    ----------
    spectra, labels : of the steps, in order
    starts : (K, F) where steps start in the modes ``given`` and ``polish``, nan where unknown
    mode : ``each`` step cold, in a ``chain`` from the step before, as ``given`` in ``starts``, or
        to the bottom (``polish``) of the minimum in which ``starts`` lies
    drafts : what is known of the steps; blocks are added
    wanted : errors or not, and how close to the minimum
    """

    table: ModelTable
    spectra: Sequence[StepSpectra]
    labels: Sequence[str]
    starts: FloatArray
    mode: Start
    drafts: Sequence[StepDraft]
    wanted: Wanted = EVERYTHING


def fit_steps(
    table: ModelTable,
    spectra: Sequence[StepSpectra],
    labels: Sequence[str],
    starts: FloatArray | None,
    mode: Start,
    monitor: Monitor,
    wanted: Wanted = EVERYTHING,
) -> list[StepResult]:
    """Fit K steps; parameters as of ``Chunk``.

    Raises
    ------
    FitCancelled
    """
    if starts is None:
        starts = np.full((len(spectra), len(table.free)), np.nan)
    drafts = [StepDraft(table) for _ in spectra]
    for draft, own in zip(drafts, starts, strict=True):
        held = table.factors & np.isfinite(own)
        draft.free[held] = own[held]
    chunk = Chunk(table, spectra, labels, starts, mode, drafts, wanted)
    for number, block in enumerate(table.blocks):
        checkpoint(monitor, number * len(spectra) // len(table.blocks), len(spectra))
        fit_block_into(chunk, block, monitor)
        if wanted.errors:
            hold_undetected(chunk, block, monitor)
    return [draft.finish() for draft in drafts]


def hold_undetected(chunk: Chunk, block: Sequence[int], monitor: Monitor) -> None:
    """Fit steps again in which an electrical group is not detected, with the shift of the others.

    Raises
    ------
    FitCancelled
    """
    table, again = chunk.table, {}
    for k, draft in enumerate(chunk.drafts):
        held = undetected(table, block, draft.free, draft.deviance_drop)
        if held:
            start = draft.free.copy()
            start[held] = 0.0
            again[k] = start
            draft.forget(moving_in(table, tuple(block), table.factor_places))
            for f in held:
                draft.hold(f, 0.0)
    if again:
        part = replace(
            chunk,
            spectra=[chunk.spectra[k] for k in again],
            labels=[chunk.labels[k] for k in again],
            starts=np.array(list(again.values())),
            mode="polish",
            drafts=[chunk.drafts[k] for k in again],
        )
        fit_block_into(part, block, monitor)


def fit_block_into(chunk: Chunk, block: Sequence[int], monitor: Monitor) -> None:
    """Fit one block of all steps into their drafts.

    Raises
    ------
    FitCancelled
    """
    fast = not _reason(chunk.table, block)
    for (present, held), steps in _runs(chunk, block):
        _fit_run(chunk, present, held, steps, fast, monitor)


_Kind = tuple[tuple[int, ...], tuple[int, ...]]
"""Regions of a block that were measured in a step, and what is held in it: numbers of the energy
scale, factors that belong to the whole series."""


def _runs(chunk: Chunk, block: Sequence[int]) -> list[tuple[_Kind, list[int]]]:
    """Consecutive steps of one kind."""

    def kind(k: int) -> _Kind:
        names, known = chunk.spectra[k], np.isfinite(chunk.drafts[k].free)
        present = tuple(r for r in block if chunk.table.regions[r].name in names)
        held = [f for f in chunk.table.energy_places if known[f]] if present else []
        own = moving_in(chunk.table, present) if held else ()
        factors = (f for f in chunk.table.factor_places if known[f])
        return present, (*(f for f in held if f in own), *factors)

    found = [(own, list(ks)) for own, ks in groupby(range(len(chunk.spectra)), key=kind)]
    return [(own, ks) for own, ks in found if own[0]]


def _fit_run(
    chunk: Chunk,
    present: tuple[int, ...],
    held: tuple[int, ...],
    steps: list[int],
    fast: bool,
    monitor: Monitor,
) -> None:
    ready = [k for k in steps if shift_is_known(chunk.table, present, chunk.drafts[k])]
    layout = layout_of(chunk.table, present, held) if fast else "lmfit"
    if isinstance(layout, str):
        for k in ready:
            checkpoint(monitor, k, len(chunk.spectra))
            start = _earlier(chunk, present, k)
            _fit_slowly(chunk, present, k, start, monitor)
        return
    if not ready:
        return
    rest = np.array([chunk.drafts[k].free for k in ready])
    rest = np.where(np.isfinite(rest), rest, chunk.table.start)
    starts = np.full((len(ready), len(chunk.table.free)), np.nan)
    given = len(ready) if chunk.mode in ("given", "polish") else 1
    starts[:given] = [_earlier(chunk, present, k) for k in ready[:given]]
    spectra = [chunk.spectra[k] for k in ready]
    if layout.static:
        fits = fit_static(layout, spectra, rest, starts, chunk.mode, monitor, chunk.wanted)
    else:
        fits = compiled.fit_block(
            layout, spectra, rest, starts, chunk.mode, monitor, None, chunk.wanted
        )
    if chunk.wanted.errors and chunk.table.plan.fit.loss == HUBER:
        _profile_again(layout, spectra, rest, fits, monitor)
    for row, k in enumerate(ready):
        _accept(chunk, layout, fits, row, k, monitor)


def _profile_again(
    layout: "FlatBlock",
    spectra: Sequence[StepSpectra],
    rest: FloatArray,
    fits: BlockFits,
    monitor: Monitor,
) -> None:
    """Limits, drops and ends beside far points; see ``fitting.far_points``."""
    free = rest.copy()
    free[:, layout.moving] = fits.moving
    far = np.flatnonzero((fits.status <= _STOPPED) & have_far_points(fits))
    again = profiled_again(layout, Ended(spectra, free, fits.cut), far, monitor)
    for row, ends in again.items():
        for name, values in ends._asdict().items():
            getattr(fits, name)[row] = values


def shift_is_known(table: ModelTable, present: tuple[int, ...], draft: StepDraft) -> bool:
    """Regions without the reference line need its shift; without it they failed, and why."""
    try:
        moving_of(table, list(present), draft.free)
    except DataError as error:
        draft.fail(list(present), str(error))
        return False
    return True


def _neighbour(chunk: Chunk, present: tuple[int, ...], k: int) -> int | None:
    """Nearest earlier step of a chain in which these regions have an answer."""
    if chunk.mode != "chain":
        return None
    for j in range(k - 1, -1, -1):
        if np.any(chunk.drafts[j].status[list(present)] <= FitStatus.NOT_CONVERGED):
            return j
    return None


def _earlier(chunk: Chunk, present: tuple[int, ...], k: int) -> FloatArray:
    """(F,) where a step starts: as given, from its neighbour, or nan."""
    if chunk.mode in ("given", "polish"):
        return np.asarray(chunk.starts[k])
    j = _neighbour(chunk, present, k)
    return np.full(len(chunk.table.free), np.nan) if j is None else chunk.drafts[j].free


def _fit_slowly(
    chunk: Chunk, present: tuple[int, ...], k: int, start: FloatArray, monitor: Monitor
) -> None:
    """One block of one step by lmfit."""
    draft, regions = chunk.drafts[k], list(present)
    if chunk.mode != "polish":
        word = "chain" if np.isfinite(start).any() else "cold"
        draft.note(regions, word, 1, np.nan)
    given = start if np.isfinite(start).any() else None
    try:
        fit = fit_block(
            chunk.table, regions, chunk.spectra[k], draft.free, given, monitor, chunk.labels[k]
        )
        draft.accept(regions, fit, monitor, errors=chunk.wanted.errors)
    except _FAULTS as error:
        draft.fail(regions, str(error))


def _accept(
    chunk: Chunk, layout: "FlatBlock", fits: BlockFits, row: int, k: int, monitor: Monitor
) -> None:
    """Put the answer of the kernels into the draft of a step."""
    draft = chunk.drafts[k]
    if fits.status[row] > _STOPPED:
        # no answer: the slow way knows the words, and sees whether there is one after all
        _fit_slowly(chunk, layout.present, k, chunk.starts[k], monitor)
        return
    at_bound, moving = fits.at_bound[row], layout.moving
    own = Uncertainty(
        fits.covariance[row],
        fits.upper_limit[row],
        fits.deviance_drop[row],
        fits.lower95[row],
        fits.upper95[row],
    )
    if fits.careful[row]:
        own = _careful(chunk, layout, fits, row, k, monitor)
    draft.set_values(moving, fits.moving[row], at_bound, own)
    codes = fits.noise[row]
    absolute = all(compiled.is_absolute(codes[i, 0]) for i in range(len(layout.present)))
    verdict, message = None, ""
    if fits.status[row] == _STOPPED:
        verdict, message = FitStatus.NOT_CONVERGED, compiled.NOT_CONVERGED
    if chunk.mode != "polish":
        draft.note(layout.present, "cold" if fits.cold[row] else chunk.mode, 1, np.nan)
    draft.set_regions(
        layout.present,
        moving,
        fits.points[row],
        fits.misfit[row],
        [compiled.source(code) for code in codes],
        absolute,
        verdict,
        message,
    )


def _careful(
    chunk: Chunk, layout: "FlatBlock", fits: BlockFits, row: int, k: int, monitor: Monitor
) -> Uncertainty:
    """Errors where the normal matrix is close to singular, by its eigenvalues."""
    table, draft, moving = chunk.table, chunk.drafts[k], layout.moving
    rest = np.where(np.isfinite(draft.free), draft.free, table.start)
    present, values = list(layout.present), fits.moving[row]
    shift = _shift_at(layout, values, rest)
    label = chunk.labels[k]
    setup = prepare_block(table, present, chunk.spectra[k], moving, rest, shift, label)
    problem = reweighted(setup.problem, setup.noises, values)
    return errors_at(problem, setup.noises, values, fits.at_bound[row], monitor)


def _shift_at(layout: "FlatBlock", values: FloatArray, rest: FloatArray) -> float:
    table = layout.table
    free = rest.copy()
    free[layout.moving] = values
    place = np.flatnonzero(table.free == SHIFT)
    return float(free[place[0]]) if len(place) else float(table.offset[SHIFT])


def fit_static(
    layout: "FlatBlock",
    spectra: Sequence[StepSpectra],
    rest: FloatArray,
    starts: FloatArray,
    mode: Start,
    monitor: Monitor,
    wanted: Wanted = EVERYTHING,
) -> BlockFits:
    """Step by step, for backgrounds that are computed from the points of the window."""
    found: list[BlockFits] = []
    nothing = np.full(rest.shape[1], np.nan)
    last: BlockFits | None = None
    for k, step in enumerate(spectra):
        start = starts[k]
        if mode == "chain" and last is not None:
            start = nothing.copy()
            start[layout.moving] = last.moving[0]
        fit = _fit_cut(layout, step, rest[k], start, mode, monitor, wanted)
        if fit.status[0] <= _STOPPED:
            last = fit
        found.append(fit)
    return compiled.joined(found)


def _fit_cut(
    layout: "FlatBlock",
    step: StepSpectra,
    rest: FloatArray,
    start: FloatArray,
    mode: Start,
    monitor: Monitor,
    wanted: Wanted,
) -> BlockFits:
    """One step whose windows are cut here."""
    own, rests = start[np.newaxis].copy(), rest[np.newaxis]
    moves = layout.model.shift >= 0
    place = int(layout.moving[layout.model.shift]) if moves else -1
    known = np.where(np.isfinite(start), start, rest)
    warm = bool(np.isfinite(start).any() and np.isfinite(known[layout.moving]).all())
    if moves and not warm:
        wide = cut_windows(layout, step, WIDE)
        if wide is None:
            return compiled.unusable(layout)
        own[0, place] = 0.0
        grid = compiled.fit_block(layout, [step], rests, own, "shift", monitor, wide)
        own[0, place] = grid.moving[0, layout.model.shift]
    fit = compiled.unusable(layout)
    for _ in range(RECUTS + 1):
        shift = float(own[0, place]) if moves else _shift_at(layout, known[layout.moving], known)
        cut = cut_windows(layout, step, shift)
        if cut is None:
            return compiled.unusable(layout)
        way: compiled.Mode = "each" if not warm else "polish" if mode == "polish" else "given"
        fit = compiled.fit_block(layout, [step], rests, own, way, monitor, cut, wanted)
        if not moves or fit.status[0] > _STOPPED:
            break
        found = float(fit.moving[0, layout.model.shift])
        if abs(found - shift) <= SAME_WINDOW:
            break
        own[0, layout.moving], warm = fit.moving[0], True
    return fit


def cut_windows(layout: "FlatBlock", step: StepSpectra, shift: float) -> Cut | None:
    """Windows and the backgrounds in them; None where there is no such background."""
    ends, held = [], []
    for r in layout.present:
        region = layout.table.regions[r]
        spectrum = step[region.name]
        low, high = window_at(region, shift, layout.table.plan.energy.search_eV)
        first = int(np.searchsorted(spectrum.x, low, side="left"))
        last = int(np.searchsorted(spectrum.x, high, side="right"))
        ends.append([first, last])
        try:
            held.append(held_background(region, spectrum.window(low, high)))
        except _FAULTS:
            return None
    return Cut(np.array(ends, dtype=np.int64), tuple(held))
