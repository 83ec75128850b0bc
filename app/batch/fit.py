"""The batch from end to end: files and a plan in, a folder of results out."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path

from app.archive.gather import Reading, gather
from app.archive.inputs import files_of
from app.archive.read import is_archive, open_series
from app.batch.assemble import Record, Summary, assemble
from app.batch.folder import (
    clear_parts,
    finished,
    left_as_found,
    prepare_folder,
    refuse_inputs_as_outputs,
    refuse_other_job,
)
from app.batch.job import Job
from app.batch.pool import KEPT, Workers
from app.batch.prepare import Inputs, prepare_job
from app.batch.run import AnyWorkers, finished_chunks, run_job, workers_for
from app.batch.stage import begin
from app.io import ReadOptions
from fitting.build import build_model
from fitting.chunkfit import compile_ahead, needs_compiler, notices
from fitting.component_sensitivities import sensitivity_notices
from fitting.energy_notes import energy_notes
from fitting.errors import ArchiveError, DataError, FitCancelled, OutputError, ReadError
from fitting.joint import joint_notes
from fitting.monitor import Monitor
from fitting.plan import Plan
from fitting.pristine import to_calibrate


@dataclass(frozen=True, eq=False)
class Outcome:
    """How a batch ended.

    Parameters
    ----------
    summary : status counts and problems
    errors : files that could not be read
    warnings : sentences the user should see
    """

    summary: Summary
    errors: tuple[ReadError, ...]
    warnings: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether every file was read and every spectrum fitted."""
        return self.summary.all_fitted and not self.errors


class FitStopped(FitCancelled):
    """A fit that the user stopped.

    Parameters
    ----------
    kept, chunks : finished chunks, and all of them
    """

    def __init__(self, kept: int, chunks: int) -> None:
        super().__init__()
        self.kept = kept
        self.chunks = chunks


@dataclass(frozen=True)
class Running:
    """How a batch is run; nothing here changes a number.

    Parameters
    ----------
    workers : processes
    cluster : address of a Dask scheduler whose workers are taken instead, or None
    resume : go on from the finished chunks of an earlier run of the same job
    overrides : what replaced words of the plan, for the record
    """

    workers: int = 1
    cluster: str | None = None
    resume: bool = False
    overrides: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class _Found:
    """What could be read of what was given."""

    inputs: Inputs
    errors: tuple[ReadError, ...]
    warnings: tuple[str, ...]


def fit_files(
    paths: Sequence[Path],
    plan: Plan,
    folder: Path,
    reading: Reading,
    running: Running,
    monitor: Monitor,
) -> Outcome:
    """Fit archives and vendor files.

    Raises
    ------
    PlanError
        The plan cannot be fitted, or the folder is a file, an input, or of another job; or the
        cluster cannot do it.
    ReadError, DataError
        Nothing to fit.
    OutputError
        The results cannot be written, or the cluster is gone. Finished chunks stay.
    FitStopped
        Finished chunks stay; ``resume`` goes on from them.
    FitCancelled
        Stopped while reading; nothing was fitted.
    """
    begun = time.monotonic()
    build_model(plan)
    files, errors = listed(paths)
    refuse_inputs_as_outputs(folder, [*paths, *files, *_beside(reading)])
    with left_as_found(folder):
        begin(monitor, "reading")
        found = _inputs(files, errors, reading, monitor)
        if to_calibrate(plan):
            _compile(plan, monitor)
        prepared = prepare_job(found.inputs, plan, folder)
        job, warnings = prepared.job, (*found.warnings, *prepared.warnings)
        before = finished(job) if running.resume else None
        if before is None:
            refuse_other_job(job)
            workers = workers_for(job, running.workers, running.cluster)
            prepare_folder(job, resume=running.resume)
    if before is not None:
        clear_parts(job)
        said = (*warnings, "this job was finished before; nothing was fitted again")
        summary = Summary(
            before.counts,
            before.problems,
            absent_only=before.absent_only,
            troubles=before.troubles,
        )
        return Outcome(summary, found.errors, said)
    record = Record(
        notes=(*warnings, *map(str, found.errors), *_said_by(job.plan)),
        overrides={**_said(reading), **running.overrides},
        compositions=prepared.compositions,
        read_s=time.monotonic() - begun,
    )
    summary = _run(job, record, workers, monitor)
    return Outcome(summary, found.errors, warnings)


def _said_by(plan: Plan) -> tuple[str, ...]:
    """What a plan takes for granted, and what is fitted slowly."""
    said = (*sensitivity_notices(plan), *energy_notes(plan), *joint_notes(plan))
    return (*said, *notices(build_model(plan)))


def _run(job: Job, record: Record, workers: AnyWorkers, monitor: Monitor) -> Summary:
    """From here on nothing that is finished may be lost."""
    begun = time.monotonic()
    try:
        if isinstance(workers, Workers):  # those of a cluster do so for themselves
            _compile(job.plan, monitor)
        begin(monitor, "fitting")
        with workers:
            lost = run_job(job, workers, monitor)
        begin(monitor, "writing")
        return assemble(job, lost, record.after(time.monotonic() - begun), monitor)
    except (FitCancelled, KeyboardInterrupt) as stop:
        raise FitStopped(*finished_chunks(job)) from stop
    except ArchiveError as error:
        raise OutputError(f"{error}; {KEPT}") from error
    except OSError as error:
        place = error.filename or job.folder
        raise OutputError(f"{place}: cannot be written: {error.strerror}; {KEPT}") from error


def _compile(plan: Plan, monitor: Monitor) -> None:
    """Once on a machine."""
    table = build_model(plan)
    if needs_compiler(table):
        begin(monitor, "compiling, once on this machine")
        compile_ahead(table, monitor)


def listed(paths: Sequence[Path]) -> tuple[list[Path], list[ReadError]]:
    """All files, folders opened one level deep, each once; and what could not be listed."""
    files: list[Path] = []
    errors: list[ReadError] = []
    for path in paths:
        try:
            files += files_of(path)
        except ReadError as error:
            errors.append(error)
    return list(dict.fromkeys(files)), errors


def _inputs(
    files: Sequence[Path], errors: Sequence[ReadError], reading: Reading, monitor: Monitor
) -> _Found:
    archives, others, problems = sorted_out(files, direct=reading.plain)
    problems = [*errors, *problems]
    series, warnings = [], []
    if others:
        gathered = gather(others, reading, monitor)
        problems += gathered.errors
        series, warnings = list(gathered.series), list(gathered.warnings)
    if not series and not archives:
        raise _nothing(problems)
    bad = {error.path for error in problems}
    beside = [*others, *_beside(reading)] if series else []
    read = tuple(path for path in beside if path not in bad)
    return _Found(Inputs(tuple(archives), tuple(series), read), tuple(problems), tuple(warnings))


def sorted_out(
    files: Sequence[Path], *, direct: bool
) -> tuple[list[Path], list[Path], list[ReadError]]:
    """Archives that are read from where they lie, all other files, archives that are broken."""
    archives: list[Path] = []
    others: list[Path] = []
    errors: list[ReadError] = []
    for path in files:
        if not (direct and is_archive(path)):
            others.append(path)
            continue
        try:
            open_series(path)
        except ReadError as error:
            errors.append(error)
        else:
            archives.append(path)
    return archives, others, errors


def _nothing(errors: Sequence[ReadError]) -> DataError | ReadError:
    if len(errors) == 1:
        return errors[0]
    return DataError("nothing could be read: " + "; ".join(map(str, errors)))


def _beside(reading: Reading) -> list[Path]:
    return [path for path in (reading.steps, reading.charge_log) if path is not None]


def _said(reading: Reading) -> dict[str, str]:
    """What the user said about the files, by name."""
    said: dict[str, str] = {}
    for thing, usual in ((reading.options, ReadOptions()), (reading, Reading())):
        for entry in fields(thing):
            value = getattr(thing, entry.name)
            if entry.name != "options" and value != getattr(usual, entry.name):
                said[entry.name] = str(value)
    return said
