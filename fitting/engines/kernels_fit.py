"""Minimisation inside kernels: projected Levenberg-Marquardt whose weights follow the model."""

import math
from typing import NamedTuple

from fitting.arrays import FloatArray, IntArray
from fitting.engines.jit import kernel
from fitting.engines.kernels_curve import Model, Work, draw_region, set_values
from fitting.engines.kernels_robust import trust_points
from fitting.engines.kernels_solve import DEAD, FREE, HIGH, LOW, bounded_step, copy, gram

CONVERGED, NOT_CONVERGED, NO_VALUE = range(3)

UNIFORM, GIVEN, FOLLOWS, CONSTANT_NOISE = range(4)
"""What the weights of a region are: one, from the file, follow the model, or estimated once."""

_ROUGH = 1e-2
"""Relative fall of chi-square from which on the weights follow the model."""

_SETTLED = 1e-4
"""Relative change of the variances below which the weights have settled."""

_MOST_REWEIGHTINGS = 25
_MOST_STEPS = 300
_FIRST_DAMPING = 1e-3
_LAST_DAMPING = 1e9
_FOLLOWING = 1e-2
"""Share of the tolerance where weights follow the model."""

_AS_PROMISED = 0.25
"""Relative error of the promised fall of chi-square up to which ``h`` is good for another step."""

_AFTER = 1e-3
"""Share of the tolerance that may be left where the last step is taken with an older ``h``."""

_UNCERTAIN = 1e-4
"""Relative fall of chi-square that a long step must promise for an end to be called in doubt."""


class Solver(NamedTuple):
    """Buffers of a minimisation over M parameters.

    Parameters
    ----------
    h, g : (M, M), (M,) products of the derivatives with each other and with the residual
    step, low, high, trial, best : (M,)
    state, places : (M,) whole numbers
    held : (M,) 1 for parameters that must stay where they are
    unit : (M,) deviance that counts as one for an amount, 0: not known
    factor : (M + 2, M); spare : (M, M)
    noise : (R, 6) kind, gain, variance apart, floor, where it is from, and whether far points
        are trusted less
    trust : (R, N) what the weight of a point is multiplied by for that
    misfit : (R,) sum of squared residuals
    kept : (1,) 1 where ``h`` is that of a minimum close to the next start
    """

    h: FloatArray
    g: FloatArray
    step: FloatArray
    low: FloatArray
    high: FloatArray
    trial: FloatArray
    best: FloatArray
    state: IntArray
    places: IntArray
    held: IntArray
    unit: FloatArray
    factor: FloatArray
    spare: FloatArray
    noise: FloatArray
    trust: FloatArray
    misfit: FloatArray
    kept: IntArray


@kernel
def weigh_region(model: Model, work: Work, r: int) -> float:
    """Derivatives and residual over sigma, and the sum of squared residuals."""
    rows, n, real = work.rows[r], work.points[r, 3], model.rows[r, 0]
    weight, y, curve = work.weight[r], work.y[r], work.model[r]
    for a in range(real):
        for i in range(n):
            rows[a, i] *= weight[i]
    total = 0.0
    for i in range(n):
        value = rows[real, i]
        curve[i] = value
        residual = (value - y[i]) * weight[i]
        rows[real, i] = residual
        total += residual * residual
    return total


@kernel
def draw(model: Model, work: Work, solver: Solver, base: FloatArray, moving: FloatArray) -> float:
    """Weighted rows of all regions; chi-square, nan where the model has no value."""
    if not set_values(model, base, moving, work.values):
        return math.nan
    total = 0.0
    for r in range(len(model.rows)):
        draw_region(model, work, r)
        solver.misfit[r] = weigh_region(model, work, r)
        total += solver.misfit[r]
    return total


@kernel
def normal_equations(model: Model, work: Work, solver: Solver) -> None:
    """``h`` and ``g`` from the weighted rows."""
    h, g, local = solver.h, solver.g, work.local
    size = len(g)
    for a in range(size):
        g[a] = 0.0
        for b in range(size):
            h[a, b] = 0.0
    for r in range(len(model.rows)):
        real = model.rows[r, 0]
        gram(work.rows[r], real + 1, work.points[r, 3], local)
        for a in range(real):
            m = model.moving[r, a]
            g[m] += local[real, a]
            for b in range(a + 1):
                k = model.moving[r, b]
                h[m, k] += local[a, b]
                if m != k:
                    h[k, m] += local[a, b]
        _scale_factors(model, work, solver, r)


@kernel
def _scale_factors(model: Model, work: Work, solver: Solver, r: int) -> None:
    """What factors of amounts add to ``h`` and ``g``.

    The curve is a product of both, so a row of a factor is a sum of rows of its amounts, and no
    curve has to be drawn for it.
    """
    h, g, local, real, values = solver.h, solver.g, work.local, model.rows[r, 0], work.values
    for a in range(real):
        m = model.moving[r, a]
        f = model.scale_of[r, m]
        if f < 0:
            continue
        share = values[model.number_of[m]] / values[model.number_of[f]]
        g[f] += share * local[real, a]
        for b in range(real):
            k = model.moving[r, b]
            product = share * (local[a, b] if b <= a else local[b, a])
            h[f, k] += product
            h[k, f] += product
            other = model.scale_of[r, k]
            if other >= 0:
                ratio = values[model.number_of[k]] / values[model.number_of[other]]
                h[f, other] += product * ratio


@kernel
def slopes(model: Model, work: Work, solver: Solver) -> None:
    """``g`` alone from the weighted rows, a small part of the work of `normal_equations`.

    Factors of amounts are left out: where they move, both are computed.
    """
    for m in range(len(solver.g)):
        solver.g[m] = 0.0
    for r in range(len(model.rows)):
        rows, n, real = work.rows[r], work.points[r, 3], model.rows[r, 0]
        for a in range(real):
            total = 0.0
            for i in range(n):
                total += rows[a, i] * rows[real, i]
            solver.g[model.moving[r, a]] += total


@kernel
def follow_model(model: Model, work: Work, solver: Solver) -> float:
    """New weights from the model curve, applied to the rows; largest relative change."""
    change = 0.0
    for r in range(len(model.rows)):
        if solver.noise[r, 5] > 0.0:
            change = max(change, _follow_robustly(model, work, solver, r))
            continue
        if solver.noise[r, 0] != FOLLOWS:
            continue
        gain, apart, floor = solver.noise[r, 1], solver.noise[r, 2], solver.noise[r, 3]
        curve, weight, y = work.model[r], work.weight[r], work.y[r]
        rows, n, real = work.rows[r], work.points[r, 3], model.rows[r, 0]
        other = rows[real + 1]
        for i in range(n):
            variance = max(gain * curve[i], floor) + apart
            new = 1.0 / math.sqrt(variance) if weight[i] > 0.0 else 0.0
            other[i] = new / weight[i] if weight[i] > 0.0 else 0.0
            change = max(change, abs(other[i] * other[i] - 1.0) if weight[i] > 0.0 else 0.0)
            weight[i] = new
        total = 0.0
        for i in range(n):
            rows[real, i] = (curve[i] - y[i]) * weight[i]
            total += rows[real, i] * rows[real, i]
        solver.misfit[r] = total
        for a in range(real):
            for i in range(n):
                rows[a, i] *= other[i]
    return change


@kernel
def _follow_robustly(model: Model, work: Work, solver: Solver, r: int) -> float:
    """The same for a region in which far points are trusted less."""
    kind, gain = solver.noise[r, 0], solver.noise[r, 1]
    apart, floor = solver.noise[r, 2], solver.noise[r, 3]
    curve, weight, y, trust = work.model[r], work.weight[r], work.y[r], solver.trust[r]
    rows, n, real, change = work.rows[r], work.points[r, 2], model.rows[r, 0], 0.0
    residual, other = rows[real], rows[real + 1]
    for i in range(n):
        if kind == FOLLOWS:
            other[i] = 1.0 / math.sqrt(max(gain * curve[i], floor) + apart)
        else:
            other[i] = weight[i] / trust[i]
        residual[i] = abs(curve[i] - y[i]) * other[i]
    trust_points(residual, n, kind != UNIFORM, trust)
    solver.misfit[r] = 0.0
    for i in range(n):
        new = other[i] * trust[i]
        other[i] = new / weight[i]
        change = max(change, abs(other[i] * other[i] - 1.0))
        weight[i] = new
        residual[i] = (curve[i] - y[i]) * new
        solver.misfit[r] += residual[i] * residual[i]
    for a in range(real):
        for i in range(n):
            rows[a, i] *= other[i]
    return change


@kernel
def follows(solver: Solver) -> bool:
    """Whether any weights change with the model."""
    found = False
    for r in range(len(solver.noise)):
        found = found or solver.noise[r, 0] == FOLLOWS or solver.noise[r, 5] > 0.0
    return found


@kernel
def set_room(model: Model, solver: Solver, moving: FloatArray) -> None:
    """How far every parameter may go from here, and where it stands."""
    for m in range(len(moving)):
        solver.low[m] = model.lower[m] - moving[m]
        solver.high[m] = model.upper[m] - moving[m]
        if solver.held[m] or not solver.h[m, m] > 1e-290:
            solver.state[m] = DEAD
        elif solver.low[m] == 0.0 and solver.g[m] > 0.0:
            solver.state[m] = LOW
        elif solver.high[m] == 0.0 and solver.g[m] < 0.0:
            solver.state[m] = HIGH
        else:
            solver.state[m] = FREE


@kernel
def take(model: Model, solver: Solver, start: FloatArray, out: FloatArray) -> None:
    """Start plus step, exactly on the bound where the step ends there."""
    for m in range(len(start)):
        if solver.state[m] == LOW:
            out[m] = model.lower[m]
        elif solver.state[m] == HIGH:
            out[m] = model.upper[m]
        else:
            out[m] = min(max(start[m] + solver.step[m], model.lower[m]), model.upper[m])


@kernel
def step_from(model: Model, solver: Solver, moving: FloatArray, damping: float) -> float:
    """Best step inside the bounds for this damping; by how much chi-square should fall."""
    set_room(model, solver, moving)
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
def all_free(solver: Solver) -> bool:
    """Whether the last step left every parameter inside its bounds."""
    free = True
    for m in range(len(solver.state)):
        free = free and solver.state[m] == FREE
    return free


@kernel
def derive(model: Model, work: Work, solver: Solver, keep: bool) -> bool:
    """``g``, and ``h`` unless it is kept; whether it was."""
    if keep:
        slopes(model, work, solver)
    else:
        normal_equations(model, work, solver)
    return keep


@kernel
def settle(model: Model, solver: Solver, moving: FloatArray, best: float, fall: float) -> None:
    """Take the last step without drawing the curve again: gradient and misfit are carried on."""
    take(model, solver, moving, solver.trial)
    for m in range(len(moving)):
        solver.step[m] = solver.trial[m] - moving[m]
    for m in range(len(moving)):
        total = 0.0
        for j in range(len(moving)):
            total += solver.h[m, j] * solver.step[j]
        solver.g[m] += total
    copy(solver.trial, moving)
    for r in range(len(solver.misfit)):
        solver.misfit[r] *= (best - max(fall, 0.0)) / best if best > 0.0 else 1.0


@kernel
def turned_back(model: Model, solver: Solver, moving: FloatArray, best: float) -> int:
    """Whether an end that only short steps reached is a minimum: is a long one worth it?"""
    fall = step_from(model, solver, moving, _FIRST_DAMPING)
    return CONVERGED if fall <= _UNCERTAIN * best else NOT_CONVERGED


@kernel
def final_misfit(
    model: Model, work: Work, solver: Solver, base: FloatArray, moving: FloatArray
) -> float:
    """Chi-square with the weights of the very end, so that two ways to it can be compared."""
    draw(model, work, solver, base, moving)
    follow_model(model, work, solver)
    return solver.misfit.sum()


@kernel
def next_weights(
    model: Model,
    work: Work,
    solver: Solver,
    base: FloatArray,
    moving: FloatArray,
    fresh: bool,
    left: int,
) -> int:
    """Let the weights follow the model; how often they may do so again."""
    if not fresh:
        draw(model, work, solver, base, moving)
    return 0 if follow_model(model, work, solver) < _SETTLED else left - 1


@kernel
def first_step(
    model: Model, solver: Solver, moving: FloatArray, damping: float, stale: bool
) -> tuple[float, float]:
    """By how much the best step should lower chi-square, and the damping that gives one.

    An ``h`` from elsewhere that allows no step is not worth more damping.
    """
    fall = step_from(model, solver, moving, damping)
    while fall < 0.0 and damping < _LAST_DAMPING and not stale:
        damping *= 10.0
        fall = step_from(model, solver, moving, damping)
    return fall, damping


@kernel
def turn_back(
    model: Model,
    work: Work,
    solver: Solver,
    base: FloatArray,
    moving: FloatArray,
    damping: float,
    stale: bool,
) -> float:
    """Damping after a step that did not lower chi-square; an ``h`` from elsewhere is to blame."""
    if not stale:
        return 10.0 * damping
    draw(model, work, solver, base, moving)
    normal_equations(model, work, solver)
    return damping


@kernel
def finish(
    model: Model,
    work: Work,
    solver: Solver,
    base: FloatArray,
    moving: FloatArray,
    best: float,
    fall: float,
    damping: float,
) -> tuple[int, float]:
    """Take the last step; how it ended and chi-square there."""
    if damping > 1.0:  # the buffers hold a step that was turned back
        ended = turned_back(model, solver, moving, best)
        return ended, final_misfit(model, work, solver, base, moving)
    settle(model, solver, moving, best, fall)
    if follows(solver):
        return CONVERGED, final_misfit(model, work, solver, base, moving)
    return CONVERGED, best - max(fall, 0.0)


@kernel
def minimise(
    model: Model,
    work: Work,
    solver: Solver,
    base: FloatArray,
    moving: FloatArray,
    tolerance: float,
    counts: IntArray,
) -> tuple[int, float]:
    """From ``moving`` to the minimum, in place.

    Weights follow the model once the fall of chi-square is small; at the end they belong to the
    minimum. As long as every step keeps its promise inside all bounds, ``h`` is not computed
    anew, only ``g``; at the end it is, for the errors. ``counts`` takes steps and evaluations;
    how it ended and chi-square come back.
    """
    best = draw(model, work, solver, base, moving)
    counts[1] += 1
    if not math.isfinite(best):
        return NO_VALUE, best
    damping, fresh, last = _FIRST_DAMPING, True, 0.0
    stale = derive(model, work, solver, solver.kept[0] == 1)
    solver.kept[0] = 0
    left = _MOST_REWEIGHTINGS if follows(solver) else 0
    if left > 0:  # the last step changes the weights too, and chi-square with them
        tolerance *= _FOLLOWING
    for _ in range(_MOST_STEPS):
        counts[0] += 1
        fall, damping = first_step(model, solver, moving, damping, stale)
        # what a short step promises is little even far from the minimum
        enough = tolerance if damping <= _FIRST_DAMPING else 0.1 * tolerance
        small = fall <= enough * best or damping > _LAST_DAMPING
        if stale and small and (left == 0 or fall < 0.0):
            normal_equations(model, work, solver)
            stale = False
            if not (0.0 <= fall * fall <= _AFTER * enough * best * last and all_free(solver)):
                continue
        if small and left == 0:
            return finish(model, work, solver, base, moving, best, fall, damping)
        drop, promised, last = math.inf, small, fall
        if not small:
            take(model, solver, moving, solver.trial)
            chi_square = draw(model, work, solver, base, solver.trial)
            counts[1] += 1
            fresh = chi_square < best
            if not fresh:
                damping = turn_back(model, work, solver, base, moving, damping, stale)
                fresh, stale = stale, False
                continue
            drop = best - chi_square
            promised = abs(drop - fall) < _AS_PROMISED * fall
            best = chi_square
            copy(solver.trial, moving)
            damping = max(damping * (0.1 if drop > 0.25 * fall else 1.0), 1e-12)
        if left > 0 and (small or drop <= _ROUGH * best):
            left = next_weights(model, work, solver, base, moving, fresh, left)
            fresh = True
            best = solver.misfit.sum()
        stale = derive(model, work, solver, promised and all_free(solver))
    return NOT_CONVERGED, final_misfit(model, work, solver, base, moving)
