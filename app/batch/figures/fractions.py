"""Fractions along a series: curves with 95 % bands, limits where a phase was not detected."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.batch.figures.collect import FractionCurves
from app.batch.figures.labels import basis_label, column_label, phase_label, region_label
from app.batch.figures.style import (
    COLUMN_MM,
    FAINT,
    INK,
    LEGEND_ROW_MM,
    PAGE_MM,
    by_rows,
    inches,
    legend_columns,
    markers,
    shortened,
)
from fitting.arrays import BoolArray, FloatArray
from fitting.quantify import UNASSIGNED

_MANY_POINTS = 60
_PANEL_MM, _LOWER_PANEL_MM, _SMALL_PANEL_MM = 50.0, 34.0, 46.0
_LEFT_MM, _RIGHT_MM, _BOTTOM_MM, _TITLE_MM = 12.0, 2.5, 10.0, 6.0
_GAP_MM, _BESIDE_MM = 3.5, 26.0
_WIDE_LEFT_MM = 15.0
_LINES = ("-", "--", ":", "-.")
_GROUP_COLOURS = (INK, "#777777", "#444444", "#aaaaaa")


def draw_fractions(curves: FractionCurves, colours: Mapping[str, str]) -> Any:
    """One sample, one region: phases above, sums of them and what is not counted below."""
    from matplotlib.figure import Figure

    phases = [name for name in curves.names if name in colours]
    others = [name for name in curves.names if name not in colours]
    palette = {**dict(zip(others, _GROUP_COLOURS * 9, strict=False)), **colours}
    shapes = markers(curves.names)
    panels = [
        (names, _handles(curves, names, palette, shapes)) for names in (phases, others) if names
    ]
    tall = [_PANEL_MM, _LOWER_PANEL_MM][: len(panels)]
    panels[0][1].extend(_keys([curves]))
    heads = [_legend_mm(handles, COLUMN_MM) for _, handles in panels]
    count = len(panels) + len(curves.beside)
    height = _TITLE_MM + sum(tall) + sum(heads) + _GAP_MM * (count - 1) + _BOTTOM_MM
    height += _BESIDE_MM * len(curves.beside)
    figure = Figure(figsize=inches(COLUMN_MM, height))
    figure.text(
        _LEFT_MM / COLUMN_MM,
        1.0 - 1.5 / height,
        shortened(f"{region_label(curves.region)}, {curves.sample}", COLUMN_MM - _LEFT_MM),
        va="top",
        fontsize=8,
        weight="bold",
    )
    top, first = height - _TITLE_MM, None
    for (names, handles), head, tallness in zip(panels, heads, tall, strict=True):
        _legend(figure, handles, COLUMN_MM, top / height)
        top -= head + tallness
        ax = _panel(figure, top, tallness, height, first)
        first = first or ax
        for name in names:
            draw_curve(ax, curves, name, palette[name], shapes[name])
        finish_axes(ax, curves)
        _limits(ax, [curves], names)
        ax.tick_params(labelbottom=False)
        top -= _GAP_MM
    for name, values in curves.beside.items():
        top -= _BESIDE_MM
        ax = _panel(figure, top, _BESIDE_MM, height, first)
        _beside(ax, curves.x, name, values)
        top -= _GAP_MM
    ax.tick_params(labelbottom=True)
    ax.set_xlabel(column_label(curves.column))
    figure.align_ylabels()
    return figure


def _panel(figure: Any, bottom_mm: float, tall_mm: float, height_mm: float, first: Any) -> Any:
    width = COLUMN_MM - _LEFT_MM - _RIGHT_MM
    box = (_LEFT_MM / COLUMN_MM, bottom_mm / height_mm, width / COLUMN_MM, tall_mm / height_mm)
    return figure.add_axes(box, sharex=first)


def _beside(ax: Any, x: FloatArray, name: str, values: FloatArray) -> None:
    """What was measured beside the spectra; no errors are known."""
    ax.plot(x, values, linestyle="none", marker="o", markersize=2.6, color=INK)
    ax.set_ylabel(column_label(name))
    ax.tick_params(labelbottom=False, top=True, right=True)
    ax.grid(axis="y", color=FAINT, alpha=0.25, linewidth=0.4)
    ax.set_axisbelow(True)
    ax.margins(y=0.12)


def _legend_mm(handles: Sequence[Any], width_mm: float) -> float:
    columns = legend_columns([h.get_label() for h in handles], width_mm - _LEFT_MM)
    return LEGEND_ROW_MM * -(-len(handles) // columns) + 1.0


def _legend(figure: Any, handles: Sequence[Any], width_mm: float, top: float) -> None:
    columns = legend_columns([h.get_label() for h in handles], width_mm - _LEFT_MM)
    figure.legend(
        handles=by_rows(handles, columns),
        ncols=columns,
        loc="upper left",
        bbox_to_anchor=(_LEFT_MM / width_mm, top),
        borderaxespad=0.0,
        borderpad=0.0,
    )


def draw_comparison(
    samples: Sequence[FractionCurves], colours: Mapping[str, str], width_mm: float = PAGE_MM
) -> Any:
    """Several samples of one region: a panel per phase, a line style per sample."""
    from matplotlib.figure import Figure

    names = list(dict.fromkeys(n for one in samples for n in one.names if n != UNASSIGNED))
    most = 3 if width_mm > COLUMN_MM else 2
    columns = 2 if len(names) == 4 else min(most, len(names))
    rows = -(-len(names) // columns)
    looks = _looks(samples)
    handles = _sample_handles(samples, looks)
    head = _legend_mm(handles, width_mm) + 1.5
    height = head + rows * _SMALL_PANEL_MM + _BOTTOM_MM
    figure = Figure(figsize=inches(width_mm, height))
    grid = figure.add_gridspec(
        rows,
        columns,
        left=_WIDE_LEFT_MM / width_mm,
        right=1.0 - _RIGHT_MM / width_mm,
        top=1.0 - (head + 3.5) / height,
        bottom=_BOTTOM_MM / height,
        wspace=0.2 if width_mm > COLUMN_MM else 0.35,
        hspace=0.2,
    )
    axes = grid.subplots(sharex=True, squeeze=False)
    for place, ax in enumerate(axes.flat):
        if place >= len(names):
            ax.remove()
            continue
        name = names[place]
        present = [
            (one, look) for one, look in zip(samples, looks, strict=True) if name in one.names
        ]
        for one, look in present:
            draw_curve(ax, one, name, colours.get(name, INK), look.marker, look)
        finish_axes(ax, samples[0])
        _limits(ax, [one for one, _ in present], [name])
        ax.set_ylabel("")
        ax.set_title(phase_label(name), y=1.0, pad=3)
        ax.tick_params(labelbottom=place + columns >= len(names))
    _legend(figure, handles, width_mm, 1.0 - 1.5 / height)
    _outer_labels(figure, samples[0], width_mm, height)
    return figure


def _outer_labels(figure: Any, curves: FractionCurves, width_mm: float, height: float) -> None:
    middle = (_WIDE_LEFT_MM + width_mm - _RIGHT_MM) / 2.0 / width_mm
    x_label, y_label = column_label(curves.column), basis_label(curves.basis, curves.region)
    figure.text(middle, 1.5 / height, x_label, ha="center", fontsize=8)
    figure.text(1.5 / width_mm, 0.5, y_label, rotation=90, va="center", fontsize=8)


@dataclass(frozen=True)
class _Look:
    """How the curves of one sample differ from those of others."""

    line: str = "-"
    marker: str = "o"
    hollow: bool = False


def _looks(samples: Sequence[FractionCurves]) -> list[_Look]:
    shapes = markers([str(i) for i in range(len(samples))])
    return [
        _Look(_LINES[i % len(_LINES)], shapes[str(i)], hollow=i % 2 == 1)
        for i in range(len(samples))
    ]


def draw_curve(
    ax: Any,
    curves: FractionCurves,
    name: str,
    colour: str,
    marker: str,
    look: _Look = _Look(),
) -> None:
    """One phase: line, 95 % band, hollow triangles at the upper limit where not detected."""
    q = curves.names.index(name)
    x, fraction, limit = curves.x, curves.fraction[:, q], curves.upper_limit95[:, q]
    low, high = curves.low95[:, q], curves.high95[:, q]
    there = curves.detected[:, q] & np.isfinite(fraction) & np.isfinite(x)
    seen = there & np.isfinite(low)
    many = len(x) > _MANY_POINTS
    ax.fill_between(x, low, high, where=seen, color=colour, alpha=0.22, linewidth=0)
    bars = _alone(seen)
    ax.vlines(x[bars], low[bars], high[bars], color=colour, linewidth=0.8)
    shown = np.where(seen, fraction, np.nan)
    points = _alone(seen) if many else seen
    ax.plot(x, curves.truth[:, q], look.line, color=INK, linewidth=0.5, zorder=3)
    bare = there & ~seen
    ax.plot(x[bare], fraction[bare], **_marker("x", FAINT, hollow=True))
    ax.plot(x, shown, look.line, color=colour)
    ax.plot(x[points], fraction[points], **_marker(marker, colour, hollow=look.hollow))
    missed = ~curves.detected[:, q] & np.isfinite(limit) & np.isfinite(x)
    size = 2.0 if many else 3.4
    ax.plot(x[missed], limit[missed], **{**_marker("v", colour, hollow=True), "markersize": size})


def _marker(marker: str, colour: str, *, hollow: bool) -> dict[str, Any]:
    return {
        "marker": marker,
        "linestyle": "none",
        "color": colour,
        "markerfacecolor": "white" if hollow else colour,
        "markeredgewidth": 0.7 if hollow else 0.0,
        "markersize": 3.0,
    }


def _alone(seen: BoolArray) -> BoolArray:
    """Points without neighbours: they have no band and no line, and get a bar."""
    before = np.concatenate([[False], seen[:-1]])
    after = np.concatenate([seen[1:], [False]])
    return np.asarray(seen & ~before & ~after)


def finish_axes(ax: Any, curves: FractionCurves) -> None:
    """Label, ticks and grid of fractions."""
    ax.set_ylabel(basis_label(curves.basis, curves.region))
    ax.tick_params(top=True, right=True)
    ax.grid(axis="y", color=FAINT, alpha=0.25, linewidth=0.4)
    ax.set_axisbelow(True)


def _limits(ax: Any, samples: Sequence[FractionCurves], names: Sequence[str]) -> None:
    """From zero to a little above the highest thing shown."""
    highest = 0.0
    for one in samples:
        places = [one.names.index(name) for name in names]
        for values in (one.high95, one.upper_limit95, one.fraction):
            part = values[:, places]
            highest = max(highest, float(np.max(part[np.isfinite(part)], initial=0.0)))
    top = min(1.04, 1.08 * highest) if highest > 0.0 else 1.04
    ax.set_ylim(-0.02 * top, top)
    ax.margins(x=0.03)


def _handles(
    curves: FractionCurves,
    names: Sequence[str],
    palette: Mapping[str, str],
    shapes: Mapping[str, str],
) -> list[Any]:
    many = len(curves.x) > _MANY_POINTS
    handles = [
        _handle(phase_label(name), palette[name], "" if many else shapes[name], _Look())
        for name in names
    ]
    return handles


def _sample_handles(samples: Sequence[FractionCurves], looks: Sequence[_Look]) -> list[Any]:
    handles = []
    for one, look in zip(samples, looks, strict=True):
        marker = "" if len(one.x) > _MANY_POINTS else look.marker
        handles.append(_handle(one.sample, INK, marker, look))
    return handles + _keys(samples)


def _handle(label: str, colour: str, marker: str, look: _Look) -> Any:
    from matplotlib.lines import Line2D

    style = {**_marker(marker or "None", colour, hollow=look.hollow), "linestyle": look.line}
    return Line2D([], [], label=label, **style)


def _keys(samples: Sequence[FractionCurves]) -> list[Any]:
    """What the bands are, and the triangles if there are any."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    keys: list[Any] = []
    if any(np.isfinite(one.low95[one.detected]).any() for one in samples):
        keys.append(Patch(facecolor=INK, alpha=0.22, linewidth=0, label="95 % interval"))
    if any(np.any(~one.detected & np.isfinite(one.upper_limit95)) for one in samples):
        style = {**_marker("v", INK, hollow=True), "markersize": 3.4}
        keys.append(Line2D([], [], label="95 % upper limit", **style))
    if any(
        np.any(one.detected & np.isfinite(one.fraction) & np.isnan(one.low95)) for one in samples
    ):
        style = _marker("x", FAINT, hollow=True)
        keys.append(Line2D([], [], label="error not estimated", **style))
    if any(np.isfinite(one.truth).any() for one in samples):
        keys.append(Line2D([], [], color=INK, linewidth=0.5, label="truth (simulated)"))
    return keys
