"""Functions inside kernels: powers of two that vectorise, the Faddeeva function."""

import math
from typing import Any

import numpy as np
from numba import types
from numba.extending import intrinsic

from fitting.engines.jit import exact_kernel, inlined, kernel

_ROUND = 6755399441055744.0  # 1.5 * 2**52: adding it rounds to a whole number
_LARGEST = 1000.0


@intrinsic
def _bits(typingctx: Any, value: Any) -> Any:
    """The same 64 bits as a whole number."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], context.get_value_type(types.int64))

    return types.int64(types.float64), codegen


@intrinsic
def _number(typingctx: Any, value: Any) -> Any:
    """The same 64 bits as a floating point number."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], context.get_value_type(types.float64))

    return types.float64(types.int64), codegen


def _halving_polynomial(degree: int) -> list[float]:
    """Coefficients of 2 ** -f on -1/2 .. 1/2, by the Chebyshev series of exp."""
    from numpy.polynomial import chebyshev
    from scipy.special import iv

    half = 0.5 * math.log(2.0)
    series = [float((1 if k == 0 else 2) * (-1) ** k * iv(k, half)) for k in range(degree + 1)]
    powers = chebyshev.cheb2poly(series)
    return [float(c) * 2.0**k for k, c in enumerate(powers)]


_C0, _C1, _C2, _C3, _C4, _C5, _C6, _C7, _C8 = _halving_polynomial(8)


@exact_kernel
def halved(t: float) -> float:
    """``2 ** -t`` for t >= 0, to 2e-12 relative; below 2 ** -1000 it stays there."""
    t = min(t, _LARGEST)
    shifted = t + _ROUND
    f = t - (shifted - _ROUND)
    p = _C8
    p = p * f + _C7
    p = p * f + _C6
    p = p * f + _C5
    p = p * f + _C4
    p = p * f + _C3
    p = p * f + _C2
    p = p * f + _C1
    p = p * f + _C0
    return _number(_bits(p) - (_bits(shifted) << 52))


TERMS = 26
_L = math.sqrt(TERMS / math.sqrt(2.0))
_INVERSE_ROOT_PI = 1.0 / math.sqrt(math.pi)


def _weideman() -> tuple[float, ...]:
    """Coefficients of Weideman's rational series, lowest power first.

    Weideman 1994, doi:10.1137/0731077
    """
    points = 2 * TERMS
    theta = np.pi * np.arange(-points + 1, points) / points
    t = _L * np.tan(0.5 * theta)
    f = np.concatenate([[0.0], np.exp(-t * t) * (_L * _L + t * t)])
    spectrum = np.real(np.fft.fft(np.fft.fftshift(f))) / (2 * points)
    return tuple(float(c) for c in spectrum[1 : TERMS + 1])


(
    _A0,
    _A1,
    _A2,
    _A3,
    _A4,
    _A5,
    _A6,
    _A7,
    _A8,
    _A9,
    _A10,
    _A11,
    _A12,
    _A13,
    _A14,
    _A15,
    _A16,
    _A17,
    _A18,
    _A19,
    _A20,
    _A21,
    _A22,
    _A23,
    _A24,
    _A25,
) = _weideman()


@inlined
def faddeeva(x: float, y: float) -> tuple[float, float]:
    """Real and imaginary part of ``w(x + i y)`` for y >= 0.

    Nearer to 0 than `FAR`: 9e-12 absolute; 2e-8 relative in the real part for y >= 0.01, 2e-7
    for y >= 0.001, both where the Gaussian has died away. The polynomial in Z has real
    coefficients, so Clenshaw's recurrence needs no complex arithmetic; it is written out because
    a loop inside would not be turned into vector instructions.
    """
    up = _L + y
    r = 1.0 / (up * up + x * x)
    zr = (_L * _L - y * y - x * x) * r
    zi = 2.0 * _L * x * r
    square, twice = zr * zr + zi * zi, 2.0 * zr
    b = _A25
    c = _A24 + twice * b
    b = _A23 + twice * c - square * b
    c = _A22 + twice * b - square * c
    b = _A21 + twice * c - square * b
    c = _A20 + twice * b - square * c
    b = _A19 + twice * c - square * b
    c = _A18 + twice * b - square * c
    b = _A17 + twice * c - square * b
    c = _A16 + twice * b - square * c
    b = _A15 + twice * c - square * b
    c = _A14 + twice * b - square * c
    b = _A13 + twice * c - square * b
    c = _A12 + twice * b - square * c
    b = _A11 + twice * c - square * b
    c = _A10 + twice * b - square * c
    b = _A9 + twice * c - square * b
    c = _A8 + twice * b - square * c
    b = _A7 + twice * c - square * b
    c = _A6 + twice * b - square * c
    b = _A5 + twice * c - square * b
    c = _A4 + twice * b - square * c
    b = _A3 + twice * c - square * b
    c = _A2 + twice * b - square * c
    b = _A1 + twice * c - square * b
    pr = _A0 + zr * b - square * c
    pi = zi * b
    ir, ii = up * r, x * r
    fr = 2.0 * (pr * ir - pi * ii) + _INVERSE_ROOT_PI
    fi = 2.0 * (pr * ii + pi * ir)
    return fr * ir - fi * ii, fr * ii + fi * ir


FAR = 5.5
"""From this distance of z from 0 on, the quotient of two polynomials is better."""


def _quotient() -> tuple[list[float], list[float]]:
    """``w(z) = i z P(z^2) / Q(z^2)`` by Gauss-Hermite quadrature with 10 points."""
    nodes, weights = np.polynomial.hermite.hermgauss(10)
    square, weight = nodes[nodes > 0.0] ** 2, weights[nodes > 0.0]
    above = sum(2.0 / math.pi * w * np.poly(np.delete(square, k)) for k, w in enumerate(weight))
    return [float(c) for c in above], [float(c) for c in np.poly(square)]


(_P4, _P3, _P2, _P1, _P0), (_Q5, _Q4, _Q3, _Q2, _Q1, _Q0) = _quotient()


@inlined
def faddeeva_far(x: float, y: float) -> tuple[float, float]:
    """``w(x + i y)`` for y >= 0 and a distance from 0 of at least `FAR`: 4e-8 relative at worst."""
    sr, si = x * x - y * y, 2.0 * x * y
    square, twice = sr * sr + si * si, 2.0 * sr
    b = _P3 + twice * _P4
    c = _P2 + twice * b - square * _P4
    b = _P1 + twice * c - square * b
    pr, pi = _P0 + sr * b - square * c, si * b
    c = _Q4 + twice * _Q5
    b = _Q3 + twice * c - square * _Q5
    c = _Q2 + twice * b - square * c
    b = _Q1 + twice * c - square * b
    qr, qi = _Q0 + sr * b - square * c, si * b
    r = 1.0 / (qr * qr + qi * qi)
    vr, vi = (pr * qr + pi * qi) * r, (pi * qr - pr * qi) * r
    return -(x * vi + y * vr), x * vr - y * vi


@kernel
def erfcx(y: float) -> float:
    """``exp(y^2) erfc(y)`` for 0 <= y < 5."""
    return math.exp(y * y) * math.erfc(y)
