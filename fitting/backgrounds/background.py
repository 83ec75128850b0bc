"""What every background is. Three kinds, told apart by where they enter the fit."""

from collections.abc import Callable
from dataclasses import dataclass

from fitting.arrays import FloatArray
from fitting.lineshapes.shape import ShapeParameter


@dataclass(frozen=True)
class BasisBackground:
    """A sum of curves fitted with the peaks; coefficients are linear and unconstrained.

    ``columns(u, *parameters)`` returns (M, N), one row per linear coefficient, on
    ``u = x - origin``, where the origin is the lower end of the region's window.
    ``jacobian(u, *parameters)`` returns (P, M, N), the derivatives with respect to the P
    nonlinear parameters (none for a polynomial, the rate for an exponential).
    ``coefficients(options)`` gives a name and a power of the axis unit for every column.
    """

    name: str
    parameters: tuple[ShapeParameter, ...]
    options: tuple[str, ...]
    columns: Callable[..., FloatArray]
    jacobian: Callable[..., FloatArray]
    coefficients: Callable[..., tuple[tuple[str, int], ...]]
    source: str


@dataclass(frozen=True)
class ActiveBackground:
    """The tail that the fitted peaks themselves cast to high binding energy.

    ``response(x, peaks, *parameters)`` takes ascending ``x`` (N,) and peaks (..., N), and
    returns (..., N): linear in the peaks. ``jacobian(x, peaks, *parameters)`` returns (P, N)
    for one (N,) envelope of peaks.
    """

    name: str
    parameters: tuple[ShapeParameter, ...]
    response: Callable[..., FloatArray]
    jacobian: Callable[..., FloatArray]
    source: str


@dataclass(frozen=True)
class StaticBackground:
    """A curve computed from the data before the fit and held.

    ``curve(x, intensity, **options)`` takes ascending ``x`` (N,) and returns (N,).
    ``options`` maps the name of every option to its default.
    """

    name: str
    options: dict[str, float | int | str]
    curve: Callable[..., FloatArray]
    source: str
