"""Fractions along a series: curves with 95 % bands, limits where a phase was not detected."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from app.batch.figures.collect import FractionCurves
from app.batch.figures.labels import basis_label, column_label, phase_label
from app.batch.figures.style import COLUMN_MM, FAINT, INK, PAGE_MM, inches, markers
from fitting.arrays import BoolArray, FloatArray
from fitting.quantify import UNASSIGNED

_MANY_POINTS = 60
_PANEL_MM = 62.0
_LEGEND_ROW_MM = 4.0
_LINES = ("-", "--", ":", "-.")
_GROUP_COLOURS = (INK, "#777777", "#444444", "#aaaaaa")


def draw_fractions(curves: FractionCurves, colours: Mapping[str, str]) -> Any:
    """One sample, one region: phases above, sums of them and what is not counted below."""
    from matplotlib.figure import Figure

    phases = [name for name in curves.names if name in colours]
    others = [name for name in curves.names if name not in colours]
    panels = [names for names in (phases, others) if names]
    rows = -(-max(len(names) for names in panels) // 3) + 1
    height = _PANEL_MM * (0.25 + 0.75 * len(panels)) + rows * _LEGEND_ROW_MM * len(panels)
    figure = Figure(figsize=inches(COLUMN_MM, height), layout="constrained")
    axes = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
    palette = {**dict(zip(others, _GROUP_COLOURS * 9, strict=False)), **colours}
    shapes = markers(curves.names)
    for place, (ax, names) in enumerate(zip(axes, panels, strict=True)):
        for name in names:
            _curve(ax, curves, name, palette[name], shapes[name])
        _finish(ax, curves)
        title = f"{curves.sample}, {curves.region}" if place == 0 else ""
        _legend(ax, _handles(curves, names, palette, shapes), title)
        _limits(ax, curves, names)
    axes[-1].set_xlabel(column_label(curves.column))
    return figure


def draw_comparison(samples: Sequence[FractionCurves], colours: Mapping[str, str]) -> Any:
    """Several samples of one region: a panel per phase, a line style per sample."""
    from matplotlib.figure import Figure

    names = list(dict.fromkeys(n for one in samples for n in one.names if n != UNASSIGNED))
    columns = min(3, len(names))
    rows = -(-len(names) // columns)
    height = 50.0 * rows + 8.0 + _LEGEND_ROW_MM * (1 + len(samples) // 3)
    figure = Figure(figsize=inches(PAGE_MM, height), layout="constrained")
    axes = figure.subplots(rows, columns, sharex=True, squeeze=False)
    shapes = markers([one.sample for one in samples])
    for ax, name in zip(axes.flat, names, strict=False):
        for one, line in zip(samples, _LINES * len(samples), strict=False):
            if name in one.names:
                colour = colours.get(name, INK)
                _curve(ax, one, name, colour, shapes[one.sample], line)
        _finish(ax, samples[0])
        ax.set_title(phase_label(name))
        _limits(ax, samples[0], [name], [one for one in samples if name in one.names])
        ax.set_ylabel("")
    for ax in list(axes.flat)[len(names) :]:
        ax.remove()
    figure.supylabel(basis_label(samples[0].basis, samples[0].region), fontsize=8)
    figure.supxlabel(column_label(samples[0].column), fontsize=8)
    _sample_legend(figure, samples, shapes)
    return figure


def _curve(
    ax: Any, curves: FractionCurves, name: str, colour: str, marker: str, line: str = "-"
) -> None:
    q = curves.names.index(name)
    x, fraction, limit = curves.x, curves.fraction[:, q], curves.upper_limit95[:, q]
    low, high = curves.low95[:, q], curves.high95[:, q]
    seen = curves.detected[:, q] & np.isfinite(fraction) & np.isfinite(x)
    many = len(x) > _MANY_POINTS
    value = np.where(seen, fraction, np.nan)
    ax.fill_between(x, low, high, where=seen, color=colour, alpha=0.22, linewidth=0)
    ax.plot(
        x,
        value,
        line,
        color=colour,
        marker=None if many else marker,
        markersize=2.8,
        markeredgewidth=0.0,
    )
    _lonely(ax, curves, q, seen, colour, marker)
    missed = ~curves.detected[:, q] & np.isfinite(limit) & np.isfinite(x)
    _upper_limits(ax, x[missed], limit[missed], colour, 2.0 if many else 3.4)


def _lonely(
    ax: Any, curves: FractionCurves, q: int, seen: BoolArray, colour: str, marker: str
) -> None:
    """A point without neighbours has no band and no line; it gets a bar."""
    before = np.concatenate([[False], seen[:-1]])
    after = np.concatenate([seen[1:], [False]])
    alone = seen & ~before & ~after
    bars = alone & np.isfinite(curves.low95[:, q])
    ax.vlines(
        curves.x[bars], curves.low95[bars, q], curves.high95[bars, q], color=colour, linewidth=0.8
    )
    ax.plot(
        curves.x[alone],
        curves.fraction[alone, q],
        marker,
        color=colour,
        markersize=2.8,
        markeredgewidth=0.0,
    )


def _upper_limits(ax: Any, x: FloatArray, limit: FloatArray, colour: str, size: float) -> None:
    """Open triangles that point to where the value may be."""
    ax.plot(
        x,
        limit,
        "v",
        color="none",
        markeredgecolor=colour,
        markersize=size,
        markeredgewidth=0.7,
        linestyle="none",
    )


def _finish(ax: Any, curves: FractionCurves) -> None:
    ax.set_ylabel(basis_label(curves.basis, curves.region))
    ax.tick_params(top=True, right=True)
    ax.grid(axis="y", color=FAINT, alpha=0.25, linewidth=0.4)
    ax.set_axisbelow(True)


def _limits(
    ax: Any,
    curves: FractionCurves,
    names: Sequence[str],
    samples: Sequence[FractionCurves] | None = None,
) -> None:
    """From zero to a little above the highest thing shown; never above all of it by much."""
    highest = 0.0
    for one in samples or (curves,):
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
    from matplotlib.lines import Line2D

    many = len(curves.x) > _MANY_POINTS
    handles = [
        Line2D(
            [],
            [],
            color=palette[name],
            marker=None if many else shapes[name],
            markersize=2.8,
            markeredgewidth=0.0,
            label=phase_label(name),
        )
        for name in names
    ]
    places = [curves.names.index(name) for name in names]
    missed = ~curves.detected[:, places] & np.isfinite(curves.upper_limit95[:, places])
    return [*handles, _limit_handle()] if missed.any() else handles


def _limit_handle() -> Any:
    from matplotlib.lines import Line2D

    return Line2D(
        [],
        [],
        color="none",
        marker="v",
        markeredgecolor=INK,
        markersize=3.4,
        markeredgewidth=0.7,
        label="95 % upper limit",
    )


def _legend(ax: Any, handles: list[Any], title: str) -> None:
    ax.legend(
        handles=handles,
        ncols=min(3, len(handles)),
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        borderaxespad=0.2,
        title=title or None,
        title_fontsize=8,
        alignment="left",
    )


def _sample_legend(
    figure: Any, samples: Sequence[FractionCurves], shapes: Mapping[str, str]
) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D(
            [],
            [],
            color=INK,
            linestyle=line,
            marker=shapes[one.sample],
            markersize=2.8,
            markeredgewidth=0.0,
            label=one.sample,
        )
        for one, line in zip(samples, _LINES * len(samples), strict=False)
    ]
    missed = any(np.any(~one.detected & np.isfinite(one.upper_limit95)) for one in samples)
    if missed:
        handles.append(_limit_handle())
    figure.legend(handles=handles, loc="outside upper center", ncols=min(4, len(handles)))
