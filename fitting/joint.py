"""Strategy ``joint``: the amount of a phase drives all its lines in all regions.

``area = amount * count * sensitivity``, sensitivities as shares of the largest. Where the
composition of a phase is free, it is a mixture of its two end compositions: two amounts that are
not negative, so that areas stay affine in what is fitted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from fitting.component_sensitivities import component_sensitivities
from fitting.composition import count_at
from fitting.errors import PlanError
from fitting.expression import Expression, parse
from fitting.model import ParameterRow, State
from fitting.overlayer import damped_areas, overlayer_rows
from fitting.plan import Component, Plan
from fitting.plan_options import Composition

AMOUNT = "amount"
"""Owner of the amounts in the parameter table: ``amount.Li2S``."""

Drive = Mapping[str, float]
"""What an area is the sum of: amount -> factor."""


@dataclass(frozen=True, eq=False)
class Joint:
    """What a plan with strategy ``joint`` adds to its model; nothing for others.

    Parameters
    ----------
    drives : component -> what its area follows from
    rows : amounts, and what follows from them
    sums : of these, the amounts that are sums of others -> which
    links : compositions, and areas under a fitted overlayer -> how they follow
    """

    drives: Mapping[str, Drive] = field(default_factory=dict)
    rows: tuple[ParameterRow, ...] = ()
    sums: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    links: Mapping[str, Expression] = field(default_factory=dict)


def driven_components(plan: Plan) -> dict[str, Component]:
    """Components whose areas follow from the amounts of their phases: those without an own one."""
    if plan.series.strategy != "joint":
        return {}
    return {
        name: component
        for name, (_, component) in plan.components.items()
        if component.phase is not None and "area" not in component.parameters
    }


def count_now(plan: Plan, component: Component) -> float:
    """Atoms per formula unit at the composition that the plan holds or starts from."""
    composition = plan.phases[component.phase].composition if component.phase else None
    return count_at(component.count, composition, composition.value if composition else 0.0)


def amount_name(phase: str) -> str:
    """Name of the parameter that is the amount of a phase."""
    return f"{AMOUNT}.{phase}"


def joint_of(plan: Plan) -> Joint:
    """Amounts of all phases of a plan, and the areas that they drive.

    Raises
    ------
    PlanError
        A component without sensitivity, or a composition that no line could tell.
    """
    driven = driven_components(plan)
    if not driven:
        return Joint()
    factors = _relative_sensitivities(plan, driven)
    drives: dict[str, Drive] = {}
    rows: list[ParameterRow] = []
    sums: dict[str, tuple[str, ...]] = {}
    links: dict[str, Expression] = {}
    for phase in dict.fromkeys(component.phase or "" for component in driven.values()):
        own = {name: c for name, c in driven.items() if c.phase == phase}
        composition = plan.phases[phase].composition
        if composition is None or composition.known != "free":
            for name, component in own.items():
                drives[name] = {amount_name(phase): count_now(plan, component) * factors[name]}
            rows.append(_amount_row(amount_name(phase), phase))
            continue
        ends = _ends(phase, composition)
        for name, component in own.items():
            counts = {e: count_at(component.count, composition, v) for e, v in ends.items()}
            drives[name] = {e: count * factors[name] for e, count in counts.items() if count}
        _refuse_unseen(phase, composition, tuple(ends), [drives[name] for name in own])
        rows += [_amount_row(end, phase) for end in ends]
        sums[amount_name(phase)] = tuple(ends)
        text = sum_text(dict.fromkeys(ends, 1.0))
        rows.append(_amount_row(amount_name(phase), phase, link=text))
        row, link = _composition(phase, composition, ends)
        rows.append(row)
        links[row.name] = link
    damped = damped_areas(plan, drives)
    links |= {f"{name}.area": link for name, link in damped.items()}
    drives = {name: drive for name, drive in drives.items() if name not in damped}
    return Joint(drives, (*rows, *overlayer_rows(plan)), sums, links)


def sum_text(drive: Drive) -> str:
    """How an area follows from amounts, in words of the plan."""
    return " + ".join(n if f == 1.0 else f"{n} * {f:.9g}" for n, f in drive.items())


def _amount_row(name: str, phase: str, link: str = "") -> ParameterRow:
    state = State.LINKED if link else State.FREE
    end = name.removeprefix(amount_name(phase)).replace(".", "_")
    place = (name, "", AMOUNT, phase, f"{AMOUNT}{end}", AMOUNT, state)
    return ParameterRow(*place, minimum=0.0, link=link, linear=True)


def _ends(phase: str, composition: Composition) -> dict[str, float]:
    """The amounts of the two end compositions, and where these are."""
    assert composition.min is not None
    assert composition.max is not None
    name = amount_name(phase)
    return {f"{name}.min": composition.min, f"{name}.max": composition.max}


def _composition(
    phase: str, composition: Composition, ends: Mapping[str, float]
) -> tuple[ParameterRow, Expression]:
    """The composition of the mixture: mean of its ends, weighted with their amounts."""
    low, high = ends.values()
    mean = parse(f"({low!r} * low.amount + {high!r} * high.amount) / (low.amount + high.amount)")
    link = mean.renamed(dict(zip(("low.amount", "high.amount"), ends, strict=True)))
    symbol = composition.symbol
    text = f"{low:g} .. {high:g} by {' and '.join(ends)}"
    row = ParameterRow(f"{phase}.{symbol}", "", AMOUNT, phase, symbol, "1", State.LINKED, link=text)
    return row, link


def _refuse_unseen(
    phase: str, composition: Composition, ends: tuple[str, ...], drives: list[Drive]
) -> None:
    """A composition shows in how lines compare with each other, and in nothing else."""
    factors = np.array([[drive.get(end, 0.0) for end in ends] for drive in drives])
    if np.linalg.matrix_rank(factors) < len(ends):
        symbol = composition.symbol
        raise PlanError(
            f"phases.{phase}.composition",
            f"{symbol} cannot be found: the lines of {phase} stay in proportion whatever {symbol} "
            'is; hold it (known = "given"), or let the count of a line in the plan depend on it',
        )


def _relative_sensitivities(plan: Plan, driven: Mapping[str, Component]) -> dict[str, float]:
    """Of every component, as a share of the largest."""
    for name, component in driven.items():
        template = plan.templates.get(component.template or "")
        if template is not None and template.scale == "spectrum":
            key = f'regions["{plan.components[name][0].name}"].components["{name}"].area'
            raise PlanError(key, "is missing; multiples of a measured spectrum follow no amount")
    try:
        found = component_sensitivities(plan)
    except PlanError as error:
        problem = f'"joint" needs the sensitivity of every line, but {error.key} {error.problem}'
        raise PlanError("series.strategy", problem) from error
    largest = max(found[name].value for name in driven)
    return {name: found[name].value / largest for name in driven}
