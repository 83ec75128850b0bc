"""CasaXPS LA(alpha, beta, m): a Lorentzian of two exponents convolved with a Gaussian.

Written out as one integral on each side of the center, because the exponent changes there.
"""

import math
from typing import NamedTuple

import numpy as np

from fitting.arrays import FloatArray
from fitting.lineshapes.half_maximum import full_width
from fitting.lineshapes.shape import NARROWEST, LineShape, Number, ShapeParameter

FWHM_PER_M = 0.016996
"""Gaussian full width at half maximum per unit of m, in units of the Lorentzian width F."""

_SIGMA_PER_M = FWHM_PER_M / math.sqrt(8.0 * math.log(2.0))
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(48)
_REACH = 7.5  # sigmas of the Gaussian that are integrated
_NEGLIGIBLE = 30.0  # natural logarithm: exp(-30) = 1e-13 of the height
_NARROW = 0.02  # sigma / F below which the Lorentzian is smooth over the Gaussian
_SHARP = 1e-6  # sigma / F that stands for none: the line differs by 1e-12


def la(
    x: FloatArray,
    area: Number,
    center: Number,
    fwhm: Number,
    alpha: Number,
    beta: Number,
    m: Number,
) -> FloatArray:
    """Lorentzian to the power alpha above the center, beta below it, convolved with a Gaussian.

    Parameters
    ----------
    x : (N,), binding energy in eV or Raman shift in cm-1
    area : intensity * x; integral over the whole line, both tails to infinity. For exponents
        below 1 much of it lies beyond any window: 24 % beyond 10 fwhm at 0.7, 3 % at 1.0
    center : unit of x; where the two sides meet, not the maximum
    fwhm : unit of x; width F of the plain Lorentzian (alpha = beta = 1, m = 0), > 0
    alpha : exponent on the side of *high* binding energy, > 0.5; the smaller, the longer the tail
    beta : exponent on the side of low binding energy, > 0.5
    m : width of the Gaussian: its full width at half maximum is ``0.016996 m fwhm``

    Returns
    -------
    (N,) or (L, N), intensity, to 1e-9 of the height

    Notes
    -----
    CasaXPS defines the sides on a kinetic-energy axis: alpha for ``x <= E``, which is high
    binding energy. Major et al. 2021, doi:10.1002/sia.6958.

    m is often said to count data points. It does not: in the curves that CasaXPS itself
    exported for FeO (FeO_analyzed, pynxtools-xps), two components of equal m and different
    width on one 0.05 eV grid have Gaussians of 63 and 79 points, both 1.6996 F for m = 100.
    That the width is proportional to m is taken from the manual's wording, and is in doubt: 36
    curves exported for an ionic liquid (MAHE_2024_IL_pitfalls) all have alpha = beta = 1.53 and
    a Gaussian of 1.680 F, m = 98.83 here, whereas by the exponent their authors used the common
    LA(1.53, 243). So a CasaXPS m other than 100 should be checked against an exported curve.
    The CasaXPS shorthands are LA(a, m) = LA(a, a, m) and LA(p) = LA(1, 1, 14.01 (100 - p)).
    """
    t = (x - center) / fwhm
    sides = _convolved(t, alpha, beta, m)
    return area / (fwhm * (_side_area(alpha) + _side_area(beta))) * sides.value


def la_jacobian(
    x: FloatArray,
    area: Number,
    center: Number,
    fwhm: Number,
    alpha: Number,
    beta: Number,
    m: Number,
) -> FloatArray:
    """Derivatives of `la` by area, center, fwhm, alpha, beta, m: (6, N) or (6, L, N)."""
    t = (x - center) / fwhm
    sides = _convolved(t, alpha, beta, m)
    above, below = _side_area(alpha), _side_area(beta)
    height = 1.0 / (fwhm * (above + below))
    out = np.empty((6, *t.shape))
    out[0] = height * sides.value
    out[1] = -area * height / fwhm * sides.by_position
    out[2] = -(area / fwhm) * (out[0] + height * t * sides.by_position)
    out[3] = area * (height * sides.by_alpha - out[0] * _relative_slope(alpha, above, below))
    out[4] = area * (height * sides.by_beta - out[0] * _relative_slope(beta, below, above))
    out[5] = area * height * _SIGMA_PER_M * sides.by_spread
    return out


def la_fwhm(fwhm: float, alpha: float, beta: float, m: float) -> float:
    """Measured full width at half maximum, found numerically."""
    return full_width(
        lambda x: la(x, 1.0, 0.0, fwhm, alpha, beta, m), fwhm * max(1.0, FWHM_PER_M * m)
    )


def _side_area(exponent: Number) -> FloatArray:
    """Integral of ``(1 + 4 t^2) ** -exponent`` over t > 0."""
    from scipy.special import gammaln

    ratio = np.exp(gammaln(np.asarray(exponent) - 0.5) - gammaln(exponent))
    return np.asarray(0.25 * math.sqrt(math.pi) * ratio)


def _relative_slope(exponent: Number, side: FloatArray, other: FloatArray) -> FloatArray:
    """Derivative of the logarithm of the whole area with respect to one exponent."""
    from scipy.special import digamma

    slope = digamma(np.asarray(exponent) - 0.5) - digamma(exponent)
    return np.asarray(slope * side / (side + other))


class _Convolved(NamedTuple):
    value: FloatArray
    by_position: FloatArray
    by_alpha: FloatArray
    by_beta: FloatArray
    by_spread: FloatArray


def _convolved(t: FloatArray, alpha: Number, beta: Number, m: Number) -> _Convolved:
    """The line of unit height before broadening, and its derivatives, at ``t`` (...,)."""
    spread = np.maximum(_SIGMA_PER_M * np.asarray(m, dtype=np.float64), _SHARP)
    above = _side(t, np.asarray(alpha, dtype=np.float64), spread)
    below = _side(-t, np.asarray(beta, dtype=np.float64), spread)
    return _Convolved(
        value=above[0] + below[0],
        by_position=(below[1] - above[1]) / spread,
        by_alpha=-above[3],
        by_beta=-below[3],
        by_spread=(above[2] + below[2]) / spread,
    )


def _side(t: FloatArray, exponent: FloatArray, spread: FloatArray) -> FloatArray:
    """Integrals over one side of base * Gaussian times 1, z, z^2 - 1 and log(1 + 4 tau^2).

    ``z`` is the distance from ``t`` in sigmas, ``tau`` the distance from the center.
    """
    exponent, spread = np.broadcast_to(exponent, t.shape), np.broadcast_to(spread, t.shape)
    reached = t > -_REACH * spread
    narrow = spread < _NARROW
    out = np.zeros((4, *t.shape))
    for place, nodes in ((reached & narrow, _narrow_nodes), (reached & ~narrow, _wide_nodes)):
        if place.any():
            out[:, place] = nodes(t[place], exponent[place], spread[place])
    return out


def _narrow_nodes(t: FloatArray, exponent: FloatArray, spread: FloatArray) -> FloatArray:
    """Gauss-Legendre over the Gaussian, cut off at the center of the line."""
    top = np.minimum(t / spread, _REACH)
    half = 0.5 * (top + _REACH)
    z = (0.5 * (top - _REACH))[:, None] + half[:, None] * _NODES
    tau = t[:, None] - spread[:, None] * z
    log_lorentz = np.log1p(4.0 * tau * tau)
    weight = np.exp(-exponent[:, None] * log_lorentz - 0.5 * z * z)
    weight *= half[:, None] * _WEIGHTS
    return _moments(weight, z, log_lorentz)


def _wide_nodes(t: FloatArray, exponent: FloatArray, spread: FloatArray) -> FloatArray:
    """Gauss-Legendre over v with ``tau = sinh(v) / 2``, which spreads a sharp line out."""
    end = _NEGLIGIBLE / (2.0 * exponent - 1.0) + math.log(2.0)
    first = np.arcsinh(2.0 * np.maximum(t - _REACH * spread, 0.0))
    last = np.maximum(first, np.minimum(np.arcsinh(2.0 * (t + _REACH * spread)), end))
    half = 0.5 * (last - first)
    v = (0.5 * (last + first))[:, None] + half[:, None] * _NODES
    tau = 0.5 * np.sinh(v)
    z = (t[:, None] - tau) / spread[:, None]
    log_lorentz = np.log1p(4.0 * tau * tau)
    weight = np.exp((0.5 - exponent[:, None]) * log_lorentz - 0.5 * z * z)
    weight *= (0.5 * half / spread)[:, None] * _WEIGHTS
    return _moments(weight, z, log_lorentz)


def _moments(weight: FloatArray, z: FloatArray, log_lorentz: FloatArray) -> FloatArray:
    first = weight * z
    sums = (
        weight.sum(axis=1),
        first.sum(axis=1),
        np.einsum("ij,ij->i", first, z) - weight.sum(axis=1),
        np.einsum("ij,ij->i", weight, log_lorentz),
    )
    return np.stack(sums) / math.sqrt(2.0 * math.pi)


LA = LineShape(
    name="la",
    parameters=(
        ShapeParameter("fwhm", "axis", NARROWEST, math.inf, 1.0, "width F of the plain Lorentzian"),
        ShapeParameter(
            "alpha",
            "1",
            0.55,
            100.0,
            1.0,
            "exponent towards high binding energy; small = long tail",
        ),
        ShapeParameter("beta", "1", 0.55, 100.0, 1.0, "exponent towards low binding energy"),
        ShapeParameter(
            "m", "1", 0.0, 1401.0, 50.0, "Gaussian width: fwhm 0.017 m times the Lorentzian's"
        ),
    ),
    value=la,
    jacobian=la_jacobian,
    fwhm=la_fwhm,
    source="https://doi.org/10.1002/sia.6958; http://www.casaxps.com/help_manual/manual_updates/LA_Lineshape.pdf",
    casaxps="LA(alpha, beta, m)",
)
