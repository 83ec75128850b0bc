"""Doniach-Sunjic line of metals, broadened by the instrument."""

import math

import numpy as np

from fitting.arrays import FloatArray
from fitting.lineshapes.doniach import GAUSSIAN_KERNEL, doniach, window_integral
from fitting.lineshapes.doniach_sunjic import ASYMMETRY
from fitting.lineshapes.half_maximum import full_width
from fitting.lineshapes.shape import NARROWEST, LineShape, Number, ShapeParameter

_SPREAD = 2.0 / math.sqrt(8.0 * math.log(2.0))
"""sigma / half width of the Lorentzian = this * gaussian_fwhm / lorentzian_fwhm."""


def doniach_sunjic_gauss(
    x: FloatArray,
    area: Number,
    center: Number,
    lorentzian_fwhm: Number,
    asymmetry: Number,
    gaussian_fwhm: Number,
) -> FloatArray:
    """Doniach-Sunjic line convolved with a Gaussian.

    Parameters
    ----------
    x : (N,), binding energy in eV
    area : intensity * x over the window center +- 10 (lorentzian_fwhm + gaussian_fwhm)
    center, lorentzian_fwhm, asymmetry : as in `doniach_sunjic`
    gaussian_fwhm : unit of x, full width at half maximum of the Gaussian, >= 0

    Returns
    -------
    (N,) or (L, N), intensity, to 1e-10 of the height

    Notes
    -----
    Doniach and Sunjic 1970, doi:10.1088/0022-3719/3/2/010; a Voigt line at asymmetry 0.
    """
    per_x = 2.0 / lorentzian_fwhm
    spread = _SPREAD * gaussian_fwhm / lorentzian_fwhm
    line = doniach((center - x) * per_x, asymmetry, spread, GAUSSIAN_KERNEL)
    integral, _, _ = window_integral(asymmetry, spread, GAUSSIAN_KERNEL)
    return area * per_x / integral * line.value


def doniach_sunjic_gauss_jacobian(
    x: FloatArray,
    area: Number,
    center: Number,
    lorentzian_fwhm: Number,
    asymmetry: Number,
    gaussian_fwhm: Number,
) -> FloatArray:
    """Derivatives by area, center, Lorentzian, asymmetry, Gaussian: (5, N) or (5, L, N)."""
    per_x = 2.0 / lorentzian_fwhm
    epsilon = (center - x) * per_x
    spread = _SPREAD * gaussian_fwhm / lorentzian_fwhm
    line = doniach(epsilon, asymmetry, spread, GAUSSIAN_KERNEL)
    integral, by_asymmetry, by_spread = window_integral(asymmetry, spread, GAUSSIAN_KERNEL)
    height = per_x / integral
    out = np.empty((5, *epsilon.shape))
    out[0] = height * line.value
    out[1] = area * height * per_x * line.by_epsilon
    out[3] = area * (height * line.by_asymmetry - out[0] * by_asymmetry / integral)
    out[4] = area * (height * line.by_spread - out[0] * by_spread / integral)
    out[2] = -(area * (out[0] + height * epsilon * line.by_epsilon) + spread * out[4])
    out[2] /= lorentzian_fwhm
    out[4] *= _SPREAD / lorentzian_fwhm
    return out


def doniach_sunjic_gauss_fwhm(
    lorentzian_fwhm: float, asymmetry: float, gaussian_fwhm: float
) -> float:
    """Measured full width at half maximum, found numerically."""
    return full_width(
        lambda x: doniach_sunjic_gauss(x, 1.0, 0.0, lorentzian_fwhm, asymmetry, gaussian_fwhm),
        max(lorentzian_fwhm, gaussian_fwhm),
    )


DONIACH_SUNJIC_GAUSS = LineShape(
    name="doniach_sunjic_gauss",
    parameters=(
        ShapeParameter("lorentzian_fwhm", "axis", NARROWEST, math.inf, 0.5, "width at asymmetry 0"),
        ASYMMETRY,
        ShapeParameter("gaussian_fwhm", "axis", 0.0, math.inf, 0.5, "width of the Gaussian part"),
    ),
    value=doniach_sunjic_gauss,
    jacobian=doniach_sunjic_gauss_jacobian,
    fwhm=doniach_sunjic_gauss_fwhm,
    source="https://doi.org/10.1088/0022-3719/3/2/010",
    casaxps="DS(asymmetry, n)",
    area_over="center +- 10 (lorentzian_fwhm + gaussian_fwhm)",
)
