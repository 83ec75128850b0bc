from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.archive.read import SeriesHandle, open_series
from app.archive.write import write_archive
from app.batch.job import Job, SampleJob, tasks_of_round
from app.io import read_file
from fitting.plan import Plan
from tests.app.program import PLAN, counts, write_matrix

STEPS = 130


@pytest.fixture(scope="module")
def handle(tmp_path_factory: pytest.TempPathFactory) -> SeriesHandle:
    folder = tmp_path_factory.mktemp("job")
    archive = folder / "a.h5"
    write_archive(archive, read_file(write_matrix(folder / "cellA__S 2p.csv", counts(STEPS))))
    return open_series(archive)[0]


@pytest.fixture
def job(handle: SeriesHandle) -> Job:
    samples = tuple(SampleJob(name, {"S 2p": handle}, {"S 2p": "a.h5"}) for name in ("one", "two"))
    inputs = {"a.h5": "aa", "b.h5": "bb"}
    return Job(Plan.from_toml(PLAN), samples, inputs, {"numpy": "2"}, Path("out"))


def test_the_hash_is_what_a_run_depends_on(job: Job) -> None:
    other = Plan.from_toml(PLAN.replace("158.5", "158.6"))
    different = [
        replace(job, plan=other),
        replace(job, inputs={"a.h5": "aa", "b.h5": "cc"}),
        replace(job, inputs={"a.h5": "aa"}),
        replace(job, versions={"numpy": "3"}),
        replace(job, samples=job.samples[::-1]),
    ]
    hashes = [one.hash for one in different]
    assert job.hash not in hashes
    assert len(set(hashes)) == len(hashes)


def test_the_hash_does_not_depend_on_names_and_places(job: Job) -> None:
    moved = replace(job, inputs={"x/b.h5": "bb", "x/a.h5": "aa"}, folder=Path("elsewhere"))
    assert moved.hash == job.hash
    assert replace(job, plan=Plan.from_toml(PLAN)).hash == job.hash


def test_what_is_different_can_be_told(job: Job) -> None:
    other = replace(job, plan=Plan.from_toml(PLAN.replace("158.5", "158.6")))
    assert [name for name in job.about if job.about[name] != other.about[name]] == ["plan"]


def test_chunks_are_64_steps_in_order(job: Job) -> None:
    sample = job.samples[0]
    assert sample.chunks == 3
    chunks = [sample.chunk_steps(chunk) for chunk in range(3)]
    assert [len(steps) for steps in chunks] == [64, 64, 2]
    np.testing.assert_array_equal(np.concatenate(chunks), np.arange(STEPS))
    assert job.spectra_steps == 2 * STEPS


def test_steps_are_those_of_any_region(handle: SeriesHandle) -> None:
    other = replace(handle, steps=np.array([0, 2, 500]))
    sample = SampleJob("one", {"S 2p": replace(handle, steps=np.array([0, 1])), "P 2p": other}, {})
    assert sample.steps.tolist() == [0, 1, 2, 500]


def test_every_part_has_a_name_of_its_own(job: Job) -> None:
    names = [
        job.part(s, number, chunk)
        for s in range(2)
        for number in range(len(job.rounds))
        for chunk in range(3)
    ]
    assert len(set(names)) == len(names)
    assert not set(names) & {replace(job, versions={}).part(0, 0, 0)}


def test_a_round_builds_on_the_round_before(job: Job) -> None:
    first, second = tasks_of_round(job, 0), tasks_of_round(job, 1)
    assert [task.output for task in first] == [job.part(s, 0, c) for s in (0, 1) for c in range(3)]
    assert all(task.earlier is task.before is task.after is None for task in first)
    assert [task.earlier for task in second] == [task.output for task in first]
    assert [task.before for task in second] == [
        None if chunk == 0 else job.part(s, 0, chunk - 1) for s in (0, 1) for chunk in range(3)
    ]
    assert [task.after for task in second] == [
        None if chunk == 2 else job.part(s, 0, chunk + 1) for s in (0, 1) for chunk in range(3)
    ]
    assert [task.place for task in second] == [(s, 1, c) for s in (0, 1) for c in range(3)]
    assert [task.number for task in second] == [0, 0, 0, 1, 1, 1]
    assert [task.round_name for task in (first[0], second[0])] == list(job.rounds[:2])
