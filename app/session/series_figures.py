"""Shifts, tensions and progress of one sample along its steps, as figures for a paper."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.batch.figures.labels import column_label, phase_label
from app.batch.figures.style import (
    FAINT,
    INK,
    LEGEND_ROW_MM,
    by_rows,
    colours,
    hues,
    inches,
    legend_columns,
    markers,
)
from app.session.long_tables import quantity_label
from app.session.numbers import shift_title
from app.session.progress import Quantity, progress_series
from app.session.project import Project
from app.session.results import results_of
from app.session.tension import tensions_of
from fitting.arrays import FloatArray
from fitting.consistency_series import DISAGREES
from fitting.errors import DataError
from fitting.intervals import TWO_SIDED_95

_HEIGHT_MM, _TITLE_MM = 60.0, 6.0
_LEFT_MM, _RIGHT_MM, _BOTTOM_MM = 14.0, 2.0, 10.0
_MARK: dict[str, Any] = {"linestyle": "none", "markersize": 3.0}
_EXPECTED: dict[str, Any] = {"linestyle": (0, (1, 2)), "linewidth": 0.6}


@dataclass(frozen=True, eq=False)
class _Points:
    """(K,) values with standard errors, nan where there are none; a key is a label it goes by."""

    keys: tuple[str, ...]
    y: FloatArray
    stderr: FloatArray
    colour: str
    marker: str
    expected: float = float("nan")


def shift_figure(project: Project, width_mm: float) -> Any:
    """The shift of every electrical group of the sample that is looked at, with 95 % errors.

    Raises
    ------
    DataError
        Nothing is fitted.
    """
    sample = project.view.sample
    shown = [one for one in results_of(project).shifts if one.sample == sample]
    if not shown:
        raise DataError(f"{sample}: no shifts to draw; fit the series first")
    names = [shift_title(one.group) for one in shown]
    signs, tints = markers(names), hues(names)
    points = [
        _Points((name,) if len(shown) > 1 else (), one.shift, one.stderr, tints[name], signs[name])
        for name, one in zip(names, shown, strict=True)
    ]
    unit = shown[0].unit.replace("cm-1", "cm⁻¹")
    labels = (sample, column_label(shown[0].column), f"Shift of the axis / {unit}")
    return _drawn(points, shown[0].x, labels, width_mm)


def progress_figure(project: Project, kind: Quantity, width_mm: float) -> Any:
    """Extent of the reaction, ratios or balances of the sample, and what is expected as lines.

    Raises
    ------
    DataError
        The plan is not joint, or nothing is fitted.
    """
    sample = project.view.sample
    shown = [one for one in progress_series(project) if one.sample == sample and one.chosen(kind)]
    if not shown:
        raise DataError(f"{sample}: no {kind.lower()} to draw; a joint fit of the series gives it")
    found = shown[0].chosen(kind)
    names = [quantity_label(one.quantity) for one in found]
    signs, tints = markers(names), hues(names)
    points = [
        _Points((name,), one.value, one.stderr, tints[name], signs[name], one.expected)
        for name, one in zip(names, found, strict=True)
    ]
    return _drawn(points, shown[0].x, (sample, column_label(shown[0].column), kind), width_mm)


def tension_figure(project: Project, width_mm: float) -> Any:
    """How far regions of the sample lie from all together: a colour a phase, a sign a region.

    Raises
    ------
    DataError
        The plan is not joint, or nothing is fitted.
    """
    sample = project.view.sample
    shown = [one for one in tensions_of(project) if one.sample == sample]
    if project.plan is None or not shown:
        raise DataError(f"{sample}: no tension to draw; a joint fit of the series gives it")
    (one, *_), palette = shown, colours(project.plan)
    signs = markers(list(dict.fromkeys(region for _, region in one.pairs)))
    nothing = np.full(len(one.x), np.nan)
    points = [
        _Points(
            (phase_label(phase), region),
            one.tension[:, t],
            nothing,
            palette.get(phase, INK),
            signs[region],
        )
        for t, (phase, region) in enumerate(one.pairs)
    ]
    labels = (sample, column_label(one.column), "Region alone against all / σ")
    figure = _drawn(points, one.x, labels, width_mm)
    for level in (-DISAGREES, DISAGREES):
        figure.axes[0].axhline(level, color=FAINT, linewidth=0.4, dashes=(3, 2))
    return figure


def _drawn(
    points: Sequence[_Points], x: FloatArray, words: tuple[str, str, str], width_mm: float
) -> Any:
    from matplotlib.figure import Figure

    handles = _handles(points)
    labels = [handle.get_label() for handle in handles]
    columns = legend_columns(labels, width_mm - _LEFT_MM)
    rows = -(-len(handles) // columns)
    top = _TITLE_MM + LEGEND_ROW_MM * rows
    height = _HEIGHT_MM + top
    figure = Figure(figsize=inches(width_mm, height))
    axes = figure.add_axes(
        (
            _LEFT_MM / width_mm,
            _BOTTOM_MM / height,
            1.0 - (_LEFT_MM + _RIGHT_MM) / width_mm,
            (_HEIGHT_MM - _BOTTOM_MM) / height,
        )
    )
    for one in points:
        _draw(axes, one, x)
    title, below, left = words
    axes.set_xlabel(below)
    axes.set_ylabel(left)
    figure.text(_LEFT_MM / width_mm, 1.0 - 1.5 / height, title, va="top", weight="bold")
    if rows:
        figure.legend(
            handles=by_rows(handles, columns), ncols=columns, loc="upper left", borderpad=0.0,
            borderaxespad=0.0, bbox_to_anchor=(_LEFT_MM / width_mm, 1.0 - _TITLE_MM / height),
        )  # fmt: skip
    return figure


def _draw(axes: Any, one: _Points, x: FloatArray) -> None:
    has_errors = bool(np.isfinite(one.stderr).any())
    axes.errorbar(
        x,
        one.y,
        TWO_SIDED_95 * np.nan_to_num(one.stderr) if has_errors else None,
        linestyle="-" if len(one.keys) < 2 else "none",
        linewidth=0.7,
        elinewidth=0.6,
        marker=one.marker,
        markersize=2.5,
        color=one.colour,
    )
    if np.isfinite(one.expected):
        axes.axhline(one.expected, color=one.colour, **_EXPECTED)


def _handles(points: Sequence[_Points]) -> list[Any]:
    """Colour and sign of each; where a key shares them, the one that it stands for."""
    from matplotlib.lines import Line2D

    found: dict[str, Any] = {}
    for place in range(max(len(one.keys) for one in points)):
        for one in points:
            alone = len(one.keys) == 1
            marker = one.marker if alone or place else "s"
            colour = one.colour if alone or not place else INK
            key = one.keys[place]
            found.setdefault(key, Line2D([], [], label=key, marker=marker, color=colour, **_MARK))
    if any(np.isfinite(one.expected) for one in points):
        found["expected"] = Line2D([], [], label="expected", color=INK, **_EXPECTED)
    return list(found.values())
