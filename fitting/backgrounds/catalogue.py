"""All backgrounds by the names they have in a plan, and what a plan's choice comes to."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from fitting.backgrounds import linear, shirley, tougaard
from fitting.backgrounds.background import (
    ActiveBackground,
    Background,
    BasisBackground,
    Option,
    OptionValue,
    StaticBackground,
)
from fitting.backgrounds.baselines import BASELINES
from fitting.backgrounds.constant import CONSTANT
from fitting.backgrounds.exponential import EXPONENTIAL
from fitting.backgrounds.polynomial import POLYNOMIAL
from fitting.errors import PlanError

if TYPE_CHECKING:
    from fitting import plan

BASIS: Mapping[str, BasisBackground] = {
    b.name: b for b in (CONSTANT, linear.LINEAR, POLYNOMIAL, EXPONENTIAL)
}
ACTIVE: Mapping[str, ActiveBackground] = {
    b.name: b for b in (shirley.ACTIVE, tougaard.ACTIVE_U2, tougaard.ACTIVE_U3)
}
STATIC: Mapping[str, StaticBackground] = {
    b.name: b for b in (shirley.STATIC, tougaard.STATIC_U2, tougaard.STATIC_U3, linear.STATIC)
} | BASELINES
NONE = "none"
"""A plan's word for no background at all: data from which it was subtracted before."""

NAMES: tuple[str, ...] = tuple(dict.fromkeys([*BASIS, *ACTIVE, *STATIC]))


@dataclass(frozen=True)
class Resolved:
    """What a plan's background comes to: the names of its terms, their options and parameters.

    Parameters
    ----------
    basis, active, static : names in `BASIS`, `ACTIVE`, `STATIC`, or None
    basis_options, static_options : every option of those terms, defaults filled in
    parameters : settings of nonlinear parameters: a number fixed, a Free free, a string linked.
        What the plan does not say is free from its default, or fixed there if it is `held`
    """

    basis: str | None
    active: str | None
    static: str | None
    basis_options: dict[str, OptionValue] = field(default_factory=dict)
    static_options: dict[str, OptionValue] = field(default_factory=dict)
    parameters: dict[str, "plan.Setting"] = field(default_factory=dict)


def background(kind: str, active: bool | None = None, key: str = "background") -> Background:
    """Find a background by name.

    Parameters
    ----------
    kind : name
    active : whether the fit itself finds it. None means yes where there is the choice, since
        a static background hides its error
    key : place in the plan, for the error

    Raises
    ------
    PlanError
        Unknown kind, or one that cannot be active, or static, as asked.
    """
    if kind not in NAMES:
        raise PlanError(f"{key}.kind", unknown(kind, [*NAMES, NONE], "background"))
    if kind in ACTIVE:
        return STATIC[kind] if active is False else ACTIVE[kind]
    if active:
        problem = f"true, but {kind!r} is not cast by the peaks; active are {', '.join(ACTIVE)}"
        raise PlanError(f"{key}.active", problem)
    if kind in STATIC and (active is False or kind not in BASIS):
        return STATIC[kind]
    if active is False:
        problem = f"false, but {kind!r} is fitted with the peaks; leave `active` out"
        raise PlanError(f"{key}.active", problem)
    return BASIS[kind]


def complete_options(
    options: tuple[Option, ...], given: Mapping[str, object], key: str
) -> dict[str, OptionValue]:
    """Fill in defaults.

    Raises
    ------
    PlanError
        An option that does not exist, or has a wrong value.
    """
    known = {option.name: option for option in options}
    chosen = {option.name: option.default for option in options}
    for name, value in given.items():
        if name not in known:
            raise PlanError(f"{key}.{name}", unknown(name, known, "option"))
        try:
            chosen[name] = known[name].checked(value)
        except ValueError as error:
            raise PlanError(f"{key}.{name}", str(error)) from error
    return chosen


def resolve(chosen: "plan.Background", key: str) -> Resolved:
    """Turn a plan's background into terms of the model.

    The kind ``none`` is for data from which it was subtracted before. An active background goes
    with a constant, or with a polynomial of the ``degree`` given: the level at the lower end of
    the window is not in it.

    Raises
    ------
    PlanError
        Unknown kind, option or parameter, or a wrong value.
    """
    if chosen.kind == NONE:
        _refuse_unknown(chosen.model_dump(exclude={"kind"}, exclude_none=True), [], key)
        return Resolved(None, None, None)
    found = background(chosen.kind, chosen.active, key)
    given: dict[str, object] = dict(chosen.settings)
    degree = {} if chosen.degree is None else {"degree": chosen.degree}
    if isinstance(found, StaticBackground):
        options = complete_options(found.options, given | degree, key)
        return Resolved(None, None, found.name, static_options=options)
    names = {parameter.name for parameter in found.parameters}
    parameters = _settings({n: v for n, v in given.items() if n in names}, key)
    others = {n: v for n, v in given.items() if n not in names}
    _refuse_static_options(found.name, others, key)
    if isinstance(found, BasisBackground):
        known = [*(o.name for o in found.options), *names]
        _refuse_unknown(others | degree, known, key)
        options = complete_options(found.options, others | degree, key)
        return Resolved(found.name, None, None, options, parameters=parameters)
    _refuse_unknown(others, ["degree", *names], key)
    held = {p.name: p.default for p in found.parameters if p.name in found.held}
    basis = POLYNOMIAL if degree else CONSTANT
    options = complete_options(basis.options, degree, key)
    return Resolved(basis.name, found.name, None, options, parameters={**held, **parameters})


def unknown(name: str, known: Iterable[str], what: str) -> str:
    """Say that a name is unknown, what may be meant and what there is."""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1)
    meant = f"; did you mean {near[0]!r}?" if near else ""
    there = f"there are {', '.join(names)}" if names else "there are none here"
    return f"unknown {what} {name!r}{meant}; {there}"


def _refuse_static_options(name: str, given: Mapping[str, object], key: str) -> None:
    for option in STATIC[name].options if name in STATIC else ():
        if option.name in given:
            problem = f"belongs to the static {name}; say active = false, or leave it out"
            raise PlanError(f"{key}.{option.name}", problem)


def _refuse_unknown(given: Mapping[str, object], known: list[str], key: str) -> None:
    for name in given:
        if name not in known:
            raise PlanError(f"{key}.{name}", unknown(name, known, "setting"))


def _settings(given: Mapping[str, object], key: str) -> dict[str, "plan.Setting"]:
    found = {}
    for name, value in given.items():
        try:
            found[name] = _adapter().validate_python(value)
        except ValidationError as error:
            first = error.errors()[0]
            problem = str(first["msg"]).removeprefix("Value error, ")
            raise PlanError(f"{key}.{name}", problem) from error
    return found


@cache
def _adapter() -> "TypeAdapter[plan.Setting]":
    from fitting.plan import Setting

    return TypeAdapter(Setting)
