"""One plot of the window as a figure for a paper: texts as text, widths of journals."""

import re
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from app.batch.figures.fractions import draw_comparison, draw_fractions
from app.batch.figures.labels import column_label, intensity_unit, phase_label
from app.batch.figures.side_charge import draw_side_charge
from app.batch.figures.style import (
    COLUMN_MM,
    FAINT,
    INK,
    NO_PHASE,
    PAGE_MM,
    colours,
    inches,
    save_one,
    styled,
)
from app.batch.figures.trends import draw_trends
from app.session.progress import Quantity
from app.session.project import Project
from app.session.results import results_of
from app.session.series_figures import progress_figure, shift_figure, tension_figure
from app.session.shown import ShownSpectrum, shown_spectrum
from app.session.strip import STEP, series_map
from app.session.titration import sides_of
from app.session.trends import trends_of
from fitting.errors import DataError
from fitting.result import RegionInfo
from fitting.series import AxisKind

KINDS = ("pdf", "svg", "png")
WIDTHS_MM = {COLUMN_MM: "85 mm, one column", PAGE_MM: "170 mm, two columns"}
_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f]+')
_SPECTRUM_MM, _MAP_MM = 70.0, 60.0
_LEFT_MM, _RIGHT_MM, _TITLE_MM, _BOTTOM_MM = 16.0, 2.0, 5.0, 10.0
"""Room for six digits and a label, half a digit, a title, digits and a label."""

_BEYOND = 3.0
"""Standard errors at which residuals are looked at."""


class Plot(StrEnum):
    """What can be drawn."""

    SPECTRUM = "Spectrum with its fit"
    FRACTIONS = "Fractions of this sample"
    COMPARED = "Fractions of all samples"
    MAP = "Heat map of the series"
    SHIFTS = "Shifts of the axis"
    TRENDS = "Trends of this sample"
    TENSION = "Tension between regions"
    EXTENT = "Extent of the reaction"
    RATIO = "Ratios of products"
    BALANCE = "Balance of elements"
    SIDE_CHARGE = "Side-reaction charge"


_PROGRESS = (Plot.EXTENT, Plot.RATIO, Plot.BALANCE)


def plots_of(project: Project) -> tuple[Plot, ...]:
    """What can be drawn of a project: of spectra, or of charge logs."""
    of_logs = project.logs is not None
    return tuple(plot for plot in Plot if (plot is Plot.SIDE_CHARGE) == of_logs)


def draw(project: Project, plot: Plot, basis: str, path: Path, width_mm: float) -> Path:
    """Write a figure of what is looked at; the ending of the path says which kind.

    Raises
    ------
    DataError
        There is nothing of the kind to draw.
    OSError
    """
    if path.suffix.removeprefix(".") not in KINDS:
        raise DataError(f"{path.name}: figures are {', '.join(KINDS)}")
    with styled():
        if plot is Plot.SPECTRUM:
            figure = _spectrum(project, width_mm)
        elif plot is Plot.MAP:
            figure = _map(project, width_mm)
        elif plot is Plot.TRENDS:
            figure = _trends(project, basis, width_mm)
        elif plot is Plot.SIDE_CHARGE:
            figure = _side_charge(project, width_mm)
        elif plot is Plot.SHIFTS:
            figure = shift_figure(project, width_mm)
        elif plot is Plot.TENSION:
            figure = tension_figure(project, width_mm)
        elif plot in _PROGRESS:
            figure = progress_figure(project, Quantity(plot.value), width_mm)
        else:
            figure = _fractions(project, basis, width_mm, together=plot is Plot.COMPARED)
        save_one(figure, path)
    return path


def figure_name(project: Project, plot: Plot, kind: str) -> str:
    """What a figure is called: ``cellA S 2p step 3.pdf``."""
    view = project.view
    words = {
        Plot.SPECTRUM: (view.sample, view.region, f"step {view.step}"),
        Plot.FRACTIONS: (view.sample, view.region, "fractions"),
        Plot.COMPARED: (view.region, "fractions"),
        Plot.MAP: (view.sample, view.region, "map"),
        Plot.TRENDS: (view.sample, view.region, "trends"),
        Plot.SIDE_CHARGE: ("side charge",),
        Plot.SHIFTS: (view.sample, "shifts"),
    }.get(plot, (view.sample, plot.value.lower()))
    return f"{_UNSAFE.sub('_', ' '.join(words))}.{kind}"


def _fractions(project: Project, basis: str, width_mm: float, *, together: bool) -> Any:
    shown = results_of(project).chosen(project.view.region, basis)
    curves = [one.curves for one in shown if one.current.all() and one.curves.names]
    if len(curves) < len(shown):
        raise DataError("some fits are of an older plan; fit all before drawing fractions")
    own = [one for one in curves if one.sample == project.view.sample]
    if project.plan is None or not curves or not (together or own):
        raise DataError(f"{project.view.region}: no fractions to draw; fit the series first")
    palette = colours(project.plan)
    if together:
        return draw_comparison(curves, palette, width_mm)
    figure = draw_fractions(own[0], palette)
    figure.set_figwidth(width_mm / 25.4)
    return figure


def _trends(project: Project, basis: str, width_mm: float) -> Any:
    view = project.view
    found = trends_of(project)
    own = found.chosen(view.region, basis, [view.sample])
    curves = {one.name: one.curve for one in own if one.line is not None}
    if project.plan is None or not curves:
        problem = "no trends to draw; fit the series first, of six steps or more"
        raise DataError(f"{view.sample}, {view.region}: {problem}")
    place = (view.sample, view.region, basis)
    return draw_trends(place, found.axis, curves, colours(project.plan), width_mm)


def _side_charge(project: Project, width_mm: float) -> Any:
    if project.logs is None:
        raise DataError("no charge logs are open")
    plan = project.logs.plan.titration
    figure = draw_side_charge(sides_of(project), plan.thickness_nm_per_uAh_cm2)
    figure.set_figwidth(width_mm / 25.4)
    return figure


def _spectrum(project: Project, width_mm: float) -> Any:
    from matplotlib.figure import Figure

    shown = shown_spectrum(project)
    if shown is None:
        raise DataError("no spectrum of this region in this step")
    figure = Figure(figsize=inches(width_mm, _SPECTRUM_MM))
    margins = _margins(width_mm, _SPECTRUM_MM)
    grid = figure.add_gridspec(2, 1, height_ratios=(3.5, 1), hspace=0.0, **margins)
    upper = figure.add_subplot(grid[0])
    lower = figure.add_subplot(grid[1], sharex=upper)
    upper.plot(shown.x, shown.intensity, ".", color=INK, markersize=2.0)
    if shown.curves is not None:
        _curves(upper, lower, shown, project)
    series = shown.series
    info = RegionInfo(series.region, series.technique, series.fit_axis_kind, series.intensity_unit)
    upper.set_ylabel(f"Intensity / {intensity_unit(info)}")
    upper.set_title(f"{series.region}, {series.sample}, step {project.view.step}", loc="left")
    upper.tick_params(labelbottom=False)
    raman = series.fit_axis_kind is AxisKind.RAMAN_SHIFT
    lower.set_xlabel("Raman shift / cm⁻¹" if raman else "Binding energy / eV")
    lower.set_ylabel("Residual / σ", fontsize="medium")
    figure.align_ylabels([upper, lower])
    if not raman:
        upper.invert_xaxis()
    return figure


def _margins(width_mm: float, height_mm: float) -> dict[str, float]:
    return {
        "left": _LEFT_MM / width_mm,
        "right": 1.0 - _RIGHT_MM / width_mm,
        "top": 1.0 - _TITLE_MM / height_mm,
        "bottom": _BOTTOM_MM / height_mm,
    }


def _curves(upper: Any, lower: Any, shown: ShownSpectrum, project: Project) -> None:
    curves = shown.curves
    assert curves is not None
    palette = {} if project.plan is None else colours(project.plan)
    inside = curves.inside
    x, background = curves.x[inside], curves.background[inside]
    told: set[str] = set()
    for phase, component in zip(curves.phases, curves.components, strict=True):
        colour = palette.get(phase, NO_PHASE)
        label = None if phase in told else phase_label(phase)
        told.add(phase)
        top = background + component[inside]
        upper.fill_between(x, background, top, color=colour, alpha=0.3, linewidth=0, label=label)
        upper.plot(x, top, color=colour, linewidth=0.6)
    upper.plot(x, background, "--", color=FAINT, linewidth=0.6)
    upper.plot(x, curves.envelope[inside], color=INK, linewidth=0.8)
    lower.plot(x, curves.residual[inside], color=FAINT, linewidth=0.6)
    lower.axhline(0.0, color=INK, linewidth=0.4)
    for level in (-_BEYOND, _BEYOND):
        lower.axhline(level, color=FAINT, linewidth=0.4, dashes=(3, 2))
    lower.set_ylim(-5.0, 5.0)
    if told:
        upper.legend(loc="best")


def _map(project: Project, width_mm: float) -> Any:
    from matplotlib.figure import Figure

    sample = project.shown
    series = None if sample is None else sample.series.get(project.view.region)
    if series is None:
        raise DataError("no series of this region")
    made = series_map(series, STEP)
    figure = Figure(figsize=inches(width_mm, _MAP_MM))
    axes = figure.add_subplot(figure.add_gridspec(1, 1, **_margins(width_mm, _MAP_MM))[0])
    ends = (made.left, made.left + made.width, made.bottom, made.bottom + made.height)
    axes.imshow(
        np.ma.masked_invalid(made.image.T),
        extent=ends,
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        vmin=made.low,
        vmax=made.high,
        cmap="viridis",
    )
    raman = series.fit_axis_kind is AxisKind.RAMAN_SHIFT
    axes.set_xlabel(column_label(made.column))
    axes.set_ylabel("Raman shift / cm⁻¹" if raman else "Binding energy / eV")
    axes.set_title(f"{series.region}, {series.sample}", loc="left")
    return figure
