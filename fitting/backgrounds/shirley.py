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


def curve(
    x: FloatArray,
    intensity: FloatArray,
    *,
    points: int,
    tolerance: float,
    max_iterations: int,
) -> FloatArray:
    """Static Shirley background by the iteration of Proctor and Sherwood.

    Parameters
    ----------
    x : (N,) ascending, eV
    intensity : (N,)
    points : how many points are averaged at each end
    tolerance : largest change of the curve in the last iteration, as a share of its step
    max_iterations : before giving up

    Returns
    -------
    (N,), from the level of the low to the level of the high binding energy end. In noisy data
    it may lie above single points; nothing is clipped, which would bias the area. A falling
    step is followed as well. Data without a step get their level.

    Raises
    ------
    DataError
        Too few points, no peak above the background, or no convergence.
    """
    low, high = end_levels(x, intensity, points)
    background: FloatArray = np.full(x.shape, low)
    if high == low:
        return background
    steps = np.diff(x)
    change = math.inf
    for _ in range(max_iterations):
        area = integral(steps, intensity - background)
        if not area[-1] > 0.0:
            raise DataError(
                f"no Shirley background on {x[0]:g} .. {x[-1]:g}: no net peak above it "
                f"(area {area[-1]:.3g}) though the ends differ by {high - low:.3g}; "
                "use a linear background or another window"
            )
        following: FloatArray = low + (high - low) * area / area[-1]
        change = float(np.max(np.abs(following - background))) / abs(high - low)
        background = following
        if change <= tolerance:
            return background
    raise DataError(
        f"the Shirley background on {x[0]:g} .. {x[-1]:g} did not settle in {max_iterations} "
        f"iterations (last change {change:.1g} of its step, allowed {tolerance:g}): the peak is "
        "small beside its step; use a linear or an active background"
    )


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
    options=(
        Option("points", 5, 1, 1000, "points averaged at each end of the window"),
        Option("tolerance", 1e-6, 1e-12, 0.1, "last change of the curve over its step"),
        Option("max_iterations", 200, 1, 100000, "iterations before giving up"),
    ),
    curve=curve,
    techniques=("xps", "haxpes"),
    source=SOURCE,
)
