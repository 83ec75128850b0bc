"""The whole series fitted from the window: the batch's own job, so the numbers are the batch's.

The job runs in a folder of the user's cache. What was finished before the user stopped is found
there again: fitting once more goes on from it.
"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import platformdirs

from app.batch.job import Job
from app.batch.parts import load_part
from app.batch.pool import Workers
from app.batch.prepare import Inputs, prepare_job
from app.batch.run import run_job
from app.batch.stage import begin
from app.session.data import steps_of
from app.session.exact_plan import exact_plan, plan_of
from app.session.project import Project, Sample, StepFit
from fitting.build import build_model
from fitting.chunkfit import compiled_blocks
from fitting.errors import DataError
from fitting.monitor import Monitor
from fitting.plan import Plan

KEPT_DAYS = 1.0
"""Chunks of fits that were stopped are kept for so long."""


@dataclass(frozen=True, eq=False)
class Part:
    """Some steps of a sample, as a round of the strategy left them.

    Parameters
    ----------
    final : whether it was the last round; what earlier ones bring is replaced by later ones
    """

    sample: str
    fits: dict[int, StepFit]
    final: bool


@dataclass(frozen=True, eq=False)
class SeriesFitted:
    """How it ended: what the user should know."""

    steps: int
    warnings: tuple[str, ...]


def fits_folder() -> Path:
    """Where jobs of the window work."""
    return platformdirs.user_cache_path("deconvolyte", appauthor=False) / "fits"


def from_step(project: Project, name: str, step: int) -> Project:
    """The project with nothing but one sample from a step on: a series of its own.

    Raises
    ------
    DataError
        The sample has no such steps.
    """
    sample = project.sample(name)
    series = {}
    for region, one in () if sample is None else sample.series.items():
        first = int((one.steps < step).sum())
        if first < len(one):
            series[region] = one.rows(first, len(one))
    if not series:
        raise DataError(f"{name} has no steps from {step} on")
    return replace(project, samples=(Sample(name, series, steps_of(series.values())),))


def fit_series(
    project: Project,
    folder: Path,
    monitor: Monitor,
    came: Callable[[Part], None],
    begin_at: tuple[str, int] | None = None,
) -> SeriesFitted:
    """Fit every step of every sample, or one sample from a step on, as a series of its own.

    Parameters
    ----------
    folder : of the job; see ``fits_folder``
    came : called, in this thread, with steps as soon as they are there
    begin_at : sample and step; what pristine steps tell is told by those of the whole series

    Raises
    ------
    DataError
        There is no plan, or no region of it was measured, or no such step.
    OutputError, OSError
        The folder cannot be written to.
    FitCancelled
    """
    asked = plan = plan_of(project)
    _tidy(folder / ".parts")
    begin(monitor, "preparing")
    if begin_at is not None:
        plan, project = exact_plan(project, monitor), from_step(project, *begin_at)
    wanted = {region.measured for region in plan.regions}
    series = [one for s in project.samples for one in s.series.values() if one.region in wanted]
    if not series:
        raise DataError("no region of the plan was measured")
    prepared = prepare_job(Inputs(loaded=tuple(series)), plan, folder)
    prepared.job.parts.mkdir(parents=True, exist_ok=True)
    begin(monitor, "fitting")
    watch = _Watch(prepared.job, asked, monitor, came)
    apart = not all(compiled_blocks(build_model(prepared.job.plan)))
    with Workers(1, apart=apart) as workers:
        lost = run_job(prepared.job, workers, watch)
    watch.look()
    for path in _files_of(prepared.job):
        path.unlink(missing_ok=True)
    said = (*prepared.warnings, *map(str, lost.values()))
    return SeriesFitted(prepared.job.spectra_steps, said)


def left_words(done: int, total: int, seconds: float) -> str:
    """How far, and how long it will still take: ``128 of 1000, 12 s left``."""
    if total <= 0:
        return ""
    words = f"{done} of {total}"
    if not 0 < done < total:
        return words
    left = math.ceil(seconds * (total - done) / done)
    if left < 60:
        return f"{words}, {left} s left"
    return f"{words}, {left // 60} min {left % 60:02d} s left"


def _files_of(job: Job) -> Iterator[Path]:
    """Everything that a run leaves between its rounds."""
    for s, sample in enumerate(job.samples):
        yield job.positions(s)
        for number in range(len(job.rounds)):
            yield job.course(s, number)
            yield from (job.part(s, number, chunk) for chunk in range(sample.chunks))


class _Watch:
    """The monitor of a run; at every report it brings what has been finished since."""

    def __init__(
        self, job: Job, asked: Plan, monitor: Monitor, came: Callable[[Part], None]
    ) -> None:
        self._job, self._monitor, self._came = job, monitor, came
        self._plan, self._asked = (job.plan, None if job.plan == asked else asked)
        last = len(job.rounds) - 1
        self._open = {
            job.part(s, number, chunk): (s, chunk, number == last)
            for number, name in enumerate(job.rounds)
            if name != "shared"  # where steps stand is no result yet
            for s, sample in enumerate(job.samples)
            for chunk in range(sample.chunks)
        }

    def report(self, done: int, total: int) -> None:
        """Pass progress on."""
        self._monitor.report(done, total)
        self.look()

    def cancelled(self) -> bool:
        """As the other monitor says."""
        return self._monitor.cancelled()

    def look(self) -> None:
        """Bring what is finished."""
        for path in [path for path in self._open if path.exists()]:
            s, chunk, final = self._open.pop(path)
            results = load_part(path)
            if results is None:
                continue
            sample = self._job.samples[s]
            steps = sample.chunk_steps(chunk).tolist()
            pairs = zip(steps, results, strict=True)
            fits = {step: StepFit(self._plan, result, self._asked) for step, result in pairs}
            self._came(Part(sample.sample, fits, final))


def _tidy(folder: Path) -> None:
    """Take away what fits left that were stopped long ago."""
    oldest = time.time() - KEPT_DAYS * 86400.0
    for path in folder.glob("*.npy"):
        try:
            if path.stat().st_mtime < oldest:
                path.unlink()
        except FileNotFoundError:
            continue
