"""Spectra exported by CasaXPS as CSV or as tab-separated text.

Two layouts. CSV: a row ``Characteristic Energy eV,1486.6,Acquisition Time s,2.8``, a row of column
names ``BE_S 2p 4,CPS_S 2p 4,...,Background_S 2p 4,Envelope_S 2p 4``, then rows; regions stand
side by side. Text: for each region ``Cycle 0:sample:region``, the same energy row, tables of the
components, a row ``K.E. Counts ... B.E. CPS ...``, then rows; regions stand one below the other.

The binding energies are those of the export: charge referencing done in CasaXPS is in them.
Intensities are counts per second; counts = intensity x acquisition time (dwell x sweeps), where
the file states it. Fitted curves stay in ``metadata["casaxps_curves"]``, one entry per step.
A file that ends after a whole row is taken as whole, since nothing in it tells its length; a last
row of another width, or one not ended, is refused.
"""

import math
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.io.content import number, read_bytes, shown, split_lines
from app.io.format import FileFormat
from app.io.region import region_name
from app.io.stack import OneSpectrum, stack
from app.io.text import decode
from fitting.arrays import FloatArray
from fitting.errors import ReadError
from fitting.series import AxisKind, IntensityUnit, Series

_ENERGY = "Characteristic Energy eV"
_TIME = "Acquisition Time s"
_ENDINGS = (re.compile(r"[_ -][A-Za-z]{1,2}[_ -][A-Za-z0-9]+$"), re.compile(r"[_ -][A-Za-z0-9]+$"))
_NUMBERED = re.compile(r"\s+\d+$")


@dataclass(frozen=True)
class _Column:
    """One named column of a table of numbers."""

    name: str
    at: int


def _is_csv(head: bytes) -> bool:
    lines = decode(head[:8192]).splitlines()[:12]
    return any(line.lstrip(",").startswith(_ENERGY + ",") for line in lines) and any(
        line.lstrip(",").startswith(("BE_", "KE_")) for line in lines
    )


def _is_text(head: bytes) -> bool:
    lines = decode(head[:8192]).splitlines()[:2]
    return len(lines) == 2 and lines[0].startswith("Cycle ") and f"{_ENERGY}\t" in lines[1]


def read_csv(path: Path) -> list[Series]:
    """Regions of a CasaXPS CSV export; the sample is the file name without the region.

    Raises
    ------
    ReadError
        Not such an export, damaged (line and value), or without intensities.
    """
    content = read_bytes(path)
    if not _is_csv(content):
        raise ReadError(path, "", f"is not a CasaXPS CSV export, which has a row {_ENERGY!r}")
    lines = _ended_lines(decode(content), path)
    at = next(i for i, line in enumerate(lines) if line.lstrip(",").startswith(("BE_", "KE_")))
    energies = next(line for line in lines if _ENERGY in line).split(",")
    names = [cell.strip() for cell in lines[at].split(",")]
    table = _table(lines, at + 1, ",", len(names), path)
    starts = [i for i, name in enumerate(names) if name.startswith(("BE_", "KE_"))]
    spectra = []
    for start, end in zip(starts, [*starts[1:], len(names)], strict=True):
        columns = [_Column(names[i], i) for i in range(start, end) if names[i]]
        said = _pairs(energies[start:end], path)
        spectra.append(_csv_spectrum(columns, table, said, path))
    return stack(spectra, path, {})


def _ended_lines(text: str, path: Path) -> list[str]:
    lines = split_lines(text)
    if lines[-1].strip():
        raise ReadError(
            path, f"line {len(lines)}", "the last row is not ended; its last value may be cut"
        )
    return _without_blank_end(lines)


def _without_blank_end(lines: list[str]) -> list[str]:
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    return lines[:end]


def _table(lines: list[str], start: int, delimiter: str, width: int, path: Path) -> FloatArray:
    """(R, width) numbers from line ``start``; nan where a cell is empty."""
    rows = []
    for at, line in enumerate(lines[start:], start=start + 1):
        cells = line.split(delimiter)
        if len(cells) != width:
            raise ReadError(path, f"line {at}", f"{len(cells)} cells where {width} were expected")
        rows.append(
            [
                number(cell, path, f"line {at}, column {column}", "a value") if cell else math.nan
                for column, cell in enumerate(map(str.strip, cells), start=1)
            ]
        )
    if not rows:
        raise ReadError(path, f"line {len(lines)}", "no rows of numbers; the file is cut short")
    return np.array(rows)


def _pairs(cells: list[str], path: Path) -> dict[str, float]:
    """Name, value, name, value ...; a value cut off by the width of the table is missing."""
    said = {}
    words = [cell.strip() for cell in cells]
    for what in (_ENERGY, _TIME):
        if what in words and words.index(what) + 1 < len(words) and words[words.index(what) + 1]:
            value = number(words[words.index(what) + 1], path, what, "a value")
            if value <= 0:
                raise ReadError(path, what, f"found {value:g}; a positive number was expected")
            said[what] = value
    return said


def _csv_spectrum(
    columns: list[_Column], table: FloatArray, said: dict[str, float], path: Path
) -> OneSpectrum:
    label = columns[0].name[3:]
    kind = AxisKind.BINDING_ENERGY
    if columns[0].name.startswith("KE_"):
        kind = AxisKind.KINETIC_ENERGY
    rates = [column for column in columns if column.name == f"CPS_{label}"]
    counts = [column for column in columns if column.name == f"Counts_{label}"]
    if not rates and not counts:
        raise ReadError(path, columns[0].name, f"no column CPS_{label} beside it")
    intensity = (rates or counts)[0]
    curves = [column for column in columns[1:] if column is not intensity]
    present = np.isfinite(table[:, columns[0].at])
    region = region_name(_NUMBERED.sub("", label)) or "region"
    return _spectrum(
        (_sample(path, region), region),
        kind,
        table[present],
        (columns[0], intensity, bool(rates)),
        ([_Column(c.name.removesuffix(f"_{label}"), c.at) for c in curves], {"label": label}),
        said,
        path,
    )


def _sample(path: Path, region: str) -> str:
    """File name without the region at its end: ``cellA_S_2p.csv`` is of the sample ``cellA``."""
    for ending in _ENDINGS:
        found = ending.search(path.stem)
        if found and found.start() and region_name(found[0].replace("_", " ")) == region:
            return path.stem[: found.start()]
    return path.stem


def _spectrum(
    names: tuple[str, str],
    kind: AxisKind,
    table: FloatArray,
    measured: tuple[_Column, _Column, bool],
    fitted: tuple[list[_Column], dict[str, object]],
    said: dict[str, float],
    path: Path,
) -> OneSpectrum:
    axis, intensity, per_second = measured
    seconds = said.get(_TIME)
    if not np.isfinite(table[:, intensity.at]).any():
        raise ReadError(path, f"region {names[1]}", f"no values in the column {intensity.name}")
    curves = [
        {"name": c.name, "values": [None if math.isnan(v) else v for v in table[:, c.at].tolist()]}
        for c in fitted[0]
    ]
    return OneSpectrum(
        sample=names[0],
        region=names[1],
        axis_kind=kind,
        x=table[:, axis.at],
        intensity=table[:, intensity.at],
        intensity_unit=IntensityUnit.COUNTS_PER_SECOND if per_second else IntensityUnit.COUNTS,
        counts_per_unit=seconds if per_second else 1.0,
        photon_energy_eV=said.get(_ENERGY),
        acquisition_s=None if seconds is None else seconds * len(table),
        said={"casaxps_curves": curves, "casaxps_export": {**fitted[1], **said}},
    )


def read_text(path: Path) -> list[Series]:
    """Regions of a CasaXPS text export, one below the other.

    Raises
    ------
    ReadError
        Not such an export, or damaged (line and value).
    """
    content = read_bytes(path)
    if not _is_text(content):
        raise ReadError(path, "", "is not a CasaXPS text export, which starts with 'Cycle '")
    lines = _ended_lines(decode(content), path)
    starts = [i for i, line in enumerate(lines) if line.startswith("Cycle ")]
    spectra = [
        _text_spectrum(_without_blank_end(lines[:end]), start, path)
        for start, end in zip(starts, [*starts[1:], len(lines)], strict=True)
    ]
    return stack(spectra, path, {})


def _text_spectrum(lines: list[str], start: int, path: Path) -> OneSpectrum:
    place = f"line {start + 1}"
    title = lines[start].split(":")
    if len(title) < 3:
        raise ReadError(path, place, f"found {shown(lines[start])}; 'Cycle n:sample:region' needed")
    names = [i for i in range(start, len(lines)) if lines[i].startswith("K.E.\t")]
    if not names:
        raise ReadError(path, place, "no row 'K.E. Counts ... B.E. CPS ...' before the end")
    cells = [cell.strip() for cell in lines[names[0]].split("\t")]
    if "B.E." not in cells or "CPS" not in cells:
        raise ReadError(path, f"line {names[0] + 1}", "columns B.E. and CPS were expected")
    table = _table(lines, names[0] + 1, "\t", len(cells), path)
    axis = _Column("B.E.", cells.index("B.E."))
    intensity = _Column("CPS", cells.index("CPS"))
    curves = [_Column(cells[i], i) for i in range(intensity.at + 1, len(cells)) if cells[i]]
    details = {
        row[0].lower(): [cell.strip() for cell in row[2:] if cell.strip()]
        for row in (line.split("\t") for line in lines[start + 1 : names[0]])
        if row[0].strip()
    }
    region = region_name(title[-1]) or "region"
    return _spectrum(
        (":".join(title[1:-1]).strip() or path.stem, region),
        AxisKind.BINDING_ENERGY,
        table,
        (axis, intensity, True),
        (curves, {"title": lines[start].strip(), **details}),
        _pairs(lines[start + 1].split("\t"), path),
        path,
    )


FORMAT_CSV = FileFormat("CasaXPS CSV", (".csv",), _is_csv, read_csv)
FORMAT_TEXT = FileFormat("CasaXPS text", (".txt",), _is_text, read_text)
