import json
from pathlib import Path

import pytest

from app.batch.folder import (
    clear_parts,
    finished,
    job_in,
    left_as_found,
    make_folder,
    prepare_folder,
    refuse_inputs_as_outputs,
    write_json,
)
from app.batch.job import Job
from app.batch.trouble import Trouble
from fitting.errors import PlanError
from fitting.plan import Plan
from tests.app.program import PLAN, TABLES


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(Plan.from_toml(PLAN), (), {"a.h5": "aa"}, {"numpy": "2"}, tmp_path / "out")


def other(job: Job) -> Job:
    plan = Plan.from_toml(PLAN.replace("158.5", "158.6"))
    return Job(plan, (), {"a.h5": "ab"}, {"numpy": "3"}, job.folder)


def test_a_claim(job: Job) -> None:
    assert job_in(job.folder) is None
    prepare_folder(job, resume=False)
    assert job_in(job.folder) == job.hash
    prepare_folder(job, resume=True)
    with pytest.raises(PlanError, match=r"\(different plan and inputs and versions\)"):
        prepare_folder(other(job), resume=True)
    assert job_in(job.folder) == job.hash


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"x"', "\x00"])
def test_a_claim_that_cannot_be_read_is_none(text: str, job: Job) -> None:
    prepare_folder(job, resume=False)
    (job.parts / "job.json").write_text(text, "utf-8")
    assert job_in(job.folder) is None
    assert finished(job) is None
    prepare_folder(job, resume=True)


def test_a_claim_of_an_older_version_is_refused(job: Job) -> None:
    prepare_folder(job, resume=False)
    (job.parts / "job.json").write_text('{"hash": "old"}', "utf-8")
    with pytest.raises(PlanError, match=r"another job \(different program\)"):
        prepare_folder(job, resume=True)


def test_parts_are_kept_to_resume_and_only_then(job: Job) -> None:
    prepare_folder(job, resume=False)
    part, draft = job.parts / "0000-0.npy", job.parts / ".0000-0.npy.7.part"
    table = job.folder / ".phase_fractions.csv.part"
    result = job.folder / ".result.h5.abc.part"
    mine = job.folder / ".mine.part"
    for path in (part, draft, table, result, mine):
        path.write_bytes(b"")
    prepare_folder(job, resume=True)
    assert part.exists()
    assert mine.exists()
    assert not any(path.exists() for path in (draft, table, result))
    prepare_folder(job, resume=False)
    assert not part.exists()


def complete(job: Job, changes: dict[str, object] | None = None) -> None:
    prepare_folder(job, resume=False)
    for name in (*TABLES, "result.h5"):
        (job.folder / name).write_bytes(b"")
    record = {
        "job": job.hash,
        "complete": True,
        "status_counts": {"failed": 1},
        "problems": ["why"],
        "at_bound_absent_only": 2,
        "checks": [{"check": "correlation", "count": 3, "first": "here"}],
        **(changes or {}),
    }
    write_json(job.folder / "run.json", record)


def test_a_finished_job(job: Job) -> None:
    complete(job)
    found = finished(job)
    assert found is not None
    assert (found.counts, found.problems) == ({"failed": 1}, ("why",))
    assert (found.absent_only, found.troubles) == (2, (Trouble("correlation", 3, "here"),))
    for name in (*TABLES, "result.h5"):
        (job.folder / name).rename(job.folder / "away")
        assert finished(job) is None
        (job.folder / "away").rename(job.folder / name)
    assert finished(other(job)) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"complete": False},
        {"complete": None},
        {"job": "another"},
        {"status_counts": None},
        {"status_counts": {"failed": "many"}},
        {"problems": None},
        {"checks": [{"check": "correlation"}]},
        {"at_bound_absent_only": None},
    ],
    ids=str,
)
def test_a_job_that_is_not_finished(changes: dict[str, object], job: Job) -> None:
    complete(job, changes)
    assert finished(job) is None


def test_clearing_keeps_the_claim(job: Job) -> None:
    prepare_folder(job, resume=False)
    (job.parts / "0000-0.npy").write_bytes(b"")
    (job.parts / "inputs").mkdir()
    clear_parts(job)
    assert [path.name for path in job.parts.iterdir()] == ["job.json"]
    assert job_in(job.folder) == job.hash


def test_folders(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "b"):
        with pytest.raises(PlanError, match="is a file or lies in one"):
            make_folder(path)
    with pytest.raises(PlanError, match="cannot be made"):
        make_folder(Path("nul\0byte"))


def break_off(folder: Path) -> None:
    with left_as_found(folder):
        (folder / ".parts" / "inputs").mkdir(parents=True, exist_ok=True)
        (folder / ".parts" / "inputs" / "ours.h5").write_text("ours")
        raise KeyboardInterrupt


def test_a_folder_is_left_as_it_was_found(tmp_path: Path) -> None:
    new, old = tmp_path / "new", tmp_path / "old"
    inputs = old / ".parts" / "inputs"
    inputs.mkdir(parents=True)
    (inputs / "theirs.h5").write_text("theirs")
    for folder in (new, old):
        with pytest.raises(KeyboardInterrupt):
            break_off(folder)
    assert not new.exists()
    assert [path.name for path in inputs.iterdir()] == ["theirs.h5"]
    with left_as_found(new):
        (new / "kept").write_text("")
    assert (new / "kept").exists()


def test_inputs_under_the_names_of_outputs(tmp_path: Path) -> None:
    refuse_inputs_as_outputs(tmp_path, [tmp_path / "a.csv", tmp_path / "sub" / "checks.csv"])
    (tmp_path / "link.csv").symlink_to(tmp_path / "checks.csv")
    for name in (*TABLES, "result.h5", "run.json", "link.csv", "."):
        with pytest.raises(PlanError, match="would replace the input"):
            refuse_inputs_as_outputs(tmp_path, [tmp_path / name])


def test_json_is_whole_or_not_there(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"b": 1, "a": "Å\udcff"})
    assert json.loads(path.read_text("utf-8")) == {"b": 1, "a": "Å\udcff"}
    with pytest.raises(TypeError):
        write_json(path, {"a": object()})
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]
