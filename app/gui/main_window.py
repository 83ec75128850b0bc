"""The window: where the panels stand. What they do is theirs, what commands do is Workbench's."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeySequence
from PySide6.QtWidgets import QMainWindow, QSplitter, QStatusBar, QTabWidget, QWidget

from app.gui.actions import Actions, Command, with_data, with_plan
from app.gui.look import current_look
from app.gui.spectrum.panel import SpectrumPanel
from app.gui.workbench import Workbench
from app.session.project import Source
from app.session.session import Session


class MainWindow(QMainWindow):
    """Tree | spectrum or results, over the series strip | plan."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.workbench = Workbench(session, self)
        self.look = current_look()
        self.spectrum = SpectrumPanel(self.workbench, self.look)
        self.middle = QTabWidget()
        self.middle.setDocumentMode(True)
        self.middle.addTab(self.spectrum, "Spectrum")
        self.center = QSplitter(Qt.Orientation.Vertical)
        self.center.addWidget(self.middle)
        self.across = QSplitter(Qt.Orientation.Horizontal)
        self.across.addWidget(self.center)
        self.setCentralWidget(self.across)
        self.setStatusBar(QStatusBar())
        self.workbench.said.connect(lambda _, sentence: self.statusBar().showMessage(sentence))
        self.setAcceptDrops(True)
        self.setWindowTitle("Deconvolyte")
        self.resize(1440, 900)
        self.actions_ = Actions(self, self.workbench, self._commands())

    def put_left(self, panel: QWidget, width: int) -> None:
        """Place the experiment tree."""
        self.across.insertWidget(0, panel)
        self.across.setCollapsible(0, False)
        panel.setMinimumWidth(width)

    def put_right(self, panel: QWidget, width: int) -> None:
        """Place the plan."""
        self.across.addWidget(panel)
        panel.setMinimumWidth(width)
        self.across.setStretchFactor(self.across.indexOf(self.center), 1)

    def put_below(self, panel: QWidget, height: int) -> None:
        """Place the series strip."""
        self.center.addWidget(panel)
        self.center.setStretchFactor(0, 1)
        panel.setMinimumHeight(height)

    def _commands(self) -> list[Command]:
        bench, keys = self.workbench, QKeySequence.StandardKey
        return [
            Command("Edit", "Undo", bench.session.undo, keys.Undo),
            Command("Edit", "Redo", bench.session.redo, keys.Redo),
            Command("Plan", "New plan from the library", bench.propose, usable=with_data),
            Command("Fit", "Fit this spectrum", bench.fit_here, "Ctrl+F", with_plan),
            Command("View", "Whole spectrum", self.spectrum.show_all, "Ctrl+0", with_data),
        ]

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files may be dropped; called by Qt."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped; called by Qt."""
        paths = tuple(Path(url.toLocalFile()) for url in event.mimeData().urls())
        self.workbench.add_files(Source(paths))

    def closeEvent(self, event: QCloseEvent) -> None:
        """End what runs; called by Qt."""
        self.workbench.jobs.wait()
        super().closeEvent(event)
