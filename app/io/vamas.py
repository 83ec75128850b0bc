"""VAMAS files, ISO 14976:1998.

Layout: Dench et al. 1988, doi:10.1002/sia.740130202. Read are the photoelectron spectra (XPS,
UPS) of the modes NORM, MAP, MAPDP, SDP and NOEXP in regular and irregular scans; images and
line scans (MAPPING, MAPSV, MAPSVDP, SEM), profiles without spectra (SDPSV) and other techniques
are refused by name. Energies stay as they are. A binding energy is photon - kinetic energy: the
work function that the file states is kept in the metadata and never subtracted, because the
kinetic scale of the common writers is already referenced to the Fermi level.

Intensities are counts where the ordinate is a plain number of a pulse-counting detector (summed
over the scans, as the standard says; some writers store corrected, non-integer counts), counts
per second where label, unit or block say so (then counts = intensity x collection time x
scans), else arbitrary.

A file without the line "end of experiment" is read if all its blocks are whole and its last
line is ended; without either, the last value may be cut and the file is refused.
"""

import math
import re
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from app.io.casaxps_comments import parse_casaxps
from app.io.content import read_bytes, shown, split_lines
from app.io.format import FileFormat
from app.io.region import region_name
from app.io.stack import OneSpectrum, stack
from app.io.vamas_blocks import (
    IDENTIFIER,
    TERMINATOR,
    Block,
    Cursor,
    Header,
    Said,
    read_block,
    read_header,
)
from app.io.vamas_variables import step_value
from fitting.arrays import FloatArray
from fitting.errors import ReadError
from fitting.series import AxisKind, IntensityUnit, Series

_BOM = "\xef\xbb\xbf"
_RATE = re.compile(r"(?i)\b(c/s|cps|counts? ?(per|/) ?s(ec(ond)?)?)\b")
_NOT_INTENSITY = re.compile(r"(?i)transmission|\btrans\b|error|deviation|sigma|weight")
_TECHNIQUES = ("XPS", "UPS")
_IMAGE_MODES = ("MAPSV", "MAPSVDP", "SEM")


def _is_vamas(head: bytes) -> bool:
    text = head[:4096].decode("latin-1").removeprefix(_BOM)
    return text.lstrip().lower().startswith(IDENTIFIER.lower())


def read(path: Path) -> list[Series]:
    """All photoelectron spectra of a VAMAS file.

    Notes
    -----
    ``metadata["vamas"]`` is the list of block parameters (one per step, with comments and any
    further ordinates such as the transmission), ``metadata["vamas_header"]`` the header,
    ``metadata["casaxps"]`` the regions and components of CasaXPS, one entry per step.

    Raises
    ------
    ReadError
        Not VAMAS, damaged (with line and block), or no photoelectron spectrum in it.
    """
    content = read_bytes(path)
    if not _is_vamas(content):
        raise ReadError(path, "line 1", f"is not a VAMAS file, which starts with {IDENTIFIER!r}")
    text = content.decode("latin-1").removeprefix(_BOM)
    header, blocks = _parse(text, path)
    spectra: list[OneSpectrum] = []
    skipped: list[str] = []
    for number, block in enumerate(blocks, start=1):
        reason = _not_a_spectrum(header, block)
        if reason:
            skipped.append(f"block {number}: {reason}")
        else:
            spectra.append(_spectrum(header, block, number, path))
    if not spectra:
        raise ReadError(path, skipped[0] if skipped else "", "no photoelectron spectrum in it")
    said: dict[str, object] = {"vamas_header": dict(header.said)}
    if skipped:
        said["vamas_skipped"] = skipped
    return stack(spectra, path, said)


def _parse(text: str, path: Path) -> tuple[Header, list[Block]]:
    lines = split_lines(text)
    blank = next(i for i, line in enumerate(lines) if line.strip())
    cursor = Cursor(lines, path)
    for _ in range(blank):
        cursor.text("the format identifier")
    header = read_header(cursor)
    if header.scan_mode == "MAPPING" or header.experiment_mode in _IMAGE_MODES:
        mode = f"{header.experiment_mode} {header.scan_mode}"
        raise ReadError(path, "", f"holds images ({mode}), not spectra; export spectra instead")
    blocks: list[Block] = []
    for number in range(1, header.blocks + 1):
        first = blocks[0].said if blocks else None
        try:
            blocks.append(read_block(cursor, header, first))
        except ReadError as error:
            place = f"block {number} of {header.blocks}, {error.place}"
            raise ReadError(path, place, error.problem) from error
    if not blocks:
        raise ReadError(path, cursor.place, "0 blocks announced; a spectrum was expected")
    if cursor.left == 0 and not text.endswith(("\n", "\r")):
        raise ReadError(
            path,
            cursor.place,
            f'the file ends inside the last value; if it is whole, add a line "{TERMINATOR}"',
        )
    return header, blocks


def _not_a_spectrum(header: Header, block: Block) -> str:
    technique = str(block.said["technique"])
    if technique not in _TECHNIQUES:
        return f"technique {shown(technique)} is not read, only {' and '.join(_TECHNIQUES)}"
    if block.ordinates.shape[1] == 0:
        return "has no points"
    if header.scan_mode == "IRREGULAR":
        labels = [label for label, _ in _labels(block)]
        if all(_axis_kind(label) is None for label in labels):
            return f"no kinetic or binding energy among the variables {shown(', '.join(labels))}"
        if _intensity_at(header, block) is None:
            return f"no intensity among the variables {shown(', '.join(labels))}"
        return ""
    label = str(block.said["abscissa_label"])
    if _axis_kind(label) is None:
        return f"abscissa {shown(label)} is neither kinetic nor binding energy"
    if _intensity_at(header, block) is None:
        return "has no intensity"
    if not block.said["abscissa_increment"] or block.said["abscissa_start"] is None:
        return "start or increment of the abscissa is missing"
    return ""


def _labels(block: Block) -> list[tuple[str, str]]:
    ordinates = block.said["ordinates"]
    assert isinstance(ordinates, list)
    return [(str(label), str(unit)) for label, unit in ordinates]


def _axis_kind(label: str) -> AxisKind | None:
    lower = label.lower()
    if "kinetic" in lower:
        return AxisKind.KINETIC_ENERGY
    return AxisKind.BINDING_ENERGY if "binding" in lower else None


def _intensity_at(header: Header, block: Block) -> int | None:
    """Row of the ordinates that is the intensity: the first that is nothing else."""
    for at, (label, _) in enumerate(_labels(block)):
        axis = header.scan_mode == "IRREGULAR" and _axis_kind(label) is not None
        if not axis and not _NOT_INTENSITY.search(label):
            return at
    return None


def _spectrum(header: Header, block: Block, number: int, path: Path) -> OneSpectrum:
    said = block.said
    at = _intensity_at(header, block)
    assert at is not None
    x, kind, axis_at = _axis(header, block)
    intensity = block.ordinates[at]
    unit, scale = _unit(said, *_labels(block)[at])
    others = {
        label: [None if math.isnan(v) else v for v in values.tolist()]
        for row, ((label, _), values) in enumerate(
            zip(_labels(block), block.ordinates, strict=True)
        )
        if row not in (at, axis_at)
    }
    start, naive = _start(said)
    comment = said.get("comment")
    casaxps = parse_casaxps(comment if isinstance(comment, list) else [])
    if not np.isfinite(intensity).any():
        raise ReadError(path, f"block {number}, {block.line}", "all intensities are nan")
    return OneSpectrum(
        sample=str(said["sample"]) or path.stem,
        region=_region(said, number),
        axis_kind=kind,
        x=x,
        intensity=intensity,
        intensity_unit=unit,
        counts_per_unit=scale,
        photon_energy_eV=_positive(said.get("source_energy_eV")),
        acquisition_start=start,
        acquisition_s=_duration(said, len(x)),
        naive_time=naive,
        columns=_step_columns(header, said),
        said={
            "vamas": {**said, "further_ordinates": others},
            **({"casaxps": casaxps} if casaxps else {}),
        },
    )


def _axis(header: Header, block: Block) -> tuple[FloatArray, AxisKind, int | None]:
    if header.scan_mode == "IRREGULAR":
        for at, (label, _) in enumerate(_labels(block)):
            kind = _axis_kind(label)
            if kind is not None:
                return block.ordinates[at], kind, at
    kind = _axis_kind(str(block.said["abscissa_label"]))
    start, increment = block.said["abscissa_start"], block.said["abscissa_increment"]
    assert kind is not None
    assert isinstance(start, float)
    assert isinstance(increment, float)
    x: FloatArray = start + increment * np.arange(block.ordinates.shape[1], dtype=np.float64)
    return x, kind, None


def _unit(said: Said, label: str, unit: str) -> tuple[IntensityUnit, float | None]:
    time, scans = _positive(said.get("collection_time_s")), _positive(said.get("scans"))
    if any(_RATE.search(text) for text in (unit, label, str(said["block"]))):
        scale = None if time is None or scans is None else time * scans
        return IntensityUnit.COUNTS_PER_SECOND, scale
    counted = str(said["signal_mode"]).lower() == "pulse counting"
    if counted and unit.lower() in ("d", "c", "counts", "n", ""):
        return IntensityUnit.COUNTS, 1.0
    return IntensityUnit.ARBITRARY, None


def _positive(value: object) -> float | None:
    return value if isinstance(value, float) and value > 0 else None


def _duration(said: Said, points: int) -> float | None:
    time, scans = _positive(said.get("collection_time_s")), _positive(said.get("scans"))
    return None if time is None or scans is None else time * scans * points


def _start(said: Said) -> tuple[float | None, bool]:
    """POSIX seconds and whether the zone is missing; None where date or time is not given."""
    ahead = said.get("hours_ahead_of_GMT")
    named = ("year", "month", "day", "hour", "minute", "second")
    parts = [part for part in map(said.get, named) if isinstance(part, float) and part >= 0]
    if len(parts) < len(named):
        return None, False
    year, month, day, hour, minute, second = map(int, parts)
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except (ValueError, OverflowError):
        return None, False
    naive = not isinstance(ahead, float) or not -12.0 <= ahead <= 14.0
    offset = 0.0 if naive or not isinstance(ahead, float) else ahead
    return moment.timestamp() - 3600.0 * offset, naive


def _region(said: Said, number: int) -> str:
    species, transition = str(said.get("species", "")), str(said.get("transition", ""))
    block = str(said["block"])
    named = region_name(f"{species} {transition}")
    if species.lower() in ("", "not specified", "unknown"):
        named = ""
    return named or region_name(block) or f"block {number}"


def _step_columns(header: Header, said: Said) -> dict[str, float]:
    columns: dict[str, float] = {}
    values = said.get("variables")
    for (label, unit), value in zip(
        header.variables, values if isinstance(values, list) else [], strict=False
    ):
        if isinstance(value, float):
            name, scaled = step_value(label, unit, value)
            columns.setdefault(name, scaled)
    for name in ("map_x", "map_y"):
        position = said.get(name)
        if isinstance(position, float):
            columns[f"{name}_position"] = position
    return columns


FORMAT = FileFormat("VAMAS", (".vms", ".vamas", ".npl"), _is_vamas, read)
