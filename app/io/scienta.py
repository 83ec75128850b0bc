"""Scienta SES spectra: text exports and the Igor binary waves of the same acquisition.

Text: sections ``[Info]``, then for each region ``[Region n]`` (name, axis), ``[Info n]``
(settings) and ``[Data n]`` (energy and one column of intensity). Igor: binary wave, version 5
(layout: WaveMetrics Technical Note 3), one dimension, the settings in its note.

SES does not say how its intensities relate to counts (they are averages over detector channels
and sweeps), so they are arbitrary. Times carry no zone. Images (several slices) are refused.
"""

import re
import struct
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

_SECTION = re.compile(r"^\[(Region|Info|Data) (\d+)\]\s*$")
_BIN_HEADER = 64
_WAVE_HEADER = 320
_IGOR_NUMBERS = {2: "f4", 4: "f8"}

Sections = dict[tuple[str, int], tuple[int, list[str]]]


def _is_text(head: bytes) -> bool:
    start = decode(head[:2048]).lstrip()
    return start.startswith("[Info]") and "Number of Regions=" in start


def read_text(path: Path) -> list[Series]:
    """All regions of an SES text export.

    Raises
    ------
    ReadError
        Not such an export, damaged (line and value), or an image.
    """
    content = read_bytes(path)
    if not _is_text(content):
        raise ReadError(path, "line 1", "is not a Scienta SES text file, which starts with [Info]")
    lines = split_lines(decode(content))
    sections = _sections(lines)
    count = _announced(lines, path)
    spectra = []
    for region in range(1, count + 1):
        missing = [kind for kind in ("Region", "Info", "Data") if (kind, region) not in sections]
        if missing:
            raise ReadError(
                path,
                f"line {len(lines)}",
                f"{count} regions announced, but [{missing[0]} {region}] is missing",
            )
        spectra.append(_text_spectrum(sections, region, path))
    return stack(spectra, path, {})


def _announced(lines: list[str], path: Path) -> int:
    at = next(i for i, line in enumerate(lines) if line.startswith("Number of Regions="))
    text = lines[at].partition("=")[2]
    count = number(text, path, f"line {at + 1}", "the number of regions")
    if count != int(count) or not 1 <= count <= len(lines):
        raise ReadError(path, f"line {at + 1}", f"found {text} regions; 1 or more were expected")
    return int(count)


def _sections(lines: list[str]) -> Sections:
    found: Sections = {}
    current: list[str] = []
    for at, line in enumerate(lines, start=1):
        title = _SECTION.match(line)
        if title:
            current = []
            found[title[1], int(title[2])] = (at, current)
        else:
            current.append(line)
    return found


def _settings(lines: list[str]) -> dict[str, str]:
    pairs = (line.partition("=") for line in lines if "=" in line)
    return {key.strip(): value.strip() for key, _, value in pairs}


def _text_spectrum(sections: Sections, region: int, path: Path) -> OneSpectrum:
    line, lines = sections["Region", region]
    axis = _settings(lines)
    settings = _settings(sections["Info", region][1])
    slices = axis.get("Dimension 2 size", "1")
    if slices != "1":
        raise ReadError(
            path, f"region {region}", f"is an image of {shown(slices)} slices; export the sum"
        )
    points = number(
        axis.get("Dimension 1 size", ""), path, f"line {line}", "Dimension 1 size of the region"
    )
    table = _data(*sections["Data", region], int(points), path)
    scale = axis.get("Dimension 1 scale", "").split()
    if len(scale) != int(points):
        raise ReadError(
            path, f"line {line}", f"{len(scale)} values in the scale where {points:g} were expected"
        )
    return _spectrum(
        table[:, 0],
        table[:, 1],
        axis.get("Dimension 1 name", ""),
        {**settings, "Region Name": axis.get("Region Name", settings.get("Region Name", ""))},
        path,
        f"region {region}",
    )


def _data(start: int, lines: list[str], points: int, path: Path) -> FloatArray:
    filled = [(at, line.split()) for at, line in enumerate(lines, start + 1) if line.strip()]
    if len(filled) != points or not filled:
        raise ReadError(
            path, f"line {start}", f"{len(filled)} rows of data where {points} were expected"
        )
    for at, cells in filled:
        if len(cells) != 2:
            raise ReadError(path, f"line {at}", f"{len(cells)} values where 2 were expected")
    if at == start + len(lines):
        raise ReadError(path, f"line {at}", "the last row is not ended; its last value may be cut")
    return np.array(
        [[number(c, path, f"line {at}", "a value") for c in cells] for at, cells in filled]
    )


def _spectrum(
    x: FloatArray,
    intensity: FloatArray,
    axis_name: str,
    settings: dict[str, str],
    path: Path,
    place: str,
) -> OneSpectrum:
    lower = axis_name.lower()
    if "energy" not in lower or ("binding" in lower) == ("kinetic" in lower):
        raise ReadError(
            path, place, f"axis {shown(axis_name)} is neither kinetic nor binding energy"
        )
    if not np.isfinite(intensity).all() or not np.isfinite(x).all():
        raise ReadError(path, place, "a value is not a finite number")
    binding = "binding" in lower
    photon = settings.get("Excitation Energy", "")
    energy = number(photon, path, f"{place}, Excitation Energy", "a value") if photon else 0.0
    start, naive = _start(settings)
    return OneSpectrum(
        sample=settings.get("Sample") or path.stem,
        region=region_name(settings.get("Region Name", "")) or "region",
        axis_kind=AxisKind.BINDING_ENERGY if binding else AxisKind.KINETIC_ENERGY,
        x=x,
        intensity=intensity,
        intensity_unit=IntensityUnit.ARBITRARY,
        photon_energy_eV=energy if energy > 0 else None,
        acquisition_start=start,
        naive_time=naive,
        said={"scienta": settings},
    )


def _start(settings: dict[str, str]) -> tuple[float | None, bool]:
    try:
        moment = datetime.strptime(
            f"{settings.get('Date', '')} {settings.get('Time', '')}", "%Y-%m-%d %H:%M:%S"
        ).replace(tzinfo=UTC)
    except ValueError:
        return None, False
    return posix(moment)[0], True


def _is_igor(head: bytes) -> bool:
    if len(head) < _BIN_HEADER + _WAVE_HEADER or head[:2] not in (b"\x05\x00", b"\x00\x05"):
        return False
    order = "<" if head[0] == 5 else ">"
    words: tuple[int, ...] = struct.unpack(f"{order}192H", head[: _BIN_HEADER + _WAVE_HEADER])
    return sum(words) & 0xFFFF == 0


def read_igor(path: Path) -> list[Series]:
    """One Igor binary wave of version 5 that holds a spectrum on an energy axis.

    Raises
    ------
    ReadError
        Not such a wave, not one-dimensional, without an energy axis, or cut short.
    """
    content = read_bytes(path)
    if not _is_igor(content):
        raise ReadError(path, "byte 0", "is not an Igor binary wave of version 5, or it is damaged")
    order = "<" if content[0] == 5 else ">"
    _, _, _, formula, note, data_unit, *units = struct.unpack_from(f"{order}hHiiii4i", content)
    points, kind = struct.unpack_from(f"{order}ih", content, 76)
    shape = struct.unpack_from(f"{order}4i", content, 132)
    (step,) = struct.unpack_from(f"{order}d", content, 148)
    (start,) = struct.unpack_from(f"{order}d", content, 180)
    if kind not in _IGOR_NUMBERS:
        raise ReadError(path, "byte 80", f"numbers of kind {kind}; real f4 (2) or f8 (4) expected")
    if points < 1 or shape[0] != points or any(size > 1 for size in shape[1:]):
        size = " x ".join(str(s) for s in shape if s)
        raise ReadError(path, "byte 132", f"is an image ({size}); one spectrum was expected")
    sizes = [formula, note, data_unit, units[0]]
    at = _BIN_HEADER + _WAVE_HEADER
    data_bytes = points * int(_IGOR_NUMBERS[kind][1])
    if min(sizes) < 0 or at + data_bytes + sum(sizes) > len(content):
        raise ReadError(
            path,
            f"byte {len(content)}",
            f"the file ends early; {points} points need {at + data_bytes + sum(sizes)} bytes",
        )
    raw = np.frombuffer(content[at : at + data_bytes], f"{order}{_IGOR_NUMBERS[kind]}")
    with np.errstate(invalid="ignore"):  # nan is refused below, with its place
        values = raw.astype(np.float64)
    at += data_bytes + formula
    settings = _settings(split_lines(content[at : at + note].decode("latin-1")))
    at += note + data_unit
    axis_name = content[at : at + units[0]].decode("latin-1")
    x: FloatArray = start + step * np.arange(points, dtype=np.float64)
    spectrum = _spectrum(x, values, axis_name, settings, path, "the wave")
    return stack([spectrum], path, {})


FORMAT_TEXT = FileFormat("Scienta SES text", (".txt",), _is_text, read_text)
FORMAT_IGOR = FileFormat("Igor binary wave (Scienta SES)", (".ibw",), _is_igor, read_igor)
