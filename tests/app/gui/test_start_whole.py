"""The real command in a process of its own: it comes up, completes itself, and goes on request."""

import os
import subprocess
import sys
from pathlib import Path

RUN = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from app.main import main

def look():
    (window,) = [one for one in QApplication.topLevelWidgets() if hasattr(one, "is_complete")]
    if window.is_complete and window.opener.dialog is not None and window.opener.dialog.found:
        print(window.opener.dialog.table.rowCount(), window.stack.currentIndex())
        window.opener.dialog.reject()
        window.close()

class Application(QApplication):
    def __init__(self, *words):
        super().__init__(*words)
        self.timer = QTimer(interval=20)
        self.timer.timeout.connect(look)
        self.timer.start()

import PySide6.QtWidgets
PySide6.QtWidgets.QApplication = Application
sys.exit(main(["gui", sys.argv[1]]))
"""


def test_a_file_on_the_command_line_is_previewed(matrix: Path, home: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", RUN, str(matrix)],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.split() == ["1", "0"]
    assert list((home / "recovery").iterdir()) == []
