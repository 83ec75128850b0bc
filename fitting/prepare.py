"""What of a spectrum is fitted, and what of its curve is known before the fit."""

import numpy as np

from fitting.arrays import FloatArray
from fitting.model import RegionModel
from fitting.spectrum import Spectrum


def window_at(region: RegionModel, shift: float, reach: float = 0.0) -> tuple[float, float]:
    """Ends of the window of a region on the measured axis.

    Parameters
    ----------
    shift : measured minus referenced energy; nan where it is not known yet
    reach : by how much the window is widened at both ends if the shift is not known
    """
    low, high = region.window
    if np.isnan(shift):
        return low - reach, high + reach
    return low + shift, high + shift


def held_background(region: RegionModel, points: Spectrum) -> FloatArray:
    """(N,) background that is computed from the points of the window and held; zeros if none.

    Raises
    ------
    DataError
        There is no such curve for these points.
    """
    if region.static is None:
        return np.zeros(len(points))
    return region.static.background.curve(points.x, points.intensity, **region.static.options)
