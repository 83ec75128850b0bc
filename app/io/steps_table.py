"""Step values in a table of their own (``--steps``): what the spectra's files do not say.

A CSV with the column ``step`` or ``file`` (or both), then any step columns with units in their
names, and ``sample`` where it holds several samples. Rows with ``file`` turn files into steps.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.io.names import step_column
from app.io.text import Layout, detect_layout, number, read_text
from fitting.arrays import FloatArray
from fitting.errors import DataError, ReadError

_TEXT_COLUMNS = ("file", "sample")


@dataclass(frozen=True, eq=False)
class StepsTable:
    """Step values by step number or by file.

    Parameters
    ----------
    path : of the table, for messages
    steps : step number of each row
    files : file name of each row, or None if rows are found by step number
    samples : sample of each row, or None if the table holds for all
    columns : step column -> (R,) values, nan where the cell is empty
    """

    path: Path
    steps: tuple[int, ...]
    files: tuple[str, ...] | None
    samples: tuple[str, ...] | None
    columns: dict[str, FloatArray]


def read_steps_table(path: Path) -> StepsTable:
    """Read a table of step values.

    Raises
    ------
    ReadError
        No column ``step`` or ``file``, a cell that is no number, a column without unit, a row
        twice; each with row and column.
    """
    path = Path(path)
    lines = [
        (line_number, line)
        for line_number, line in enumerate(read_text(path).splitlines(), start=1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    layout = detect_layout([line for _, line in lines])
    rows = [(line_number, layout.split(line)) for line_number, line in lines]
    names = rows[0][1] if rows else []
    if not {"step", "file"} & set(names):
        raise ReadError(
            path, "line 1", f'needs a column "step" or "file"; found {", ".join(names)}'
        )
    if len(rows) < 2:
        raise ReadError(path, "", "holds no row below the column names")
    _check_widths(path, rows, names)
    texts = {name: _texts(rows, names, name) for name in _TEXT_COLUMNS if name in names}
    columns = _columns(path, rows, names, layout)
    steps = _steps(path, rows, columns.pop("step", None))
    files, samples = texts.get("file"), texts.get("sample")
    _check_unique(path, rows, files or steps, samples)
    return StepsTable(path, steps, files, samples, columns)


def _check_widths(path: Path, rows: list[tuple[int, list[str]]], names: list[str]) -> None:
    repeated = {name for name in names if names.count(name) > 1}
    if repeated:
        raise ReadError(path, "line 1", f"the column {sorted(repeated)[0]!r} stands twice")
    for line_number, cells in rows:
        if len(cells) != len(names):
            raise ReadError(
                path, f"line {line_number}", f"{len(cells)} cells where line 1 has {len(names)}"
            )


def _texts(rows: list[tuple[int, list[str]]], names: list[str], name: str) -> tuple[str, ...]:
    at = names.index(name)
    return tuple(cells[at] for _, cells in rows[1:])


def _columns(
    path: Path, rows: list[tuple[int, list[str]]], names: list[str], layout: Layout
) -> dict[str, FloatArray]:
    columns: dict[str, FloatArray] = {}
    for at, name in enumerate(names):
        if name in _TEXT_COLUMNS:
            continue
        values = []
        for line_number, cells in rows[1:]:
            value = number(cells[at], layout.decimal_comma)
            if value is None:
                raise ReadError(
                    path,
                    f"line {line_number}, column {name}",
                    f"{cells[at][:40]!r} where a number was needed",
                )
            values.append(value)
        try:
            standard, converted = step_column(name, np.array(values))
        except DataError as error:
            raise ReadError(path, f"line 1, column {at + 1}", str(error)) from error
        if standard in columns:
            raise ReadError(path, f"line 1, column {at + 1}", f"{standard} is given twice")
        columns[standard] = converted
    return columns


def _steps(
    path: Path, rows: list[tuple[int, list[str]]], values: FloatArray | None
) -> tuple[int, ...]:
    if values is None:
        return tuple(range(len(rows) - 1))
    for (line_number, _), value in zip(rows[1:], values, strict=True):
        if not (np.isfinite(value) and value == round(value) and value >= 0):
            raise ReadError(
                path, f"line {line_number}, column step", f"{value:g}; steps are 0, 1, 2 ..."
            )
    return tuple(int(value) for value in values)


def _check_unique(
    path: Path,
    rows: list[tuple[int, list[str]]],
    keys: tuple[object, ...],
    samples: tuple[str, ...] | None,
) -> None:
    seen: dict[tuple[object, str], int] = {}
    for at, ((line_number, _), key) in enumerate(zip(rows[1:], keys, strict=True)):
        full = (key, samples[at] if samples else "")
        if key == "":
            raise ReadError(path, f"line {line_number}, column file", "is empty")
        if full in seen:
            raise ReadError(
                path, f"line {line_number}", f"{key} stands already in line {seen[full]}"
            )
        seen[full] = line_number
