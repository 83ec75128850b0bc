"""The batch from end to end, and what may go wrong under it."""

import json
import resource
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.archive.gather import Reading
from app.archive.write import write_archive
from app.batch.fit import Outcome, Running, fit_files
from app.batch.plan_file import load_plan
from app.io import read_file
from fitting.errors import DataError, OutputError, PlanError
from fitting.monitor import Monitor, SilentMonitor
from tests.app.program import (
    PLAN,
    TABLES,
    command,
    counts,
    plan_file,
    run,
    run_apart,
    tables,
    write_matrix,
)

STEPS = 64 + 2
FAST = PLAN.replace("[phases]", '[fit]\nweights = "uniform"\n[phases]')
UNSCREENED = FAST.replace("[series]", "[series]\nscreen = false")
"""With this a spectrum of zeros is fitted, and fails."""


class At:
    """A monitor that does something once when a stage has come this far."""

    def __init__(self, what: str, done: int, do: Callable[[], object]) -> None:
        self._place, self._do, self._now = (what, done), do, ""
        self.fired = False

    def stage(self, what: str) -> None:
        self._now = what

    def report(self, done: int, total: int) -> None:
        if not self.fired and self._now == self._place[0] and done >= self._place[1]:
            self.fired = True
            self._do()

    def cancelled(self) -> bool:
        return False


@pytest.fixture
def archives(tmp_path: Path) -> list[Path]:
    """Two samples in two archives."""
    paths = []
    for seed, sample in enumerate(("cellA", "cellB")):
        matrix = write_matrix(tmp_path / f"{sample}__S 2p.csv", counts(STEPS, seed))
        paths.append(tmp_path / f"{sample}.h5")
        write_archive(paths[-1], read_file(matrix))
    return paths


@pytest.fixture
def fit(tmp_path: Path) -> Callable[..., Outcome]:
    plan = load_plan(plan_file(tmp_path, UNSCREENED))

    def fit_all(
        paths: list[Path], name: str, monitor: Monitor | None = None, *, resume: bool = False
    ) -> Outcome:
        running = Running(resume=resume)
        return fit_files(
            paths, plan, tmp_path / name, Reading(), running, monitor or SilentMonitor()
        )

    return fit_all


def test_an_archive_and_its_vendor_file_give_the_same_numbers(
    archives: list[Path], fit: Callable[..., Outcome], tmp_path: Path
) -> None:
    matrix = tmp_path / "cellA__S 2p.csv"
    assert fit([archives[0]], "archive").complete
    assert fit([matrix], "vendor").complete
    for name, data in tables(tmp_path / "archive").items():
        other = (tmp_path / "vendor" / name).read_bytes()
        assert other.replace(str(matrix).encode(), str(archives[0]).encode()) == data


def test_samples_do_not_touch_each_other(
    archives: list[Path], fit: Callable[..., Outcome], tmp_path: Path
) -> None:
    assert fit(archives, "both").complete
    assert fit(archives[:1], "one").complete
    assert fit(archives[1:], "two").complete
    for name, both in tables(tmp_path / "both").items():
        one, two = ((tmp_path / d / name).read_bytes() for d in ("one", "two"))
        header, _, rest = two.partition(b"\n")
        assert one.startswith(header)
        assert both.startswith(one + rest)
        assert both == one + rest or name == "trends.csv"  # which ends with what differs


def test_an_archive_that_disappears(
    archives: list[Path], fit: Callable[..., Outcome], tmp_path: Path
) -> None:
    assert fit(archives, "whole").complete
    assert fit(archives[:1], "one").complete
    gone = archives[1].with_suffix(".gone")
    for stage, done in (("fitting", STEPS), ("writing", 0)):
        name = f"lost while {stage}"
        monitor = At(stage, done, lambda: archives[1].rename(gone))
        if stage == "writing":
            with pytest.raises(OutputError, match=r"cellB\.h5: no such file.*--resume"):
                fit(archives, name, monitor)
            gone.rename(archives[1])
            assert not (tmp_path / name / "phase_fractions.csv").exists()
        else:
            outcome = fit(archives, name, monitor)
            gone.rename(archives[1])
            assert not outcome.complete
            (problem,) = outcome.summary.problems
            for word in ("'cellB'", "not in the tables", "cellB.h5", "no such file"):
                assert word in problem
            assert tables(tmp_path / name) == tables(tmp_path / "one")
            assert json.loads((tmp_path / name / "run.json").read_text())["complete"] is False
        assert fit(archives, name, resume=True).complete
        assert tables(tmp_path / name) == tables(tmp_path / "whole")


def test_the_only_archive_disappears(
    archives: list[Path], fit: Callable[..., Outcome], tmp_path: Path
) -> None:
    gone = tmp_path / "gone"
    monitor = At("fitting", 64, lambda: archives[0].rename(gone))
    with pytest.raises(OutputError, match=r"cellA\.h5: no such file.*--resume") as caught:
        fit(archives[:1], "out", monitor)
    assert str(caught.value).count("no such file") == 1
    assert len(list((tmp_path / "out" / ".parts").glob("*.npy"))) >= 1
    gone.rename(archives[0])
    assert fit(archives[:1], "out", resume=True).complete
    assert fit(archives[:1], "whole").complete
    assert tables(tmp_path / "out") == tables(tmp_path / "whole")


def test_an_archive_that_is_replaced_by_another(
    archives: list[Path], fit: Callable[..., Outcome]
) -> None:
    other = archives[1].read_bytes()
    monitor = At("fitting", 64, lambda: archives[0].write_bytes(other))
    with pytest.raises(OutputError, match=r"cellA\.h5, .*--resume"):
        fit(archives[:1], "out", monitor)


def test_resume_of_a_finished_job_fits_nothing(
    archives: list[Path], fit: Callable[..., Outcome], tmp_path: Path
) -> None:
    y = counts(STEPS)
    y[:, 5] = 0.0
    bad = write_matrix(tmp_path / "cellC__S 2p.csv", y)
    first = fit([archives[0], bad], "out")
    assert not first.complete
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    again = fit([archives[0], bad], "out", resume=True)
    assert "finished before" in again.warnings[-1]
    assert again.summary == first.summary
    assert not again.complete
    for name in (*TABLES, "result.h5", "run.json"):
        assert (tmp_path / "out" / name).stat().st_mtime_ns == before[name]
    (tmp_path / "out" / "checks.csv").unlink()
    assert "finished before" not in "".join(fit([archives[0], bad], "out", resume=True).warnings)
    assert (tmp_path / "out" / "checks.csv").exists()


def test_the_record(archives: list[Path], tmp_path: Path) -> None:
    import hashlib

    y = counts(3)
    y[:, 1] = 0.0
    matrix = write_matrix(tmp_path / "cellC__S 2p.csv", y)
    (tmp_path / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    plan = load_plan(plan_file(tmp_path, UNSCREENED.replace("[series]", "[series]\nseed = 7")))
    fit_files(
        [archives[0], matrix, tmp_path / "bad.png"],
        plan,
        tmp_path / "out",
        Reading(),
        Running(overrides={"strategy": "chained"}),
        SilentMonitor(),
    )
    record = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))
    for path in (archives[0], matrix):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert record["inputs_sha256"][str(path)] == digest
    assert str(tmp_path / "bad.png") not in record["inputs_sha256"]
    assert record["plan_sha256"] == hashlib.sha256(plan.to_json().encode()).hexdigest()
    assert record["seed"] == 7
    assert record["complete"] is True
    assert {"deconvolyte", "numpy", "scipy", "lmfit"} <= set(record["versions"])
    assert set(record["timings_s"]) == {"read", "fit"}
    assert record["overrides"] == {"strategy": "chained"}
    assert "bad.png" in " ".join(record["notes"])
    assert "cellC, step 1" in " ".join(record["problems"])
    assert sum(record["status_counts"].values()) == STEPS + 3


def test_the_record_says_what_atomic_fractions_take_for_granted(tmp_path: Path) -> None:
    text = FAST.replace("[phases]", "[energy]\nphoton_energy_eV = 1486.6\n[phases]")
    text = text.replace("[fit]", '[fit]\nbasis = ["atomic"]')
    plan = load_plan(plan_file(tmp_path, text))
    files = [write_matrix(tmp_path / "cellA__S 2p.csv", counts(1))]
    fit_files(files, plan, tmp_path / "out", Reading(), Running(), SilentMonitor())
    notes = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))["notes"]
    assert [note for note in notes if note.startswith("S 2p: mean free path left out")]


def test_everything_that_was_said_is_on_record(tmp_path: Path) -> None:
    from app.io import ReadOptions

    matrix = write_matrix(tmp_path / "cellA__S 2p.csv", counts(2))
    steps = tmp_path / "steps.csv"
    steps.write_text("step,charge_uAh_cm2\n0,5\n1,6\n", "utf-8")
    reading = Reading(ReadOptions(sample="renamed"), steps=steps)
    plan = load_plan(plan_file(tmp_path, FAST))
    fit_files([matrix], plan, tmp_path / "out", reading, Running(), SilentMonitor())
    record = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))
    assert record["overrides"] == {"sample": "renamed", "steps": str(steps)}
    assert str(steps) in record["inputs_sha256"]
    assert b",renamed,S 2p,XPS,1,6," in (tmp_path / "out" / "phase_fractions.csv").read_bytes()


def test_nothing_is_left_where_nothing_could_be_fitted(
    fit: Callable[..., Outcome], tmp_path: Path
) -> None:
    other = write_matrix(tmp_path / "cellA__O 1s.csv", counts(2))
    with pytest.raises(DataError):
        fit([other], "out")
    assert not (tmp_path / "out").exists()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep")
    with pytest.raises(DataError):
        fit([other], "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]


def test_a_result_is_no_place_for_its_own_input(
    archives: list[Path], fit: Callable[..., Outcome], tmp_path: Path
) -> None:
    assert fit(archives[:1], "out").complete
    before = (tmp_path / "out" / "result.h5").read_bytes()
    with pytest.raises(PlanError, match="would replace the input"):
        fit([tmp_path / "out" / "result.h5"], "out")
    assert (tmp_path / "out" / "result.h5").read_bytes() == before


@pytest.mark.parametrize("limit", [0, 3000, 60_000])
def test_a_disk_that_is_full(limit: int, archives: list[Path], tmp_path: Path) -> None:
    """No file may grow beyond the limit: that of a part, that of a table, that of nothing."""
    plan_file(tmp_path, FAST)
    words = ("fit", archives[0].name, "--plan", "plan.toml", "-o", "out")
    ended = subprocess.run(
        command(*words),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    lines = ended.stderr.splitlines()
    assert "Traceback" not in ended.stderr
    assert len([line for line in lines if line.startswith("deconvolyte")]) == 1, ended.stderr
    assert "cannot be written" in lines[-1]
    assert "File too large" in lines[-1]
    assert ended.returncode == (2 if limit == 0 else 1)
    assert not list((tmp_path / "out").glob("*.csv"))
    kept = list((tmp_path / "out" / ".parts").glob("*.npy"))
    assert bool(kept) == (limit > 3000)
    again = run(tmp_path, *words, "--resume")
    assert again.status == 0, again.err


def test_libraries_say_nothing(tmp_path: Path) -> None:
    """Overflow in a fit is a matter of status, not of a warning on the screen."""
    y = counts(2)
    y[:, 1] = np.where(np.arange(len(y)) % 2, 1e300, 0.0)
    write_matrix(tmp_path / "cellA__S 2p.csv", y)
    plan_file(tmp_path, PLAN)
    said = run_apart(tmp_path, "fit", "cellA__S 2p.csv", "--plan", "plan.toml", "-o", "out")
    assert said.status in (0, 1)
    known = ("deconvolyte: cellA, step 1", "deconvolyte: checks.csv, ")
    assert all(line.startswith(known) for line in said.complaints), said.err
