"""Where a fit starts: amounts by linear least squares, energy shifts on a grid.

Solver status proves nothing about the minimum; a good start is the first defence.
"""

import numpy as np

from fitting.arrays import FloatArray
from fitting.model import SHIFT
from fitting.problem import Problem

SEED_SHARE = 1e-3
"""Areas that linear least squares sets to zero start at this share of the sum, so they move."""


def linear_start(problem: Problem, moving: FloatArray) -> tuple[FloatArray, float]:
    """Areas and background coefficients that fit best with all other parameters held.

    Parameters
    ----------
    problem : the block
    moving : (M,) values of the others; areas may be nan

    Returns
    -------
    moving : (M,) with the linear ones replaced, inside their bounds
    chi_square : at that point, before areas of zero were lifted

    Raises
    ------
    DataError
        The model has no value there.
    """
    linear = problem.table.linear[problem.moving]
    trial = np.where(np.isnan(moving), _guessed_area(problem, moving), moving)
    trial[linear] = 0.0
    if not linear.any():
        return trial, problem.chi_square(trial)
    # derivatives of an area do not depend on it, so zero is as good a place as any
    columns = problem.jacobian(trial)[linear]
    target = -problem.residual(trial)
    if not np.isfinite(target).all():
        raise problem.undefined(trial)
    bounded = np.isfinite(problem.lower[linear])
    solution, chi_square = _non_negative(columns, target, bounded)
    trial[linear] = _lift(solution, bounded)
    return np.clip(trial, problem.lower, problem.upper), chi_square


def _guessed_area(problem: Problem, moving: FloatArray) -> float:
    """Area for those that a link bends, so that they cannot be solved for: a share of all."""
    total = 0.0
    for d in problem.data:
        above = d.intensity - d.intensity.min()
        total += float(np.sum(0.5 * (above[1:] + above[:-1]) * np.diff(d.evaluator.x)))
    return total / max(1, int(np.isnan(moving).sum()))


def _non_negative(
    columns: FloatArray, target: FloatArray, bounded: np.ndarray
) -> tuple[FloatArray, float]:
    """Least squares in which only some coefficients must not be negative."""
    from scipy.optimize import lsq_linear, nnls

    scale = np.sqrt((columns**2).sum(axis=1))
    scale[scale == 0.0] = 1.0
    scaled = columns / scale[:, np.newaxis]
    design = np.concatenate([scaled, -scaled[~bounded]])
    try:
        solution, norm = nnls(design.T, target, maxiter=50 * len(design))
    except RuntimeError:  # its active set can go round in circles
        found = lsq_linear(design.T, target, bounds=(0.0, np.inf), method="bvls", tol=1e-12)
        solution, norm = found.x, np.sqrt(2.0 * found.cost)
    coefficients = solution[: len(columns)].copy()
    coefficients[~bounded] -= solution[len(columns) :]
    return coefficients / scale, float(norm**2)


def _lift(solution: FloatArray, bounded: np.ndarray) -> FloatArray:
    floor = SEED_SHARE * float(solution[bounded].sum())
    return np.where(bounded, np.maximum(solution, floor), solution)


def lift_zero_areas(problem: Problem, moving: FloatArray) -> FloatArray:
    """A neighbour's answer as a start: areas at zero are lifted, everything is inside bounds."""
    linear = problem.table.linear[problem.moving] & np.isfinite(problem.lower)
    lifted = moving.copy()
    lifted[linear] = _lift(moving[linear], np.ones(int(linear.sum()), dtype=bool))
    return np.clip(lifted, problem.lower, problem.upper)


def shift_on_grid(problem: Problem, moving: FloatArray, reach: float) -> float:
    """Energy shift whose best linear fit is closest to the data.

    Parameters
    ----------
    problem : a block in which the shift moves
    moving : (M,) starts of the parameters that are not linear
    reach : the grid runs from ``-reach`` to ``reach``, in steps of 0.1 and then 0.02
    """
    place = int(np.flatnonzero(problem.table.free[problem.moving] == SHIFT)[0])

    def misfit(shift: float) -> float:
        trial = moving.copy()
        trial[place] = shift
        return linear_start(problem, trial)[1]

    coarse = np.arange(-reach, reach + 1e-9, 0.1)
    best = float(coarse[int(np.argmin([misfit(s) for s in coarse]))])
    fine = best + np.arange(-0.1, 0.1001, 0.02)
    return float(fine[int(np.argmin([misfit(s) for s in fine]))])
