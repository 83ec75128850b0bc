"""Pseudo-Voigt line, mixed by area."""

import math

import numpy as np

from fitting.arrays import FloatArray
from fitting.lineshapes.gaussian import LN2, UNIT_HEIGHT
from fitting.lineshapes.shape import NARROWEST, LineShape, Number, ShapeParameter


def pseudo_voigt(
    x: FloatArray, area: Number, center: Number, fwhm: Number, lorentz_fraction: Number
) -> FloatArray:
    """Sum of a Gaussian and a Lorentzian sharing one width, weighted by area.

    Parameters
    ----------
    x : (N,), eV or cm-1
    area : intensity * x; integral over the whole line, not the height
    center, fwhm : unit of x; full width at half maximum, > 0
    lorentz_fraction : 0 (Gaussian) to 1 (Lorentzian), share of the *area*

    Returns
    -------
    (N,) or (L, N), intensity. Bounds are the plan's duty; nothing is clamped here.

    Notes
    -----
    CasaXPS SGL(p) and GL(p) mix unit-height profiles (sum, product): p is not
    lorentz_fraction. Major et al. 2022, doi:10.1002/sia.7050
    """
    u = (x - center) * (2.0 / fwhm)
    u *= u
    gauss = np.exp(-LN2 * u)
    gauss *= (2.0 * UNIT_HEIGHT) * (1.0 - lorentz_fraction) * area / fwhm
    u += 1.0
    gauss += ((2.0 / math.pi) * lorentz_fraction * area / fwhm) / u
    return gauss


def pseudo_voigt_jacobian(
    x: FloatArray, area: Number, center: Number, fwhm: Number, lorentz_fraction: Number
) -> FloatArray:
    """Derivatives of `pseudo_voigt` by area, center, fwhm, lorentz_fraction: (4, N) or (4, L, N).

    Written into one block without temporaries: this is the inner loop of most fits.
    """
    u = x - center
    u *= 2.0 / fwhm
    out = np.empty((4, *u.shape))
    unit, by_center, by_fwhm, by_fraction = out
    np.multiply(u, u, out=by_fwhm)
    np.multiply(by_fwhm, -LN2, out=unit)
    np.exp(unit, out=unit)
    unit *= 2.0 * UNIT_HEIGHT / fwhm
    by_fwhm += 1.0
    np.divide((2.0 / math.pi) / fwhm, by_fwhm, out=by_fraction)
    # minus the slope: 2 ln2 u times the Gaussian part, 2 u / (1 + u^2) times the Lorentzian one
    np.multiply(by_fraction, by_fraction, out=by_center)
    by_center *= math.pi * lorentz_fraction * fwhm
    np.multiply(unit, 2.0 * LN2 * (1.0 - lorentz_fraction), out=by_fwhm)
    by_center += by_fwhm
    by_center *= u
    by_fraction -= unit
    np.multiply(by_fraction, lorentz_fraction, out=by_fwhm)
    unit += by_fwhm
    np.multiply(u, by_center, out=by_fwhm)
    by_fwhm -= unit
    by_fwhm *= area / fwhm
    by_center *= 2.0 * area / fwhm
    by_fraction *= area
    return out


def pseudo_voigt_fwhm(fwhm: float, lorentz_fraction: float) -> float:
    """The parameter itself: both parts share it."""
    return fwhm


PSEUDO_VOIGT = LineShape(
    name="pseudo_voigt",
    parameters=(
        ShapeParameter("fwhm", "axis", NARROWEST, math.inf, 1.0, "full width at half maximum"),
        ShapeParameter(
            "lorentz_fraction", "1", 0.0, 1.0, 0.3, "share of the Lorentzian in the area"
        ),
    ),
    value=pseudo_voigt,
    jacobian=pseudo_voigt_jacobian,
    fwhm=pseudo_voigt_fwhm,
    source="https://doi.org/10.1002/sia.7050; mixed by area as in https://doi.org/10.1107/S0021889887087090",
)
