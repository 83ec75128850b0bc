"""How a quantity grows along an axis: ``level + slope * h(x)`` with a curved ``h``, and how surely.

Given its shape, a curve is linear in level and slope. So shapes are tried on a grid, level and
slope solved in each, and an interval of any quantity is the union over all shapes that the data
allow: the profile likelihood, exact also where an end is open. The grid closes in on what the
data allow until it is finer than that.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from fitting.arrays import FloatArray

TWO_SIDED_95 = 1.959964
_CELLS = 33
_ZOOMS = 12
_ENOUGH = 13
_MOST_POINTS = 256

Shape = Callable[[FloatArray, tuple[FloatArray, ...]], FloatArray]
"""(K,) axis and shape parameters of C cells, each (C,) -> (C, K) curves."""


@dataclass(frozen=True)
class Measured:
    """A number and how surely it is known; nan where it is not, an open end is nan too."""

    value: float
    stderr: float
    low95: float
    high95: float

    @property
    def known(self) -> bool:
        """Whether there is a value and at least one end."""
        return bool(np.isfinite(self.value) and np.isfinite([self.low95, self.high95]).any())


NOTHING = Measured(np.nan, np.nan, np.nan, np.nan)


@dataclass(frozen=True, eq=False)
class Points:
    """What is described; K points in order of x.

    Parameters
    ----------
    x, y : (K,)
    sigma : (K,) standard errors, or None: then their scatter around the curve says it
    """

    x: FloatArray
    y: FloatArray
    sigma: FloatArray | None

    @property
    def weights(self) -> FloatArray:
        """(K,) one over variance; ones where errors are not known."""
        return np.ones(len(self.x)) if self.sigma is None else 1.0 / self.sigma**2

    def thinned(self) -> "Points":
        """Neighbours put together where there are more points than a curve needs."""
        if len(self.x) <= _MOST_POINTS:
            return self
        place = np.arange(len(self.x)) * _MOST_POINTS // len(self.x)
        weights = self.weights
        total = np.bincount(place, weights)
        x, y = (np.bincount(place, weights * v) / total for v in (self.x, self.y))
        return Points(x, y, None if self.sigma is None else 1.0 / np.sqrt(total))


@dataclass(frozen=True, eq=False)
class Profile:
    """Curves of C shapes through the same points.

    Parameters
    ----------
    shapes : parameters of each shape, each (C,)
    chi_square : (C,)
    level, slope : (C,) of the best curve of each shape
    level_variance, slope_variance, covariance : (C,) for the errors as they were given
    scale : variance of the points over what their errors say; 1 where they may be right
    reach : how many standard errors a 95 % interval goes
    reduced_chi_square : of the best shape; nan where errors were not known
    p_value : how often curves of this shape scatter more; nan where errors were not known
    """

    shapes: tuple[FloatArray, ...]
    chi_square: FloatArray
    level: FloatArray
    slope: FloatArray
    level_variance: FloatArray
    slope_variance: FloatArray
    covariance: FloatArray
    scale: float
    reach: float
    reduced_chi_square: float
    p_value: float

    @property
    def best(self) -> int:
        """Number of the shape that fits best."""
        return int(np.argmin(self.chi_square))

    @property
    def excess(self) -> FloatArray:
        """(C,) chi-square above that of the best shape, in units of ``scale``."""
        return np.asarray((self.chi_square - self.chi_square.min()) / self.scale)

    def measured(self, values: FloatArray, variances: FloatArray) -> Measured:
        """A quantity from its value and variance in each shape; an infinite one opens an end."""
        found = []
        for reach in (1.0, self.reach):
            room = reach**2 - self.excess
            allowed = room >= 0.0
            way = np.sqrt(np.maximum(room, 0.0) * variances * self.scale)[allowed]
            found.append((np.min(values[allowed] - way), np.max(values[allowed] + way)))
        (below, above), (low, high) = found
        stderr = 0.5 * (above - below)
        ends = [float(end) if np.isfinite(end) else np.nan for end in (stderr, low, high)]
        return Measured(float(values[self.best]), *ends)


def profile(points: Points, shape: Shape, grids: Sequence[FloatArray]) -> Profile:
    """Curves of all shapes the data allow.

    Parameters
    ----------
    grids : where to begin, one grid for each shape parameter, increasing; their ends are the
        ends of what is looked at
    """
    thin = points.thinned()
    free = 2 + sum(len(grid) > 1 for grid in grids)
    axes = list(grids)
    for _ in range(_ZOOMS):
        found = _solved(thin, shape, axes, free)
        closer = [_closer(axis, a, found) for a, axis in enumerate(axes)]
        if all(enough for _, enough in closer):
            break
        axes = [axis for axis, _ in closer]
    return found


def _closer(axis: FloatArray, place: int, found: Profile) -> tuple[FloatArray, bool]:
    """The part of an axis that the data allow, and whether it was fine enough before."""
    if len(axis) == 1:
        return axis, True
    allowed = found.excess <= 1.5 * found.reach**2
    inside = np.isin(axis, found.shapes[place][allowed])
    tight = np.isin(axis, found.shapes[place][found.excess <= 1.0])
    at = np.flatnonzero(inside)
    low, high = axis[max(at[0] - 1, 0)], axis[min(at[-1] + 1, len(axis) - 1)]
    return _between(low, high, len(axis)), int(tight.sum()) >= _ENOUGH


def _between(low: float, high: float, count: int) -> FloatArray:
    """Even steps, or even ratios where the ends are far apart; zero stays an end."""
    if low > 0.0 and high > 4.0 * low:
        return np.geomspace(low, high, count)
    if low == 0.0 < high:
        return np.concatenate([[0.0], np.geomspace(high / 100.0, high, count - 1)])
    return np.linspace(low, high, count)


def _solved(points: Points, shape: Shape, axes: Sequence[FloatArray], free: int) -> Profile:
    cells = tuple(part.ravel() for part in np.meshgrid(*axes, indexing="ij"))
    curves = shape(points.x, cells)
    weights = points.weights
    total = weights.sum()
    middle = curves @ weights / total
    centred = curves - middle[:, np.newaxis]
    y = points.y - points.y @ weights / total
    square = np.einsum("ck,ck,k->c", centred, centred, weights)
    usable = square > 1e-12 * np.maximum(np.einsum("ck,ck,k->c", curves, curves, weights), 1e-300)
    square = np.where(usable, square, np.inf)
    slope = (centred @ (weights * y)) / square
    chi_square = np.maximum(y**2 @ weights - slope**2 * np.where(usable, square, 0.0), 0.0)
    scale, reach, reduced, p_value = _scatter(float(chi_square.min()), len(y) - free, points.sigma)
    return Profile(
        shapes=cells,
        chi_square=chi_square,
        level=points.y @ weights / total - slope * middle,
        slope=slope,
        level_variance=1.0 / total + middle**2 / square,
        slope_variance=1.0 / square,
        covariance=-middle / square,
        scale=scale,
        reach=reach,
        reduced_chi_square=reduced,
        p_value=p_value,
    )


def _scatter(
    chi_square: float, freedom: int, sigma: FloatArray | None
) -> tuple[float, float, float, float]:
    """By how much errors are widened, how far intervals reach, and how well the curve fits."""
    from scipy.special import chdtrc, stdtrit

    if freedom < 1:
        return 1.0, np.inf if sigma is None else TWO_SIDED_95, np.nan, np.nan
    reduced = chi_square / freedom
    if sigma is None:
        return max(reduced, 1e-300), float(stdtrit(freedom, 0.975)), np.nan, np.nan
    p_value = float(chdtrc(freedom, chi_square))
    if p_value >= 0.05:
        return 1.0, TWO_SIDED_95, reduced, p_value
    return reduced, float(stdtrit(freedom, 0.975)), reduced, p_value


def approach(x: FloatArray, shape: tuple[FloatArray, ...]) -> FloatArray:
    """(C, K) approach to a plateau: nothing before ``begin``, then ``(1 - exp(-bend u)) / bend``.

    Parameters
    ----------
    shape : bend (C,), >= 0 in 1 / x, 0 is a straight line; begin (C,) in x
    """
    from scipy.special import exprel

    bend, begin = (part[:, np.newaxis] for part in shape)
    passed = np.maximum(x - begin, 0.0)
    return np.asarray(passed * exprel(-bend * passed))


def power(x: FloatArray, shape: tuple[FloatArray, ...]) -> FloatArray:
    """(C, K) growth with a power of x >= 0; shape: exponents (C,), > 0."""
    return np.asarray(x[np.newaxis] ** shape[0][:, np.newaxis])


def bends(x: FloatArray) -> FloatArray:
    """Bends from a straight line to a step within the first interval, for ``approach``."""
    span = x[-1] - x[0]
    finest = np.min(np.diff(x), initial=span, where=np.diff(x) > 0.0)
    return np.concatenate([[0.0], np.geomspace(0.01 / span, 10.0 / finest, 2 * _CELLS - 1)])


def begins(x: FloatArray) -> FloatArray:
    """Places at which growth may begin: from the first point to the fourth from the end."""
    return np.linspace(x[0], x[-4], _CELLS)
