"""Results that leave the window: exactly what ``deconvolyte fit`` writes."""

from dataclasses import dataclass
from pathlib import Path

from app.archive.read import is_archive
from app.archive.write import write_archive
from app.batch.figures import write_figures
from app.batch.figures.side_charge import write_side_charge
from app.batch.fit import Outcome, Running, fit_files, listed
from app.batch.folder import JOB_FILE, RESULT, make_folder
from app.batch.stage import begin
from app.batch.titration import TitrationOutcome, fit_titration, side_charges
from app.session.project import NOTHING_SAID, Project, Source
from fitting.errors import DataError, ReadError
from fitting.monitor import Monitor
from fitting.plan import Plan
from fitting.titration_plan import TitrationPlan

SPECTRA = "spectra.h5"
"""Where the files cannot be fitted as they lie, their spectra are first put into this."""


@dataclass(frozen=True, eq=False)
class Exported:
    """What was written, and what the user should know."""

    folder: Path
    files: tuple[str, ...]
    warnings: tuple[str, ...]


def suggested_folder(project: Project, saved: Path | None) -> Path:
    """A folder beside the project, or beside the first file, that is not there yet."""
    first = saved or (project.sources[0].paths[0] if project.sources else Path("results"))
    base = first.parent / f"{first.stem}-results"
    number = 2
    folder = base
    while folder.exists():
        folder, number = base.with_name(f"{base.name}-{number}"), number + 1
    return folder


def export_results(project: Project, folder: Path, figures: bool, monitor: Monitor) -> Exported:
    """Fit the files of a project with its plan, as the command does, and write everything.

    Parameters
    ----------
    figures : draw all of them as well, into ``figures``

    Raises
    ------
    DataError
        There is no plan, or nothing to fit.
    PlanError, ReadError, OutputError, FitCancelled
        See ``fit_files``.
    """
    if project.logs is not None:
        return _export_logs(project, project.logs.plan, folder, figures)
    if project.plan is None or not project.samples:
        raise DataError("there are no spectra with a plan to export")
    source, copied = _source(project, folder)
    outcome = _fit(source, project.plan, folder, monitor)
    names = [path.name for path in sorted(folder.iterdir()) if path.is_file()]
    if figures:
        begin(monitor, "drawing")
        drawn = write_figures(folder / RESULT, folder / "figures", monitor)
        names.append(f"{len(drawn)} figures")
    said = (*copied, *outcome.warnings, *map(str, outcome.errors), *outcome.summary.problems)
    return Exported(folder, tuple(names), said)


@dataclass(frozen=True, eq=False)
class Ended:
    """How a run of the batch ended: whether all of it was done, and what the user should know."""

    complete: bool
    said: tuple[str, ...]


def run_batch(source: Source, plan: Plan | TitrationPlan, folder: Path, monitor: Monitor) -> Ended:
    """The command itself; chunks that an earlier run of it finished there are taken over.

    Raises
    ------
    PlanError, ReadError, DataError, OutputError, FitCancelled
        See ``fit_files`` and ``fit_titration``.
    """
    if isinstance(plan, Plan):
        outcome = _fit(source, plan, folder, monitor)
        said = (*map(str, outcome.errors), *outcome.summary.problems, *outcome.warnings)
        return Ended(outcome.complete, said)
    found, unlisted = _fit_logs(source, plan, folder)
    errors = [*unlisted, *found.errors]
    return Ended(not errors, (*map(str, errors), *found.warnings))


def _fit_logs(
    source: Source, plan: TitrationPlan, folder: Path
) -> tuple[TitrationOutcome, list[ReadError]]:
    files, unlisted = listed(source.paths)
    return fit_titration(files, plan, folder, source.reading), unlisted


def _export_logs(project: Project, plan: TitrationPlan, folder: Path, figures: bool) -> Exported:
    paths = tuple(path for source in project.sources for path in source.paths)
    found, unlisted = _fit_logs(Source(paths, project.sources[0].reading), plan, folder)
    names = [path.name for path in sorted(folder.iterdir()) if path.is_file()]
    if figures:
        sides, _ = side_charges(folder / RESULT)
        make_folder(folder / "figures")
        thickness = plan.titration.thickness_nm_per_uAh_cm2
        names.append(f"{len(write_side_charge(sides, thickness, folder / 'figures'))} figures")
    said = (*map(str, [*unlisted, *found.errors]), *found.warnings)
    return Exported(folder, tuple(names), said)


def _fit(source: Source, plan: Plan, folder: Path, monitor: Monitor) -> Outcome:
    resume = (folder / ".parts" / JOB_FILE).exists()
    return fit_files(source.paths, plan, folder, source.reading, Running(resume=resume), monitor)


def _source(project: Project, folder: Path) -> tuple[Source, tuple[str, ...]]:
    """What the command is given: the files as they lie, else a copy of their spectra."""
    readings = {id(source.reading): source.reading for source in project.sources}
    first = next(iter(readings.values()), NOTHING_SAID)
    if not project.left_out and all(r == first for r in readings.values()) and _apart(project):
        paths = tuple(path for source in project.sources for path in source.paths)
        return Source(paths, first), ()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / SPECTRA
    series = [one for sample in project.samples for one in sample.series.values()]
    write_archive(path, series)
    why = "the files were opened with different options, or only in part"
    return Source((path,)), (f"{why}: their spectra are in {SPECTRA}, which was fitted",)


def _apart(project: Project) -> bool:
    """Whether no sample has regions of several archives; the command keeps those apart."""
    for sample in project.samples:
        sources = {Path(one.source) for one in sample.series.values() if one.source}
        if sum(path.exists() and is_archive(path) for path in sources) > 1:
            return False
    return True
