"""A measured spectrum as a component: scaled, shifted, broadened."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from fitting.arrays import BoolArray, FloatArray
from fitting.errors import DataError
from fitting.lineshapes.half_maximum import full_width
from fitting.lineshapes.shape import LineShape, Number, ShapeParameter

if TYPE_CHECKING:
    from scipy.interpolate import CubicSpline, PPoly

_STEP = 0.5
_POINTS = _STEP * np.arange(-10, 11)
_WEIGHTS = np.exp(-0.5 * _POINTS**2) / np.exp(-0.5 * _POINTS**2).sum()
_SIGMA = 1.0 / math.sqrt(8.0 * math.log(2.0))
_FEWEST = 4

MEASURED_PARAMETERS = (
    ShapeParameter(
        "broadening", "axis", 0.0, math.inf, 0.0, "width of a Gaussian that blurs the template"
    ),
)


@dataclass(frozen=True, eq=False)
class Template:
    """A measured curve as a cubic spline; beyond its ends the end values are held.

    Parameters
    ----------
    curve, slope : the spline through the points and its derivative
    low, high : first and last position of the template
    """

    curve: "CubicSpline"
    slope: "PPoly"
    low: float
    high: float

    def value(self, x: FloatArray, area: Number, center: Number, broadening: Number) -> FloatArray:
        """The template times ``area``, moved up by ``center`` and blurred by ``broadening``."""
        u = x - center
        if not np.any(broadening):
            return area * self._at(u)[0]
        out = np.zeros(u.shape)
        for point, weight in zip(_POINTS, _WEIGHTS, strict=True):
            out += weight * self._at(u - point * _SIGMA * broadening)[0]
        return area * out

    def jacobian(
        self, x: FloatArray, area: Number, center: Number, broadening: Number
    ) -> FloatArray:
        """Derivatives by area, center and broadening: (3, N) or (3, L, N)."""
        u = x - center
        out = np.zeros((3, *u.shape))
        if not np.any(broadening):
            out[0], inside = self._at(u)
            out[1] = -area * self._slope_at(u, inside)
            return out
        for point, weight in zip(_POINTS, _WEIGHTS, strict=True):
            place = u - point * _SIGMA * broadening
            value, inside = self._at(place)
            slope = weight * self._slope_at(place, inside)
            out[0] += weight * value
            out[1] -= slope
            out[2] -= (point * _SIGMA) * slope
        out[1:] *= area
        return out

    def fwhm(self, broadening: float) -> float:
        """Width at half of the highest point of the template, blurred, above zero.

        It is found numerically, for the line that holds the maximum; a template that
        does not fall to half of it on both sides has none.

        Raises
        ------
        DataError
            No half maximum on one side.
        """
        knots = self.curve.x
        top = float(knots[int(np.argmax(self.curve(knots)))])
        ends = self.value(np.array([self.low, self.high]), 1.0, 0.0, broadening)
        peak = float(self.value(knots, 1.0, 0.0, broadening).max())
        if ends.max() >= 0.5 * peak:
            raise DataError(
                f"the measured template from {self.low:g} to {self.high:g} does not fall to half "
                "of its maximum at both ends, so it has no width at half maximum"
            )
        scale = float(np.median(np.diff(knots)))
        return full_width(lambda x: self.value(x + top, 1.0, 0.0, broadening), scale)

    def _at(self, u: FloatArray) -> tuple[FloatArray, BoolArray]:
        held = np.clip(u, self.low, self.high)
        return self.curve(held), held == u

    def _slope_at(self, u: FloatArray, inside: BoolArray) -> FloatArray:
        return np.where(inside, self.slope(u), 0.0)


def measured_shape(
    x: FloatArray, intensity: FloatArray, scale: Literal["area", "spectrum"]
) -> LineShape:
    """Make a line shape of a measured spectrum: pristine electrolyte, pure Raman phase.

    Parameters
    ----------
    x : (M,) positions of the template, in any order; repeated ones are averaged
    intensity : (M,) what was measured there
    scale : ``"area"`` divides the template by its integral from the first to the last point, so
        that ``area`` means what it means for every line; ``"spectrum"`` leaves it as measured, so
        that ``area`` counts templates

    Returns
    -------
    LineShape whose ``center`` is the displacement from where the template was measured and whose
    one parameter, ``broadening``, is the full width at half maximum of a Gaussian (0 for none).
    Between the points it follows a cubic spline, beyond them it keeps its end values. The Gaussian
    is summed at 21 points half a sigma apart.

    Raises
    ------
    DataError
        Fewer than 4 points, values that are not finite, or no area to scale by.
    """
    from scipy.interpolate import CubicSpline

    place, height = _averaged(np.asarray(x, float), np.asarray(intensity, float))
    curve = CubicSpline(place, height)
    if scale == "area":
        integral = float(curve.integrate(place[0], place[-1]))
        if not integral > 0.0:
            raise DataError(
                f"a measured template needs a positive area, this one has {integral:g}; "
                'subtract less background, or use scale = "spectrum"'
            )
        curve = CubicSpline(place, height / integral)
    template = Template(curve, curve.derivative(), float(place[0]), float(place[-1]))
    return LineShape(
        name="measured",
        parameters=MEASURED_PARAMETERS,
        value=template.value,
        jacobian=template.jacobian,
        fwhm=template.fwhm,
        source="the spectrum itself",
        area_over="the template" if scale == "area" else "none: area counts templates",
    )


def _averaged(x: FloatArray, intensity: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Sort the points and replace repeated positions by their mean."""
    if x.shape != intensity.shape or x.ndim != 1:
        raise DataError(
            f"a measured template needs one intensity per position, got {intensity.shape} "
            f"for {x.shape}"
        )
    if not (np.isfinite(x).all() and np.isfinite(intensity).all()):
        raise DataError("a measured template must not hold nan or infinite values; leave them out")
    place, which, count = np.unique(x, return_inverse=True, return_counts=True)
    if len(place) < _FEWEST:
        raise DataError(f"a measured template needs at least {_FEWEST} points, got {len(place)}")
    return place, np.bincount(which, weights=intensity) / count
