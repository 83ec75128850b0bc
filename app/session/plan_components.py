"""Edits of a plan as one makes them in the window: numbers, bounds, links and lines by typing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.session.plan_edits import (
    WIDTHS,
    Tables,
    add_component,
    edited,
    free_area,
    move_to,
    new_id,
    numbers_of,
    set_parameter,
    setting_of,
    starts_of,
    unlinked,
    with_component,
)
from app.session.typed import Bounds, bounds_of, number_of
from fitting.build import build_model
from fitting.errors import PlanError
from fitting.lineshapes.catalogue import MEASURED, line_shape
from fitting.plan import Component, Free, Plan, Region

_CENTER_WIDTHS = 1.0
"""A new component may move by this many widths to either side."""


def type_value(plan: Plan, component: str, parameter: str, text: str) -> Plan:
    """Another value: fixed stays fixed, a free one starts there, a link gets another number.

    Raises
    ------
    PlanError
    """
    return move_to(plan, component, parameter, number_of(text))


def type_rule(
    plan: Plan, component: str, parameter: str, text: str, value: float | None = None
) -> Plan:
    """What a parameter may do, as it is typed: bounds such as ``0.6–1.8`` or ``≥ 0``, or a link.

    Bounds free what was fixed or linked. No text: no bounds, and no link: fixed where it stands.

    Parameters
    ----------
    value : where the fit of the step has it; the start, where the bounds shut that of the plan out

    Raises
    ------
    PlanError
        It is neither, or leaves out both where the plan starts and where the fit ended.
    """
    setting = setting_of(plan, component, parameter)
    if not text.strip():
        if isinstance(setting, str):
            return fix(plan, component, parameter)
        return _bounded(plan, component, parameter, Bounds(), value)
    bounds = bounds_of(text)
    if bounds is not None:
        return _bounded(plan, component, parameter, bounds, value)
    return set_parameter(plan, component, parameter, text.strip())


def _bounded(
    plan: Plan, component: str, parameter: str, bounds: Bounds, value: float | None
) -> Plan:
    setting = setting_of(plan, component, parameter)
    if isinstance(setting, Free):
        start = setting.value
    elif not bounds:
        return plan
    else:
        number = _number(plan, component, parameter)
        start = number if number == number else None
    if start is not None and value is not None and value in bounds and start not in bounds:
        start = float(f"{value:.8g}")
    table = {"value": start, "min": bounds.low, "max": bounds.high}
    known = {name: number for name, number in table.items() if number is not None}
    return set_parameter(plan, component, parameter, known)


def fix(plan: Plan, component: str, parameter: str, value: float | None = None) -> Plan:
    """Hold a parameter at a value, or where the plan starts.

    Raises
    ------
    PlanError
        Where the plan leaves the start to the fit.
    """
    number = _number(plan, component, parameter) if value is None else value
    if number != number:
        raise PlanError(f"{component}.{parameter}", "has no value yet; fit first, or type one")
    return set_parameter(plan, component, parameter, number)


def free(plan: Plan, component: str, parameter: str, value: float | None = None) -> Plan:
    """Let the fit find a parameter, from a value or from where the plan starts.

    Positions may move by a width, widths from half to twice.

    Raises
    ------
    PlanError
    """
    if isinstance(setting_of(plan, component, parameter), Free) and parameter != "area":
        return plan
    number = _number(plan, component, parameter) if value is None else value
    if parameter == "area":
        own = plan.components[component][1]
        freed = free_area(plan, component) if "area" in own.parameters else plan
        return freed if freed is not plan else set_parameter(plan, component, "area", {"min": 0.0})
    return set_parameter(plan, component, parameter, _bounds(plan, component, parameter, number))


@dataclass(frozen=True, eq=False)
class Placed:
    """A plan with a component more, and its id."""

    plan: Plan
    component: str


def place_component(plan: Plan, region: str, center: float, phase: str = "") -> Placed:
    """A component at an energy, like the first one of its region, as wide, free to move.

    Parameters
    ----------
    region : of the measured data
    center : referenced energy
    phase : of the plan, or empty

    Raises
    ------
    PlanError
        The plan does not fit that region, or not there.
    """
    own = region_at(plan, region, center)
    model, numbers = own.components[0], numbers_of(plan)
    name = new_id(plan, f"{phase or 'line'}_{own.name}".replace(" ", "").lower())
    if not name.isidentifier():
        name = new_id(plan, "line")
    table = _like(model, numbers)
    width = _width(model, numbers)
    reach = round(_CENTER_WIDTHS * width, 2)
    table["parameters"]["center"] = {
        "value": center,
        "min": round(center - reach, 4),
        "max": round(center + reach, 4),
    }
    table["parameters"]["area"] = {"min": 0.0}
    table |= {"id": name} | ({"phase": phase} if phase else {})
    return Placed(add_component(plan, own.name, table), name)


def region_at(plan: Plan, measured: str, center: float) -> Region:
    """The region of a plan whose window holds an energy of a measured spectrum.

    Raises
    ------
    PlanError
    """
    found = [one for one in plan.regions if one.measured == measured]
    for one in found:
        if one.window[0] <= center <= one.window[1]:
            return one
    if not found:
        raise PlanError("regions", f"{measured} is not in the plan; add a phase with a line in it")
    windows = ", ".join(f"{one.window[0]:g} .. {one.window[1]:g}" for one in found)
    raise PlanError(
        f'regions["{found[0].name}"]', f"{center:.2f} lies outside what is fitted: {windows}"
    )


def set_shape(plan: Plan, component: str, shape: str) -> Plan:
    """Another line shape, as wide as before; links to parameters that go become numbers.

    Raises
    ------
    PlanError
    """
    if shape == MEASURED:
        raise PlanError("shape", "a measured shape needs its spectrum; name it in the plan file")
    own = plan.components[component][1]
    if own.shape == shape:
        return plan
    numbers, wanted = numbers_of(plan), line_shape(shape).parameters
    kept = {k: v for k, v in own.parameters.items() if k in ("area", "center")}
    width = _width(own, numbers)
    for parameter in wanted:
        if parameter.name in own.parameters:
            kept[parameter.name] = own.parameters[parameter.name]
        elif parameter is _first_width(wanted):
            kept[parameter.name] = Free(value=width, min=0.5 * width, max=2.0 * width)
        else:
            kept[parameter.name] = parameter.default
    gone = {f"{component}.{name}" for name in own.parameters if name not in kept}

    def change(tables: Tables) -> None:
        for region in tables["regions"]:
            for table in region["components"]:
                unlinked(table, gone, numbers)
                if table["id"] == component:
                    table["shape"] = shape
                    table["parameters"] = {
                        k: v.model_dump(exclude_none=True) if isinstance(v, Free) else v
                        for k, v in kept.items()
                    }

    return edited(plan, change)


def set_doublet(plan: Plan, component: str, *, on: bool, splitting: float = 1.0) -> Plan:
    """Give a component a spin-orbit partner of half its area, or take it away.

    Raises
    ------
    PlanError
    """
    numbers = numbers_of(plan)
    gone = {f"{component}.splitting", f"{component}.ratio"}

    def change(tables: Tables) -> None:
        for region in tables["regions"]:
            for table in region["components"]:
                if not on:
                    unlinked(table, gone, numbers)
                if table["id"] == component:
                    table.pop("doublet", None)
                    if on:
                        table["doublet"] = {"splitting": splitting, "ratio": 0.5}

    return edited(plan, change)


def set_component_phase(plan: Plan, component: str, phase: str) -> Plan:
    """Say which phase a component belongs to; empty: none.

    Raises
    ------
    PlanError
    """

    def change(own: Tables) -> None:
        own.pop("phase", None)
        if phase:
            own["phase"] = phase

    return with_component(plan, component, change)


def _number(plan: Plan, component: str, parameter: str) -> float:
    table = build_model(plan)
    return float(starts_of(table)[table.index[f"{component}.{parameter}"]])


def _bounds(plan: Plan, component: str, parameter: str, number: float) -> dict[str, float]:
    own = plan.components[component][1]
    if parameter == "center":
        reach = _CENTER_WIDTHS * _width(own, numbers_of(plan))
        return {"value": number, "min": number - reach, "max": number + reach}
    if parameter in (*WIDTHS, "splitting", "ratio") and number > 0.0:
        return {"value": number, "min": 0.5 * number, "max": 2.0 * number}
    return {"value": number}


def _width(component: Component, numbers: Mapping[str, float]) -> float:
    widths = [numbers.get(f"{component.id}.{name}", 0.0) for name in WIDTHS]
    return max(widths) if max(widths) > 0.0 else 1.0


def _first_width(parameters: Any) -> Any:
    return next((p for p in parameters if p.name in WIDTHS), None)


def _like(model: Component, numbers: Mapping[str, float]) -> dict[str, Any]:
    """Table of a component of the same shape: widths free, the rest held."""
    if model.shape == MEASURED:
        return {"shape": "pseudo_voigt", "parameters": {"fwhm": 1.0, "lorentz_fraction": 0.3}}
    parameters: dict[str, Any] = {}
    for parameter in line_shape(model.shape).parameters:
        value = numbers[f"{model.id}.{parameter.name}"]
        parameters[parameter.name] = value
        if parameter.name in WIDTHS and value > 0.0:
            parameters[parameter.name] = {"value": value, "min": 0.5 * value, "max": 2.0 * value}
    table: dict[str, Any] = {"shape": model.shape, "parameters": parameters}
    if model.doublet is not None:
        table["doublet"] = {name: numbers[f"{model.id}.{name}"] for name in ("splitting", "ratio")}
    return table
