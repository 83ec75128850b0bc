"""Names of columns, phases and units as they are set in print."""

import re

from app.archive.names import unit_of
from fitting.quantify import UNASSIGNED
from fitting.region_steps import ALL
from fitting.result import RegionInfo
from fitting.series import AxisKind, IntensityUnit

STEP = "step"

_AXES = {
    STEP: "Step",
    "charge_uAh_cm2": "Charge passed",
    "time_s": "Time",
    "potential_V": "Potential",
    "etch_time_s": "Etch time",
    "depth_nm": "Depth",
    "temperature_C": "Temperature",
    "x_um": "x",
    "y_um": "y",
}
_INTENSITIES = {
    IntensityUnit.COUNTS: "counts",
    IntensityUnit.COUNTS_PER_SECOND: "counts s⁻¹",
    IntensityUnit.ARBITRARY: "arb. units",
}
_FORMULA = re.compile(r"(?:\(?(?:[A-Z][a-z]?)\)?(?:\d{1,2}(?:\.\d+)?|x(?![a-z]))?)+")
_COUNT = re.compile(r"(?<=[A-Za-z)])(\d{1,2}(?:\.\d+)?|x(?=[A-Z]|$))")
_ELEMENT = re.compile(r"([A-Z][a-z]?)0")
_SUBSCRIPTS = str.maketrans("0123456789x", "₀₁₂₃₄₅₆₇₈₉ₓ")


def phase_label(name: str) -> str:
    """Li6PS5Cl -> Li₆PS₅Cl, Li0 -> Li⁰; ``group:NAME`` and ``unassigned`` in words."""
    if name == UNASSIGNED:
        return "not counted"
    if name.startswith("group:"):
        return f"{_spaced(name.removeprefix('group:'))} (sum)"
    return _spaced(name)


def _spaced(name: str) -> str:
    return " ".join(_formula(word) for word in name.split("_") if word) or name


def _formula(word: str) -> str:
    element = _ELEMENT.fullmatch(word)
    if element:
        return f"{element[1]}⁰"
    if not _FORMULA.fullmatch(word):
        return word
    return _COUNT.sub(lambda match: match[0].translate(_SUBSCRIPTS), word)


def column_unit(column: str) -> str:
    """Unit of a step column as it is printed; empty if its name states none."""
    unit = unit_of(column)
    if unit is None:
        return ""
    for plain, printed in (
        ("degC", "°C"),
        ("degree", "°"),
        ("percent", "%"),
        ("ohm", "Ω"),
        ("*", " "),
        ("A h", "Ah"),
        ("1/cm", "cm⁻¹"),
        ("/cm^2", " cm⁻²"),
        ("/m^2", " m⁻²"),
        ("^2", "²"),
    ):
        unit = unit.replace(plain, printed)
    return re.sub(r"^u(?=[A-Za-z])", "µ", unit)


def column_label(column: str) -> str:
    """Label of an axis: ``Charge passed / µAh cm⁻²``."""
    unit = column_unit(column)
    name = _AXES.get(column, _name_of(column))
    return f"{name} / {unit}" if unit else name


def _name_of(column: str) -> str:
    """The column without the parts that spell its unit."""
    parts = column.split("_")
    unit = unit_of(column)
    for count in (2, 1):
        if unit is not None and len(parts) > count and unit_of(f"a_{_tail(parts, count)}") == unit:
            parts = parts[:-count]
            break
    text = " ".join(parts)
    return text[:1].upper() + text[1:]


def _tail(parts: list[str], count: int) -> str:
    return "_".join(parts[-count:])


def step_text(step: int, column: str, value: float) -> str:
    """What a panel is called: ``Step 3 · 12 µAh cm⁻²``."""
    if column == STEP or value != value:
        return f"Step {step}"
    written = f"{value:.4g}" if abs(value) < 1e4 else f"{value:.0f}"
    return f"Step {step} · {written} {column_unit(column)}".rstrip()


def region_label(region: str) -> str:
    """Name of a region, or of all together."""
    return "All regions" if region == ALL else region


def basis_label(basis: str, region: str) -> str:
    """Label of a fraction axis: which fraction, and of what."""
    if basis == "area":
        return f"Share of {region} area"
    if region == ALL:
        return f"{basis.capitalize()} fraction"
    return f"{basis.capitalize()} fraction, from {region}"


def energy_label(info: RegionInfo) -> str:
    """Label of the axis of a spectrum."""
    if info.axis_kind is AxisKind.RAMAN_SHIFT:
        return "Raman shift / cm⁻¹"
    return "Binding energy / eV"


def intensity_unit(info: RegionInfo) -> str:
    """Unit of the intensities of a region."""
    return _INTENSITIES[info.intensity_unit]
