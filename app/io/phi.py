"""PHI MultiPak files: single spectra (.spe) and sputter depth profiles (.pro).

A text header from ``SOFH`` to ``EOFH`` is followed by binary: four words (format 1, number of
blocks, bytes of block headers, bytes of this start), one header of 24 little-endian words per
block, then the data. A block header holds, counted from 0: 3 region, 4 area, 5 and 6 lengths of
the fast and the slow dimension, 7 planes, 8 and 10 names of the dimensions (``pnt``, ``cyc``,
``reg``), 14 the unit, 18 the kind of number, 19 bytes of data, 20 their place counted from the
start of the binary. Learnt from files of MultiPak SS 3.3.3.2 and checked value by value against
an independent parse; other versions are refused where they differ.

Intensities are counts per second; the header's time per step is the whole time of all sweeps, so
counts = intensity x time per step. Etch times come from the block of times (cycle x region, s).
"""

import math
import re
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.io.content import number, read_bytes, shown, split_lines
from app.io.format import FileFormat
from app.io.region import region_name
from app.io.stack import OneSpectrum, stack
from fitting.arrays import FloatArray
from fitting.errors import ReadError
from fitting.series import AxisKind, IntensityUnit, Series

_START = b"SOFH"
_END = b"EOFH"
_WORDS = 24
_BLOCK_BYTES = 4 * _WORDS
_ITEM_BYTES = {"f4": 4, "f8": 8}
_NAME = re.compile(r"^\(\s*\d+\s*,\s*(.*?)\s*\)$")
_PHOTON = re.compile(r"(\d+(?:\.\d+)?)")


@dataclass(frozen=True)
class _Region:
    """One ``SpectralRegDef`` line."""

    name: str
    points: int
    step: float
    start: float
    seconds: float
    pass_energy: float


@dataclass(frozen=True, eq=False)
class _Block:
    """One block of binary data: (planes x slow, fast)."""

    number: int
    region: int
    area: int
    dimensions: tuple[str, str]
    unit: str
    values: FloatArray


def _is_phi(head: bytes) -> bool:
    return head.startswith(_START) and head[4:5] in (b"\r", b"\n")


def read(path: Path) -> list[Series]:
    """All regions of a PHI file; the cycles of a depth profile are steps.

    Notes
    -----
    ``metadata["phi_header"]`` is the header, key to value (or list of values).

    Raises
    ------
    ReadError
        Not a PHI file, not XPS, damaged or of an unknown binary layout (with byte or line).
    """
    content = read_bytes(path)
    if not _is_phi(content):
        raise ReadError(path, "line 1", "is not a PHI MultiPak file, which starts with SOFH")
    end = content.find(_END)
    if end < 0:
        raise ReadError(path, "", "the text header has no end (EOFH); the file is cut short")
    header = _header(content[:end].decode("latin-1"))
    _check_kind(header, path)
    regions = _regions(header, path)
    binary_at = end + len(_END) + (2 if content[end + 4 : end + 6] == b"\r\n" else 1)
    blocks = _blocks(content, binary_at, path)
    spectra = [
        spectrum
        for block in blocks
        if block.dimensions[0] == "pnt"
        for spectrum in _spectra(block, blocks, regions, header, path)
    ]
    if not spectra:
        raise ReadError(path, f"byte {binary_at}", "no spectra in the binary part")
    return stack(spectra, path, {"phi_header": header})


def _header(text: str) -> dict[str, object]:
    said: dict[str, object] = {}
    for line in split_lines(text)[1:]:
        key, colon, value = line.partition(":")
        if not colon:
            continue
        before = said.get(key.strip())
        if before is None:
            said[key.strip()] = value.strip()
        else:
            said[key.strip()] = [*(before if isinstance(before, list) else [before]), value.strip()]
    return said


def _check_kind(header: dict[str, object], path: Path) -> None:
    technique = str(header.get("Technique", ""))
    if technique.upper() != "XPS":
        raise ReadError(path, "Technique", f"found {shown(technique)}; only XPS is read")
    platform = str(header.get("Platform", "PC"))
    if platform.upper() != "PC":
        raise ReadError(path, "Platform", f"found {shown(platform)}; only PC files are read")


def _listed(header: dict[str, object], key: str) -> list[str]:
    value = header.get(key, [])
    return [str(line) for line in value] if isinstance(value, list) else [str(value)]


def _regions(header: dict[str, object], path: Path) -> dict[int, _Region]:
    """Region number -> definition. The acquired regions count, not the ``Full`` ones planned."""
    regions = {}
    for line in _listed(header, "SpectralRegDef"):
        place = f"SpectralRegDef: {shown(line)}"
        words = line.split()
        if len(words) < 12:
            raise ReadError(path, place, f"{len(words)} values where at least 12 were expected")
        points, step, start, end = (number(w, path, place, "a number") for w in words[4:8])
        if points < 1 or step == 0 or abs(start + (points - 1) * step - end) > 0.5 * abs(step):
            raise ReadError(
                path, place, f"{points:g} steps of {step:g} eV from {start:g} do not end at {end:g}"
            )
        index = int(number(words[0], path, place, "a region number"))
        seconds = number(words[10], path, place, "the time per step")
        energy = number(words[11], path, place, "the pass energy")
        regions[index] = _Region(words[2], int(points), step, start, seconds, energy)
    if not regions:
        raise ReadError(path, "header", "no SpectralRegDef line; a spectrum was expected")
    return regions


def _blocks(content: bytes, start: int, path: Path) -> list[_Block]:
    if len(content) < start + 16:
        raise ReadError(path, f"byte {len(content)}", "the file ends before the binary part")
    version, count, header_bytes, own_bytes = struct.unpack_from("<4I", content, start)
    if (version, own_bytes) != (1, 16) or header_bytes != count * _BLOCK_BYTES:
        raise ReadError(
            path,
            f"byte {start}",
            f"binary part starts with {version}, {count}, {header_bytes}, {own_bytes}; "
            f"expected 1, blocks, blocks x {_BLOCK_BYTES}, 16",
        )
    if len(content) < start + 16 + header_bytes:
        raise ReadError(path, f"byte {len(content)}", f"the file ends before {count} block headers")
    blocks: list[_Block] = []
    for at in range(count):
        blocks.append(_block(content, start, at, path))
        if sum(block.values.size for block in blocks) * 4 > len(content):
            raise ReadError(path, f"byte {start}", "blocks announce more data than the file has")
    return blocks


def _block(content: bytes, start: int, number_of_block: int, path: Path) -> _Block:
    at = start + 16 + number_of_block * _BLOCK_BYTES
    words = struct.unpack_from(f"<{_WORDS}I", content, at)
    place = f"block {number_of_block + 1}, byte {at}"
    kind = _letters(words[18])
    if kind not in _ITEM_BYTES:
        raise ReadError(path, place, f"numbers of kind {shown(kind)}; f4 or f8 was expected")
    fast, slow, planes = words[5:8]
    size = fast * slow * planes * _ITEM_BYTES[kind]
    if size == 0 or size != words[19]:
        raise ReadError(
            path, place, f"{words[19]} bytes of data where {fast} x {slow} x {planes} need {size}"
        )
    begin = start + words[20]
    if begin + size > len(content):
        raise ReadError(
            path,
            f"byte {len(content)}",
            f"the file ends inside block {number_of_block + 1}, "
            f"{begin + size - len(content)} bytes are missing",
        )
    with np.errstate(invalid="ignore"):  # nan is refused later, with its place
        values = np.frombuffer(content[begin : begin + size], dtype=f"<{kind}").astype(np.float64)
    return _Block(
        number=number_of_block + 1,
        region=words[3],
        area=words[4],
        dimensions=(_letters(words[8]), _letters(words[10])),
        unit=_letters(words[14]),
        values=values.reshape(planes * slow, fast),
    )


def _letters(word: int) -> str:
    return struct.pack("<I", word).rstrip(b"\x00").decode("latin-1")


def _spectra(
    block: _Block,
    blocks: list[_Block],
    regions: dict[int, _Region],
    header: dict[str, object],
    path: Path,
) -> list[OneSpectrum]:
    place = f"block {block.number}"
    region = regions.get(block.region)
    if region is None or region.points != block.values.shape[1]:
        raise ReadError(
            path,
            place,
            f"region {block.region} with {block.values.shape[1]} points is not in the header",
        )
    if block.unit != "c/s":
        raise ReadError(path, place, f"intensities in {shown(block.unit)}; c/s was expected")
    if not np.isfinite(block.values).all():
        raise ReadError(path, place, "an intensity is not a finite number")
    steps = _step_columns(block, blocks, list(regions).index(block.region))
    x: FloatArray = region.start + region.step * np.arange(region.points, dtype=np.float64)
    known = region.seconds > 0
    return [
        OneSpectrum(
            sample=_sample(header, block, blocks, path),
            region=region_name(region.name),
            axis_kind=AxisKind.BINDING_ENERGY,
            x=x,
            intensity=intensity,
            intensity_unit=IntensityUnit.COUNTS_PER_SECOND,
            counts_per_unit=region.seconds if known else None,
            photon_energy_eV=_photon_energy(header),
            acquisition_s=region.seconds * region.points if known else None,
            columns=columns,
            said={
                "phi": {
                    "region": region.name,
                    "time_per_step_s": region.seconds,
                    "pass_energy_eV": region.pass_energy,
                }
            },
        )
        for intensity, columns in zip(block.values, steps, strict=True)
    ]


def _step_columns(block: _Block, blocks: list[_Block], row: int) -> list[dict[str, float]]:
    """Etch time of each spectrum, from the block of times; else the number of the cycle."""
    count = len(block.values)
    if count == 1:
        return [{}]
    for times in blocks:
        if (
            times.dimensions == ("cyc", "reg")
            and times.unit == "s"
            and times.values.shape[1] == count
            and row < len(times.values)
            and np.isfinite(times.values[row]).all()
        ):
            return [{"etch_time_s": t + 0.0} for t in times.values[row].tolist()]
    return [{block.dimensions[1] or "cycle": float(i)} for i in range(count)]


def _sample(header: dict[str, object], block: _Block, blocks: list[_Block], path: Path) -> str:
    description = str(header.get("FileDesc", ""))
    found = _NAME.match(description)
    name = (found[1] if found else description) or path.stem
    areas = {other.area for other in blocks if other.dimensions[0] == "pnt"}
    return f"{name} area {block.area}" if len(areas) > 1 else name


def _photon_energy(header: dict[str, object]) -> float | None:
    """Second word of ``XraySource: Al 1486.6 mono``."""
    for word in str(header.get("XraySource", "")).split():
        if _PHOTON.fullmatch(word) and math.isfinite(float(word)) and float(word) > 0:
            return float(word)
    return None


FORMAT = FileFormat("PHI MultiPak", (".spe", ".pro", ".ang"), _is_phi, read)
