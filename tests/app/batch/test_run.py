"""Runs that are interrupted, killed, or lose a worker end in the same bytes."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from app.cli.progress import ConsoleMonitor
from tests.app.program import (
    PLAN,
    TABLES,
    call,
    counts,
    plan_file,
    run,
    start,
    tables,
    write_matrix,
)

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")

STEPS = 3 * 64 + 5
FIT = ("fit", "cellA__S 2p.csv", "--plan", "plan.toml", "-o")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Spectra of four chunks in two rounds, a plan, and in ``whole`` a run never stopped."""
    folder = tmp_path_factory.mktemp("runs")
    write_matrix(folder / "cellA__S 2p.csv", counts(STEPS))
    plan_file(folder, PLAN.replace("[phases]", '[fit]\nweights = "uniform"\n[phases]'))
    said = run(folder, *FIT, "whole")
    assert said.status == 0
    return folder


def parts(output: Path) -> list[Path]:
    return sorted((output / ".parts").glob("*.npy"))


def wait_for_parts(process: subprocess.Popen[str], output: Path, count: int) -> None:
    """Until so many chunks are finished; the run must not have ended before."""
    end = time.monotonic() + 300.0
    while len(parts(output)) < count:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.005)


def resumed(folder: Path, name: str) -> None:
    """Go on from what is there; the tables must be those of the whole run."""
    kept = {part: part.stat().st_mtime_ns for part in parts(folder / name)}
    said = run(folder, *FIT, name, "--resume")
    assert said.status == 0, said.err
    assert tables(folder / name) == tables(folder / "whole")
    assert kept
    assert parts(folder / name) == []
    assert sorted(path.name for path in (folder / name).iterdir()) == sorted(
        [*TABLES, ".parts", "result.h5", "run.json"]
    )


@pytest.mark.parametrize(("number", "workers"), [(signal.SIGTERM, "1"), (signal.SIGINT, "2")])
def test_stopped_and_resumed(folder: Path, number: signal.Signals, workers: str) -> None:
    """SIGINT goes to the whole group, as a terminal sends it; workers must not complain."""
    name = f"stopped{workers}"
    process = start(folder, *FIT, name, "--workers", workers)
    wait_for_parts(process, folder / name, 2)
    os.killpg(process.pid, number)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 130, err
    assert out == ""
    assert "stopping" in err
    last = re.fullmatch(
        r"deconvolyte: interrupted; (\d+) of (\d+) chunks are kept; "
        r"the same command with --resume goes on",
        err.splitlines()[-1],
    )
    assert last is not None, err
    assert int(last[1]) == len(parts(folder / name)) < int(last[2])
    assert "Traceback" not in err
    assert len(parts(folder / name)) >= 2
    assert not (folder / name / "phase_fractions.csv").exists()
    resumed(folder, name)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds workers by /proc")
def test_ctrl_c_while_workers_start(folder: Path) -> None:
    process = start(folder, *FIT, "early", "--workers", "2")
    end = time.monotonic() + 300.0
    while not children(process.pid):
        assert time.monotonic() < end
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=300)
    assert (process.returncode, out) == (130, "")
    assert [line for line in err.splitlines() if line] == [
        "deconvolyte: stopping; once more to stop at once",
        "deconvolyte: interrupted; no chunk was finished, nothing is kept",
    ]


def test_stopped_while_reading(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setattr(ConsoleMonitor, "cancelled", lambda monitor: True)
    said = call(capsys, *FIT, "reading")
    assert (said.status, said.out) == (130, "")
    assert said.sentence() == (
        "deconvolyte: interrupted; nothing was fitted yet, nothing of this run is kept"
    )
    assert not (folder / "reading").exists()


def test_ctrl_c_twice_stops_at_once(folder: Path) -> None:
    process = start(folder, *FIT, "twice")
    wait_for_parts(process, folder / "twice", 1)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=300)
    assert process.returncode == 130
    assert "Traceback" not in err


@pytest.mark.parametrize("seed", range(2))
def test_killed_at_some_moment(folder: Path, seed: int) -> None:
    name = f"killed{seed}"
    random = np.random.default_rng(seed)
    process = start(folder, *FIT, name, "--workers", str(1 + seed))
    wait_for_parts(process, folder / name, int(random.integers(1, 7)))
    time.sleep(float(random.uniform(0.0, 0.2)))
    workers = children(process.pid)
    process.kill()
    process.communicate(timeout=300)
    assert process.returncode == -signal.SIGKILL
    wait_for_end(workers)  # nobody goes on in the folder
    if seed == 0:  # a disk may lose what was written last
        first = parts(folder / name)[0]
        first.write_bytes(first.read_bytes()[:-40])
    resumed(folder, name)


DIES_WRITING = """
import os, signal, sys
from app.batch.csv_file import CsvFile
from app.main import main

CsvFile.finish = lambda table: os.kill(os.getpid(), signal.SIGKILL)
sys.exit(main(sys.argv[1:]))
"""


def test_killed_while_writing(folder: Path) -> None:
    command = [sys.executable, "-c", DIES_WRITING, *FIT, "late"]
    ended = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert (folder / "late" / ".phase_fractions.csv.part").exists()
    assert len(parts(folder / "late")) == 12
    resumed(folder, "late")


def children(pid: int) -> list[int]:
    """Worker processes of a program, by /proc."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
            line = (entry.parent / "cmdline").read_text()
        except OSError:
            continue
        if int(fields[1]) == pid and "spawn_main" in line:
            found.append(int(entry.parent.name))
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds workers by /proc")
def test_a_worker_that_dies(folder: Path) -> None:
    process = start(folder, *FIT, "lost", "--workers", "2")
    wait_for_parts(process, folder / "lost", 1)
    victim = children(process.pid)[0]
    os.kill(victim, signal.SIGKILL)
    _, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    assert "a worker process died" in err
    assert "Traceback" not in err
    assert tables(folder / "lost") == tables(folder / "whole")


def wait_for_end(pids: list[int]) -> None:
    end = time.monotonic() + 300.0
    while any(alive(pid) for pid in pids):
        assert time.monotonic() < end
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
