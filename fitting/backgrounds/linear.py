"""A straight line: fitted with the peaks, or static, drawn through both ends of the window."""

import numpy as np

from fitting.arrays import FloatArray
from fitting.backgrounds.background import BasisBackground, Option, StaticBackground
from fitting.backgrounds.ends import end_levels
from fitting.errors import DataError


def columns(u: FloatArray, width: float) -> FloatArray:
    """Straight line as its middle and its rise.

    Parameters
    ----------
    u : (N,) axis from the lower end of the window
    width : extent of the window

    Returns
    -------
    (2, N): ones for ``level``, the intensity in the middle of the window, and
    ``u / width - 1/2`` for ``rise``, the intensity at its upper end minus that at its lower
    end (slope = rise / width). On an even axis the two are orthogonal.
    """
    return np.stack([np.ones(len(u)), u / width - 0.5])


def jacobian(u: FloatArray, width: float) -> FloatArray:
    """No nonlinear parameters: (0, 2, N)."""
    return np.zeros((0, 2, len(u)))


def coefficients() -> tuple[tuple[str, int], ...]:
    """Name and power of the axis unit of each column."""
    return (("level", 0), ("rise", 0))


LINEAR = BasisBackground(
    name="linear",
    parameters=(),
    options=(),
    columns=columns,
    jacobian=jacobian,
    coefficients=coefficients,
    techniques=("xps", "haxpes", "raman"),
    source="",
)


def curve(x: FloatArray, intensity: FloatArray, *, points: int) -> FloatArray:
    """Straight line (N,) through the mean points of both ends.

    Parameters
    ----------
    x : (N,) ascending
    intensity : (N,)
    points : how many points are averaged at each end. The line passes through their mean
        intensity at their mean ``x``

    Raises
    ------
    DataError
        Too few points.
    """
    low, high = end_levels(x, intensity, points)
    start, end = float(np.mean(x[:points])), float(np.mean(x[-points:]))
    if not end > start:
        raise DataError(f"the ends of the window both lie at {start:g}; need a range")
    return low + (high - low) / (end - start) * (x - start)


STATIC = StaticBackground(
    name="linear",
    options=(Option("points", 5, 1, 1000, "points averaged at each end of the window"),),
    curve=curve,
    techniques=("xps", "haxpes", "raman"),
    source="",
)
