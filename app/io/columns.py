"""Spectra as columns of text: one axis, then one or several intensities.

A header line names the columns; words and units in it decide what they are. Lines before the
header that are no table, and lines that begin with #, % or //, are kept as metadata.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.io.format import FileFormat
from app.io.names import RAMAN_REGION, AxisName, axis_kind, parse_axis, sample_and_region
from app.io.options import NOTHING_SAID, ReadOptions
from app.io.text import Layout, decode_head, detect_layout, number, parse_rows, read_text
from fitting.arrays import FloatArray
from fitting.errors import DataError, ReadError
from fitting.series import AxisKind, IntensityUnit, Series, Technique

_COMMENT = re.compile(r"^\s*(#|%|//|;|!)")
_SIGMA = re.compile(r"sigma|error|std|uncert|stderr", re.IGNORECASE)
_COUNTS_PER_SECOND = re.compile(
    r"\bcps\b|counts?\s*(/|per[ _]?)\s*s|cts\s*/\s*s|counts_per_s", re.I
)
_COUNTS = re.compile(r"\bcounts?\b|\bcts\b", re.IGNORECASE)
_MODELLED = re.compile(r"envelope|background|baseline|\bfit\b|y_fit|residual", re.IGNORECASE)
_MIN_ROWS = 3
_OPTION = "give --axis raman_shift_cm-1, binding_energy_eV or kinetic_energy_eV"


@dataclass(frozen=True)
class Table:
    """A table of numbers and what stands above it."""

    header: tuple[str, ...]
    values: FloatArray
    comments: tuple[str, ...]
    first_line: int


def sniff(head: bytes) -> bool:
    """Lines of numbers, two or more each, below at most one header and some comments."""
    lines = decode_head(head).splitlines()
    if len(head) >= 65536:
        lines = lines[:-1]
    body = [line for line in lines if line.strip() and not _COMMENT.match(line)]
    if len(body) < _MIN_ROWS:
        return False
    layout = detect_layout(body[1:])
    first = 0 if _is_numbers(body[0], layout) else 1
    sample = body[first : first + 20]
    if len(sample) < _MIN_ROWS - first or not _is_numbers(sample[0], layout):
        return False
    width = len(layout.split(sample[0]))
    good = [_is_numbers(line, layout) and len(layout.split(line)) == width for line in sample]
    return 2 * sum(good) > len(good) and (first == 0 or _header_fits(body[0], layout, width))


def _is_numbers(line: str, layout: Layout) -> bool:
    cells = layout.split(line)
    values = [number(cell, layout.decimal_comma) for cell in cells]
    return len(cells) > 1 and all(value is not None for value in values) and values[0] == values[0]


def _header_fits(line: str, layout: Layout, width: int) -> bool:
    cells = _header_cells(line, layout, width)
    return len(cells) == width and _names_columns(cells)


def _names_columns(cells: list[str]) -> bool:
    return bool(cells[0]) and all(not cell or number(cell) is None for cell in cells)


def _header_cells(line: str, layout: Layout, width: int) -> list[str]:
    """Header cells; where white space separates, names may hold single spaces or use commas."""
    line = line.strip()
    guesses = [layout.split(line)]
    if layout.delimiter is None:
        guesses += [re.split(r"\s{2,}|\t", line), [cell.strip() for cell in line.split(",")]]
    return next((cells for cells in guesses if len(cells) == width), guesses[0])


def read(path: Path) -> list[Series]:
    """Read columns with nothing said beside them."""
    return read_with(path, NOTHING_SAID)


def read_with(path: Path, options: ReadOptions) -> list[Series]:
    """Read columns; ``axis`` and ``intensity_unit`` replace what the header says.

    Several intensity columns are steps in their order; a column whose header says error or
    sigma is the standard error of the column before it. Columns that another program made
    (envelope, background, fit) are left out and named in the metadata.

    Raises
    ------
    ReadError
        No table, an axis that nothing names, a cell that is no number.
    """
    table = _parse(path)
    kind, axis_at = _axis(path, table, options)
    intensities, errors, left_out = _roles(table, axis_at)
    if not intensities:
        raise ReadError(path, f"line {table.first_line}", "has an axis but no intensity column")
    x = table.values[:, axis_at]
    intensity = table.values[:, intensities].T
    present = np.isfinite(x) & np.isfinite(intensity).any(axis=0)
    filled = np.isfinite(intensity[:, present]).any(axis=1)
    if not filled.all():
        raise ReadError(path, "", f"{int((~filled).sum())} intensity columns hold no number")
    sample, region = sample_and_region(path)
    raman = kind is AxisKind.RAMAN_SHIFT
    region = options.region or region or (RAMAN_REGION if raman else None)
    if region is None:
        raise ReadError(
            path, "", 'names no region; call the file like "cellA__S 2p.txt" or give --region'
        )
    unit = options.intensity_unit or _intensity_unit(table.header, intensities)
    names = [table.header[i] for i in intensities] if table.header else []
    return [
        Series(
            sample=sample,
            region=region,
            technique=Technique.RAMAN if raman else Technique.XPS,
            axis_kind=kind,
            x=x[present],
            intensity=intensity[:, present],
            steps=np.arange(len(intensities)),
            sigma=_sigma(table.values[present], intensities, errors),
            intensity_unit=unit,
            counts_per_unit=np.ones(len(intensities)) if unit is IntensityUnit.COUNTS else None,
            source=str(path),
            metadata={
                "columns": {
                    "header": list(table.header),
                    "intensity": names,
                    "left_out": left_out,
                    "comments": list(table.comments),
                }
            },
        )
    ]


def _parse(path: Path) -> Table:
    lines = [
        (line_number, line)
        for line_number, line in enumerate(read_text(path).splitlines(), start=1)
        if line.strip()
    ]
    comments = tuple(line.strip() for _, line in lines if _COMMENT.match(line))
    body = [(line_number, line) for line_number, line in lines if not _COMMENT.match(line)]
    if len(body) < 2:
        raise ReadError(path, "", "holds no table of numbers; columns of an axis and counts needed")
    layout = detect_layout([line for _, line in body[1:]])
    first = 0 if _is_numbers(body[0][1], layout) else 1
    if not _is_numbers(body[first][1], layout):
        raise ReadError(
            path,
            f"line {body[first][0]}",
            "is no row of numbers; one header line, then columns of an axis and counts, needed",
        )
    width = len(layout.split(body[first][1]))
    header = tuple(_header_cells(body[0][1], layout, width)) if first else ()
    if not header and comments:
        header = _header_in_comment(comments[-1], layout, width)
    if header and not _names_columns(list(header)):
        raise ReadError(
            path, f"line {body[0][0]}", "the header holds numbers; column names were expected"
        )
    values = parse_rows(path, body[first:], layout)
    if header and len(header) != values.shape[1]:
        raise ReadError(
            path,
            f"line {body[0][0]}",
            f"the header names {len(header)} columns where the rows have {values.shape[1]}",
        )
    return Table(header, values, comments, body[first][0])


def _header_in_comment(comment: str, layout: Layout, width: int) -> tuple[str, ...]:
    """Names in the last comment line, as in ``#Wave  #Intensity``; empty if it names nothing."""
    cells = _header_cells(comment.lstrip("#%/!; "), layout, width)
    cells = [cell.lstrip("# ") for cell in cells]
    return tuple(cells) if len(cells) == width and _names_columns(cells) else ()


def _axis(path: Path, table: Table, options: ReadOptions) -> tuple[AxisKind, int]:
    place = f"line {table.first_line - 1}" if table.header else ""
    if {"x", "y", "wave"} <= {name.strip().lower() for name in table.header}:
        raise ReadError(path, place, "is the text export of a map; give the .wdf file itself")
    try:
        if options.axis is not None:
            return axis_kind(options.axis), 0
        if not table.header:
            raise ReadError(path, "", f"columns without a header; {_OPTION}")
        found = [(i, parse_axis(cell)) for i, cell in enumerate(table.header)]
        named = [(i, name) for i, name in found if _says_axis(name)]
        complete = [(i, n) for i, n in named if n.kind is not None and n.unit == n.kind.unit]
        if complete:
            preferred = [c for c in complete if c[1].kind is AxisKind.BINDING_ENERGY] or complete
            kind = preferred[0][1].kind
            return kind or AxisKind.RAMAN_SHIFT, preferred[0][0]
        shown = table.header[named[0][0] if named else 0]
        return axis_kind(shown), 0
    except DataError as error:
        raise ReadError(path, place, f"{error}, or {_OPTION}") from error


def _says_axis(name: AxisName) -> bool:
    return name.kind is not None or name.unit is not None


def _roles(table: Table, axis_at: int) -> tuple[list[int], dict[int, int], list[str]]:
    """Intensity columns, intensity column -> its sigma column, names left out."""
    intensities: list[int] = []
    errors: dict[int, int] = {}
    left_out: list[str] = []
    for i in range(table.values.shape[1]):
        name = table.header[i] if table.header else ""
        if i == axis_at:
            continue
        if _SIGMA.search(name) and intensities:
            errors[intensities[-1]] = i
        elif _MODELLED.search(name) or (table.header and _says_axis(parse_axis(name))):
            left_out.append(name)
        else:
            intensities.append(i)
    return intensities, errors, left_out


def _sigma(values: FloatArray, intensities: list[int], errors: dict[int, int]) -> FloatArray | None:
    if not errors:
        return None
    empty = np.full(len(values), np.nan)
    return np.array([values[:, errors[i]] if i in errors else empty for i in intensities])


def _intensity_unit(header: tuple[str, ...], intensities: list[int]) -> IntensityUnit:
    names = " ".join(header[i] for i in intensities) if header else ""
    if _COUNTS_PER_SECOND.search(names):
        return IntensityUnit.COUNTS_PER_SECOND
    return IntensityUnit.COUNTS if _COUNTS.search(names) else IntensityUnit.ARBITRARY


FORMAT = FileFormat("columns of text", (".csv", ".txt", ".xy", ".dat"), sniff, read, read_with)
