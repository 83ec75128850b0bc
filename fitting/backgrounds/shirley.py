"""Shirley's background: every peak leaves a step at high binding energy.

``B(x) = B(low) + k * integral from low to x of the peaks``, by trapezoids on the points as they
are. Active, the peaks are those of the fit and k is one of its parameters. Static, the peaks are
data minus B, and k follows from the levels at both ends.
"""

import math

import numpy as np

from fitting.arrays import FloatArray
from fitting.backgrounds.background import (
    ActiveBackground,
    Option,
    PeakOperator,
    StaticBackground,
)
from fitting.backgrounds.ends import end_levels
from fitting.errors import DataError
from fitting.lineshapes.shape import ShapeParameter

SOURCE = (
    "Shirley 1972, doi:10.1103/PhysRevB.5.4709; iterated: Proctor and Sherwood 1982, "
    "doi:10.1021/ac00238a008; in the fit: Herrera-Gomez et al. 2014, doi:10.1002/sia.5453"
)

_LARGEST = 5.0  # k x width of the window
_TRIES = 80  # values of k between which a solution is looked for, 21 % apart


def integral(steps: FloatArray, peaks: FloatArray) -> FloatArray:
    """Cumulative trapezoid (..., N) of peaks (..., N), zero at the first point; steps (N - 1,)."""
    total = np.zeros(peaks.shape)
    np.cumsum(0.5 * steps * (peaks[..., 1:] + peaks[..., :-1]), axis=-1, out=total[..., 1:])
    return total


def operator(x: FloatArray, k: float) -> PeakOperator:
    """Build the map from peaks (..., N) to ``k`` times their integral from the lowest energy.

    Parameters
    ----------
    x : (N,) ascending, eV
    k : 1/eV, share of the peak's intensity that is lost per eV
    """
    steps = np.diff(x)
    return lambda peaks: k * integral(steps, peaks)


def jacobian(x: FloatArray, peaks: FloatArray, k: float) -> FloatArray:
    """Return the derivative of the response with respect to ``k``, (1, N)."""
    return integral(np.diff(x), peaks)[np.newaxis]


def curve(x: FloatArray, intensity: FloatArray, *, points: int) -> FloatArray:
    """Static Shirley background (N,); see `solved`."""
    return solved(x, intensity, points)[0]


def solved(x: FloatArray, intensity: FloatArray, points: int) -> tuple[FloatArray, float]:
    """Static Shirley background and its k.

    This is the fixed point of the iteration of Proctor and Sherwood. It is found as the root in
    k of the exact curve for given k: no tolerance to choose, and if there is none that is
    certain, where the iteration may wander.

    Parameters
    ----------
    x : (N,) ascending, eV
    intensity : (N,)
    points : how many points are averaged at each end

    Returns
    -------
    Background (N,), from the level of the low to the level of the high binding energy end, and
    k in 1/eV, below zero for a falling step. In noisy data it may lie above single points;
    nothing is clipped, which would bias the area. Of several solutions it is that of smallest k.

    Raises
    ------
    DataError
        Too few points, or no such curve up to k x width of the window = 5; beyond, it would
        follow the data instead of lying under the peaks. The curve that comes nearest is no way
        out: in simulated spectra its areas were too small by 30 to 50 %.
    """
    from scipy.optimize import brentq

    low, high = end_levels(x, intensity, points)
    if high == low:
        return np.full(x.shape, low), 0.0
    steps = np.diff(x)
    sign = 1.0 if high > low else -1.0
    largest = min(_LARGEST / float(x[-1] - x[0]), 1.0 / float(np.max(steps)))

    def excess(k: float) -> float:
        return sign * float(_exact(steps, intensity, low, sign * k)[-1] - high)

    lower = 0.0
    for upper in np.geomspace(1e-6 * largest, largest, _TRIES):
        if excess(upper) >= 0.0:
            k = sign * brentq(excess, lower, upper, xtol=1e-15, rtol=1e-13)
            return _exact(steps, intensity, low, k), k
        lower = upper
    raise DataError(
        f"no Shirley background on {x[0]:g} .. {x[-1]:g}: the peaks above it do not explain "
        f"that its ends differ by {high - low:.3g}; average more points at the ends, use a "
        "linear or an active background, or another window"
    )


def _exact(steps: FloatArray, intensity: FloatArray, low: float, k: float) -> FloatArray:
    """Solve B = low + k integral(intensity - B), a bidiagonal system of the trapezoids."""
    from scipy.linalg import solve_banded

    half = 0.5 * k * steps
    bands = np.ones((2, len(intensity)))
    bands[0, 1:] = 1.0 + half
    bands[1, :-1] = half - 1.0
    right = np.concatenate([[low], half * (intensity[1:] + intensity[:-1])])
    return np.asarray(solve_banded((1, 0), bands, right, check_finite=False), dtype=np.float64)


K = ShapeParameter(
    "k", "1/axis", 0.0, math.inf, 0.02, "step at high binding energy over the area of the peak"
)

ACTIVE = ActiveBackground(
    name="shirley",
    parameters=(K,),
    held=(),
    operator=operator,
    jacobian=jacobian,
    techniques=("xps", "haxpes"),
    source=SOURCE,
)

STATIC = StaticBackground(
    name="shirley",
    options=(Option("points", 5, 1, 1000, "points averaged at each end of the window"),),
    curve=curve,
    techniques=("xps", "haxpes"),
    source=SOURCE,
)
