"""From the start of the process to a window that takes input, against a bare one."""

import os
import subprocess
import sys
import time

import numpy as np

from benchmarks.report import Figure, Report, Settings

ROUNDS = 9
GOAL = 1.4

_SHOWN = """
import os, sys, time
from PySide6.QtWidgets import QApplication
def shown(*_):
    for _ in range(5):
        QApplication.processEvents()
    print(time.time(), flush=True)
    os._exit(0)
QApplication.exec = shown
"""
"""The event loop is entered: what was painted and what is due is done, then it takes input."""

OURS = f"""{_SHOWN}
from app.main import main
main([])
"""

COMPLETE = f"""{_SHOWN}
def complete(*_):
    while not any(getattr(one, "is_complete", False) for one in QApplication.topLevelWidgets()):
        QApplication.processEvents()
        time.sleep(0.005)  # as the event loop: who only waits leaves the interpreter to others
    shown()
QApplication.exec = complete
from app.main import main
main([])
"""

BARE = f"""{_SHOWN}
import numpy, pyqtgraph
from PySide6.QtWidgets import QMainWindow
application = QApplication(sys.argv)
window = QMainWindow()
plot = pyqtgraph.PlotWidget()
plot.plot(numpy.arange(100.0), numpy.arange(100.0))
window.setCentralWidget(plot)
window.resize(1440, 900)
window.show()
application.exec()
"""


def run(settings: Settings) -> Report:
    """Both by turns, after a warm-up of each."""
    rounds = settings.rounds or ROUNDS
    report = Report(
        "Window: start",
        "Process start to a window that takes input, offscreen, warm disk, against a window with "
        f"nothing but a pyqtgraph plot; {rounds} starts of each by turns, medians.",
    )
    for code in (OURS, BARE, COMPLETE):
        seconds(code)
    pairs = np.array([(seconds(OURS), seconds(BARE)) for _ in range(rounds)])
    ours, bare = np.median(pairs, axis=0)
    ratio = float(np.median(pairs[:, 0] / pairs[:, 1]))
    report.add(Figure("the window", f"{ours:.2f} s"))
    report.add(Figure("a bare window", f"{bare:.2f} s"))
    behind = float(np.median([seconds(COMPLETE) for _ in range(rounds)]))
    note = "built beside the window, which takes input meanwhile"
    report.add(Figure("all panels there", f"{behind:.2f} s", note=note))
    report.add(Figure("ratio", f"{ratio:.2f}", f"at most {GOAL}", ratio <= GOAL))
    return report


def seconds(code: str) -> float:
    """From the start of a process to where it says that it is there."""
    environment = {**os.environ, "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen")}
    began = time.time()
    ended = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    return float(ended.stdout.split()[-1]) - began
