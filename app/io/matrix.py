r"""A whole series as one table: first row the steps, first column the axis, cells in counts.

The first cell names both, ``binding_energy_eV\charge_uAh_cm2``; sample and region come from a
file name like ``cellA__S 2p.csv``. Comma, semicolon or tab; decimal commas where unambiguous.
"""

import re
from pathlib import Path

import numpy as np

from app.io.format import FileFormat
from app.io.names import RAMAN_REGION, axis_kind, sample_and_region, step_column
from app.io.options import NOTHING_SAID, ReadOptions
from app.io.text import Layout, decode_head, detect_layout, number, parse_rows, read_text
from fitting.arrays import FloatArray, IntArray
from fitting.errors import DataError, ReadError
from fitting.series import AxisKind, IntensityUnit, Series, Technique

_NAMED = re.compile(r"""^\s*"?[A-Za-z][^\\,;\t"/:]*\\[A-Za-z][^\\,;\t":]*"?\s*([,;\t]|$)""")
_EXAMPLE = "binding_energy_eV\\charge_uAh_cm2"


def sniff(head: bytes) -> bool:
    """A first cell that is empty or no number, then a row of numbers only."""
    lines = [line for line in decode_head(head).splitlines() if line.strip()]
    if not lines:
        return False
    return bool(_NAMED.match(lines[0])) or _header_is_steps(lines[0])


def _header_is_steps(line: str) -> bool:
    for delimiter in ("\t", ";", ","):
        cells = Layout(delimiter).split(line[:2000])
        if len(cells) > 2 or (len(cells) > 1 and not cells[0]):
            if len(line) > 2000:
                cells = cells[:-1]
            comma = delimiter != ","
            steps = [number(cell, comma and "," in cell) for cell in cells[1:] if cell]
            named = number(cells[0]) is None or not cells[0]
            return named and bool(steps) and all(value is not None for value in steps)
    return False


def read(path: Path) -> list[Series]:
    """Read a matrix with nothing said beside it."""
    return read_with(path, NOTHING_SAID)


def read_with(path: Path, options: ReadOptions) -> list[Series]:
    """Read a matrix; ``axis``, ``step_column`` and ``intensity_unit`` replace what it says.

    The axis and the counts are kept as they are; empty cells are nan. Step columns come in the
    units of the step table (``time_h`` becomes ``time_s``).

    Raises
    ------
    ReadError
        Axis or step column unnamed or without unit, a cell that is no number, a short row.
    """
    lines = [
        (line_number, line)
        for line_number, line in enumerate(read_text(path).splitlines(), start=1)
        if line.strip()
    ]
    if len(lines) < 2:
        raise ReadError(path, "", f"is no matrix; the first cell would read {_EXAMPLE}")
    layout = detect_layout([line for _, line in lines[1:4]])
    header = layout.split(lines[0][1])
    while len(header) > 1 and not header[-1]:
        header.pop()
    if len(header) < 2:
        raise ReadError(path, "line 1", f"is no matrix; the first cell would read {_EXAMPLE}")
    kind, step_name = _names(path, header[0], options)
    steps_line = layout.split(lines[0][1])[1 : len(header)]
    step_values = _step_values(path, steps_line, layout)
    table = parse_rows(path, lines[1:], layout, width=len(header))
    return [_series(path, kind, step_name, step_values, table, options)]


def _names(path: Path, cell: str, options: ReadOptions) -> tuple[AxisKind, str]:
    axis, _, step = cell.strip().strip('"').partition("\\")
    axis, step = options.axis or axis.strip(), options.step_column or step.strip()
    advice = (
        f"write both into the first cell, {_EXAMPLE}, or give --axis raman_shift_cm-1 and "
        "--step-column time_h (or what they are)"
    )
    if not axis:
        raise ReadError(path, "line 1, column 1", f"nothing says what the axis is; {advice}")
    if not step:
        raise ReadError(path, "line 1, column 1", f"nothing says what the first row is; {advice}")
    try:
        kind = axis_kind(axis)
        step_column(step, np.zeros(1))
    except DataError as error:
        raise ReadError(path, "line 1, column 1", str(error)) from error
    return kind, step


def _step_values(path: Path, cells: list[str], layout: Layout) -> FloatArray:
    values = []
    for column, cell in enumerate(cells, start=2):
        value = number(cell, layout.decimal_comma and "," in cell)
        if value is None:
            raise ReadError(
                path, f"line 1, column {column}", f"{cell[:40]!r} where a step value was needed"
            )
        values.append(value)
    return np.array(values)


def _steps(path: Path, name: str, values: FloatArray) -> tuple[IntArray, dict[str, FloatArray]]:
    if name != "step":
        column, converted = step_column(name, values)
        return np.arange(len(values)), {column: converted}
    if not (np.isfinite(values).all() and np.all(values == np.round(values))):
        raise ReadError(path, "line 1", "the column step counts 0, 1, 2 ...; other values found")
    return values.astype(np.int64), {}


def _series(
    path: Path,
    kind: AxisKind,
    step_name: str,
    step_values: FloatArray,
    table: FloatArray,
    options: ReadOptions,
) -> Series:
    x, intensity = table[:, 0], table[:, 1:].T
    present = np.isfinite(x)
    x, intensity = x[present], intensity[:, present]
    kept = np.isfinite(intensity).any(axis=1)
    if not kept.any():
        raise ReadError(path, "", "holds no counts; every cell below the first row is empty")
    steps, columns = _steps(path, step_name, step_values)
    sample, region = sample_and_region(path)
    raman = kind is AxisKind.RAMAN_SHIFT
    region = options.region or region or (RAMAN_REGION if raman else None)
    if region is None:
        raise ReadError(
            path, "", 'names no region; call the file like "cellA__S 2p.csv" or give --region'
        )
    unit = options.intensity_unit or IntensityUnit.COUNTS
    return Series(
        sample=sample,
        region=region,
        technique=Technique.RAMAN if raman else Technique.XPS,
        axis_kind=kind,
        x=x,
        intensity=intensity[kept],
        steps=steps[kept],
        columns={name: values[kept] for name, values in columns.items()},
        intensity_unit=unit,
        counts_per_unit=np.ones(int(kept.sum())) if unit is IntensityUnit.COUNTS else None,
        source=str(path),
        metadata={
            "matrix": {
                "step_column": step_name,
                "empty_columns_left_out": [int(i) for i in np.flatnonzero(~kept)],
            }
        },
    )


FORMAT = FileFormat("matrix CSV", (".csv", ".txt", ".tsv"), sniff, read, read_with)
