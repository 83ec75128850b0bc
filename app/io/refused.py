"""Kinds of files that are known, but hold no spectrum that can be read: one sentence each."""

import re
from collections.abc import Callable
from pathlib import Path

from app.io.content import read_bytes
from app.io.format import FileFormat
from app.io.text import decode_head
from fitting.errors import ReadError
from fitting.series import Series

_CASA_REPORT = re.compile(r"(?m)^Name\tPosition\tFWHM\t")
_CELLS = re.compile(r"[,;\t]")


def _is_casaxps_report(head: bytes) -> bool:
    return _CASA_REPORT.search(decode_head(head[:4096])) is not None


def _is_peak_table(head: bytes) -> bool:
    """A header line that names widths and areas or heights of fitted peaks."""
    lines = decode_head(head[:4096]).lstrip().splitlines()
    cells = [cell.strip().strip('"').lower() for cell in _CELLS.split(lines[0])] if lines else []
    widths = any(cell.startswith("fwhm") for cell in cells)
    sizes = any(cell.startswith(("area", "height", "ampli")) for cell in cells)
    return len(cells) > 2 and widths and sizes


def _refusing(
    name: str, extensions: tuple[str, ...], sniff: Callable[[bytes], bool], sentence: str
) -> FileFormat:
    def read(path: Path) -> list[Series]:
        head = read_bytes(path)[:65536]
        if not sniff(head):
            raise ReadError(path, "", f"is not a {name}")
        raise ReadError(path, "", sentence)

    return FileFormat(name, extensions, sniff, read)


REFUSED: tuple[FileFormat, ...] = (
    _refusing(
        "CasaXPS report",
        (".csv", ".txt"),
        _is_casaxps_report,
        "is a CasaXPS report of fitted peaks, not a spectrum; give the VAMAS file it came from",
    ),
    _refusing(
        "table of fitted peaks",
        (".csv", ".txt"),
        _is_peak_table,
        "is a table of fitted peaks (positions, widths, areas), not a spectrum",
    ),
)
