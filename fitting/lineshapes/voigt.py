"""True Voigt line through the Faddeeva function."""

import math

import numpy as np
from numpy.typing import NDArray

from fitting.arrays import FloatArray
from fitting.lineshapes.gaussian import LN2
from fitting.lineshapes.half_maximum import full_width
from fitting.lineshapes.shape import NARROWEST, LineShape, Number, ShapeParameter

ComplexArray = NDArray[np.complex128]

_ROOT_LN2 = math.sqrt(LN2)
_ROOT_PI = math.sqrt(math.pi)
_FAR = 30.0


def voigt(
    x: FloatArray, area: Number, center: Number, gaussian_fwhm: Number, lorentzian_fwhm: Number
) -> FloatArray:
    """Convolution of a Gaussian and a Lorentzian.

    Parameters
    ----------
    x : (N,), eV or cm-1
    area : intensity * x; integral over the whole line
    center : unit of x
    gaussian_fwhm : unit of x, full width at half maximum of the Gaussian, > 0
    lorentzian_fwhm : unit of x, full width at half maximum of the Lorentzian, >= 0

    Returns
    -------
    (N,) or (L, N), intensity

    Notes
    -----
    ``Re w(z)`` with ``z = (x - center + i gamma) / (sigma sqrt 2)``.
    Olver et al., NIST Handbook of Mathematical Functions, 7.19, https://dlmf.nist.gov/7.19
    """
    from scipy.special import wofz

    scale = 2.0 * _ROOT_LN2 / gaussian_fwhm
    line = wofz((x - center + 0.5j * lorentzian_fwhm) * scale).real
    line *= area * scale / _ROOT_PI
    return np.asarray(line)


def voigt_jacobian(
    x: FloatArray, area: Number, center: Number, gaussian_fwhm: Number, lorentzian_fwhm: Number
) -> FloatArray:
    """Derivatives of `voigt` by area, center and the two widths: (4, N) or (4, L, N).

    ``w' = -2 z w + 2 i / sqrt(pi)`` (DLMF 7.10); where this cancels, its series is used.
    """
    scale = 2.0 * _ROOT_LN2 / gaussian_fwhm
    z = np.asarray((x - center + 0.5j * lorentzian_fwhm) * scale, dtype=np.complex128)
    value, slope, by_scale = _faddeeva(z)
    height = scale / _ROOT_PI
    out = np.empty((4, *z.shape))
    np.multiply(value.real, height, out=out[0])
    np.multiply(slope.real, -area * height * scale, out=out[1])
    np.multiply(by_scale.real, -area * height / gaussian_fwhm, out=out[2])
    np.multiply(slope.imag, -0.5 * area * height * scale, out=out[3])
    return out


def _faddeeva(z: ComplexArray) -> tuple[ComplexArray, ComplexArray, ComplexArray]:
    """``w``, ``w'`` and ``w + z w'`` at z."""
    from scipy.special import wofz

    value: ComplexArray = wofz(z)
    slope = -2.0 * z * value
    slope += 2j / _ROOT_PI
    by_scale = z * slope
    by_scale += value
    far = np.abs(z.real) + z.imag > _FAR
    if far.any():
        distant = z[far]
        slope[far], by_scale[far] = _far_away(distant)
    return value, slope, by_scale


def _far_away(z: ComplexArray) -> tuple[ComplexArray, ComplexArray]:
    """``w'`` and ``w + z w'`` from ``w = i / (sqrt(pi) z) sum (2n-1)!! / (2 z^2)^n``."""
    q = 0.5 / (z * z)
    factor = 1j / _ROOT_PI / z
    slope = -1.0 - q * (3.0 + q * (15.0 + q * (105.0 + q * (945.0 + q * 10395.0))))
    by_scale = -q * (2.0 + q * (12.0 + q * (90.0 + q * (840.0 + q * 9450.0))))
    return factor / z * slope, factor * by_scale


def voigt_fwhm(gaussian_fwhm: float, lorentzian_fwhm: float) -> float:
    """Measured full width at half maximum, found numerically."""
    return full_width(
        lambda x: voigt(x, 1.0, 0.0, gaussian_fwhm, lorentzian_fwhm),
        max(gaussian_fwhm, lorentzian_fwhm),
    )


VOIGT = LineShape(
    name="voigt",
    parameters=(
        ShapeParameter(
            "gaussian_fwhm", "axis", NARROWEST, math.inf, 0.8, "width of the Gaussian part"
        ),
        ShapeParameter(
            "lorentzian_fwhm", "axis", 0.0, math.inf, 0.3, "width of the Lorentzian part"
        ),
    ),
    value=voigt,
    jacobian=voigt_jacobian,
    fwhm=voigt_fwhm,
    source="https://dlmf.nist.gov/7.19; https://doi.org/10.1145/2049673.2049679",
    casaxps="LA(1, 1, m)",
)
