"""Where the steps of a series stand between two rounds around what they share, and what comes next.

Arrays only: a round of a job puts them on the disk, and the next one goes on from there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from fitting.arrays import BoolArray, FloatArray, IntArray
from fitting.chunkfit import moving_in
from fitting.engines.shared import (
    FAR,
    Course,
    Sums,
    Verdict,
    first_course,
    next_course,
    without_far,
)
from fitting.model import SHIFT, ModelTable
from fitting.result import StepResult
from fitting.sharing import Drift, common, drift_of, middle, shared_places
from fitting.stepfit import SAME_WINDOW


@dataclass(frozen=True, eq=False)
class Sharing:
    """What a plan shares, and how it may drift along one series.

    Parameters
    ----------
    table : the model
    places : (G,) positions of the shared parameters among the free ones
    drift : along the series
    blocks : number of each block that has some -> their positions among the G
    """

    table: ModelTable
    places: IntArray
    drift: Drift
    blocks: Mapping[int, IntArray]

    def bounds(self, block: int) -> tuple[FloatArray, FloatArray]:
        """(G_b,) lower and upper bounds of those of a block."""
        own = self.places[self.blocks[block]]
        return self.table.lower[own], self.table.upper[own]


def sharing_of(table: ModelTable, position: FloatArray) -> Sharing:
    """Sharing of a series whose steps stand at (K,) positions of the axis.

    Raises
    ------
    PlanError
        The stiffness is far too small for the series.
    """
    return sharing_with(table, drift_of(table.plan.series.stiffness, position))


def sharing_with(table: ModelTable, drift: Drift) -> Sharing:
    """Sharing of a series whose drift is known."""
    places = shared_places(table)
    blocks = {}
    for b, block in enumerate(table.blocks):
        own = np.flatnonzero(np.isin(places, moving_in(table, block)))
        if len(own):
            blocks[b] = own
    return Sharing(table, places, drift, blocks)


@dataclass(frozen=True, eq=False)
class Standing:
    """Where n steps stand between two rounds; F free parameters, G shared, B blocks.

    Parameters
    ----------
    free, gradient, ahead : (n, F); held : (n, F); slopes : (n, F, G); see ``engines.arrow``
    origin : (n,) energy shift at which the windows are cut
    misfit : (n, B) weighted square per point; nan where there is no answer
    counted : (n, B) whether the step takes part in what is shared
    """

    free: FloatArray
    gradient: FloatArray
    ahead: FloatArray
    held: IntArray
    slopes: FloatArray
    origin: FloatArray
    misfit: FloatArray
    counted: BoolArray


def first_standing(sharing: Sharing, results: Sequence[StepResult]) -> Standing:
    """Where steps stand when each was fitted by itself."""
    table, n = sharing.table, len(results)
    free = np.array([result.values[table.free] for result in results])
    size = free.shape[1]
    misfit = np.full((n, len(table.blocks)), np.nan)
    for b, block in enumerate(table.blocks):
        own = np.array([result.misfit[list(block)] for result in results])
        there = np.isfinite(own)
        sums = np.where(there, own, 0.0).sum(axis=1)
        misfit[there.any(axis=1), b] = (sums / np.maximum(there.sum(axis=1), 1))[there.any(axis=1)]
    return Standing(
        free,
        np.zeros((n, size)),
        np.zeros((n, size)),
        np.zeros((n, size), dtype=np.int64),
        np.zeros((n, size, len(sharing.places))),
        _shift_of(table, free),
        misfit,
        np.isfinite(misfit),
    )


def without_answer(standing: Standing) -> Standing:
    """Steps that could not be worked on take no part."""
    misfit = np.full_like(standing.misfit, np.nan)
    return replace(standing, misfit=misfit, counted=np.isfinite(misfit))


def cut_again(sharing: Sharing, standing: Standing) -> Standing:
    """Windows of steps whose shift has moved on are cut where it is now."""
    shift = _shift_of(sharing.table, standing.free)
    moved = np.abs(shift - standing.origin) > SAME_WINDOW
    return replace(standing, origin=np.where(moved, shift, standing.origin))


def errors_of(results: Sequence[StepResult], places: IntArray) -> FloatArray:
    """(n, G) standard errors of some of the free parameters; nan where not estimated."""
    variance = np.array([np.diagonal(result.covariance)[places] for result in results])
    return np.sqrt(np.where(variance >= 0.0, variance, np.nan))


def back(
    sharing: Sharing, before: Standing, after: Standing, courses: Mapping[int, Course]
) -> Standing:
    """Blocks whose last move was no good stand where they stood before it."""
    undone = [b for b, course in courses.items() if not course.taken]
    found = Standing(**{entry.name: getattr(after, entry.name).copy() for entry in fields(after)})
    for b in undone:
        own = moving_in(sharing.table, sharing.table.blocks[b])
        for name in ("free", "gradient", "ahead", "held", "slopes"):
            getattr(found, name)[:, own] = getattr(before, name)[:, own]
        for name in ("misfit", "counted"):
            getattr(found, name)[:, b] = getattr(before, name)[:, b]
    return found


def _shift_of(table: ModelTable, free: FloatArray) -> FloatArray:
    place = np.flatnonzero(table.free == SHIFT)
    if not len(place):
        return np.full(len(free), float(table.offset[SHIFT]))
    return np.asarray(free[:, place[0]])


def begin(
    sharing: Sharing,
    functions: FloatArray,
    values: FloatArray,
    errors: FloatArray,
    misfit: FloatArray,
) -> dict[int, Course]:
    """Where every block begins: at the middle of what the steps found by themselves.

    Parameters
    ----------
    functions : (K, J) of all steps
    values, errors : (K, G) of the shared parameters
    misfit : (K, B)
    """
    courses = {}
    for b, own in sharing.blocks.items():
        usable = np.isfinite(misfit[:, b])
        limit = common(misfit[:, b], usable, FAR)
        near = usable & (np.nan_to_num(misfit[:, b], nan=np.inf) <= limit)
        lower, upper = sharing.bounds(b)
        first = middle(values[np.ix_(near, own)], errors[np.ix_(near, own)], functions[near])
        first = np.where(np.isnan(first), sharing.table.start[sharing.places[own]][:, None], first)
        first = np.clip(first, lower[:, np.newaxis], upper[:, np.newaxis])
        places = sharing.places[own]
        center, precision = sharing.table.start[places], sharing.table.prior[places] ** -2
        courses[b] = first_course(first, limit, np.nan_to_num(center), precision)
    return courses


def go_on(
    sharing: Sharing,
    courses: Mapping[int, Course],
    sums: Mapping[int, Sums],
    standings: Sequence[tuple[FloatArray, BoolArray]],
) -> dict[int, Course]:
    """The next move of every block that is still going.

    Parameters
    ----------
    sums : over all chunks
    standings : misfit and counted of all chunks
    """
    found = dict(courses)
    for b, course in courses.items():
        if course.verdict is not Verdict.GOING:
            continue
        found[b] = next_course(course, sums[b], *sharing.bounds(b))
        if found[b].verdict is Verdict.SETTLED:
            misfit = np.concatenate([m[c[:, b], b] for m, c in standings])
            limit = common(misfit, np.isfinite(misfit), FAR)
            if np.any(misfit > limit):
                found[b] = without_far(found[b], limit)
    return found


def still_going(courses: Mapping[int, Course]) -> bool:
    """Whether any block needs another round."""
    return any(course.verdict is Verdict.GOING for course in courses.values())
