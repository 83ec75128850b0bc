"""The batch from end to end: files and a plan in, a folder of results out."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from app.archive.gather import Reading, gather
from app.batch.assemble import Summary, assemble
from app.batch.prepare import Inputs, prepare_job, refuse_results_as_inputs, split_archives
from app.batch.run import finished_counts, prepare_folder, run_job
from fitting.build import build_model
from fitting.errors import ReadError
from fitting.monitor import Monitor
from fitting.plan import Plan


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


@dataclass(frozen=True)
class Running:
    """How a batch is run; nothing here changes a number.

    Parameters
    ----------
    workers : processes
    resume : go on from the finished chunks of an earlier run of the same job
    """

    workers: int = 1
    resume: bool = False


Strategy = Literal["independent", "chained"]


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
        The plan cannot be fitted, or the folder belongs to another job.
    ReadError, DataError
        Nothing to fit.
    FitCancelled
        Finished chunks stay; ``resume`` goes on from them.
    """
    begun = time.monotonic()
    build_model(plan)
    refuse_results_as_inputs(folder, paths)
    inputs, errors, warnings = _inputs(paths, reading, monitor)
    prepared = prepare_job(inputs, plan, folder)
    job, warnings = prepared.job, [*warnings, *prepared.warnings]
    counts = finished_counts(job) if running.resume else None
    if counts is not None:
        return Outcome(Summary(counts, ()), errors, ("this job was finished already",))
    prepare_folder(job, resume=running.resume)
    read = time.monotonic()
    run_job(job, running.workers, monitor)
    fitted = time.monotonic()
    timings = {"read": read - begun, "fit": fitted - read}
    notes = [*warnings, *(str(error) for error in errors)]
    summary = assemble(job, timings, notes, monitor)
    return Outcome(summary, errors, tuple(warnings))


def _inputs(
    paths: Sequence[Path], reading: Reading, monitor: Monitor
) -> tuple[Inputs, tuple[ReadError, ...], list[str]]:
    archives, others = split_archives(paths)
    if not reading.plain:
        archives, others = [], [*archives, *others]
    if not others:
        return Inputs(tuple(archives), ()), (), []
    gathered = gather(others, reading, monitor)
    if not gathered.series and not archives:
        raise gathered.errors[0]
    return Inputs(tuple(archives), gathered.series), gathered.errors, list(gathered.warnings)
