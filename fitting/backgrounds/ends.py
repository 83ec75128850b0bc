"""Levels at the two ends of a window, on which static backgrounds are hung."""

import numpy as np

from fitting.arrays import FloatArray
from fitting.errors import DataError


def end_levels(x: FloatArray, intensity: FloatArray, points: int) -> tuple[float, float]:
    """Mean intensity of the first and of the last ``points`` points.

    Raises
    ------
    DataError
        The ends would overlap, leave nothing between them, or all lie at one place.
    """
    if len(x) < 2 * points + 1:
        raise DataError(
            f"{len(x)} points on a window are too few to average {points} at each end; "
            f"need at least {2 * points + 1}, or fewer averaged points"
        )
    if not x[-1] > x[0]:
        raise DataError(f"all {len(x)} points of the window lie at {x[0]:g}; need a range")
    return float(np.mean(intensity[:points])), float(np.mean(intensity[-points:]))
