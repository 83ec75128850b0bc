"""A user's own reference lines: tables in the settings folder and beside a plan."""

import csv
import re
import tomllib
from pathlib import Path

from app.project.settings import settings_folder
from fitting.errors import ReadError
from reference_lines import Library, Line, LineTableError, library, parse_rows

TABLE_NAMES = ("lines.toml", "lines.csv")
_HEADER_ROW = 1


def load_library(beside: Path | None) -> Library:
    """The reference library with the user's tables laid over it.

    Tables are read from the settings folder first, then from beside the plan, ``lines.toml``
    before ``lines.csv``; a later recommended line takes the place of an earlier one.
    ``Library.user_lines`` are the user's, ``Line.origin`` names file and row.

    Parameters
    ----------
    beside : the plan (it need not exist yet) or its folder; None for the settings folder alone

    Raises
    ------
    ReadError
        With file, row, column, and what would be right.
    """
    result = library()
    for path in user_tables(beside):
        result = result.with_lines(read_lines(path))
    return result


def user_tables(beside: Path | None) -> tuple[Path, ...]:
    """Existing tables, in the order in which they are read."""
    folders = [settings_folder().resolve()]
    if beside is not None:
        folder = (beside if beside.is_dir() else beside.parent).resolve()
        if folder not in folders:
            folders.append(folder)
    paths = [folder / name for folder in folders for name in TABLE_NAMES]
    return tuple(path for path in paths if path.is_file())


def read_lines(path: Path) -> list[Line]:
    """Lines of one table, TOML or CSV by its ending.

    Raises
    ------
    ReadError
    """
    text = _text(path)
    if path.suffix == ".toml":
        rows, first_row = _toml_rows(path, text), 1
    else:
        rows, first_row = _csv_rows(path, text), _HEADER_ROW + 1
    try:
        return parse_rows(rows, str(path), first_row)
    except LineTableError as error:
        place = f"row {error.row}, column {error.column}"
        raise ReadError(path, place, f"{error.value!r}: {error.remedy}") from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        problem = "is not UTF-8 text; save the table as UTF-8"
        raise ReadError(path, f"byte {error.start}", problem) from error
    except OSError as error:
        problem = f"could not be read ({error.strerror}); it must be a readable file"
        raise ReadError(path, "", problem) from error


def _toml_rows(path: Path, text: str) -> list[dict[str, object]]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        place = re.search(r"line \d+, column \d+", message)
        problem = f"is not TOML: {message}"
        raise ReadError(path, place[0] if place else "", problem) from error
    other = sorted(set(document) - {"lines"})
    if other:
        raise ReadError(path, f"key {other[0]}", "unknown; lines are written as [[lines]] tables")
    rows = document.get("lines", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ReadError(path, "key lines", "must be [[lines]] tables, one for each line")
    return rows


def _csv_rows(path: Path, text: str) -> list[dict[str, object]]:
    """Cells by column; empty rows are kept so that later ones keep their number."""
    try:
        records = list(csv.reader(text.splitlines(keepends=True), strict=True))
    except csv.Error as error:
        raise ReadError(path, "", f"is not a CSV table: {error}; check the quotes") from error
    if not records:
        return []
    header = [column.strip() for column in records[0]]
    _check_header(path, header)
    rows: list[dict[str, object]] = []
    for number, cells in enumerate(records[1:], start=_HEADER_ROW + 1):
        if len(cells) > len(header):
            problem = (
                f"has {len(cells)} cells, the header {len(header)}; "
                "a text with a comma needs quotes around it, a decimal comma must be a point"
            )
            raise ReadError(path, f"row {number}", problem)
        rows.append(dict(zip(header, cells, strict=False)))
    return rows


def _check_header(path: Path, header: list[str]) -> None:
    place = f"row {_HEADER_ROW}"
    if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
        raise ReadError(path, place, "columns must be separated by commas, not ';' or tabs")
    doubled = sorted({column for column in header if header.count(column) > 1})
    if doubled:
        raise ReadError(path, f"{place}, column {doubled[0]}", "stands twice; name it once")
