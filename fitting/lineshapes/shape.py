"""What every line shape is: a function, its derivatives, and the meaning of its numbers."""

from collections.abc import Callable
from dataclasses import dataclass

from fitting.arrays import FloatArray

Number = float | FloatArray

NARROWEST = 1e-6
"""Hard lower limit of every width that a formula divides by, in units of the axis."""


@dataclass(frozen=True)
class ShapeParameter:
    """A number a line shape or a background needs.

    Parameters
    ----------
    name : as written in a plan
    unit : ``"axis"`` (eV or cm-1), ``"1/axis"``, ``"1"`` ... ; printed beside every value
    minimum, maximum : hard limits of the formula; a plan may only narrow them
    default : start value where a plan says nothing
    meaning : one line for tables and tooltips
    """

    name: str
    unit: str
    minimum: float
    maximum: float
    default: float
    meaning: str


@dataclass(frozen=True)
class LineShape:
    """A peak of given area.

    ``value(x, area, center, *parameters)`` takes ``x`` of shape (N,) and every other argument
    as a number, or all of them as (L, 1) columns: the result is (N,) or (L, N).
    ``jacobian`` takes the same and returns (2 + P, N) or (2 + P, L, N): the derivatives with
    respect to area, center and each parameter. ``x`` grows with binding energy or Raman shift
    and may come in any order; tails of asymmetric lines point to high binding energy.

    Every shape is linear in its area, so ``jacobian(...)[0]`` is the line of unit area and
    ``area * jacobian(...)[0]`` equals ``value(...)``: who needs both calls ``jacobian`` alone.

    Parameters
    ----------
    name : as written in a plan
    parameters : what comes after area and center, in call order
    value, jacobian : see above
    fwhm : full width at half maximum from the parameters, in units of the axis
    source : where the formula is defined
    casaxps : the CasaXPS name of the same shape, or an empty string
    area_over : the range of x over which the integral of the line is its area
    """

    name: str
    parameters: tuple[ShapeParameter, ...]
    value: Callable[..., FloatArray]
    jacobian: Callable[..., FloatArray]
    fwhm: Callable[..., float]
    source: str
    casaxps: str = ""
    area_over: str = "the whole line"
