"""Copies of lines that a new plan holds: plasmon losses under lithium, X-ray satellites.

A copy follows its parent by links, so that it costs no parameter but, for losses, one area a phase.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from fitting.plan import Component, Plan
from fitting.plan_lines import PlannedLine
from fitting.plan_options import Free
from reference_lines.instrument import Satellite, satellites

METAL = "Li0"
LOSS_EV = 7.5
LOSS_WIDTH_EV = 1.5
"""Bulk plasmon of lithium, and by how much it widens a line (conventions of `simulate E1`)."""

LOSS_PHASE = "loss_"
"""Before the name of the phase whose lines lose energy; never counted."""

_SALTS_OVERLAP = "Li 1s"


def with_loss(planned: Sequence[PlannedLine], reach: float) -> list[PlannedLine]:
    """Lines of a region that need a loss replica, if lithium metal is among the phases.

    Parameters
    ----------
    planned : lines of one region
    reach : highest energy of the data; a replica beyond it is not seen
    """
    if not planned or planned[0].region == "Raman":
        return []
    seen = [p for p in planned if p.center + LOSS_EV < reach]
    if planned[0].region != _SALTS_OVERLAP:
        return seen
    metal = [p for p in seen if p.line.species == METAL]
    salts = [p for p in seen if p.line.species != METAL]
    return metal + salts[:1]  # the salts lie within 2 eV, a replica is wider


def loss_components(
    lossy: Sequence[PlannedLine], tables: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Replicas one plasmon above their parents; one phase of losses for each phase.

    Parameters
    ----------
    lossy : parents
    tables : components of the region as a plan holds them
    """
    parents = {table["id"]: table for table in tables}
    copies = []
    for item in lossy:
        parent = parents[item.id]
        copy = _copy(parent, "loss", LOSS_EV)
        copy["phase"] = f"{LOSS_PHASE}{item.line.species}"
        copy["count"] = parent["count"]
        copy["fwhm"] = f"{item.id}.fwhm + {LOSS_WIDTH_EV:g}"
        if "area" in parent:
            copy["area"] = {"min": 0.0}
        copies.append(copy)
    return copies


def satellite_components(
    tables: Sequence[Mapping[str, Any]],
    centers: Mapping[str, float],
    found: Sequence[Satellite],
    window: Sequence[float],
) -> list[dict[str, Any]]:
    """Copies by X-ray satellites that lie in a window; of no phase, for they are in every area.

    Parameters
    ----------
    tables : components of the region
    centers : where they start
    found : satellites of the source
    window : low and high end
    """
    copies = []
    for table in tables:
        for satellite in found:
            place = centers[table["id"]] - satellite.displacement_eV
            if not window[0] < place < window[1]:
                continue
            copy = _copy(table, satellite.name, -satellite.displacement_eV)
            copy["area"] = f"{table['id']}.area * {satellite.relative_intensity:g}"
            copy["fwhm"] = f"{table['id']}.fwhm"
            copies.append(copy)
    return copies


def parent_of(component: Component) -> str | None:
    """The component that a loss or satellite, as ``plan new`` writes them, is a copy of."""
    center = component.parameters.get("center")
    if not isinstance(center, str) or not (component.phase or LOSS_PHASE).startswith(LOSS_PHASE):
        return None
    parent = center.split(".")[0]
    return parent if component.id.startswith(f"{parent}_") else None


def satellite_notes(plan: Plan) -> list[str]:
    """Lines whose X-ray satellites fall into a window and are not in the plan."""
    if plan.energy.monochromator is not False:
        return []
    notes = []
    for region in plan.regions:
        followed = {str(c.parameters.get("area")).split(".")[0] for c in region.components}
        for component in region.components:
            center = component.parameters.get("center")
            start = center.start if isinstance(center, Free) else center
            if component.phase is None or component.id in followed or not isinstance(start, float):
                continue
            fall = [
                s.name
                for s in satellites(plan.energy.source or "")
                if region.window[0] < start - s.displacement_eV < region.window[1]
            ]
            if fall:
                key = f'regions["{region.name}"].components["{component.id}"]'
                notes.append(
                    f"{key}: {', '.join(fall)} of {plan.energy.source} fall into the window, but "
                    "no component follows its area; `plan new` writes them"
                )
    return notes


def _copy(parent: Mapping[str, Any], suffix: str, moved_eV: float) -> dict[str, Any]:
    name = parent["id"]
    sign = "+" if moved_eV > 0 else "-"
    copy = {
        "id": f"{name}_{suffix}",
        "shape": parent["shape"],
        "center": f"{name}.center {sign} {abs(moved_eV):g}",
        "lorentz_fraction": parent["lorentz_fraction"],
    }
    if "doublet" in parent:
        copy["doublet"] = parent["doublet"]
    return copy
