"""Profile of weak amounts inside a kernel: one area is held, everything else is fitted again.

A parabola says little about a line of three standard errors whose center is free: its limits, and
whether it is there at all, come from the deviance itself.
"""

import math
from typing import NamedTuple

from fitting.arrays import FloatArray, IntArray
from fitting.engines.jit import kernel
from fitting.engines.kernels_curve import Model, Work
from fitting.engines.kernels_deviance import deviance_sum
from fitting.engines.kernels_errors import INTERVAL_DEVIANCE, LIMIT_DEVIANCE
from fitting.engines.kernels_fit import NO_VALUE, Solver, draw, minimise, normal_equations
from fitting.engines.kernels_out import Out
from fitting.engines.kernels_solve import copy, inverse

_TOLERANCE = 1e-3
"""Of refits; a hundredth of it where weights follow the model, 0.003 in the deviance."""

_CLOSE = 0.1
"""Distance from the root of the wanted rise at which the last secant is good enough."""

_MOST_REFITS = 15
_NOWHERE = (math.inf, math.inf)

_PLACES = 9
"""Of a center along its room: where an absent line costs least, how many it could have chosen."""


Point = tuple[float, float]
"""A distance, and the root of the rise of the deviance there."""


class Held(NamedTuple):
    """One amount of a minimum while it is held elsewhere.

    Parameters
    ----------
    model, work, solver, base : of the fit
    place : (M,) where the last refit ended
    counts : (2,) steps and evaluations
    area, amount : which parameter, and its value at the minimum
    lowest : deviance of the minimum
    unit : deviance that counts as one
    """

    model: Model
    work: Work
    solver: Solver
    base: FloatArray
    place: FloatArray
    counts: IntArray
    area: int
    amount: float
    lowest: float
    unit: float


@kernel
def profile_weak(
    model: Model, work: Work, solver: Solver, base: FloatArray, out: Out, row: int, weak: float
) -> None:
    """Profile what is weak among the amounts of a minimum whose errors stand in ``out``.

    Parameters
    ----------
    weak : amounts whose square is below this many variances
    """
    moving, lowest, ready = out.moving[row], 0.0, False
    for m in range(len(moving)):
        if not model.seeded[m] or model.lower[m] != 0.0 or not solver.unit[m] > 0.0:
            continue
        reach = out.upper_limit[row, m]
        if moving[m] > 0.0:
            variance = out.covariance[row, m, m]
            if not moving[m] * moving[m] < weak * variance:
                continue
            reach = 1.645 * math.sqrt(variance)
        if not reach > 0.0:
            continue
        if not ready:
            draw(model, work, solver, base, moving)
            lowest, ready = deviance_sum(model, work, solver), True
        unit, counts = solver.unit[m], out.counts[row]
        held = Held(model, work, solver, base, solver.best, counts, m, moving[m], lowest, unit)
        solver.held[m] = 1
        _profile(held, out, row, reach)
        solver.held[m] = 0


@kernel
def _profile(held: Held, out: Out, row: int, reach: float) -> None:
    """Drop, limit and interval of one amount; ``reach`` is about how far the limit lies."""
    m, amount, moving = held.area, held.amount, out.moving[row]
    out.deviance_drop[row, m] = out.lower95[row, m] = 0.0
    if amount > 0.0:
        copy(moving, held.place)
        bottom = _root(held, 0.0)
        drop = _of_one_place(bottom, _places(held))
        out.deviance_drop[row, m] = drop
        if drop > INTERVAL_DEVIANCE:
            copy(moving, held.place)
            guess, far = min(1.19 * reach, 0.5 * amount), (amount, bottom)
            ends = _distance(held, -1.0, INTERVAL_DEVIANCE, guess, (0.0, 0.0), far)
            out.lower95[row, m] = amount - ends[0]
    copy(moving, held.place)
    if amount == 0.0:
        _settle_center(held, reach)
    limit, rate = _distance(held, 1.0, LIMIT_DEVIANCE, reach, (0.0, 0.0), _NOWHERE)
    out.upper_limit[row, m] = amount + limit
    root = math.sqrt(LIMIT_DEVIANCE)
    guess = limit + (math.sqrt(INTERVAL_DEVIANCE) - root) * rate
    ends = _distance(held, 1.0, INTERVAL_DEVIANCE, guess, (limit, root), _NOWHERE)
    out.upper95[row, m] = amount + ends[0]


@kernel
def _root(held: Held, amount: float) -> float:
    """Square root of the rise of the deviance with this amount, the others fitted again."""
    model, work, solver = held.model, held.work, held.solver
    held.place[held.area] = amount
    ended, _ = minimise(model, work, solver, held.base, held.place, _TOLERANCE, held.counts)
    if ended == NO_VALUE:
        return math.nan
    return math.sqrt(max(deviance_sum(model, work, solver) - held.lowest, 0.0) / held.unit)


@kernel
def _distance(
    held: Held, side: float, rise: float, guess: float, below: Point, above: Point
) -> tuple[float, float]:
    """How far the amount can go to one side before the deviance has risen by so much.

    Its root is close to a straight line: secants between a distance where it is ``below`` what is
    wanted and one where it is ``above``. The rate of the last one, distance over root, comes back
    too.
    """
    wanted, distance, rate = math.sqrt(rise), guess, 0.0
    near, near_root = below
    far, far_root = above
    for _ in range(_MOST_REFITS):
        root = _root(held, held.amount + side * distance)
        if not math.isfinite(root):
            return math.nan, math.nan
        if root < wanted and not math.isfinite(far):
            rate = (distance - near) / (root - near_root) if root > near_root else math.inf
            following = distance + min((wanted - root) * rate, 2.0 * distance)
        elif root < wanted:
            rate = (far - distance) / (far_root - root)
            following = distance + (wanted - root) * rate
        else:
            rate = (distance - near) / (root - near_root)
            following = near + (wanted - near_root) * rate
        if root < wanted:
            near, near_root = distance, root
        else:
            far, far_root = distance, root
        distance = following
        if abs(root - wanted) < _CLOSE:
            break
    return distance, rate


@kernel
def _places(held: Held) -> float:
    """Length of the way that a line goes in the space of curves while its center goes its room.

    The curve of the line, with what all others can imitate taken off, has unit length; at every
    place the information about its center says how fast it turns there.
    """
    model, work, solver, place = held.model, held.work, held.solver, held.place
    m, q = held.area, model.center_of[held.area]
    if q < 0 or solver.held[q]:
        return 0.0
    stay, total = place[q], 0.0
    place[m] = held.amount
    for i in range(_PLACES):
        part = i / (_PLACES - 1)
        place[q] = model.lower[q] + part * (model.upper[q] - model.lower[q])
        draw(model, work, solver, held.base, place)
        normal_equations(model, work, solver)
        index, size = solver.places, 2
        index[0], index[1] = m, q
        for k in range(len(place)):
            inside = model.lower[k] < place[k] < model.upper[k]
            if k != m and k != q and inside and solver.h[k, k] > 1e-290:
                index[size] = k
                size += 1
        if inverse(solver.h, index, size, solver.factor, solver.spare):
            own, cross, other = solver.spare[0, 0], solver.spare[0, 1], solver.spare[1, 1]
            turn = math.sqrt(max(own * other - cross * cross, 0.0)) / (other * held.amount)
            total += turn * (0.5 if i in (0, _PLACES - 1) else 1.0)
    place[q], place[m] = stay, 0.0
    room: float = model.upper[q] - model.lower[q]
    return total * room / (_PLACES - 1)


@kernel
def _of_one_place(root: float, length: float) -> float:
    """Drop of the deviance that would be as rare for a line that had one place only.

    Noise has more chances to look like a line whose center may choose (Davies 1987,
    doi:10.1093/biomet/74.1.33; the length is that of Hotelling's tube).
    """
    chance = 0.5 * math.erfc(root * math.sqrt(0.5))
    chance += length / (2.0 * math.pi) * math.exp(-0.5 * root * root)
    low, high = 0.0, root
    for _ in range(40):
        middle = 0.5 * (low + high)
        if 0.5 * math.erfc(middle * math.sqrt(0.5)) > chance:
            low = middle
        else:
            high = middle
    return high * high if chance < 0.5 else 0.0


@kernel
def _settle_center(held: Held, reach: float) -> None:
    """Put the center of an absent line where it would cost least to have some of it."""
    model, work, place = held.model, held.work, held.place
    q = model.center_of[held.area]
    if q < 0 or held.solver.held[q]:
        return
    best, least = place[q], math.inf
    for i in range(_PLACES):
        place[q] = model.lower[q] + i / (_PLACES - 1) * (model.upper[q] - model.lower[q])
        draw(model, work, held.solver, held.base, place)
        slope = curvature = 0.0
        for r in range(len(model.rows)):
            a, real = model.row_of[r, held.area], model.rows[r, 0]
            if a >= 0:
                for n in range(work.points[r, 3]):
                    slope += work.rows[r, a, n] * work.rows[r, real, n]
                    curvature += work.rows[r, a, n] * work.rows[r, a, n]
        cost = (2.0 * slope + curvature * reach) * reach
        if cost < least:
            best, least = place[q], cost
    place[q] = best
