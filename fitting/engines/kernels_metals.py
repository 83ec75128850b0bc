"""Asymmetric line shapes inside kernels: Doniach-Sunjic with and without a Gaussian, and LA.

Formulas and sources: ``fitting.lineshapes.doniach`` and ``fitting.lineshapes.la``.
"""

import cmath
import math

import numpy as np

from fitting.arrays import FloatArray, IntArray
from fitting.engines.jit import kernel
from fitting.lineshapes.doniach import GAUSSIAN_KERNEL, SHARP, WINDOW_WIDTHS
from fitting.lineshapes.la import FWHM_PER_M

SIGMA_TO_FWHM = math.sqrt(8.0 * math.log(2.0))
SPREAD = 2.0 / SIGMA_TO_FWHM
SIGMA_PER_M = FWHM_PER_M / SIGMA_TO_FWHM
_POINTS, _SHARES = GAUSSIAN_KERNEL.points, GAUSSIAN_KERNEL.weights
_POINT, _SHARE = SHARP.points, SHARP.weights
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(48)
_REACH = 7.5
_NEGLIGIBLE = 30.0
_NARROW = 0.02
_BARE = 1e-6
_NEAR_ONE = 1e-3


@kernel
def doniach_point(
    epsilon: float, alpha: float, spread: float, broadened: bool
) -> tuple[float, float, float, float]:
    """Line of unit height scale; derivatives by epsilon, asymmetry and spread."""
    plain = slope = logs = moved = 0.0 + 0.0j
    for k in range(len(_POINTS) if broadened else 1):
        point = _POINTS[k] if broadened else _POINT[k]
        share = _SHARES[k] if broadened else _SHARE[k]
        p = 1.0 - 1j * (epsilon - spread * point)
        log_p = cmath.log(p)
        power = share * cmath.exp((alpha - 1.0) * log_p)
        bend = (alpha - 1.0) * power / p
        plain += power
        slope += bend
        logs += power * log_p
        moved += bend * point
    turn = cmath.exp(0.5j * math.pi * alpha)
    return (
        (turn * plain).real,
        (-1j * turn * slope).real,
        (turn * (0.5j * math.pi * plain + logs)).real,
        (1j * turn * moved).real,
    )


@kernel
def _doniach_primitive(
    epsilon: float, alpha: float, spread: float, broadened: bool
) -> tuple[float, float, float]:
    """An integral of the line over epsilon, with derivatives by asymmetry and spread."""
    whole = by_alpha = moved = 0.0 + 0.0j
    for k in range(len(_POINTS) if broadened else 1):
        point = _POINTS[k] if broadened else _POINT[k]
        share = _SHARES[k] if broadened else _SHARE[k]
        log_p = cmath.log(1.0 - 1j * (epsilon - spread * point))
        y = alpha * log_p
        power = cmath.exp(y)
        if abs(y) < _NEAR_ONE:
            ratio = 1.0 + y * (0.5 + y * (1.0 / 6.0 + y / 24.0))
            slope = 0.5 + y * (1.0 / 3.0 + y * (1.0 / 8.0 + y / 30.0))
        else:
            ratio = (power - 1.0) / y
            slope = ((y - 1.0) * power + 1.0) / (y * y)
        whole += share * log_p * ratio
        by_alpha += share * log_p * log_p * slope
        moved += share * point * power * cmath.exp(-log_p)
    turn = 1j * cmath.exp(0.5j * math.pi * alpha)
    return (
        (turn * whole).real,
        (turn * (0.5j * math.pi * whole + by_alpha)).real,
        (1j * turn * moved).real,
    )


@kernel
def doniach_area(alpha: float, spread: float, broadened: bool) -> tuple[float, float, float]:
    """Integral over the window that the area counts in, and its derivatives."""
    per_spread = WINDOW_WIDTHS * SIGMA_TO_FWHM
    edge = 2.0 * WINDOW_WIDTHS + per_spread * spread
    high = _doniach_primitive(edge, alpha, spread, broadened)
    low = _doniach_primitive(-edge, alpha, spread, broadened)
    at_high = doniach_point(edge, alpha, spread, broadened)
    at_low = doniach_point(-edge, alpha, spread, broadened)
    return (
        high[0] - low[0],
        high[1] - low[1],
        high[2] - low[2] + per_spread * (at_high[0] + at_low[0]),
    )


@kernel
def doniach(
    x: FloatArray, n: int, rows: FloatArray, slots: IntArray, gains: FloatArray, p: FloatArray
) -> None:
    """Doniach-Sunjic: lorentzian_fwhm, asymmetry, and gaussian_fwhm where p[4] says so."""
    broadened = p[4] != 0.0
    width, alpha = p[1], p[2]
    per_x = 2.0 / width
    spread = SPREAD * p[3] / width if broadened else 0.0
    integral, area_alpha, area_spread = doniach_area(alpha, spread, broadened)
    height = per_x / integral
    for i in range(n):
        epsilon = (p[0] - x[i]) * per_x
        value, by_epsilon, by_alpha, by_spread = doniach_point(epsilon, alpha, spread, broadened)
        unit = height * value
        rows[slots[0], i] += gains[0] * unit
        rows[slots[1], i] += gains[1] * unit
        rows[slots[2], i] += gains[2] * height * per_x * by_epsilon
        rows[slots[4], i] += gains[4] * (height * by_alpha - unit * area_alpha / integral)
        by_width = -(unit + height * epsilon * by_epsilon)
        if broadened:
            widened = height * by_spread - unit * area_spread / integral
            rows[slots[5], i] += gains[5] * widened * SPREAD / width
            by_width -= spread * widened
        rows[slots[3], i] += gains[3] * by_width / width


@kernel
def digamma(z: float) -> float:
    """Derivative of the logarithm of the gamma function, z > 0; DLMF 5.11.2."""
    shift = 0.0
    while z < 10.0:
        shift -= 1.0 / z
        z += 1.0
    q = 1.0 / (z * z)
    series = q * (1 / 12 - q * (1 / 120 - q * (1 / 252 - q * (1 / 240 - q * (1 / 132)))))
    return shift + math.log(z) - 0.5 / z - series


@kernel
def _la_side(t: float, exponent: float, spread: float) -> tuple[float, float, float, float]:
    """Integrals over one side of base * Gaussian times 1, z, z^2 - 1 and log(1 + 4 tau^2)."""
    if t <= -_REACH * spread:
        return 0.0, 0.0, 0.0, 0.0
    zero = one = two = logs = 0.0
    narrow = spread < _NARROW
    if narrow:
        top = min(t / spread, _REACH)
        half, middle = 0.5 * (top + _REACH), 0.5 * (top - _REACH)
        gain = half
    else:
        end = _NEGLIGIBLE / (2.0 * exponent - 1.0) + math.log(2.0)
        first = math.asinh(2.0 * max(t - _REACH * spread, 0.0))
        last = max(first, min(math.asinh(2.0 * (t + _REACH * spread)), end))
        half, middle = 0.5 * (last - first), 0.5 * (last + first)
        gain = 0.5 * half / spread
    for k in range(len(_NODES)):
        place = middle + half * _NODES[k]
        if narrow:
            z = place
            tau = t - spread * z
        else:
            tau = 0.5 * math.sinh(place)
            z = (t - tau) / spread
        log_lorentz = math.log1p(4.0 * tau * tau)
        power = -exponent if narrow else 0.5 - exponent
        weight = gain * _WEIGHTS[k] * math.exp(power * log_lorentz - 0.5 * z * z)
        zero += weight
        one += weight * z
        two += weight * z * z
        logs += weight * log_lorentz
    norm = 1.0 / math.sqrt(2.0 * math.pi)
    return zero * norm, one * norm, (two - zero) * norm, logs * norm


@kernel
def _side_area(exponent: float) -> float:
    return 0.25 * math.sqrt(math.pi) * math.exp(math.lgamma(exponent - 0.5) - math.lgamma(exponent))


@kernel
def la(
    x: FloatArray, n: int, rows: FloatArray, slots: IntArray, gains: FloatArray, p: FloatArray
) -> None:
    """LA: fwhm, alpha, beta, m."""
    width, alpha, beta = p[1], p[2], p[3]
    spread = max(SIGMA_PER_M * p[4], _BARE)
    above, below = _side_area(alpha), _side_area(beta)
    height = 1.0 / (width * (above + below))
    by_above = (digamma(alpha - 0.5) - digamma(alpha)) * above / (above + below)
    by_below = (digamma(beta - 0.5) - digamma(beta)) * below / (above + below)
    for i in range(n):
        t = (x[i] - p[0]) / width
        high = _la_side(t, alpha, spread)
        low = _la_side(-t, beta, spread)
        unit = height * (high[0] + low[0])
        slope = (low[1] - high[1]) / spread
        rows[slots[0], i] += gains[0] * unit
        rows[slots[1], i] += gains[1] * unit
        rows[slots[2], i] -= gains[2] * height / width * slope
        rows[slots[3], i] -= gains[3] / width * (unit + height * t * slope)
        rows[slots[4], i] -= gains[4] * (height * high[3] + unit * by_above)
        rows[slots[5], i] -= gains[5] * (height * low[3] + unit * by_below)
        rows[slots[6], i] += gains[6] * height * SIGMA_PER_M * (high[2] + low[2]) / spread


_BLUR_POINTS = 0.5 * np.arange(-10, 11)
_BLUR = np.exp(-0.5 * _BLUR_POINTS**2) / np.exp(-0.5 * _BLUR_POINTS**2).sum()


@kernel
def _on_spline(
    u: float, knots: FloatArray, curve: FloatArray, hint: int
) -> tuple[float, float, int]:
    """Value and slope of a cubic spline, end values held beyond; the interval is found from hint.

    ``curve`` is (4, M), highest power first, as scipy lays it out.
    """
    last = len(knots) - 1
    inside = knots[0] <= u <= knots[last]
    u = min(max(u, knots[0]), knots[last])
    while hint > 0 and u < knots[hint]:
        hint -= 1
    while hint < last - 1 and u >= knots[hint + 1]:
        hint += 1
    d = u - knots[hint]
    c3, c2, c1, c0 = curve[0, hint], curve[1, hint], curve[2, hint], curve[3, hint]
    value = ((c3 * d + c2) * d + c1) * d + c0
    slope = (3.0 * c3 * d + 2.0 * c2) * d + c1
    return value, slope if inside else 0.0, hint


@kernel
def measured(
    x: FloatArray,
    n: int,
    rows: FloatArray,
    slots: IntArray,
    gains: FloatArray,
    p: FloatArray,
    knots: FloatArray,
    curve: FloatArray,
) -> None:
    """A measured template: broadening."""
    sigma = p[1] / SIGMA_TO_FWHM
    count = 1 if sigma == 0.0 else len(_BLUR)
    for k in range(count):
        point = 0.0 if count == 1 else _BLUR_POINTS[k]
        weight = 1.0 if count == 1 else _BLUR[k]
        hint = 0
        for i in range(n):
            value, slope, hint = _on_spline(x[i] - p[0] - point * sigma, knots, curve, hint)
            rows[slots[0], i] += gains[0] * weight * value
            rows[slots[1], i] += gains[1] * weight * value
            rows[slots[2], i] -= gains[2] * weight * slope
            rows[slots[3], i] -= gains[3] * weight * slope * point / SIGMA_TO_FWHM
