"""A job: what is fitted with which plan, cut into rounds and chunks, named by its content."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from app.archive.read import SeriesHandle
from app.batch.loaded import LoadedSeries
from fitting.arrays import FloatArray, IntArray
from fitting.plan import Plan
from fitting.seriesfit import CHUNK, Round, rounds_of

PART_FORMAT = 2

SPECTRA = "(spectra as read)"
"""Name, among the inputs, of the archive that spectra of vendor files are put into."""


Handle = SeriesHandle | LoadedSeries
"""A series, on the disk or in memory."""


@dataclass(frozen=True, eq=False)
class SampleJob:
    """The regions of one sample that a plan fits.

    Parameters
    ----------
    sample : name
    handles : region -> its series
    sources : region -> the file it came from, as the user gave it
    """

    sample: str
    handles: Mapping[str, Handle]
    sources: Mapping[str, str]

    @cached_property
    def steps(self) -> IntArray:
        """(K,) numbers of all steps that any region has."""
        return np.unique(np.concatenate([handle.steps for handle in self.handles.values()]))

    @property
    def chunks(self) -> int:
        """How many chunks the steps are cut into."""
        return -(-len(self.steps) // CHUNK)

    def chunk_steps(self, chunk: int) -> IntArray:
        """Step numbers of one chunk."""
        return self.steps[chunk * CHUNK : (chunk + 1) * CHUNK]


@dataclass(frozen=True, eq=False)
class Job:
    """Everything a run depends on.

    Parameters
    ----------
    plan : with all templates resolved
    samples : in the order of the tables
    inputs : file -> SHA-256 of what was read; one that all spectra of vendor files were first
        written into is called ``SPECTRA``
    versions : of the program and of the libraries that compute
    folder : where results go
    """

    plan: Plan
    samples: tuple[SampleJob, ...]
    inputs: Mapping[str, str]
    versions: Mapping[str, str]
    folder: Path

    @cached_property
    def hash(self) -> str:
        """Name of the job: the same inputs, plan and versions give the same one."""
        return _digest({"part_format": PART_FORMAT, **self.about})

    @cached_property
    def about(self) -> Mapping[str, str]:
        """What the hash is made of, to say what differs between two jobs."""
        return {
            "plan": _digest(self.plan.to_json()),
            "inputs": _digest(
                [
                    sorted(self.inputs.values()),
                    [[s.sample, sorted(s.handles)] for s in self.samples],
                ]
            ),
            "versions": _digest(dict(self.versions)),
        }

    @property
    def rounds(self) -> tuple[Round, ...]:
        """Rounds of the plan's strategy."""
        return rounds_of(self.plan)

    @property
    def parts(self) -> Path:
        """Folder of finished chunks."""
        return self.folder / ".parts"

    def part(self, sample: int, round_number: int, chunk: int) -> Path:
        """File of one finished chunk."""
        key, name = f"{sample}/{round_number}/{chunk}", f"{sample:04d}-{round_number}-{chunk:06d}"
        return self._file(key, name)

    def course(self, sample: int, round_number: int) -> Path:
        """File of what all chunks of a round say together about shared parameters."""
        return self._file(f"{sample}/{round_number}/course", f"{sample:04d}-{round_number}-course")

    def positions(self, sample: int) -> Path:
        """File of where the steps of a sample stand along the axis of the plan."""
        return self._file(f"{sample}/positions", f"{sample:04d}-positions")

    def _file(self, key: str, name: str) -> Path:
        digest = hashlib.sha256(f"{self.hash}/{key}".encode()).hexdigest()[:16]
        return self.parts / f"{name}-{digest}.npy"

    @property
    def spectra_steps(self) -> int:
        """Number of steps over all samples."""
        return sum(len(sample.steps) for sample in self.samples)


@dataclass(frozen=True, eq=False)
class SharedTask:
    """What a chunk needs beside its spectra where steps share parameters.

    Parameters
    ----------
    position : (n,) of its steps along the axis of the plan
    course : where the shared parameters stand
    standing : part of the same chunk from the round before, or None in the first
    """

    position: FloatArray
    course: Path
    standing: Path | None


@dataclass(frozen=True, eq=False)
class ChunkTask:
    """One chunk of one round: small, picklable, the same whoever runs it.

    Parameters
    ----------
    plan : what is fitted, as JSON
    number, sample : whose steps
    handles : region -> the spectra of these steps
    steps : (n,) their numbers
    round_name : what is done with them
    earlier : part of the same chunk from the round before, or None; in rounds around shared
        parameters from the last one before those
    before, after : parts of the chunks on both sides from the round before, or None
    place : number of the sample, the round and the chunk
    output : where the result goes
    shared : in rounds around shared parameters, else None
    seed : of the plan, the sample, the round and the chunk
    """

    plan: str
    number: int
    sample: str
    handles: Mapping[str, Handle]
    steps: IntArray
    round_name: Round
    earlier: Path | None
    before: Path | None
    after: Path | None
    place: tuple[int, int, int]
    output: Path
    shared: SharedTask | None = None
    seed: tuple[int, ...] = ()


def tasks_of_round(job: Job, round_number: int) -> Sequence[ChunkTask]:
    """All chunks of one round, in order."""
    # in the order of the plan: to_json sorts, and words go by the order of the phases
    plan = json.dumps(job.plan.model_dump(mode="json"))
    tasks = []
    for s, sample in enumerate(job.samples):
        for chunk in range(sample.chunks):
            steps = sample.chunk_steps(chunk)

            def earlier(number: int, s: int = s, chunks: int = sample.chunks) -> Path | None:
                known = round_number > 0 and 0 <= number < chunks
                return job.part(s, round_number - 1, number) if known else None

            tasks.append(
                ChunkTask(
                    plan,
                    s,
                    sample.sample,
                    {region: handle.at(steps) for region, handle in sample.handles.items()},
                    steps,
                    job.rounds[round_number],
                    earlier(chunk),
                    earlier(chunk - 1),
                    earlier(chunk + 1),
                    (s, round_number, chunk),
                    job.part(s, round_number, chunk),
                    seed=(job.plan.series.seed, s, round_number, chunk),
                )
            )
    return tasks


def _digest(content: object) -> str:
    text = json.dumps(content, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
