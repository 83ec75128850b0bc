"""Renishaw WiRE ``.wdf``: spectra, maps, line, depth and time series, also interrupted ones.

Spectra and metadata come through RosettaSciIO. Positions and times come from the file's origin
block (ORGN) itself, spectrum by spectrum: RosettaSciIO lays every map out with x running
fastest, which StreamLine maps do not, and takes times in steps of 100 ns for nanoseconds.
"""

import struct
from pathlib import Path
from typing import Any

import numpy as np

from app.io.clock import NAIVE_TIME
from app.io.format import FileFormat
from app.io.library import json_like, parsing
from app.io.options import NOTHING_SAID, ReadOptions
from app.io.raman import Measured, raman_series
from fitting.arrays import FloatArray
from fitting.errors import ReadError
from fitting.series import IntensityUnit, Series

MAGIC = b"WDF1"
_TICKS_PER_S = 1e7  # Windows FILETIME
_TICKS_TO_1970 = 116444736000000000
_TIME = 11
_NO_COLUMN = (11, 16, 17)  # time, checksum, flags
_UNITS = {
    3: ("nm", 1.0),
    5: ("um", 1.0),
    8: ("um", 1e3),
    11: ("K", 1.0),
    12: ("s", 1.0),
    21: ("C", 1.0),
}


def sniff(head: bytes) -> bool:
    """The first block is WDF1."""
    return head.startswith(MAGIC) and len(head) >= 16


def read(path: Path) -> list[Series]:
    """Read a WDF file with nothing said beside it."""
    return read_with(path, NOTHING_SAID)


def read_with(path: Path, options: ReadOptions) -> list[Series]:
    """Read a WDF file; steps are the stored spectra in the order of acquisition.

    Columns: ``x_um``, ``y_um`` of maps and line scans, ``z_um`` of depth series (stage height,
    not depth in the sample), ``time_s`` where times are stored. Times are taken as UTC, which
    FILETIME means. Axes in nm or eV become Raman shifts by the laser wavelength in the file.
    Of interrupted maps the whole lines are kept; the metadata say how many spectra are missing.
    White-light pictures are left out.

    Raises
    ------
    ReadError
        Damaged or cut short; an axis that cannot become a Raman shift.
    """
    content = _content(path)
    from rsciio.renishaw import file_reader

    with parsing(path, "RosettaSciIO", "rsciio") as notes:
        found = file_reader(str(path))
        measured = _measured(found[0], content, notes)
    return [raman_series(path, measured, options)]


def _content(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ReadError(path, "", f"cannot be opened: {reason}") from error
    if not sniff(content):
        raise ReadError(path, "byte 0", "is no Renishaw WDF file; it would begin with WDF1")
    _check_blocks(path, content)
    return content


def _blocks(content: bytes) -> list[tuple[bytes, int, int]]:
    """Name, offset and length of each block; a length under 16 ends the list."""
    blocks, at = [], 0
    while at + 16 <= len(content):
        name, _, size = struct.unpack_from("<4sIQ", content, at)
        blocks.append((name, at, size))
        if size < 16:
            break
        at += size
    return blocks


def _check_blocks(path: Path, content: bytes) -> None:
    blocks = _blocks(content)
    name, at, size = blocks[-1]
    if size < 16 or at + size > len(content):
        label = name.decode("latin-1").encode("ascii", "replace").decode()
        raise ReadError(
            path,
            f"block {label!r} at byte {at}",
            f"says {size} bytes where {len(content) - at} are left; the file is cut short",
        )
    if b"DATA" not in [block[0] for block in blocks]:
        raise ReadError(path, "", "holds no DATA block with spectra; the file is cut short")


def _measured(found: dict[str, Any], content: bytes, notes: list[str]) -> Measured:
    axis = found["axes"][-1]
    x = np.asarray(axis["axis"], float)
    intensity = np.asarray(found["data"], float).reshape(-1, x.size)
    raw = found["original_metadata"]
    head = raw["WDF1_1"]
    instrument = found["metadata"].get("Acquisition_instrument", {})
    detector = instrument.get("Detector", {})
    columns, start = _origins(content, len(intensity))
    metadata: dict[str, object] = {
        "renishaw": json_like(raw),
        "library_notes": [note for note in notes if "lumispy" not in note],
        NAIVE_TIME: False,
    }
    missing = int(head["capacity"]) - len(intensity)
    if missing > 0:
        metadata["interrupted"] = f"{missing} of {int(head['capacity'])} spectra are missing"
    counts = str(head.get("quantity_unit", "")) == "counts"
    laser = float(head.get("laser_wavenumber", 0.0))
    duration = detector.get("integration_time")
    return Measured(
        x=x,
        unit=_axis_unit(axis),
        intensity=intensity,
        intensity_unit=IntensityUnit.COUNTS if counts else IntensityUnit.ARBITRARY,
        columns=columns,
        start=start,
        duration=None if duration is None else float(duration),
        laser_nm=1e7 / laser if laser > 0 else None,
        metadata=metadata,
    )


def _axis_unit(axis: dict[str, Any]) -> str:
    if axis["name"] == "Raman Shift" and axis["units"] == "1/cm":
        return "cm-1"
    if axis["name"] != "Wavelength":
        return ""
    return str(axis["units"]) if axis["units"] == "nm" else ""


def _origins(content: bytes, count: int) -> tuple[dict[str, FloatArray], FloatArray | None]:
    """Columns and starts (POSIX s) of the first ``count`` spectra, from the block ORGN."""
    columns: dict[str, FloatArray] = {}
    start = None
    for at, size in [(at, size) for name, at, size in _blocks(content) if name == b"ORGN"]:
        (entries,) = struct.unpack_from("<I", content, at + 16)
        stride = (size - 20) // max(entries, 1)
        if (stride - 24) // 8 < count:
            continue
        for place in range(at + 20, at + 20 + entries * stride, stride):
            kind, unit, label = struct.unpack_from("<II16s", content, place)
            kind &= 0x7FFFFFFF
            dtype = "<u8" if kind == _TIME else "<f8"
            values = np.frombuffer(content, dtype, count, place + 24)
            if kind == _TIME and np.all(values > _TICKS_TO_1970):
                start = (values - np.uint64(_TICKS_TO_1970)) / _TICKS_PER_S
                if count > 1:
                    columns["time_s"] = (values - values[0]) / _TICKS_PER_S
            elif kind not in _NO_COLUMN:
                columns.update(_column(label, unit, values))
    return columns, start


def _column(label: bytes, unit: int, values: FloatArray) -> dict[str, FloatArray]:
    text = label.split(b"\x00")[0].decode("latin-1").strip().lower()
    name = "".join(c if c.isascii() and c.isalnum() else "_" for c in text)
    if not name[:1].isalpha():
        return {}
    suffix, factor = _UNITS.get(unit, ("", 1.0))
    if name == "temperature" and suffix == "K":
        return {"temperature_C": values - 273.15}
    return {f"{name}_{suffix}" if suffix else name: values * factor}


FORMAT = FileFormat("Renishaw WDF", (".wdf",), sniff, read, read_with)
