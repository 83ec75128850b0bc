"""All steps of a region drawn again at once, for whoever looks at many."""

from dataclasses import dataclass

import numpy as np

from fitting.arrays import BoolArray, FloatArray, IntArray
from fitting.errors import DataError
from fitting.evaluate import RegionEvaluator
from fitting.model import SHIFT, ModelTable, RegionModel
from fitting.prepare import held_background, window_at
from fitting.result import FitStatus, SeriesResult
from fitting.series import Series
from fitting.spectrum import Spectrum, points_in_order


@dataclass(frozen=True, eq=False)
class DrawnRows:
    """K spectra of one region and the curves that were fitted to them; N points, ascending.

    Parameters
    ----------
    x, intensity : (K, N) as measured; points that are nan stand behind all others
    components : (K, C, N) every component by itself; nan where nothing was fitted
    background : (K, N) everything under the peaks; nan where nothing was fitted
    order : (K, N) where each point stands in the series
    """

    x: FloatArray
    intensity: FloatArray
    components: FloatArray
    background: FloatArray
    order: IntArray

    @property
    def inside(self) -> BoolArray:
        """(K, N) points that were fitted."""
        return np.isfinite(self.background)

    def as_measured(self) -> FloatArray:
        """(K, C + 1, N) components, then background, in the order of the series."""
        curves = np.concatenate([self.components, self.background[:, np.newaxis]], axis=1)
        found = np.empty_like(curves)
        np.put_along_axis(found, self.order[:, np.newaxis], curves, axis=2)
        return found


def draw_rows(table: ModelTable, result: SeriesResult, series: Series) -> DrawnRows:
    """Draw one region of many steps.

    Parameters
    ----------
    table : the model that was fitted
    series : the spectra of the region, all of steps that are in the result

    Raises
    ------
    KeyError
        The plan has no such region.
    """
    region = table.region(series.region)
    if region is None:
        raise KeyError(series.region)
    rows = np.searchsorted(result.steps, series.steps)
    values = result.values[rows]
    status = result.status[rows, result.region_index(series.region)]
    known = (status <= FitStatus.NOT_CONVERGED) & np.isfinite(values[:, region.local]).all(axis=1)
    drawn = _undrawn(region, series)
    for first, last, members in _alike(region, drawn, values[:, SHIFT], known):
        x = drawn.x[members[0], first:last]
        held, done = _held(region, x, drawn.intensity[members, first:last])
        done = members[done]
        if len(done):
            curves = RegionEvaluator(region, x, held).curves(values[done])
            drawn.background[done, first:last] = curves.background
            drawn.components[done, :, first:last] = curves.components
    return drawn


def _undrawn(region: RegionModel, series: Series) -> DrawnRows:
    shape = series.intensity.shape
    one_axis = series.x.ndim == 1 and bool(np.isfinite(series.intensity).all())
    order = np.empty(shape, dtype=np.int64)
    x = np.full(shape, np.nan)
    if one_axis and len(series):
        axis = series.axis(0)
        order[:] = points_in_order(axis, series.intensity[0])
        x[:] = axis[order[0]]
    else:
        for k in range(len(series)):
            axis, intensity = series.axis(k), series.intensity[k]
            there = points_in_order(axis, intensity)
            order[k] = np.concatenate([there, np.setdiff1d(np.arange(shape[1]), there)])
            x[k, : len(there)] = axis[there]
    intensity = np.take_along_axis(series.intensity, order, axis=1)
    components = np.full((shape[0], len(region.components), shape[1]), np.nan)
    return DrawnRows(x, intensity, components, np.full(shape, np.nan), order)


def _alike(
    region: RegionModel, drawn: DrawnRows, shift: FloatArray, known: BoolArray
) -> list[tuple[int, int, IntArray]]:
    """First and last point of the window, and the rows that have the same points in it."""
    found: dict[tuple[int, int, bytes], list[int]] = {}
    for k in np.flatnonzero(known).tolist():
        low, high = window_at(region, float(shift[k]))
        first = int(np.searchsorted(drawn.x[k], low))
        last = int(np.searchsorted(drawn.x[k], high, side="right"))
        if first < last:
            axis = drawn.x[k, first:last].tobytes()
            found.setdefault((first, last, axis), []).append(k)
    return [(first, last, np.array(rows)) for (first, last, _), rows in found.items()]


def _held(region: RegionModel, x: FloatArray, intensity: FloatArray) -> tuple[FloatArray, IntArray]:
    """Backgrounds held in the fit, (k, N) or (N,) zeros, and the rows that have one."""
    if region.static is None:
        return np.zeros(len(x)), np.arange(len(intensity))
    held, done = [], []
    for k, row in enumerate(intensity):
        try:
            held.append(held_background(region, Spectrum(x, row)))
            done.append(k)
        except DataError:
            # the window follows the fitted shift; it may have lost a point that the fit still had
            continue
    return np.array(held), np.array(done, dtype=np.int64)
