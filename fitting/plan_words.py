"""Errors of a plan in the words of the plan: the key, the value, and what would be right."""

import difflib
import json
import reprlib
from collections.abc import Iterable, Mapping
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from fitting.errors import PlanError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_WANTED = {
    "tuple_type": "needs a list [ ... ]",
    "dict_type": "needs a table { ... }",
    "model_type": "needs a table { ... }",
    "float_type": "needs a number",
    "int_type": "needs a whole number",
    "bool_type": "needs true or false",
    "string_type": "needs a text in quotes",
    "finite_number": "needs a finite number",
    "missing": "is missing",
}
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 80


class At(ValueError):
    """A problem with a key inside the table that is being checked."""

    def __init__(self, key: str, problem: str) -> None:
        super().__init__(problem)
        self.key = key


def did_you_mean(key: str, known: Iterable[str], owner: str) -> str:
    """Say that a key does not exist, what may be meant, and what there is."""
    names = list(known)
    near = difflib.get_close_matches(key, names, n=1)
    there = f"known are {', '.join(names)}" if names else "it is empty"
    hint = f"did you mean {near[0]!r}?" if near else there
    return f"{owner} has no {key!r}; {hint}"


def plan_errors(error: ValidationError, data: object, model: type[BaseModel]) -> list[PlanError]:
    """The problems of a failed check, one for each key.

    Parameters
    ----------
    data : what was checked, as TOML or JSON hold it
    model : what it was checked against
    """
    details = error.errors()
    places = [one["loc"] for one in details]
    found: dict[str, PlanError] = {}
    for one, place in zip(details, places, strict=True):
        inside = any(p[: len(place)] == place and len(p) > len(place) for p in places)
        if one["type"] == "too_short" and inside:
            continue  # only because its entries are wrong
        problem = _plan_error(one, data, model)
        found.setdefault(problem.key, problem)
    return list(found.values())


def _plan_error(first: "ErrorDetails", data: object, model: type[BaseModel]) -> PlanError:
    location = first["loc"]
    inner = first.get("ctx", {}).get("error")
    if isinstance(inner, At):
        location = (*location, *inner.key.split("."))
    key = _toml_key(location, data)
    kind, value = first["type"], _SHORT.repr(first["input"])
    if kind == "extra_forbidden":
        table = _table_at(model, location[:-1])
        known = [] if table is None else list(table.model_fields)
        return PlanError(key, did_you_mean(str(location[-1]), known, "this table"))
    if kind == "missing":
        return PlanError(key, _WANTED[kind])
    if kind == "value_error":
        return PlanError(key, first["msg"].removeprefix("Value error, "))
    if kind in _WANTED:
        return PlanError(key, f"{_WANTED[kind]}, not {value}")
    message = first["msg"].split(" after validation")[0].replace("tuple", "list")
    return PlanError(key, f"{value} is not right: {message[:1].lower()}{message[1:]}")


def _toml_key(location: tuple[int | str, ...], data: object) -> str:
    """A dotted key in which list entries go by their name or id instead of their number."""
    words: list[str] = []
    for place, part in enumerate(location):
        if isinstance(part, int):
            data = data[part] if isinstance(data, (list, tuple)) and part < len(data) else None
            label = data.get("name", data.get("id", part)) if isinstance(data, Mapping) else part
            if not isinstance(label, str):
                label = part
            words[-1:] = [f"{words[-1]}[{json.dumps(label, ensure_ascii=False)}]"]
        elif place + 1 < len(location) and part == "parameters":
            continue
        elif part in _KINDS or str(part).startswith("function-"):
            continue
        else:
            data = data.get(part) if isinstance(data, Mapping) else None
            words.append(str(part))
    return ".".join(words)


_KINDS = ("bool", "int", "float", "str", "Free")
"""Steps of a location that are kinds of a setting, not keys."""


def _table_at(model: type[BaseModel], location: tuple[int | str, ...]) -> type[BaseModel] | None:
    """The table that a location leads to, followed through fields, lists and dictionaries."""
    here: Any = model
    for part in location:
        if not _is_table(here):
            here = next(iter(_tables_in(here)), None)
        elif part in here.model_fields:
            here = here.model_fields[part].annotation
        else:
            here = next(iter(_tables_in(here.__annotations__.get("__pydantic_extra__"))), None)
        if get_origin(here) in (Union, UnionType, Annotated):
            here = next(iter(_tables_in(here)), None)
    return here if _is_table(here) else None


def _is_table(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _tables_in(kind: Any) -> list[type[BaseModel]]:
    if _is_table(kind):
        return [kind]
    return [table for argument in get_args(kind) for table in _tables_in(argument)]
