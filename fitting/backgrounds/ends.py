"""Levels at the two ends of a window, on which static backgrounds are hung."""

import numpy as np

from fitting.arrays import FloatArray
from fitting.errors import DataError


def end_levels(x: FloatArray, intensity: FloatArray, points: int) -> tuple[float, float]:
    """Mean intensity of the first and of the last ``points`` points.

    Raises
    ------
    DataError
        The ends would overlap, or leave nothing between them.
    """
    if len(x) < 2 * points + 1:
        raise DataError(
            f"{len(x)} points on a window are too few to average {points} at each end; "
            f"need at least {2 * points + 1}, or fewer averaged points"
        )
    return float(np.mean(intensity[:points])), float(np.mean(intensity[-points:]))
