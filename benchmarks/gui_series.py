"""A long series in the window: heat map, slider and a refit while the window stays responsive."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.report import Figure, Report, Settings

if TYPE_CHECKING:
    from app.gui.main_window import MainWindow

STEPS = 1000
GOAL_MS = 100.0
BEAT_MS = 5
_SLIDES = 60


class Lateness:
    """A timer that should fire every 5 ms: how much later it did, and what kept the window."""

    def __init__(self) -> None:
        from PySide6.QtCore import Qt, QTimer

        self.waits: list[float] = []
        self.own: list[float] = []
        self._last, self._last_own = time.perf_counter(), time.thread_time()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(BEAT_MS)
        self._timer.timeout.connect(self._beat)

    @contextmanager
    def measured(self) -> Iterator[None]:
        """Milliseconds that events waited while this is open."""
        self.waits, self.own = [], []
        self._last, self._last_own = time.perf_counter(), time.thread_time()
        self._timer.start()
        yield
        self._timer.stop()

    def _beat(self) -> None:
        now, own = time.perf_counter(), time.thread_time()
        self.waits.append(1000.0 * (now - self._last) - BEAT_MS)
        self.own.append(1000.0 * (own - self._last_own))
        self._last, self._last_own = now, own


def run(settings: Settings) -> Report:
    """Open, look, slide, refit."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    count = settings.size or STEPS
    report = Report(
        "Window: a long series",
        f"E1 of {count} steps, two samples, three regions, offscreen at 1440 x 900: how long an "
        "event waits, measured by a timer of 5 ms.",
    )
    with tempfile.TemporaryDirectory() as home:
        os.environ["DECONVOLYTE_HOME"] = os.environ["XDG_CACHE_HOME"] = home
        application = QApplication.instance() or QApplication([])
        window = _window(count)
        _measure(window, report)
        window.workbench.end()
        window.close()
        application.processEvents()
    return report


def _window(count: int) -> "MainWindow":
    from app.gui.main_window import MainWindow
    from app.gui.start import import_rest
    from app.project.ready import ready_plan
    from app.session.data import samples_of
    from app.session.project import Project, View
    from app.session.session import Session
    from fitting.plan import Plan
    from fitting.simulate import simulate

    samples = samples_of(simulate("E1", steps=count, counts=5000.0, seed=1).series)
    view = View(samples[0].name, "S 2p", 0)
    window = MainWindow(Session())
    window.files.settings = replace(window.files.settings, tour_done=True)
    window.resize(1440, 900)
    window.show()
    _until(lambda: window.isVisible())
    import_rest()
    plan = Plan.from_toml(ready_plan("E1"))
    window.workbench.session.open(Project((), samples, plan, {}, view))
    _settle()
    return window


def _measure(window: "MainWindow", report: Report) -> None:
    from app.gui.fitting import JOB

    lateness = Lateness()
    count = len(window.workbench.project.samples[0].steps)
    with lateness.measured():
        for region in ("P 2p", "Li 1s", "S 2p"):
            window.workbench.look(region=region)
            _settle()
    _add(report, "heat map of another region", lateness)
    _slide(window, lateness, report, count, "slider through the series")
    for tab, words in ((window.spectrum, "spectrum shown"), (window.results, "results shown")):
        window.middle.setCurrentWidget(tab)
        _settle()
        began = time.perf_counter()
        with lateness.measured():
            window.fitting.fit_all()
            _until(lambda: not window.workbench.jobs.is_running(JOB), 3600.0)
            _settle()
        seconds = time.perf_counter() - began
        _add(report, f"all steps fitted, {words}", lateness, f"{seconds:.1f} s")
    _slide(window, lateness, report, count, "slider through the results")
    window.middle.setCurrentWidget(window.spectrum)
    with lateness.measured():
        window.fitting.fit_all()
        for place in _places(count):
            window.strip.slider.setValue(place)
            _spin(0.02)
    _add(report, "slider while all steps are fitted", lateness)
    window.fitting.stop()


def _slide(
    window: "MainWindow", lateness: Lateness, report: Report, count: int, words: str
) -> None:
    began = time.perf_counter()
    with lateness.measured():
        for place in _places(count):
            window.strip.slider.setValue(place)
            _spin(0.0)
    rate = _SLIDES / (time.perf_counter() - began)
    _add(report, words, lateness, f"{rate:.0f} steps a second")


def _places(count: int) -> list[int]:
    return [int(place) for place in np.linspace(0, count - 1, _SLIDES)]


def _add(report: Report, words: str, lateness: Lateness, note: str = "") -> None:
    waits = lateness.waits
    worst, own = max(waits, default=0.0), max(lateness.own, default=0.0)
    typical = float(np.percentile(waits, 99)) if waits else 0.0
    about = f"99 % below {max(typical, 0.0):.0f} ms, of its own {own:.0f} ms processor time"
    note = f"{about}; {note}" if note else about
    goal = f"at most {GOAL_MS:.0f} ms"
    report.add(Figure(f"{words}, longest wait", f"{worst:.0f} ms", goal, worst <= GOAL_MS, note))


def _until(true: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.perf_counter() + seconds
    while not true() and time.perf_counter() < end:
        _spin(0.0)


def _settle() -> None:
    _spin(0.4)


def _spin(seconds: float) -> None:
    from PySide6.QtCore import QEventLoop
    from PySide6.QtWidgets import QApplication

    end = time.perf_counter() + seconds
    while True:
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 5)
        if time.perf_counter() >= end:
            return
