"""Numbers of the results as a table: shown with their errors, copied as CSV in full."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from app.batch.figures.labels import column_label, phase_label
from app.batch.shift_table import ALL as COMMON
from app.batch.shift_table import BROADENED, DEFAULT
from app.session.results import FractionSeries
from app.session.shifts import ShiftSeries
from app.session.tension import TensionSeries
from fitting.model import State

FREE = State.FREE.value

_SEEN = 256
"""Rows that are kept as text: a little more than a screen shows."""


@dataclass(frozen=True, eq=False)
class NumberTable:
    """Rows as they are shown, and as they are copied; written when they are asked for.

    Parameters
    ----------
    headers, row : for the eye
    columns, copied : for a CSV; empty where there is no number
    places : sample and step of each row; None where a row is of no step
    """

    headers: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    places: tuple[tuple[str, int | None], ...] = ()
    row: Callable[[int], tuple[str, ...]] = lambda _: ()
    copied: Callable[[int], tuple[str, ...]] = lambda _: ()

    @property
    def csv(self) -> str:
        """The table as CSV, lines ending in LF."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows(map(self.copied, range(len(self.places))))
        return text.getvalue()


def fraction_table(shown: Sequence[FractionSeries]) -> NumberTable:
    """Fractions of one region in one basis, a row a step, samples below each other."""
    if not shown:
        return NumberTable()
    names = list(dict.fromkeys(name for one in shown for name in one.curves.names))
    column = shown[0].curves.column
    ends = ("", "_stderr", "_low95", "_high95", "_upper_limit95")
    where = [(one, k) for one in shown for k in range(len(one.steps))]

    def start(one: FractionSeries, k: int) -> tuple[str, ...]:
        return one.curves.sample, str(one.steps[k]), _number(one.curves.x[k])

    def row(place: int) -> tuple[str, ...]:
        one, k = where[place]
        return (*start(one, k), *(_shown(one, k, name) for name in names), _state(one.current[k]))

    def copied(place: int) -> tuple[str, ...]:
        one, k = where[place]
        cells = [cell for name in names for cell in _copied(one, k, name)]
        return (*start(one, k), *cells, str(bool(one.current[k])).lower())

    return NumberTable(
        ("Sample", "Step", column_label(column), *map(phase_label, names), ""),
        ("sample", "step", column, *(n + end for n in names for end in ends), "current"),
        tuple((one.curves.sample, int(one.steps[k])) for one, k in where),
        lru_cache(_SEEN)(row),
        copied,
    )


def shift_table(shown: Sequence[ShiftSeries]) -> NumberTable:
    """Shifts, a row a step."""
    if not shown:
        return NumberTable()
    column, unit = shown[0].column, shown[0].unit
    groups = list(dict.fromkeys(one.group for one in shown))
    own = {(one.sample, one.group): one for one in shown}
    where = [(one, k) for one in shown if one.is_common for k in range(len(one.steps))]

    def cells(one: ShiftSeries, k: int) -> tuple[str, ...]:
        number = _with_error(one.shift[k], one.stderr[k], 4)
        return (number if one.states[k] == FREE else f"{number} ({one.states[k]})",)

    def numbers(one: ShiftSeries, k: int) -> tuple[str, ...]:
        return _number(one.shift[k]), _number(one.stderr[k]), one.states[k]

    def each(one: ShiftSeries, k: int, said: Callable[..., tuple[str, ...]]) -> Iterator[str]:
        yield from (one.sample, str(one.steps[k]), _number(one.x[k]))
        for group in groups:
            mine = own.get((one.sample, group))
            yield from said(mine, k) if mine else [""] * len(said(one, k))

    def row(place: int) -> tuple[str, ...]:
        one, k = where[place]
        return (*each(one, k, cells), _state(one.current[k]))

    def copied(place: int) -> tuple[str, ...]:
        one, k = where[place]
        return (*each(one, k, numbers), str(bool(one.current[k])).lower())

    printed = unit.replace("cm-1", "cm⁻¹")
    titles = [f"{shift_title(group)} / {printed}" for group in groups]
    ends = (f"_{unit}", f"_stderr_{unit}", "_state")
    return NumberTable(
        ("Sample", "Step", column_label(column), *titles, ""),
        ("sample", "step", column, *(_stem(g) + end for g in groups for end in ends), "current"),
        tuple((one.sample, int(one.steps[k])) for one, k in where),
        lru_cache(_SEEN)(row),
        copied,
    )


def shift_title(group: str) -> str:
    """What the shift of a group is called on the screen."""
    if group in (COMMON, BROADENED):
        return "Shift" if group == COMMON else "Broadening"
    return "Shift of the rest" if group == DEFAULT else f"Shift of {group}"


def _stem(group: str) -> str:
    if group == BROADENED:
        return "broadening"
    return "shift" if group == COMMON else f"shift_{group}"


def tension_table(shown: Sequence[TensionSeries]) -> NumberTable:
    """How far regions lie apart, a row a step, a column a phase in a region."""
    if not shown:
        return NumberTable()
    pairs = list(dict.fromkeys(pair for one in shown for pair in one.pairs))
    column = shown[0].column
    where = [(one, k) for one in shown for k in range(len(one.steps))]

    def cells(one: TensionSeries, k: int) -> list[float]:
        own = dict(zip(one.pairs, one.tension[k].tolist(), strict=True))
        return [own.get(pair, float("nan")) for pair in pairs]

    def start(one: TensionSeries, k: int) -> tuple[str, ...]:
        return one.sample, str(one.steps[k]), _number(one.x[k])

    def row(place: int) -> tuple[str, ...]:
        one, k = where[place]
        return (*start(one, k), *(_with_error(value, float("nan"), 1) for value in cells(one, k)))

    def copied(place: int) -> tuple[str, ...]:
        one, k = where[place]
        return (*start(one, k), *map(_number, cells(one, k)))

    return NumberTable(
        (
            *("Sample", "Step", column_label(column)),
            *(f"{phase_label(phase)}, {region} / σ" for phase, region in pairs),
        ),
        ("sample", "step", column, *(f"{phase} in {region}_sigma" for phase, region in pairs)),
        tuple((one.sample, int(one.steps[k])) for one, k in where),
        lru_cache(_SEEN)(row),
        copied,
    )


def _state(current: bool) -> str:
    return "" if current else "older plan"


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
        return f"{value:z.{digits}f}"
    return f"{value:.{digits}f} ± {error:.{digits}f}"


def _copied(one: FractionSeries, k: int, name: str) -> list[str]:
    if name not in one.curves.names:
        return [""] * 5
    q, curves = one.curves.names.index(name), one.curves
    arrays = (curves.fraction, one.stderr, curves.low95, curves.high95, curves.upper_limit95)
    return [_number(values[k, q]) for values in arrays]


def _number(value: float) -> str:
    return f"{value:.9g}" if np.isfinite(value) else ""
