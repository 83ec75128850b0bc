"""Where a step starts inside a kernel: its shift, its amounts, and lines that are absent."""

import math

from fitting.arrays import FloatArray, IntArray
from fitting.engines.jit import kernel
from fitting.engines.kernels_curve import Model, Work, set_values
from fitting.engines.kernels_deviance import deviance_sum
from fitting.engines.kernels_fit import (
    NO_VALUE,
    UNIFORM,
    Solver,
    draw,
    final_misfit,
    minimise,
    normal_equations,
)
from fitting.engines.kernels_noise import REFUSED, Data, prepare_region
from fitting.engines.kernels_out import FITTED, UNUSABLE
from fitting.engines.kernels_solve import DEAD, FREE, bounded_step, copy

SEED_SHARE = 1e-3
_SCAN = 9
_WORTH_ANOTHER = 0.01


@kernel
def prepare(
    model: Model, data: Data, work: Work, solver: Solver, k: int, moving: FloatArray, reach: float
) -> int:
    """Points and noise of all regions of step k where the shift stands, or around it."""
    set_values(model, data.base[k], moving, work.values)
    for r in range(len(model.rows)):
        shift = 0.0 if reach > 0.0 else work.values[model.shift_value[r]]
        if prepare_region(model, data, work, solver, k, r, shift, reach) == REFUSED:
            return UNUSABLE
    return FITTED


@kernel
def find_shift(
    model: Model, data: Data, work: Work, solver: Solver, k: int, moving: FloatArray
) -> int:
    """Energy shift whose best linear fit is closest, on a grid of 0.1 and then of 0.02."""
    place, reach = model.shift, model.reach
    moving[place] = 0.0
    if prepare(model, data, work, solver, k, moving, reach) == UNUSABLE:
        return UNUSABLE
    trial = solver.trial
    best, lowest, coarse = 0.0, math.inf, 0.0
    wide = int(2.0 * reach / 0.1 + 1e-6) + 1
    for i in range(wide + 11):
        if i == wide:
            coarse = best
        shift = -reach + 0.1 * i if i < wide else coarse + 0.02 * (i - wide - 5)
        copy(moving, trial)
        trial[place] = shift
        misfit = linear_start(model, work, solver, data.base[k], trial)
        if misfit < lowest:
            best, lowest = shift, misfit
    moving[place] = best
    return FITTED


@kernel
def linear_start(
    model: Model, work: Work, solver: Solver, base: FloatArray, moving: FloatArray
) -> float:
    """Areas and background that fit best with all others held; chi-square there."""
    size, any_linear = len(moving), False
    for m in range(size):
        if model.linear[m]:
            moving[m] = 0.0
            any_linear = True
    chi_square = draw(model, work, solver, base, moving)
    if not any_linear or not math.isfinite(chi_square):
        return chi_square
    normal_equations(model, work, solver)
    solver.kept[0] = 0
    damping, fall = 1e-10, -1.0
    while fall < 0.0 and damping < 1.0:
        for m in range(size):
            usable = model.linear[m] and solver.h[m, m] > 1e-290
            solver.state[m] = FREE if usable else DEAD
            solver.low[m], solver.high[m] = model.lower[m], model.upper[m]
        fall = bounded_step(
            solver.h,
            solver.g,
            damping,
            solver.low,
            solver.high,
            solver.state,
            solver.step,
            solver.factor,
            solver.places,
        )
        damping *= 100.0
    for m in range(size):
        if model.linear[m]:
            moving[m] = solver.step[m]
    return chi_square - max(fall, 0.0)


@kernel
def lift(model: Model, moving: FloatArray) -> None:
    """Areas at zero start a little above, so that their lines can move."""
    total = 0.0
    for m in range(len(moving)):
        if model.seeded[m]:
            total += moving[m]
    for m in range(len(moving)):
        if model.seeded[m]:
            moving[m] = max(moving[m], SEED_SHARE * total)
        moving[m] = min(max(moving[m], model.lower[m]), model.upper[m])


@kernel
def raise_absent(
    model: Model,
    work: Work,
    solver: Solver,
    base: FloatArray,
    moving: FloatArray,
    counts: IntArray,
    ended: int,
    tolerance: float,
) -> int:
    """Where a line is absent, look along the room of its center for a place that wants it.

    Without area a line feels nothing when it moves; one that faded on its way stays where it is.
    The rows of the end stand in the buffers, its normal equations only if no line was absent.
    """
    scanned, held = False, deviance_sum(model, work, solver)
    for m in range(len(moving)):
        q = model.center_of[m]
        if q < 0 or moving[m] != model.lower[m] or moving[m] != 0.0:
            continue
        scanned = True
        stay = moving[q]
        area = _wanted_area(model, work, solver, base, moving, m)
        counts[1] += _SCAN
        if area > 0.0:
            old = solver.spare[0]
            copy(moving, old)
            old[q], moving[m] = stay, area
            again, _ = minimise(model, work, solver, base, moving, tolerance, counts)
            lower = deviance_sum(model, work, solver) if again != NO_VALUE else math.inf
            if lower < held * (1.0 - 1e-9):
                ended, held = again, lower
            else:
                copy(old, moving)
        else:
            moving[q] = stay
    apart = False
    for r in range(len(model.rows)):
        apart = apart or solver.noise[r, 0] == UNIFORM
    if scanned:  # the weights have followed whatever was tried
        final_misfit(model, work, solver, base, moving)
    if scanned or apart:
        draw(model, work, solver, base, moving)
        counts[1] += 1
        normal_equations(model, work, solver)
    return ended


@kernel
def _wanted_area(
    model: Model, work: Work, solver: Solver, base: FloatArray, moving: FloatArray, m: int
) -> float:
    """Area that a line wants at its best center, which is put into ``moving``; 0 for nowhere."""
    q = model.center_of[m]
    best, gain, area = moving[q], _WORTH_ANOTHER, 0.0
    for i in range(_SCAN):
        part = i / (_SCAN - 1)
        moving[q] = model.lower[q] + part * (model.upper[q] - model.lower[q])
        draw(model, work, solver, base, moving)
        slope = curvature = 0.0
        for r in range(len(model.rows)):
            a, real = model.row_of[r, m], model.rows[r, 0]
            if a >= 0:
                for n in range(work.points[r, 3]):
                    slope += work.rows[r, a, n] * work.rows[r, real, n]
                    curvature += work.rows[r, a, n] * work.rows[r, a, n]
        if slope < 0.0 and curvature > 0.0 and slope * slope / curvature > gain:
            best, gain, area = moving[q], slope * slope / curvature, -slope / curvature
    moving[q] = best
    return area
