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
from fitting.plan_options import JOINT_BASES, Composition
from fitting.sensitivity import Sensitivity, is_level

AMOUNT = "amount"
"""Owner of the amounts in the parameter table: ``amount.Li2S``."""

SENSITIVITY = "sensitivity"
"""Owner of the factors of sensitivities: ``sensitivity.S 2p``."""

FACTOR_BOUNDS = (0.1, 10.0)
"""Of such a factor; what comes near them is a mistake in the plan."""

Drive = Mapping[str, float]
"""What an area is the sum of: amount -> factor."""


@dataclass(frozen=True, eq=False)
class Joint:
    """What a plan with strategy ``joint`` adds to its model; nothing for others.

    Parameters
    ----------
    drives : component -> what its area follows from
    rows : amounts, what follows from them, and factors of sensitivities
    sums : of these, the amounts that are sums of others -> which
    links : compositions, and areas under a fitted overlayer -> how they follow
    factors : component -> factor of the sensitivity of its core level, where that is fitted
    priors : factor -> its relative standard uncertainty
    """

    drives: Mapping[str, Drive] = field(default_factory=dict)
    rows: tuple[ParameterRow, ...] = ()
    sums: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    links: Mapping[str, Expression] = field(default_factory=dict)
    factors: Mapping[str, str] = field(default_factory=dict)
    priors: Mapping[str, float] = field(default_factory=dict)


def driven_components(plan: Plan) -> dict[str, Component]:
    """Components whose areas follow from the amounts of their phases: those without an own one."""
    if plan.series.strategy != "joint":
        return {}
    return {
        name: component
        for name, (_, component) in plan.components.items()
        if component.phase is not None and "area" not in component.parameters
    }


def fitted_levels(plan: Plan) -> dict[str, str]:
    """Driven component -> core level whose sensitivity is fitted within what is known of it.

    None where the plan forbids it, one level is alone, errors are not those of rounds around what
    steps have in common, or an overlayer is fitted.
    """
    possible = plan.quantification.fit_sensitivities and plan.fit.errors == "covariance"
    if not possible or (plan.overlayer is not None and plan.overlayer.fitted):
        return {}
    levels = {}
    for name in driven_components(plan):
        region, component = plan.components[name]
        own = component.relative_uncertainty
        if (plan.quantification.relative_uncertainty if own is None else own) > 0.0:
            levels[name] = region.name if is_level(region.name) else region.measured
    return levels if len(set(levels.values())) > 1 else {}


def joint_notes(plan: Plan) -> list[str]:
    """What a plan asks for that is not done."""
    notes = []
    if plan.series.strategy != "joint":
        for name, phase in plan.phases.items():
            own = phase.composition
            if own is not None and own.known != "given":
                held = f"{own.symbol} is held at {own.value:g}"
                needs = f'"{own.known}" needs strategy = "joint"'
                notes.append(f"phases.{name}.composition: {held}; {needs}")
        return notes
    layer = plan.overlayer is not None and plan.overlayer.fitted
    if plan.quantification.fit_sensitivities and (layer or plan.fit.errors != "covariance"):
        reason = "a fitted overlayer" if layer else f'errors = "{plan.fit.errors}"'
        notes.append(f"quantification.fit_sensitivities: they are held, for there is {reason}")
    return notes + _without_amount(plan)


def _without_amount(plan: Plan) -> list[str]:
    """Counted phases that molar fractions leave out, for no amount drives their lines."""
    if not set(plan.fit.basis) & set(JOINT_BASES):
        return []
    driven = {component.phase for component in driven_components(plan).values()}
    seen = {component.phase for _, component in plan.components.values()}
    return [
        f"phases.{name}: all its lines have areas of their own, so it is in no molar fraction"
        for name, phase in plan.phases.items()
        if phase.counted and name in seen - driven
    ]


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
    found = _sensitivities(plan, driven)
    largest = max(s.value for s in found.values())
    factors = {name: s.value / largest for name, s in found.items()}
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
            rows += [] if composition is None else [_held_composition(phase, composition)]
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
    scaled = {name: f"{SENSITIVITY}.{level}" for name, level in fitted_levels(plan).items()}
    priors = {factor: found[name].relative_uncertainty for name, factor in scaled.items()}
    factor_rows = [_factor_row(factor) for factor in priors]
    return Joint(drives, (*rows, *overlayer_rows(plan), *factor_rows), sums, links, scaled, priors)


def sum_text(drive: Drive, factor: str = "") -> str:
    """How an area follows from amounts, in words of the plan."""
    text = " + ".join(n if f == 1.0 else f"{n} * {f:.9g}" for n, f in drive.items())
    if not factor:
        return text
    return f"({text}) * {factor}" if len(drive) > 1 else f"{text} * {factor}"


def _factor_row(name: str) -> ParameterRow:
    level = name.removeprefix(f"{SENSITIVITY}.")
    low, high = FACTOR_BOUNDS
    return ParameterRow(
        name, "", SENSITIVITY, "", level, "1", State.FREE, value=1.0, minimum=low, maximum=high
    )


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


def _held_composition(phase: str, composition: Composition) -> ParameterRow:
    """The composition of a phase that is not fitted, to be seen beside the others."""
    symbol = composition.symbol
    name, value = f"{phase}.{symbol}", composition.value
    return ParameterRow(name, "", AMOUNT, phase, symbol, "1", State.FIXED, value=value)


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


def _sensitivities(plan: Plan, driven: Mapping[str, Component]) -> dict[str, Sensitivity]:
    """Of every driven component."""
    for name, component in driven.items():
        template = plan.templates.get(component.template or "")
        if template is not None and template.scale == "spectrum":
            key = f'regions["{plan.components[name][0].name}"].components["{name}"].area'
            raise PlanError(key, "is missing; multiples of a measured spectrum follow no amount")
    options = plan.quantification
    if options.transmission == "file":  # read when the plan meets its data
        options = options.model_copy(update={"transmission": 1.0})
    try:
        found = component_sensitivities(plan.model_copy(update={"quantification": options}))
    except PlanError as error:
        problem = f'"joint" needs the sensitivity of every line, but {error.key} {error.problem}'
        raise PlanError("series.strategy", problem) from error
    return {name: found[name] for name in driven}
