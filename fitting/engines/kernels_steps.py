"""A chunk of steps inside a kernel: chain, starts, minimum, errors."""

import math

from fitting.arrays import FloatArray
from fitting.engines.jit import kernel
from fitting.engines.kernels_curve import Model, Work
from fitting.engines.kernels_errors import write_errors
from fitting.engines.kernels_fit import CONVERGED, NO_VALUE, Solver, minimise
from fitting.engines.kernels_noise import Data
from fitting.engines.kernels_out import FITTED, STOPPED, TOO_FEW, UNUSABLE, WITHOUT_VALUE, Out
from fitting.engines.kernels_solve import copy
from fitting.engines.kernels_start import (
    TOLERANCE,
    find_shift,
    lift,
    linear_start,
    prepare,
    raise_absent,
)

EACH, CHAIN, GIVEN_START, SHIFT_ONLY = range(4)
"""Every step cold; from the step before; from ``Data.start``; only find the shift."""

RECUTS = 3
_WORSE = 1.2
_LOWER = 1e-6

SAME_WINDOW = 0.05


@kernel
def fit_steps(
    model: Model,
    data: Data,
    work: Work,
    solver: Solver,
    out: Out,
    first: int,
    last: int,
    mode: int,
    plan_start: FloatArray,
) -> None:
    """Fit the steps ``first`` to ``last - 1`` in order.

    Where windows are cut already (static backgrounds), the shift of ``Data.start`` belongs to
    them. ``plan_start`` is where a cold step starts: nan for areas. In a chain a step starts from
    the nearest earlier one that has an answer, even before ``first``; where it ends much worse
    than that, a cold start is tried too and the better one kept.
    """
    spare = len(out.moving) - 1
    before = first - 1
    while before >= 0 and out.status[before, 0] > STOPPED:
        before -= 1
    for k in range(first, last):
        warm = _choose_start(data, out, solver.best, k, before, mode, plan_start)
        if mode == SHIFT_ONLY:
            out.status[k, 0] = find_shift(model, data, work, solver, k, solver.best)
            copy(solver.best, out.moving[k])
            continue
        for attempt in range(2):
            row = k if attempt == 0 else spare
            fit_step(model, data, work, solver, out, k, row, warm)
            if attempt == 1 and _better(out, spare, k):
                _copy(out, spare, k)
            if mode != CHAIN or before < 0 or not _suspicious(out, k, before):
                break
            copy(plan_start, solver.best)
            warm = False
        if out.status[k, 0] <= STOPPED:
            before = k


@kernel
def _choose_start(
    data: Data,
    out: Out,
    start: FloatArray,
    k: int,
    before: int,
    mode: int,
    plan_start: FloatArray,
) -> bool:
    """Where a step starts; whether that is somebody's answer."""
    if mode == CHAIN and before >= 0:
        copy(out.moving[before], start)
        return True
    if mode == GIVEN_START or (mode == CHAIN and k == 0):
        return _known_start(data.start[k], plan_start, start)
    copy(plan_start, start)
    return False


@kernel
def _known_start(given: FloatArray, plan_start: FloatArray, start: FloatArray) -> bool:
    known = True
    for m in range(len(given)):
        start[m] = given[m] if math.isfinite(given[m]) else plan_start[m]
        known = known and math.isfinite(start[m])
    return known


@kernel
def _suspicious(out: Out, k: int, before: int) -> bool:
    if out.status[k, 0] != FITTED:
        return True
    for r in range(out.misfit.shape[1]):
        if out.misfit[k, r] > _WORSE * out.misfit[before, r]:
            return True
    return False


@kernel
def _better(out: Out, candidate: int, holder: int) -> bool:
    if out.status[candidate, 0] > STOPPED or out.status[holder, 0] > STOPPED:
        return out.status[candidate, 0] <= STOPPED
    return out.misfit[candidate].sum() < (1.0 - _LOWER) * out.misfit[holder].sum()


@kernel
def _copy(out: Out, source: int, target: int) -> None:
    for m in range(out.moving.shape[1]):
        out.moving[target, m] = out.moving[source, m]
        out.upper_limit[target, m] = out.upper_limit[source, m]
        out.at_bound[target, m] = out.at_bound[source, m]
        copy(out.covariance[source, m], out.covariance[target, m])
    for r in range(out.misfit.shape[1]):
        out.misfit[target, r] = out.misfit[source, r]
        out.points[target, r] = out.points[source, r]
        copy(out.noise[source, r], out.noise[target, r])
        out.cut[target, r, 0] = out.cut[source, r, 0]
        out.cut[target, r, 1] = out.cut[source, r, 1]
    for i in range(3):
        out.status[target, i] = out.status[source, i]
    for i in range(2):
        out.counts[target, i] = out.counts[source, i]


@kernel
def fit_step(
    model: Model,
    data: Data,
    work: Work,
    solver: Solver,
    out: Out,
    k: int,
    row: int,
    warm: bool,
) -> None:
    """Fit step k from ``solver.best`` and write the answer into a row of ``out``."""
    moving = out.moving[row]
    copy(solver.best, moving)
    status, counts = out.status[row], out.counts[row]
    counts[0] = counts[1] = 0
    status[1], status[2] = 0, 0 if warm else 1
    known = data.cut[k, 0, 0] >= 0
    if model.shift >= 0 and known:
        moving[model.shift] = data.start[k, model.shift]
    elif model.shift >= 0 and not warm:
        status[0] = find_shift(model, data, work, solver, k, moving)
        if status[0] == UNUSABLE:
            return
    for attempt in range(RECUTS + 1 if model.shift >= 0 else 1):
        shift = moving[model.shift] if model.shift >= 0 else 0.0
        status[0] = prepare(model, data, work, solver, k, moving, 0.0)
        if status[0] == UNUSABLE:
            return
        if _note_points(model, work, out, row) <= len(moving):
            status[0] = TOO_FEW
            return
        if not warm and attempt == 0:
            linear_start(model, work, solver, data.base[k], moving)
        lift(model, moving)
        ended, chi_square = minimise(model, work, solver, data.base[k], moving, TOLERANCE, counts)
        if ended == NO_VALUE:
            status[0] = WITHOUT_VALUE
            return
        if model.shift < 0 or known or abs(moving[model.shift] - shift) <= SAME_WINDOW:
            break
    ended = raise_absent(model, work, solver, data.base[k], moving, counts, ended, chi_square)
    status[0] = FITTED if ended == CONVERGED else STOPPED
    write_errors(model, work, solver, data, out, k, row)


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
