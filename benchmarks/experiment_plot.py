"""The figure of one experiment: some of its spectra with their fit, and what came out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.archive.results import ResultHandle
from app.batch.figures.collect import FractionCurves
from app.batch.figures.fractions import draw_curve, finish_axes
from app.batch.figures.labels import column_label, column_unit, energy_label, phase_label
from app.batch.figures.maps import draw_squares, map_panels
from app.batch.figures.style import FAINT, INK, NO_PHASE, PAGE_MM, by_rows, colours, inches, markers
from fitting.curves import RegionCurves, redraw
from fitting.model import ModelTable
from fitting.quantify import UNASSIGNED
from fitting.result import SeriesResult
from fitting.series import AxisKind

_ROW_MM, _HEAD_MM, _LEGEND_ROW_MM = 62.0, 4.0, 3.5
_SPECTRA = 4
_NAMES_IN_A_ROW = 9
_LABEL_SHARE = 0.2  # of the axis, under a label
_SPACING = 0.45  # of the highest spectrum: strong lines may reach into the next one


COLUMN = "column"


@dataclass(frozen=True)
class Shown:
    """What the figure of an experiment shows.

    Parameters
    ----------
    key : of the experiment
    region : whose spectra are shown
    panels : region and basis of the fractions beside them; or `COLUMN` and a column of the steps
    samples : how many of its samples, a row each
    plan : ready plan, where it is not that of the key
    """

    key: str
    region: str
    panels: tuple[tuple[str, str], ...]
    samples: int = 2
    plan: str = ""


@dataclass(frozen=True, eq=False)
class SampleFit:
    """A fitted sample and its fractions, all regions and bases."""

    handle: ResultHandle
    table: ModelTable
    curves: tuple[FractionCurves, ...]


def draw_experiment(shown: Shown, samples: Sequence[SampleFit]) -> Any:
    """A matplotlib figure with a row for each sample: spectra first, then fractions."""
    from matplotlib.figure import Figure

    palette = colours(samples[0].handle.plan)
    handles = _legend(samples, shown, palette)
    columns = 1 + len(shown.panels)
    head = _HEAD_MM + _LEGEND_ROW_MM * -(-len(handles) // _NAMES_IN_A_ROW)
    height = head + _ROW_MM * len(samples)
    figure = Figure(figsize=inches(PAGE_MM, height), layout="constrained")
    figure.get_layout_engine().set(rect=(0.0, 0.0, 1.0, 1.0 - head / height))
    grid = figure.subplots(len(samples), columns, squeeze=False)
    for row, sample in zip(grid, samples, strict=True):
        _spectra(row[0], sample, shown.region, palette)
        for ax, wanted in zip(row[1:], shown.panels, strict=True):
            if wanted[0] == COLUMN:
                _column(ax, sample, wanted[1])
                continue
            (curves,) = (c for c in sample.curves if (c.region, c.basis) == wanted)
            _fractions(figure, ax, curves, palette)
    count = min(_NAMES_IN_A_ROW, len(handles))
    figure.legend(handles=by_rows(handles, count), ncols=count, loc="upper center")
    return figure


def _legend(samples: Sequence[SampleFit], shown: Shown, palette: Any) -> list[Any]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    regions = {shown.region, *(region for region, _ in shown.panels)}
    seen = dict.fromkeys(
        n for s in samples for c in s.curves if c.region in regions for n in c.names
    )
    plan = samples[0].handle.plan
    inside = {
        c.phase for region in plan.regions if region.name in regions for c in region.components
    }
    names = [name for name in palette if name in seen or name in inside]
    return [
        *(Patch(facecolor=palette[n], alpha=0.7, label=phase_label(n)) for n in names),
        Line2D([], [], color=INK, linewidth=0.8, label="fit, truth (thin)"),
        Line2D([], [], color=FAINT, marker="v", linestyle="none", fillstyle="none", label="limit"),
    ]


def _spectra(ax: Any, sample: SampleFit, region: str, palette: Any) -> None:
    """Spectra above each other, the first step at the bottom."""
    from matplotlib.ticker import MaxNLocator

    drawn = list(_chosen(sample, region))
    x_all = [c.x[c.inside] for _, c in drawn]
    info = next(one for one in sample.handle.regions if one.name == region)
    ends = (min(x.min() for x in x_all), max(x.max() for x in x_all))
    ends = ends if info.axis_kind is AxisKind.RAMAN_SHIFT else ends[::-1]
    step = _SPACING * max(float(np.ptp(c.envelope[c.inside])) for _, c in drawn)
    level = top = 0.0
    for (label, c), x in zip(drawn, x_all, strict=True):
        base = c.background[c.inside]
        lowest = float(np.min(base))
        own = x - (0.0 if np.isnan(c.shift) else c.shift)
        data = c.intensity[c.inside] - lowest + level
        ax.plot(own, data, ".", color=FAINT, markersize=1.2, markeredgewidth=0.0)
        under = base - lowest + level
        for phase, component in zip(c.phases, c.components, strict=True):
            colour = palette.get(phase, NO_PHASE)
            ax.fill_between(
                own, under, under + component[c.inside], color=colour, alpha=0.7, linewidth=0
            )
        ax.plot(own, c.envelope[c.inside] - lowest + level, color=INK, linewidth=0.6)
        left = np.abs(own - ends[0]) < _LABEL_SHARE * abs(ends[1] - ends[0])
        above = float(np.max(c.envelope[c.inside][left])) - lowest + level
        place = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points"}
        ax.annotate(label, (0.02, above), (0.0, 2.0), fontsize=6, **place)
        top = max(top, level + float(np.max(c.envelope[c.inside] - lowest)))
        level += step
    ax.set(xlabel=energy_label(info), yticks=[], ylim=(-0.02 * top, 1.03 * top))
    ax.set_ylabel("Intensity, spectra offset")
    ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    ax.set_xlim(*ends)
    ax.set_title(f"{region}, {sample.handle.sample}", loc="left", fontsize=7)


def _chosen(sample: SampleFit, region: str) -> Iterator[tuple[str, RegionCurves]]:
    """A few fitted steps from the first to the last, and what they are called."""
    handle = sample.handle
    own = next((c for c in sample.curves if c.region == region), None)
    count = handle.n_steps
    picked = np.unique(np.linspace(0, count - 1, _SPECTRA).round().astype(int)).tolist()
    if own is not None and own.places is not None:
        order = np.argsort(own.fraction[:, -1])
        picked = order[np.linspace(0, count - 1, _SPECTRA).round().astype(int)].tolist()
    for row in picked:
        result, series = handle.rows(row, row + 1), handle.series(region, row, row + 1)
        curves = redraw(sample.table, result, 0, series)
        if curves.fitted:
            yield _label(own, row, result), curves


def _label(curves: FractionCurves | None, row: int, result: SeriesResult) -> str:
    if curves is None:
        return f"step {row}"
    if curves.places is not None:
        return "({:g}, {:g}) µm".format(*curves.places[row])
    return f"{np.nanmean(result.columns[curves.column]):.5g} {column_unit(curves.column)}"


def _fractions(figure: Any, ax: Any, curves: FractionCurves, palette: Any) -> None:
    if curves.places is not None:
        panel = map_panels(curves)[0][-1]
        draw_squares(figure, ax, curves, panel)
        ax.set(xlabel=column_label("x_um"), ylabel=column_label("y_um"), aspect="equal")
        return
    names = [n for n in curves.names if n in palette and n != UNASSIGNED]
    shapes = markers(names)
    for name in names:
        draw_curve(ax, curves, name, palette[name], shapes[name])
    finish_axes(ax, curves)
    ax.set_xlabel(column_label(curves.column))
    ax.set_ylim(-0.02, 1.04)


def _column(ax: Any, sample: SampleFit, name: str) -> None:
    """What was measured beside the spectra, along the axis of the fractions."""
    handle, along = sample.handle, sample.curves[0]
    region = [info.name for info in handle.regions].index(along.region)
    values = handle.rows(0, handle.n_steps).columns[name][:, region]
    ax.plot(along.x, values, "o-", color=INK, markersize=3.0, linewidth=0.8)
    ax.set(xlabel=column_label(along.column), ylabel=column_label(name))
    ax.set_ylim(bottom=0.0)
    ax.tick_params(top=True, right=True)
