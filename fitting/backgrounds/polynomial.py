"""A polynomial, as Legendre polynomials over the window."""

import numpy as np
from numpy.polynomial import legendre

from fitting.arrays import FloatArray
from fitting.backgrounds.background import BasisBackground, Option

MAXIMUM_DEGREE = 9


def columns(u: FloatArray, width: float, *, degree: int) -> FloatArray:
    """Legendre polynomials P_0 .. P_degree of ``t = 2 u / width - 1``.

    Parameters
    ----------
    u : (N,) axis from the lower end of the window
    width : extent of the window; t runs from -1 to 1 over it
    degree : highest power

    Returns
    -------
    (degree + 1, N). Coefficient ``c0`` is the mean over the window, ``c1`` half the rise
    across it, and so on; all are intensities. Powers of u would be hopelessly ill-conditioned
    (degree 5 on 10 .. 1000 cm-1: a condition number of 2e15 instead of 3.3).

    References
    ----------
    NIST Digital Library of Mathematical Functions, 18.3
    """
    return np.ascontiguousarray(legendre.legvander(2.0 * u / width - 1.0, degree).T)


def jacobian(u: FloatArray, width: float, *, degree: int) -> FloatArray:
    """No nonlinear parameters: (0, degree + 1, N)."""
    return np.zeros((0, degree + 1, len(u)))


def coefficients(*, degree: int) -> tuple[tuple[str, int], ...]:
    """Name and power of the axis unit of each column."""
    return tuple((f"c{order}", 0) for order in range(degree + 1))


POLYNOMIAL = BasisBackground(
    name="polynomial",
    parameters=(),
    options=(Option("degree", 1, 0, MAXIMUM_DEGREE, "highest power; 1 is a straight line"),),
    columns=columns,
    jacobian=jacobian,
    coefficients=coefficients,
    techniques=("xps", "haxpes", "raman"),
    source="Legendre polynomials: DLMF 18.3, https://dlmf.nist.gov/18.3",
)
