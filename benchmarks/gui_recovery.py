"""The window killed at random moments of a scripted run: what is there when it is opened again."""

import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.archive.write import write_archive
from app.session.recovery import left_over
from app.session.store import SUFFIX, open_project
from benchmarks.report import Figure, Report, Settings
from fitting.errors import ReadError
from fitting.monitor import SilentMonitor
from fitting.simulate import simulate

KILLS = 20
MOST_LOST_S = 10.0
MOMENTS_S = (0.5, 17.0)
"""After the first edit; the copy is written every 5 s."""

SAVE_EVERY = 40
"""Edits; every other run also saves its project."""


@dataclass(frozen=True)
class Crash:
    """What one kill cost.

    Parameters
    ----------
    after_s : kill, counted from the first edit
    lost_s : age of the oldest edit that is gone; 0 if none is
    unreadable : files of projects that cannot be read
    """

    after_s: float
    lost_s: float
    unreadable: tuple[str, ...]

    @property
    def survived(self) -> bool:
        """Whether the goal holds for it."""
        return not self.unreadable and self.lost_s <= MOST_LOST_S


def run(settings: Settings) -> Report:
    """Kill the window as often as asked for."""
    kills = settings.rounds or KILLS
    report = Report(
        "Window: recovery",
        f"A scripted run edits the plan ten times a second and is killed (SIGKILL) at {kills} "
        "random moments; every second one also saves its project. Then the copies and the "
        "project are opened.",
    )
    chance = np.random.default_rng(5)
    crashes = []
    for number in range(kills):
        with tempfile.TemporaryDirectory() as folder:
            moment = float(chance.uniform(*MOMENTS_S))
            crashes.append(crash(Path(folder), moment, SAVE_EVERY if number % 2 else 0))
    good = sum(one.survived for one in crashes)
    report.add(
        Figure(
            "killed and reopened, at most 10 s lost, nothing unreadable",
            f"{good} of {kills}",
            f"{kills} of {kills}",
            good == kills,
        )
    )
    report.add(Figure("most lost", f"{max(one.lost_s for one in crashes):.1f} s"))
    report.add(Figure("lost on average", f"{np.mean([one.lost_s for one in crashes]):.1f} s"))
    return report


def crash(folder: Path, after_s: float, save_every: int) -> Crash:
    """Run the script in a folder, kill it, and see what is left."""
    data, project, home = folder / "e1.h5", folder / f"cell{SUFFIX}", folder / "home"
    write_archive(data, simulate("E1", steps=3, counts=1000.0, seed=1).series)
    environment = {
        **os.environ,
        "DECONVOLYTE_HOME": str(home),
        "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen"),
    }
    command = [sys.executable, "-m", "benchmarks.gui_run", str(data), str(project), str(save_every)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    edits: dict[int, float] = {}
    first = threading.Event()
    reader = threading.Thread(target=_listen, args=(process, edits, first))
    reader.start()
    first.wait(timeout=120.0)
    time.sleep(after_s)
    killed = time.time()
    process.kill()
    process.wait()
    reader.join()
    found, unreadable = _reopened([*left_over(home / "recovery"), project])
    gone = [when for number, when in edits.items() if number > found]
    return Crash(after_s, killed - min(gone) if gone else 0.0, tuple(unreadable))


def _listen(
    process: "subprocess.Popen[str]", edits: dict[int, float], first: threading.Event
) -> None:
    assert process.stdout is not None
    with process.stdout:
        for line in process.stdout:
            words = line.split()
            if len(words) == 2 and line.endswith("\n"):
                edits[int(words[0])] = float(words[1])
                first.set()


def _reopened(paths: list[Path]) -> tuple[int, list[str]]:
    """Number of the newest edit that is left, and files that cannot be read."""
    newest, unreadable = 0, []
    for path in paths:
        if not path.exists():
            continue
        try:
            plan = open_project(path, SilentMonitor()).project.plan
        except ReadError as error:
            unreadable.append(str(error))
            continue
        newest = max(newest, 0 if plan is None else plan.series.seed)
    return newest, unreadable
