"""Strategy ``shared`` as a job: any number of workers, stopped and resumed, one answer."""

import json
from pathlib import Path

import numpy as np
import pytest

from app.batch import run as running
from app.batch.arrays import flat, load_arrays, save_arrays, unflat
from app.batch.job import Job
from fitting.engines.shared import Sums
from fitting.errors import FitCancelled
from tests.app.program import counts, plan_file, run, tables, write_matrix

STEPS = 2 * 64 + 9
PLAN = """
format = 1
[series]
strategy = "shared"
shared = ["fwhm"]
axis = "charge_uAh_cm2"
{more}
[phases]
A = {{}}
B = {{}}
[[regions]]
name = "S 2p"
window = [158.5, 165.5]
background = {{kind="constant"}}
defaults = {{shape="gaussian"}}
components = [
 {{id="a", phase="A", center=161.5, fwhm={{value=1.3, min=0.6, max=2.5}}}},
 {{id="b", phase="B", center="a.center + 2.0", fwhm="a.fwhm"}},
]
"""
FIT = ("fit", "cellA__S 2p.csv", "--plan", "plan.toml", "-o")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Spectra of three chunks, a plan, and in ``whole`` a run never stopped."""
    folder = tmp_path_factory.mktemp("shared")
    write_matrix(folder / "cellA__S 2p.csv", counts(STEPS))
    plan_file(folder, PLAN.format(more=""))
    said = run(folder, *FIT, "whole")
    assert said.status == 0, said.err
    return folder


def widths(output: Path) -> np.ndarray:
    rows = (output / "parameters.csv").read_text().splitlines()
    head = rows[0].split(",")
    found = [dict(zip(head, row.split(","), strict=True)) for row in rows[1:]]
    return np.array(
        [[float(r["value"]), float(r["stderr"])] for r in found if r["parameter"] == "fwhm"]
    )[::2]


def test_one_width_for_all_steps(folder: Path) -> None:
    found = widths(folder / "whole")
    assert len(found) == STEPS
    assert np.ptp(found[:, 0]) == 0.0
    assert np.ptp(found[:, 1]) == 0.0
    record = json.loads((folder / "whole" / "run.json").read_text())
    (told,) = record["shared"]
    assert told["sample"] == "cellA"
    assert told["parameters"] == ["a.fwhm"]
    assert told["settled"] is True
    assert told["pieces"] == 0
    assert told["left_out"] == []
    assert 1 <= told["rounds"] <= 10


def test_two_workers_give_the_same_bytes(folder: Path) -> None:
    said = run(folder, *FIT, "two", "--workers", "2")
    assert said.status == 0, said.err
    assert tables(folder / "two") == tables(folder / "whole")


def test_a_stopped_run_ends_in_the_same_bytes(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped between two rounds and inside one."""
    real, seen = running.end_round, []

    def stop(job: Job, number: int, lost: dict[int, object]) -> None:
        seen.append(number)
        if len(seen) == 4:
            raise FitCancelled
        real(job, number, lost)
        if len(seen) == 2:
            raise FitCancelled

    monkeypatch.chdir(folder)
    monkeypatch.setattr(running, "end_round", stop)
    from app.main import main

    words = ["fit", "cellA__S 2p.csv", "--plan", "plan.toml", "-o", "stopped"]
    assert main(words) == 130
    assert main([*words, "--resume"]) == 130
    kept = sorted((folder / "stopped" / ".parts").glob("*.npy"))
    assert kept
    kept[-1].write_bytes(b"torn")
    monkeypatch.undo()
    assert run(folder, *FIT, "stopped", "--resume").status == 0
    assert tables(folder / "stopped") == tables(folder / "whole")
    assert not list((folder / "stopped" / ".parts").glob("*.npy"))


def test_a_drift_goes_along_the_axis(folder: Path) -> None:
    plan_file(folder, PLAN.format(more="stiffness = 20.0"))
    said = run(folder, *FIT, "drifting")
    plan_file(folder, PLAN.format(more=""))
    assert said.status == 0, said.err
    found = widths(folder / "drifting")[:, 0]
    bends = np.abs(np.diff(found, n=2))
    assert 0.0 < np.ptp(found)
    assert bends.max() < 0.02 * np.ptp(found)
    (told,) = json.loads((folder / "drifting" / "run.json").read_text())["shared"]
    assert told["pieces"] >= 1


def test_a_plan_that_shares_nothing_is_refused(folder: Path) -> None:
    plan_file(folder, PLAN.format(more="").replace('shared = ["fwhm"]', ""))
    said = run(folder, *FIT, "nothing")
    plan_file(folder, PLAN.format(more=""))
    assert said.status == 2
    assert "series.shared" in said.sentence()


def test_another_strategy_forgets_what_is_shared(folder: Path) -> None:
    assert run(folder, *FIT, "alone", "--strategy", "independent").status == 0
    assert run(folder, *FIT, "alone", "--strategy", "independent", "--resume").status == 0
    assert np.ptp(widths(folder / "alone")[:, 0]) > 0.0


def test_arrays_come_back_as_they_went(tmp_path: Path) -> None:
    sums = Sums(np.eye(2), np.ones(2), np.eye(2), 1.5, 2.5, 30, 4, 0.5, True)
    save_arrays(tmp_path / "a.npy", flat(sums, "own"))
    stored = load_arrays(tmp_path / "a.npy")
    assert stored is not None
    found = unflat(Sums, stored, "own")
    assert flat(found, "x").keys() == flat(sums, "x").keys()
    assert (found.turn, found.points, found.absolute) == (1.5, 30, True)
    assert load_arrays(tmp_path / "b.npy") is None
    (tmp_path / "a.npy").write_bytes((tmp_path / "a.npy").read_bytes()[:-3])
    assert load_arrays(tmp_path / "a.npy") is None
