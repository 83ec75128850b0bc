"""A straight line."""

import numpy as np

from fitting.arrays import FloatArray
from fitting.backgrounds.background import BasisBackground


def columns(u: FloatArray, width: float) -> FloatArray:
    """Straight line as its middle and its rise.

    Parameters
    ----------
    u : (N,) axis from the lower end of the window
    width : extent of the window

    Returns
    -------
    (2, N): ones for ``level``, the intensity in the middle of the window, and
    ``u / width - 1/2`` for ``rise``, the intensity at its upper end minus that at its lower
    end (slope = rise / width). On an even axis the two are orthogonal.
    """
    return np.stack([np.ones(len(u)), u / width - 0.5])


def jacobian(u: FloatArray, width: float) -> FloatArray:
    """No nonlinear parameters: (0, 2, N)."""
    return np.zeros((0, 2, len(u)))


def coefficients() -> tuple[tuple[str, int], ...]:
    """Name and power of the axis unit of each column."""
    return (("level", 0), ("rise", 0))


LINEAR = BasisBackground(
    name="linear",
    parameters=(),
    options=(),
    columns=columns,
    jacobian=jacobian,
    coefficients=coefficients,
    techniques=("xps", "haxpes", "raman"),
    source="",
)
