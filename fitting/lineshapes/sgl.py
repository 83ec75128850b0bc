"""CasaXPS SGL(p): sum of a Gaussian and a Lorentzian of unit height."""

import math

import numpy as np

from fitting.arrays import FloatArray
from fitting.lineshapes.gaussian import LN2
from fitting.lineshapes.shape import NARROWEST, LineShape, Number, ShapeParameter

GAUSS_AREA = math.sqrt(math.pi / LN2)
"""Integral of 2 ** -(u ** 2) over u; that of 1 / (1 + u ** 2) is pi."""


def sgl(x: FloatArray, area: Number, center: Number, fwhm: Number, mix: Number) -> FloatArray:
    """Sum of a Gaussian and a Lorentzian sharing one width, weighted by *height*.

    Parameters
    ----------
    x : (N,), eV or cm-1
    area : intensity * x; integral over the whole line
    center, fwhm : unit of x; full width at half maximum, > 0
    mix : 0 (Gaussian) to 1 (Lorentzian), share of the height; SGL(30) is mix = 0.3

    Returns
    -------
    (N,) or (L, N), intensity

    Notes
    -----
    The same curve as `pseudo_voigt` with ``lorentz_fraction = mix * pi / (mix * pi +
    (1 - mix) * sqrt(pi / ln 2))``. Major et al. 2022, doi:10.1002/sia.7050
    """
    u = (x - center) * (2.0 / fwhm)
    u *= u
    height = 2.0 * area / (fwhm * _unit_area(mix))
    profile = (height * (1.0 - mix)) * np.exp(-LN2 * u)
    u += 1.0
    profile += (height * mix) / u
    return profile


def sgl_jacobian(
    x: FloatArray, area: Number, center: Number, fwhm: Number, mix: Number
) -> FloatArray:
    """Derivatives of `sgl` with respect to area, center, fwhm and mix: (4, N) or (4, L, N)."""
    u = (x - center) * (2.0 / fwhm)
    scale = 2.0 / (fwhm * _unit_area(mix))
    gauss = np.exp(-LN2 * u * u)
    lorentz = 1.0 / (1.0 + u * u)
    out = np.empty((4, *u.shape))
    out[0] = scale * ((1.0 - mix) * gauss + mix * lorentz)
    slope = u * ((2.0 * LN2) * (1.0 - mix) * gauss + 2.0 * mix * lorentz * lorentz)
    out[1] = (2.0 * area / fwhm * scale) * slope
    out[2] = (area / fwhm) * (scale * u * slope - out[0])
    relative = (math.pi - GAUSS_AREA) / _unit_area(mix)
    out[3] = area * (scale * (lorentz - gauss) - relative * out[0])
    return out


def sgl_fwhm(fwhm: float, mix: float) -> float:
    """The parameter itself: both parts share it."""
    return fwhm


def _unit_area(mix: Number) -> Number:
    return (1.0 - mix) * GAUSS_AREA + mix * math.pi


SGL = LineShape(
    name="sgl",
    parameters=(
        ShapeParameter("fwhm", "axis", NARROWEST, math.inf, 1.0, "full width at half maximum"),
        ShapeParameter("mix", "1", 0.0, 1.0, 0.3, "share of the Lorentzian in the height: p / 100"),
    ),
    value=sgl,
    jacobian=sgl_jacobian,
    fwhm=sgl_fwhm,
    source="http://www.casaxps.com/help_manual/line_shapes.htm; https://doi.org/10.1002/sia.7050",
    casaxps="SGL(100 mix)",
)
