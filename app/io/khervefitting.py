"""Projects of KherveFitting (.json): measured spectra with their backgrounds and peaks.

Core levels hold ``B.E.`` and ``Raw Data`` (counts per second, the time per step is not stored).
A core level whose points are those of an earlier one is the same spectrum fitted again: it is
not a step of its own, only its fit is kept. Fits stay in ``metadata["khervefitting"]``.
"""

import json
import math
from pathlib import Path

import numpy as np

from app.io.content import read_bytes, shown
from app.io.format import FileFormat
from app.io.region import region_name
from app.io.stack import OneSpectrum, stack
from app.io.text import decode
from fitting.arrays import FloatArray
from fitting.errors import ReadError
from fitting.series import AxisKind, IntensityUnit, Series

_MEASURED = ("B.E.", "Raw Data")


def _is_project(head: bytes) -> bool:
    start = decode(head[:4096]).lstrip()
    return start.startswith("{") and '"Number of Core levels"' in start


def read(path: Path) -> list[Series]:
    """All core levels of a KherveFitting project.

    Raises
    ------
    ReadError
        Not such a project, broken JSON, or a core level without its points.
    """
    content = read_bytes(path)
    if not _is_project(content):
        raise ReadError(path, "", "is not a KherveFitting project")
    try:
        project = json.loads(decode(content), parse_int=float)
        return _interpret(project, path)
    except RecursionError as error:
        raise ReadError(path, "", "broken JSON; nested too deep") from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}"
        raise ReadError(path, place, "broken JSON; the file is cut short or damaged") from error


def _interpret(project: dict[str, object], path: Path) -> list[Series]:
    levels = project.get("Core levels")
    if not isinstance(levels, dict) or not levels:
        raise ReadError(path, "Core levels", "no core levels; a spectrum was expected")
    spectra: list[OneSpectrum] = []
    refits: list[object] = []
    for key, level in levels.items():
        spectrum = _spectrum(key, level, path)
        if any(_same(spectrum, other) for other in spectra):
            refits.append(spectrum.said["khervefitting"])
        else:
            spectra.append(spectrum)
    said = {name: _json_like(project.get(name)) for name in ("FilePath", "Results")}
    return stack(spectra, path, {"khervefitting_project": said, "khervefitting_refits": refits})


def _same(one: OneSpectrum, other: OneSpectrum) -> bool:
    return (
        one.region == other.region
        and np.array_equal(one.x, other.x)
        and np.array_equal(one.intensity, other.intensity)
    )


def _spectrum(key: str, level: object, path: Path) -> OneSpectrum:
    place = f"core level {shown(key)}"
    if not isinstance(level, dict):
        raise ReadError(path, place, "is not a table of values")
    x, intensity = (_numbers(level.get(name), path, f"{place}, {name}") for name in _MEASURED)
    if len(x) != len(intensity):
        raise ReadError(path, place, f"{len(x)} energies but {len(intensity)} intensities")
    fit = {name: value for name, value in level.items() if name not in _MEASURED}
    return OneSpectrum(
        sample=path.stem,
        region=region_name(key) or "region",
        axis_kind=AxisKind.BINDING_ENERGY,
        x=x,
        intensity=intensity,
        intensity_unit=IntensityUnit.COUNTS_PER_SECOND,
        said={"khervefitting": {"core_level": key, "fit": _json_like(fit)}},
    )


def _numbers(values: object, path: Path, place: str) -> FloatArray:
    if not isinstance(values, list) or not values:
        raise ReadError(path, place, "a list of numbers was expected")
    for at, value in enumerate(values, start=1):
        if not isinstance(value, float) or not math.isfinite(value):
            raise ReadError(path, f"{place}, value {at}", f"found {shown(str(value))}, no number")
    return np.array(values, dtype=np.float64)


def _json_like(value: object) -> object:
    """The same without nan and infinities, which JSON does not know."""
    if isinstance(value, dict):
        return {str(key): _json_like(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_json_like(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


FORMAT = FileFormat("KherveFitting project", (".json",), _is_project, read)
