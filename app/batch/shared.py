"""Rounds around parameters that the steps of a sample share: sums of all chunks between them.

After a round the sums of its chunks, in their order, move the shared parameters; what comes of it
is one small file a sample (its course), so that a chunk of the next round reads that and its own
part only. Its file is written last: a round that has one is done, and older parts can go.
"""

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from operator import add
from pathlib import Path

import numpy as np

from app.batch.arrays import flat, load_arrays, save_arrays, unflat
from app.batch.job import ChunkTask, Job, SampleJob, SharedTask, tasks_of_round
from app.batch.parts import load_part, read_whole
from fitting.arrays import BoolArray, FloatArray
from fitting.build import build_model
from fitting.engines.shared import Course, Sums, Verdict, finish
from fitting.errors import ArchiveError
from fitting.model import ModelTable
from fitting.monitor import Monitor
from fitting.result import StepResult
from fitting.seriesfit import CHUNK
from fitting.sharedchunk import SharedChunk
from fitting.sharing import Drift, shared_places
from fitting.spectrum import Spectrum
from fitting.standing import (
    Standing,
    back,
    begin,
    cut_again,
    errors_of,
    first_standing,
    go_on,
    sharing_of,
    sharing_with,
    still_going,
    without_answer,
)


def is_shared(job: Job, round_number: int) -> bool:
    """Whether a round goes around shared parameters."""
    return job.rounds[round_number] in ("shared", "settle")


def first_round(job: Job) -> int | None:
    """The first such round, or None."""
    return next((n for n in range(len(job.rounds)) if is_shared(job, n)), None)


def positions_of(sample: SampleJob, axis: str) -> FloatArray:
    """(K,) of the steps along an axis: mean of the regions, straight lines across gaps.

    Without that column anywhere the axis is the step number.

    Raises
    ------
    ArchiveError
        The input cannot be read any more.
    """
    total, count = np.zeros(len(sample.steps)), np.zeros(len(sample.steps))
    for chunk in range(sample.chunks):
        steps = sample.chunk_steps(chunk)
        for handle in sample.handles.values():
            own = handle.at(steps)
            if axis not in own.columns or not len(own.steps):
                continue
            values = own.read().columns[axis]
            place = np.searchsorted(sample.steps, own.steps)
            total[place] += np.nan_to_num(values)
            count[place] += np.isfinite(values)
    known, number = count > 0, sample.steps.astype(float)
    if not known.any():
        return number
    return np.asarray(np.interp(number, number[known], total[known] / count[known]))


def tasks_of(job: Job, round_number: int) -> Sequence[ChunkTask]:
    """All chunks of one round that have work, in order.

    Samples whose shared parameters stand already have none until the end.
    """
    if not is_shared(job, round_number):
        return tasks_of_round(job, round_number)
    first = first_round(job)
    assert first is not None
    plain = tasks_of_round(job, first)
    found = []
    for s in range(len(job.samples)):
        last = _last_round(job, s, round_number)
        if last is None:
            continue
        position = _stored_positions(job, s)
        own = [task for task in plain if task.number == s]
        for chunk, task in enumerate(own):
            rows = slice(chunk * CHUNK, chunk * CHUNK + len(task.steps))
            standing = job.part(s, last, chunk) if last >= first else None
            course = job.course(s, round_number - 1)
            shared = SharedTask(position[rows], course, standing)
            name, output = job.rounds[round_number], job.part(s, round_number, chunk)
            found.append(replace(task, round_name=name, output=output, shared=shared))
    return found


def _last_round(job: Job, sample: int, round_number: int) -> int | None:
    """The round whose parts a round builds on; None: there is nothing left to do in this one."""
    stored = load_arrays(job.course(sample, round_number - 1))
    if stored is None:
        return round_number - 1
    if job.rounds[round_number] == "shared" and not still_going(_courses(stored)):
        return None
    return int(stored["last"])


def _stored_positions(job: Job, sample: int) -> FloatArray:
    stored = load_arrays(job.positions(sample))
    return np.zeros(len(job.samples[sample].steps)) if stored is None else stored["position"]


def is_done(job: Job, task: ChunkTask, round_number: int) -> bool:
    """Whether a chunk need not be worked on: it is finished, or its round was gone over since."""
    if read_whole(task.output) is not None:
        return True
    return task.shared is not None and read_whole(job.course(task.number, round_number)) is not None


def end_round(job: Job, round_number: int, lost: Mapping[int, object]) -> None:
    """Look at what a round has brought, and move the shared parameters before the next one.

    Parameters
    ----------
    lost : samples that are not worked on any more

    Raises
    ------
    ArchiveError
        A part or the input is gone.
    OSError
    """
    after = round_number + 1
    if after >= len(job.rounds) or not is_shared(job, after):
        return
    table = build_model(job.plan)
    for s in range(len(job.samples)):
        if s in lost or load_arrays(job.course(s, round_number)) is not None:
            continue
        if after == first_round(job):
            _begin(job, s, round_number, table)
        else:
            _go_on(job, s, round_number, table)


def _begin(job: Job, s: int, round_number: int, table: ModelTable) -> None:
    sample = job.samples[s]
    position = np.zeros(len(sample.steps))
    if job.plan.series.stiffness is not None:
        position = positions_of(sample, job.plan.series.axis)
    save_arrays(job.positions(s), {"position": position})
    sharing = sharing_of(table, position)
    values, errors, misfit = [], [], []
    for chunk in range(sample.chunks):
        results = _part(job.part(s, round_number, chunk))
        standing = first_standing(sharing, results)
        values.append(standing.free[:, sharing.places])
        errors.append(errors_of(results, sharing.places))
        misfit.append(standing.misfit)
    courses = begin(
        sharing,
        sharing.drift.functions(position),
        np.concatenate(values),
        np.concatenate(errors),
        np.concatenate(misfit),
    )
    _save(job, s, round_number, sharing.drift, courses, round_number)


def _go_on(job: Job, s: int, round_number: int, table: ModelTable) -> None:
    stored = _stored(job.course(s, round_number - 1))
    courses, drift = _courses(stored), unflat(Drift, stored, "drift")
    if not still_going(courses):
        _save(job, s, round_number, drift, courses, int(stored["last"]))
        return
    sharing = sharing_with(table, drift)
    sums: dict[int, list[Sums]] = {}
    says: list[tuple[FloatArray, BoolArray]] = []
    chunks = job.samples[s].chunks
    for chunk in range(chunks):
        part = _stored(job.part(s, round_number, chunk))
        for b, course in courses.items():
            if course.verdict is Verdict.GOING:
                sums.setdefault(b, []).append(unflat(Sums, part, f"sums{b}"))
        says.append((part["after.misfit"], part["after.counted"]))
    total = {b: reduce(add, own) for b, own in sums.items()}
    moved = go_on(sharing, courses, total, says)
    _save(job, s, round_number, drift, moved, round_number)
    for chunk in range(chunks):
        if round_number - 1 >= (first_round(job) or 0):
            job.part(s, round_number - 1, chunk).unlink(missing_ok=True)


def _save(
    job: Job, s: int, round_number: int, drift: Drift, courses: Mapping[int, Course], last: int
) -> None:
    arrays = {"last": last, "blocks": np.array(list(courses), dtype=np.int64)}
    for b, course in courses.items():
        arrays |= flat(course, f"course{b}")
    save_arrays(job.course(s, round_number), arrays | flat(drift, "drift"))


def _courses(stored: Mapping[str, np.ndarray]) -> dict[int, Course]:
    found = {}
    for b in map(int, stored["blocks"]):
        course = unflat(Course, stored, f"course{b}")
        found[b] = replace(course, verdict=Verdict(course.verdict))
    return found


def _stored(path: Path) -> dict[str, np.ndarray]:
    stored = load_arrays(path)
    if stored is None:
        raise ArchiveError(path, "", "a finished chunk is gone or damaged; run again")
    return stored


def _part(path: Path) -> list[StepResult]:
    steps = load_part(path)
    if steps is None:
        raise ArchiveError(path, "", "a finished chunk is gone or damaged; run again")
    return steps


def move_shared(
    task: ChunkTask,
    table: ModelTable,
    spectra: Sequence[Mapping[str, Spectrum]],
    labels: Sequence[str],
) -> None:
    """Move a chunk to where the shared parameters stand, and write its part.

    Raises
    ------
    ArchiveError
        A part it builds on is gone.
    OSError
        The part cannot be written.
    """
    chunk, courses, _ = _chunk_of(task, table, spectra, labels)
    before = chunk.standing
    sums = chunk.advance(courses)
    arrays = flat(before, "before") | flat(chunk.standing, "after")
    for b, own in sums.items():
        arrays |= flat(own, f"sums{b}")
    save_arrays(task.output, arrays)


def leave_out(task: ChunkTask, table: ModelTable) -> None:
    """Put down a chunk that could not be worked on: its steps take no part."""
    nothing: list[dict[str, Spectrum]] = [{} for _ in task.steps]
    move_shared(task, table, nothing, [""] * len(nothing))


def settle_shared(
    task: ChunkTask,
    table: ModelTable,
    spectra: Sequence[Mapping[str, Spectrum]],
    labels: Sequence[str],
    monitor: Monitor,
) -> list[StepResult]:
    """The steps of a chunk where the shared parameters have ended.

    Raises
    ------
    FitCancelled
    ArchiveError
        A part it builds on is gone.
    """
    chunk, courses, earlier = _chunk_of(task, table, spectra, labels)
    sharing = chunk.sharing
    shared = {b: finish(course, *sharing.bounds(b)) for b, course in courses.items()}
    return chunk.finish(shared, earlier, monitor)


def _chunk_of(
    task: ChunkTask,
    table: ModelTable,
    spectra: Sequence[Mapping[str, Spectrum]],
    labels: Sequence[str],
) -> tuple[SharedChunk, dict[int, Course], list[StepResult]]:
    assert task.shared is not None
    assert task.earlier is not None
    stored = _stored(task.shared.course)
    courses, drift = _courses(stored), unflat(Drift, stored, "drift")
    sharing = sharing_with(table, drift)
    earlier = _part(task.earlier)
    if task.shared.standing is None:
        standing = first_standing(sharing, earlier)
    else:
        part = _stored(task.shared.standing)
        before, after = unflat(Standing, part, "before"), unflat(Standing, part, "after")
        standing = back(sharing, before, after, courses)
    if task.round_name == "settle":
        standing = cut_again(sharing, standing)
    if not any(spectra):
        standing = without_answer(standing)
    functions = drift.functions(task.shared.position)
    return SharedChunk(sharing, spectra, labels, functions, standing), courses, earlier


def told_of(job: Job, table: ModelTable, lost: Container[int]) -> list[dict[str, object]]:
    """What became of the shared parameters of each sample, for run.json."""
    first = first_round(job)
    if first is None:
        return []
    found = []
    places = shared_places(table)
    names = [table.parameters[table.free[f]].name for f in places]
    for s, sample in enumerate(job.samples):
        stored = load_arrays(job.course(s, len(job.rounds) - 2))
        if s in lost or stored is None:
            continue
        courses, drift = _courses(stored), unflat(Drift, stored, "drift")
        found.append(
            {
                "sample": sample.sample,
                "parameters": names,
                "settled": all(c.verdict is Verdict.SETTLED for c in courses.values()),
                "rounds": max(c.rounds for c in courses.values()),
                "pieces": drift.pieces,
                "from": drift.low,
                "to": drift.high,
                "left_out": _left_out(job, s, int(stored["last"])),
            }
        )
    return found


def _left_out(job: Job, s: int, last: int) -> list[int]:
    """Numbers of the steps that have an answer and no say in what is shared."""
    sample, found = job.samples[s], []
    for chunk in range(sample.chunks):
        part = load_arrays(job.part(s, last, chunk)) or {}
        if part:
            out = (np.isfinite(part["after.misfit"]) & ~part["after.counted"]).any(axis=1)
            found += sample.chunk_steps(chunk)[out].tolist()
    return found
