"""A scripted run of the window, made to be killed: edits the plan all the time and says when.

``python -m benchmarks.gui_run FILE PROJECT SAVE_EVERY`` with ``DECONVOLYTE_HOME`` set; prints
``number time`` for every edit. The number is the plan's seed.
"""

import sys
import time
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from app.gui.main_window import MainWindow
from app.session.plan_edits import set_option
from app.session.project import Source
from app.session.recovery import recovery_folder
from app.session.session import Session

EDIT_MS = 100


def main(words: list[str]) -> int:
    """Run until killed."""
    data, project, every = Path(words[0]), Path(words[1]), int(words[2])
    application = QApplication(sys.argv[:1])
    window = MainWindow(Session())
    window.protect(recovery_folder())
    window.show()
    window.workbench.add_files(Source((data,)))
    number = 0

    def edit() -> None:
        nonlocal number
        if window.workbench.project.plan is None:
            return
        number += 1
        window.workbench.edit("Seed", lambda plan: set_option(plan, "series", "seed", number))
        window.workbench.look(step=number % 3)
        print(number, time.time(), flush=True)
        if every and number % every == 0:
            window.files.save_to(project)

    timer = QTimer()
    timer.timeout.connect(edit)
    timer.start(EDIT_MS)
    return application.exec()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
