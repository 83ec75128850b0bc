"""Amounts of phases that drive lines in all regions: where they stand, and what a mole takes up."""

from collections.abc import Iterable

from fitting.joint import amount_name
from fitting.model import ModelTable
from fitting.plan import Plan


def amounts_of(table: ModelTable) -> dict[str, int]:
    """Phase -> index of its amount in the parameter table, in the order of the plan."""
    names = {phase: amount_name(phase) for phase in table.plan.phases}
    return {phase: table.index[name] for phase, name in names.items() if name in table.index}


def molar_volumes(plan: Plan, phases: Iterable[str]) -> dict[str, float]:
    """Volume of a mole of formula units of each phase, cm3/mol; nan where the plan has none."""
    volumes = {name: plan.phases[name].molar_volume_cm3 for name in phases}
    return {name: float("nan") if v is None else v for name, v in volumes.items()}
