"""The steps of a chunk while they move together around what a series shares."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import reduce
from operator import add

import numpy as np

from fitting.arrays import BoolArray, FloatArray, IntArray
from fitting.chunkfit import (
    Chunk,
    compiled_blocks,
    cut_windows,
    fit_block_into,
    hold_undetected,
    layout_of,
    moving_in,
)
from fitting.displaced import fail_displaced
from fitting.engines import compiled
from fitting.engines.shared import Course, Shared, Sums, Verdict, sum_steps
from fitting.engines.shared_runs import (
    FITTED,
    ROUGH,
    STOPPED,
    CompiledRun,
    PlainRun,
    Run,
    StepEnd,
    shared_uncertainty,
)
from fitting.intervals import DETECTION_DEVIANCE
from fitting.model import SHIFT
from fitting.monitor import Monitor, stop_if_cancelled
from fitting.noise import Noise
from fitting.problem import Problem
from fitting.profile import of_one_place, own_centers, way_of_line
from fitting.result import FitStatus, StepResult
from fitting.spectrum import Spectrum
from fitting.standing import Sharing, Standing
from fitting.stepfit import StepDraft, prepare_block
from fitting.uncertainty import Uncertainty
from fitting.weights import reweighted

StepSpectra = Mapping[str, Spectrum]


@dataclass(frozen=True, eq=False)
class _Part:
    """Steps of a chunk in which the same regions of a block were measured.

    ``held``: offsets of groups that are not detected; ``own``: positions of its shared parameters
    among those of the block; ``places``: among all G.
    """

    block: int
    present: tuple[int, ...]
    held: tuple[int, ...]
    rows: IntArray
    moving: IntArray
    own: IntArray
    places: IntArray
    run: Run
    ready: BoolArray


def _box(*indices: IntArray) -> tuple[slice | IntArray, ...]:
    """The part of an array at these indices of its axes; slices, which are fast, where they do."""
    if all(len(own) and own[-1] - own[0] == len(own) - 1 for own in indices):
        return tuple(slice(int(own[0]), int(own[-1]) + 1) for own in indices)
    return np.ix_(*indices)


class SharedChunk:
    """The steps of a chunk while they move together.

    Parameters
    ----------
    sharing : what is shared
    spectra, labels : of the n steps
    functions : (n, J)
    standing : where they stand
    """

    def __init__(
        self,
        sharing: Sharing,
        spectra: Sequence[StepSpectra],
        labels: Sequence[str],
        functions: FloatArray,
        standing: Standing,
    ) -> None:
        self.sharing, self._table = sharing, sharing.table
        self._spectra, self._labels, self._functions = spectra, labels, functions
        self._standing = standing
        self._parts = [part for b in sharing.blocks for part in self._parts_of(b)]
        self.put(standing)

    def _parts_of(self, b: int) -> list[_Part]:
        block = self._table.blocks[b]
        groups: dict[tuple[tuple[int, ...], tuple[int, ...]], list[int]] = {}
        for k in map(int, np.flatnonzero(np.isfinite(self._standing.misfit[:, b]))):
            names, free = self._spectra[k], self._standing.free[k]
            present = tuple(r for r in block if self._table.regions[r].name in names)
            # exactly zero: the group was not detected when the step was fitted by itself
            held = tuple(f for f in self._table.offsets if free[f] == 0.0)
            groups.setdefault((present, held), []).append(k)
        return [self._part(b, *kind, np.array(rows)) for kind, rows in groups.items()]

    def _part(
        self, b: int, present: tuple[int, ...], held: tuple[int, ...], rows: IntArray
    ) -> _Part:
        moving = moving_in(self._table, present, held)
        shared = self.sharing.places[self.sharing.blocks[b]]
        own = np.flatnonzero(np.isin(shared, moving))
        places = np.searchsorted(moving, shared[own])
        run = self._run(b, (present, held), rows, moving, places)
        ready = run.arrow.status == FITTED
        return _Part(b, present, held, rows, moving, own, self.sharing.blocks[b][own], run, ready)

    def _run(
        self,
        b: int,
        kind: tuple[tuple[int, ...], tuple[int, ...]],
        rows: IntArray,
        moving: IntArray,
        places: IntArray,
    ) -> Run:
        table, (present, held) = self._table, kind
        origin = self._standing.origin[rows]
        start = self._rest(rows)
        start[:, table.free == SHIFT] = origin[:, np.newaxis]
        spectra = [self._spectra[k] for k in rows]
        layout = layout_of(table, present, held) if compiled_blocks(table)[b] else "lmfit"
        if isinstance(layout, str):
            setups = [
                prepare_block(
                    table, list(present), step, moving, own, float(shift), self._labels[k]
                )
                for k, step, own, shift in zip(rows, spectra, start, origin, strict=True)
            ]
            return PlainRun(setups, moving, places, start)
        cuts = None
        if layout.static:
            found = [
                cut_windows(layout, step, float(shift))
                for step, shift in zip(spectra, origin, strict=True)
            ]
            cuts = [cut for cut in found if cut is not None]
            assert len(cuts) == len(found), "a background that was there has gone"
        return CompiledRun(layout, places, spectra, start, start, cuts)

    def _rest(self, rows: IntArray) -> FloatArray:
        """(n, F) all free parameters; those nobody knows are where the plan starts them."""
        free = self._standing.free[rows]
        return np.where(np.isfinite(free), free, self._table.start)

    def _rests_on_others(self, part: _Part) -> bool:
        """Whether another block finds the energy shift, which moves on with it."""
        shift = np.flatnonzero(self._table.free == SHIFT)
        return bool(len(shift)) and shift[0] not in part.moving

    def put(self, standing: Standing) -> None:
        """Let the steps stand elsewhere; the windows stay."""
        self._standing = standing
        for part in self._parts:
            a, place = part.run.arrow, _box(part.rows, part.moving)
            a.moving[:] = standing.free[place]
            for name in ("gradient", "ahead", "held"):
                getattr(a, name)[:] = getattr(standing, name)[place]
            a.slopes[:] = standing.slopes[_box(part.rows, part.moving, part.places)]

    @property
    def standing(self) -> Standing:
        """Where the steps stand now."""
        return self._standing

    def advance(self, courses: Mapping[int, Course]) -> dict[int, Sums]:
        """Move all blocks that are going to their trial; what the steps say there."""
        s = self._standing
        now = Standing(**{entry.name: getattr(s, entry.name).copy() for entry in fields(s)})
        self._standing = now
        found: dict[int, list[Sums]] = {}
        for part in self._parts:
            course = courses[part.block]
            if course.verdict is not Verdict.GOING:
                continue
            rows, arrow = part.rows, part.run.arrow
            counted = now.counted[rows, part.block] & part.ready
            if course.fresh:
                counted &= now.misfit[rows, part.block] <= course.limit
            arrow.status[:] = np.where(counted, FITTED, STOPPED)
            arrow.theta[:] = self._theta(part, course.trial)
            if self._rests_on_others(part):
                part.run.put_rest(self._rest(rows))
            part.run.advance(ROUGH)
            lost = counted & (arrow.status != FITTED)
            if course.fresh:
                counted &= ~lost
            found.setdefault(part.block, []).append(self._sums(part, counted, lost))
            self._note(part, counted)
        return {
            b: reduce(add, found[b]) if b in found else self._nothing(b)
            for b, course in courses.items()
            if course.verdict is Verdict.GOING
        }

    def _theta(self, part: _Part, coefficients: FloatArray) -> FloatArray:
        """(n, G) at the steps of a part; exactly on a bound where rounding is all between."""
        lower, upper = self.sharing.bounds(part.block)
        values = self._functions[part.rows] @ coefficients.T
        factors = self._table.factors[self.sharing.places[self.sharing.blocks[part.block]]]
        values[:, factors] = coefficients[factors, 0]
        room = 1e-12 * (1.0 + np.abs(values))
        values = np.where(values <= lower + room, lower, values)
        return np.asarray(np.where(values >= upper - room, upper, values)[:, part.own])

    def _sums(self, part: _Part, counted: BoolArray, lost: BoolArray) -> Sums:
        a, count = part.run.arrow, len(self.sharing.blocks[part.block])
        matrix = np.zeros((len(counted), count, count))
        matrix[np.ix_(np.arange(len(counted)), part.own, part.own)] = a.matrix
        pull = np.zeros((len(counted), count))
        pull[:, part.own] = a.pull
        own = sum_steps(
            self._functions[part.rows[counted]],
            matrix[counted],
            pull[counted],
            a.turn[counted],
            a.square[counted],
            part.run.points[counted],
            a.fall[counted],
            absolute=part.run.absolute,
        )
        return replace(own, turn=float("inf")) if np.any(lost & counted) else own

    def _nothing(self, b: int) -> Sums:
        g, j = len(self.sharing.blocks[b]), self._functions.shape[1]
        matrix = np.zeros((g * j, g * j))
        return Sums(matrix, np.zeros(g * j), matrix, 0.0, 0.0, 0, 0, 0.0, True)

    def _note(self, part: _Part, counted: BoolArray) -> None:
        s, a, rows = self._standing, part.run.arrow, part.rows
        place = _box(rows, part.moving)
        s.free[place] = a.moving
        for name in ("gradient", "ahead", "held"):
            getattr(s, name)[place] = getattr(a, name)
        s.slopes[_box(rows, part.moving, part.places)] = a.slopes
        own = a.square / np.maximum(part.run.points, 1)
        s.misfit[rows, part.block] = np.where(counted, own, s.misfit[rows, part.block])
        s.counted[rows, part.block] = counted

    def finish(
        self, shared: Mapping[int, Shared], earlier: Sequence[StepResult], monitor: Monitor
    ) -> list[StepResult]:
        """The steps where the shared parameters have ended, with errors.

        Raises
        ------
        FitCancelled
        """
        drafts = [StepDraft(self._table) for _ in earlier]
        self._note_factors(shared, drafts)
        for b, block in enumerate(self._table.blocks):
            if b in shared:
                self._fail_again(b, drafts, earlier)
                for part in self._parts:
                    if part.block == b:
                        self._finish_part(part, shared[b], drafts)
                        stop_if_cancelled(monitor)
            else:
                starts = np.array([step.values[self._table.free] for step in earlier])
                chunk = Chunk(self._table, self._spectra, self._labels, starts, "polish", drafts)
                fit_block_into(chunk, block, monitor)
                hold_undetected(chunk, block, monitor)
            for draft, own in zip(drafts, earlier, strict=True):
                for r in block:
                    word = "shared" if own.start[r] and b in shared else own.start[r]
                    draft.note([r], word, int(own.tried[r]), float(own.runner_up[r]))
        fail_displaced(self._table, self._spectra, self._labels, drafts, monitor)
        return [draft.finish() for draft in drafts]

    def _note_factors(self, shared: Mapping[int, Shared], drafts: list[StepDraft]) -> None:
        """Factors that belong to the series have their values in every step, whatever it lacks."""
        for b, own in shared.items():
            places = self.sharing.places[self.sharing.blocks[b]]
            factors = self._table.factors[places]
            for draft in drafts:
                draft.free[places[factors]] = own.coefficients[factors, 0]
                draft.common[places[factors]] = True

    def _fail_again(self, b: int, drafts: list[StepDraft], earlier: Sequence[StepResult]) -> None:
        """Steps that took no part because there is no answer."""
        for k in map(int, np.flatnonzero(np.isnan(self._standing.misfit[:, b]))):
            for r in self._table.blocks[b]:
                if self._table.regions[r].name in self._spectra[k]:
                    own = earlier[k].message[r]
                    drafts[k].fail([r], own or "could not be fitted with what the series shares")

    def _finish_part(self, part: _Part, shared: Shared, drafts: list[StepDraft]) -> None:
        rows, arrow = part.rows, part.run.arrow
        arrow.status[:] = np.where(part.ready, FITTED, STOPPED + 1)
        arrow.theta[:] = self._theta(part, shared.coefficients)
        spread = shared.spread(self._functions[rows])[:, part.own][:, :, part.own]
        if self._rests_on_others(part):
            solved = np.array([drafts[k].free for k in rows])
            known = np.isfinite(solved)
            self._standing.free[rows] = np.where(known, solved, self._standing.free[rows])
            part.run.put_rest(self._rest(rows))
        for place, end in enumerate(part.run.finish(spread)):
            self._accept(part, shared, end, spread[place], drafts[rows[place]], int(rows[place]))

    def _accept(
        self,
        part: _Part,
        shared: Shared,
        end: StepEnd,
        spread: FloatArray,
        draft: StepDraft,
        k: int,
    ) -> None:
        present = list(part.present)
        if end.status > STOPPED:
            draft.fail(present, "the model has no value with the shared parameters of the series")
            return
        places = part.run.arrow.places
        errors = end.errors
        if errors is None:
            errors = self._careful(part, end, spread, k)
        errors = self._had_a_choice(part, end, errors, k)
        for place in places[~shared.known[part.own]]:
            errors.covariance[place, :] = errors.covariance[:, place] = np.nan
        draft.set_values(part.moving, end.moving, end.at_bound, errors)
        for f in part.held:
            draft.hold(f, 0.0)
        counted = bool(self._standing.counted[k, part.block])
        verdict, message = None, ""
        if not counted:
            message = "has no say in the shared parameters: its misfit is far above the others'"
        if end.status == STOPPED:
            verdict, message = FitStatus.NOT_CONVERGED, compiled.NOT_CONVERGED
        if not shared.settled:
            verdict = FitStatus.NOT_CONVERGED
            message = "the shared parameters of the series did not converge"
        draft.common[part.moving[places]] = True
        draft.set_regions(
            part.present,
            part.moving,
            end.points,
            end.misfit,
            end.sources,
            end.absolute,
            verdict,
            message,
        )

    def _careful(self, part: _Part, end: StepEnd, spread: FloatArray, k: int) -> Uncertainty:
        problem, noises = self._problem(part, end, k)
        places = part.run.arrow.places
        return shared_uncertainty(problem, noises, end.moving, end.at_bound, places, spread)

    def _problem(self, part: _Part, end: StepEnd, k: int) -> tuple[Problem, tuple[Noise, ...]]:
        """A step where it ended, with the weights that belong there."""
        rest = self._rest(np.array([k]))[0]
        setup = prepare_block(
            self._table,
            list(part.present),
            self._spectra[k],
            part.moving,
            rest,
            float(self._standing.origin[k]),
            self._labels[k],
        )
        return reweighted(setup.problem, setup.noises, end.moving), setup.noises

    def _had_a_choice(self, part: _Part, end: StepEnd, errors: Uncertainty, k: int) -> Uncertainty:
        """Drops of lines that seem to be there, for centers that the series has chosen.

        Theta is held in a profile, as if it were known. Where a line is nowhere clear, though,
        noise has chosen its center, in this step and the others: as free as a center of its own
        at the most, and that is allowed for.
        """
        seen = np.flatnonzero(errors.deviance_drop >= DETECTION_DEVIANCE)
        if not len(seen):
            return errors
        problem, _ = self._problem(part, end, k)
        centers, drop = own_centers(problem, end.moving), errors.deviance_drop.copy()
        for m in seen.tolist():
            if centers[m] in part.run.arrow.places:
                way = way_of_line(problem, end.moving, m, int(centers[m]))
                drop[m] = of_one_place(float(np.sqrt(drop[m])), way)
        return replace(errors, deviance_drop=drop)
