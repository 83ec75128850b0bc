"""An exponential that falls from the lower end of the window, with or without a constant."""

import math

import numpy as np

from fitting.arrays import FloatArray
from fitting.backgrounds.background import BasisBackground, Option
from fitting.lineshapes.shape import ShapeParameter


def columns(u: FloatArray, width: float, decay: float, *, constant: bool) -> FloatArray:
    """``exp(-decay u)``, and ones if there is a constant.

    Parameters
    ----------
    u : (N,) axis from the lower end of the window
    width : extent of the window; not needed
    decay : 1/axis, >= 0
    constant : whether a level is added

    Returns
    -------
    (1, N) or (2, N). ``amplitude`` is the intensity of the exponential at the lower end of the
    window, ``level`` what it decays to. Decay 0 with a constant is not identified.
    """
    falling = np.exp(-decay * u)
    return np.stack([falling, np.ones(len(u))]) if constant else falling[np.newaxis]


def jacobian(u: FloatArray, width: float, decay: float, *, constant: bool) -> FloatArray:
    """Return the derivatives of the columns with respect to ``decay``, (1, M, N)."""
    slope = -u * np.exp(-decay * u)
    return np.stack([slope, np.zeros(len(u))])[np.newaxis] if constant else slope[None, None]


def coefficients(*, constant: bool) -> tuple[tuple[str, int], ...]:
    """Name and power of the axis unit of each column."""
    return (("amplitude", 0), ("level", 0)) if constant else (("amplitude", 0),)


EXPONENTIAL = BasisBackground(
    name="exponential",
    parameters=(
        ShapeParameter(
            "decay",
            "1/axis",
            0.0,
            math.inf,
            0.01,
            "rate of the decay; one over the width of the window is a fair start",
        ),
    ),
    options=(Option("constant", False, 0, 1, "whether a level is fitted beside it"),),
    columns=columns,
    jacobian=jacobian,
    coefficients=coefficients,
    techniques=("raman", "haxpes"),
    source="NIST StRD Gauss1: y = b1 exp(-b2 x) + peaks, https://www.itl.nist.gov/div898/strd",
)
