"""Plan -> ModelTable: name every number, fix, free or link it, and sort out the links."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from fitting.arrays import FloatArray, IntArray
from fitting.backgrounds.catalogue import ACTIVE, BASIS, STATIC, resolve
from fitting.energy_scale import apparent_center, apparent_width, check_energy_scale, energy_rows
from fitting.errors import DataError, PlanError
from fitting.expression import Expression, parse
from fitting.joint import Joint, count_now, joint_of, sum_text
from fitting.lineshapes.catalogue import line_shape
from fitting.lineshapes.measured import measured_shape
from fitting.lineshapes.shape import LineShape, ShapeParameter
from fitting.model import (
    SHIFT,
    ActiveTerm,
    BasisTerm,
    ComponentModel,
    ModelTable,
    ParameterRow,
    RegionModel,
    State,
    StaticTerm,
)
from fitting.plan import Component, Free, Plan, Region, Setting
from fitting.sharing import shared_places

_AREA = ShapeParameter("area", "area", 0.0, math.inf, math.nan, "area of the whole component")
_CENTER = ShapeParameter("center", "axis", -math.inf, math.inf, math.nan, "position")
_SPLITTING = ShapeParameter("splitting", "axis", 0.0, math.inf, 0.0, "distance of the partner")
_RATIO = ShapeParameter("ratio", "1", 0.0, math.inf, 0.5, "area of the partner over the main line")


@dataclass
class _Rows:
    """Parameter rows as they are collected.

    ``driven`` by amounts: row -> amount -> factor; ``scaled`` by a sensitivity: row -> which.
    """

    joint: Joint
    rows: list[ParameterRow] = field(default_factory=list)
    driven: dict[int, Mapping[str, float]] = field(default_factory=dict)
    scaled: dict[int, str] = field(default_factory=dict)

    def add(self, row: ParameterRow) -> int:
        self.rows.append(row)
        return len(self.rows) - 1


def build_model(plan: Plan) -> ModelTable:
    """Make the table of a plan.

    Raises
    ------
    PlanError
        Unknown line shapes or backgrounds, values outside hard limits, links to unknown
        parameters or to themselves, free parameters without a start, words in ``series.shared``
        that mean none of them.
    """
    joint = joint_of(plan)
    rows = _Rows(joint)
    for row in energy_rows(plan):
        rows.add(row)
    for row in joint.rows:
        place = rows.add(row)
        if row.name in joint.sums:
            rows.driven[place] = dict.fromkeys(joint.sums[row.name], 1.0)
    regions = tuple(_region(plan, region, rows, SHIFT) for region in plan.regions)
    table = _link(plan, rows, regions)
    check_energy_scale(table)
    shared_places(table)
    return table


def _region(plan: Plan, region: Region, rows: _Rows, shift: int) -> RegionModel:
    first_of_phase: dict[str, Component] = {}
    components = []
    for component in region.components:
        components.append(_component(plan, region, component, rows, first_of_phase))
        if component.phase is not None:
            first_of_phase.setdefault(component.phase, component)
    basis, active, static = _background_terms(region, rows)
    return RegionModel(region.name, region.window, tuple(components), basis, active, static, shift)


def _component(
    plan: Plan,
    region: Region,
    component: Component,
    rows: _Rows,
    first_of_phase: dict[str, Component],
) -> ComponentModel:
    key = f'regions["{region.name}"].components["{component.id}"]'
    shape = _shape(plan, component)
    settings = dict(component.parameters)
    settings.setdefault("area", _area_setting(plan, component, first_of_phase))
    if plan.energy.reference == "component" and plan.energy.component == component.id:
        settings["center"] = _reference_position(plan, component, key)

    def add(
        parameter: ShapeParameter, setting: Setting, *, linear: bool = False, table: str = ""
    ) -> int:
        name = f"{component.id}.{parameter.name}"
        owner = ParameterRow(
            name,
            region.name,
            component.id,
            component.phase or "",
            parameter.name,
            parameter.unit,
            State.FREE,
            linear=linear,
        )
        return rows.add(_set(owner, f"{key}.{table}{parameter.name}", parameter, setting))

    area = add(_area(plan, component), settings["area"], linear=True)
    link = rows.joint.links.get(f"{component.id}.area")
    if link is not None:
        rows.rows[area] = replace(rows.rows[area], state=State.LINKED, link=link.text)
    if component.id in rows.joint.drives:
        drive = rows.joint.drives[component.id]
        factor = rows.joint.factors.get(component.id, "")
        text = sum_text(drive, factor)
        rows.rows[area] = replace(rows.rows[area], state=State.LINKED, link=text)
        rows.driven[area] = drive
        if factor:
            rows.scaled[area] = factor
    center = add(_CENTER, settings["center"])
    own = [add(parameter, settings[parameter.name]) for parameter in shape.parameters]
    center, own = _drawn(plan, component, rows, center, own)
    splitting = ratio = -1
    if component.doublet is not None:
        splitting = add(_SPLITTING, component.doublet.splitting, table="doublet.")
        ratio = add(_RATIO, component.doublet.ratio, table="doublet.")
    return ComponentModel(
        component.id,
        component.phase or "",
        count_now(plan, component),
        shape,
        area,
        center,
        tuple(own),
        splitting,
        ratio,
    )


def _drawn(
    plan: Plan, component: Component, rows: _Rows, center: int, own: list[int]
) -> tuple[int, list[int]]:
    """Center and shape parameters that the line is drawn with, in the order of the shape."""
    at = apparent_center(plan, component, rows.rows[center])
    wide = apparent_width(plan, [rows.rows[i] for i in own])
    if at is not None:
        center = rows.add(at)
    if wide is not None:
        place = [f"apparent_{rows.rows[i].parameter}" for i in own].index(wide.parameter)
        own = [*own[:place], rows.add(wide), *own[place + 1 :]]
    return center, own


def _reference_position(plan: Plan, component: Component, key: str) -> float:
    """The line that fixes the energy scale stands where the plan says, and only there."""
    position = float(plan.energy.position_eV or 0.0)
    own = component.parameters.get("center")
    if isinstance(own, str) or (isinstance(own, float) and own != position):
        raise PlanError(
            f"{key}.center",
            f"is {own!r}, but energy.position_eV puts this line at {position:g}; "
            "give the same number, or bounds around it",
        )
    return position


def _area(plan: Plan, component: Component) -> ShapeParameter:
    if component.template is None or plan.templates[component.template].scale == "area":
        return _AREA
    return replace(_AREA, unit="1", meaning="multiple of the measured spectrum")


def _shape(plan: Plan, component: Component) -> LineShape:
    if component.template is None:
        return line_shape(component.shape)
    template = plan.templates[component.template]
    if template.file is not None:
        raise PlanError(
            f"templates.{component.template}",
            f"the points of {template.file!r} were not read; load the plan from its file",
        )
    try:
        return measured_shape(np.array(template.x), np.array(template.intensity), template.scale)
    except DataError as error:
        raise PlanError(f"templates.{component.template}", str(error)) from error


def _area_setting(
    plan: Plan, component: Component, first_of_phase: dict[str, Component]
) -> Setting:
    """Components of one phase in one region are tied by count unless the plan frees them."""
    first = first_of_phase.get(component.phase or "")
    if first is None:
        return Free(min=0.0)
    return f"{first.id}.area * {count_now(plan, component) / count_now(plan, first)!r}"


def _set(row: ParameterRow, key: str, parameter: ShapeParameter, setting: Setting) -> ParameterRow:
    """The row with what the plan says about it: linked, free or fixed."""
    low, high = parameter.minimum, parameter.maximum
    if isinstance(setting, str):
        return replace(row, state=State.LINKED, link=setting, minimum=low, maximum=high)
    if isinstance(setting, Free):
        value, low, high = _free_bounds(key, parameter, setting)
        return replace(row, value=value, minimum=low, maximum=high)
    if not low <= setting <= high:
        raise PlanError(key, f"{setting:g} is outside {low:g} .. {high:g}, {parameter.meaning}")
    return replace(row, state=State.FIXED, value=float(setting))


def _free_bounds(key: str, parameter: ShapeParameter, setting: Free) -> tuple[float, float, float]:
    low = parameter.minimum if setting.min is None else setting.min
    high = parameter.maximum if setting.max is None else setting.max
    if low < parameter.minimum or high > parameter.maximum:
        raise PlanError(
            key,
            f"bounds {low:g} .. {high:g} go beyond the limits "
            f"{parameter.minimum:g} .. {parameter.maximum:g} of the {parameter.meaning}",
        )
    start = setting.start
    if start is None:
        start = math.nan if parameter.name == "area" else parameter.default
    if math.isnan(start) and parameter.name != "area":
        raise PlanError(key, "a free parameter needs a value, or min and max")
    if not math.isnan(start):
        start = min(max(start, low), high)
    return start, low, high


def _background_terms(
    region: Region, rows: _Rows
) -> tuple[BasisTerm | None, ActiveTerm | None, StaticTerm | None]:
    key = f'regions["{region.name}"].background'
    resolved = resolve(region.background, key)
    basis = active = static = None
    settings = resolved.parameters
    if resolved.active is not None:
        background = ACTIVE[resolved.active]
        own = _background_rows(region, key, background.parameters, settings, rows)
        active = ActiveTerm(background, own)
    if resolved.static is not None:
        static = StaticTerm(STATIC[resolved.static], resolved.static_options)
    if resolved.basis is not None:
        term = BASIS[resolved.basis]
        own = _background_rows(region, key, term.parameters, settings, rows)
        coefficients = tuple(
            rows.add(_coefficient(region, name, power))
            for name, power in term.coefficients(**resolved.basis_options)
        )
        basis = BasisTerm(term, resolved.basis_options, own, coefficients)
    return basis, active, static


def _background_rows(
    region: Region,
    key: str,
    parameters: tuple[ShapeParameter, ...],
    settings: dict[str, Setting],
    rows: _Rows,
) -> tuple[int, ...]:
    indices = []
    for parameter in parameters:
        name = f"{region.name}:background.{parameter.name}"
        setting = settings.get(parameter.name, Free(value=parameter.default))
        owner = ParameterRow(
            name, region.name, "background", "", parameter.name, parameter.unit, State.FREE
        )
        indices.append(rows.add(_set(owner, f"{key}.{parameter.name}", parameter, setting)))
    return tuple(indices)


def _coefficient(region: Region, name: str, power: int) -> ParameterRow:
    unit = {0: "intensity", -1: "intensity/axis"}.get(power, f"intensity/axis^{-power}")
    return ParameterRow(
        f"{region.name}:background.{name}",
        region.name,
        "background",
        "",
        name,
        unit,
        State.FREE,
        linear=True,
    )


def _link(plan: Plan, made: _Rows, regions: tuple[RegionModel, ...]) -> ModelTable:
    rows = tuple(made.rows)
    index = {row.name: i for i, row in enumerate(rows)}
    free = np.array([i for i, row in enumerate(rows) if row.state is State.FREE], dtype=np.int64)
    matrix = np.zeros((len(rows), len(free)))
    matrix[free, np.arange(len(free))] = 1.0
    offset = np.array([r.value if r.state is State.FIXED else 0.0 for r in rows])
    for i, drive in made.driven.items():
        for name, factor in drive.items():
            matrix[i] += factor * matrix[index[name]]
    scaled = np.full(matrix.shape, -1, dtype=np.int64)
    column = {int(p): f for f, p in enumerate(free)}
    for i, sensitivity in made.scaled.items():
        scaled[i, matrix[i] != 0.0] = column[index[sensitivity]]
    links = [(index[name], link) for name, link in made.joint.links.items()]
    bent = {i for i, _ in links}
    settled = {rows[i].name for i in (*made.driven, *bent)}
    for i, expression in _ordered_links(rows, index, settled):
        affine = expression.affine()
        sources = [index[name] for name in expression.references]
        if affine is None or bent.intersection(sources):
            links.append((i, expression))
            bent.add(i)
            continue
        offset[i] = affine.constant
        for name, coefficient in affine.coefficients.items():
            _refuse_two_factors(rows[i], matrix[[i, index[name]]], scaled[[i, index[name]]])
            matrix[i] += coefficient * matrix[index[name]]
            scaled[i] = np.maximum(scaled[i], scaled[index[name]])
            offset[i] += coefficient * offset[index[name]]
    priors = made.joint.priors
    prior = np.array([priors.get(rows[i].name, math.inf) for i in free])
    return ModelTable(plan, rows, free, matrix, offset, tuple(links), regions, scaled, prior)


def _refuse_two_factors(row: ParameterRow, matrix: FloatArray, scaled: IntArray) -> None:
    both = (matrix != 0.0).all(axis=0)
    if np.any(both & (scaled[0] != scaled[1])):
        raise PlanError(
            _key(row),
            f"{row.link!r} adds areas of one phase in regions whose sensitivities are fitted; "
            "link it to one of them, or set quantification.fit_sensitivities = false",
        )


def _ordered_links(
    rows: tuple[ParameterRow, ...], index: dict[str, int], settled: set[str]
) -> Iterator[tuple[int, Expression]]:
    """Links in an order in which everything a link needs comes before it; some are known."""
    parsed = {
        row.name: parse(row.link, _key(row))
        for row in rows
        if row.state is State.LINKED and row.name not in settled
    }
    for name, expression in parsed.items():
        for reference in expression.references:
            if reference not in index:
                raise PlanError(_key(rows[index[name]]), _unknown_reference(reference, index))
    done: set[str] = set()
    while len(done) < len(parsed):
        ready = [
            name
            for name, expression in parsed.items()
            if name not in done and all(r in done or r not in parsed for r in expression.references)
        ]
        if not ready:
            circle = sorted(set(parsed) - done)
            row = rows[index[circle[0]]]
            raise PlanError(
                _key(row), f"{row.link!r} refers to itself (through {', '.join(circle)})"
            )
        for name in ready:
            done.add(name)
            yield index[name], parsed[name]


def _key(row: ParameterRow) -> str:
    if row.component == "background":
        return f'regions["{row.region}"].background.{row.parameter}'
    table = "doublet." if row.parameter in ("splitting", "ratio") else ""
    return f'regions["{row.region}"].components["{row.component}"].{table}{row.parameter}'


def _unknown_reference(reference: str, index: dict[str, int]) -> str:
    owner, parameter = reference.split(".", 1)
    own = [name.split(".", 1)[1] for name in index if name.startswith(f"{owner}.")]
    if own:
        return f"{owner!r} has no {parameter!r}; it has {', '.join(own)}"
    return f"no component {owner!r} in the plan"
