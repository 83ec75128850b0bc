"""Minimise with bounds: what presses against a bound is put on it, the rest moves freely.

lmfit bends every bounded parameter into an unbounded one. Close to a bound that crawls for
hundreds of steps and never arrives, and a value exactly on a bound cannot leave. So bounds are
settled here, from the slopes, and the engine only ever sees parameters that are free to move.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from fitting.arrays import BoolArray, FloatArray
from fitting.engines.reference import Minimum
from fitting.problem import Problem

ROUGH, FINE = 1e-4, 1e-10
"""Tolerances while the set of bounds in force is being found, and at the end."""

WIDE, NARROW = 0.5, 1e-2
"""How close to a bound a parameter is tried there, in its own conditional standard errors:
at first, and once it has been let go again."""

CLOSE = 0.02
"""And never further away than this share of the distance of the two bounds."""

PULL = 1e-2
"""A parameter that the data pull inward by more than this share of its error is let go."""

PATIENCE = 50
"""Evaluations after which the bounds are looked at again, for one of them may be in the way."""

_MOST_ROUNDS = 40

Minimise = Callable[[Problem, FloatArray, float], Minimum]
"""An engine with its monitor: problem, start, tolerance. It stops after `PATIENCE` evaluations."""


def minimise_within(
    problem: Problem,
    start: FloatArray,
    minimise: Minimise,
    *,
    finest: float = FINE,
    held: BoolArray | None = None,
) -> tuple[Minimum, BoolArray]:
    """Minimum of a problem inside its bounds.

    Parameters
    ----------
    start : (M,) inside the bounds
    minimise : the engine
    finest : tolerance of the last minimisation
    held : (M,) parameters on a bound that the start already has in force

    Returns
    -------
    minimum : values exactly on a bound where one is in force
    at_bound : (M,)
    """
    moving = np.clip(start, problem.lower, problem.upper)
    held = np.zeros(len(moving), dtype=bool) if held is None else held.copy()
    # lmfit cannot move what starts exactly on a bound: held, and let go where the data pull it
    held |= (moving <= problem.lower) | (moving >= problem.upper)
    let_go = np.zeros(len(moving), dtype=bool)
    near_low, near_high, _ = _at_bounds(problem, moving, let_go)
    crowded = bool(np.any((near_low | near_high) & ~held))
    evaluations, tolerance = 0, ROUGH if crowded else finest
    for _ in range(_MOST_ROUNDS):
        found = _minimise_others(problem, moving, held, minimise, tolerance)
        evaluations += found.evaluations
        moving = found.moving
        near_low, near_high, pull = _at_bounds(problem, moving, let_go)
        free_again = held & ((near_low & (pull > PULL)) | (near_high & (pull < -PULL)))
        pressing = ~held & ((near_low & (pull <= 0.0)) | (near_high & (pull >= 0.0)))
        if not free_again.any() and not pressing.any():
            if found.converged or found.evaluations < PATIENCE:
                if tolerance <= finest:
                    break
                tolerance = finest
            continue
        moving = _onto_bounds(problem, moving, pressing, near_low)
        moving = _off_bounds(problem, moving, free_again, pull)
        let_go |= free_again
        held = (held | pressing) & ~free_again
    if held.any():
        held &= _seen(problem, moving)
    return replace(found, moving=moving, evaluations=evaluations), held


def _minimise_others(
    problem: Problem, moving: FloatArray, held: BoolArray, minimise: Minimise, tolerance: float
) -> Minimum:
    """Minimum over the parameters that are not held."""
    if held.all():
        return Minimum(moving, problem.chi_square(moving), True, 1, "")
    inner = Problem(problem.table, problem.data, problem.moving[~held], problem.full(moving))
    found = minimise(inner, moving[~held], tolerance)
    everything = moving.copy()
    everything[~held] = found.moving
    return replace(found, moving=everything)


def _at_bounds(
    problem: Problem, moving: FloatArray, let_go: BoolArray
) -> tuple[BoolArray, BoolArray, FloatArray]:
    """Near the lower bound, near the upper, and where the data pull, in conditional errors."""
    jacobian = problem.jacobian(moving)
    curvature = np.sqrt((jacobian**2).sum(axis=1))
    error = 1.0 / np.where(curvature > 0.0, curvature, np.inf)
    pull = -(jacobian @ problem.residual(moving)) * error
    # the center of a line that is hardly there is known to no better than its whole range
    near = np.minimum(
        np.where(let_go, NARROW, WIDE) * error, CLOSE * (problem.upper - problem.lower)
    )
    near_low = moving - problem.lower <= near
    near_high = ~near_low & (problem.upper - moving <= near)
    return near_low, near_high, pull


def _seen(problem: Problem, moving: FloatArray) -> BoolArray:
    """Whether a parameter changes the curves at all; the width of an absent line does not."""
    return np.asarray((problem.jacobian(moving) != 0.0).any(axis=1))


def _onto_bounds(
    problem: Problem, moving: FloatArray, pressing: BoolArray, near_low: BoolArray
) -> FloatArray:
    bound = np.where(near_low, problem.lower, problem.upper)
    return np.where(pressing, bound, moving)


def _off_bounds(
    problem: Problem, moving: FloatArray, free_again: BoolArray, pull: FloatArray
) -> FloatArray:
    """Start a parameter that is let go where the data pull it, all others held."""
    if not free_again.any():
        return moving
    jacobian = problem.jacobian(moving)
    error = 1.0 / np.sqrt(np.maximum((jacobian**2).sum(axis=1), 1e-300))
    moved = np.where(free_again, moving + pull * error, moving)
    return np.clip(moved, problem.lower, problem.upper)
