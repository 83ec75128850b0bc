"""A fitted region of one step drawn again from the numbers that came out of the fit."""

from dataclasses import dataclass

import numpy as np

from fitting.arrays import BoolArray, FloatArray
from fitting.errors import DataError
from fitting.evaluate import RegionEvaluator
from fitting.model import SHIFT, ModelTable, RegionModel
from fitting.noise import Weights, noise_of
from fitting.prepare import held_background, window_at
from fitting.result import FitStatus, SeriesResult
from fitting.series import Series
from fitting.spectrum import Spectrum


@dataclass(frozen=True, eq=False)
class RegionCurves:
    """One region of one step; N points in ascending order of the axis.

    What has no number is nan: everything outside the window, and all of it where the region was
    not fitted.

    Parameters
    ----------
    names, phases : of the C components; a component may have no phase ("")
    shift : measured minus referenced energy of this step
    x, intensity : (N,) the whole spectrum, as measured
    inside : (N,) whether a point was fitted
    sigma : (N,) standard errors that the fit gave to the points
    components : (C, N) every component by itself, without background
    background : (N,) everything under the peaks, static part included
    """

    names: tuple[str, ...]
    phases: tuple[str, ...]
    shift: float
    x: FloatArray
    intensity: FloatArray
    inside: BoolArray
    sigma: FloatArray
    components: FloatArray
    background: FloatArray

    @property
    def envelope(self) -> FloatArray:
        """(N,) components on the background."""
        return np.asarray(self.components.sum(axis=0) + self.background)

    @property
    def residual(self) -> FloatArray:
        """(N,) measured minus envelope, in standard errors."""
        return np.asarray((self.intensity - self.envelope) / self.sigma)

    @property
    def fitted(self) -> bool:
        """Whether there is a curve to show."""
        return bool(np.isfinite(self.background).any())


def redraw(table: ModelTable, result: SeriesResult, row: int, series: Series) -> RegionCurves:
    """Draw one region of one step; nan where it was not fitted or cannot be drawn again.

    Parameters
    ----------
    table : the model that was fitted
    row : of the step in the result
    series : spectra of the region, of this step at least

    Raises
    ------
    KeyError
        The step or the region is in only one of the two.
    """
    place = np.flatnonzero(series.steps == result.steps[row])
    region = table.region(series.region)
    if not len(place) or region is None:
        raise KeyError(f"{series.region}, step {result.steps[row]}")
    spectrum = series.spectrum(int(place[0]))
    values = result.values[row]
    status = FitStatus(int(result.status[row, result.region_index(series.region)]))
    if not status.usable or np.isnan(values[region.local]).any():
        return _not_fitted(region, spectrum, float(values[SHIFT]))
    where = f"{result.sample}, step {result.steps[row]}, {region.name}"
    try:
        return draw(region, spectrum, values, result.plan.fit.weights, where)
    except DataError:
        # the window follows the fitted shift; it may have lost a point that the fit still had
        return _not_fitted(region, spectrum, float(values[SHIFT]))


def draw(
    region: RegionModel, spectrum: Spectrum, values: FloatArray, weights: Weights, where: str
) -> RegionCurves:
    """Draw a region from the (P,) parameters of the whole table; ``where`` is for messages.

    Raises
    ------
    DataError
        The points of the window cannot have such weights or such a static background, or there
        are none.
    """
    low, high = window_at(region, float(values[SHIFT]))
    points = spectrum.window(low, high)
    if not len(points):
        raise DataError(f"{where}: the window {low:g} .. {high:g} holds no data")
    evaluator = RegionEvaluator(region, points.x, held_background(region, points))
    curves = evaluator.curves(values)
    sigma = noise_of(points, weights, where).sigma(curves.envelope)
    empty = _not_fitted(region, spectrum, float(values[SHIFT]))
    for whole, part in (
        (empty.sigma, sigma),
        (empty.components, curves.components),
        (empty.background, curves.background),
    ):
        whole[..., empty.inside] = part
    return empty


def _not_fitted(region: RegionModel, spectrum: Spectrum, shift: float) -> RegionCurves:
    low, high = window_at(region, shift)
    size, components = len(spectrum), region.components
    return RegionCurves(
        names=tuple(component.id for component in components),
        phases=tuple(component.phase for component in components),
        shift=shift,
        x=spectrum.x,
        intensity=spectrum.intensity,
        inside=(spectrum.x >= low) & (spectrum.x <= high),
        sigma=np.full(size, np.nan),
        components=np.full((len(components), size), np.nan),
        background=np.full(size, np.nan),
    )
