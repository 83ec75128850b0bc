"""Horiba (Jobin Yvon) LabSpec ``.xml``: spectra, line scans and maps, through RosettaSciIO."""

from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from app.io.clock import NAIVE_TIME, posix
from app.io.format import FileFormat
from app.io.library import json_like, parsing
from app.io.options import NOTHING_SAID, ReadOptions
from app.io.raman import Measured, raman_series
from app.io.text import read_text
from fitting.arrays import FloatArray
from fitting.errors import ReadError
from fitting.series import IntensityUnit, Series

_UNITS = {"µm": "um", "μm": "um", "s": "s", "min": "min", "nm": "nm", "°C": "C", "K": "K"}
_QUANTITIES = {
    "Intensity (Counts)": IntensityUnit.COUNTS,
    "Intensity (Counts/s)": IntensityUnit.COUNTS_PER_SECOND,
}


def sniff(head: bytes) -> bool:
    """XML whose outermost element is LSX_Data."""
    return head.lstrip().startswith(b"<?xml") and b"<LSX_Data" in head[:2000]


def read(path: Path) -> list[Series]:
    """Read a LabSpec file with nothing said beside it."""
    return read_with(path, NOTHING_SAID)


def read_with(path: Path, options: ReadOptions) -> list[Series]:
    """Read a LabSpec XML file; steps are the spectra, line by line.

    Columns: ``x_um``, ``y_um`` of maps and lines; of rotated maps these run along the map's own
    axes, said in the metadata. Axes in nm, eV or absolute cm-1 become Raman shifts by the laser
    wavelength in the file. RosettaSciIO puts them in ascending order.

    Raises
    ------
    ReadError
        Damaged or cut short; an axis that cannot become a Raman shift.
    """
    text = read_text(path)
    if not sniff(text[:65536].encode("utf-8", "replace")):
        raise ReadError(path, "line 1", "is no Horiba LabSpec XML; <LSX_Data> was looked for")
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise ReadError(path, "", "declares XML entities, which LabSpec does not; not opened")
    if not text.rstrip().endswith("</LSX_Data>"):
        raise ReadError(path, "end", "</LSX_Data> is missing; the file is cut short")
    from rsciio.jobinyvon import file_reader

    with parsing(path, "RosettaSciIO", "rsciio") as notes:
        found = file_reader(str(path))
        measured = _measured(found[0], notes)
    return [raman_series(path, measured, options)]


def _measured(found: dict[str, Any], notes: list[str]) -> Measured:
    *navigation, axis = found["axes"]
    x = np.asarray(axis["axis"], float)
    metadata = found["metadata"]
    detector = metadata["Acquisition_instrument"].get("Detector", {})
    exposure, frames = detector.get("exposure_per_frame"), detector.get("frames") or 1.0
    duration = None if not exposure else float(exposure) * float(frames)
    laser = metadata["Acquisition_instrument"].get("Laser", {}).get("wavelength")
    intensity = np.asarray(found["data"], float).reshape(-1, x.size)
    start = _start(metadata["General"])
    unit = _QUANTITIES.get(metadata["Signal"]["quantity"], IntensityUnit.ARBITRARY)
    rotated = [str(a["name"]) for a in navigation if str(a["name"]) in ("XA", "YA")]
    return Measured(
        x=x,
        unit=_axis_unit(axis),
        intensity=intensity,
        intensity_unit=unit,
        columns=_columns(navigation),
        counts_per_unit=duration if unit is IntensityUnit.COUNTS_PER_SECOND else None,
        start=None if start is None or len(intensity) > 1 else np.array([start]),
        duration=duration,
        laser_nm=None if not laser else float(laser),
        metadata={
            "horiba": json_like(found["original_metadata"]),
            "library_notes": [note for note in notes if "lumispy" not in note],
            "rotated_axes": rotated,
            "acquired": start,
            NAIVE_TIME: True,
        },
    )


def _axis_unit(axis: dict[str, Any]) -> str:
    if axis["name"] == "Raman Shift" and axis["units"] == "1/cm":
        return "cm-1"
    return {"1/cm": "abs cm-1", "nm": "nm", "eV": "eV"}.get(str(axis["units"]), "")


def _columns(navigation: list[dict[str, Any]]) -> dict[str, FloatArray]:
    """Step columns of a grid whose last axis runs fastest."""
    sizes = [int(axis["size"]) for axis in navigation]
    columns = {}
    for axis, index in zip(navigation, np.indices(sizes), strict=True):
        if "axis" in axis:
            values = np.asarray(axis["axis"], float)[index.ravel()]
        else:
            values = float(axis["offset"]) + float(axis["scale"]) * index.ravel()
        name = str(axis["name"]).lower().replace(" ", "_")
        name = {"xa": "x", "ya": "y"}.get(name, name)
        unit = _UNITS.get(str(axis.get("units")), "")
        columns[f"{name}_{unit}" if unit else name] = values
    return columns


def _start(general: dict[str, Any]) -> float | None:
    stamp = f"{general.get('date', '')} {general.get('time', '')}"
    for layout in ("%d.%m.%Y %H:%M:%S", "%Y-%m-%d %H:%M:%S"):
        try:
            return posix(datetime.strptime(stamp, layout))[0]
        except ValueError:
            continue
    return None


FORMAT = FileFormat("Horiba LabSpec XML", (".xml",), sniff, read, read_with)
