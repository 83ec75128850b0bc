"""Tables of numbers in text: decoding, separators, decimal commas, and cells with their place."""

import codecs
import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fitting.arrays import FloatArray
from fitting.errors import ReadError

MAX_BYTES = 2 * 1024**3
_EMPTY = frozenset({"", "nan", "na", "n/a", "#n/a", "--", "-", "xxx"})
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class Layout:
    """How cells are separated (None: by white space) and decimals are marked."""

    delimiter: str | None
    decimal_comma: bool = False

    def split(self, line: str) -> list[str]:
        """Cells of one line, stripped; quotes are understood."""
        if self.delimiter is None:
            return line.split()
        cells = line.split(self.delimiter)
        if '"' in line:
            try:
                cells = next(csv.reader([line], delimiter=self.delimiter), [])
            except csv.Error:
                cells = line.split(self.delimiter)
        return [cell.strip() for cell in cells]


def decode(content: bytes) -> str:
    """Text of UTF-8 (with or without BOM), UTF-16 with BOM, else of Western 8-bit."""
    if content.startswith(_UTF16):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def decode_head(head: bytes) -> str:
    """Text of the first bytes of a file, a character cut at the end left out; "" if binary."""
    if head.startswith(_UTF16):
        return head[: len(head) // 2 * 2].decode("utf-16", errors="ignore")
    if b"\x00" in head:
        return ""
    text = codecs.getincrementaldecoder("utf-8-sig")()
    try:
        return text.decode(head)
    except UnicodeDecodeError:
        return head.decode("cp1252", errors="replace")


def read_text(path: Path) -> str:
    """Whole text of a file.

    Raises
    ------
    ReadError
        Cannot be opened, empty, binary, or absurdly large.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ReadError(path, "", "is larger than 2 GiB of text; split it")
        content = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ReadError(path, "", f"cannot be opened: {reason}") from error
    if not content.strip():
        raise ReadError(path, "", "is empty; a table of numbers was expected")
    if b"\x00" in content[:65536] and not content.startswith(_UTF16):
        raise ReadError(path, "", "is binary, not text; a table of numbers was expected")
    return decode(content)


def number(cell: str, decimal_comma: bool = False) -> float | None:
    """Value of one cell; nan where empty, None where it is not a number."""
    if cell.lower() in _EMPTY:
        return float("nan")
    if decimal_comma:
        if "." in cell:
            return None
        cell = cell.replace(",", ".")
    if "_" in cell:
        return None
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if np.isfinite(value) else None


def _commas_are_decimal(tokens: list[str]) -> bool:
    """Whether each token with a comma is one number with a decimal comma, and none has a point."""
    with_comma = [token for token in tokens if "," in token]
    return bool(with_comma) and all(
        token.count(",") == 1 and number(token, decimal_comma=True) is not None
        for token in with_comma
    )


def detect_layout(lines: list[str]) -> Layout:
    """Separator and decimal mark of a table, from some of its lines of numbers."""
    sample = [line for line in lines if line.strip()][:50]
    for delimiter in ("\t", ";"):
        if sum(delimiter in line for line in sample) * 2 > len(sample):
            tokens = [cell for line in sample for cell in Layout(delimiter).split(line)]
            points = any("." in token and number(token) is not None for token in tokens)
            return Layout(delimiter, not points and _commas_are_decimal(tokens))
    tokens = [token for line in sample for token in line.split()]
    spaced = all(len(line.split()) > 1 for line in sample)
    points = any("." in token for token in tokens)
    if spaced and not points and _commas_are_decimal(tokens):
        return Layout(None, decimal_comma=True)
    if any("," in line for line in sample):
        return Layout(",")
    return Layout(None)


def parse_rows(
    path: Path, lines: list[tuple[int, str]], layout: Layout, width: int | None = None
) -> FloatArray:
    """(R, C) numbers of numbered lines, nan where a cell is empty.

    Parameters
    ----------
    lines : (line number from 1, text); blank ones already left out
    width : cells that every row must have; by default those of the first row

    Raises
    ------
    ReadError
        A row of another length or a cell that is no number, with line and column.
    """
    rows = []
    for line_number, line in lines:
        row = _fast_row(line, layout)
        if row is None:
            row = _slow_row(path, line_number, line, layout)
        if width is None:
            width = len(row)
        if len(row) == width + 1 and np.isnan(row[-1]):
            row = row[:-1]
        if len(row) != width:
            raise ReadError(path, f"line {line_number}", _ragged(len(row), width, line, layout))
        rows.append(row)
    return np.array(rows, dtype=np.float64).reshape(len(rows), width or 0)


def _ragged(found: int, width: int, line: str, layout: Layout) -> str:
    problem = f"{found} cells where {width} were expected"
    if layout.delimiter == "," and found > width:
        return f"{problem}; if commas are decimal marks, separate the cells by semicolons or tabs"
    return f"{problem}; the file is cut short or the row is damaged"


def _fast_row(line: str, layout: Layout) -> FloatArray | None:
    if "_" in line or '"' in line:
        return None
    if layout.decimal_comma:
        if "." in line:
            return None
        line = line.replace(",", ".")
    try:
        row = np.array([float(cell) for cell in line.split(layout.delimiter)])
    except ValueError:
        return None
    return None if np.isinf(row).any() else row


def _slow_row(path: Path, line_number: int, line: str, layout: Layout) -> FloatArray:
    values = []
    for column, cell in enumerate(layout.split(line), start=1):
        value = number(cell, layout.decimal_comma)
        if value is None:
            shown = cell if len(cell) <= 40 else cell[:37] + "..."
            raise ReadError(
                path, f"line {line_number}, column {column}", f"{shown!r} where a number was needed"
            )
        values.append(value)
    return np.array(values)
