"""What every background is. Three kinds, told apart by where they enter the fit."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from fitting.arrays import FloatArray
from fitting.lineshapes.shape import ShapeParameter

_TYPE_NAMES: dict[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a word",
}

OptionValue = float | int | str
"""What an option may be; bool is an int."""

PeakOperator = Callable[[FloatArray], FloatArray]
"""Maps peaks (..., N) to what they cast (..., N)."""


@dataclass(frozen=True)
class Option:
    """A choice made before the fit; its default tells its type.

    Parameters
    ----------
    name : as written in a plan
    default : value where a plan says nothing
    minimum, maximum : what a number may be, ends included
    meaning : one line for tables and tooltips, with the unit
    choices : what a word may be
    """

    name: str
    default: OptionValue
    minimum: float
    maximum: float
    meaning: str
    choices: tuple[str, ...] = ()

    def checked(self, value: object) -> OptionValue:
        """Return the value in the type of the default.

        Raises
        ------
        ValueError
            What is wrong with it and what would be right.
        """
        wanted = type(self.default)
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            if isinstance(value, bool) and wanted is bool:
                return value
            raise ValueError(self._wrong_type(value))
        if isinstance(value, str):
            return self._choice(value)
        if wanted not in (int, float) or (wanted is int and isinstance(value, float)):
            raise ValueError(self._wrong_type(value))
        if not self.minimum <= value <= self.maximum or math.isinf(value):
            raise ValueError(
                f"{value!r} must lie in {self.minimum:g} .. {self.maximum:g} ({self.meaning})"
            )
        return value if wanted is int else float(value)

    def _choice(self, value: str) -> str:
        if not isinstance(self.default, str):
            raise ValueError(self._wrong_type(value))
        if value not in self.choices:
            raise ValueError(f"{value!r} must be one of {', '.join(self.choices)}")
        return value

    def _wrong_type(self, value: object) -> str:
        return f"{value!r} must be {_TYPE_NAMES[type(self.default)]} ({self.meaning})"


@dataclass(frozen=True)
class BasisBackground:
    """A sum of curves fitted with the peaks; coefficients are linear and unconstrained.

    ``columns(u, width, *parameters, **options)`` returns (M, N), one row per linear
    coefficient, on ``u = x - origin``, where the origin is the lower end of the region's window
    and ``width`` its extent, the same at every step of a series. On the window every column
    stays within -1 .. 1, so that all coefficients are intensities of comparable size.
    ``jacobian`` takes the same and returns (P, M, N), the derivatives with respect to the P
    nonlinear parameters (none for a polynomial, the decay for an exponential).
    ``coefficients(**options)`` gives a name and a power of the axis unit for every column.
    """

    name: str
    parameters: tuple[ShapeParameter, ...]
    options: tuple[Option, ...]
    columns: Callable[..., FloatArray]
    jacobian: Callable[..., FloatArray]
    coefficients: Callable[..., tuple[tuple[str, int], ...]]
    techniques: tuple[str, ...]
    source: str


@dataclass(frozen=True)
class ActiveBackground:
    """The tail that the fitted peaks themselves cast to high binding energy.

    ``operator(x, *parameters)`` takes ascending ``x`` (N,) and returns a function that maps
    peaks (..., N) to their background (..., N): built once per set of parameters, linear in
    the peaks, so the same function serves the envelope and every row of its Jacobian.
    ``jacobian(x, peaks, *parameters)`` returns (P, N) for one (N,) envelope of peaks.
    The level at the lower end of the window is not in it: a basis goes with it.

    Parameters
    ----------
    held : parameters that stay at their default unless the plan frees them, because one
        window does not tell them from the others
    """

    name: str
    parameters: tuple[ShapeParameter, ...]
    held: tuple[str, ...]
    operator: Callable[..., PeakOperator]
    jacobian: Callable[..., FloatArray]
    techniques: tuple[str, ...]
    source: str

    def response(self, x: FloatArray, peaks: FloatArray, *parameters: float) -> FloatArray:
        """Background (..., N) of peaks (..., N) on ascending x (N,)."""
        return self.operator(x, *parameters)(peaks)


@dataclass(frozen=True)
class StaticBackground:
    """A curve computed from the data before the fit and held.

    ``curve(x, intensity, **options)`` takes ascending ``x`` (N,) and returns (N,); it raises
    DataError where there is no such curve. Its own error is not in the errors of the fit.
    """

    name: str
    options: tuple[Option, ...]
    curve: Callable[..., FloatArray]
    techniques: tuple[str, ...]
    source: str


Background = BasisBackground | ActiveBackground | StaticBackground
