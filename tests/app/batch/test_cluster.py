"""A scheduler and two workers on loopback: the same bytes as without, whatever dies."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.archive.gather import Reading
from app.batch import cluster as module
from app.batch.fit import Running, fit_files
from app.batch.plan_file import load_plan
from app.batch.prepare import versions
from fitting.monitor import SilentMonitor
from tests.app.batch.deadly import deadly_work
from tests.app.program import PLAN, call, counts, plan_file, run, start, tables, write_matrix

pytest.importorskip("distributed", reason='needs Dask: pip install "deconvolyte[cluster]"')

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")

STEPS = 2 * 64 + 3
FILE = "cellA__S 2p.csv"
SCHEDULER = ("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0")
WORKER = ("distributed.cli.dask_worker", "--nthreads", "1", "--no-dashboard")
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(Path(__file__).parents[3]),
    "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0",
}
ENDS_WITH_US = """
import os, runpy, sys, threading, time
def watch(parent):
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
threading.Thread(target=watch, args=(os.getppid(),), daemon=True).start()
sys.argv = sys.argv[1:]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""
"""A worker that has lost its scheduler may hang; nobody ends it where a test run is killed."""


@dataclass(frozen=True)
class Cluster:
    address: str
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]]


@contextmanager
def process(*arguments: str, cwd: Path) -> Iterator[subprocess.Popen[bytes]]:
    with (cwd / "log").open("ab") as log:
        made = subprocess.Popen(
            [sys.executable, "-c", ENDS_WITH_US, *arguments],
            cwd=cwd,
            env=ENVIRONMENT,
            stdout=log,
            stderr=log,
        )
    try:
        yield made
    finally:
        made.terminate()
        try:
            made.wait(timeout=20)
        except subprocess.TimeoutExpired:
            made.kill()
            made.wait()


@contextmanager
def cluster(folder: Path, workers: int, *options: str) -> Iterator[Cluster]:
    """Workers work in a folder of their own: relative names would lead them astray."""
    folder.mkdir()
    file = folder / "scheduler.json"
    with ExitStack() as stack:
        scheduler = stack.enter_context(
            process(*SCHEDULER, "--no-dashboard", "--scheduler-file", str(file), cwd=folder)
        )
        wait_for(lambda: file.exists() and file.read_text().endswith("}"))
        address = json.loads(file.read_text())["address"]
        made = [
            stack.enter_context(process(*WORKER, *options, address, cwd=folder))
            for _ in range(workers)
        ]
        wait_for(lambda: (folder / "log").read_text().count("Registered to") >= workers)
        yield Cluster(address, scheduler, made)


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 300.0
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Spectra of three chunks in three rounds, a plan, and in ``whole`` a local run."""
    folder = tmp_path_factory.mktemp("cluster")
    write_matrix(folder / FILE, counts(STEPS))
    plan_file(folder, PLAN.replace("[phases]", '[fit]\nengine = "lmfit"\n[phases]'))
    assert run(folder, *fit("whole")).status == 0
    return folder


def fit(name: str, *more: object) -> tuple[object, ...]:
    return ("fit", FILE, "--plan", "plan.toml", "-o", name, *more)


def parts(output: Path) -> int:
    return len(list((output / ".parts").glob("*.npy")))


def test_a_run_is_stopped_a_worker_killed_then_the_scheduler(folder: Path, tmp_path: Path) -> None:
    with cluster(tmp_path / "c", 2, "--no-nanny") as there:
        running = start(folder, *fit("killed", "--cluster", there.address))
        wait_for(lambda: parts(folder / "killed") >= 1 or running.poll() is not None)
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=300)
        assert running.returncode == 130, err
        assert "with --resume goes on" in err.splitlines()[-1]

        running = start(folder, *fit("killed", "--resume", "--cluster", there.address))
        wait_for(lambda: parts(folder / "killed") >= 4 or running.poll() is not None)
        assert running.poll() is None
        os.kill(there.workers[0].pid, signal.SIGKILL)
        _, err = running.communicate(timeout=300)
        assert running.returncode == 0, err
        assert tables(folder / "killed") == tables(folder / "whole")

        running = start(folder, *fit("lost", "--cluster", there.address))
        wait_for(lambda: parts(folder / "lost") >= 2 or running.poll() is not None)
        there.scheduler.kill()
        _, err = running.communicate(timeout=300)
        assert running.returncode == 1
        assert err.splitlines()[-1] == (
            f"deconvolyte: --cluster {there.address}: the scheduler is gone; "
            "finished chunks are kept, --resume goes on from them"
        )
    assert parts(folder / "lost") >= 2
    assert run(folder, *fit("lost", "--resume")).status == 0
    assert tables(folder / "lost") == tables(folder / "whole")


def test_a_chunk_that_kills_its_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spectra = write_matrix(tmp_path / FILE, counts(64 + 3))
    words = PLAN.replace("chained", "independent")
    plan = load_plan(
        plan_file(tmp_path, words.replace("[phases]", '[fit]\nengine = "lmfit"\n[phases]'))
    )
    monkeypatch.setattr(module, "_work", deadly_work)
    with cluster(tmp_path / "c", 2) as there:
        running = Running(cluster=there.address)
        outcome = fit_files([spectra], plan, tmp_path / "out", Reading(), running, SilentMonitor())
    found = outcome.summary.counts
    assert found["failed"] == 3
    assert found.get("converged", 0) + found.get("at_bound", 0) == 64
    assert "cellA, step 64, S 2p: failed: cluster workers died" in outcome.summary.problems[0]


def test_nobody_there(
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_CONNECT_S", 1)
    arguments = ("fit", folder / FILE, "--plan", folder / "plan.toml", "-o", tmp_path / "out")
    said = call(capsys, *arguments, "--cluster", "tcp://127.0.0.1:1")
    assert said.status == 2
    assert "no Dask scheduler answers there" in said.sentence()
    assert call(capsys, *arguments, "--cluster", "a", "--workers", 2).status == 2
    assert not (tmp_path / "out").exists()


def test_what_a_worker_looks_at(tmp_path: Path) -> None:
    probe, archive = tmp_path / ".probe", tmp_path / "a.h5"
    for path in (probe, archive):
        path.write_bytes(b"1234")
    here = versions()

    def problem(probe: Path, size: int, wanted: dict[str, str]) -> str:
        return module._problem_here(str(probe), {str(archive): size}, wanted)

    assert problem(probe, 4, here) == ""
    assert problem(probe, 4, {**here, "scipy": "0.1"}).endswith(" instead of 0.1")
    assert problem(tmp_path / "other" / ".probe", 4, here).startswith("cannot write to")
    assert problem(probe, 5, here).startswith(f"does not see {archive}")
