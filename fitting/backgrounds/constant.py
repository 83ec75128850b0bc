"""One level over the whole window."""

import numpy as np

from fitting.arrays import FloatArray
from fitting.backgrounds.background import BasisBackground


def columns(u: FloatArray, width: float) -> FloatArray:
    """Return (1, N) ones; the coefficient ``level`` is an intensity."""
    return np.ones((1, len(u)))


def jacobian(u: FloatArray, width: float) -> FloatArray:
    """No nonlinear parameters: (0, 1, N)."""
    return np.zeros((0, 1, len(u)))


def coefficients() -> tuple[tuple[str, int], ...]:
    """Name and power of the axis unit of each column."""
    return (("level", 0),)


CONSTANT = BasisBackground(
    name="constant",
    parameters=(),
    options=(),
    columns=columns,
    jacobian=jacobian,
    coefficients=coefficients,
    techniques=("xps", "haxpes", "raman"),
    source="",
)
