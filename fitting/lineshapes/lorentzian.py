"""Lorentzian line."""

import math

import numpy as np

from fitting.arrays import FloatArray
from fitting.lineshapes.shape import NARROWEST, LineShape, Number, ShapeParameter


def lorentzian(x: FloatArray, area: Number, center: Number, fwhm: Number) -> FloatArray:
    """Lorentzian of given area.

    Parameters
    ----------
    x : (N,), eV or cm-1
    area : intensity * x; integral over the whole line: 6 % of it lies beyond center +- 5 fwhm
    center, fwhm : unit of x; full width at half maximum, > 0

    Returns
    -------
    (N,) or (L, N), intensity
    """
    u = (x - center) * (2.0 / fwhm)
    return (2.0 / math.pi * area / fwhm) / (1.0 + u * u)


def lorentzian_jacobian(x: FloatArray, area: Number, center: Number, fwhm: Number) -> FloatArray:
    """Derivatives of `lorentzian` with respect to area, center and fwhm: (3, N) or (3, L, N)."""
    u = (x - center) * (2.0 / fwhm)
    out = np.empty((3, *u.shape))
    unit, by_center, by_fwhm = out
    np.multiply(u, u, out=by_fwhm)
    by_fwhm += 1.0
    np.divide(2.0 / math.pi / fwhm, by_fwhm, out=unit)
    np.divide(u, by_fwhm, out=by_center)
    by_center *= unit
    np.multiply(u, by_center, out=by_fwhm)
    by_fwhm *= 2.0
    by_fwhm -= unit
    by_fwhm *= area / fwhm
    by_center *= 4.0 * area / fwhm
    return out


def lorentzian_fwhm(fwhm: float) -> float:
    """The parameter itself."""
    return fwhm


LORENTZIAN = LineShape(
    name="lorentzian",
    parameters=(
        ShapeParameter("fwhm", "axis", NARROWEST, math.inf, 1.0, "full width at half maximum"),
    ),
    value=lorentzian,
    jacobian=lorentzian_jacobian,
    fwhm=lorentzian_fwhm,
    source="ISO 18115-1; https://doi.org/10.1002/sia.7050, m = 100",
    casaxps="GL(100)",
)
