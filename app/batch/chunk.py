"""The work of one process: read a chunk, run a round on it, write its part."""

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np

from app.batch.job import ChunkTask, Handle
from app.batch.parts import load_part, save_part
from app.batch.shared import leave_out, move_shared, settle_shared
from fitting.arrays import IntArray
from fitting.bootstrap import bootstrapped
from fitting.build import build_model
from fitting.errors import ArchiveError
from fitting.model import ModelTable
from fitting.monitor import Monitor
from fitting.plan import Plan
from fitting.result import FitStatus, StepResult
from fitting.screen import Reasons, reasons_of, with_reasons
from fitting.series import Series
from fitting.seriesfit import run_round
from fitting.spectrum import Spectrum
from fitting.sweep import Around


def run_chunk(task: ChunkTask, monitor: Monitor) -> None:
    """Fit a chunk and write its part. Numerics run on one BLAS thread.

    Raises
    ------
    FitCancelled
    ArchiveError
        The archive cannot be read any more, or a part it builds on is gone.
    OSError
        The part cannot be written.
    """
    from threadpoolctl import threadpool_limits

    table = model_of(task.plan)
    labels = [f"{task.sample}, step {step}" for step in task.steps]
    spectra, reasons = read_steps(table.plan, task.handles, task.steps)
    with threadpool_limits(limits=1):
        if task.round_name == "shared":
            move_shared(task, table, spectra, labels)
            return
        if task.round_name == "settle":
            results = settle_shared(task, table, spectra, labels, monitor)
        elif task.round_name == "bootstrap":
            earlier = _needed(task.earlier)
            results = bootstrapped(table, spectra, labels, earlier, task.seed, monitor)
        else:
            results = run_round(
                task.round_name,
                table,
                spectra,
                labels,
                _needed(task.earlier),
                Around(_needed(task.before), _needed(task.after)),
                task.place,
                monitor,
            )
    told = [with_reasons(table, k, why) for k, why in zip(results, reasons, strict=True)]
    save_part(task.output, told)


def read_steps(
    plan: Plan, handles: Mapping[str, Handle], steps: IntArray
) -> tuple[list[dict[str, Spectrum]], list[Reasons]]:
    """Spectra of steps, without those that are left out; and why these are.

    Raises
    ------
    ArchiveError
        The archive cannot be read any more.
    """
    return good_spectra(plan, {r: handle.read() for r, handle in handles.items()}, steps)


def good_spectra(
    plan: Plan, series: Mapping[str, Series], steps: IntArray
) -> tuple[list[dict[str, Spectrum]], list[Reasons]]:
    """As ``read_steps``, of series that have been read; keys are the regions of the plan."""
    reasons = list(reasons_of(plan, series, steps))
    pairs = zip(steps, reasons, strict=True)
    return [_spectra(series, int(step), without) for step, without in pairs], reasons


def write_failed(task: ChunkTask, message: str) -> None:
    """Put down a chunk that could not be worked on at all: every step failed, and why."""
    table = model_of(task.plan)
    if task.round_name == "shared":
        leave_out(task, table)
        return
    save_part(task.output, [_failed(table, message) for _ in task.steps])


@lru_cache(maxsize=2)
def model_of(plan: str) -> ModelTable:
    """The model of a plan (JSON text); built once in a process, however many chunks it gets."""
    return build_model(Plan.from_data(json.loads(plan)))


def _failed(table: ModelTable, message: str) -> StepResult:
    regions, size = len(table.regions), len(table.free)
    nothing = np.full(size, np.nan)
    return StepResult(
        np.full(len(table.parameters), np.nan),
        np.full((size, size), np.nan),
        nothing,
        nothing,
        nothing,
        nothing,
        np.zeros(size, dtype=bool),
        np.full(regions, int(FitStatus.FAILED)),
        np.full(regions, np.nan),
        np.full(regions, np.nan),
        ("",) * regions,
        (message,) * regions,
        ("",) * regions,
        np.zeros(regions, dtype=np.int64),
        np.full(regions, np.nan),
    )


def _spectra(series: Mapping[str, Series], step: int, without: Reasons) -> dict[str, Spectrum]:
    found = {}
    for region, rows in series.items():
        place = np.flatnonzero(rows.steps == step)
        if len(place) and region not in without:
            found[region] = rows.spectrum(int(place[0]))
    return found


def _needed(path: Path | None) -> list[StepResult]:
    if path is None:
        return []
    steps = load_part(path)
    if steps is None:
        raise ArchiveError(path, "", "a finished chunk is gone or damaged; run again")
    return steps
