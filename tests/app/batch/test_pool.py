import csv
import os
from pathlib import Path

import pytest

from app.archive.gather import Reading
from app.batch import pool
from app.batch.fit import Running, fit_files
from app.batch.job import ChunkTask
from app.batch.plan_file import load_plan
from fitting.monitor import Monitor, SilentMonitor
from tests.app.batch.deadly import deadly_work
from tests.app.program import PLAN, counts, plan_file, write_matrix

STEPS = 64 + 3


def statuses(output: Path) -> list[str]:
    with (output / "phase_fractions.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["phase"] == "A"]
    assert [row["step"] for row in rows] == [str(step) for step in range(STEPS)]
    return [row["status"] for row in rows]


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_chunk_that_kills_its_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spectra = write_matrix(tmp_path / "cellA__S 2p.csv", counts(STEPS))
    plan = load_plan(plan_file(tmp_path, PLAN.replace("chained", "independent")))
    monkeypatch.setattr(pool, "_work", deadly_work)
    outcome = fit_files(
        [spectra], plan, tmp_path / "out", Reading(), Running(workers=2), SilentMonitor()
    )
    assert not outcome.complete
    assert outcome.summary.counts["failed"] == 3
    assert "cellA, step 64, S 2p: failed: the worker process died" in outcome.summary.problems[0]
    found = statuses(tmp_path / "out")
    assert set(found[:64]) <= {"converged", "at_bound"}
    assert found[64:] == ["failed"] * 3


@pytest.mark.parametrize("problem", [ZeroDivisionError("by zero"), MemoryError()])
def test_a_fit_that_breaks_down_is_failed_and_others_go_on(
    problem: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_chunk(task: ChunkTask, monitor: Monitor) -> None:
        if task.steps[0] == 64:
            raise problem
        original(task, monitor)

    original = pool.run_chunk
    monkeypatch.setattr(pool, "run_chunk", run_chunk)
    spectra = write_matrix(tmp_path / "cellA__S 2p.csv", counts(STEPS))
    plan = load_plan(plan_file(tmp_path))
    outcome = fit_files([spectra], plan, tmp_path / "out", Reading(), Running(), SilentMonitor())
    assert statuses(tmp_path / "out")[64:] == ["failed"] * 3
    assert type(problem).__name__ in outcome.summary.problems[0]
    assert outcome.summary.counts["failed"] == 3
