"""From finished parts to what the user takes home: result.h5, the tables and run.json."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from app.archive.results import ResultWriter
from app.batch.folder import RECORD, RESULT, clear_parts, write_json
from app.batch.job import Job, SampleJob
from app.batch.shared import told_of
from app.batch.slices import result_slices
from app.batch.tables import Tables
from app.batch.trouble import Trouble, only_absent_lines
from fitting.build import build_model
from fitting.component_sensitivities import sensitivity_record
from fitting.errors import ArchiveError, OutputError, ReadError
from fitting.model import ModelTable
from fitting.monitor import Monitor, checkpoint
from fitting.pristine import Found
from fitting.result import FitStatus, SeriesResult
from fitting.series import STEP_COLUMNS

_EXAMPLES = 5


@dataclass(frozen=True)
class Summary:
    """How a run ended.

    Parameters
    ----------
    counts : status -> number of region fits
    problems : what failed or did not converge and why, the first few of each kind
    complete : whether every sample is in the tables
    absent_only : how many of the fits at bounds have only absent lines (area zero) there
    troubles : kinds of warnings in checks.csv
    proposals : groups that samples ask for, a sentence each
    """

    counts: Mapping[str, int]
    problems: tuple[str, ...]
    complete: bool = True
    absent_only: int = 0
    troubles: tuple[Trouble, ...] = ()
    proposals: tuple[str, ...] = ()

    @property
    def all_fitted(self) -> bool:
        """Whether every fit converged, at bounds or not, or was excluded on purpose."""
        bad = (FitStatus.FAILED, FitStatus.NOT_CONVERGED)
        return self.complete and not any(self.counts.get(status.label, 0) for status in bad)


@dataclass(frozen=True)
class Record:
    """What run.json says beside what the job itself says.

    Parameters
    ----------
    notes : warnings and files that could not be read
    overrides : what the user said beyond plan and files
    read_s, fit_s : seconds
    compositions : that were found on pristine steps, and are held
    """

    notes: tuple[str, ...] = ()
    overrides: Mapping[str, str] = field(default_factory=dict)
    read_s: float = 0.0
    fit_s: float = 0.0
    compositions: tuple[Found, ...] = ()

    def after(self, fit_s: float) -> "Record":
        """The record once the fits are done."""
        return replace(self, fit_s=fit_s)


def assemble(job: Job, lost: Mapping[int, ReadError], record: Record, monitor: Monitor) -> Summary:
    """Write everything in order, by one writer, a chunk at a time.

    Parameters
    ----------
    lost : number of a sample -> why it cannot be read any more; the others are written

    Raises
    ------
    FitCancelled, ArchiveError, OSError
        Parts stay, so that ``--resume`` only has to assemble.
    OutputError
        No sample is left.
    """
    table = build_model(job.plan)
    lost = {**lost, **_lost_since(job, lost)}
    told = _Told(job, table)
    for number, error in lost.items():
        told.problems.append(f"sample {job.samples[number].sample!r} is not in the tables: {error}")
    if len(lost) == len(job.samples):
        raise OutputError(f"{'; '.join(told.problems)}; --resume goes on once it can be read")
    with (
        Tables(job.folder, table, _extra_columns(job)) as tables,
        ResultWriter(job.folder / RESULT, job.plan) as writer,
    ):
        for number, sample in enumerate(job.samples):
            if number not in lost:
                _write_sample(_Place(job, number, sample, table), tables, writer, told, monitor)
    checkpoint(monitor, told.done, told.done)
    summary = Summary(
        dict(told.counts),
        told.said(),
        not lost,
        told.absent_only,
        tables.troubles,
        tables.proposals,
    )
    write_json(job.folder / RECORD, run_record(job, record, summary, told_of(job, table, lost)))
    if not lost:
        clear_parts(job)
    return summary


@dataclass(frozen=True)
class _Place:
    job: Job
    number: int
    sample: SampleJob
    table: ModelTable


def _write_sample(
    place: _Place, tables: Tables, writer: ResultWriter, told: "_Told", monitor: Monitor
) -> None:
    slices = result_slices(place.job, place.number, place.table)
    for count, part in enumerate(slices):
        checkpoint(monitor, told.done, place.job.spectra_steps)
        if count == 0:
            writer.start_sample(part.result, part.series, len(place.sample.steps))
        writer.append(part.result, part.series)
        tables.add(part.result, part.series)
        told.take_note(part.result)
    writer.end_sample()
    tables.end_sample()


def _lost_since(job: Job, known: Mapping[int, ReadError]) -> dict[int, ReadError]:
    """Samples whose archive has gone after the last chunk was read."""
    lost: dict[int, ReadError] = {}
    for number, sample in enumerate(job.samples):
        try:
            for handle in () if number in known else sample.handles.values():
                handle.rows(0, 1)
        except ArchiveError as error:
            lost[number] = error
    return lost


class _Told:
    """Counts of what came out, and the first few of what went wrong."""

    def __init__(self, job: Job, table: ModelTable) -> None:
        self._table = table
        self.done = 0
        self.absent_only = 0
        self.counts: Counter[str] = Counter()
        self.problems: list[str] = []
        self._several = len(job.samples) > 1

    def take_note(self, result: SeriesResult) -> None:
        self.done += len(result)
        for k, r in zip(*np.nonzero(result.present), strict=True):
            status = FitStatus(int(result.status[k, r]))
            self.counts[status.label] += 1
            self.absent_only += only_absent_lines(result, int(k), int(r), self._table)
            bad = status in (FitStatus.FAILED, FitStatus.NOT_CONVERGED)
            if bad and self.counts[status.label] <= _EXAMPLES:
                self.problems.append(_problem(result, int(k), int(r), status))

    def said(self) -> tuple[str, ...]:
        more = [
            f"and {self.counts[status.label] - _EXAMPLES} more that are {_WORDS[status]}; "
            "the column status of phase_fractions.csv names all"
            for status in _WORDS
            if self.counts[status.label] > _EXAMPLES
        ]
        return (*self.problems, *more)


_WORDS = {FitStatus.FAILED: "failed", FitStatus.NOT_CONVERGED: "not converged"}


def _problem(result: SeriesResult, k: int, r: int, status: FitStatus) -> str:
    step = f"{result.sample}, step {result.steps[k]}"
    where = f"{step}, {result.regions[r].name}"
    message = result.message[k][r].removeprefix(f"{where}: ").removeprefix(f"{step}: ")
    return f"{where}: {_WORDS[status]}: {message}"


def _extra_columns(job: Job) -> list[str]:
    names = [
        name
        for sample in job.samples
        for handle in sample.handles.values()
        for name in handle.columns
    ]
    return [name for name in dict.fromkeys(names) if name not in STEP_COLUMNS]


def run_record(
    job: Job, record: Record, summary: Summary, shared: Sequence[Mapping[str, object]]
) -> dict[str, object]:
    """What run.json holds; shared: what became of the shared parameters of each sample."""
    return {
        "job": job.hash,
        "complete": summary.complete,
        "plan_sha256": hashlib.sha256(job.plan.to_json().encode()).hexdigest(),
        "library": job.plan.library,
        "inputs_sha256": dict(job.inputs),
        "versions": dict(job.versions),
        "seed": job.plan.series.seed,
        "rounds": list(dict.fromkeys(job.rounds)),
        "shared": list(shared),
        "timings_s": {"read": round(record.read_s, 3), "fit": round(record.fit_s, 3)},
        "status_counts": dict(summary.counts),
        "at_bound_absent_only": summary.absent_only,
        "checks": [trouble.to_json() for trouble in summary.troubles],
        "proposed_groups": list(summary.proposals),
        "problems": list(summary.problems),
        "sensitivities": sensitivity_record(job.plan),
        "overrides": dict(record.overrides),
        "compositions": [found.to_json() for found in record.compositions],
        "notes": list(record.notes),
    }
