"""Lines of other elements of a plan that lie where it looks for its own, and Auger lines."""

import re
from collections.abc import Iterable

from fitting.plan import Plan, Region
from reference_lines.instrument import ForeignLine, foreign_lines

_ELEMENT = re.compile(r"[A-Z][a-z]?")
_LEVEL = re.compile(r"([A-Z][a-z]?) ?([1-6][spdf])")


def elements_of(plan: Plan) -> set[str]:
    """Elements that a plan names: in formulas, core levels, sample and overlayer."""
    texts = [phase.formula or name for name, phase in plan.phases.items()]
    texts += [m[1] for region in plan.regions if (m := _LEVEL.match(region.name))]
    texts += [plan.quantification.material.formula] if plan.quantification.material else []
    texts += [plan.overlayer.material.formula] if plan.overlayer else []
    return {element for text in texts for element in _ELEMENT.findall(text)}


def overlap_notes(plan: Plan, measured: Iterable[str] = ()) -> list[str]:
    """Known lines of elements of the plan inside windows of other elements, one sentence each.

    Parameters
    ----------
    measured : names of further regions in the files, whose elements are then present as well
    """
    present = elements_of(plan) | {m[1] for name in measured if (m := _LEVEL.match(name))}
    lines = [line for line in foreign_lines() if line.element in present]
    return [
        _note(region, line)
        for region in plan.regions
        for line in lines
        if _LEVEL.match(region.name) and _inside(region, line, plan.energy.photon_energy_eV)
    ]


def _inside(region: Region, line: ForeignLine, photon_energy_eV: float | None) -> bool:
    own = _LEVEL.match(region.name)
    if own is not None and f"{own[1]} {own[2]}" == line.name:
        return False
    ends = line.binding_range_eV(photon_energy_eV)
    low, high = region.window
    return ends is not None and ends[0] < high and ends[1] > low


def _note(region: Region, line: ForeignLine) -> str:
    if line.auger:
        where = f"the Auger line {line.name} (kinetic energy {line.low_eV:g} to {line.high_eV:g})"
        remedy = "it stays at its kinetic energy: another photon energy moves it away"
    else:
        where = f"{line.name} ({line.low_eV:g} to {line.high_eV:g})"
        remedy = f"give it a component of its own, or measure another line of {line.element}"
    return (
        f"{region.name}: {where} can lie in its window, and {line.element} is in this plan or its "
        f"files; {remedy}"
    )
