"""From finished parts to what the user takes home: result.h5, the tables and run.json."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from app.archive.results import ResultWriter
from app.batch.job import Job
from app.batch.run import clear_parts, write_json
from app.batch.slices import result_slices
from app.batch.tables import Tables
from fitting.build import build_model
from fitting.monitor import Monitor, checkpoint
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
    """

    counts: Mapping[str, int]
    problems: tuple[str, ...]

    @property
    def all_fitted(self) -> bool:
        """Whether every fit converged, at bounds or not, or was excluded on purpose."""
        bad = (FitStatus.FAILED, FitStatus.NOT_CONVERGED)
        return not any(self.counts.get(status.label, 0) for status in bad)


def assemble(
    job: Job, timings: Mapping[str, float], notes: Sequence[str], monitor: Monitor
) -> Summary:
    """Write everything in order, by one writer, a chunk at a time.

    Parameters
    ----------
    timings : stage -> seconds, for run.json
    notes : warnings and overrides that belong to the record

    Raises
    ------
    FitCancelled, ArchiveError
        Parts stay, so that ``--resume`` only has to assemble.
    """
    table = build_model(job.plan)
    counts: Counter[str] = Counter()
    problems: list[str] = []
    done = 0
    with (
        Tables(job.folder, table, _extra_columns(job)) as tables,
        ResultWriter(job.folder / "result.h5", job.plan) as writer,
    ):
        for number, sample in enumerate(job.samples):
            for place, part in enumerate(result_slices(job, number, table)):
                checkpoint(monitor, done, job.spectra_steps)
                if place == 0:
                    writer.start_sample(part.result, part.series, len(sample.steps))
                writer.append(part.result, part.series)
                tables.add(part.result)
                _count(part.result, counts, problems)
                done += len(part.result)
            writer.end_sample()
            tables.end_sample()
    checkpoint(monitor, done, job.spectra_steps)
    write_json(job.folder / "run.json", run_record(job, timings, notes, counts))
    clear_parts(job)
    return Summary(dict(counts), tuple(problems))


def _extra_columns(job: Job) -> list[str]:
    names = [
        name
        for sample in job.samples
        for handle in sample.handles.values()
        for name in handle.columns
    ]
    return [name for name in dict.fromkeys(names) if name not in STEP_COLUMNS]


def _count(result: SeriesResult, counts: Counter[str], problems: list[str]) -> None:
    for k, r in zip(*np.nonzero(result.present), strict=True):
        status = FitStatus(int(result.status[k, r]))
        counts[status.label] += 1
        bad = status in (FitStatus.FAILED, FitStatus.NOT_CONVERGED)
        if bad and counts[status.label] <= _EXAMPLES:
            where = f"{result.sample}, step {result.steps[k]}, {result.regions[r].name}"
            problems.append(f"{where}: {status.label}: {result.message[k][r]}")


def run_record(
    job: Job, timings: Mapping[str, float], notes: Sequence[str], counts: Mapping[str, int]
) -> dict[str, object]:
    """What run.json holds."""
    return {
        "job": job.hash,
        "plan_sha256": hashlib.sha256(job.plan.to_json().encode()).hexdigest(),
        "library": job.plan.library,
        "inputs_sha256": dict(job.inputs),
        "versions": dict(job.versions),
        "seed": job.plan.series.seed,
        "rounds": list(job.rounds),
        "timings_s": {stage: round(seconds, 3) for stage, seconds in timings.items()},
        "status_counts": dict(counts),
        "notes": list(notes),
    }
