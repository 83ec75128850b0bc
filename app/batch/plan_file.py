"""A plan from its file, with every measured spectrum it names read in."""

from pathlib import Path

from app.archive.inputs import load_file
from app.io import ReadOptions
from fitting.build import build_model
from fitting.errors import PlanError, ReadError
from fitting.plan import Plan, Template
from fitting.series import Series
from fitting.titration_plan import TitrationPlan, titration_plan


def plan_file_text(path: Path) -> str:
    """The text of a plan. Raises PlanError where it cannot be read, or is no text."""
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise PlanError(str(path), f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise PlanError(str(path), f"is not a plan: not UTF-8 text ({error.reason})") from error


def load_titration_plan(path: Path) -> TitrationPlan | None:
    """The plan of a log alone; None if it is a plan of spectra, or none.

    Raises
    ------
    PlanError
        The file cannot be read, or a key of it is wrong.
    """
    try:
        return titration_plan(plan_file_text(path))
    except PlanError as error:
        own = error.key == str(path)
        key = str(path) if own or not error.key else f"{path}: {error.key}"
        raise PlanError(key, error.problem) from None


def load_plan(path: Path) -> Plan:
    """Read a plan and resolve its templates against the folder it lies in.

    Raises
    ------
    ReadError
        The file cannot be read, or is no text.
    PlanError
        See ``Plan.from_toml`` and ``build_model``; or a template that is not there, or not one
        spectrum.
    """
    text = plan_file_text(path)
    try:
        plan = with_templates(Plan.from_toml(text), path.parent)
        build_model(plan)
    except PlanError as error:
        raise PlanError(f"{path}: {error.key}" if error.key else str(path), error.problem) from None
    return plan


def with_templates(plan: Plan, folder: Path) -> Plan:
    """A plan whose templates hold their points, read from files beside it.

    Raises
    ------
    PlanError
        A template that is not there, or not one spectrum.
    """
    if not plan.templates:
        return plan
    found = {name: resolve_template(name, one, folder) for name, one in plan.templates.items()}
    return plan.model_copy(update={"templates": found})


def resolve_template(name: str, template: Template, folder: Path) -> Template:
    """A template that holds its points.

    Raises
    ------
    PlanError
    """
    if template.file is None:
        return template
    key = f"templates.{name}"
    try:
        series = load_file(folder / template.file, ReadOptions(axis=template.axis))
    except ReadError as error:
        raise PlanError(key, str(error)) from error
    chosen = _chosen(key, series, template)
    spectrum = chosen.spectrum(list(chosen.steps).index(template.step))
    return template.model_copy(
        update={
            "file": None,
            "x": tuple(map(float, spectrum.x)),
            "intensity": tuple(map(float, spectrum.intensity)),
        }
    )


def _chosen(key: str, series: list[Series], template: Template) -> Series:
    found = [s for s in series if template.region in (None, s.region)]
    if len(found) != 1:
        names = ", ".join(s.region for s in series)
        raise PlanError(key, f"say which region of {template.file!r} is meant; it holds {names}")
    if template.step not in found[0].steps:
        steps = f"{found[0].steps[0]} .. {found[0].steps[-1]}"
        raise PlanError(
            f"{key}.step", f"{template.file!r} has no step {template.step}, but {steps}"
        )
    return found[0]
