"""Many files with one plan, one after the other: a queue beside the window."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.gui.actions import Command
from app.gui.jobs import Progress
from app.session.export import Ended, run_batch
from app.session.plan_document import read_document
from app.session.project import Project, Source
from fitting.monitor import Monitor

if TYPE_CHECKING:
    from app.gui.main_window import MainWindow
    from fitting.plan import Plan
    from fitting.titration_plan import TitrationPlan

JOB = "batch"
_OF_WINDOW = "the plan of the window"


class State(StrEnum):
    """How far a file is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    PARTLY = "done, with problems"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass
class _Entry:
    """A file of the queue."""

    path: Path
    folder: Path | None = None
    state: State = State.WAITING
    words: str = ""


class BatchDialog(QDialog):
    """Files, a plan, a folder; each file gets a folder of its own there."""

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._bench = window.workbench
        self.entries: list[_Entry] = []
        self._one_at_a_time = threading.Lock()  # one that was stopped may still be at its end
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Batch")
        self.table = QTableWidget(0, 3, self)
        self.table.setHorizontalHeaderLabels(["File", "State", "Notes"])
        self.table.setAccessibleName("Files")
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        self.plan = QComboBox(self)
        self.plan.setAccessibleName("Plan")
        if _plan_of(self._bench.project) is not None:
            self.plan.addItem(_OF_WINDOW, None)
        self.folder = QLineEdit(self)
        self.folder.setAccessibleName("Folder for results")
        self.bar, self.text = QProgressBar(self), QLabel(self)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress")
        self._make_buttons()
        self._arrange()
        self._bench.jobs.progressed.connect(self._progressed)
        self._bench.jobs.failed.connect(self._failed)
        self._show()

    def add(self, paths: list[Path]) -> None:
        """Put files into the queue; one that is there already stays as it is."""
        known = {entry.path for entry in self.entries}
        self.entries += [_Entry(path) for path in dict.fromkeys(paths) if path not in known]
        if not self.folder.text() and self.entries:
            self.folder.setText(str(self.entries[0].path.parent / "results"))
        self._show()

    def add_plan(self, path: Path) -> None:
        """A plan file beside the plan of the window."""
        self.plan.addItem(path.name, path)
        self.plan.setCurrentIndex(self.plan.count() - 1)
        self._show()

    def start(self) -> None:
        """Run all that wait, were stopped or failed."""
        for entry in self.entries:
            if entry.state in (State.STOPPED, State.FAILED):
                entry.state, entry.words = State.WAITING, ""
        self._next()

    def stop(self) -> None:
        """Stop; finished chunks are kept, starting again goes on from them."""
        self._bench.jobs.cancel(JOB)
        self._end(State.STOPPED, "")

    def reject(self) -> None:
        """Close; what runs is stopped. Called by Qt."""
        self.stop()
        super().reject()

    def open_result(self) -> None:
        """The folder of the chosen row in the system's window, or where it is if there is none."""
        row = self.table.currentRow()
        folder = self.entries[row].folder if 0 <= row < len(self.entries) else None
        if folder is not None and not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            self._bench.said.emit("note", f"The result is in {folder}")

    @property
    def _running(self) -> _Entry | None:
        return next((one for one in self.entries if one.state is State.RUNNING), None)

    def _next(self) -> None:
        entry = next((one for one in self.entries if one.state is State.WAITING), None)
        if entry is None or self._running is not None:
            self._show()
            return
        taken = {one.folder for one in self.entries if one is not entry}
        base = Path(self.folder.text().strip()).expanduser()
        number, folder = 2, base / entry.path.stem
        while folder in taken:
            folder, number = base / f"{entry.path.stem}-{number}", number + 1
        entry.folder, entry.state = folder, State.RUNNING
        source, chosen, own = Source((entry.path,)), self.plan.currentData(), self._bench.project

        def work(monitor: Monitor) -> Ended:
            plan = _plan_of(own) if chosen is None else read_document(Path(chosen))
            assert plan is not None
            with self._one_at_a_time:
                return run_batch(source, plan, folder, monitor)

        self._show()
        self._bench.jobs.start(JOB, work, self._done)

    def _done(self, ended: Ended) -> None:
        self._end(State.DONE if ended.complete else State.PARTLY, "; ".join(ended.said))
        self._next()

    def _failed(self, job: str, sentence: str) -> None:
        if job == JOB:
            self._end(State.FAILED, sentence)
            self._next()

    def _end(self, state: State, words: str) -> None:
        entry = self._running
        if entry is not None:
            entry.state, entry.words = state, words.removeprefix(f"{entry.path}: ")
        self._show()

    def _progressed(self, progress: Progress) -> None:
        if progress.name == JOB:
            self.bar.setRange(0, progress.total)
            self.bar.setValue(progress.done)
            counted = f": {progress.done} of {progress.total}" if progress.total else " ..."
            self.text.setText(f"{progress.what.capitalize()}{counted}")

    def _show(self) -> None:
        self.table.setRowCount(len(self.entries))
        for row, entry in enumerate(self.entries):
            cells = (entry.path.name, entry.state.value, entry.words)
            tips = (str(entry.path), *cells[1:])
            for column, (text, tip) in enumerate(zip(cells, tips, strict=True)):
                item = QTableWidgetItem(text)
                item.setToolTip(tip)
                self.table.setItem(row, column, item)
        runs = self._running is not None
        rest = any(one.state not in (State.DONE, State.PARTLY) for one in self.entries)
        ready = bool(self.plan.count() and self.folder.text().strip())
        self.begin.setEnabled(rest and ready and not runs)
        self.halt.setEnabled(runs)
        self.show_result.setEnabled(any(one.folder is not None for one in self.entries))
        done = sum(one.state in (State.DONE, State.PARTLY) for one in self.entries)
        self.bar.setVisible(runs)
        if not runs:
            self.text.setText(f"{done} of {len(self.entries)} done" if self.entries else "")

    def _ask_files(self) -> None:
        dialog = QFileDialog(self, "Archives and files of spectrometers")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(lambda names: self.add([Path(name) for name in names]))
        dialog.open()

    def _ask_plan(self) -> None:
        dialog = QFileDialog(self, "Plan")
        dialog.setNameFilters(["Plans (*.toml)", "All files (*)"])
        dialog.fileSelected.connect(lambda name: self.add_plan(Path(name)))
        dialog.open()

    def _make_buttons(self) -> None:
        self.files = _button("Add files...", self._ask_files, self)
        self.plans = _button("Choose...", self._ask_plan, self)
        self.begin = _button("Start", self.start, self)
        self.halt = _button("Stop", self.stop, self)
        self.show_result = _button("Open result", self.open_result, self)
        self.leave = _button("Close", self.reject, self)
        self.folder.textChanged.connect(self._show)

    def _arrange(self) -> None:
        plan = QHBoxLayout()
        plan.addWidget(self.plan, 1)
        plan.addWidget(self.plans)
        form = QFormLayout()
        words = QLabel("&Plan")
        words.setBuddy(self.plan)
        form.addRow(words, plan)
        form.addRow("Results &in", self.folder)
        below = QHBoxLayout()
        for button in (self.files, self.begin, self.halt, self.show_result):
            below.addWidget(button)
        below.addStretch(1)
        below.addWidget(self.leave)
        progress = QHBoxLayout()
        progress.addWidget(self.text, 1, Qt.AlignmentFlag.AlignLeft)
        progress.addWidget(self.bar, 1)
        box = QVBoxLayout(self)
        box.addLayout(form)
        box.addWidget(self.table, 1)
        box.addLayout(progress)
        box.addLayout(below)
        text = self.fontMetrics()
        self.resize(96 * text.averageCharWidth(), 26 * text.height())


def _plan_of(project: Project) -> "Plan | TitrationPlan | None":
    return project.plan if project.logs is None else project.logs.plan


def batch_command(window: "MainWindow") -> Command:
    """Opens the queue."""
    return Command(
        "Fit",
        "Batch...",
        lambda: BatchDialog(window).open(),
        "Ctrl+B",
        tip="Fit many files with one plan, one after the other",
    )


def _button(text: str, act: Callable[[], object], parent: QWidget) -> QPushButton:
    made = QPushButton(text, parent)
    made.setAutoDefault(False)
    made.clicked.connect(lambda: act())
    return made
