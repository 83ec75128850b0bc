"""Doniach-Sunjic line of metals."""

import math

import numpy as np

from fitting.arrays import FloatArray
from fitting.lineshapes.doniach import ASYMMETRY_LIMIT, SHARP, doniach, window_integral
from fitting.lineshapes.half_maximum import full_width
from fitting.lineshapes.shape import NARROWEST, LineShape, Number, ShapeParameter


def doniach_sunjic(
    x: FloatArray, area: Number, center: Number, lorentzian_fwhm: Number, asymmetry: Number
) -> FloatArray:
    """Lorentzian with a tail of electron-hole pairs towards high binding energy.

    Parameters
    ----------
    x : (N,), binding energy in eV
    area : intensity * x over the window center +- 10 lorentzian_fwhm; the integral over the
        whole line is infinite for any asymmetry > 0
    center : unit of x; energy without electron-hole pairs. The maximum lies
        ``lorentzian_fwhm / 2 * tan(pi asymmetry / (4 - 2 asymmetry))`` above it
    lorentzian_fwhm : unit of x; full width at half maximum at asymmetry 0, > 0
    asymmetry : 0 (Lorentzian) to 0.5; the tail falls as distance ** (asymmetry - 1)

    Returns
    -------
    (N,) or (L, N), intensity

    Notes
    -----
    Doniach and Sunjic 1970, doi:10.1088/0022-3719/3/2/010. CasaXPS DS(alpha, n) has the same
    alpha; its n is a Gaussian, see `doniach_sunjic_gauss`.
    """
    per_x = 2.0 / lorentzian_fwhm
    line = doniach((center - x) * per_x, asymmetry, 0.0, SHARP)
    integral, _, _ = window_integral(asymmetry, 0.0, SHARP)
    return area * per_x / integral * line.value


def doniach_sunjic_jacobian(
    x: FloatArray, area: Number, center: Number, lorentzian_fwhm: Number, asymmetry: Number
) -> FloatArray:
    """Derivatives of `doniach_sunjic` by area, center, width, asymmetry: (4, N) or (4, L, N)."""
    per_x = 2.0 / lorentzian_fwhm
    epsilon = (center - x) * per_x
    line = doniach(epsilon, asymmetry, 0.0, SHARP)
    integral, by_asymmetry, _ = window_integral(asymmetry, 0.0, SHARP)
    height = per_x / integral
    out = np.empty((4, *epsilon.shape))
    out[0] = height * line.value
    out[1] = area * height * per_x * line.by_epsilon
    out[2] = -(area / lorentzian_fwhm) * (out[0] + height * epsilon * line.by_epsilon)
    out[3] = area * (height * line.by_asymmetry - out[0] * by_asymmetry / integral)
    return out


def doniach_sunjic_fwhm(lorentzian_fwhm: float, asymmetry: float) -> float:
    """Measured full width at half maximum, found numerically."""
    return full_width(
        lambda x: doniach_sunjic(x, 1.0, 0.0, lorentzian_fwhm, asymmetry), lorentzian_fwhm
    )


ASYMMETRY = ShapeParameter(
    "asymmetry", "1", 0.0, ASYMMETRY_LIMIT, 0.1, "0 for insulators; 0.05 to 0.3 for metals"
)

DONIACH_SUNJIC = LineShape(
    name="doniach_sunjic",
    parameters=(
        ShapeParameter("lorentzian_fwhm", "axis", NARROWEST, math.inf, 0.5, "width at asymmetry 0"),
        ASYMMETRY,
    ),
    value=doniach_sunjic,
    jacobian=doniach_sunjic_jacobian,
    fwhm=doniach_sunjic_fwhm,
    source="https://doi.org/10.1088/0022-3719/3/2/010",
    casaxps="DS(asymmetry, 0)",
    area_over="center +- 10 lorentzian_fwhm",
)
