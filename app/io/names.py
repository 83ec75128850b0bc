"""What names say: regions and samples in file names, axes and step columns in headers."""

import re
from dataclasses import dataclass
from pathlib import Path

from app.io.region import region_name, split_region
from fitting.arrays import FloatArray
from fitting.errors import DataError
from fitting.series import STEP_COLUMNS, AxisKind

RAMAN_REGION = "Raman"
AXIS_NAMES = ("binding_energy_eV", "kinetic_energy_eV", "raman_shift_cm-1")

_WAVENUMBER = re.compile(r"(cm\s*\^?\s*[-−⁻]\s*[1¹]|1\s*/\s*cm|\bcm1\b)", re.IGNORECASE)
_KINDS = (
    (AxisKind.BINDING_ENERGY, re.compile(r"binding|\bb\.\s*e\.|(?<![a-z])be(?![a-z])")),
    (AxisKind.KINETIC_ENERGY, re.compile(r"kinetic|\bk\.\s*e\.|(?<![a-z])ke(?![a-z])")),
    (AxisKind.RAMAN_SHIFT, re.compile(r"raman|wave\s?number")),
)


@dataclass(frozen=True)
class AxisName:
    """What a header cell says about an axis; None where it does not say."""

    kind: AxisKind | None
    unit: str | None


def sample_and_region(path: Path) -> tuple[str, str | None]:
    """Sample and region from a file name: ``cellA__S 2p.csv``, ``cellA_S2p.csv``, ``S2p.csv``."""
    stem = path.stem.strip()
    sample, double, region = stem.rpartition("__")
    if double and sample.strip() and region.strip():
        return sample.strip(), region_name(region)
    before, level = split_region(stem)
    return before or "sample", level


def parse_axis(text: str) -> AxisName:
    """Kind and unit (``eV``, ``cm-1``, ``nm``) of an axis named in a header cell."""
    lower = text.lower().replace("_", " ")
    unit = None
    if _WAVENUMBER.search(lower):
        unit = "cm-1"
    elif re.search(r"(?<![a-z])ev(?![a-z])", lower):
        unit = "eV"
    elif re.search(r"(?<![a-z])nm(?![a-z])|nanomet", lower):
        unit = "nm"
    kinds = [kind for kind, pattern in _KINDS if pattern.search(lower)]
    kind = kinds[0] if len(kinds) == 1 else None
    if kind is None and not kinds and unit == "cm-1":
        kind = AxisKind.RAMAN_SHIFT
    return AxisName(kind, unit)


def axis_kind(text: str) -> AxisKind:
    """Kind of a fully named axis.

    Raises
    ------
    DataError
        Kind or unit missing, or they do not go together; says what to write.
    """
    name = parse_axis(text)
    wanted = ", ".join(AXIS_NAMES[:-1]) + f" or {AXIS_NAMES[-1]}"
    if name.kind is None:
        raise DataError(f'the axis "{text}" is not known; write {wanted}')
    right = AXIS_NAMES[list(AxisKind).index(name.kind)]
    if name.unit is None:
        raise DataError(f'the axis "{text}" has no unit; write {right}')
    if name.unit != name.kind.unit:
        raise DataError(f'the axis "{text}" is in {name.unit}; convert it and write {right}')
    return name.kind


# quantity -> unit -> (factor, offset) to the unit of the step column
_UNITS: dict[str, dict[str, tuple[float, float]]] = {
    "charge": {"uAh_cm2": (1.0, 0.0), "mAh_cm2": (1e3, 0.0), "mC_cm2": (1 / 3.6, 0.0)},
    "time": {"s": (1.0, 0.0), "min": (60.0, 0.0), "h": (3600.0, 0.0)},
    "potential": {"V": (1.0, 0.0), "mV": (1e-3, 0.0)},
    "etch_time": {"s": (1.0, 0.0), "min": (60.0, 0.0), "h": (3600.0, 0.0)},
    "depth": {"nm": (1.0, 0.0), "um": (1e3, 0.0), "A": (0.1, 0.0)},
    "temperature": {"C": (1.0, 0.0), "K": (1.0, -273.15)},
    "x": {"um": (1.0, 0.0), "mm": (1e3, 0.0), "nm": (1e-3, 0.0)},
    "y": {"um": (1.0, 0.0), "mm": (1e3, 0.0), "nm": (1e-3, 0.0)},
}
_STANDARD = dict(zip(_UNITS, STEP_COLUMNS, strict=True))


def step_column(name: str, values: FloatArray) -> tuple[str, FloatArray]:
    """Name and values of a step column in the units of the step table.

    ``time_h`` becomes ``time_s``, ``potential_mV`` becomes ``potential_V``; a name that is no
    known quantity is an extra column and stays as it is.

    Raises
    ------
    DataError
        A known quantity without a unit or with one that is not known; an empty name.
    """
    name = name.strip().replace(" ", "_")
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_.%/^-]*", name):
        raise DataError(f'"{name}" is no name of a step column; write e.g. {STEP_COLUMNS[0]}')
    for quantity in sorted(_UNITS, key=len, reverse=True):
        units = _UNITS[quantity]
        if name == quantity:
            raise DataError(f'the step column "{name}" has no unit; write {_STANDARD[quantity]}')
        if not name.startswith(f"{quantity}_"):
            continue
        unit = name.removeprefix(f"{quantity}_").replace("µ", "u")
        if unit in units:
            factor, offset = units[unit]
            return _STANDARD[quantity], values * factor + offset
        if quantity in ("x", "y", "charge", "time"):
            return name, values
        known = ", ".join(f"{quantity}_{u}" for u in units)
        raise DataError(f'the unit of the step column "{name}" is not known; write one of {known}')
    return name, values
