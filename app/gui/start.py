"""From a command to a window."""

import gc
import importlib
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QSize, QTimer, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from app.gui.main_window import MainWindow
from app.gui.style import VisibleBoxes
from app.session.recovery import recovery_folder
from app.session.session import Session

ICON = Path(__file__).with_name("deconvolyte.svg")
_PANELS = "app.gui.panels"
_HEAVY = ("h5py", "lmfit", "pybaselines", "scipy.signal", "scipy.stats", "fitting.chunkfit")
"""What the first file and the first fit need; imported while the user looks for the file."""

_SIGNAL_MS = 250
_FRAME = 20
"""Pixels that the system draws around a window; it says how many only once it is shown."""


def run_window(paths: Sequence[Path]) -> int:
    """Show the window, with files; returns when it is closed."""
    application = QApplication.instance()
    if not isinstance(application, QApplication):
        application = QApplication(sys.argv[:1])
    application.setApplicationName("Deconvolyte")
    application.setDesktopFileName("deconvolyte")
    application.setStyle(VisibleBoxes())
    application.setWindowIcon(QIcon(str(ICON)))
    window = MainWindow(Session(), whole=False)
    window.protect(recovery_folder())
    if not window.files.settings.geometry:
        window.resize(fitting_size(window.size(), window.screen().availableGeometry().size()))
    window.show()
    if paths:
        window.opener.open(paths)
    warming = Warming(window)
    warming.done.connect(window.complete)
    QTimer.singleShot(0, warming.start)
    signal.signal(signal.SIGINT, lambda *_: window.close())
    ticking = QTimer(window)
    ticking.timeout.connect(lambda: None)  # lets Python see a Ctrl-C from the terminal
    ticking.start(_SIGNAL_MS)
    return application.exec()


def fitting_size(wanted: QSize, room: QSize) -> QSize:
    """A window no larger than the screen leaves it, with its frame."""
    return wanted.boundedTo(room - QSize(_FRAME, 2 * _FRAME))


class Warming(QObject):
    """Imports what is heavy in a thread beside the window.

    Signals
    -------
    done : the modules of the panels are there
    """

    done = Signal()

    def start(self) -> None:
        """Begin."""
        threading.Thread(target=self._run, name="warm", daemon=True).start()

    def _run(self) -> None:
        importlib.import_module(_PANELS)
        self.done.emit()
        import_rest()


def import_rest() -> None:
    """Import what the first file and fit need, for good.

    The collector need not look at it: that would hold up everything for 0.1 s, time and again.
    """
    for name in _HEAVY:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
