"""Tables of the results with a row for each number: trends and progress, copied as their CSV."""

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from app.batch.csv_file import Cell, cell
from app.batch.figures.labels import column_label, phase_label
from app.batch.progress_table import PROGRESS_COLUMNS
from app.batch.titration import SIDE_COLUMNS
from app.batch.trends_table import TREND_COLUMNS
from app.session.numbers import NumberTable
from app.session.progress import ProgressSeries, Quantity, kind_of

_SEEN = 256
_NONE = "–"
_WORDS = {
    "half_at": "Reaches half at",
    "saturated_at": "Reaches 95 % at",
    "sqrt_time_rate": "Growth per √h",
    "sqrt_time_reduced_chi_square": "Reduced χ² of growth with √h",
    "time_exponent": "Exponent of time",
}
_TREND_TITLES = (
    *("Sample", "Of what", "Quantity", "Value", "95 % interval", "Unit", "Minus", "Along", "Note"),
)
_PROGRESS_TITLES = (
    *("Quantity", "Value", "From sensitivities", "Expected", "Away / σ"),
    *("With sensitivities / σ", "Note"),
)
_UNITS = (("uAh", "µAh"), ("/cm2", " cm⁻²"), (" cm2", " cm²"), ("h^0.5", "√h"))


def trend_table(rows: Sequence[tuple[Cell, ...]]) -> NumberTable:
    """Rows of trends.csv; going to one of them goes to no step."""
    if not rows:
        return NumberTable()
    place = {name: k for k, name in enumerate(TREND_COLUMNS)}

    def row(k: int) -> tuple[str, ...]:
        told = {name: rows[k][at] for name, at in place.items()}
        value, error, low, high = (_float(told[n]) for n in ("value", "stderr", "low95", "high95"))
        quantity, phase = str(told["quantity"]), str(told["phase"])
        return (
            str(told["sample"]),
            phase_label(phase) if told["region"] else column_label(str(told["basis"])),
            _WORDS.get(quantity) or _sentence(quantity.removeprefix("sei_")),
            with_error(value, error),
            _interval(low, high),
            _printed(str(told["unit"])),
            str(told["compared_with"]),
            column_label(str(told["axis"])),
            str(told["note"]),
        )

    return _long(_TREND_TITLES, TREND_COLUMNS, rows, row, tuple((str(r[1]), None) for r in rows))


def progress_table(shown: Sequence[ProgressSeries], kind: Quantity) -> NumberTable:
    """Rows of progress.csv of one kind, step by step, samples below each other."""
    place = {name: k for k, name in enumerate(PROGRESS_COLUMNS)}
    rows = [r for one in shown for r in one.rows if kind_of(str(r[place["quantity"]])) is kind]
    if not rows:
        return NumberTable()
    column = shown[0].column

    def row(k: int) -> tuple[str, ...]:
        told = {name: rows[k][at] for name, at in place.items()}
        value, error = _float(told["value"]), _float(told["stderr"])
        systematic, expected = _float(told["systematic_stderr"]), _float(told["expected"])
        return (
            str(told["sample"]),
            cell(told["step"]),
            cell(told.get(column)),
            quantity_label(str(told["quantity"])),
            with_error(value, error),
            f"± {systematic:.2g}" if np.isfinite(systematic) else _NONE,
            f"{expected:.3g}" if np.isfinite(expected) else "",
            _sigmas(_float(told["tension"])),
            _sigmas(_float(told["tension_systematic"])),
            str(told["note"]),
        )

    titles = ("Sample", "Step", column_label(column), *_PROGRESS_TITLES)
    places = tuple((str(r[place["sample"]]), int(str(r[place["step"]]))) for r in rows)
    return _long(titles, PROGRESS_COLUMNS, rows, row, places)


def side_table(rows: Sequence[tuple[Cell, ...]]) -> NumberTable:
    """Rows of side_charge.csv; going to one of them goes to no step."""
    if not rows:
        return NumberTable()

    def row(k: int) -> tuple[str, ...]:
        _, sample, step, time, charge = rows[k]
        return str(sample), str(step), f"{_float(time) / 3600.0:.4f}", f"{_float(charge):.4f}"

    titles = ("Sample", "Point", "Time / h", "Side-reaction charge / µAh cm⁻²")
    return _long(titles, SIDE_COLUMNS, rows, row, tuple((str(r[1]), None) for r in rows))


def quantity_label(quantity: str) -> str:
    """``balance_S_per_P`` -> S per P, ``extent`` -> all elements."""
    stem = quantity.removeprefix("extent").removeprefix("balance").removeprefix("_")
    return " per ".join(map(phase_label, stem.split("_per_"))) if stem else "All elements"


def with_error(value: float, error: float) -> str:
    """A number to two digits of its error."""
    if not np.isfinite(value):
        return _NONE
    if not np.isfinite(error) or error <= 0.0:
        return f"{value:.4g}"
    digits = int(1 - np.floor(np.log10(error)))
    if 0 <= digits <= 6:
        return f"{value:z.{digits}f} ± {error:.{digits}f}"
    return f"{value:.4g} ± {error:.2g}"


def _long(
    titles: tuple[str, ...],
    columns: Sequence[str],
    rows: Sequence[tuple[Cell, ...]],
    row: Callable[[int], tuple[str, ...]],
    places: tuple[tuple[str, int | None], ...],
) -> NumberTable:
    def copied(k: int) -> tuple[str, ...]:
        return tuple(map(cell, rows[k]))

    return NumberTable(titles, tuple(columns), places, lru_cache(_SEEN)(row), copied)


def _sentence(name: str) -> str:
    return f"{name[:1].upper()}{name[1:].replace('_', ' ')}"


def _float(value: Cell) -> float:
    return float("nan") if value is None else float(value)


def _interval(low: float, high: float) -> str:
    if not np.isfinite([low, high]).any():
        return _NONE
    if not np.isfinite(low):
        return f"below {high:.4g}"
    return f"{low:.4g} to {high:.4g}" if np.isfinite(high) else f"above {low:.4g}"


def _printed(unit: str) -> str:
    for plain, printed in _UNITS:
        unit = unit.replace(plain, printed)
    return unit


def _sigmas(value: float) -> str:
    return f"{value:z.1f}" if np.isfinite(value) else _NONE
