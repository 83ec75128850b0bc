"""SPECS SpecsLab2 XML files (CORBA serialiser).

Groups hold regions, regions hold cycles, cycles hold scans of raw detector counts: one row per
energy, one column per channel of the detector. A channel at the shift s (in pass energies) sees
the energy E + s x pass energy, so its counts are moved by the nearest whole number of energy
steps and the channels are added; ``mcd_head`` and ``mcd_tail`` are the points that this needs
before and after the spectrum, which is checked. The sums are whole counts.

The group is the sample, cycles are steps with their own time, scans are added. Kinetic energies
stay; the effective work function, which the scale already contains, is in the metadata.
The document type is not used: no external file is opened, and entities are refused.
"""

import math
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.io.content import number, read_bytes, shown
from app.io.format import FileFormat
from app.io.region import region_name
from app.io.stack import OneSpectrum, stack
from fitting.arrays import FloatArray
from fitting.errors import ReadError
from fitting.series import AxisKind, IntensityUnit, Series

_NUMBERED = re.compile(r"^\d+\s+")
_ENCODING = re.compile(rb"\s*<\?xml[^>]*encoding\s*=\s*[\"']([^\"']*)")
_ENCODINGS = (b"utf-8", b"iso-8859-1", b"us-ascii", b"ascii")
_METHODS = ("XPS", "UPS")


@dataclass(frozen=True)
class _Scan:
    """How the counts of one region are laid out."""

    points: int
    head: int
    tail: int
    shifts: tuple[int, ...]


def _is_specs_xml(head: bytes) -> bool:
    return head.lstrip()[:5] == b"<?xml" and b"CORBA XML document" in head[:512]


def read(path: Path) -> list[Series]:
    """All regions of a SpecsLab2 XML file.

    Raises
    ------
    ReadError
        Not such a file, damaged, with entities, or with a layout that is not known.
    """
    content = read_bytes(path)
    if not _is_specs_xml(content):
        raise ReadError(path, "line 1", "is not a SpecsLab2 XML file")
    if b"<!ENTITY" in content:
        raise ReadError(path, "document type", "declares entities; they are never expanded")
    encoding = _ENCODING.match(content[:200])
    if encoding and encoding[1].lower() not in _ENCODINGS:
        raise ReadError(path, "line 1", f"encoding {shown(str(encoding[1]))}; UTF-8 was expected")
    try:
        root = ET.fromstring(content)
    except ET.ParseError as error:
        line, column = error.position
        problem = str(error).partition(":")[0]
        raise ReadError(path, f"line {line}, column {column}", f"broken XML: {problem}") from error
    spectra = [
        spectrum
        for group in root.iterfind(".//struct[@type_name='RegionGroup']")
        for region in group.iterfind("sequence[@name='regions']/struct")
        for spectrum in _spectra(group, region, path)
    ]
    if not spectra:
        raise ReadError(path, "", "no measured region in it; a spectrum was expected")
    return stack(spectra, path, {})


def _spectra(group: ET.Element, region: ET.Element, path: Path) -> list[OneSpectrum]:
    name = _text(region, "name")
    place = f"region {shown(name)}"
    definition = region.find("struct[@name='region']")
    if definition is None:
        raise ReadError(path, place, "has no definition")
    said = _leaves(definition)
    if said.get("analysis_method") not in _METHODS:
        raise ReadError(path, place, f"method {shown(str(said.get('analysis_method')))}; need XPS")
    cycles = region.findall("sequence[@name='cycles']/struct")
    if not cycles and region.find("sequence[@name='compact_cycles']/*") is not None:
        raise ReadError(path, place, "holds compact cycles, which are not read; export as .xy")
    scan = _layout(region, said, path, place)
    step = _number(said, "scan_delta", path, place)
    start = _number(said, "kinetic_energy", path, place)
    if _number(said, "kinetic_energy_base", path, place) != 0:
        raise ReadError(path, place, "has a kinetic_energy_base, which is not read; export as .xy")
    photon = _number(said, "excitation_energy", path, place)
    dwell = _number(said, "dwell_time", path, place)
    spectra = []
    for number_of_cycle, cycle in enumerate(cycles, start=1):
        where = f"{place}, cycle {number_of_cycle}"
        counts, scans = _counts(cycle, scan, path, where)
        x: FloatArray = start + step * np.arange(scan.points, dtype=np.float64)
        time = _text(cycle, "time")
        spectra.append(
            OneSpectrum(
                sample=_text(group, "name").strip() or path.stem,
                region=region_name(_NUMBERED.sub("", name)) or "region",
                axis_kind=AxisKind.KINETIC_ENERGY,
                x=x,
                intensity=counts,
                intensity_unit=IntensityUnit.COUNTS,
                counts_per_unit=1.0,
                photon_energy_eV=photon if photon > 0 else None,
                acquisition_start=number(time, path, where, "a time") if time else None,
                acquisition_s=dwell * scan.points * scans if dwell > 0 else None,
                said={"specs": {"name": name, **said, "scans_added": scans, **_details(region)}},
            )
        )
    return spectra


def _text(element: ET.Element, name: str) -> str:
    found = element.find(f"*[@name='{name}']")
    return "" if found is None or found.text is None else found.text.strip()


def _leaves(element: ET.Element) -> dict[str, object]:
    """Named values directly under an element; a structure with a name gives that name."""
    said: dict[str, object] = {}
    for child in element:
        key = child.get("name")
        if key:
            said[key] = _text(child, "name") if len(child) else (child.text or "").strip()
    return said


def _number(said: dict[str, object], key: str, path: Path, place: str) -> float:
    return number(str(said.get(key, "")), path, f"{place}, {key}", "a value")


def _details(region: ET.Element) -> dict[str, object]:
    """Source, transmission and free parameters of a region, as the file has them."""
    parameters: dict[str, object] = {}
    for parameter in region.iterfind("sequence[@name='parameters']/struct"):
        value = parameter.find("any/*")
        parameters[_text(parameter, "name")] = "" if value is None else (value.text or "").strip()
    source = region.find("struct[@name='source_info']")
    transmission = region.find("sequence[@name='transmission']/double")
    words = [] if transmission is None else (transmission.text or "").split()
    return {
        "source": "" if source is None else _text(source, "name"),
        "parameters": parameters,
        "transmission": words,
    }


def _layout(region: ET.Element, said: dict[str, object], path: Path, place: str) -> _Scan:
    points = int(_number(said, "values_per_curve", path, place))
    head, tail = (
        int(number(_text(region, f"mcd_{end}"), path, f"{place}, mcd_{end}", "a value"))
        for end in ("head", "tail")
    )
    if str(said.get("curves_per_scan")) != "1":
        raise ReadError(path, place, "several curves per scan (an image); one was expected")
    step = _number(said, "scan_delta", path, place)
    pass_energy = _number(said, "pass_energy", path, place)
    if points < 1 or step <= 0:
        raise ReadError(path, place, f"{points} points in steps of {step:g} eV")
    detectors = region.findall("struct[@name='analyzer_info']/sequence[@name='detectors']/struct")
    moves = [number(_text(d, "shift"), path, place, "a shift") * pass_energy for d in detectors]
    if any(abs(move) > step * points for move in moves):
        raise ReadError(path, place, "a channel is shifted by more than the whole spectrum")
    shifts = tuple(math.floor(move / step + 0.5) for move in moves)
    if not shifts or max(shifts) > head or -min(shifts) > tail:
        raise ReadError(
            path, place, f"channel shifts {shown(str(shifts))} do not fit head {head}, tail {tail}"
        )
    return _Scan(points, head, tail, shifts)


def _counts(cycle: ET.Element, scan: _Scan, path: Path, place: str) -> tuple[FloatArray, int]:
    """Counts of all scans of a cycle, channels moved and added, and the number of scans."""
    rows = scan.points + scan.head + scan.tail
    channels = len(scan.shifts)
    total: FloatArray | float = 0.0
    scans = cycle.findall("sequence[@name='scans']/struct")
    for found in scans:
        element = found.find("sequence[@name='counts']/ulong")
        words = [] if element is None else (element.text or "").split()
        if len(words) != rows * channels:
            raise ReadError(
                path,
                place,
                f"{len(words)} counts where {rows} rows of {channels} channels were expected",
            )
        if found.find("sequence[@name='scaling_factors']/*") is not None:
            raise ReadError(path, place, "has scaling factors, which are not read; export as .xy")
        if not all(word.isdigit() for word in words):
            raise ReadError(path, place, "a count is not a whole number")
        table = np.array(words, dtype=np.float64).reshape(rows, channels)
        for channel, shift in enumerate(scan.shifts):
            begin = scan.head - shift
            total = total + table[begin : begin + scan.points, channel]
    if isinstance(total, float):
        raise ReadError(path, place, "has no scans")
    return total, len(scans)


FORMAT = FileFormat("SpecsLab2 XML", (".xml",), _is_specs_xml, read)
