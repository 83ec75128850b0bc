"""The plan as a document: the text of its file, from a file, into a file."""

from dataclasses import replace
from pathlib import Path

from app.batch.plan_file import load_plan, load_titration_plan, with_templates
from app.project.whole import whole_file
from app.session.project import Project
from fitting.build import build_model
from fitting.errors import OutputError, PlanError
from fitting.plan import Plan
from fitting.plan_text import plan_text
from fitting.titration_plan import TitrationPlan, titration_plan, titration_text

NO_REGIONS = "charge logs alone are open: their plan has [titration] and no regions"


def document_text(project: Project) -> str:
    """The plan of a project as its file; empty where there is none."""
    if project.logs is not None:
        return titration_text(project.logs.plan)
    return "" if project.plan is None else plan_text(project.plan)


def with_text(project: Project, text: str) -> Project:
    """The project with the plan that a text says; the same one where nothing differs.

    Files of templates are looked for beside the first file of the project.

    Raises
    ------
    PlanError
        Not a plan, or none that can be fitted; names the key.
    """
    logs = titration_plan(text)
    if logs is None and project.logs is not None:
        raise PlanError("", NO_REGIONS)
    if logs is not None:
        return with_plan(project, logs)
    first = project.sources[0].paths[0] if project.sources else Path()
    return with_plan(project, with_templates(Plan.from_toml(text), first.parent))


def with_plan(project: Project, plan: Plan | TitrationPlan) -> Project:
    """The project with another plan; the same one where nothing differs.

    Raises
    ------
    PlanError
        It cannot be fitted, or is one of something else than what is open.
    """
    if isinstance(plan, Plan):
        if project.logs is not None:
            raise PlanError("", NO_REGIONS)
        build_model(plan)
        return project if plan == project.plan else replace(project, plan=plan)
    if project.logs is None:
        raise PlanError("titration", "is about charge logs alone; open them first")
    logs = replace(project.logs, plan=plan)
    return project if plan == project.logs.plan else replace(project, logs=logs)


def read_document(path: Path) -> Plan | TitrationPlan:
    """The plan of a file.

    Raises
    ------
    PlanError, ReadError
        See ``load_plan``.
    """
    return load_titration_plan(path) or load_plan(path)


def save_document(path: Path, project: Project) -> None:
    """Write the plan so that ``fit --plan`` reads it.

    Raises
    ------
    OutputError
    """
    try:
        with whole_file(path) as draft:
            draft.write_text(document_text(project), "utf-8")
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from error
