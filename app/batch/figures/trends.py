"""What trends.csv says of one region of one sample, drawn on the points it was read off."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from app.batch.figures.labels import basis_label, column_label, phase_label, region_label
from app.batch.figures.style import (
    COLUMN_MM,
    FAINT,
    INK,
    PAGE_MM,
    inches,
    shortened,
)
from fitting.intervals import TWO_SIDED_95
from fitting.trends import Curve, Trend, described, trends_of

_PANEL_MM, _HEAD_MM, _FOOT_MM = 44.0, 12.0, 11.0
_LEFT_MM, _RIGHT_MM = 12.0, 2.5
_MOST_COLUMNS = 3


def draw_trends(
    place: tuple[str, str, str],
    axis: str,
    curves: Mapping[str, Curve],
    colours: Mapping[str, str],
    width_mm: float | None = None,
) -> Any:
    """A panel for each phase: points with 95 % errors, the curve, onset, half and plateau.

    Parameters
    ----------
    place : sample, region, basis
    axis : step column
    width_mm : of the figure; None: as wide as the panels ask for
    """
    from matplotlib.figure import Figure

    sample, region, basis = place
    narrow = width_mm is not None and width_mm < PAGE_MM
    columns = 1 if narrow else min(_MOST_COLUMNS, len(curves))
    rows = -(-len(curves) // columns)
    width = width_mm or (PAGE_MM if columns > 1 else COLUMN_MM)
    height = _HEAD_MM + rows * _PANEL_MM + _FOOT_MM
    figure = Figure(figsize=inches(width, height))
    title = shortened(f"{region_label(region)}, {sample}", width - _LEFT_MM)
    figure.text(_LEFT_MM / width, 1.0 - 1.5 / height, title, va="top", fontsize=8, weight="bold")
    figure.legend(
        handles=_keys(), ncols=4 if columns > 1 else 2, loc="upper left", borderaxespad=0.0,
        borderpad=0.0, bbox_to_anchor=(_LEFT_MM / width, 1.0 - 5.5 / height),
    )  # fmt: skip
    grid = figure.add_gridspec(
        rows, columns, left=_LEFT_MM / width, right=1.0 - _RIGHT_MM / width,
        top=1.0 - (_HEAD_MM + 4.0) / height, bottom=_FOOT_MM / height, wspace=0.24, hspace=0.26,
    )  # fmt: skip
    axes = grid.subplots(sharex=True, squeeze=False)
    for ax, (name, curve) in zip(axes.flat, curves.items(), strict=False):
        _one(ax, curve, trends_of(curve), colours.get(name, INK))
        ax.set_title(phase_label(name), y=1.0, pad=3)
    for ax in list(axes.flat)[len(curves) :]:
        ax.remove()
    middle = (_LEFT_MM + width - _RIGHT_MM) / 2.0 / width
    figure.text(middle, 1.5 / height, column_label(axis), ha="center", fontsize=8)
    label = basis_label(basis, region)
    figure.text(1.5 / width, 0.5, label, rotation=90, va="center", fontsize=8)
    return figure


def _one(ax: Any, curve: Curve, trends: Sequence[Trend], colour: str) -> None:
    found = {trend.quantity: trend.measured for trend in trends}
    sigma = curve.sigma()
    errors = None if sigma is None else TWO_SIDED_95 * np.nan_to_num(sigma)
    ax.errorbar(
        curve.x, curve.value, errors, linestyle="none", marker="o", markersize=2.2, color=colour,
        elinewidth=0.6, zorder=2,
    )  # fmt: skip
    line = described(curve)
    if line is not None:
        ax.plot(*line, color=INK, linewidth=0.8, zorder=3)
    onset, half, plateau = (found[name] for name in ("onset", "half_at", "saturation"))
    if onset.known:
        ax.axvspan(onset.low95, onset.high95, color=FAINT, alpha=0.35, linewidth=0, zorder=0)
    if plateau.known:
        ax.axhspan(plateau.low95, plateau.high95, color=colour, alpha=0.22, linewidth=0, zorder=0)
    if half.known and line is not None:
        order = np.argsort(line[0])
        level = float(np.interp(half.value, line[0][order], line[1][order]))
        reach = [[half.value - half.low95], [half.high95 - half.value]]
        ax.errorbar(
            [half.value], [level], xerr=reach, marker="D", markersize=3.6, color=INK,
            markerfacecolor="white", elinewidth=0.8, capsize=1.5, zorder=4,
        )  # fmt: skip
    ax.tick_params(top=True, right=True)
    ax.margins(x=0.03)
    top = ax.get_ylim()[1]
    ax.set_ylim(bottom=max(ax.get_ylim()[0], -0.04 * top))  # there are no negative fractions


def _keys() -> list[Any]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    hollow: dict[str, Any] = {"marker": "D", "markersize": 3.6, "markerfacecolor": "white"}
    return [
        Line2D([], [], color=INK, linewidth=0.8, label="rise to a plateau"),
        Line2D([], [], color=INK, linestyle="none", label="half of the way", **hollow),
        Patch(facecolor=FAINT, alpha=0.35, linewidth=0, label="onset, 95 %"),
        Patch(facecolor=INK, alpha=0.22, linewidth=0, label="saturation, 95 %"),
    ]
