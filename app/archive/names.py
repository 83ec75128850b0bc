"""Names and units that NeXus tools accept, made from ours."""

import re
import unicodedata
from collections.abc import Container

LONGEST = 60

_UNITS = {
    "s": "s",
    "min": "min",
    "h": "h",
    "V": "V",
    "mV": "mV",
    "A": "A",
    "mA": "mA",
    "uA": "uA",
    "nA": "nA",
    "Ah": "A*h",
    "mAh": "mA*h",
    "uAh": "uA*h",
    "C": "degC",
    "K": "K",
    "nm": "nm",
    "um": "um",
    "mm": "mm",
    "deg": "degree",
    "eV": "eV",
    "W": "W",
    "mW": "mW",
    "uW": "uW",
    "Pa": "Pa",
    "kPa": "kPa",
    "MPa": "MPa",
    "bar": "bar",
    "mbar": "mbar",
    "Hz": "Hz",
    "ohm": "ohm",
    "percent": "percent",
}
_AREAS = {"cm2": "cm^2", "m2": "m^2", "mm2": "mm^2"}
_ALREADY_WHOLE = {"uC_cm2": "uC/cm^2", "mC_cm2": "mC/cm^2", "cm-1": "1/cm"}


def item_name(text: str, taken: Container[str]) -> str:
    """A valid NeXus name that resembles a free text and is not taken yet.

    Letters, digits and underscores only; the true text is kept in an attribute by the caller.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    base = re.sub(r"[^A-Za-z0-9]+", "_", plain).strip("_")[:LONGEST] or "unnamed"
    name, number = base, 1
    while name in taken:
        number += 1
        name = f"{base}_{number}"
    return name


def unit_of(column: str) -> str | None:
    """Unit that the suffix of a step column states, as UDUNITS text; None if it states none."""
    parts = column.split("_")
    if len(parts) > 1 and parts[-1] in _UNITS:
        return _UNITS[parts[-1]]
    whole = "_".join(parts[-2:])
    if len(parts) > 2 and whole in _ALREADY_WHOLE:
        return _ALREADY_WHOLE[whole]
    if len(parts) > 1 and parts[-1] in _ALREADY_WHOLE:
        return _ALREADY_WHOLE[parts[-1]]
    if len(parts) > 2 and parts[-1] in _AREAS and parts[-2] in _UNITS:
        # an area resistance is a product, every other "per area" column a quotient
        sign = "*" if parts[-2] == "ohm" else "/"
        return f"{_UNITS[parts[-2]]}{sign}{_AREAS[parts[-1]]}"
    return None
