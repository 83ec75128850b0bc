"""Gaussian line."""

import math

import numpy as np

from fitting.arrays import FloatArray
from fitting.lineshapes.shape import NARROWEST, LineShape, Number, ShapeParameter

LN2 = math.log(2.0)
UNIT_HEIGHT = math.sqrt(LN2 / math.pi)
"""Height of a Gaussian of unit area in units of 2 / fwhm."""


def gaussian(x: FloatArray, area: Number, center: Number, fwhm: Number) -> FloatArray:
    """Gaussian of given area.

    Parameters
    ----------
    x : (N,), eV or cm-1
    area : intensity * x; integral over the whole line
    center, fwhm : unit of x; full width at half maximum, > 0

    Returns
    -------
    (N,) or (L, N), intensity
    """
    u = (x - center) * (2.0 / fwhm)
    return (2.0 * UNIT_HEIGHT * area / fwhm) * np.exp(-LN2 * u * u)


def gaussian_jacobian(x: FloatArray, area: Number, center: Number, fwhm: Number) -> FloatArray:
    """Derivatives of `gaussian` with respect to area, center and fwhm: (3, N) or (3, L, N)."""
    u = (x - center) * (2.0 / fwhm)
    out = np.empty((3, *u.shape))
    unit, by_center, by_fwhm = out
    np.multiply(u, u, out=by_fwhm)
    np.exp(-LN2 * by_fwhm, out=unit)
    unit *= 2.0 * UNIT_HEIGHT / fwhm
    np.multiply(u, unit, out=by_center)
    by_center *= area * (4.0 * LN2) / fwhm
    by_fwhm *= 2.0 * LN2
    by_fwhm -= 1.0
    by_fwhm *= unit
    by_fwhm *= area / fwhm
    return out


def gaussian_fwhm(fwhm: float) -> float:
    """The parameter itself."""
    return fwhm


GAUSSIAN = LineShape(
    name="gaussian",
    parameters=(
        ShapeParameter("fwhm", "axis", NARROWEST, math.inf, 1.0, "full width at half maximum"),
    ),
    value=gaussian,
    jacobian=gaussian_jacobian,
    fwhm=gaussian_fwhm,
    source="ISO 18115-1; https://doi.org/10.1002/sia.7050, m = 0",
    casaxps="GL(0)",
)
