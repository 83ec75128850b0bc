"""The window: where the panels stand, what the menus and keys do."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent, QKeySequence
from PySide6.QtWidgets import QMainWindow, QSplitter, QStatusBar

from app.gui.look import current_look
from app.gui.spectrum.panel import SpectrumPanel
from app.gui.workbench import Workbench
from app.session.project import Source
from app.session.session import Session


class MainWindow(QMainWindow):
    """Everything that is open in one window."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.workbench = Workbench(session, self)
        self.look = current_look()
        self.spectrum = SpectrumPanel(self.workbench, self.look)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.addWidget(self.spectrum)
        self.setCentralWidget(split)
        self.setStatusBar(QStatusBar())
        self.workbench.said.connect(lambda _, sentence: self.statusBar().showMessage(sentence))
        self.setAcceptDrops(True)
        self.setWindowTitle("Deconvolyte")
        self.resize(1280, 800)
        self._actions()

    def _actions(self) -> None:
        for name, keys, command in (
            ("Undo", QKeySequence.StandardKey.Undo, self.workbench.session.undo),
            ("Redo", QKeySequence.StandardKey.Redo, self.workbench.session.redo),
            ("Fit this spectrum", "Ctrl+F", self.workbench.fit_here),
        ):
            action = QAction(name, self)
            action.setShortcut(keys)
            action.triggered.connect(command)
            self.addAction(action)

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
