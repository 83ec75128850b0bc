"""A series at one glance, as plain arrays: map, waterfall, charge and potential along it."""

from dataclasses import dataclass

import numpy as np

from fitting.arrays import FloatArray, IntArray
from fitting.series import STEP_COLUMNS, Series

STEP = "step"
MOST_COLUMNS = 2000
"""Columns of the map where steps do not stand at even distances."""

MOST_CURVES = 60
"""Curves of a waterfall; more cannot be told apart."""

_RISE = 1.2
"""How far the last curve of a waterfall stands above the first, in heights of the highest."""

_EVEN = 1e-3


@dataclass(frozen=True, eq=False)
class SeriesMap:
    """A series as an image; K steps, M columns, N points.

    Parameters
    ----------
    steps, positions : (K,) numbers, and where they stand along ``column``
    image : (M, N) intensities on even grids
    left, width, bottom, height : what the image covers, half a pixel around the outer points
    low, high : intensities between which it is coloured
    """

    column: str
    steps: IntArray
    positions: FloatArray
    image: FloatArray
    left: float
    width: float
    bottom: float
    height: float
    low: float
    high: float

    def step_at(self, position: float) -> int:
        """The step that stands nearest."""
        return int(self.steps[int(np.argmin(np.abs(self.positions - position)))])

    def position_of(self, step: int) -> float | None:
        """Where a step stands; None if the region has no such step."""
        place = np.flatnonzero(self.steps == step)
        return float(self.positions[place[0]]) if len(place) else None


@dataclass(frozen=True, eq=False)
class Waterfall:
    """Curves of a series above each other, all in one pair of arrays with gaps.

    Parameters
    ----------
    x, y : all points
    joined : 1 where a point is joined to the next
    rise : between steps
    """

    x: FloatArray
    y: FloatArray
    joined: IntArray
    rise: float


def alongs(series: Series) -> tuple[str, ...]:
    """Columns along which the steps can stand: each has one increasing number for every step."""
    names = [name for name in (*STEP_COLUMNS, *series.columns) if name in series.columns]
    good = [name for name in dict.fromkeys(names) if _increases(series.columns[name])]
    return (STEP, *good)


def beside(series: Series, along: str) -> str:
    """The column that is drawn under a map: charge, else what else varies, else the clock.

    Empty where only the potential is known, which is always drawn.

    Parameters
    ----------
    along : what the map itself stands along
    """
    names = dict.fromkeys([STEP_COLUMNS[0], *series.columns, "time_s"])
    rest = [n for n in names if n not in (along, "time_s", "potential_V")]
    for name in rest:
        values = series.columns.get(name, np.empty(0))
        if len(np.unique(values[np.isfinite(values)])) > 1:
            return name
    return "" if "potential_V" in series.columns else "time_s"


def on_grid(series: Series) -> tuple[FloatArray, FloatArray]:
    """Energies (N,) at even distances, ascending, and (K, N) intensities there."""
    axes = [series.axis(row) for row in range(len(series) if series.x.ndim == 2 else 1)]
    low, high = min(map(np.nanmin, axes)), max(map(np.nanmax, axes))
    x = np.linspace(low, high, series.intensity.shape[1])
    found = np.full((len(series), len(x)), np.nan)
    for row, intensity in enumerate(series.intensity):
        own = axes[row if len(axes) > 1 else 0]
        good = np.isfinite(own) & np.isfinite(intensity)
        if good.any():
            order = np.argsort(own[good], kind="stable")
            left, right = np.nan, np.nan
            found[row] = np.interp(x, own[good][order], intensity[good][order], left, right)
    return x, found


def series_map(series: Series, along: str) -> SeriesMap:
    """The image of a series.

    Parameters
    ----------
    along : one of ``alongs``

    Raises
    ------
    DataError
        Kinetic energies without a photon energy.
    """
    x, intensity = on_grid(series)
    steps = series.steps
    positions = steps.astype(float) if along == STEP else np.asarray(series.columns[along])
    grid = _even_grid(positions)
    middles = 0.5 * (positions[1:] + positions[:-1])
    image = intensity[np.searchsorted(middles, grid)]
    seen = intensity[np.isfinite(intensity)]
    low, high = np.percentile(seen, (1.0, 98.0)) if len(seen) else (0.0, 1.0)
    wide = grid[1] - grid[0] if len(grid) > 1 else 1.0
    tall = x[1] - x[0] if len(x) > 1 else 1.0
    return SeriesMap(
        along,
        steps,
        positions,
        image,
        float(grid[0] - 0.5 * wide),
        float(wide * len(grid)),
        float(x[0] - 0.5 * tall),
        float(tall * len(x)),
        float(low),
        float(max(high, low + 1e-12)),
    )


def waterfall(series: Series) -> Waterfall:
    """All curves, or evenly chosen ones where there are too many.

    Raises
    ------
    DataError
        Kinetic energies without a photon energy.
    """
    x, intensity = on_grid(series)
    rows = np.unique(np.linspace(0, len(series) - 1, min(len(series), MOST_CURVES)).astype(int))
    height = float(np.nanmax(intensity) - np.nanmin(intensity))
    rise = _RISE * height / max(len(rows) - 1, 1)
    y = intensity[rows] + rise * np.arange(len(rows))[:, np.newaxis]
    joined = np.ones(y.shape, dtype=np.int32)
    joined[:, -1] = 0
    bad = ~np.isfinite(y)
    joined[bad] = 0
    joined[:, :-1][bad[:, 1:]] = 0
    y = np.where(bad, 0.0, y)
    per_step = rise * (len(rows) - 1) / max(len(series) - 1, 1)
    return Waterfall(np.tile(x, len(rows)), y.ravel(), joined.ravel(), per_step)


def _even_grid(positions: FloatArray) -> FloatArray:
    """The positions if they stand at even distances, else finer ones that do."""
    if len(positions) < 2:
        return positions
    gaps = np.diff(positions)
    if np.ptp(gaps) <= _EVEN * gaps.mean():
        return positions
    wanted = int(np.ceil((positions[-1] - positions[0]) / gaps.min())) + 1
    count = min(max(wanted, len(positions)), MOST_COLUMNS)
    return np.linspace(positions[0], positions[-1], count)


def _increases(values: FloatArray) -> bool:
    return bool(len(values) and np.isfinite(values).all() and (np.diff(values) > 0.0).all())
