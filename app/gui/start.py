"""From a command to a window."""

import importlib
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from app.gui.main_window import MainWindow
from app.session.recovery import recovery_folder
from app.session.session import Session

_HEAVY = ("h5py", "lmfit", "pybaselines", "scipy.signal", "scipy.stats", "fitting.chunkfit")
"""What the first file and the first fit need; imported while the user looks for the file."""

_SIGNAL_MS = 250


def run_window(paths: Sequence[Path]) -> int:
    """Show the window, with files; returns when it is closed."""
    application = QApplication.instance()
    if not isinstance(application, QApplication):
        application = QApplication(sys.argv[:1])
    application.setApplicationName("Deconvolyte")
    application.setDesktopFileName("deconvolyte")
    window = MainWindow(Session())
    window.protect(recovery_folder())
    window.show()
    if paths:
        window.opener.open(paths)
    QTimer.singleShot(0, warm)
    signal.signal(signal.SIGINT, lambda *_: window.close())
    ticking = QTimer(window)
    ticking.timeout.connect(lambda: None)  # lets Python see a Ctrl-C from the terminal
    ticking.start(_SIGNAL_MS)
    return application.exec()


def warm() -> None:
    """Import what is heavy in a thread beside the window."""
    threading.Thread(target=_import_heavy, name="warm", daemon=True).start()


def _import_heavy() -> None:
    for name in _HEAVY:
        importlib.import_module(name)
