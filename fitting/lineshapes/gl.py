"""CasaXPS GL(p): product of a Gaussian and a Lorentzian of unit height."""

import math

import numpy as np

from fitting.arrays import FloatArray
from fitting.lineshapes.gaussian import LN2
from fitting.lineshapes.half_maximum import full_width
from fitting.lineshapes.shape import NARROWEST, LineShape, Number, ShapeParameter

_NODES, _WEIGHTS = np.polynomial.hermite.hermgauss(32)
_MOSTLY_GAUSSIAN = 0.05
_FROM_THE_END = 1e-9


def gl(x: FloatArray, area: Number, center: Number, fwhm: Number, mix: Number) -> FloatArray:
    """Product of a Gaussian and a Lorentzian, each of unit height.

    Parameters
    ----------
    x : (N,), eV or cm-1
    area : intensity * x; integral over the whole line
    center, fwhm : unit of x; the width F of the formula, > 0
    mix : 0 (Gaussian) to 1 (Lorentzian); GL(30) is mix = 0.3

    Returns
    -------
    (N,) or (L, N), intensity

    Notes
    -----
    ``2 ** -((1 - mix) u**2) / (1 + mix u**2)`` with ``u = 2 (x - center) / fwhm``. In between
    the limits the line is narrower than ``fwhm``: `gl_fwhm` says how wide it is. The area has
    a closed form with erfcx. Its derivative with respect to mix diverges as
    ``(1 - mix) ** -0.5``; at mix = 1 the one at 1 - 1e-9 is given.
    Major et al. 2022, doi:10.1002/sia.7050
    """
    u = (x - center) * (2.0 / fwhm)
    u *= u
    integral, _ = _unit_area(mix)
    return (2.0 * area / (fwhm * integral)) * np.exp(-LN2 * (1.0 - mix) * u) / (1.0 + mix * u)


def gl_jacobian(
    x: FloatArray, area: Number, center: Number, fwhm: Number, mix: Number
) -> FloatArray:
    """Derivatives of `gl` with respect to area, center, fwhm and mix: (4, N) or (4, L, N)."""
    u = (x - center) * (2.0 / fwhm)
    square = u * u
    lorentz = 1.0 / (1.0 + mix * square)
    integral, by_mix = _unit_area(mix)
    out = np.empty((4, *u.shape))
    out[0] = (2.0 / (fwhm * integral)) * np.exp(-LN2 * (1.0 - mix) * square) * lorentz
    slope = u * out[0] * (2.0 * LN2 * (1.0 - mix) + 2.0 * mix * lorentz)
    out[1] = (2.0 * area / fwhm) * slope
    out[2] = (area / fwhm) * (u * slope - out[0])
    out[3] = area * out[0] * (square * (LN2 - lorentz) - by_mix / integral)
    return out


def gl_fwhm(fwhm: float, mix: float) -> float:
    """Measured full width at half maximum; equals the parameter only for mix 0 and 1."""
    return full_width(lambda x: gl(x, 1.0, 0.0, fwhm, mix), fwhm)


def _unit_area(mix: Number) -> tuple[FloatArray, FloatArray]:
    """Integral of the profile over u, and its derivative with respect to mix."""
    ratio = np.asarray(mix, dtype=np.float64)
    gaussian = ratio < _MOSTLY_GAUSSIAN
    if not gaussian.any():
        return _closed_area(ratio)
    series, series_slope = _quadrature_area(np.where(gaussian, ratio, 0.0))
    closed, closed_slope = _closed_area(np.where(gaussian, 0.5, ratio))
    return np.where(gaussian, series, closed), np.where(gaussian, series_slope, closed_slope)


def _closed_area(mix: FloatArray) -> tuple[FloatArray, FloatArray]:
    """``pi erfcx(y) / sqrt(mix)`` with ``y^2 = ln2 (1 - mix) / mix``."""
    from scipy.special import erfcx

    integral = math.pi * erfcx(np.sqrt(LN2 * (1.0 - mix) / mix)) / np.sqrt(mix)
    inside = np.minimum(mix, 1.0 - _FROM_THE_END)
    edge = math.sqrt(math.pi) / np.sqrt(LN2 * (1.0 - inside))
    return integral, (edge - integral) * LN2 / mix**2 - 0.5 * integral / mix


def _quadrature_area(mix: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The same by Gauss-Hermite, where the closed form cancels."""
    steep = LN2 * (1.0 - mix)
    lorentz = 1.0 / (1.0 + (mix / steep)[..., None] * _NODES**2)
    integral = lorentz @ _WEIGHTS / np.sqrt(steep)
    moment = (lorentz * lorentz) @ (_WEIGHTS * _NODES**2) / np.sqrt(steep)
    return integral, LN2 / steep * (0.5 * integral - moment / steep)


GL = LineShape(
    name="gl",
    parameters=(
        ShapeParameter("fwhm", "axis", NARROWEST, math.inf, 1.0, "width F of the formula"),
        ShapeParameter("mix", "1", 0.0, 1.0, 0.3, "from Gaussian (0) to Lorentzian (1): p / 100"),
    ),
    value=gl,
    jacobian=gl_jacobian,
    fwhm=gl_fwhm,
    source="http://www.casaxps.com/help_manual/line_shapes.htm; https://doi.org/10.1002/sia.7050",
    casaxps="GL(100 mix)",
)
