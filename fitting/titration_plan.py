"""The plan of an experiment without spectra: what its charge log means."""

import json
import tomllib
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from fitting.errors import PlanError
from fitting.plan_options import Number, PlanTable, Whole
from fitting.plan_words import plan_errors

TITRATION = "titration"
"""The table that makes a plan one of a log alone."""


class Titration(PlanTable):
    """What a log of a coulometric titration time analysis means.

    ``charge_sign`` is "+" if positive current in the log reduces the analysed interface, "-" if it
    oxidises it (EC-Lab). ``depleted_above_V`` is the potential at which a portion of lithium counts
    as used up; without it, the moment at which the instrument began the next one.
    ``thickness_nm_per_uAh_cm2`` says how much a charge builds, by what the phosphorus becomes.
    """

    area_cm2: Number | None = Field(None, gt=0)
    charge_sign: Literal["+", "-"] | None = None
    depleted_above_V: Number | None = None
    thickness_nm_per_uAh_cm2: dict[str, Annotated[Number, Field(gt=0)]] = Field(
        default_factory=dict
    )


class TitrationPlan(PlanTable):
    """One TOML document about logs alone: it has no regions."""

    format: Whole = Field(1, ge=1, le=1)
    library: str = ""
    titration: Titration


def titration_text(plan: TitrationPlan) -> str:
    """The plan as TOML that ``titration_plan`` reads."""
    said = plan.titration
    lines = [f"format = {plan.format}", f"library = {json.dumps(plan.library)}", "", "[titration]"]
    if said.area_cm2 is not None:
        lines.append(f"area_cm2 = {said.area_cm2!r}")
    if said.charge_sign is not None:
        lines.append(f'charge_sign = "{said.charge_sign}"')
    if said.depleted_above_V is not None:
        lines.append(f"depleted_above_V = {said.depleted_above_V!r}")
    layers = ", ".join(
        f"{json.dumps(end)} = {nm!r}" for end, nm in said.thickness_nm_per_uAh_cm2.items()
    )
    if layers:
        lines.append(f"thickness_nm_per_uAh_cm2 = {{{layers}}}")
    return "\n".join([*lines, ""])


def titration_plan(text: str) -> TitrationPlan | None:
    """The plan of a log alone; None if the text is something else, such as a plan with regions.

    Raises
    ------
    PlanError
        A table [titration] beside an unknown key or with a wrong value.
    """
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return None
    if TITRATION not in data:
        return None
    if "regions" in data:
        problem = "is about a log alone and stands in no plan with regions; make two plans"
        raise PlanError(TITRATION, problem)
    return checked_titration(data)


def checked_titration(data: Mapping[str, Any]) -> TitrationPlan:
    """Check nested tables. Raises PlanError."""
    try:
        return TitrationPlan.model_validate(data)
    except ValidationError as error:
        raise plan_errors(error, data, TitrationPlan)[0] from None
