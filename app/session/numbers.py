"""Numbers of the results as a table: shown with their errors, copied as CSV in full."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.batch.figures.labels import column_label, phase_label
from app.session.results import FractionSeries, ShiftSeries


@dataclass(frozen=True, eq=False)
class NumberTable:
    """Rows as they are shown, and as they are copied.

    Parameters
    ----------
    headers, rows : for the eye
    columns, values : for a CSV; empty where there is no number
    places : sample and step of each row
    """

    headers: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    columns: tuple[str, ...] = ()
    values: tuple[tuple[str, ...], ...] = ()
    places: tuple[tuple[str, int], ...] = ()

    @property
    def csv(self) -> str:
        """The table as CSV, lines ending in LF."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows(self.values)
        return text.getvalue()


def fraction_table(shown: Sequence[FractionSeries]) -> NumberTable:
    """Fractions of one region in one basis, a row a step, samples below each other."""
    if not shown:
        return NumberTable()
    names = list(dict.fromkeys(name for one in shown for name in one.curves.names))
    column = shown[0].curves.column
    ends = ("", "_stderr", "_low95", "_high95", "_upper_limit95")
    rows, values, places = [], [], []
    for one in shown:
        for k, step in enumerate(one.steps.tolist()):
            start = (one.curves.sample, str(step), _number(one.curves.x[k]))
            state = "" if one.current[k] else "older plan"
            rows.append((*start, *(_shown(one, k, name) for name in names), state))
            copied = [cell for name in names for cell in _copied(one, k, name)]
            values.append((*start, *copied, str(bool(one.current[k])).lower()))
            places.append((one.curves.sample, step))
    return NumberTable(
        ("Sample", "Step", column_label(column), *map(phase_label, names), ""),
        tuple(rows),
        ("sample", "step", column, *(n + end for n in names for end in ends), "current"),
        tuple(values),
        tuple(places),
    )


def shift_table(shown: Sequence[ShiftSeries]) -> NumberTable:
    """Shifts, a row a step."""
    if not shown:
        return NumberTable()
    column, unit = shown[0].column, shown[0].unit
    rows, values, places = [], [], []
    for one in shown:
        for k, step in enumerate(one.steps.tolist()):
            start = (one.sample, str(step), _number(one.x[k]))
            shift, error = one.shift[k], one.stderr[k]
            state = "" if one.current[k] else "older plan"
            rows.append((*start, _with_error(shift, error, 4), state))
            state = str(bool(one.current[k])).lower()
            values.append((*start, _number(shift), _number(error), state))
            places.append((one.sample, step))
    printed = unit.replace("cm-1", "cm⁻¹")
    return NumberTable(
        ("Sample", "Step", column_label(column), f"Shift / {printed}", ""),
        tuple(rows),
        ("sample", "step", column, f"shift_{unit}", f"shift_stderr_{unit}", "current"),
        tuple(values),
        tuple(places),
    )


def _shown(one: FractionSeries, k: int, name: str) -> str:
    if name not in one.curves.names:
        return ""
    q = one.curves.names.index(name)
    limit = one.curves.upper_limit95[k, q]
    if not one.curves.detected[k, q] and np.isfinite(limit):
        return f"< {limit:.3f}"
    return _with_error(one.curves.fraction[k, q], one.stderr[k, q], 3)


def _with_error(value: float, error: float, digits: int) -> str:
    if not np.isfinite(value):
        return "–"
    if not np.isfinite(error):
        return f"{value:.{digits}f}"
    return f"{value:.{digits}f} ± {error:.{digits}f}"


def _copied(one: FractionSeries, k: int, name: str) -> list[str]:
    if name not in one.curves.names:
        return [""] * 5
    q, curves = one.curves.names.index(name), one.curves
    arrays = (curves.fraction, one.stderr, curves.low95, curves.high95, curves.upper_limit95)
    return [_number(values[k, q]) for values in arrays]


def _number(value: float) -> str:
    return f"{value:.9g}" if np.isfinite(value) else ""
