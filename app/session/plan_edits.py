"""Edits of a plan: a plan and what is wanted in, another plan out. Nothing is changed in place.

Every edit goes through the checks that a plan file goes through, so what is made here can be
saved, read and fitted by the batch.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from app.session.models import model_of
from fitting.arrays import FloatArray
from fitting.build import build_model
from fitting.errors import PlanError
from fitting.expression import parse
from fitting.model import ModelTable
from fitting.plan import Component, Free, Plan, Setting

WIDTHS = ("fwhm", "gaussian_fwhm", "lorentzian_fwhm")
"""Parameters that are widths; the first that a shape has is its width."""

_APART = ("splitting", "ratio")
"""Parameters that stand in the table ``doublet`` of a component."""

Tables = dict[str, Any]


def set_parameter(
    plan: Plan, component_id: str, parameter: str, setting: Setting | Mapping[str, float]
) -> Plan:
    """Fix (number), free (``Free`` or its table) or link (text) a parameter of a component.

    Raises
    ------
    PlanError
        There is no such component or parameter, or the plan would be wrong with it.
    """
    value = setting.model_dump(exclude_none=True) if isinstance(setting, Free) else setting
    value = dict(value) if isinstance(value, Mapping) else value

    def change(own: Tables) -> None:
        if parameter in _APART:
            own.setdefault("doublet", {})[parameter] = value
        else:
            own["parameters"][parameter] = value

    return with_component(plan, component_id, change)


def free_area(plan: Plan, component_id: str) -> Plan:
    """Let the area of a component go back to its usual rule: free, or tied by count."""
    return with_component(plan, component_id, lambda own: own["parameters"].pop("area", None))


def move_to(plan: Plan, component_id: str, parameter: str, value: float) -> Plan:
    """Give a parameter another value and leave it fixed, free or linked as it is.

    A free one starts from there, its bounds move along as far as they must. A link that is a
    parameter plus or minus a number gets another number; the number of a product likewise.

    Raises
    ------
    PlanError
        A link of another kind; it has to be edited as text.
    """
    setting = setting_of(plan, component_id, parameter)
    if isinstance(setting, str):
        return set_parameter(plan, component_id, parameter, _relinked(plan, setting, value))
    if isinstance(setting, Free):
        low, high = setting.min, setting.max
        if low is not None and value < low:
            low, high = value, None if high is None else high - (low - value)
        elif high is not None and value > high:
            low, high = None if low is None else low + (value - high), value
        return set_parameter(plan, component_id, parameter, Free(value=value, min=low, max=high))
    return set_parameter(plan, component_id, parameter, float(value))


def setting_of(plan: Plan, component_id: str, parameter: str) -> Setting:
    """How a parameter stands in the plan; an area that is not there is free and not negative.

    Raises
    ------
    PlanError
        There is no such component or parameter.
    """
    component = _component(plan, component_id)
    if parameter in _APART and component.doublet is not None:
        found: Setting = getattr(component.doublet, parameter)
        return found
    if parameter in component.parameters:
        return component.parameters[parameter]
    if parameter == "area":
        return Free(min=0.0)
    raise PlanError(f'components["{component_id}"]', f"has no parameter {parameter!r}")


def add_component(plan: Plan, region: str, component: Mapping[str, Any]) -> Plan:
    """Add a component, as a table of the plan format, to a region.

    Raises
    ------
    PlanError
    """

    def change(tables: Tables) -> None:
        _region_of(tables, region)["components"].append(dict(component))

    return edited(plan, change)


def remove_component(plan: Plan, component_id: str) -> Plan:
    """Take a component out; links to it are replaced by the numbers they stand for.

    Raises
    ------
    PlanError
        It is the last one of its region, or the one that fixes the energy scale.
    """
    return remove_components(plan, [component_id])


def remove_components(plan: Plan, ids: Sequence[str]) -> Plan:
    """Take components out together; see ``remove_component``."""
    gone = set(ids)
    numbers = numbers_of(plan)

    def change(tables: Tables) -> None:
        for region in tables["regions"]:
            kept = [own for own in region["components"] if own["id"] not in gone]
            if not kept:
                raise PlanError(
                    f'regions["{region["name"]}"]', "needs a component; remove the region instead"
                )
            region["components"] = kept
            for own in kept:
                unlinked(own, gone, numbers)

    return edited(plan, change)


def remove_phase(plan: Plan, phase: str) -> Plan:
    """Take a phase with all its components out of every region.

    Raises
    ------
    PlanError
        A region would be left without a component.
    """
    ids = [name for name, (_, c) in plan.components.items() if c.phase == phase]
    without = remove_components(plan, ids)

    def change(tables: Tables) -> None:
        tables["phases"].pop(phase, None)
        groups = {
            name: [member for member in members if member != phase]
            for name, members in tables["groups"].items()
        }
        tables["groups"] = {name: members for name, members in groups.items() if members}

    return edited(without, change)


def set_phase(plan: Plan, phase: str, *, counted: bool) -> Plan:
    """Let a phase count in fractions or not."""

    def change(tables: Tables) -> None:
        tables["phases"][phase]["counted"] = counted

    return edited(plan, change)


def set_group(plan: Plan, name: str, members: Sequence[str]) -> Plan:
    """Report a sum of phases; no members: no longer."""

    def change(tables: Tables) -> None:
        tables["groups"].pop(name, None)
        if members:
            tables["groups"][name] = list(members)

    return edited(plan, change)


def set_window(plan: Plan, region: str, low: float, high: float) -> Plan:
    """Fit a region between two energies."""

    def change(tables: Tables) -> None:
        _region_of(tables, region)["window"] = [float(low), float(high)]

    return edited(plan, change)


def set_background(plan: Plan, region: str, background: Mapping[str, Any]) -> Plan:
    """Put another background under a region."""

    def change(tables: Tables) -> None:
        _region_of(tables, region)["background"] = dict(background)

    return edited(plan, change)


def set_option(plan: Plan, table: str, key: str, value: Any) -> Plan:
    """Change a word of ``[series]``, ``[fit]`` or ``[energy]``."""

    def change(tables: Tables) -> None:
        tables[table][key] = value

    return edited(plan, change)


def new_id(plan: Plan, wish: str) -> str:
    """An id that no component has: the wish, or the wish and a number."""
    taken = set(plan.components)
    names = [wish, *(f"{wish}_{number}" for number in range(2, len(taken) + 3))]
    return next(name for name in names if name not in taken)


def edited(plan: Plan, change: Callable[[Tables], object]) -> Plan:
    """Change the tables of a plan, through all checks. Raises PlanError."""
    tables = plan.model_dump(exclude_none=True)
    tables["regions"] = [
        {**region, "components": list(region["components"])} for region in tables["regions"]
    ]
    change(tables)
    made = Plan.from_data(tables)
    model_of(made)
    return made


def with_component(plan: Plan, component_id: str, change: Callable[[Tables], object]) -> Plan:
    """Change the table of one component. Raises PlanError."""
    _component(plan, component_id)

    def find(tables: Tables) -> None:
        for region in tables["regions"]:
            for own in region["components"]:
                if own["id"] == component_id:
                    change(own)

    return edited(plan, find)


def _component(plan: Plan, component_id: str) -> Component:
    if component_id not in plan.components:
        raise PlanError("components", f"there is no {component_id!r}")
    return plan.components[component_id][1]


def _region_of(tables: Tables, name: str) -> Tables:
    for region in tables["regions"]:
        if region["name"] == name:
            found: Tables = region
            return found
    raise PlanError("regions", f"there is no {name!r}")


def numbers_of(plan: Plan) -> dict[str, float]:
    """Every parameter where the plan starts, by name; 0 for what the fit has to find."""
    table = build_model(plan)
    values = table.values(np.nan_to_num(table.start))
    return {row.name: float(values[i]) for i, row in enumerate(table.parameters)}


def starts_of(table: ModelTable) -> FloatArray:
    """(P,) where a plan starts; nan for what the fit has to find, and what follows from it."""
    values = table.values(np.nan_to_num(table.start))
    values[table.depends[:, np.isnan(table.start)].any(axis=1)] = np.nan
    return values


def unlinked(own: Tables, gone: set[str], numbers: Mapping[str, float]) -> None:
    """Put numbers in place of links to what goes: components, or single parameters."""
    places = [own["parameters"], own.get("doublet") or {}]
    for place in places:
        for name, setting in list(place.items()):
            if not isinstance(setting, str):
                continue
            references = parse(setting, name).references
            hit = any(ref in gone or ref.split(".", 1)[0] in gone for ref in references)
            if hit and name == "area":
                del place[name]
            elif hit:
                place[name] = numbers[f"{own['id']}.{name}"]


def _relinked(plan: Plan, link: str, value: float) -> str:
    """The link with another constant, so that it stands for a value."""
    affine = parse(link, "link").affine()
    if affine is None or len(affine.coefficients) != 1:
        raise PlanError("link", f"{link!r} cannot be moved; edit it as text")
    (name, factor), now = next(iter(affine.coefficients.items())), numbers_of(plan)
    if affine.constant == 0.0 and factor != 1.0:
        return f"{name} * {value / now[name]:.6g}"
    distance = value - factor * now[name]
    sign = "+" if distance >= 0.0 else "-"
    head = name if factor == 1.0 else f"{name} * {factor:.6g}"
    return f"{head} {sign} {abs(distance):.6g}"
