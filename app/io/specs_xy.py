"""SPECS SpecsLab Prodigy text exports (.xy).

Comment lines (``# Key: value``) describe group, region, cycle, curve and scan; rows of numbers
follow each ``# ColumnLabels``. The group is the sample; cycles are steps; the scans of a cycle
are added up (counts) or averaged (counts per second) after the axes are checked to be equal.
External channels are left out, several curves (images, maps) are refused. Error bars and
transmission, where exported, stay in the metadata. The number of rows must be the announced one;
digits missing from the very last value cannot be noticed, since real files do not end that row.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from app.io.clock import posix
from app.io.content import number, read_bytes, shown, split_lines
from app.io.format import FileFormat
from app.io.region import region_name
from app.io.stack import OneSpectrum, stack
from app.io.text import decode
from fitting.arrays import FloatArray
from fitting.errors import ReadError
from fitting.series import AxisKind, IntensityUnit, Series

_PAIR = re.compile(r"^#\s*([^:]+?):\s*(.*?)\s*$")
_CYCLE = re.compile(r"^#\s*Cycle:")
_PLACE = re.compile(r"(Cycle|Curve|Scan):\s*(\d+)")
_CREATED = re.compile(r"^\s*#\s*Created by:\s+SpecsLab")
_AXES = {
    "Binding Energy": AxisKind.BINDING_ENERGY,
    "Kinetic Energy": AxisKind.KINETIC_ENERGY,
}


@dataclass
class _Table:
    """Rows of one scan and the comments in force above them."""

    said: dict[str, str]
    cycle: int
    curve: int
    line: int
    labels: list[str]
    rows: list[list[float]] = field(default_factory=list)


def _is_specs_xy(head: bytes) -> bool:
    return _CREATED.match(decode(head[:512]).lstrip("\n\r ")) is not None


def read(path: Path) -> list[Series]:
    """All regions of a Prodigy text export.

    Raises
    ------
    ReadError
        Not such an export, damaged (line and value), or with several curves per scan.
    """
    content = read_bytes(path)
    if not _is_specs_xy(content):
        raise ReadError(path, "line 1", "is not a SpecsLab Prodigy text export")
    lines = split_lines(decode(content))
    tables = [table for table in _tables(lines, path) if "External Channel" not in table.said]
    if not tables:
        raise ReadError(path, f"line {len(lines)}", "no rows of numbers; the file is cut short")
    groups: dict[tuple[str, str, str, int], list[_Table]] = {}
    for table in tables:
        if table.curve:
            raise ReadError(
                path, f"line {table.line}", "several curves per scan (an image); export the sum"
            )
        said = table.said
        key = (said.get("Group", ""), said.get("Region", ""), said.get("Spectrum ID", ""))
        groups.setdefault((*key, table.cycle), []).append(table)
    return stack([_spectrum(scans, path) for scans in groups.values()], path, {})


def _tables(lines: list[str], path: Path) -> Iterator[_Table]:
    said: dict[str, str] = {}
    places = {"Cycle": 0, "Curve": 0, "Scan": 0}
    table: _Table | None = None
    for at, line in enumerate(lines, start=1):
        text = line.strip()
        if text.startswith("#"):
            if table is not None:
                yield _whole(table, path)
                table = None
            _note(text, said, places)
        elif text:
            if table is None:
                labels = said.get("ColumnLabels", "").split()
                table = _Table(dict(said), places["Cycle"], places["Curve"], at, labels)
            cells = text.split()
            if len(cells) < 2 or (table.rows and len(cells) != len(table.rows[0])):
                width = len(table.rows[0]) if table.rows else 2
                raise ReadError(path, f"line {at}", f"{len(cells)} values where {width} expected")
            table.rows.append([number(c, path, f"line {at}", "a value") for c in cells])
    if table is not None:
        yield _whole(table, path)


def _note(text: str, said: dict[str, str], places: dict[str, int]) -> None:
    if _CYCLE.match(text):
        for name, value in _PLACE.findall(text):
            places[name] = int(value)
        said.pop("External Channel", None)
        if "External Channel" in text:
            said["External Channel"] = text
        return
    pair = _PAIR.match(text)
    if pair is None:
        return
    key, value = pair[1], pair[2]
    if key in ("Group", "Region"):
        places.update(Cycle=0, Curve=0, Scan=0)
        said.pop("External Channel", None)
    said[key] = value


def _whole(table: _Table, path: Path) -> _Table:
    announced = table.said.get("Values/Curve", "")
    if announced.isdigit() and int(announced) != len(table.rows):
        raise ReadError(
            path,
            f"line {table.line}",
            f"{len(table.rows)} rows where Values/Curve says {announced}; the file is cut short",
        )
    return table


def _spectrum(scans: list[_Table], path: Path) -> OneSpectrum:
    first = scans[0]
    said = first.said
    place = f"line {first.line}"
    axis = said.get("Energy Axis", "")
    if axis not in _AXES:
        raise ReadError(path, place, f"Energy Axis {shown(axis)}; export binding or kinetic energy")
    tables = [np.array(scan.rows) for scan in scans]
    if any(not np.array_equal(t[:, 0], tables[0][:, 0]) for t in tables[1:]):
        raise ReadError(path, place, "the scans of this cycle have different axes")
    per_second = said.get("Count Rate", "") == "Counts per Second"
    total: FloatArray = np.sum([t[:, 1] for t in tables], axis=0)
    seconds = _positive(said, "Dwell Time", path, place)
    sweeps = len(scans) if len(scans) > 1 else _scans(said)
    start, naive = _start(said)
    return OneSpectrum(
        sample=said.get("Group", "").strip() or path.stem,
        region=region_name(said.get("Region", "")) or "region",
        axis_kind=_AXES[axis],
        x=tables[0][:, 0],
        intensity=total / len(scans) if per_second else total,
        intensity_unit=IntensityUnit.COUNTS_PER_SECOND if per_second else IntensityUnit.COUNTS,
        counts_per_unit=(None if seconds is None else seconds * sweeps) if per_second else 1.0,
        photon_energy_eV=_positive(said, "Excitation Energy", path, place),
        acquisition_start=start,
        acquisition_s=None if seconds is None else seconds * sweeps * len(total),
        naive_time=naive,
        said={"specs": {**said, "scans_added": len(scans), "further_columns": _further(scans)}},
    )


def _further(scans: list[_Table]) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for scan in scans:
        for column in range(2, len(scan.rows[0])):
            name = scan.labels[column] if column < len(scan.labels) else f"column {column + 1}"
            found.append({"name": name, "values": [row[column] for row in scan.rows]})
    return found


def _scans(said: dict[str, str]) -> int:
    text = said.get("Number of Scans", "")
    return int(text) if text.isdigit() and int(text) > 0 else 1


def _positive(said: dict[str, str], key: str, path: Path, place: str) -> float | None:
    text = said.get(key, "")
    value = number(text, path, f"{key} before {place}", "a value") if text else 0.0
    return value if value > 0 else None


def _start(said: dict[str, str]) -> tuple[float | None, bool]:
    """``08/24/23 14:19:47 UTC``; a time with no or another zone is naive."""
    words = said.get("Acquisition Date", "").split()
    try:
        moment = datetime.strptime(" ".join(words[:2]), "%m/%d/%y %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None, False
    return posix(moment)[0], words[2:] != ["UTC"]


FORMAT = FileFormat("SpecsLab Prodigy text", (".xy",), _is_specs_xy, read)
