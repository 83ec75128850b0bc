"""Everything that is wrong with a plan, as far as it can be found at once; and what it holds."""

import tomllib
from dataclasses import dataclass

import numpy as np

from fitting.build import build_model
from fitting.component_sensitivities import component_sensitivities
from fitting.energy_notes import energy_notes
from fitting.errors import PlanError
from fitting.foreign_lines import overlap_notes
from fitting.joint import joint_notes
from fitting.model import ModelTable
from fitting.overlayer import overlayer_notes
from fitting.plan import Background, Component, Free, Plan, Region, Setting, Template, plan_problems
from fitting.plan_counts import count_notes
from fitting.replicas import satellite_notes

_MENDED_AT_MOST = 100
_NEUTRAL = {"center": 0.0, "splitting": 1.0, "ratio": 0.5, "area": 1.0, "lorentz_fraction": 0.5}
_DUMMY = Template(x=(0.0, 1.0, 2.0, 3.0), intensity=(0.0, 1.0, 1.0, 0.0))


@dataclass(frozen=True, eq=False)
class Checked:
    """A plan, as far as it is one, and what is wrong with it.

    Parameters
    ----------
    plan : None where the document cannot be read as a plan
    table : its model; None where there are problems
    problems : none if all is well
    """

    plan: Plan | None
    table: ModelTable | None
    problems: tuple[PlanError, ...]


def check_text(text: str) -> Checked:
    """Check a document: syntax, keys and values, names. `check_plan` looks further."""
    try:
        return Checked(Plan.from_toml(text), None, ())
    except PlanError as error:
        first = error
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return Checked(None, None, (first,))
    return Checked(None, None, tuple(plan_problems(data)) or (first,))


def check_plan(plan: Plan) -> Checked:
    """Check what a well-formed plan means: shapes, limits, links, windows, sensitivities.

    After each problem the place is mended and the search goes on.
    """
    problems: list[PlanError] = []
    table, mended = None, plan
    for _ in range(_MENDED_AT_MOST):
        try:
            table = build_model(mended)
            break
        except PlanError as error:
            problems.append(error)
            following = _mend(mended, error.key)
            if following == mended:
                break
            mended = following
    problems += _outside(plan)
    if "atomic" in plan.fit.basis:
        try:
            component_sensitivities(plan)
        except PlanError as error:
            problems.append(PlanError("fit.basis", f"atomic, but {error.key}: {error.problem}"))
    return Checked(plan, None if problems else table, tuple(problems))


def free_parameters(table: ModelTable) -> dict[str, int]:
    """How many free parameters change the curve of each region; the shift counts in all."""
    counts = np.count_nonzero(table.influence, axis=1)
    return {region.name: int(n) for region, n in zip(table.regions, counts, strict=True)}


def bent_links(table: ModelTable) -> dict[str, str]:
    """Parameter -> link, of those links that are not affine."""
    drawn = [i for i, _ in table.links if table.drawn[i]]
    return {table.parameters[i].name: table.parameters[i].link for i in drawn}


def plan_notes(plan: Plan) -> list[str]:
    """What is no error but seldom meant: windows that cut, phases without a component."""
    notes = []
    for name, (region, component) in plan.components.items():
        ends = _ends(component.parameters.get("center"))
        low, high = region.window
        if component.template is not None or ends is None or ends[0] > high or ends[1] < low:
            continue
        if ends[0] < low or ends[1] > high:
            notes.append(
                f'regions["{region.name}"].components["{name}"].center: {ends[0]:g} .. {ends[1]:g} '
                f"reaches beyond the window {low:g} .. {high:g}"
            )
    used = {component.phase for _, component in plan.components.values()}
    notes += [f"phases.{name}: no component belongs to it" for name in plan.phases.keys() - used]
    for say in (
        count_notes,
        overlap_notes,
        satellite_notes,
        overlayer_notes,
        energy_notes,
        joint_notes,
    ):
        notes += say(plan)
    return sorted(notes)


def _outside(plan: Plan) -> list[PlanError]:
    """Components whose center cannot lie inside the window."""
    found = []
    for name, (region, component) in plan.components.items():
        ends = _ends(component.parameters.get("center"))
        low, high = region.window
        if (
            component.template is None
            and ends is not None
            and not (ends[0] <= high and ends[1] >= low)
        ):
            key = f'regions["{region.name}"].components["{name}"].center'
            where = f"{ends[0]:g}" if ends[0] == ends[1] else f"{ends[0]:g} .. {ends[1]:g}"
            problem = f"{where} lies outside the window {low:g} .. {high:g}"
            found.append(PlanError(key, problem))
    return found


def _ends(setting: Setting | None) -> tuple[float, float] | None:
    if isinstance(setting, Free):
        start = setting.start
        low = start if setting.min is None else setting.min
        high = start if setting.max is None else setting.max
        return None if low is None or high is None else (low, high)
    return None if setting is None or isinstance(setting, str) else (setting, setting)


# --- mending -------------------------------------------------------------------------------


def _mend(plan: Plan, key: str) -> Plan:
    """The plan with something harmless at a place; unchanged if the place is not understood."""
    if key.startswith("templates."):
        name = key.removeprefix("templates.")
        return plan.model_copy(update={"templates": {**plan.templates, name: _DUMMY}})
    regions = tuple(_mended_region(region, key) for region in plan.regions)
    return plan.model_copy(update={"regions": regions})


def _mended_region(region: Region, key: str) -> Region:
    place = f'regions["{region.name}"]'
    if key.startswith(f"{place}.background"):
        return region.model_copy(update={"background": Background(kind="constant")})
    components = []
    for component in region.components:
        own = f'{place}.components["{component.id}"].'
        if key.startswith(own):
            component = _mended_component(component, key.removeprefix(own))
        components.append(component)
    return region.model_copy(update={"components": tuple(components)})


def _mended_component(component: Component, parameter: str) -> Component:
    table, _, name = parameter.rpartition(".")
    value = _NEUTRAL.get(name, 1.0)
    if table == "doublet" and component.doublet is not None:
        doublet = component.doublet.model_copy(update={name: value})
        return component.model_copy(update={"doublet": doublet})
    return component.model_copy(update={"parameters": {**component.parameters, name: value}})
