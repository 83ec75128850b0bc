"""A plan with fewer phases, and which phases a plan could do without."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from fitting.arrays import IntArray
from fitting.expression import parse
from fitting.model import ModelTable
from fitting.plan import Component, Free, Plan, Region, Setting


@dataclass(frozen=True)
class Candidate:
    """A phase that may be there or not, and what comes and goes with it.

    Parameters
    ----------
    name : of the phase whose amounts are fitted
    phases : it, those whose amounts follow from its own, and loss replicas of its lines
    """

    name: str
    phases: tuple[str, ...]


def candidates(table: ModelTable) -> tuple[Candidate, ...]:
    """Phases of a plan that a fit can be tried without, in the order of the plan.

    Not: the phase of the line that fixes the energy scale, what is not counted (contamination,
    and losses that are nobody's), and phases of fixed areas.
    """
    plan = table.plan
    held = plan.components.get(plan.energy.component or "")
    kept = held[1].phase if plan.energy.reference == "component" and held is not None else None
    parent = {name: _parent(table, name) for name in plan.phases}
    found = []
    for name, phase in plan.phases.items():
        if phase.counted and name != kept and len(own_amounts(table, name)):
            phases = tuple(other for other in plan.phases if _root(parent, other) == name)
            found.append(Candidate(name, phases))
    return tuple(found)


def own_amounts(table: ModelTable, phase: str) -> IntArray:
    """Positions, among the free parameters, of the amounts of a phase: areas, or the amount."""
    rows = [table.parameters[i] for i in table.free]
    own = [row.phase == phase and row.linear and row.minimum == 0.0 for row in rows]
    return np.flatnonzero(np.array(own, dtype=bool) & table.linear)


def _root(parent: Mapping[str, str | None], phase: str) -> str:
    """The phase that a phase comes and goes with, in the end."""
    for _ in parent:
        above = parent[phase]
        if above is None:
            break
        phase = above
    return phase


def _parent(table: ModelTable, phase: str) -> str | None:
    """The one other phase without which this one makes no sense, if there is one."""
    plan = table.plan
    own = [c for region in table.regions for c in region.components if c.phase == phase]
    if not len(own_amounts(table, phase)):
        drivers = table.depends[[c.area for c in own]].any(axis=0) if own else np.zeros(0, bool)
        above = {table.parameters[i].phase for i in table.free[drivers]}
    elif not plan.phases[phase].counted:
        above = {_center_of(plan, plan.components[c.id][1]) for c in own}
    else:
        return None
    name = above.pop() if len(above) == 1 else None
    return name if name in plan.phases and name != phase else None


def _center_of(plan: Plan, component: Component) -> str | None:
    """The phase of the line from which the center of a component is measured."""
    center = component.parameters.get("center")
    if not isinstance(center, str):
        return None
    owners = {reference.partition(".")[0] for reference in parse(center).references}
    lines = [plan.components[owner][1] for owner in owners if owner in plan.components]
    return lines[0].phase if len(lines) == 1 else None


def without(plan: Plan, phases: Collection[str]) -> Plan:
    """The plan without the lines of some phases.

    A line that others are measured from stays, with an area of zero; so does the last line of a
    region.
    """
    if not phases:
        return plan
    gone = {c.id for _, c in plan.components.values() if c.phase in phases}
    needed = _needed(plan, gone)
    regions = tuple(_without(region, gone, needed) for region in plan.regions)
    left = {c.phase for region in regions for c in region.components}
    names = {name: p for name, p in plan.phases.items() if name in left or name not in phases}
    groups = {name: tuple(m for m in own if m in names) for name, own in plan.groups.items()}
    return plan.model_copy(
        update={
            "regions": regions,
            "phases": names,
            "groups": {name: own for name, own in groups.items() if own},
            "series": _series(plan, {c.id for region in regions for c in region.components}),
        }
    )


def _series(plan: Plan, left: Collection[str]) -> object:
    """Without the shared parameters of lines that are gone."""
    series = plan.series
    shared = tuple(w for w in series.shared if "." not in w or w.partition(".")[0] in left)
    return series.model_copy(update={"shared": shared})


def _without(region: Region, gone: Collection[str], needed: Collection[str]) -> Region:
    kept = []
    for component in region.components:
        if component.id not in gone:
            kept.append(component)
        elif any(name.partition(".")[0] == component.id for name in needed):
            kept.append(_emptied(component, needed))
    if not kept:
        kept.append(_emptied(region.components[0], needed))
    return region.model_copy(update={"components": tuple(kept)})


def _emptied(component: Component, needed: Collection[str]) -> Component:
    """A line of no area; of its other parameters only those that are needed stay free."""

    def held(name: str, setting: Setting) -> Setting:
        keep = f"{component.id}.{name}" in needed or not isinstance(setting, Free)
        return setting if keep else _start(setting)

    parameters = {name: held(name, own) for name, own in component.parameters.items()}
    doublet = component.doublet
    if doublet is not None:
        splitting, ratio = (held(n, getattr(doublet, n)) for n in ("splitting", "ratio"))
        doublet = doublet.model_copy(update={"splitting": splitting, "ratio": ratio})
    parameters = {**parameters, "area": 0.0}
    return component.model_copy(update={"parameters": parameters, "doublet": doublet})


def _start(setting: Setting) -> Setting:
    if not isinstance(setting, Free):
        return setting
    known = (setting.start, setting.min, setting.max)
    return next((value for value in known if value is not None), 1.0)


def _needed(plan: Plan, gone: Collection[str]) -> set[str]:
    """Parameters of lines that are gone, which those that stay are computed from."""
    links = dict(_links(plan))
    needed: set[str] = set()
    waiting = [r for name, own in links.items() if name.partition(".")[0] not in gone for r in own]
    while waiting:
        name = waiting.pop()
        if name.partition(".")[0] in gone and name not in needed:
            needed.add(name)
            waiting += links.get(name, ())
    return needed


def _links(plan: Plan) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every parameter that is a link, and what it refers to."""
    for region in plan.regions:
        for name, setting in region.background.settings.items():
            # options may be words, which refer to nothing
            if isinstance(setting, str) and "." in setting:
                yield f"{region.name}:background.{name}", parse(setting).references
        for component in region.components:
            own = dict(component.parameters)
            if component.doublet is not None:
                own["splitting"] = component.doublet.splitting
                own["ratio"] = component.doublet.ratio
            for name, setting in own.items():
                if isinstance(setting, str):
                    yield f"{component.id}.{name}", parse(setting).references
