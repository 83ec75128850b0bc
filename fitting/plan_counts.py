"""Counts of lines held against formulas: a phase cannot show more atoms than it has."""

from collections.abc import Iterator

from fitting.composition import count_at
from fitting.errors import DataError, PlanError
from fitting.formula import atoms, atoms_at
from fitting.plan import Component, Plan, Region
from fitting.plan_options import Phase
from fitting.sensitivity import is_level

_CLOSE = 1e-6


def count_notes(plan: Plan) -> list[str]:
    """Counts of a phase in a region that are not the atoms of its formula.

    Only where they matter: amounts of ``joint`` fits are areas over them, others only have those
    compared that somebody wrote down. Several lines of one phase, such as PS4 and the free sulfide
    of an argyrodite, are taken together.
    """
    return [note for region in plan.regions for note in _of_region(plan, region)]


def _of_region(plan: Plan, region: Region) -> Iterator[str]:
    level = region.name if is_level(region.name) else region.measured
    if not is_level(level):
        return
    element, place = level.split()[0], f'regions["{region.name}"]'
    for name, phase in plan.phases.items():
        own = [c for c in region.components if c.phase == name and "area" not in c.parameters]
        if not own or not _matters(plan, own):
            continue
        formula = _atoms(phase)
        if formula is None:
            continue
        if element not in formula:
            ids = ", ".join(c.id for c in own)
            yield f"{place}: {ids} belongs to {name}, but {phase.formula} holds no {element}"
            continue
        value = 0.0 if phase.composition is None else phase.composition.value
        counts = [count_at(c.count, phase.composition, value) for c in own]
        if abs(sum(counts) - formula[element]) > _CLOSE:
            words = " + ".join(f"{c.id} {n:g}" for c, n in zip(own, counts, strict=True))
            yield (
                f"{place}: the counts of {name} are {words} = {sum(counts):g}, but {phase.formula} "
                f"has {formula[element]:g} {element}"
            )


def _matters(plan: Plan, own: list[Component]) -> bool:
    written = any("count" in component.model_fields_set for component in own)
    return plan.series.strategy == "joint" or written


def _atoms(phase: Phase) -> dict[str, float] | None:
    """Atoms per formula unit; None of what is no formula with numbers."""
    if phase.formula is None:
        return None
    try:
        if phase.composition is None:
            return atoms(phase.formula)
        return atoms_at(phase.formula, phase.composition.symbol, phase.composition.value)
    except (DataError, PlanError):
        return None
