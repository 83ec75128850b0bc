"""The plan as a document: the text of its file, from a file, into a file."""

from pathlib import Path

from app.batch.plan_file import load_plan
from app.project.whole import whole_file
from fitting.build import build_model
from fitting.errors import OutputError
from fitting.plan import Plan
from fitting.plan_text import plan_text

__all__ = ["load_plan", "plan_of", "plan_text", "save_plan"]


def plan_of(text: str, before: Plan) -> Plan:
    """The plan that a text says; the same one where nothing differs.

    Raises
    ------
    PlanError
        Not a plan, or none that can be fitted; names the key.
    """
    plan = Plan.from_toml(text)
    build_model(plan)
    return before if plan == before else plan


def save_plan(path: Path, plan: Plan) -> None:
    """Write a plan that ``fit --plan`` reads.

    Raises
    ------
    OutputError
    """
    try:
        with whole_file(path) as draft:
            draft.write_text(plan_text(plan), "utf-8")
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from error
