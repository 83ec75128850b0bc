"""A chunk of steps inside a kernel: starts, chain, minimum, errors."""

import math
from typing import NamedTuple

from fitting.arrays import FloatArray, IntArray
from fitting.engines.jit import kernel
from fitting.engines.kernels_curve import Model, Work, set_values
from fitting.engines.kernels_fit import (
    CONVERGED,
    NO_VALUE,
    UNIFORM,
    Solver,
    draw,
    minimise,
    normal_equations,
)
from fitting.engines.kernels_noise import REFUSED, Data, prepare_region
from fitting.engines.kernels_solve import (
    DEAD,
    FREE,
    bounded_step,
    copy,
    gram,
    inverse,
)

EACH, CHAIN, GIVEN_START, SHIFT_ONLY = range(4)
"""Every step cold; from the step before; from ``Data.start``; only find the shift."""

FITTED, STOPPED, WITHOUT_VALUE, UNUSABLE, TOO_FEW = range(5)
"""How a step ended: converged, not converged, model not finite, data refused, too few points."""

SEED_SHARE = 1e-3
LIMIT_DEVIANCE = 2.71
_WORSE = 1.2
_LOWER = 1e-6
_SCAN = 9
RECUTS = 3
TOLERANCE = 3e-6
"""Relative fall of chi-square of the last step; what is left after it is a thousandth of that."""

SAME_WINDOW = 0.05
FREE_SHARE = 1e-3
_WORTH_ANOTHER = 0.01


class Out(NamedTuple):
    """Results of K steps; one more row is scratch.

    Parameters
    ----------
    moving, upper_limit, at_bound : (K + 1, M)
    covariance : (K + 1, M, M), nan where not known
    misfit : (K + 1, R) weighted square per point; points : (K + 1, R)
    noise : (K + 1, R, 3) where the weights are from, gain, variance apart
    status : (K + 1, 3) how it ended, whether errors need a careful look, cold start
    counts : (K + 1, 2) steps and evaluations
    cut : (K + 1, R, 2) points of the window
    """

    moving: FloatArray
    upper_limit: FloatArray
    at_bound: IntArray
    covariance: FloatArray
    misfit: FloatArray
    points: IntArray
    noise: FloatArray
    status: IntArray
    counts: IntArray
    cut: IntArray


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
    chi_square: float,
) -> int:
    """Where a line is absent, look along the room of its center for a place that wants it.

    Without area a line feels nothing when it moves; one that faded on its way stays where it is.
    """
    scanned = False
    for m in range(len(moving)):
        q = model.center_of[m]
        if q < 0 or moving[m] != model.lower[m] or moving[m] != 0.0:
            continue
        scanned = True
        stay, best, gain, area = moving[q], moving[q], _WORTH_ANOTHER, 0.0
        for i in range(_SCAN):
            part = i / (_SCAN - 1)
            moving[q] = model.lower[q] + part * (model.upper[q] - model.lower[q])
            draw(model, work, solver, base, moving)
            counts[1] += 1
            slope = curvature = 0.0
            for r in range(len(model.rows)):
                a, real = model.row_of[r, m], model.rows[r, 0]
                if a >= 0:
                    for n in range(work.points[r, 3]):
                        slope += work.rows[r, a, n] * work.rows[r, real, n]
                        curvature += work.rows[r, a, n] * work.rows[r, a, n]
            if slope < 0.0 and curvature > 0.0 and slope * slope / curvature > gain:
                best, gain, area = moving[q], slope * slope / curvature, -slope / curvature
        moving[q] = stay
        if area > 0.0:
            # the weights follow the model from here on as well, so both are compared afresh
            old = solver.spare[0]
            copy(moving, old)
            moving[q], moving[m] = best, area
            again, lower = minimise(model, work, solver, base, moving, TOLERANCE, counts)
            if lower < chi_square * (1.0 - 1e-9):
                ended, chi_square = again, lower
            else:
                copy(old, moving)
    apart = False
    for r in range(len(model.rows)):
        apart = apart or solver.noise[r, 0] == UNIFORM
    if scanned or apart:
        draw(model, work, solver, base, moving)
        counts[1] += 1
        normal_equations(model, work, solver)
    return ended


@kernel
def write_errors(
    model: Model, work: Work, solver: Solver, data: Data, out: Out, k: int, row: int
) -> None:
    """Covariance, limits, misfit and noise of the minimum whose rows stand in the buffers."""
    size, moving = len(model.lower), out.moving[row]
    points, absolute, total = 0, True, 0.0
    for r in range(len(model.rows)):
        out.misfit[row, r] = solver.misfit[r] / work.points[r, 2]
        out.noise[row, r, 0] = solver.noise[r, 4]
        out.noise[row, r, 1], out.noise[row, r, 2] = solver.noise[r, 1], solver.noise[r, 2]
        absolute = absolute and solver.noise[r, 0] != UNIFORM
        points += work.points[r, 2]
        total += solver.misfit[r]
    free = 0
    for m in range(size):
        at = moving[m] == model.lower[m] or moving[m] == model.upper[m]
        out.at_bound[row, m] = 1 if at else 0
        out.upper_limit[row, m] = math.nan
        if not at and solver.h[m, m] > 1e-290:
            solver.places[free] = m
            free += 1
    covariance, part = out.covariance[row], solver.spare
    covariance[:] = math.nan
    if not inverse(solver.h, solver.places, free, solver.factor, part):
        out.status[row, 1] = 1
        return
    scale = 1.0 if absolute else total / max(1, points - free)
    for m in range(size):
        if moving[m] == model.lower[m]:
            _limit(model, solver, out, row, m, free, scale)
    if absolute:
        for i in range(free):
            for j in range(free):
                covariance[solver.places[i], solver.places[j]] = part[i, j]
    else:
        _sandwich(model, work, solver, covariance, free)


@kernel
def _limit(
    model: Model, solver: Solver, out: Out, row: int, m: int, free: int, scale: float
) -> None:
    """How far a parameter can rise from its bound before the deviance has risen by 2.71."""
    h, index, part = solver.h, solver.places, solver.spare
    remaining = h[m, m]
    if not remaining > 1e-290:
        return
    for i in range(free):
        for j in range(free):
            remaining -= h[m, index[i]] * part[i, j] * h[m, index[j]]
    if not remaining > 1e-9 * h[m, m]:
        out.status[row, 1] = 1
        return
    slope, curvature = max(2.0 * solver.g[m] / scale, 0.0), remaining / scale
    root = math.sqrt(slope * slope + 4.0 * curvature * LIMIT_DEVIANCE)
    out.upper_limit[row, m] = out.moving[row, m] + (root - slope) / (2.0 * curvature)


@kernel
def _free_residuals(model: Model, work: Work, solver: Solver, free: int, r: int) -> None:
    """Rows times residuals that are freed of their own pull on the fit (HC3)."""
    rows, n, real = work.rows[r], work.points[r, 3], model.rows[r, 0]
    index, part = solver.places, solver.spare
    for i in range(n):
        leverage = 0.0
        for a in range(free):
            row = model.row_of[r, index[a]]
            if row >= 0:
                for b in range(free):
                    other = model.row_of[r, index[b]]
                    if other >= 0:
                        leverage += rows[row, i] * part[a, b] * rows[other, i]
        rows[real, i] /= max(1.0 - leverage, FREE_SHARE)
    for a in range(real):
        for i in range(n):
            rows[a, i] *= rows[real, i]


@kernel
def _sandwich(model: Model, work: Work, solver: Solver, covariance: FloatArray, free: int) -> None:
    """White's estimator; the rows are spoilt."""
    index, part, factor, meat = solver.places, solver.spare, solver.factor, solver.h
    size = len(meat)
    for a in range(size):
        for b in range(size):
            meat[a, b] = 0.0
    for r in range(len(model.rows)):
        real = model.rows[r, 0]
        _free_residuals(model, work, solver, free, r)
        gram(work.rows[r], real, work.points[r, 3], work.local)
        for a in range(real):
            for b in range(a + 1):
                m, k = model.moving[r, a], model.moving[r, b]
                meat[m, k] += work.local[a, b]
                if m != k:
                    meat[k, m] += work.local[a, b]
    for i in range(free):
        for j in range(free):
            factor[i, j] = 0.0
            for e in range(free):
                factor[i, j] += part[i, e] * meat[index[e], index[j]]
    for i in range(free):
        for j in range(free):
            value = 0.0
            for e in range(free):
                value += factor[i, e] * part[e, j]
            covariance[index[i], index[j]] = value
