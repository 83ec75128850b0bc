"""Fractions of a map: a square for each point, and beside it how well it is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.batch.figures.collect import FractionCurves
from app.batch.figures.labels import basis_label, column_label, phase_label
from app.batch.figures.style import FAINT, INK, PAGE_MM, inches, shortened
from fitting.arrays import BoolArray, FloatArray
from fitting.quantify import UNASSIGNED

_COLUMNS = 4
_LEFT_MM, _RIGHT_MM, _BOTTOM_MM, _HEAD_MM = 13.0, 13.0, 10.0, 11.0
_ROW_GAP_MM, _COLUMN_GAP_MM = 8.0, 15.0
_TALLEST_MM = 60.0
_COLOURS = "viridis"


@dataclass(frozen=True, eq=False)
class MapPanel:
    """What one map shows: values of K points, nan left white, and those without the phase."""

    title: str
    values: FloatArray
    absent: BoolArray
    top: float


def draw_map(curves: FractionCurves) -> Any:
    """Fractions, half widths of their 95 % intervals, and the truth of a simulation.

    Points where a phase was not detected are hollow; those that were not fitted are left white.

    Parameters
    ----------
    curves : with ``places``
    """
    from matplotlib.figure import Figure

    rows = map_panels(curves)
    columns = max(len(row) for row in rows)
    width = (PAGE_MM - _LEFT_MM - _RIGHT_MM - _COLUMN_GAP_MM * (columns - 1)) / columns
    width = min(width, _TALLEST_MM)
    tall = min(width * _aspect(curves), _TALLEST_MM)
    page = _LEFT_MM + columns * width + (columns - 1) * _COLUMN_GAP_MM + _RIGHT_MM
    height = _HEAD_MM + len(rows) * tall + (len(rows) - 1) * _ROW_GAP_MM + _BOTTOM_MM
    figure = Figure(figsize=inches(page, height))
    head = f"{basis_label(curves.basis, curves.region)}, {curves.sample}"
    figure.text(
        _LEFT_MM / page,
        1.0 - 1.5 / height,
        shortened(head, page - _LEFT_MM),
        va="top",
        fontsize=8,
        weight="bold",
    )
    for r, row in enumerate(rows):
        low = height - _HEAD_MM - (r + 1) * tall - r * _ROW_GAP_MM
        for c, panel in enumerate(row):
            left = _LEFT_MM + c * (width + _COLUMN_GAP_MM)
            ax = figure.add_axes((left / page, low / height, width / page, tall / height))
            draw_squares(figure, ax, curves, panel)
            ax.tick_params(labelbottom=r == len(rows) - 1, labelleft=c == 0)
            if c == 0:
                ax.set_ylabel(column_label("y_um"))
            if r == len(rows) - 1:
                ax.set_xlabel(column_label("x_um"))
    return figure


def map_panels(curves: FractionCurves) -> list[list[MapPanel]]:
    """Rows of panels: phases side by side, below each other what is known of them."""
    shown = [q for q, name in enumerate(curves.names) if name != UNASSIGNED]
    none = np.zeros(len(curves.x), dtype=bool)
    rows = []
    for first in range(0, len(shown), _COLUMNS):
        part = shown[first : first + _COLUMNS]
        labels = [phase_label(curves.names[q]) for q in part]
        fraction, absent = curves.fraction[:, part], ~curves.detected[:, part]
        found = np.where(absent, np.nan, fraction)
        half = 0.5 * (curves.high95 - curves.low95)[:, part]
        truth = curves.truth[:, part]
        tops = [_top(found[:, i], truth[:, i]) for i in range(len(part))]
        fitted = absent & np.isfinite(fraction)
        rows.append(
            [MapPanel(n, found[:, i], fitted[:, i], tops[i]) for i, n in enumerate(labels)],
        )
        rows.append(
            [
                MapPanel(f"{n}, ± of 95 % interval", half[:, i], none, _top(half[:, i]))
                for i, n in enumerate(labels)
            ]
        )
        if np.isfinite(truth).any():
            rows.append(
                [
                    MapPanel(f"{n}, truth (simulated)", truth[:, i], truth[:, i] == 0.0, tops[i])
                    for i, n in enumerate(labels)
                ]
            )
    return rows


def _top(*values: FloatArray) -> float:
    together = np.concatenate(values)
    return float(np.max(together[np.isfinite(together)], initial=0.0)) or 1.0


def _pitch(values: FloatArray) -> float:
    """Distance of neighbours along one direction."""
    return float(np.median(np.diff(np.unique(values))))


def _aspect(curves: FractionCurves) -> float:
    x, y = _places(curves)
    return float((np.ptp(y) + _pitch(y)) / (np.ptp(x) + _pitch(x)))


def _places(curves: FractionCurves) -> tuple[FloatArray, FloatArray]:
    assert curves.places is not None
    return curves.places[:, 0], curves.places[:, 1]


def draw_squares(figure: Any, ax: Any, curves: FractionCurves, panel: MapPanel) -> None:
    """One map with its colour bar."""
    from matplotlib.collections import PatchCollection

    x, y = _places(curves)
    size = (_pitch(x), _pitch(y))
    shown = np.isfinite(panel.values) & ~panel.absent
    squares = PatchCollection(_boxes(x[shown], y[shown], size), cmap=_COLOURS, linewidth=0)
    squares.set_array(panel.values[shown])
    squares.set_clim(0.0, panel.top)
    squares.set_rasterized(True)
    ax.add_collection(squares)
    hollow = _boxes(x[panel.absent], y[panel.absent], size)
    ax.add_collection(
        PatchCollection(hollow, facecolor="#f2f2f2", edgecolor=FAINT, linewidth=0.2, hatch="///")
    )
    ax.set_xlim(x.min() - 0.5 * size[0], x.max() + 0.5 * size[0])
    ax.set_ylim(y.min() - 0.5 * size[1], y.max() + 0.5 * size[1])
    ax.set_title(panel.title, pad=3)
    bar = figure.colorbar(squares, cax=ax.inset_axes((1.03, 0.0, 0.05, 1.0)))
    bar.outline.set_linewidth(0.4)
    bar.ax.tick_params(colors=INK, width=0.4, size=2.0)


def _boxes(x: FloatArray, y: FloatArray, size: tuple[float, float]) -> Sequence[Any]:
    from matplotlib.patches import Rectangle

    return [
        Rectangle((a - 0.5 * size[0], b - 0.5 * size[1]), *size)
        for a, b in zip(x.tolist(), y.tolist(), strict=True)
    ]
