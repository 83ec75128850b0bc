"""Every step of a region: points, envelope, components, background, residual in sigma."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.archive.results import ResultHandle
from app.batch.figures.collect import axis_column
from app.batch.figures.labels import (
    STEP,
    energy_label,
    intensity_unit,
    phase_label,
    step_text,
)
from app.batch.figures.style import (
    COLUMN_MM,
    FAINT,
    INK,
    LEGEND_ROW_MM,
    NO_PHASE,
    PAGE_MM,
    by_rows,
    inches,
    legend_columns,
    shortened,
)
from fitting.curves import RegionCurves, redraw
from fitting.model import ModelTable
from fitting.result import FitStatus, RegionInfo, SeriesResult
from fitting.series import AxisKind, Series

_COLUMNS, _ROWS = 3, 4
_PANEL_MM = 52.0
_LEFT_MM, _RIGHT_MM, _BOTTOM_MM = 14.0, 2.0, 11.0
_HEAD_MM, _TEXT_LINE_MM = 10.5, 3.5
_BEYOND = 0.06
_POINTS, _POINTS_OUTSIDE = "#777777", "#c4c4c4"


@dataclass(frozen=True, eq=False)
class _Panel:
    """What one panel shows."""

    title: str
    note: str
    curves: RegionCurves
    weighted: bool


@dataclass(frozen=True)
class _Grid:
    """Rows and columns of panels on a page."""

    rows: int
    columns: int

    @property
    def size(self) -> int:
        return self.rows * self.columns


def fit_pages(
    handle: ResultHandle, region: str, table: ModelTable, colours: Mapping[str, str]
) -> Iterator[tuple[Any, int]]:
    """Pages of all steps that have a region.

    Yields
    ------
    A figure, and how many steps it shows.
    """
    steps = handle.spectra[region].steps
    grid = _grid(len(steps))
    for first in range(0, len(steps), grid.size):
        wanted = steps[first : first + grid.size]
        begin = int(np.searchsorted(handle.steps, wanted[0]))
        end = int(np.searchsorted(handle.steps, wanted[-1])) + 1
        result, series = handle.rows(begin, end), handle.series(region, begin, end)
        panels = _panels(result, series, table, handle.plan.series.axis)
        yield _page(panels, handle, region, grid, colours), len(panels)


def _grid(count: int) -> _Grid:
    columns = min(_COLUMNS, count)
    return _Grid(min(_ROWS, -(-count // columns)), columns)


def _panels(result: SeriesResult, series: Series, table: ModelTable, axis: str) -> list[_Panel]:
    r = result.region_index(series.region)
    columns = {name: values[:, r] for name, values in result.columns.items()}
    column = axis_column(columns, axis)
    panels = []
    for row in np.flatnonzero(result.present[:, r]).tolist():
        value = float("nan") if column == STEP else float(columns[column][row])
        status = FitStatus(int(result.status[row, r]))
        chi_square = float(result.reduced_chi_square[row, r])
        panels.append(
            _Panel(
                step_text(int(result.steps[row]), column, value),
                _note(status, chi_square, result.message[row][r]),
                redraw(table, result, row, series),
                bool(np.isfinite(chi_square)),
            )
        )
    return panels


def _note(status: FitStatus, chi_square: float, message: str) -> str:
    goodness = f"χ²ᵣ = {chi_square:.2f}" if np.isfinite(chi_square) else ""
    if status in (FitStatus.CONVERGED, FitStatus.AT_BOUND):
        return goodness
    if status is FitStatus.NOT_CONVERGED:
        return f"{goodness}\nnot converged".strip()
    return f"{status.label}\n{message}".strip()


def _page(
    panels: list[_Panel],
    handle: ResultHandle,
    region: str,
    grid: _Grid,
    colours: Mapping[str, str],
) -> Any:
    from matplotlib.figure import Figure

    info = next(info for info in handle.regions if info.name == region)
    handles = _legend_handles(panels[0].curves, colours)
    width = COLUMN_MM if grid.columns == 1 else PAGE_MM
    columns = legend_columns([h.get_label() for h in handles], width - _LEFT_MM)
    head = _HEAD_MM + LEGEND_ROW_MM * -(-len(handles) // columns)
    label = _energy_title(info, handle, "\n" if grid.columns == 1 else ", ")
    foot = _BOTTOM_MM + _TEXT_LINE_MM * label.count("\n")
    height = head + grid.rows * _PANEL_MM + foot
    figure = Figure(figsize=inches(width, height))
    outer = figure.add_gridspec(
        grid.rows,
        grid.columns,
        left=_LEFT_MM / width,
        right=1.0 - _RIGHT_MM / width,
        top=1.0 - head / height,
        bottom=foot / height,
        wspace=0.2,
        hspace=0.17,
    )
    power = _power(panels)
    for number, panel in enumerate(panels):
        inner = outer[number].subgridspec(2, 1, height_ratios=(4, 1), hspace=0.0)
        upper = figure.add_subplot(inner[0])
        lower = figure.add_subplot(inner[1], sharex=upper)
        low, high = _window(handle, region)
        _spectrum(upper, panel, colours, 10.0**power)
        _residual(lower, panel)
        _axes(upper, lower, info, (low, high))
        last = number + grid.columns >= len(panels)
        lower.tick_params(labelbottom=last)
        if number % grid.columns == 0:
            lower.set_ylabel("σ" if panel.weighted else "Δ", rotation=0, va="center", labelpad=8)
    _titles(figure, info, handle, power, label)
    figure.legend(
        handles=by_rows(handles, columns),
        loc="upper left",
        bbox_to_anchor=(_LEFT_MM / width, 1.0 - 5.5 / height),
        ncols=columns,
        borderaxespad=0.0,
        borderpad=0.0,
    )
    return figure


def _window(handle: ResultHandle, region: str) -> tuple[float, float]:
    own = handle.plan.region(region)
    assert own is not None
    return own.window


def _power(panels: list[_Panel]) -> int:
    """Thousands, millions: one power of ten for all panels of a page."""
    tops = [float(np.max(np.abs(p.curves.intensity), initial=0.0)) for p in panels]
    highest = max(tops, default=0.0)
    if not highest > 0.0:
        return 0
    exponent = 3 * int(np.floor(np.log10(highest) / 3.0))
    return 0 if exponent == 0 or (highest < 5e3 and exponent == 3) else exponent


def _spectrum(ax: Any, panel: _Panel, colours: Mapping[str, str], scale: float) -> None:
    curves = panel.curves
    x = curves.x - (0.0 if np.isnan(curves.shift) else curves.shift)
    data = curves.intensity / scale
    inside = curves.inside
    for shown, colour in ((~inside, _POINTS_OUTSIDE), (inside, _POINTS)):
        ax.plot(
            x[shown],
            data[shown],
            ".",
            color=colour,
            markersize=3.2,
            markeredgewidth=0.0,
            zorder=3,
        )
    if curves.fitted:
        base = curves.background / scale
        for phase, component in zip(curves.phases, curves.components, strict=True):
            colour = colours.get(phase, NO_PHASE)
            top = base + component / scale
            ax.fill_between(x, base, top, color=colour, alpha=0.35, linewidth=0)
            ax.plot(x, top, color=colour, linewidth=0.6)
        ax.plot(x, base, color=INK, linewidth=0.7, dashes=(4, 2))
        ax.plot(x, curves.envelope / scale, color=INK, linewidth=0.8, zorder=4)
    ax.set_title(panel.title, y=1.0, pad=2.5, loc="left")
    lines = _corner_note(ax, panel)
    _room_above(ax, data[inside] if inside.any() else data, lines)


def _corner_note(ax: Any, panel: _Panel) -> int:
    """Goodness, or what went wrong; number of lines."""
    import textwrap

    lines = [part for line in panel.note.split("\n") for part in textwrap.wrap(line, 34)][:5]
    ax.text(
        0.97,
        0.95,
        "\n".join(lines),
        transform=ax.transAxes,
        ha="right",
        va="top",
        fontsize=6,
        zorder=5,
    )
    return len(lines)


def _room_above(ax: Any, shown: Any, lines: int) -> None:
    if len(shown):
        low, high = float(np.min(shown)), float(np.max(shown))
        span = (high - low) or abs(high) or 1.0
        ax.set_ylim(low - 0.06 * span, high + (0.1 + 0.12 * lines) * span)


def _residual(ax: Any, panel: _Panel) -> None:
    curves = panel.curves
    x = curves.x - (0.0 if np.isnan(curves.shift) else curves.shift)
    residual = curves.residual
    ax.axhline(0.0, color=INK, linewidth=0.5)
    reach = float(np.max(np.abs(residual[np.isfinite(residual)]), initial=0.0))
    if panel.weighted or not curves.fitted:
        for level in (-3.0, 3.0):
            ax.axhline(level, color=FAINT, linewidth=0.5, dashes=(3, 2))
        reach = max(4.5, 1.1 * reach)
        ax.set_yticks([-3, 0, 3])
    else:
        reach = 1.2 * reach or 1.0
        ax.set_yticks([0])
    ax.plot(x, residual, ".", color=INK, markersize=1.8, markeredgewidth=0.0)
    ax.set_ylim(-reach, reach)


def _axes(upper: Any, lower: Any, info: RegionInfo, window: tuple[float, float]) -> None:
    from matplotlib.ticker import MaxNLocator

    low, high = window
    margin = _BEYOND * (high - low)
    raman = info.axis_kind is AxisKind.RAMAN_SHIFT
    ends = (low - margin, high + margin)
    upper.set_xlim(*(ends if raman else ends[::-1]))
    upper.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    upper.yaxis.set_major_locator(MaxNLocator(4))
    upper.tick_params(labelbottom=False, labelsize=6)
    lower.tick_params(labelsize=6, top=False)


def _titles(figure: Any, info: RegionInfo, handle: ResultHandle, power: int, label: str) -> None:
    width, height = (25.4 * float(length) for length in figure.get_size_inches())
    unit = intensity_unit(info)
    if power:
        unit = f"10{str(power).translate(str.maketrans('0123456789-', '⁰¹²³⁴⁵⁶⁷⁸⁹⁻'))} {unit}"
    figure.text(
        _LEFT_MM / width,
        1.0 - 1.5 / height,
        shortened(f"{info.name}, {handle.sample}", width - _LEFT_MM),
        fontsize=8,
        va="top",
        weight="bold",
    )
    figure.text(1.5 / width, 0.5, f"Intensity / {unit}", rotation=90, va="center", fontsize=8)
    centre = (_LEFT_MM + width - _RIGHT_MM) / 2.0 / width
    figure.text(centre, 1.5 / height, label, ha="center", fontsize=8)


def _energy_title(info: RegionInfo, handle: ResultHandle, between: str) -> str:
    energy = handle.plan.energy
    label = energy_label(info)
    if energy.reference == "component":
        return f"{label}{between}referenced to {energy.component} at {energy.position_eV:g} eV"
    if energy.reference == "value":
        return f"{label}{between}shifted by {-energy.shift_eV:+g} eV"
    return label


def _legend_handles(curves: RegionCurves, colours: Mapping[str, str]) -> list[Any]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = [
        Line2D(
            [],
            [],
            color=_POINTS,
            marker=".",
            linestyle="none",
            markersize=3.2,
            markeredgewidth=0.0,
            label="measured",
        ),
        Line2D([], [], color=INK, linewidth=0.9, label="fit"),
        Line2D([], [], color=INK, linewidth=0.7, dashes=(4, 2), label="background"),
    ]
    for phase in dict.fromkeys(curves.phases):
        ids = [i for i, own in zip(curves.names, curves.phases, strict=True) if own == phase]
        colour = colours.get(phase, NO_PHASE)
        label = phase_label(phase) if phase else ", ".join(ids)
        handles.append(Patch(facecolor=colour, alpha=0.5, edgecolor=colour, label=label))
    return handles
