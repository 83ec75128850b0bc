"""Do the regions agree: tensions along the series, and what each region gives over all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.archive.results import ResultHandle
from app.batch.figures.collect import axis_column
from app.batch.figures.labels import STEP, column_label, phase_label
from app.batch.figures.style import (
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
from fitting.arrays import FloatArray
from fitting.checks.points import views_of
from fitting.consistency import Pair
from fitting.consistency_series import DISAGREES, Pooled, SeriesConsistency
from fitting.model import ModelTable
from fitting.region_steps import ALL, steps_of
from fitting.seriesfit import CHUNK

_LEFT_MM, _RIGHT_MM, _BOTTOM_MM, _TITLE_MM, _GAP_MM = 12.0, 3.0, 12.0, 7.0, 3.0
_PANEL_MM, _SIDE_MM, _BETWEEN_MM = 30.0, 38.0, 14.0
_LEAST = 5.0


@dataclass(frozen=True, eq=False)
class ConsistencyCurves:
    """Tensions of one sample; K steps, T pairs of a phase and a region.

    Parameters
    ----------
    sample, column : name, and the step column along which they are drawn
    x : (K,) its values
    pairs, regions : T, and the names of their regions
    tension : (K, T)
    pooled : all steps together
    relative : (Q,) relative uncertainties of the sensitivities
    """

    sample: str
    column: str
    x: FloatArray
    pairs: tuple[Pair, ...]
    regions: tuple[str, ...]
    tension: FloatArray
    pooled: Pooled
    relative: FloatArray


def consistency_curves(handle: ResultHandle, table: ModelTable) -> ConsistencyCurves | None:
    """Compare the regions of a sample again; None where no phase is in several regions.

    Raises
    ------
    ArchiveError
        See ``ResultHandle.rows``.
    """
    look = SeriesConsistency(table)
    tensions: list[FloatArray] = []
    columns: list[Mapping[str, FloatArray]] = []
    for first in range(0, handle.n_steps if look.pairs else 0, CHUNK):
        result = handle.rows(first, first + CHUNK)
        series = {name: handle.series(name, first, first + CHUNK) for name in handle.spectra}
        tensions.append(look.look(result, views_of(result, table, series).values()).tension)
        own = steps_of(result, ALL).columns
        columns.append({**own, STEP: np.asarray(result.steps, float)})
    found = look.pooled()
    if found is None:
        return None
    together = {name: np.concatenate([part[name] for part in columns]) for name in columns[0]}
    column = axis_column(together, table.plan.series.axis)
    regions = tuple(look.region(pair) for pair in look.pairs)
    tension = np.concatenate(tensions)
    place = (column, together[column], look.pairs, regions)
    return ConsistencyCurves(handle.sample, *place, tension, found, look.relative)


def draw_consistency(curves: ConsistencyCurves, colours: Mapping[str, str]) -> Any:
    """A row for each region: tensions by step, and beside it what it gives over the series."""
    from matplotlib.figure import Figure

    regions = list(dict.fromkeys(curves.regions))
    phases = list(dict.fromkeys(pair.phase for pair in curves.pairs))
    shapes = markers(phases)
    handles = _handles(phases, colours, shapes)
    columns = legend_columns([h.get_label() for h in handles], PAGE_MM - _LEFT_MM)
    head = _TITLE_MM + LEGEND_ROW_MM * -(-len(handles) // columns) + 1.5
    height = head + len(regions) * _PANEL_MM + (len(regions) - 1) * _GAP_MM + _BOTTOM_MM
    figure = Figure(figsize=inches(PAGE_MM, height))
    title = shortened(f"Regions against each other, {curves.sample}", PAGE_MM - _LEFT_MM)
    figure.text(_LEFT_MM / PAGE_MM, 1.0 - 1.5 / height, title, va="top", fontsize=8, weight="bold")
    figure.legend(
        handles=by_rows(handles, columns),
        ncols=columns,
        loc="upper left",
        bbox_to_anchor=(_LEFT_MM / PAGE_MM, 1.0 - _TITLE_MM / height),
        borderaxespad=0.0,
        borderpad=0.0,
    )
    top, first, first_side = height - head, None, None
    for region in regions:
        top -= _PANEL_MM
        wide = PAGE_MM - _LEFT_MM - _RIGHT_MM - _SIDE_MM - _BETWEEN_MM
        ax = _axes(figure, (_LEFT_MM, top, wide), height, first)
        side = _axes(figure, (_LEFT_MM + wide + _BETWEEN_MM, top, _SIDE_MM), height, first_side)
        first, first_side = first or ax, first_side or side
        mine = [t for t, name in enumerate(curves.regions) if name == region]
        _tensions(ax, curves, mine, colours, shapes)
        _ratios(side, curves, mine, phases, colours, shapes)
        ax.set_ylabel("Tension / σ")
        ax.text(0.015, 0.94, region, transform=ax.transAxes, va="top", weight="bold")
        last = region == regions[-1]
        ax.tick_params(labelbottom=last)
        side.tick_params(labelbottom=last)
        top -= _GAP_MM
    ax.set_xlabel(column_label(curves.column))
    for column in (0, 1):
        figure.align_ylabels(figure.axes[column::2])
    return figure


def _axes(figure: Any, place_mm: tuple[float, float, float], height: float, first: Any) -> Any:
    left, bottom, width = place_mm
    box = (left / PAGE_MM, bottom / height, width / PAGE_MM, _PANEL_MM / height)
    ax = figure.add_axes(box, sharex=first)
    ax.tick_params(top=True, right=True)
    ax.set_axisbelow(True)
    return ax


def _tensions(
    ax: Any,
    curves: ConsistencyCurves,
    mine: Sequence[int],
    colours: Mapping[str, str],
    shapes: Mapping[str, str],
) -> None:
    ax.axhspan(-DISAGREES, DISAGREES, color=FAINT, alpha=0.15, linewidth=0)
    ax.axhline(0.0, color=FAINT, linewidth=0.5)
    for end in (-DISAGREES, DISAGREES):
        ax.axhline(end, color=INK, linewidth=0.5, linestyle=(0, (4, 3)))
    for t in mine:
        phase = curves.pairs[t].phase
        ax.plot(curves.x, curves.tension[:, t], **_dots(colours[phase], shapes[phase]))
    seen = curves.tension[:, mine]
    most = float(np.max(np.abs(seen[np.isfinite(seen)]), initial=0.0))
    most = max(_LEAST, 1.12 * most)
    ax.set_ylim(-most, 1.3 * most)  # room for the name of the region
    ax.margins(x=0.03)


def _ratios(
    ax: Any,
    curves: ConsistencyCurves,
    mine: Sequence[int],
    phases: Sequence[str],
    colours: Mapping[str, str],
    shapes: Mapping[str, str],
) -> None:
    """What the region alone gives over all regions, in percent, with errors of counting."""
    ax.axhline(0.0, color=FAINT, linewidth=0.5)
    with np.errstate(invalid="ignore"):
        off = 100.0 * (curves.pooled.ratio - 1.0)
        error = 100.0 * DISAGREES * curves.pooled.ratio_stderr
        systematic = 100.0 * np.sqrt(((curves.pooled.moved * curves.relative) ** 2).sum(axis=1))
    highest = 1.0
    for t in mine:
        if not np.isfinite(off[t]):
            continue
        phase = curves.pairs[t].phase
        place = phases.index(phase)
        ax.vlines(place, -systematic[t], systematic[t], color=FAINT, alpha=0.35, linewidth=6)
        ax.vlines(place, off[t] - error[t], off[t] + error[t], color=colours[phase], linewidth=0.9)
        ax.plot([place], [off[t]], **_dots(colours[phase], shapes[phase]))
        if error[t] < 100.0:
            highest = max(highest, abs(off[t]) + error[t], systematic[t])
    ax.set_ylim(-1.12 * highest, 1.12 * highest)
    ax.set_xlim(-0.6, len(phases) - 0.4)
    ax.set_xticks(range(len(phases)), [phase_label(p) for p in phases], rotation=35, ha="right")
    ax.set_ylabel("Alone against all / %")


def _dots(colour: str, marker: str) -> dict[str, Any]:
    look = {"marker": marker, "linestyle": "none", "color": colour, "markersize": 3.0}
    return {**look, "markeredgewidth": 0.0}


def _handles(
    phases: Sequence[str], colours: Mapping[str, str], shapes: Mapping[str, str]
) -> list[Any]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    found: list[Any] = [
        Line2D([], [], label=phase_label(phase), **_dots(colours[phase], shapes[phase]))
        for phase in phases
    ]
    found.append(Line2D([], [], color=INK, linewidth=0.9, label="± 3 σ of counting"))
    words = "what uncertain sensitivities may do"
    found.append(Patch(facecolor=FAINT, alpha=0.35, linewidth=0, label=words))
    return found
