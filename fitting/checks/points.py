"""The points of a region beside its curves, and how far they are off."""

import re
from collections.abc import Mapping, Sequence

import numpy as np

from fitting.arrays import BoolArray, FloatArray, IntArray
from fitting.checks.view import RegionView
from fitting.drawing import DrawnRows, draw_rows
from fitting.joint_errors import counting_covariance
from fitting.model import ModelTable
from fitting.noise import Noise, variance_error
from fitting.result import FitStatus, SeriesResult
from fitting.robust import HUBER
from fitting.series import Series

_ESTIMATED = re.compile(r"estimated gain ([^ ,]+)(?:, read noise ([^ ,]+))?")
_WINDOW = 31


def view_of(
    result: SeriesResult, table: ModelTable, r: int, rows: IntArray, series: Series | None
) -> RegionView | None:
    """What checks look at, of the rows that were fitted; None without spectra."""
    info, region = result.regions[r], table.region(result.regions[r].name)
    if series is None or region is None or not len(rows):
        return None
    own = np.searchsorted(series.steps, result.steps[rows])
    drawn = _rows(draw_rows(table, result, series), own)
    sources = tuple(result.sigma_source[k][r] for k in rows.tolist())
    weights = [source.removesuffix(f", {HUBER}") for source in sources]
    noises = [_noise(source, series, int(k)) for source, k in zip(weights, own, strict=True)]
    model = drawn.background + drawn.components.sum(axis=1)
    sigma = _sigma(noises, drawn, series, own, model)
    gain = np.array([noise.gain if _pure(noise) else np.nan for noise in noises])
    values = result.values[rows]
    return RegionView(
        table=table,
        region=region,
        info=info,
        steps=result.steps[rows],
        values=values,
        covariance=counting_covariance(result.covariance[rows], table),
        upper_limit=result.upper_limit[rows],
        at_bound=result.at_bound[rows],
        slopes=np.nan_to_num(table.slopes(values[:, table.free])),
        reduced_chi_square=result.reduced_chi_square[rows, r],
        sources=sources,
        drawn=drawn,
        sigma=sigma,
        residual=_residual(drawn, model, sigma, gain),
        counts=np.nan_to_num(model / gain[:, np.newaxis], nan=np.inf),
        variance_error=_variance_error(weights, drawn),
    )


def views_of(
    result: SeriesResult, table: ModelTable, series: Mapping[str, Series]
) -> dict[int, RegionView]:
    """The fitted rows of all regions that have spectra, by their position in the result."""
    found = {}
    for r, info in enumerate(result.regions):
        rows = np.flatnonzero(result.status[:, r] <= FitStatus.NOT_CONVERGED)
        view = view_of(result, table, r, rows, series.get(info.name))
        if view is not None:
            found[r] = view
    return found


def _variance_error(sources: Sequence[str], drawn: DrawnRows) -> FloatArray:
    guessed = np.array([_ESTIMATED.fullmatch(source) is not None for source in sources])
    return np.where(guessed, variance_error(drawn.inside.sum(axis=1)), 0.0)


def _rows(drawn: DrawnRows, rows: IntArray) -> DrawnRows:
    return DrawnRows(
        drawn.x[rows],
        drawn.intensity[rows],
        drawn.components[rows],
        drawn.background[rows],
        drawn.order[rows],
    )


def _noise(source: str, series: Series, row: int) -> Noise:
    """The noise of a spectrum as its result says it; with gain nan where there is no scale."""
    if source == "poisson" and series.counts_per_unit is not None:
        return Noise(1.0 / float(series.counts_per_unit[row]), 0.0, None, True, source)
    said = _ESTIMATED.fullmatch(source)
    if said is not None:
        return Noise(float(said[1]), float(said[2] or 0.0) ** 2, None, True, source)
    return Noise(np.nan, np.nan, None, source == "given", source)


def _pure(noise: Noise) -> bool:
    """Whether it comes from counting alone."""
    return noise.gain > 0.0 and noise.read_variance == 0.0


def _sigma(
    noises: list[Noise], drawn: DrawnRows, series: Series, rows: IntArray, model: FloatArray
) -> FloatArray:
    """(K, N) standard errors of the points; nan where weights are only relative."""
    gain = np.array([noise.gain for noise in noises])[:, np.newaxis]
    read = np.array([noise.read_variance for noise in noises])[:, np.newaxis]
    sigma: FloatArray = np.sqrt(np.maximum(gain * model, 0.1 * gain**2) + read)
    given = np.array([noise.source == "given" for noise in noises])
    if series.sigma is not None and given.any():
        own = np.take_along_axis(series.sigma[rows], drawn.order, axis=1)
        sigma[given] = np.where(drawn.inside, own, np.nan)[given]
    return np.where(sigma > 0.0, sigma, np.nan)


def _residual(
    drawn: DrawnRows, model: FloatArray, sigma: FloatArray, gain: FloatArray
) -> FloatArray:
    """(K, N) in standard errors; of counts the root of the deviance, whose tails are normal."""
    left = drawn.intensity - model
    found = left / sigma
    pure = np.isfinite(gain)
    if pure.any():
        scale = gain[pure, np.newaxis]
        found[pure] = _deviance_root(drawn.intensity[pure] / scale, model[pure] / scale)
    relative = ~np.isfinite(sigma).any(axis=1)
    if relative.any():
        found[relative] = left[relative] / _scatter(left[relative], drawn.inside[relative])
    return found


def _deviance_root(counts: FloatArray, model: FloatArray) -> FloatArray:
    """Signed root of the Poisson deviance (McCullagh and Nelder 1989, section 2.4)."""
    from scipy.special import xlogy

    model = np.maximum(model, 0.1)
    counts = np.maximum(counts, 0.0)
    deviance = 2.0 * (xlogy(counts, counts / model) - (counts - model))
    return np.asarray(np.sign(counts - model) * np.sqrt(np.maximum(deviance, 0.0)))


def _scatter(left: FloatArray, inside: BoolArray) -> FloatArray:
    """(K, N) root mean square of the residual over 31 points around each."""
    half = _WINDOW // 2
    padded = [
        np.pad(part, ((0, 0), (half + 1, half)))
        for part in (np.where(inside, left, 0.0) ** 2, inside.astype(float))
    ]
    squares, counts = (np.cumsum(part, axis=1) for part in padded)
    mean = (squares[:, _WINDOW:] - squares[:, :-_WINDOW]) / np.maximum(
        counts[:, _WINDOW:] - counts[:, :-_WINDOW], 1.0
    )
    return np.sqrt(np.where(mean > 0.0, mean, np.nan))
