"""A plan as TOML that people like to read: one line for each component, comments beside it."""

import json
import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fitting.plan import Component, Plan, Region, Template
from fitting.plan_options import EnergyOptions, PlanTable

_WIDTH = 96
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_NEVER_DEFAULT = ("area", "center")
_POINTS_A_LINE = 8


@dataclass(frozen=True)
class PlanComments:
    """Comments by the place they belong to; what is not in the plan is left out.

    Places are ``head``, tables (``energy``), keys (``energy.reference``, ``phases.Li2S``,
    ``groups.sei``), regions (``regions.S 2p``, ``regions.S 2p.window``, ``.background``,
    ``.defaults``) and components (``components.li2s_s2p``).

    Parameters
    ----------
    above : place -> paragraphs on lines of their own, wrapped
    beside : place -> text behind it on the same line
    """

    above: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    beside: Mapping[str, str] = field(default_factory=dict)


NO_COMMENTS = PlanComments()


def plan_text(plan: Plan, comments: PlanComments = NO_COMMENTS) -> str:
    """TOML of a plan; ``Plan.from_toml`` makes an equal plan of it.

    Parameters
    ----------
    plan : any plan
    comments : what to say where; line breaks and control characters in them become spaces
    """
    writer = _Writer(comments)
    writer.above("head")
    writer.key("", "format", plan.format)
    writer.key("", "library", plan.library)
    for name in ("series", "fit"):
        writer.table(name, getattr(plan, name).model_dump(exclude_none=True))
    writer.table("energy", _energy(plan.energy))
    for name in ("quantification", "overlayer"):
        writer.optional(name, getattr(plan, name))
    writer.table("phases", {k: v.model_dump(exclude_none=True) for k, v in plan.phases.items()})
    if plan.groups or "groups" in comments.above:
        writer.table("groups", plan.groups)
    for name, template in plan.templates.items():
        writer.template(name, template)
    for region in plan.regions:
        writer.region(region)
    return "\n".join(writer.lines) + "\n"


class _Writer:
    """Lines as they are collected."""

    def __init__(self, comments: PlanComments) -> None:
        self.comments = comments
        self.lines: list[str] = []

    def above(self, place: str, indent: str = "") -> None:
        for paragraph in self.comments.above.get(place, ()):
            self.lines += textwrap.wrap(
                _plain(paragraph),
                _WIDTH,
                initial_indent=f"{indent}# ",
                subsequent_indent=f"{indent}# ",
                break_long_words=False,
                break_on_hyphens=False,
            )

    def line(self, place: str, text: str) -> None:
        beside = _plain(self.comments.beside.get(place, ""))
        self.lines.append(f"{text}  # {beside}" if beside else text)

    def key(self, table: str, key: str, value: Any) -> None:
        place = f"{table}.{key}" if table else key
        self.above(place)
        self.line(place, f"{_key(key)} = {_value(value)}")

    def table(self, name: str, values: Mapping[str, Any]) -> None:
        self.lines.append("")
        self.above(name)
        self.lines.append(f"[{name}]")
        for key, value in values.items():
            self.key(name, key, value)

    def optional(self, name: str, table: PlanTable | None) -> None:
        """What a table says beyond its defaults; nothing if it says nothing."""
        said = {} if table is None else table.model_dump(exclude_defaults=True)
        if said or name in self.comments.above:
            self.table(name, said)

    def template(self, name: str, template: Template) -> None:
        self.lines.append("")
        self.above(f"templates.{name}")
        self.lines.append(f"[templates.{_key(name)}]")
        for key, value in template.model_dump(exclude_none=True).items():
            if key in ("x", "intensity"):
                self.lines += _points(key, value)
            else:
                self.lines.append(f"{key} = {_value(value)}")

    def region(self, region: Region) -> None:
        place = f"regions.{region.name}"
        self.lines.append("")
        self.above(place)
        self.lines.append("[[regions]]")
        self.lines.append(f"name = {_value(region.name)}")
        if region.spectrum is not None:
            self.line(f"{place}.spectrum", f"spectrum = {_value(region.spectrum)}")
        if region.exclude:
            self.line(f"{place}.exclude", f"exclude = {_value(region.exclude)}")
        for key in ("window", "background"):
            self.above(f"{place}.{key}")
            value = getattr(region, key)
            value = value.model_dump(exclude_none=True) if key == "background" else value
            self.line(f"{place}.{key}", f"{key} = {_value(value)}")
        defaults = _defaults(region.components)
        if defaults:
            self.above(f"{place}.defaults")
            self.line(f"{place}.defaults", f"defaults = {_value(defaults)}")
        self.lines.append("components = [")
        for component in region.components:
            self.above(f"components.{component.id}", indent="  ")
            self.line(f"components.{component.id}", f"  {_value(_written(component, defaults))},")
        self.lines.append("]")


def _energy(energy: EnergyOptions) -> dict[str, Any]:
    """All keys but those that the kind of reference has no use for, if at their defaults."""
    idle = {
        "shift_eV": energy.reference != "value",
        "search_eV": energy.reference not in ("component", "fitted"),
        "groups": True,
        "within_eV": not energy.groups,
        "broadening": True,
    }
    plain = EnergyOptions()
    return {
        key: value
        for key, value in energy.model_dump(exclude_none=True).items()
        if not (idle.get(key) and value == getattr(plain, key))
    }


def _points(key: str, values: tuple[float, ...]) -> list[str]:
    if not values:
        return []
    rows = [values[i : i + _POINTS_A_LINE] for i in range(0, len(values), _POINTS_A_LINE)]
    return [f"{key} = [", *("  " + ", ".join(map(_value, row)) + "," for row in rows), "]"]


def _defaults(components: tuple[Component, ...]) -> dict[str, Any]:
    """What at least two components have in common; areas, centers and links stay with each."""
    seen: dict[str, list[Any]] = {}
    for component in components:
        for key, value in _everything(component).items():
            if key in ("id", "phase", "count", "template", "sensitivity", *_NEVER_DEFAULT):
                continue
            if not isinstance(value, str) or key == "shape":
                seen.setdefault(key, []).append(value)
    defaults = {}
    for key, values in seen.items():
        text, times = Counter(map(_value, values)).most_common(1)[0]
        if times > 1:
            defaults[key] = next(value for value in values if _value(value) == text)
    return defaults


def _written(component: Component, defaults: Mapping[str, Any]) -> dict[str, Any]:
    own = {
        key: value
        for key, value in _everything(component).items()
        if key not in defaults or _value(defaults[key]) != _value(value)
    }
    if "doublet" in defaults and component.doublet is None:
        own["doublet"] = False
    return own


def _everything(component: Component) -> dict[str, Any]:
    table = component.model_dump(exclude_none=True)
    parameters = table.pop("parameters")
    if not isinstance(table["count"], str) and table["count"] == int(table["count"]):
        table["count"] = int(table["count"])
    if component.phase is None and component.count == 1.0:
        table.pop("count")
    return {**table, **parameters}


def _value(value: Any) -> str:
    """A TOML value on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Mapping):
        pairs = (f"{_key(k)} = {_value(v)}" for k, v in value.items() if v is not None)
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, Iterable):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    return repr(value)


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _value(key)


def _plain(text: str) -> str:
    """One line without characters that would end a comment."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
