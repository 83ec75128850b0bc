"""Molar volumes in a plan: those of the library are written into it, a missing one is named."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from fitting.errors import PlanError
from fitting.materials import find_material

if TYPE_CHECKING:
    from fitting.plan import Plan

VOLUME = "volume"


def with_volumes(data: Mapping[str, object]) -> Mapping[str, object]:
    """Tables of a plan; with basis volume, phases that lack a molar volume get the library's."""
    fit, phases = data.get("fit"), data.get("phases")
    if not isinstance(fit, Mapping) or not isinstance(phases, Mapping):
        return data
    basis = fit.get("basis")
    if not isinstance(basis, list | tuple) or VOLUME not in basis:
        return data
    filled = {}
    for name, table in phases.items():
        filled[name] = table
        if isinstance(table, Mapping) and table.get("molar_volume_cm3") is None:
            filled[name] = {**table, "molar_volume_cm3": _known(str(name), table.get("formula"))}
    return {**data, "phases": filled}


def volume_problems(plan: "Plan") -> Iterator[PlanError]:
    """Phases that basis volume needs a molar volume of, and nobody knows one."""
    if VOLUME not in plan.fit.basis:
        return
    used = {component.phase for _, component in plan.components.values()}
    for name, phase in plan.phases.items():
        if phase.counted and name in used and phase.molar_volume_cm3 is None:
            yield PlanError(
                f"phases.{name}.molar_volume_cm3",
                'is missing: basis "volume" needs it and the library has none; give the volume of '
                "a mole of formula units in cm3 (molar mass over density)",
            )


def _known(name: str, formula: object) -> float | None:
    for word in (name, formula):
        if isinstance(word, str):
            try:
                return round(find_material(word).material.molar_volume_cm3, 4)
            except ValueError:
                continue
    return None
