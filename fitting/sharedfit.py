"""Strategy ``shared``: steps of a series around parameters that they have in common.

A series is cut into the chunks of all strategies. In a round every chunk moves its steps to where
the coefficients of the shared parameters stand, and adds up what they say about them; between two
rounds the sums of all chunks, in their order, move the coefficients.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from fitting.arrays import FloatArray
from fitting.engines.shared import finish
from fitting.model import ModelTable
from fitting.monitor import Monitor, checkpoint
from fitting.result import StepResult
from fitting.sharedchunk import SharedChunk
from fitting.spectrum import Spectrum
from fitting.standing import (
    back,
    begin,
    cut_again,
    errors_of,
    first_standing,
    go_on,
    sharing_of,
    still_going,
)

StepSpectra = Mapping[str, Spectrum]


def fit_shared(
    table: ModelTable,
    spectra: Sequence[StepSpectra],
    labels: Sequence[str],
    position: FloatArray,
    earlier: Sequence[StepResult],
    monitor: Monitor,
    first: FloatArray | None = None,
) -> list[StepResult]:
    """Fit a whole series in memory.

    Parameters
    ----------
    spectra, labels : of the K steps
    position : (K,) along the axis
    earlier : what each step found by itself
    first : (G,) where the shared parameters start; None: in the middle of what the steps found

    Raises
    ------
    FitCancelled
    PlanError
        See ``sharing_of``.
    """
    sharing = sharing_of(table, position)
    functions = sharing.drift.functions(position)
    standing = first_standing(sharing, earlier)
    if first is None:
        values, errors = standing.free[:, sharing.places], errors_of(earlier, sharing.places)
    else:
        values = np.tile(first, (len(earlier), 1))
        errors = np.ones_like(values)
    courses = begin(sharing, functions, values, errors, standing.misfit)
    chunk = SharedChunk(sharing, spectra, labels, functions, standing)
    done = 0
    while still_going(courses):
        checkpoint(monitor, done, done + 1)
        before = chunk.standing
        sums = chunk.advance(courses)
        after = go_on(sharing, courses, sums, [(chunk.standing.misfit, chunk.standing.counted)])
        if not all(course.taken for course in after.values()):
            chunk.put(back(sharing, before, chunk.standing, after))
        courses, done = after, done + 1
    shared = {b: finish(course, *sharing.bounds(b)) for b, course in courses.items()}
    again = cut_again(sharing, chunk.standing)
    if np.any(again.origin != chunk.standing.origin):
        chunk = SharedChunk(sharing, spectra, labels, functions, again)
    return chunk.finish(shared, earlier, monitor)
