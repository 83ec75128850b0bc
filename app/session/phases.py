"""Phases of the reference library into a plan: lines in every region at once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.session.plan_edits import new_id
from fitting.build import build_model
from fitting.errors import PlanError
from fitting.expression import parse
from fitting.plan import Component, Plan, Region
from fitting.propose import propose_plan
from fitting.replicas import METAL, parent_of
from fitting.series import Series
from reference_lines import Library, Line
from reference_lines.line import EVIDENCE


@dataclass(frozen=True, eq=False)
class Added:
    """A plan with a phase more, and what the user should know about it."""

    plan: Plan
    notices: tuple[str, ...]


def new_plan(
    series: Sequence[Series], library: Library, phases: Sequence[str] | None = None
) -> Added:
    """A plan for measured regions; see ``fitting.propose``.

    Raises
    ------
    PlanError, DataError
    """
    proposal = propose_plan(series, library, phases)
    return Added(proposal.plan, proposal.notices)


def add_phase(plan: Plan, phase: str, series: Sequence[Series], library: Library) -> Added:
    """Give a phase its lines in every region that was measured, and their copies.

    Lithium metal brings losses to the lines of all phases. Positions are linked to lines of the
    plan where the library knows their distance; widths follow the first line of the region.

    Raises
    ------
    PlanError
        It is in the plan already, or the library does not know it or has no line here.
    """
    key = _key(phase, library)
    if any(c.phase == key for _, c in plan.components.values()):
        raise PlanError(f"phases.{key}", "is in the plan already")
    known = {species.key for species in library.species}
    wanted = [*(name for name in plan.phases if name in known), key]
    proposal = propose_plan(series, library, wanted, plan.energy.monochromator)
    lines = [(r, c) for r in proposal.plan.regions for c in r.components if c.phase == key]
    if not lines:
        raise PlanError(f"phases.{key}", "; ".join(proposal.notices) or "has no line here")
    lines += _copies(key, {c.id for _, c in lines}, plan, proposal.plan)
    tables = plan.model_dump(exclude_none=True)
    for name in dict.fromkeys(c.phase for _, c in lines if c.phase is not None):
        tables["phases"][name] = proposal.plan.phases[name].model_dump(exclude_none=True)
    renamed = {component.id: new_id(plan, component.id) for _, component in lines}
    starts = _starts(proposal.plan)
    for region, component in lines:
        table = _settled(component, renamed, plan, starts)
        _components_of(tables, region, wider=parent_of(component) is not None).append(table)
    made = Plan.from_data(tables)
    build_model(made)
    return Added(made, tuple(n for n in proposal.notices if n.startswith(f"{key}:")))


@dataclass(frozen=True)
class PhaseChoice:
    """A species of the library as one chooses it.

    Parameters
    ----------
    key, name, formula : of the species
    here, elsewhere : regions with a line that were measured, and others
    evidence : of its lines in what was measured, the best first
    planned : whether it is in the plan
    words : lower case, what it is found by
    """

    key: str
    name: str
    formula: str
    here: tuple[str, ...]
    elsewhere: tuple[str, ...]
    evidence: tuple[str, ...]
    planned: bool
    words: str


def phase_choices(
    library: Library, measured: Sequence[str], plan: Plan | None
) -> tuple[PhaseChoice, ...]:
    """All species; those with lines in measured regions first, by how many."""
    planned = set() if plan is None else set(plan.phases)
    lines: dict[str, list[Line]] = {}
    for line in library.find(recommended=True):
        lines.setdefault(line.species, []).append(line)
    found = []
    for species in library.species:
        own = lines.get(species.key, [])
        regions = list(dict.fromkeys(line.region for line in own))
        here = tuple(region for region in regions if region in measured)
        elsewhere = tuple(region for region in regions if region not in measured)
        heard = {line.evidence for line in own if line.region in here}
        evidence = tuple(word for word in EVIDENCE if word in heard)
        words = " ".join([species.key, species.name, species.formula, *species.aliases, *regions])
        found.append(
            PhaseChoice(
                species.key,
                species.name,
                species.formula,
                here,
                elsewhere,
                evidence,
                species.key in planned,
                words.lower(),
            )
        )
    return tuple(sorted(found, key=lambda one: (-len(one.here), one.key.lower())))


def _copies(
    key: str, lines: Collection[str], plan: Plan, proposed: Plan
) -> list[tuple[Region, Component]]:
    """Losses and satellites of lines that are added; of those in the plan if metal is added."""
    parents = {*lines, *(plan.components if key == METAL else ())}
    return [
        (region, component)
        for region in proposed.regions
        for component in region.components
        if parent_of(component) in parents and component.id not in plan.components
    ]


def _components_of(tables: dict[str, Any], region: Region, *, wider: bool) -> list[dict[str, Any]]:
    """Components of a region of the plan, whose window may have to reach further up.

    A region that it does not have yet is added.
    """
    for own in tables["regions"]:
        if own["name"] == region.name:
            if wider:
                own["window"] = [own["window"][0], max(own["window"][1], region.window[1])]
            kept: list[dict[str, Any]] = list(own["components"])
            own["components"] = kept
            return kept
    empty: list[dict[str, Any]] = []
    made = {**region.model_dump(exclude_none=True), "components": empty}
    tables["regions"] = [*tables["regions"], made]
    return empty


def _key(phase: str, library: Library) -> str:
    found = [species.key for species in library.named(phase)]
    if len(found) != 1:
        said = f"may be {', '.join(found)}" if found else "is not in the library"
        raise PlanError(f"phases.{phase}", said)
    return found[0]


def _starts(plan: Plan) -> Mapping[str, float]:
    table = build_model(plan)
    values = table.values(np.nan_to_num(table.start))
    return {row.name: float(values[i]) for i, row in enumerate(table.parameters)}


def _settled(
    component: Component, renamed: Mapping[str, str], plan: Plan, starts: Mapping[str, float]
) -> dict[str, Any]:
    """Its table; links go to components of the plan under their names there, or are numbers."""
    table = component.model_dump(exclude_none=True)
    table["id"] = renamed[component.id]
    for place in (table["parameters"], table.get("doublet") or {}):
        for name, setting in list(place.items()):
            if not isinstance(setting, str):
                continue
            owners = {ref.split(".", 1)[0] for ref in parse(setting, name).references}
            if not owners <= set(plan.components) | set(renamed):
                place[name] = starts[f"{component.id}.{name}"]
                continue
            for owner in owners & set(renamed):
                place[name] = place[name].replace(f"{owner}.", f"{renamed[owner]}.")
    return table
