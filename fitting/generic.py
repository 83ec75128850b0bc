"""One component where the library has none: at the highest point of the data."""

import math
import re
from dataclasses import dataclass
from typing import Any

from fitting.measured_region import MeasuredRegion
from fitting.plan_lines import slug
from fitting.series import Technique

_CORE_LEVEL = re.compile(r"([A-Z][a-z]?) ([1-6])([spdf])")
_RATIO = {"p": 0.5, "d": 0.6667, "f": 0.75}
_SHELL = {"2p": ("L2", "L3"), "3p": ("M2", "M3"), "3d": ("M4", "M5"), "4p": ("N2", "N3")} | {
    "4d": ("N4", "N5"),
    "4f": ("N6", "N7"),
    "5p": ("O2", "O3"),
    "5d": ("O4", "O5"),
}
_FREE_SPLITTING_EV = 2.5  # above it the two halves stand apart and say themselves how far
_LEAST_SPLITTING_EV = 0.3
_MOVE_EV = 2.0
_MOVE_CM1 = 10.0
_RAMAN_HALF_WINDOW_CM1 = 100.0
_HALF_WINDOW_POINTS = 15


@dataclass(frozen=True)
class GenericRegion:
    """A region with one component of a phase that is named after the element.

    Parameters
    ----------
    table : the region as a plan holds it
    phase, formula, counted : its phase; the second level of an element is not counted again
    why : one sentence
    """

    table: dict[str, Any]
    phase: str
    formula: str | None
    counted: bool
    why: str


def generic_region(
    region: MeasuredRegion, phases: set[str], species: set[str], ids: set[str]
) -> GenericRegion:
    """A region with a single component.

    Parameters
    ----------
    phases, ids : names of phases and components in use in the plan
    species : keys of the library, whose meaning must stay theirs
    """
    match = _CORE_LEVEL.fullmatch(region.name)
    raman = region.technique is Technique.RAMAN
    element = match[1] if match and not raman else None
    first = element is not None and element not in phases and element not in species
    phase = element if element is not None and first else _free_name(region.name, phases | species)
    component: dict[str, Any] = {
        "id": _free_id(f"{slug(region.name)}_line", ids),
        "phase": phase,
        "shape": "pseudo_voigt",
        "center": _center(region, _MOVE_CM1 if raman else _MOVE_EV),
        "fwhm": _width(region, raman),
        "lorentz_fraction": 0.8 if raman else 0.3,
    }
    splitting = None if match is None or raman else _splitting(match[1], match[2] + match[3])
    if match is not None and splitting is not None:
        component["doublet"] = {"splitting": splitting, "ratio": _RATIO[match[3]]}
    counted = element is None or element not in phases
    table = {
        "name": region.name,
        "window": _window(region, raman),
        "background": {"kind": "polynomial", "degree": 1}
        if raman
        else {"kind": "shirley", "active": True},
        "components": [component],
    }
    why = f"One component at the highest point of the data, {region.top:.5g}."
    if splitting is not None:
        why += " Its splitting is that of the ionisation edges (xraylib)."
    if not counted:
        why += f" Not counted: {element} is counted in another region."
    return GenericRegion(table, phase, element, counted, why)


def _free_name(wish: str, taken: set[str]) -> str:
    names = [wish, *(f"{wish} ({n})" for n in range(2, len(taken) + 3))]
    return next(name for name in names if name not in taken)


def _free_id(wish: str, taken: set[str]) -> str:
    names = [wish, *(f"{wish}_{n}" for n in range(2, len(taken) + 3))]
    return next(name for name in names if name not in taken)


def _center(region: MeasuredRegion, reach: float) -> dict[str, float]:
    low = max(region.top - reach, region.low)
    high = min(region.top + reach, region.high)
    return {
        "value": round(region.top, 3),
        "min": round(low - 5e-4, 3),
        "max": round(high + 5e-4, 3),
    }


def _width(region: MeasuredRegion, raman: bool) -> dict[str, float]:
    narrow, usual_low, usual_high, widest = (
        (2.0, 4.0, 40.0, 150.0) if raman else (0.4, 0.8, 3.0, 6.0)
    )
    narrow = round(max(narrow, region.spacing), 2)
    value = round(max(min(region.width, usual_high), usual_low, 1.5 * narrow), 2)
    return {"value": value, "min": narrow, "max": max(widest, 5.0 * value)}


def _window(region: MeasuredRegion, raman: bool) -> list[float]:
    low, high = region.low, region.high
    if raman:
        half = max(_RAMAN_HALF_WINDOW_CM1, _HALF_WINDOW_POINTS * region.spacing)
        low, high = max(low, region.top - half), min(high, region.top + half)
    return [math.floor(low * 1000.0) / 1000.0, math.ceil(high * 1000.0) / 1000.0]


def _splitting(element: str, subshell: str) -> dict[str, float] | float | None:
    """Distance of the edges of both partners, or None where it is small or unknown."""
    import xraylib

    if subshell not in _SHELL:
        return None
    try:
        number = xraylib.SymbolToAtomicNumber(element)
        inner, outer = (
            xraylib.EdgeEnergy(number, getattr(xraylib, f"{name}_SHELL"))
            for name in _SHELL[subshell]
        )
    except ValueError:
        return None
    distance = round(1000.0 * float(inner - outer), 2)
    if distance < _LEAST_SPLITTING_EV:
        return None
    if distance < _FREE_SPLITTING_EV:
        return distance
    return {"value": distance, "min": round(0.9 * distance, 2), "max": round(1.1 * distance, 2)}
