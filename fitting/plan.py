"""Everything decided before a fit, as one checked, immutable document."""

import json
import keyword
import math
import reprlib
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from fitting.composition import count_problems
from fitting.errors import PlanError
from fitting.lineshapes.catalogue import LINE_SHAPES, MEASURED, line_shape
from fitting.lineshapes.measured import MEASURED_PARAMETERS
from fitting.plan_options import (
    JOINT_BASES,
    EnergyOptions,
    FitOptions,
    Flag,
    Number,
    Phase,
    PlanTable,
    SeriesOptions,
    Steps,
    Whole,
)
from fitting.plan_options import Free as Free
from fitting.plan_quantification import Overlayer, Quantification
from fitting.plan_volumes import volume_problems, with_volumes
from fitting.plan_words import At, did_you_mean, plan_errors

FORMAT = 1


def _setting(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Mapping, Free)):
        raise ValueError(
            "a parameter is a number (fixed), a table {value=, min=, max=} (free) "
            f'or a string such as "ps4_s2p.center - 1.4" (linked), not {reprlib.repr(value)}'
        )
    return Free.model_validate(value) if isinstance(value, Mapping) else value


Setting = Annotated[float | str | Free, BeforeValidator(_setting)]
"""A number is fixed, a table is free, a string is a link."""


def _count(value: object) -> object:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"needs a number, not {reprlib.repr(value)}")
    if not math.isfinite(value) or value <= 0.0:
        raise ValueError(f"{value!r} is not right: a count is greater than 0")
    return value


Count = Annotated[float | str, BeforeValidator(_count)]
"""Atoms per formula unit; a text names the composition of the phase."""


class Doublet(PlanTable):
    """Spin-orbit partner at higher binding energy: distance, and its share of the main area."""

    splitting: Setting
    ratio: Setting = 0.5


class Template(PlanTable):
    """A measured spectrum that serves as a component.

    Either the name of a file beside the plan (with region and step where it holds several, and
    the axis where it does not say, e.g. ``raman_shift_cm-1``),
    or the points themselves; a plan that is being fitted always holds the points.
    ``scale = "area"``: areas are areas. ``"spectrum"``: areas count multiples of the template.
    """

    file: str | None = None
    axis: str | None = None
    region: str | None = None
    step: Whole = Field(0, ge=0)
    x: tuple[Number, ...] = ()
    intensity: tuple[Number, ...] = ()
    scale: Literal["area", "spectrum"] = "area"

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if bool(self.file) == bool(self.x):
            raise ValueError("a template is either a file or the points x and intensity")
        if len(self.x) != len(self.intensity) or (self.x and len(self.x) < 4):
            raise ValueError(
                f"{len(self.x)} x and {len(self.intensity)} intensities; need the same number, "
                "at least 4"
            )
        return self


def _background_value(value: object) -> object:
    return value if isinstance(value, bool) else _setting(value)


_BackgroundValue = Annotated[Number | Flag | Whole | str | Free, BeforeValidator(_background_value)]


class Background(PlanTable):
    """What lies under the peaks; kinds and options are those of the catalogue."""

    model_config = ConfigDict(extra="allow", frozen=True, allow_inf_nan=False)

    kind: str
    active: Flag | None = None
    degree: Whole | None = Field(None, ge=0, le=9)
    __pydantic_extra__: dict[str, _BackgroundValue] = Field(init=False)

    @property
    def settings(self) -> dict[str, Any]:
        """Parameters and options beyond kind, active and degree."""
        return dict(self.model_extra or {})


_COMPONENT_KEYS = (
    "id",
    "phase",
    "count",
    "shape",
    "doublet",
    "template",
    "sensitivity",
    "relative_uncertainty",
)


class Component(PlanTable):
    """One line or doublet. ``parameters`` holds area, center and those of the shape.

    ``count`` is the number of atoms per formula unit that are seen in it, or a text that names the
    composition of the phase, such as ``"2 - y"``. ``sensitivity`` replaces cross-section, mean free
    path, transmission and asymmetry; all of a plan then must be on one relative scale.
    ``relative_uncertainty`` is that of either.
    """

    id: str
    phase: str | None = None
    count: Count = 1.0
    shape: str
    doublet: Doublet | None = None
    template: str | None = None
    sensitivity: Number | None = Field(None, gt=0)
    relative_uncertainty: Number | None = Field(None, ge=0, lt=1)
    parameters: dict[str, Setting]

    @field_validator("id")
    @classmethod
    def _identifier(cls, value: str) -> str:
        if not value.isidentifier() or keyword.iskeyword(value):
            raise ValueError(f"{value!r} is no identifier; use letters, digits and _")
        if value in _RESERVED or unicodedata.normalize("NFKC", value) != value:
            raise ValueError(f"{value!r} cannot be written in a link; take another id")
        return value

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, data: object) -> object:
        if isinstance(data, _OverDefaults):
            return _completed(data.item, data.defaults)
        return _completed(data, {}) if isinstance(data, Mapping) else data


_RESERVED = ("energy", "background", "amount", "sensitivity", "overlayer")


@dataclass(frozen=True)
class _OverDefaults:
    """A component as written, and the defaults of its region."""

    item: Mapping[str, Any]
    defaults: Mapping[str, Any]


def _completed(item: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one component table over the defaults of its region and sort out its parameters."""
    apart = item.get("parameters", {})
    if not isinstance(apart, Mapping):
        raise At("parameters", "needs a table { ... }; or write them beside the id")
    own = {key: value for key, value in item.items() if key != "parameters"} | dict(apart)
    given = {**defaults, **own}
    if given.get("doublet") is False:
        given.pop("doublet")
    if "shape" not in given:
        raise At("shape", "is missing, here or in the defaults of the region")
    parameters = {key: value for key, value in given.items() if key not in _COMPONENT_KEYS}
    fields = {key: given[key] for key in _COMPONENT_KEYS if key in given}
    inherited = set(defaults) - set(own)
    return {**fields, "parameters": _fitting_parameters(fields["shape"], parameters, inherited)}


def _check_defaults(defaults: object) -> None:
    if not isinstance(defaults, Mapping):
        raise At("defaults", f"needs a table {{ ... }}, not {defaults!r}")
    shapes = [parameter.name for s in LINE_SHAPES.values() for parameter in s.parameters]
    measured = [parameter.name for parameter in MEASURED_PARAMETERS]
    known = dict.fromkeys([*_COMPONENT_KEYS[1:], "area", "center", *shapes, *measured])
    for key in defaults:
        if key not in known:
            raise At(f"defaults.{key}", did_you_mean(key, known, "a component"))


def _fitting_parameters(
    shape: object, parameters: dict[str, Any], inherited: set[str]
) -> dict[str, Any]:
    """Leave out defaults that this shape has no use for; the others must be known to it."""
    names = ["area", "center", *_shape_parameter_names(shape)]
    kept = {key: v for key, v in parameters.items() if key in names or key not in inherited}
    for key in kept:
        if key not in names:
            raise At(key, did_you_mean(key, [*names, *_COMPONENT_KEYS], f"a {shape}"))
    if shape == MEASURED:
        kept = {"center": 0.0, "broadening": 0.0, **kept}
    missing = [name for name in names if name not in kept and name != "area"]
    if missing:
        raise At(missing[0], f"is missing; a {shape} needs it, here or in the defaults")
    return {name: kept[name] for name in names if name in kept}  # in one order, however written


def _shape_parameter_names(shape: object) -> list[str]:
    if shape == MEASURED:
        return [p.name for p in MEASURED_PARAMETERS]
    try:
        return [p.name for p in line_shape(str(shape)).parameters]
    except PlanError as error:
        raise At("shape", error.problem) from None


class Region(PlanTable):
    """One core level or Raman window: what is fitted in it.

    ``spectrum`` names the measured series it is cut from where that has another name: several
    windows of one Raman spectrum, core levels of a survey. ``exclude`` leaves this region out of
    steps.
    """

    name: str
    spectrum: str | None = None
    window: tuple[Number, Number]
    exclude: Steps = ()
    background: Background
    components: tuple[Component, ...] = Field(min_length=1)

    @property
    def measured(self) -> str:
        """Name of the series it is cut from."""
        return self.spectrum or self.name

    @model_validator(mode="before")
    @classmethod
    def _apply_defaults(cls, data: object) -> object:
        if not isinstance(data, Mapping) or not isinstance(data.get("components"), list | tuple):
            return data
        defaults = data.get("defaults", {})
        _check_defaults(defaults)
        items = [
            _OverDefaults(item, defaults) if isinstance(item, Mapping) else item
            for item in data["components"]
        ]
        known = {key: value for key, value in data.items() if key != "defaults"}
        return {**known, "components": items}

    @field_validator("window")
    @classmethod
    def _ascending(cls, value: tuple[float, float]) -> tuple[float, float]:
        if not value[0] < value[1]:
            raise ValueError(f"window {list(value)} must be [low, high]")
        return value


class Plan(PlanTable):
    """One TOML document: schema of DESIGN.md. All numbers are resolved copies."""

    format: Whole = FORMAT
    library: str = ""
    series: SeriesOptions = SeriesOptions()
    fit: FitOptions = FitOptions()
    energy: EnergyOptions = EnergyOptions()
    quantification: Quantification = Quantification()
    overlayer: Overlayer | None = None
    phases: dict[str, Phase] = Field(default_factory=dict)
    groups: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    templates: dict[str, Template] = Field(default_factory=dict)
    regions: tuple[Region, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _errors_fit_the_strategy(self) -> Self:
        if self.series.strategy == "shared" and self.fit.errors != "covariance":
            problem = f'"{self.fit.errors}" is not there with strategy = "shared"'
            raise At("fit.errors", f'{problem}; use "covariance"')
        for basis in JOINT_BASES:
            if basis in self.fit.basis and self.series.strategy != "joint":
                problem = f'"{basis}" needs one amount of each phase: strategy = "joint"'
                raise At("fit.basis", f"{problem}; without, there are area and atomic fractions")
        return self

    @model_validator(mode="before")
    @classmethod
    def _fill_volumes(cls, data: object) -> object:
        return with_volumes(data) if isinstance(data, Mapping) else data

    @classmethod
    def from_toml(cls, text: str) -> "Plan":
        """Read a plan.

        Raises
        ------
        PlanError
            Not TOML, an unknown key, a wrong value: names the key and what would be right.
        """
        try:
            data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise PlanError("", f"not valid TOML: {error}") from None
        except RecursionError:
            raise PlanError("", "not a plan: its lists or tables are nested too deep") from None
        return cls.from_data(data)

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Plan":
        """Check nested tables as TOML or JSON hold them. Raises PlanError."""
        if not isinstance(data, Mapping):
            raise PlanError("", f"a plan is a table, not a {type(data).__name__}")
        plan, problems = _checked(data)
        if plan is None or problems:
            raise problems[0]
        return plan

    def to_json(self) -> str:
        """Canonical JSON: the same plan always gives the same text."""
        return json.dumps(
            self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False
        )

    @property
    def components(self) -> dict[str, tuple[Region, Component]]:
        """Every component by its id, with the region it stands in."""
        return {c.id: (region, c) for region in self.regions for c in region.components}

    def region(self, name: str) -> Region | None:
        """The region of that name, or None."""
        return next((region for region in self.regions if region.name == name), None)


def plan_problems(data: Mapping[str, Any]) -> list[PlanError]:
    """Everything that is wrong with nested tables as a plan; names are checked last."""
    return _checked(data)[1]


def _checked(data: Mapping[str, Any]) -> tuple[Plan | None, list[PlanError]]:
    number = data.get("format", FORMAT)
    if type(number) is not int or not 1 <= number <= FORMAT:
        problem = (
            f"{number!r} is not a plan format this version reads (1 to {FORMAT}); "
            "a newer Deconvolyte may"
        )
        return None, [PlanError("format", problem)]
    try:
        plan = Plan.model_validate(data)
    except ValidationError as error:
        return None, plan_errors(error, data, Plan)
    return plan, list(_name_problems(plan))


def _mixed_scales(plan: Plan) -> Iterator[PlanError]:
    """Areas and multiples of a measured spectrum do not add up to a whole."""
    for region in plan.regions:
        templates = [plan.templates.get(c.template or "") for c in region.components]
        multiples = [t is not None and t.scale == "spectrum" for t in templates]
        if any(multiples) and not all(multiples):
            odd = region.components[multiples.index(False)].id
            problem = f'stands beside templates with scale = "spectrum": {odd!r} has an area'
            yield PlanError(f'regions["{region.name}"].components["{odd}"]', problem)


def _name_problems(plan: Plan) -> Iterator[PlanError]:
    yield from _twice([region.name for region in plan.regions], "regions", "region")
    ids = [c.id for region in plan.regions for c in region.components]
    yield from _twice(ids, "components", "component")
    yield from _mixed_scales(plan)
    for component_id, (region, component) in plan.components.items():
        key = f'regions["{region.name}"].components["{component_id}"]'
        if component.phase is not None and component.phase not in plan.phases:
            problem = did_you_mean(component.phase, plan.phases, "[phases]")
            yield PlanError(f"{key}.phase", problem)
        else:
            own = plan.phases.get(component.phase or "", Phase())
            yield from count_problems(component.count, own.composition, f"{key}.count")
        if (component.shape == MEASURED) != (component.template is not None):
            yield PlanError(f"{key}.template", "a measured shape, and only it, names a template")
        if component.template is not None and component.template not in plan.templates:
            yield PlanError(f"{key}.template", f"no [templates] entry {component.template!r}")
    for name, members in plan.groups.items():
        yield from _group_problems(plan, f"groups.{name}", members)
    for name in plan.phases:
        if name == "unassigned" or name.startswith("group:"):
            yield PlanError(f"phases.{name}", "is what the tables call something else; rename it")
        elif name in ids and plan.phases[name].composition is not None:
            problem = f"has a composition, so no component may be called {name!r} as well"
            yield PlanError(f"phases.{name}", problem)
    yield from _overlayer_problems(plan)
    yield from volume_problems(plan)
    yield from _energy_problems(plan, ids)


def _energy_problems(plan: Plan, ids: list[str]) -> Iterator[PlanError]:
    energy = plan.energy
    if energy.reference == "component" and energy.component not in ids:
        yield PlanError("energy.component", did_you_mean(str(energy.component), ids, "the plan"))
    owner = plan.components.get(energy.component or "")
    phase = owner[1].phase if owner is not None and energy.reference == "component" else None
    taken: dict[str, str] = {}
    for name, phases in energy.groups.items():
        key = f"energy.groups.{name}"
        if not name.isidentifier() or name in ("all", "default"):
            yield PlanError(key, "needs another name: letters, digits and _, not all or default")
        if not phases:
            yield PlanError(key, "names no phase; without one it is no group")
        for one in phases:
            if one not in plan.phases:
                yield PlanError(key, did_you_mean(one, plan.phases, "[phases]"))
            elif taken.setdefault(one, name) != name:
                yield PlanError(key, f"{one!r} is in {taken[one]!r} already")
            elif one == phase:
                problem = f"{one!r} has the line of energy.component, which sets the default shift"
                yield PlanError(key, problem)


def _overlayer_problems(plan: Plan) -> Iterator[PlanError]:
    names = {*plan.phases, *(region.name for region in plan.regions)}
    layer = plan.overlayer
    for key in ("covers", "phases") if layer is not None else ():
        for name in getattr(layer, key):
            if name not in (names if key == "covers" else plan.phases):
                yield PlanError(f"overlayer.{key}", did_you_mean(name, names, "the plan"))
    for name in plan.quantification.exposure_s:
        if plan.region(name) is None:
            regions = [region.name for region in plan.regions]
            problem = did_you_mean(name, regions, "the plan")
            yield PlanError("quantification.exposure_s", problem)
    if layer is not None and layer.fitted and str(plan.series.strategy) != "joint":
        problem = f'is fitted, which needs strategy = "joint", not "{plan.series.strategy}"'
        yield PlanError("overlayer.thickness_nm", problem)


def _group_problems(plan: Plan, key: str, members: tuple[str, ...]) -> Iterator[PlanError]:
    if not members or len(set(members)) < len(members):
        yield PlanError(key, f"{list(members)} must name one phase or more, each once")
    for phase in members:
        if phase not in plan.phases:
            yield PlanError(key, did_you_mean(phase, plan.phases, "[phases]"))
        elif not plan.phases[phase].counted:
            yield PlanError(key, f"{phase!r} is not counted, so it has no fraction to add")


def _twice(names: list[str], key: str, thing: str) -> Iterator[PlanError]:
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            yield PlanError(key, f"two {thing}s of one name {name!r}; names must be unique")
