"""A chunk of steps inside a kernel: chain, starts, minimum, errors."""

import math
from typing import NamedTuple

from fitting.arrays import FloatArray
from fitting.engines.jit import kernel
from fitting.engines.kernels_curve import Model, Work
from fitting.engines.kernels_deviance import deviance_of
from fitting.engines.kernels_errors import write_errors
from fitting.engines.kernels_fit import (
    CONVERGED,
    NO_VALUE,
    Solver,
    draw,
    final_misfit,
    minimise,
    normal_equations,
)
from fitting.engines.kernels_noise import Data
from fitting.engines.kernels_out import FITTED, STOPPED, TOO_FEW, UNUSABLE, WITHOUT_VALUE, Out
from fitting.engines.kernels_profile import profile_weak
from fitting.engines.kernels_solve import copy
from fitting.engines.kernels_start import find_shift, lift, linear_start, prepare, raise_absent

EACH, CHAIN, GIVEN_START, SHIFT_ONLY, POLISH, STAY = range(6)
"""Every step cold; from the step before; from ``Data.start``; only find the shift; to the bottom
of the minimum in which ``Data.start`` lies; stay there."""

RECUTS = 3
SAME_WINDOW = 0.05


class Task(NamedTuple):
    """What is to be done with the steps.

    Parameters
    ----------
    mode : of those above
    tolerance : relative fall of chi-square of the last step
    errors : whether covariance and limits are wanted
    weak : amounts whose square is below this many variances are profiled
    plan_start : (M,) where a cold step starts: nan for areas
    """

    mode: int
    tolerance: float
    errors: bool
    weak: float
    plan_start: FloatArray


@kernel
def fit_steps(
    model: Model,
    data: Data,
    work: Work,
    solver: Solver,
    out: Out,
    first: int,
    last: int,
    task: Task,
) -> None:
    """Fit the steps ``first`` to ``last - 1`` in order.

    Where windows are cut already, the shift of ``Data.start`` belongs to them. In a chain a step
    starts from the nearest earlier one that has an answer, even before ``first``.
    """
    before = first - 1
    while before >= 0 and out.status[before, 0] > STOPPED:
        before -= 1
    for k in range(first, last):
        _choose_start(model, data, out, solver.best, k, before, task)
        if task.mode == SHIFT_ONLY:
            out.status[k, 0] = find_shift(model, data, work, solver, k, solver.best)
            copy(solver.best, out.moving[k])
            continue
        fit_step(model, data, work, solver, out, k, task)
        if out.status[k, 0] <= STOPPED:
            before = k


@kernel
def _choose_start(
    model: Model, data: Data, out: Out, start: FloatArray, k: int, before: int, task: Task
) -> None:
    """Where a step starts; nan where that is still to be found."""
    copy(task.plan_start, start)
    if model.shift >= 0:
        start[model.shift] = math.nan
    if task.mode == CHAIN and before >= 0:
        copy(out.moving[before], start)
    elif task.mode in (GIVEN_START, POLISH, STAY) or (task.mode == CHAIN and k == 0):
        for m in range(len(start)):
            if math.isfinite(data.start[k, m]):
                start[m] = data.start[k, m]


@kernel
def fit_step(
    model: Model, data: Data, work: Work, solver: Solver, out: Out, k: int, task: Task
) -> None:
    """Fit step k from ``solver.best`` and write the answer down."""
    moving, base = out.moving[k], data.base[k]
    copy(solver.best, moving)
    status, counts = out.status[k], out.counts[k]
    counts[0] = counts[1] = 0
    status[1] = status[2] = 0
    known = data.cut[k, 0, 0] >= 0
    if model.shift >= 0 and known:
        moving[model.shift] = data.start[k, model.shift]
    elif model.shift >= 0 and not math.isfinite(moving[model.shift]):
        status[0] = find_shift(model, data, work, solver, k, moving)
        if status[0] == UNUSABLE:
            return
    ended = CONVERGED
    for attempt in range(RECUTS + 1 if model.shift >= 0 else 1):
        shift = moving[model.shift] if model.shift >= 0 else 0.0
        status[0] = prepare(model, data, work, solver, k, moving, 0.0)
        if status[0] == UNUSABLE:
            return
        if _note_points(model, work, out, k) <= len(moving):
            status[0] = TOO_FEW
            return
        if attempt == 0 and not _all_known(moving):
            status[2] = 1
            linear_start(model, work, solver, base, moving)
        if task.mode == STAY:
            ended = _stay(model, work, solver, base, moving)
        else:
            if task.mode != POLISH:
                lift(model, moving)
            ended, _ = minimise(model, work, solver, base, moving, task.tolerance, counts)
        if ended == NO_VALUE:
            status[0] = WITHOUT_VALUE
            return
        if model.shift < 0 or known or abs(moving[model.shift] - shift) <= SAME_WINDOW:
            break
    if task.mode < POLISH:
        ended = raise_absent(model, work, solver, base, moving, counts, ended, task.tolerance)
    elif task.mode == POLISH and task.errors:
        _stay(model, work, solver, base, moving)
    status[0] = FITTED if ended == CONVERGED else STOPPED
    _write_minimum(model, work, solver, out, k)
    if task.errors:
        write_errors(model, work, solver, out, k)
        profile_weak(model, work, solver, base, out, k, task.weak)
    if task.mode == CHAIN and ended == CONVERGED and _is_plain(out, k):
        solver.kept[0] = 1


@kernel
def _is_plain(out: Out, row: int) -> bool:
    """Whether nothing lies on a bound or was profiled: ``h`` is that of the minimum."""
    plain = True
    for m in range(out.moving.shape[1]):
        plain = plain and out.at_bound[row, m] == 0 and not math.isfinite(out.upper95[row, m])
    return plain


@kernel
def _all_known(moving: FloatArray) -> bool:
    known = True
    for m in range(len(moving)):
        known = known and math.isfinite(moving[m])
    return known


@kernel
def _stay(model: Model, work: Work, solver: Solver, base: FloatArray, moving: FloatArray) -> int:
    """Weights, rows and normal equations where it stands."""
    if not math.isfinite(final_misfit(model, work, solver, base, moving)):
        return NO_VALUE
    draw(model, work, solver, base, moving)
    normal_equations(model, work, solver)
    return CONVERGED


@kernel
def _write_minimum(model: Model, work: Work, solver: Solver, out: Out, row: int) -> None:
    """Misfit, deviance, noise and bounds of the minimum that stands in the buffers."""
    moving = out.moving[row]
    for r in range(len(model.rows)):
        points = work.points[r, 2]
        out.misfit[row, r] = solver.misfit[r] / points
        out.deviance[row, r] = deviance_of(model, work, solver, r) / points
        out.noise[row, r, 0] = solver.noise[r, 4]
        out.noise[row, r, 1], out.noise[row, r, 2] = solver.noise[r, 1], solver.noise[r, 2]
    for m in range(len(moving)):
        at = moving[m] == model.lower[m] or moving[m] == model.upper[m]
        out.at_bound[row, m] = 1 if at else 0


@kernel
def _note_points(model: Model, work: Work, out: Out, row: int) -> int:
    """Write down what was cut; number of different places."""
    places = 0
    for r in range(len(model.rows)):
        out.points[row, r] = work.points[r, 2]
        out.cut[row, r, 0], out.cut[row, r, 1] = work.points[r, 0], work.points[r, 1]
        for i in range(work.points[r, 2]):
            if i == 0 or work.x[r, i] > work.x[r, i - 1]:
                places += 1
    return places
