"""What a form asks for, read off the plan's own types, so that a form never lags behind them."""

import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel

from app.session.plan_edits import Tables, edited, numbers_of
from app.session.plan_words import WORDS
from fitting.backgrounds.background import BasisBackground, Option, StaticBackground
from fitting.backgrounds.catalogue import ACTIVE, NAMES, NONE, background
from fitting.errors import PlanError
from fitting.lineshapes.shape import ShapeParameter
from fitting.plan import Background, Plan
from fitting.plan_quantification import MaterialTable

_UNITS = {
    "_nm_per_uAh_cm2": "nm per µAh cm⁻²",
    "_eV": "eV",
    "_nm": "nm",
    "_deg": "°",
    "_cm2": "cm²",
    "_V": "V",
}
"""Endings of names -> units."""


class Kind(StrEnum):
    """How a field is filled in."""

    CHOICE = "one of some words"
    CHOICES = "some of some words"
    FLAG = "yes or no"
    WHOLE = "a whole number"
    NUMBER = "a number"
    TEXT = "a text"
    WORDS = "words, with commas between"
    WHOLES = "whole numbers, with commas between"


@dataclass(frozen=True)
class Field:
    """One field of a form.

    Parameters
    ----------
    name : as written in a plan
    kind : how it is filled in
    choices : words, where there is a choice
    optional : whether it may be empty
    meaning : one line, may be empty
    unit : of a number, may be empty
    shown : how the choices are written, if not as they are; one more is that of none
    title : what stands before it, if not the name
    """

    name: str
    kind: Kind
    choices: tuple[str, ...] = ()
    optional: bool = False
    meaning: str = ""
    unit: str = ""
    shown: tuple[str, ...] = ()
    title: str = ""

    @property
    def label(self) -> str:
        """What stands before it: its title, or ``laser_nm`` -> ``Laser / nm``."""
        if self.title:
            return self.title
        name, unit = self.name, self.unit
        for ending, said in _UNITS.items():
            if name.endswith(ending):
                name, unit = name.removesuffix(ending), said
                break
        words = name.replace("_", " ")
        text = words[:1].upper() + words[1:]
        return f"{text} / {unit}" if unit else text

    def written(self, word: str) -> str:
        """A choice as it is shown."""
        if self.shown and word in self.choices:
            return self.shown[self.choices.index(word)]
        if not word and len(self.shown) > len(self.choices):
            return self.shown[-1]
        return word.replace("_", " ") or "as usual"


TABLES = ("series", "fit", "energy", "quantification")
"""Tables of a plan that are filled in as forms."""

_AS_TEXT = ("asymmetry", "beta", "transmission", "exposure_s")
"""Words that a form has no field for: they are numbers, tables or names, and edited as text."""


def fields_of(table: str) -> tuple[Field, ...]:
    """Fields of a table of the plan, in its order."""
    model = Plan.model_fields[table].annotation
    assert isinstance(model, type)
    assert issubclass(model, BaseModel)
    return tuple(
        _field(table, name, info.annotation)
        for name, info in model.model_fields.items()
        if name not in _AS_TEXT
    )


def values_of(plan: Plan, table: str) -> dict[str, Any]:
    """What stands in a table of a plan; None where it is empty."""
    found: BaseModel = getattr(plan, table)
    values = {field.name: getattr(found, field.name) for field in fields_of(table)}
    if isinstance(values.get("material"), MaterialTable):
        values["material"] = values["material"].formula
    if table == "energy":
        values["groups"] = _groups_text(values["groups"])
    return values


def set_field(plan: Plan, table: str, name: str, value: Any) -> Plan:
    """Fill in one field; what it needs beside it is filled in as well, what it forbids goes.

    Raises
    ------
    PlanError
    """

    def change(tables: Tables) -> None:
        own = dict(tables[table])
        if name == "material" and value == values_of(plan, table)[name]:
            return
        if name == "source" and value is not None:
            own.pop("photon_energy_eV", None)
        own.pop(name, None)
        if value is not None:
            own[name] = value
        if table == "energy":
            own["groups"] = _groups_of(own.get("groups") or {})
            _complete(own, plan)
            _keep_anchor(own, plan, tables)
        tables[table] = own

    return edited(plan, change)


def _complete(own: Tables, plan: Plan) -> None:
    """An energy reference has what it needs: a line at its place, or a shift."""
    if own.get("reference", "none") != "value":
        own.pop("shift_eV", None)
    if own.get("reference") != "component":
        return
    ids = plan.components
    if own.get("component") not in ids:
        own["component"] = next(iter(ids))
        own.pop("position_eV", None)
    center = ids[own["component"]][1].parameters["center"]
    if isinstance(center, float) or own.get("position_eV") is None:
        own["position_eV"] = round(numbers_of(plan)[f"{own['component']}.center"], 4)


def _keep_anchor(own: Tables, plan: Plan, tables: Tables) -> None:
    """The line that set the scale of each step still holds it where all lines find it together."""
    energy = plan.energy
    if own.get("reference") != "fitted" or energy.reference != "component":
        return
    for region in tables["regions"]:
        for component in region["components"]:
            if component["id"] == energy.component:
                held = {**component["parameters"], "center": energy.position_eV}
                component["parameters"] = held


def _groups_text(groups: Mapping[str, tuple[str, ...]]) -> str:
    """``metal: Li0; film: NiO, Ni``."""
    return "; ".join(f"{name}: {', '.join(phases)}" for name, phases in groups.items())


def _groups_of(said: str | Mapping[str, Any]) -> dict[str, Any]:
    """The reverse of ``_groups_text``. Raises PlanError."""
    if not isinstance(said, str):
        return dict(said)
    groups: dict[str, Any] = {}
    for part in filter(None, (part.strip() for part in said.split(";"))):
        name, colon, phases = (word.strip() for word in part.partition(":"))
        if not colon:
            problem = f"{part!r} names no phases; write metal: Li0, or metal: Li0; film: NiO, Ni"
            raise PlanError("energy.groups", problem)
        groups[name] = [word.strip() for word in phases.split(",") if word.strip()]
    return groups


def _field(table: str, name: str, annotation: Any) -> Field:
    kind, choices, optional = _kind(annotation)
    title, meaning = WORDS.get((table, name), ("", ""))
    return Field(name, kind, choices, optional, meaning, title=title)


def _kind(annotation: Any) -> tuple[Kind, tuple[str, ...], bool]:
    """How a type is filled in, its words, whether it may be empty."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _kind(arguments[0])
    if origin in (types.UnionType, typing.Union):
        rest = [one for one in arguments if one is not type(None)]
        kind, choices, _ = _kind(rest[0])
        return kind, choices, len(rest) < len(arguments)
    if origin is Literal:
        return Kind.CHOICE, tuple(str(word) for word in arguments), False
    if origin is tuple and typing.get_origin(arguments[0]) is Literal:
        return Kind.CHOICES, tuple(typing.get_args(arguments[0])), False
    if origin is tuple:
        inner, _, _ = _kind(arguments[0])
        return (Kind.WHOLES if inner is Kind.WHOLE else Kind.WORDS), (), True
    known = {bool: Kind.FLAG, int: Kind.WHOLE, float: Kind.NUMBER}
    return known.get(annotation, Kind.TEXT), (), False


def background_kinds(technique: str) -> tuple[str, ...]:
    """Kinds of background that go with a technique, the usual ones first."""
    key = technique.lower()

    def suits(name: str) -> bool:
        return key in background(name).techniques

    usual = [*ACTIVE, "constant", "linear", "polynomial", "exponential"]
    ordered = [*usual, *(name for name in NAMES if name not in usual)]
    return (*(name for name in ordered if suits(name)), NONE)


def background_fields(chosen: Background) -> tuple[Field, ...]:
    """What can be said about a background beside its kind.

    Raises
    ------
    PlanError
    """
    if chosen.kind == NONE:
        return ()
    found = background(chosen.kind, chosen.active)
    fields = []
    if chosen.kind in ACTIVE:
        meaning = "found by the fit itself; off: computed from the data before it, error hidden"
        fields.append(Field("active", Kind.FLAG, (), True, meaning))
    if isinstance(found, StaticBackground | BasisBackground):
        fields += [_option(option) for option in found.options]
    else:
        meaning = "of the polynomial beside it; empty: a constant"
        fields.append(Field("degree", Kind.WHOLE, (), True, meaning))
    if not isinstance(found, StaticBackground):
        fields += [_parameter(parameter) for parameter in found.parameters]
    return tuple(replace(f, title=WORDS.get(("background", f.name), ("",))[0]) for f in fields)


def background_values(chosen: Background) -> dict[str, Any]:
    """What a background says; None where it leaves a default."""
    said = chosen.model_dump(exclude_none=True)
    values = {name: said.get(name) for name in (f.name for f in background_fields(chosen))}
    if chosen.kind in ACTIVE and values.get("active") is None:
        values["active"] = True
    return values


def background_defaults(chosen: Background) -> dict[str, str]:
    """What holds where a field is empty, as text."""
    if chosen.kind == NONE:
        return {}
    found = background(chosen.kind, chosen.active)
    texts = {}
    if isinstance(found, StaticBackground | BasisBackground):
        texts = {option.name: f"{option.default}" for option in found.options}
    if not isinstance(found, StaticBackground):
        held = getattr(found, "held", ())
        for parameter in found.parameters:
            state = "fixed at" if parameter.name in held else "free from"
            texts[parameter.name] = f"{state} {parameter.default:g}"
    return texts


def set_background_kind(plan: Plan, region: str, kind: str) -> Plan:
    """Another background with its defaults.

    Raises
    ------
    PlanError
    """
    return _with_background(plan, region, {"kind": kind})


def set_background_field(plan: Plan, region: str, name: str, value: Any) -> Plan:
    """Say something about a background; None: back to its default.

    Raises
    ------
    PlanError
    """
    own = plan.region(region)
    said = {} if own is None else own.background.model_dump(exclude_none=True)
    if name == "active" and said.get("active", True) != value:
        said = {"kind": said["kind"]}
    said.pop(name, None)
    if value is not None:
        said[name] = value
    return _with_background(plan, region, said)


def _with_background(plan: Plan, region: str, said: Mapping[str, Any]) -> Plan:
    def change(tables: Tables) -> None:
        for own in tables["regions"]:
            if own["name"] == region:
                own["background"] = dict(said)

    return edited(plan, change)


def _option(option: Option) -> Field:
    kinds: dict[type, Kind] = {bool: Kind.FLAG, int: Kind.WHOLE, float: Kind.NUMBER}
    kind = kinds.get(type(option.default), Kind.CHOICE)
    return Field(option.name, kind, option.choices, True, option.meaning)


def _parameter(parameter: ShapeParameter) -> Field:
    meaning = f"{parameter.meaning}; a number is fixed, empty is as usual"
    return Field(parameter.name, Kind.NUMBER, (), True, meaning)
