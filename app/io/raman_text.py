"""Raman text exports with headers of their own: WITec ASCII, B&W Tek txt, Raman Open Database."""

import re
from datetime import datetime
from pathlib import Path

import numpy as np

from app.io.clock import NAIVE_TIME, posix
from app.io.format import FileFormat
from app.io.options import NOTHING_SAID, ReadOptions
from app.io.raman import Measured, raman_series
from app.io.text import decode_head, detect_layout, number, parse_rows, read_text
from fitting.arrays import FloatArray
from fitting.errors import ReadError
from fitting.series import IntensityUnit, Series

_ROD_SHIFT = "_raman_spectrum.raman_shift"
_ROD_INTENSITY = "_raman_spectrum.intensity"
Numbered = list[tuple[int, str]]


def _numbered(path: Path) -> Numbered:
    return list(enumerate(read_text(path).splitlines(), start=1))


def _filled(lines: Numbered) -> Numbered:
    return [(line_number, line) for line_number, line in lines if line.strip()]


def _table(path: Path, lines: Numbered, width: int | None = None) -> FloatArray:
    layout = detect_layout([line for _, line in lines])
    table = parse_rows(path, lines, layout, width)
    return table[np.isfinite(table[:, 0])]


def _sniff_witec(head: bytes) -> bool:
    text = decode_head(head[:4096]).lstrip()
    return text.startswith("//Exported ASCII-File") and "[Header]" in text


def read_witec(path: Path) -> list[Series]:
    """Read a WITec export with nothing said beside it."""
    return read_witec_with(path, NOTHING_SAID)


def read_witec_with(path: Path, options: ReadOptions) -> list[Series]:
    """Read a WITec ASCII export: one axis column, one column per spectrum.

    These files do not name the laser: where the axis is in nm it must be given.

    Raises
    ------
    ReadError
        Sections missing, rows cut short, axis that cannot become a Raman shift.
    """
    lines = _filled(_numbered(path))
    places = {line.strip(): at for at, (_, line) in enumerate(lines) if line.startswith("[")}
    if not lines or not lines[0][1].startswith("//Exported ASCII-File") or "[Data]" not in places:
        raise ReadError(path, "", "is no WITec export with the sections [Header] and [Data]")
    first = places["[Data]"] + 1
    pairs = [line.partition("=") for _, line in lines[1 : places["[Data]"]]]
    header = {key.strip(): value.strip() for key, equals, value in pairs if equals}
    if len(lines) < first + 4:
        raise ReadError(path, "[Data]", "holds no table; the file is cut short")
    table = _table(path, lines[first + 2 :])
    _check_size(path, header, len(table))
    return [
        raman_series(
            path,
            Measured(
                x=table[:, 0],
                unit=_witec_unit(header.get("XAxisUnit", "")),
                intensity=table[:, 1:].T,
                intensity_unit=IntensityUnit.COUNTS
                if "cts" in header.get("DataUnit", "")
                else IntensityUnit.ARBITRARY,
                metadata={"witec": {**header, "columns": lines[first][1].strip()}},
            ),
            options,
        )
    ]


def _check_size(path: Path, header: dict[str, str], found: int) -> None:
    size = header.get("SizeGraph", "")
    if size.isdigit() and int(size) != found:
        raise ReadError(
            path, "[Data]", f"{found} points where SizeGraph = {size}; the file is cut short"
        )


def _witec_unit(text: str) -> str:
    if "1/cm" in text:
        return "cm-1" if "rel" in text else "abs cm-1"
    return text if text in ("nm", "eV") else ""


def _sniff_bwtek(head: bytes) -> bool:
    return decode_head(head[:4096]).startswith("File Version;BWSpec")


def read_bwtek(path: Path) -> list[Series]:
    """Read a B&W Tek file with nothing said beside it."""
    return read_bwtek_with(path, NOTHING_SAID)


def read_bwtek_with(path: Path, options: ReadOptions) -> list[Series]:
    """Read a B&W Tek BWSpec text file, the dark-subtracted spectra.

    Dark-subtracted counts may be negative and are noisier than their square root: the
    intensity is called arbitrary, so that its noise is estimated. The clock of the PC is naive.

    Raises
    ------
    ReadError
        Column names missing, rows cut short.
    """
    lines = _filled(_numbered(path))
    at = next((i for i, (_, line) in enumerate(lines) if line.startswith("Pixel;")), None)
    if at is None or len(lines) < at + 3:
        raise ReadError(path, "", "is no BWSpec text with a table that begins with Pixel;")
    names = lines[at][1].rstrip().rstrip(";").split(";")
    header = {k.strip(): v.strip() for k, _, v in (line.partition(";") for _, line in lines[:at])}
    table = _table(path, lines[at + 1 :], len(names))
    chosen = [i for i, name in enumerate(names) if name.startswith("Dark Subtracted")]
    if "Raman Shift" not in names or not chosen:
        raise ReadError(
            path, f"line {lines[at][0]}", "has no columns Raman Shift and Dark Subtracted"
        )
    pixels = header.get("pixel_num", "")
    if pixels.isdigit() and table[-1, 0] != int(pixels) - 1:
        raise ReadError(path, f"line {lines[-1][0]}", f"ends before pixel {int(pixels) - 1}")
    shift = table[:, names.index("Raman Shift")]
    table, shift = table[np.isfinite(shift)], shift[np.isfinite(shift)]
    start = _start(header.get("Date", ""))
    return [
        raman_series(
            path,
            Measured(
                x=shift,
                unit="cm-1",
                intensity=table[:, chosen].T,
                intensity_unit=IntensityUnit.ARBITRARY,
                start=None if start is None else np.full(len(chosen), start),
                laser_nm=number(header.get("laser_wavelength", ""), decimal_comma=False),
                metadata={"bwtek": header, "intensity_column": "Dark Subtracted", NAIVE_TIME: True},
            ),
            options,
        )
    ]


def _start(text: str) -> float | None:
    try:
        return posix(datetime.fromisoformat(text))[0]
    except ValueError:
        return None


def _sniff_rod(head: bytes) -> bool:
    text = decode_head(head)
    return re.search(r"^data_\w+", text, re.MULTILINE) is not None and "\n_raman_" in text


def read_rod(path: Path) -> list[Series]:
    """Read a file of the Raman Open Database with nothing said beside it."""
    return read_rod_with(path, NOTHING_SAID)


def read_rod_with(path: Path, options: ReadOptions) -> list[Series]:
    """Read a CIF-like file of the Raman Open Database (solsa.crystallography.net/rod).

    Raises
    ------
    ReadError
        No loop with the Raman shift and the intensity, or a row cut short.
    """
    lines = _numbered(path)
    tags = [line.strip() for _, line in lines]
    if _ROD_SHIFT not in tags or _ROD_INTENSITY not in tags:
        raise ReadError(path, "", f"holds no loop of {_ROD_SHIFT} and {_ROD_INTENSITY}")
    first = tags.index(_ROD_SHIFT)
    while tags[first - 1].startswith("_"):
        first -= 1
    last = first
    while last < len(tags) and tags[last].startswith("_"):
        last += 1
    end = next(
        (i for i in range(last, len(tags)) if re.match(r"_|loop_|data_|#", tags[i])), len(tags)
    )
    rows = _filled(lines[last:end])
    if not rows:
        raise ReadError(path, "loop_", "holds no row of numbers; the file is cut short")
    names = tags[first:last]
    if _ROD_INTENSITY not in names:
        raise ReadError(path, "loop_", f"{_ROD_SHIFT} and {_ROD_INTENSITY} in different loops")
    table = parse_rows(path, rows, detect_layout([line for _, line in rows]), len(names))
    header = _cif_pairs(tags[: first - 1])
    _check_range(path, header, table[:, names.index(_ROD_SHIFT)])
    return [
        raman_series(
            path,
            Measured(
                x=table[:, names.index(_ROD_SHIFT)],
                unit="cm-1",
                intensity=table[:, [names.index(_ROD_INTENSITY)]].T,
                intensity_unit=IntensityUnit.ARBITRARY,
                metadata={"rod": header},
            ),
            options,
        )
    ]


def _check_range(path: Path, header: dict[str, str], shift: FloatArray) -> None:
    """The end of the measured range is the only sign that rows are missing."""
    last = number(header.get("_raman_measurement.range_max", ""))
    if last is not None and np.isfinite(last) and shift.max() < last - 5.0:
        raise ReadError(
            path, "loop_", f"ends at {shift.max():g} where range_max = {last:g}; it is cut short"
        )


def _cif_pairs(lines: list[str]) -> dict[str, str]:
    """Tags with their values on the same line, the next line, or between semicolons."""
    pairs: dict[str, str] = {}
    tag, text = "", None
    for line in lines:
        if text is not None:
            if line == ";":
                pairs[tag], text = "\n".join(text), None
            else:
                text.append(line)
        elif line.startswith("_"):
            tag, _, value = line.partition(" ")
            pairs[tag] = _unquoted(value)
        elif line.startswith(";"):
            text = [line[1:]] if line[1:] else []
        elif tag and line and not line.startswith(("#", "loop_", "data_")):
            pairs[tag] = "; ".join(filter(None, [pairs[tag], _unquoted(line)]))
    return pairs


def _unquoted(value: str) -> str:
    value = value.strip()
    if value[:1] in "'\"" and value.endswith(value[:1]) and len(value) > 1:
        return value[1:-1]
    return value


WITEC = FileFormat("WITec ASCII", (".txt",), _sniff_witec, read_witec, read_witec_with)
BWTEK = FileFormat("B&W Tek txt", (".txt",), _sniff_bwtek, read_bwtek, read_bwtek_with)
ROD = FileFormat("Raman Open Database", (".rod",), _sniff_rod, read_rod, read_rod_with)
