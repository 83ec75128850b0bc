"""Profile of weak amounts: one area is held, everything else is fitted again, by lmfit.

A parabola says little about a line of three standard errors whose center is free: its limits, and
whether it is there at all, come from the deviance itself. Slow and obvious; the compiled engine
has its own.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from fitting.active_set import FINE, PATIENCE, minimise_within
from fitting.arrays import BoolArray, FloatArray, IntArray
from fitting.engines.reference import Minimum, minimise
from fitting.far_points import pulled_in
from fitting.monitor import Monitor
from fitting.noise import Noise
from fitting.own_centers import own_centers_of
from fitting.problem import Problem
from fitting.uncertainty import (
    INTERVAL_DEVIANCE,
    LIMIT_DEVIANCE,
    Uncertainty,
    inverse_fisher,
    uncertainty,
    units,
    weak_below,
)
from fitting.weights import largest_change, reweighted

PLACES = 9
"""Of a center along its room: where an absent line costs least, how many it could have chosen."""

_REWEIGHTINGS = 8
_SETTLED = 1e-4
_CLOSE = 5e-3
"""Distance from the root of the wanted rise that is good enough."""

_MOST_REFITS = 30


def errors_at(
    problem: Problem,
    noises: tuple[Noise, ...],
    moving: FloatArray,
    at_bound: BoolArray,
    monitor: Monitor,
) -> Uncertainty:
    """Errors of a minimum: covariance, and the profile of what is weak.

    Parameters
    ----------
    problem : with the standard errors that belong to the minimum
    noises : of its regions
    moving, at_bound : (M,) the minimum
    """
    absolute = all(noise.absolute and not noise.robust for noise in noises)
    own = uncertainty(problem, moving, at_bound, absolute=absolute)
    near = pulled_in(problem, noises, moving)
    if near is problem:
        quadratic = own
    else:
        quadratic = uncertainty(near, moving, at_bound, absolute=absolute)
    unit = units(near, moving, quadratic, at_bound, absolute=absolute)
    found = Profiler(near, noises, moving, unit, monitor).profiled(quadratic)
    return replace(found, covariance=own.covariance)


@dataclass(frozen=True, eq=False)
class Profiler:
    """A minimum, and what is needed to fit it again with one amount held.

    Parameters
    ----------
    problem : with the weights that belong to the minimum
    noises : of its regions
    best : (M,) the minimum
    unit : (M,) rise of the deviance that counts as one, 0 where not known
    """

    problem: Problem
    noises: tuple[Noise, ...]
    best: FloatArray
    unit: FloatArray
    monitor: Monitor

    def profiled(self, own: Uncertainty) -> Uncertainty:
        """Errors of a minimum, with those of its weak amounts from the profile.

        Parameters
        ----------
        own : the quadratic ones
        """
        arrays = [own.upper_limit, own.deviance_drop, own.lower95, own.upper95]
        limit, drop, lower, upper = (a.copy() for a in arrays)
        weak = weak_below(self.problem.table.plan.fit.errors)
        centers = own_centers(self.problem, self.best)
        for m in np.flatnonzero(amounts(self.problem) & (self.unit > 0.0)):
            variance = own.covariance[m, m]
            reach = own.upper_limit[m]
            if self.best[m] > 0.0:
                if not self.best[m] ** 2 < weak * variance:
                    continue
                reach = 1.645 * np.sqrt(variance)
            if reach > 0.0:
                found = self._ends(int(m), int(centers[m]), float(reach), float(self.unit[m]))
                limit[m], drop[m], lower[m], upper[m] = found
        return replace(own, upper_limit=limit, deviance_drop=drop, lower95=lower, upper95=upper)

    def _ends(
        self, m: int, center: int, reach: float, unit: float
    ) -> tuple[float, float, float, float]:
        """Upper limit, drop, lower and upper end of one amount."""
        amount, lowest, start = float(self.best[m]), self._deviance(self.best), self.best
        limit, interval = np.sqrt(LIMIT_DEVIANCE), np.sqrt(INTERVAL_DEVIANCE)

        def root(value: float) -> float:
            rise = self._deviance(self._refit(start, m, value)) - lowest
            return float(np.sqrt(max(rise, 0.0) / unit))

        drop = lower = 0.0
        if amount > 0.0:
            absent = root(0.0)
            drop = of_one_place(absent, self._places(m, center))
            if drop > INTERVAL_DEVIANCE:
                further = amount - 1.19 * reach
                lower = _crossing(root, interval, (amount, 0.0), (0.0, absent), further)
        elif center >= 0:
            start = self._cheapest(m, center, reach)
        near = (amount, 0.0)
        upper = _crossing(root, limit, near, None, amount + reach)
        further = _crossing(root, interval, near, None, amount + 1.19 * (upper - amount))
        return upper, drop, lower, further

    def _refit(self, start: FloatArray, m: int, value: float) -> FloatArray:
        """(M,) the minimum with one parameter held, weights and all."""
        place = start.copy()
        place[m] = value
        others = np.delete(np.arange(len(place)), m)
        problem = Problem(
            self.problem.table,
            self.problem.data,
            self.problem.moving[others],
            self.problem.full(place),
        )

        def engine(inner: Problem, begin: FloatArray, tolerance: float) -> Minimum:
            return minimise(
                inner, begin, self.monitor, tolerance=tolerance, max_evaluations=PATIENCE
            )

        moving, held = place[others], None
        for _ in range(_REWEIGHTINGS):
            found, held = minimise_within(problem, moving, engine, finest=FINE, held=held)
            moving = found.moving
            following = reweighted(problem, self.noises, moving)
            change = largest_change(problem, following)
            problem = following
            if change < _SETTLED:
                break
        place[others] = moving
        return place

    def _deviance(self, moving: FloatArray) -> float:
        return sum(
            noise.deviance(data.intensity, model, data.sigma)
            for data, noise, model in zip(
                self.problem.data, self.noises, self.problem.models(moving), strict=True
            )
        )

    def _cheapest(self, m: int, center: int, reach: float) -> FloatArray:
        """(M,) the minimum, an absent line where it would cost least to have some of it."""
        places = _along(self.problem, self.best, center)
        costs = []
        for place in places:
            own, residual = self.problem.jacobian(place)[m], self.problem.residual(place)
            costs.append((2.0 * own @ residual + own @ own * reach) * reach)
        return places[int(np.argmin(costs))]

    def _places(self, m: int, center: int) -> float:
        """How many places a line could have chosen; see ``way_of_line``."""
        if center < 0:
            return 0.0
        absent = self._refit(self.best, m, 0.0)
        there = reweighted(self.problem, self.noises, absent)
        absent[m] = self.best[m]
        return way_of_line(there, absent, m, center)


def way_of_line(problem: Problem, moving: FloatArray, m: int, center: int) -> float:
    """Length of the way of a line in the space of curves while its center goes its room.

    The curve of the line, with what all others can imitate taken off, has unit length; at every
    place the information about its center says how fast it turns there.

    Parameters
    ----------
    problem : with standard errors
    moving : (M,) where all others are
    m, center : its amount, which is not zero there, and its center
    """
    lower, upper = problem.lower, problem.upper
    free = (lower < moving) & (moving < upper)
    free[[m, center]] = False
    index = [m, center, *np.flatnonzero(free)]
    turns = []
    for place in _along(problem, moving, center):
        covariance = inverse_fisher(problem.jacobian(place)[index])[:2, :2]
        turn = np.sqrt(max(np.linalg.det(covariance), 0.0)) / (covariance[1, 1] * moving[m])
        turns.append(np.nan_to_num(turn))
    room = upper[center] - lower[center]
    return float(np.trapezoid(turns) * room / (PLACES - 1))


def _along(problem: Problem, place: FloatArray, center: int) -> list[FloatArray]:
    found = []
    for value in np.linspace(problem.lower[center], problem.upper[center], PLACES):
        moved = place.copy()
        moved[center] = value
        found.append(moved)
    return found


Point = tuple[float, float]


def _crossing(
    root: Callable[[float], float], wanted: float, near: Point, far: Point | None, guess: float
) -> float:
    """Where a rising curve reaches a value: secants between a point below it and one above."""
    value = guess
    if far is not None and not min(near[0], far[0]) < guess < max(near[0], far[0]):
        value = 0.5 * (near[0] + far[0])
    for _ in range(_MOST_REFITS):
        found = root(value)
        if abs(found - wanted) < _CLOSE:
            return value
        if found > wanted:
            far = value, found
        elif far is None and found - near[1] < 1e-3:
            near, value = (value, found), value + 2.0 * (value - near[0])
            continue
        else:
            if far is None:
                rate = (value - near[0]) / (found - near[1])
                near, value = (value, found), value + 1.1 * (wanted - found) * rate
                continue
            near = value, found
        value = near[0] + (wanted - near[1]) * (far[0] - near[0]) / (far[1] - near[1])
    return float("nan")


def of_one_place(root: float, length: float) -> float:
    """Drop of the deviance that would be as rare for a line that had one place only.

    Noise has more chances to look like a line whose center may choose: Davies 1987,
    doi:10.1093/biomet/74.1.33; the length is that of Hotelling's tube.

    Parameters
    ----------
    root : square root of the drop
    length : of the way of the line in the space of curves
    """
    from scipy.special import ndtr, ndtri

    chance = ndtr(-root) + length / (2.0 * np.pi) * np.exp(-0.5 * root**2)
    return float(ndtri(chance) ** 2) if chance < 0.5 else 0.0


def amounts(problem: Problem) -> BoolArray:
    """(M,) which parameters are amounts that can be absent."""
    linear = problem.table.linear[problem.moving]
    return np.asarray(linear & (problem.lower == 0.0))


def own_centers(problem: Problem, moving: FloatArray) -> IntArray:
    """(M,) the center that belongs to the line of one amount alone and has room, or -1."""
    slopes = problem.table.jacobian(problem.full(moving))
    parts = [c for d in problem.data for c in d.evaluator.region.components]
    return own_centers_of(parts, slopes[:, problem.moving], problem.upper - problem.lower)
