"""Steps whose shared parameters are given, inside a kernel: own ones follow, and are eliminated.

The same as ``fitting.engines.shared.reduce_step`` does step by step, with the curves drawn here.
"""

import math

from fitting.arrays import FloatArray, IntArray
from fitting.engines.arrow import Arrow
from fitting.engines.jit import kernel
from fitting.engines.kernels_curve import (
    NO_ACTIVE,
    SHIRLEY,
    STEADY,
    Model,
    Work,
    loss_matrix,
    set_columns,
)
from fitting.engines.kernels_errors import write_errors
from fitting.engines.kernels_fit import FOLLOWS, Solver, draw, follow_model, normal_equations
from fitting.engines.kernels_noise import Data, first_weights, lay_out_points
from fitting.engines.kernels_out import FITTED, STOPPED, TOO_FEW, WITHOUT_VALUE, Out
from fitting.engines.kernels_profile import profile_weak
from fitting.engines.kernels_solve import (
    DEAD,
    FREE,
    HIGH,
    LOW,
    bounded_step,
    copy,
    factorise,
    substitute,
)
from fitting.engines.kernels_start import prepare

FINE = 1e-4
"""Fall of chi-square, in units of what counts as one, that may be left at the end."""

_MOST_STEPS = 40
_LAST_DAMPING = 1e9


@kernel
def lay_out_steps(model: Model, data: Data, work: Work, solver: Solver, arrow: Arrow) -> None:
    """Cut the windows where the steps stand, and choose the noise: once for all rounds."""
    for k in range(len(arrow.status)):
        arrow.status[k] = prepare(model, data, work, solver, k, arrow.moving[k], 0.0)
        if arrow.status[k] != FITTED:
            continue
        places = 0
        for r in range(len(model.rows)):
            copy(solver.noise[r], arrow.noise[k, r])
            for i in range(4):
                arrow.cut[k, r, i] = work.points[r, i]
            for i in range(work.points[r, 2]):
                if i == 0 or work.x[r, i] > work.x[r, i - 1]:
                    places += 1
        if places <= len(model.lower):
            arrow.status[k] = TOO_FEW


@kernel
def _load(model: Model, data: Data, work: Work, solver: Solver, arrow: Arrow, k: int) -> None:
    """Points of a step; weights that follow the model begin at one."""
    for r in range(len(model.rows)):
        copy(arrow.noise[k, r], solver.noise[r])
        for i in range(4):
            work.points[r, i] = arrow.cut[k, r, i]
        lay_out_points(data, work, k, r)
        if solver.noise[r, 0] == FOLLOWS:
            for i in range(work.points[r, 2]):
                work.weight[r, i] = 1.0
        else:
            first_weights(data, work, solver.noise[r], k, r)
        if solver.noise[r, 5] > 0.0:
            solver.trust[r] = 1.0
        if model.basis[r, 0] == STEADY:
            set_columns(model, work, r)
        if model.active[r, 0] != NO_ACTIVE and model.active[r, 0] != SHIRLEY:
            loss_matrix(model, work, r, 0)


@kernel
def _evaluate(model: Model, work: Work, solver: Solver, base: FloatArray, at: FloatArray) -> float:
    """Normal equations with the weights of the model itself; chi-square."""
    if not math.isfinite(draw(model, work, solver, base, at)):
        return math.nan
    follow_model(model, work, solver)
    normal_equations(model, work, solver)
    return float(solver.misfit.sum())


@kernel
def advance(
    model: Model,
    data: Data,
    work: Work,
    solver: Solver,
    arrow: Arrow,
    first: int,
    last: int,
    enough: float,
) -> None:
    """Move the steps to their ``theta`` and reduce them there; those not FITTED stay out.

    Own parameters that promise more than ``enough`` of chi-square are looked after at once.
    """
    old_gradient = solver.factor[len(solver.g) + 1]
    for k in range(first, last):
        if arrow.status[k] != FITTED:
            continue
        copy(arrow.moving[k], solver.best)
        _load(model, data, work, solver, arrow, k)
        square = _go(model, data, work, solver, arrow, k, enough, False)
        if not math.isfinite(square):
            arrow.status[k] = WITHOUT_VALUE
            continue
        arrow.turn[k] = 0.0
        for m in range(len(solver.g)):
            gone = arrow.moving[k, m] - solver.best[m]
            arrow.turn[k] += gone * (arrow.gradient[k, m] + solver.g[m])
        copy(solver.g, arrow.gradient[k])
        arrow.square[k] = square
        _reduce(model, solver, arrow, old_gradient, k)


@kernel
def _go(
    model: Model,
    data: Data,
    work: Work,
    solver: Solver,
    arrow: Arrow,
    k: int,
    enough: float,
    units: bool,
) -> float:
    """Follow theta, then look after own parameters that promise more than enough; chi-square."""
    at, base = arrow.moving[k], data.base[k]
    _follow(model, arrow, k, solver.best)
    square = _evaluate(model, work, solver, base, at)
    if not math.isfinite(square):
        copy(solver.best, at)
        _set_shared(arrow, k)
        square = _evaluate(model, work, solver, base, at)
        if not math.isfinite(square):
            return square
    points = 0
    for r in range(len(model.rows)):
        points += work.points[r, 2]
    damping, before, pull = 0.0, solver.spare[0], solver.trial
    for _ in range(_MOST_STEPS):
        fall = _own_step(model, solver, arrow, at, damping)
        while fall < 0.0 and damping < _LAST_DAMPING:
            damping = max(10.0 * damping, 1e-10)
            fall = _own_step(model, solver, arrow, at, damping)
        arrow.fall[k] = max(fall, 0.0)
        unit = square / points if units else square
        if fall <= enough * unit or damping >= _LAST_DAMPING:
            break
        copy(at, before)
        copy(solver.g, pull)
        _take(model, solver, at)
        square = _evaluate(model, work, solver, base, at)
        turn = 0.0
        for m in range(len(at)):
            turn += (at[m] - before[m]) * (pull[m] + solver.g[m])
        if turn <= 0.0 and math.isfinite(square):
            damping = 0.1 * damping if damping > 1e-10 else 0.0
            continue
        copy(before, at)
        damping = max(10.0 * damping, 1e-3)
        square = _evaluate(model, work, solver, base, at)
    return square


@kernel
def _follow(model: Model, arrow: Arrow, k: int, before: FloatArray) -> None:
    """Own parameters to where their quadratic form has its minimum for the new theta."""
    at = arrow.moving[k]
    for m in range(len(at)):
        if arrow.own[m] == 0:
            continue
        if arrow.held[k, m] < 0:
            at[m] = model.lower[m]
        elif arrow.held[k, m] > 0:
            at[m] = model.upper[m]
        else:
            new = before[m] + arrow.ahead[k, m]
            for g in range(len(arrow.places)):
                gone = arrow.theta[k, g] - before[arrow.places[g]]
                new += arrow.slopes[k, m, g] * gone
            at[m] = min(max(new, model.lower[m]), model.upper[m])
    _set_shared(arrow, k)


@kernel
def _set_shared(arrow: Arrow, k: int) -> None:
    for g in range(len(arrow.places)):
        arrow.moving[k, arrow.places[g]] = arrow.theta[k, g]


@kernel
def _own_step(model: Model, solver: Solver, arrow: Arrow, at: FloatArray, damping: float) -> float:
    """Best step of the own parameters inside the bounds; the fall of chi-square it promises."""
    for m in range(len(at)):
        solver.low[m] = model.lower[m] - at[m]
        solver.high[m] = model.upper[m] - at[m]
        if arrow.own[m] == 0 or not solver.h[m, m] > 1e-290:
            solver.state[m] = DEAD
        elif solver.low[m] == 0.0 and solver.g[m] > 0.0:
            solver.state[m] = LOW
        elif solver.high[m] == 0.0 and solver.g[m] < 0.0:
            solver.state[m] = HIGH
        else:
            solver.state[m] = FREE
    return bounded_step(
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


@kernel
def _take(model: Model, solver: Solver, at: FloatArray) -> None:
    """Add the step to own parameters, exactly onto the bound where it ends there."""
    for m in range(len(at)):
        if solver.state[m] == LOW:
            at[m] = model.lower[m]
        elif solver.state[m] == HIGH:
            at[m] = model.upper[m]
        elif solver.state[m] == FREE:
            at[m] = min(max(at[m] + solver.step[m], model.lower[m]), model.upper[m])


@kernel
def _reduce(model: Model, solver: Solver, arrow: Arrow, b: FloatArray, k: int) -> None:
    """Write down the step ahead and the Schur complement; the last own step is in the buffers."""
    h, g, size = solver.h, solver.g, len(solver.g)
    for m in range(size):
        state = solver.state[m]
        arrow.held[k, m] = -1 if state == LOW else 1 if state == HIGH else 0
        arrow.ahead[k, m] = solver.step[m]
    _follow_slopes(solver, arrow, b, k)
    for i in range(len(arrow.places)):
        p = arrow.places[i]
        pull = g[p]
        for m in range(size):
            pull += h[p, m] * solver.step[m]
        arrow.pull[k, i] = pull
        for j in range(i + 1):
            total = h[p, arrow.places[j]]
            for m in range(size):
                total += h[p, m] * arrow.slopes[k, m, j]
            arrow.matrix[k, i, j] = arrow.matrix[k, j, i] = total


@kernel
def _follow_slopes(solver: Solver, arrow: Arrow, b: FloatArray, k: int) -> None:
    """How the own parameters that are free follow theta, (M, G)."""
    h, factor, index, size = solver.h, solver.factor, solver.places, 0
    slopes = arrow.slopes[k]
    for m in range(len(solver.g)):
        for j in range(len(arrow.places)):
            slopes[m, j] = 0.0
        if solver.state[m] == FREE:
            index[size] = m
            size += 1
    ridge = 0.0
    while True:
        for i in range(size):
            for j in range(i):
                product = h[index[i], index[i]] * h[index[j], index[j]]
                factor[i, j] = h[index[i], index[j]] / math.sqrt(product)
            factor[i, i] = 1.0 + ridge
        if factorise(factor, size):
            break
        ridge = max(100.0 * ridge, 1e-12)
    for j in range(len(arrow.places)):
        p = arrow.places[j]
        for i in range(size):
            b[i] = -h[index[i], p] / math.sqrt(h[index[i], index[i]])
        substitute(factor, size, b)
        for i in range(size):
            slopes[index[i], j] = b[i] / math.sqrt(h[index[i], index[i]])


@kernel
def finish(
    model: Model,
    data: Data,
    work: Work,
    solver: Solver,
    arrow: Arrow,
    spread: FloatArray,
    out: Out,
    first: int,
    last: int,
    weak: float,
) -> None:
    """Own parameters to their minimum, and the errors of everything.

    ``spread`` is the (K, G, G) covariance of theta. Limits and profiles of weak amounts hold theta;
    ``weak`` as for ``profile_weak``.
    """
    b = solver.factor[len(solver.g) + 1]
    for k in range(first, last):
        out.status[k, 0] = arrow.status[k]
        out.status[k, 1] = out.status[k, 2] = 0
        if arrow.status[k] != FITTED:
            continue
        copy(arrow.moving[k], solver.best)
        _load(model, data, work, solver, arrow, k)
        square = _go(model, data, work, solver, arrow, k, FINE, True)
        if not math.isfinite(square):
            out.status[k, 0] = WITHOUT_VALUE
            continue
        points = 0
        for r in range(len(model.rows)):
            points += work.points[r, 2]
        if arrow.fall[k] > FINE * square / points:
            out.status[k, 0] = STOPPED
        else:
            _take(model, solver, arrow.moving[k])
        _follow_slopes(solver, arrow, b, k)
        _write(model, work, solver, arrow, out, k)
        if out.status[k, 1] == 0:
            _profile(model, data, work, solver, arrow, out, k, weak)
            _spread_out(model, arrow, spread[k], out.covariance[k], out.at_bound[k], k)


@kernel
def _write(model: Model, work: Work, solver: Solver, arrow: Arrow, out: Out, k: int) -> None:
    """What came out, with the errors for shared parameters that are known exactly."""
    copy(arrow.moving[k], out.moving[k])
    for r in range(len(model.rows)):
        out.misfit[k, r] = solver.misfit[r] / work.points[r, 2]
        out.points[k, r] = work.points[r, 2]
        out.cut[k, r, 0], out.cut[k, r, 1] = work.points[r, 0], work.points[r, 1]
        out.noise[k, r, 0] = solver.noise[r, 4]
        out.noise[k, r, 1], out.noise[k, r, 2] = solver.noise[r, 1], solver.noise[r, 2]
    for m in range(len(model.lower)):
        at = out.moving[k, m]
        out.at_bound[k, m] = 1 if at == model.lower[m] or at == model.upper[m] else 0
    for g in range(len(arrow.places)):
        p = arrow.places[g]
        for m in range(len(solver.g)):
            solver.h[m, p] = solver.h[p, m] = 0.0
    write_errors(model, work, solver, out, k)


@kernel
def _profile(
    model: Model,
    data: Data,
    work: Work,
    solver: Solver,
    arrow: Arrow,
    out: Out,
    k: int,
    weak: float,
) -> None:
    """Profile what is weak while theta is held."""
    for g in range(len(arrow.places)):
        solver.held[arrow.places[g]] = 1
    profile_weak(model, work, solver, data.base[k], out, k, weak)
    for g in range(len(arrow.places)):
        solver.held[arrow.places[g]] = 0


@kernel
def _spread_out(
    model: Model,
    arrow: Arrow,
    spread: FloatArray,
    covariance: FloatArray,
    at_bound: IntArray,
    k: int,
) -> None:
    """Add what the errors of theta do to the own parameters, and theirs."""
    size, shared, slopes = len(arrow.own), len(arrow.places), arrow.slopes[k]
    for m in range(size):
        if arrow.own[m] == 0:
            continue
        for j in range(shared):
            total = 0.0
            for i in range(shared):
                total += slopes[m, i] * spread[i, j]
            p = arrow.places[j]
            if not math.isnan(covariance[m, m]):
                covariance[m, p] = covariance[p, m] = total if at_bound[p] == 0 else math.nan
    for m in range(size):
        if arrow.own[m] == 0:
            continue
        for n in range(m + 1):
            if arrow.own[n] == 0:
                continue
            total = 0.0
            for i in range(shared):
                for j in range(shared):
                    total += slopes[m, i] * spread[i, j] * slopes[n, j]
            covariance[m, n] += total
            if m != n:
                covariance[n, m] = covariance[m, n]
    for i in range(shared):
        for j in range(shared):
            p, q = arrow.places[i], arrow.places[j]
            free = at_bound[p] == 0 and at_bound[q] == 0
            covariance[p, q] = spread[i, j] if free else math.nan
