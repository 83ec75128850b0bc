"""Tougaard's background: every electron may lose energy on its way out.

``B(x) = integral from low to x of K(x - x') j(x') dx'``, where T = x - x' >= 0 is the energy
lost and the loss function, in 1/eV, is

- U2 ``K(T) = B T / (C + T^2)^2``: metals, their oxides, broad losses;
- U3 ``K(T) = B T / ((C - T^2)^2 + D T^2)``: a plasmon near T = sqrt(C) (polymers, Si, SiO2, Al).

The sign before T^2 differs on purpose; programs that write U3 as ``(C + C' T^2)^2 + D T^2`` mean
C' = -1 here (Hesse et al. 2011, doi:10.1002/sia.3746). B is in eV^2, as are C and D; B = 2 C
in U2 is one loss per mean free path. Active, j are the peaks of the fit: one loss each. Static,
j is the spectrum above its low end, losses included, as in Tougaard's formula for a homogeneous
solid; the two B therefore differ.

Defaults: U2 for metals and oxides; U3 for polymers (SiO2: C = 542, D = 275). C and D of U3 were
checked against a CasaXPS file and Tougaard 2021; both B only serve as starts.
"""

import math
from collections.abc import Callable

import numpy as np

from fitting.arrays import FloatArray
from fitting.backgrounds.background import (
    ActiveBackground,
    Option,
    PeakOperator,
    StaticBackground,
)
from fitting.backgrounds.ends import end_levels
from fitting.errors import DataError
from fitting.lineshapes.shape import ShapeParameter

SOURCE = (
    "Tougaard 1989, doi:10.1016/0039-6028(89)90380-4 (U2); Tougaard 1997, "
    "doi:10.1002/(SICI)1096-9918(199703)25:3<137::AID-SIA230>3.0.CO;2-L (U3); "
    "Tougaard 2021, doi:10.1116/6.0000661 (use)"
)
C_U2 = 1643.0
B_U2 = 2866.0
C_U3 = 551.0
D_U3 = 436.0
B_U3 = 434.0
_EVEN = 1e-6  # of a step: how far points may lie off an even axis that is used as such
_ROUNDING = 1e-9  # eV; a point exactly one gap away counts, as it does in CasaXPS


def loss_matrix(x: FloatArray, loss_function: Callable[[FloatArray], FloatArray]) -> FloatArray:
    """Tabulate a loss function of the energy lost from point j to point i.

    Parameters
    ----------
    x : (N,) ascending
    loss_function : (...) -> (...), energy lost to 1/eV

    Returns
    -------
    (N, N), zero where j is not below i. An even axis needs N values of the function only.
    """
    from scipy.linalg import toeplitz

    if _is_even(x):
        column = loss_function(x - x[0])
        return np.asarray(toeplitz(column, np.zeros(len(x))), dtype=np.float64)
    return np.tril(loss_function(x[:, np.newaxis] - x))


def _is_even(x: FloatArray) -> bool:
    step = (x[-1] - x[0]) / max(len(x) - 1, 1)
    even = x[0] + step * np.arange(len(x))
    return bool(np.max(np.abs(x - even)) <= _EVEN * step)


def weights(x: FloatArray) -> FloatArray:
    """Trapezoid weights (N,) of ascending points; K(0) = 0 spares the upper end its half."""
    whole = np.zeros(len(x))
    whole[:-1] += 0.5 * np.diff(x)
    whole[1:] += 0.5 * np.diff(x)
    return whole


def u2(loss: FloatArray, b: float, c: float) -> FloatArray:
    """Two-parameter universal cross-section, 1/eV."""
    return b * loss / (c + loss**2) ** 2


def u3(loss: FloatArray, b: float, c: float, d: float) -> FloatArray:
    """Three-parameter universal cross-section, 1/eV."""
    square = loss**2
    return b * loss / ((c - square) ** 2 + d * square)


def operator_u2(x: FloatArray, b: float, c: float) -> PeakOperator:
    """Build the map from peaks (..., N) to their U2 background on ascending x (N,)."""
    matrix = loss_matrix(x, lambda loss: u2(loss, b, c)) * weights(x)
    return lambda peaks: peaks @ matrix.T


def operator_u3(x: FloatArray, b: float, c: float, d: float) -> PeakOperator:
    """Build the map from peaks (..., N) to their U3 background on ascending x (N,)."""
    matrix = loss_matrix(x, lambda loss: u3(loss, b, c, d)) * weights(x)
    return lambda peaks: peaks @ matrix.T


def jacobian_u2(x: FloatArray, peaks: FloatArray, b: float, c: float) -> FloatArray:
    """Return the derivatives of the U2 response with respect to B and C, (2, N)."""
    slopes = (
        lambda loss: u2(loss, 1.0, c),
        lambda loss: -2.0 * b * loss / (c + loss**2) ** 3,
    )
    weighted = weights(x) * peaks
    return np.stack([loss_matrix(x, slope) @ weighted for slope in slopes])


def jacobian_u3(x: FloatArray, peaks: FloatArray, b: float, c: float, d: float) -> FloatArray:
    """Return the derivatives of the U3 response with respect to B, C and D, (3, N)."""

    def denominator(loss: FloatArray) -> FloatArray:
        return (c - loss**2) ** 2 + d * loss**2

    slopes = (
        lambda loss: u3(loss, 1.0, c, d),
        lambda loss: -2.0 * b * loss * (c - loss**2) / denominator(loss) ** 2,
        lambda loss: -b * loss**3 / denominator(loss) ** 2,
    )
    weighted = weights(x) * peaks
    return np.stack([loss_matrix(x, slope) @ weighted for slope in slopes])


def curve_u2(x: FloatArray, intensity: FloatArray, *, points: int, C: float) -> FloatArray:
    """Static U2 background that meets the data at both ends; see `scaled`."""
    return scaled(x, intensity, lambda loss: u2(loss, 1.0, C), points)[0]


def curve_u3(
    x: FloatArray,
    intensity: FloatArray,
    *,
    points: int,
    C: float,
    D: float,
    gap: float,
) -> FloatArray:
    """Static U3 background that meets the data at both ends; no losses up to ``gap`` (eV)."""

    def beyond_gap(loss: FloatArray) -> FloatArray:
        return np.where(loss > gap - _ROUNDING, u3(loss, 1.0, C, D), 0.0)

    return scaled(x, intensity, beyond_gap, points)[0]


def scaled(
    x: FloatArray,
    intensity: FloatArray,
    loss_function: Callable[[FloatArray], FloatArray],
    points: int,
) -> tuple[FloatArray, float]:
    """Scale a loss function until its background meets the data at high binding energy.

    Parameters
    ----------
    x, intensity : (N,) ascending, eV
    loss_function : (...) -> (...), energy lost to 1/eV, for B = 1
    points : how many points are averaged at each end

    Returns
    -------
    Background (N,) and B in eV^2, below zero if the data fall towards high binding energy.

    Raises
    ------
    DataError
        Too few points, or no net intensity above the low end to cast a background.
    """
    low, high = end_levels(x, intensity, points)
    if high == low:
        return np.full(x.shape, low), 0.0
    tail = loss_matrix(x, loss_function) @ (weights(x) * (intensity - low))
    if not tail[-1] > 0.0:
        raise DataError(
            f"no Tougaard background on {x[0]:g} .. {x[-1]:g}: no net intensity above the level "
            f"{low:.4g} of its low end though the ends differ by {high - low:.3g}; "
            "use a linear background or another window"
        )
    b = (high - low) / float(tail[-1])
    return low + b * tail, b


def _square(name: str, minimum: float, default: float, meaning: str) -> ShapeParameter:
    return ShapeParameter(name, "axis^2", minimum, math.inf, default, meaning)


_SCALE = "scale of the inelastic losses"
_POINTS = Option("points", 5, 1, 1000, "points averaged at each end of the window")
_TECHNIQUES = ("xps", "haxpes")

ACTIVE_U2 = ActiveBackground(
    name="tougaard_u2",
    parameters=(
        _square("B", 0.0, B_U2, _SCALE),
        _square("C", 1e-6, C_U2, "loss of highest probability is sqrt(C / 3)"),
    ),
    held=("C",),
    operator=operator_u2,
    jacobian=jacobian_u2,
    techniques=_TECHNIQUES,
    source=SOURCE,
)

ACTIVE_U3 = ActiveBackground(
    name="tougaard_u3",
    parameters=(
        _square("B", 0.0, B_U3, _SCALE),
        _square("C", 1e-6, C_U3, "square of the plasmon energy"),
        _square("D", 1e-6, D_U3, "square of the width of the plasmon"),
    ),
    held=("C", "D"),
    operator=operator_u3,
    jacobian=jacobian_u3,
    techniques=_TECHNIQUES,
    source=SOURCE,
)

STATIC_U2 = StaticBackground(
    name="tougaard_u2",
    options=(_POINTS, Option("C", C_U2, 1e-6, 1e6, "eV^2, as in the loss function U2")),
    curve=curve_u2,
    techniques=_TECHNIQUES,
    source=SOURCE,
)

STATIC_U3 = StaticBackground(
    name="tougaard_u3",
    options=(
        _POINTS,
        Option("C", C_U3, 1e-6, 1e6, "eV^2, as in the loss function U3"),
        Option("D", D_U3, 1e-6, 1e6, "eV^2, as in the loss function U3"),
        Option("gap", 0.0, 0.0, 100.0, "eV, no losses below it (T0 in CasaXPS)"),
    ),
    curve=curve_u3,
    techniques=_TECHNIQUES,
    source=SOURCE,
)
