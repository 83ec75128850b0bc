"""One CSV table: number format, quotes, and rows that come in for several sections at a time."""

import csv
import math
import os
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import repeat
from pathlib import Path
from typing import IO

import numpy as np

from fitting.arrays import FloatArray

Cell = str | int | float | bool | None

Column = str | Sequence[str]
"""Finished text of one cell, or of some that stand side by side: for each row, or for all."""


def cell(value: Cell) -> str:
    """Text of one cell: empty where there is nothing, never nan or inf."""
    if value is None:
        return ""
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.9g}" if math.isfinite(value) else ""
    return str(value)


def number_cells(values: FloatArray) -> list[str]:
    """What ``cell`` gives for each of many numbers, in the order of the array."""
    flat = values.ravel().tolist()
    text = "%.9g\n" * len(flat) % tuple(flat)
    for nothing in ("nan", "-inf", "inf"):
        text = text.replace(nothing, "")
    return text.split("\n")[:-1]


def words(*cells: str) -> str:
    """Cells of text, side by side, in quotes where they need them."""
    return ",".join(map(_quoted, cells))


def _quoted(text: str) -> str:
    if any(sign in text for sign in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


class _LineFeeds:
    """Rows end in LF; told that they end in CR LF, csv puts quotes around either, as it must."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, row: str) -> int:
        return self._file.write(row.removesuffix("\r\n") + "\n")


class CsvFile:
    """One table, written row by row to a draft that takes its name when it is whole.

    Rows of one sample may come in for several sections at a time; they end up section by
    section.
    """

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self._path = path
        self._draft = path.with_name(f".{path.name}.part")
        self._file = self._draft.open("w", encoding="utf-8", newline="")
        self._sections: dict[str, IO[str]] = {}
        csv.writer(_LineFeeds(self._file), lineterminator="\r\n").writerow(columns)

    @property
    def name(self) -> str:
        """Name of the file."""
        return self._path.name

    def write(self, section: str, rows: Iterable[Sequence[Cell]]) -> None:
        """Add rows to a section of the current sample."""
        writer = csv.writer(_LineFeeds(self._section(section)), lineterminator="\r\n")
        writer.writerows([cell(value) for value in row] for row in rows)

    def write_columns(self, section: str, count: int, columns: Iterable[Column]) -> None:
        """Add ``count`` rows to a section, given column by column as finished text."""
        parts = [repeat(c, count) if isinstance(c, str) else c for c in columns]
        rows = [",".join(row) for row in zip(*parts, strict=True)]
        file = self._section(section)
        if rows:
            file.write("\n".join(rows) + "\n")

    def end_sample(self) -> None:
        """Append the sections of a sample in the order in which they first came."""
        for spool in self._sections.values():
            if spool is not self._file:
                spool.seek(0)
                while text := spool.read(1 << 20):
                    self._file.write(text)
                spool.close()
        self._sections.clear()

    def finish(self) -> None:
        """Everything is on the disk, still under the name of the draft. Raises OSError."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def publish(self) -> None:
        """Take the final name."""
        self._draft.replace(self._path)

    def discard(self) -> None:
        """Leave nothing behind; never raises, for something else is already wrong."""
        for file in (*self._sections.values(), self._file):
            with suppress(OSError):
                file.close()
        with suppress(OSError):
            self._draft.unlink(missing_ok=True)

    def _section(self, name: str) -> IO[str]:
        """The first section of a sample goes where it belongs, the others wait beside it."""
        if not self._sections:
            self._sections[name] = self._file
        elif name not in self._sections:
            self._sections[name] = tempfile.TemporaryFile(
                "w+", encoding="utf-8", newline="", dir=self._path.parent
            )
        return self._sections[name]
