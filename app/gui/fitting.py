"""Whole series fitted beside the window, and how far long work is, in the status bar."""

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QToolButton

from app.gui.actions import Command, with_document, with_plan
from app.gui.jobs import Progress
from app.gui.panel import Panel
from app.gui.workbench import Workbench
from app.session.project import Project, with_fits
from app.session.series_fit import (
    Part,
    SeriesFitted,
    fit_series,
    fits_folder,
    left_words,
)
from fitting.monitor import Monitor

if TYPE_CHECKING:
    from app.gui.main_window import MainWindow

JOB = "fit all"
STOP = "Stop"
_QUIET = frozenset({"fit", "follow", "preview", "results"})
"""Jobs too short to be shown."""

_SHOWN_AFTER_MS = 300

_TOGETHER_MS = 100
"""Steps that come in within this are shown at once: to show them takes the time of other events."""


@dataclass(frozen=True, eq=False)
class _Asked:
    """A run: the project it was asked for, and the gesture that makes it one edit."""

    project: Project
    label: str
    gesture: str


class SeriesFitting(QObject):
    """Fits of whole series; steps are shown as they are finished.

    Results that come back for a plan that has changed are dropped.

    Signals
    -------
    logs_wanted : charge logs are open, and what they say is wanted
    """

    logs_wanted = Signal()
    _came = Signal(object, object)

    def __init__(self, workbench: Workbench, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self._one_at_a_time = threading.Lock()
        self._asked: _Asked | None = None
        self._final: set[tuple[str, int]] = set()
        self._waiting: list[Part] = []
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_TOGETHER_MS)
        self._soon.timeout.connect(self._show)
        self._came.connect(self._take, Qt.ConnectionType.QueuedConnection)

    def commands(self) -> list[Command]:
        """What the menu offers."""
        return [
            Command(
                "Fit",
                "Fit all",
                self.fit_all,
                "Ctrl+Shift+F",
                with_document,
                "Fit every step of every sample, as the batch does",
            ),
            Command(
                "Fit",
                "Fit from here on",
                self.fit_from_here,
                "Ctrl+Alt+F",
                with_plan,
                "Fit this step of the sample and all after it, as a series of its own",
            ),
        ]

    def fit_all(self) -> None:
        """Every step of every sample; or what charge logs say."""
        if self._workbench.project.logs is not None:
            self.logs_wanted.emit()
            return
        self._start("Fit all")

    def fit_from_here(self) -> None:
        """The step that is looked at and all after it, of this sample."""
        view = self._workbench.project.view
        self._start("Fit from here on", (view.sample, view.step))

    def stop(self) -> None:
        """Stop; what is done stays."""
        if not self._workbench.jobs.is_running(JOB):
            return
        self._workbench.jobs.cancel(JOB)
        self._show()
        words = f"stopped; {len(self._final)} steps are finished"
        self._workbench.said.emit("note", f"{words}, Fit all goes on from there")

    def _start(self, label: str, begin_at: tuple[str, int] | None = None) -> None:
        project = self._workbench.project
        if project.plan is None:
            self._workbench.said.emit("warning", "open spectra and choose phases first")
            return
        asked = _Asked(project, label, self._workbench.new_gesture())
        self._asked, self._final, self._waiting = asked, set(), []
        folder = fits_folder()

        def work(monitor: Monitor) -> SeriesFitted:
            with self._one_at_a_time:
                return fit_series(
                    project, folder, monitor, lambda part: self._came.emit(asked, part), begin_at
                )

        self._workbench.jobs.start(JOB, work, self._done)

    def _take(self, asked: _Asked, part: Part) -> None:
        if asked is self._asked:
            self._waiting.append(part)
            if not self._soon.isActive():
                self._soon.start()

    def _show(self) -> None:
        """Show steps that are finished, unless something else is wanted by now."""
        self._soon.stop()
        waiting, self._waiting = self._waiting, []
        asked, project = self._asked, self._workbench.project
        if asked is None or not waiting:
            return
        if asked.project.plan is not project.plan:
            self._asked = None
            self._workbench.jobs.cancel(JOB)
            self._workbench.said.emit("note", f"{asked.label}: dropped, the plan has changed")
            return
        after = project
        for part in waiting:
            if project.sample(part.sample) is None:
                continue
            if part.final:
                self._final |= {(part.sample, step) for step in part.fits}
            after = with_fits(after, part.sample, part.fits)
        if after is not project:
            self._workbench.session.apply(asked.label, after, asked.gesture)

    def _done(self, fitted: SeriesFitted) -> None:
        self._show()
        for sentence in fitted.warnings:
            self._workbench.said.emit("warning", sentence)


class JobProgress(Panel):
    """What runs, how far it is, how long it will take, and a button that stops it."""

    def __init__(self, workbench: Workbench, fitting: SeriesFitting) -> None:
        super().__init__()
        self._workbench, self._fitting = workbench, fitting
        self._name, self._what, self._begun = "", "", 0.0
        self.text = QLabel(self)
        self.text.setAccessibleName("Progress")
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress")
        self.button = QToolButton(self)
        self.button.setText(STOP)
        self.button.setToolTip("Stop what runs; what is done stays (Esc)")
        self.button.clicked.connect(self.stop)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 8, 0)
        row.setSpacing(8)
        for part in (self.text, self.bar, self.button):
            row.addWidget(part)
        self.bar.setFixedWidth(24 * self.fontMetrics().averageCharWidth())
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_SHOWN_AFTER_MS)
        self._later.timeout.connect(self.show)
        self.hide()
        workbench.jobs.busy.connect(self._busy)
        workbench.jobs.progressed.connect(self._progressed)

    def commands(self) -> list[Command]:
        """Fits of whole series."""
        return self._fitting.commands()

    @property
    def running(self) -> str:
        """Name of the job that is shown, or empty."""
        return self._name

    def stop(self) -> None:
        """Stop what is shown."""
        if self._name == JOB:
            self._fitting.stop()
        elif self._name:
            self._workbench.jobs.cancel(self._name)

    def _busy(self, names: tuple[str, ...]) -> None:
        shown = [name for name in names if name not in _QUIET]
        name = shown[-1] if shown else ""
        if name == self._name:
            return
        self._name, self._what, self._begun = name, name, time.monotonic()
        self._say(0, 0)
        if name:
            self._later.start()
        else:
            self._later.stop()
            self.hide()

    def _progressed(self, progress: Progress) -> None:
        if progress.name != self._name:
            return
        if progress.what != self._what:
            self._what, self._begun = progress.what, time.monotonic()
        self._say(progress.done, progress.total)

    def _say(self, done: int, total: int) -> None:
        self.bar.setRange(0, total)
        self.bar.setValue(done)
        words = left_words(done, total, time.monotonic() - self._begun)
        name = self._what.capitalize()
        self.text.setText(f"{name}: {words}" if words else f"{name} …")


class StopKey(QObject):
    """Esc stops what runs; while nothing does, it belongs to the notices."""

    def __init__(self, window: "MainWindow", progress: JobProgress) -> None:
        super().__init__(window)
        self._window, self._progress = window, progress
        self._action = QAction(STOP, window)
        self._action.triggered.connect(progress.stop)
        window.addAction(self._action)
        window.workbench.jobs.busy.connect(self._busy)

    def _busy(self, names: tuple[str, ...]) -> None:
        del names
        runs = bool(self._progress.running)
        self._window.notices.leave_escape(runs)
        self._action.setShortcut("Esc" if runs else "")


def put_fitting(window: "MainWindow") -> SeriesFitting:
    """Series fits and progress of a window."""
    fitting = SeriesFitting(window.workbench, window)
    progress = JobProgress(window.workbench, fitting)
    progress.setObjectName("progress")
    window.statusBar().addPermanentWidget(progress)
    StopKey(window, progress)
    return fitting
