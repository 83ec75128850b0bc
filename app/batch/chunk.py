"""The work of one process: read a chunk, run a round on it, write its part."""

from pathlib import Path

import numpy as np

from app.archive.read import SeriesHandle
from app.batch.job import ChunkTask
from app.batch.parts import load_part, save_part
from fitting.arrays import IntArray
from fitting.build import build_model
from fitting.errors import ArchiveError
from fitting.model import ModelTable
from fitting.monitor import Monitor
from fitting.result import FitStatus, StepResult
from fitting.series import Series
from fitting.seriesfit import run_round
from fitting.spectrum import Spectrum


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

    table = build_model(task.plan)
    series = {region: _rows(handle, task.steps) for region, handle in task.handles.items()}
    labels = [f"{task.sample}, step {step}" for step in task.steps]
    spectra = [_spectra(series, int(step)) for step in task.steps]
    with threadpool_limits(limits=1):
        results = run_round(
            task.round_name,
            table,
            spectra,
            labels,
            _needed(task.earlier),
            _needed(task.before)[-1] if task.before is not None else None,
            monitor,
        )
    save_part(task.output, results)


def write_failed(task: ChunkTask, message: str) -> None:
    """Put down a chunk that could not be worked on at all: every step failed, and why."""
    table = build_model(task.plan)
    save_part(task.output, [_failed(table, message) for _ in task.steps])


def _failed(table: ModelTable, message: str) -> StepResult:
    regions, size = len(table.regions), len(table.free)
    return StepResult(
        np.full(len(table.parameters), np.nan),
        np.full((size, size), np.nan),
        np.full(size, np.nan),
        np.zeros(size, dtype=bool),
        np.full(regions, int(FitStatus.FAILED)),
        np.full(regions, np.nan),
        np.full(regions, np.nan),
        ("",) * regions,
        (message,) * regions,
    )


def _rows(handle: SeriesHandle, steps: IntArray) -> Series:
    first = int(np.searchsorted(handle.steps, steps[0]))
    last = int(np.searchsorted(handle.steps, steps[-1], side="right"))
    return handle.rows(first, last)


def _spectra(series: dict[str, Series], step: int) -> dict[str, Spectrum]:
    found = {}
    for region, rows in series.items():
        place = np.flatnonzero(rows.steps == step)
        if len(place):
            found[region] = rows.spectrum(int(place[0]))
    return found


def _needed(path: Path | None) -> list[StepResult]:
    if path is None:
        return []
    steps = load_part(path)
    if steps is None:
        raise ArchiveError(path, "", "a finished chunk is gone or damaged; run again")
    return steps
