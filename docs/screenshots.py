"""Pictures of every state of the window for the guide: ``python3 start.py screenshots -o DIR``.

The window is the real one, driven as a user drives it, without a display.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

SIZE = (1440, 900)
TIMEOUT_S = 900.0
STEP, REGION = 8, "S 2p"


def main(words: list[str]) -> int:
    """Write one PNG for each state."""
    parser = argparse.ArgumentParser(prog="start.py screenshots", description=__doc__)
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR")
    given = parser.parse_args(words)
    given.output.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as home:
        os.environ["DECONVOLYTE_HOME"] = home
        Pictures(given.output).take()
    return 0


class Pictures:
    """A window and the folder its pictures go to."""

    def __init__(self, folder: Path) -> None:
        from PySide6.QtWidgets import QApplication

        from app.gui.main_window import MainWindow
        from app.gui.style import VisibleBoxes
        from app.session.session import Session

        self.folder = folder
        self.application = QApplication(sys.argv[:1])
        self.application.setStyle(VisibleBoxes())
        self.window = MainWindow(Session())
        self.window.resize(*SIZE)
        self.window.show()

    def take(self) -> None:
        """All of them, in the order of a first day."""
        self.save("empty")
        self.preview()
        self.first_run()
        self.fits()
        self.dialogs()
        self.looks()
        self.joint()
        self.logs()
        self.window.workbench.jobs.wait()
        self.window.close()

    def preview(self) -> None:
        """What a dropped archive shows before it is loaded."""
        from app.session.demo import demo_folder, open_demo
        from fitting.monitor import SilentMonitor

        open_demo(demo_folder(), SilentMonitor())
        opener = self.window.opener
        opener.open([demo_folder() / "E1.h5"])
        self.until(lambda: opener.dialog is not None and opener.dialog.found is not None)
        assert opener.dialog is not None
        self.settle()
        self.keep(opener.dialog, "preview")
        opener.dialog.reject()

    def first_run(self) -> None:
        """The demo, and the first of the four steps."""
        window = self.window
        window.opener.demo()
        self.until(lambda: bool(window.workbench.project.samples))
        self.save("first_run")
        if window.tour is not None:
            window.tour.end()
        phases = ("Li6PS5Cl", "Li2S")
        window.workbench.look(region=REGION, step=STEP, marked=phases)
        self.save("loaded")

    def fits(self) -> None:
        """One spectrum, then all, and what the curves say in numbers."""
        from app.session.looked import Subject

        window = self.window
        window.workbench.fit_here()
        self.until(lambda: bool(window.workbench.project.fits))
        self.save("fitted")
        known = {command.text for command in window.actions_.commands}
        if "Fit all" in known:
            window.actions_.action("Fit all").trigger()
            self.until(lambda: sum(map(len, window.workbench.project.fits.values())) > 1)
            self.keep(self.window, "fitting")
            self.until(lambda: window.workbench.project.unfitted == 0)
        for place in range(window.middle.count()):
            window.middle.setCurrentIndex(place)
            self.settle(60)
            self.save(f"tab_{window.middle.tabText(place).lower().replace(' ', '_')}")
        pick = window.results.pick
        pick.shown.setCurrentIndex(pick.shown.findData(Subject.TRENDS))
        self.until(lambda: bool(window.results.looked.trends.curves))
        self.settle(60)
        self.save("trends")
        pick.shown.setCurrentIndex(0)
        window.middle.setCurrentIndex(0)

    def joint(self) -> None:
        """A joint fit: molar fractions of all regions, and whether the regions agree."""
        from app.gui.fitting import JOB
        from app.project.ready import ready_plan
        from app.session.data import samples_of
        from app.session.project import Project, View
        from fitting.plan import Plan
        from fitting.simulate import simulate

        window = self.window
        samples = samples_of(simulate("E2").series)
        view = View(samples[0].name, "O 1s", STEP)
        plan = Plan.from_toml(ready_plan("E2"))
        window.workbench.session.open(Project((), samples, plan, {}, view))
        window.actions_.action("Fit all").trigger()
        self.until(lambda: not window.workbench.jobs.is_running(JOB))
        window.middle.setCurrentWidget(window.results)
        self.until(lambda: "all" in window.results.results.regions)
        pick = window.results.pick
        for box, value in ((pick.region, "all"), (pick.basis, "molar")):
            box.setCurrentIndex(box.findData(value))
        self.settle(60)
        self.save("joint_fractions")
        pick.shown.setCurrentIndex(pick.shown.findData("tension"))
        self.until(lambda: bool(window.results.looked.tensions))
        self.settle(60)
        self.save("joint_tension")
        window.middle.setCurrentIndex(0)

    def logs(self) -> None:
        """Charge logs without spectra: lithium deposited in portions."""
        from app.archive.charge_record import write_records
        from app.project.ready import ready_plan
        from app.session.project import Project, Source
        from app.session.titration import logs_of
        from fitting.simulate import simulate
        from fitting.titration_plan import titration_plan

        path = Path(os.environ["DECONVOLYTE_HOME"]) / "E10.h5"
        write_records(path, simulate("E10").records)
        plan = titration_plan(ready_plan("E10"))
        assert plan is not None
        source = Source((path,))
        logs, _ = logs_of([source], plan)
        self.window.workbench.session.open(Project((source,), logs=logs))
        panel = self.window.logs
        self.until(lambda: bool(panel.results.trends))
        self.window.actions_.action("Fit all").trigger()
        self.settle(60)
        self.save("logs")

    def dialogs(self) -> None:
        """Batch, with a queue that met a broken file."""
        import shutil

        from app.gui.batch import BatchDialog
        from app.session.demo import demo_folder

        folder = Path(os.environ["DECONVOLYTE_HOME"]) / "batch"
        folder.mkdir()
        files = [folder / name for name in ("cellA.h5", "cellB.vms", "cellC.h5")]
        for file in files:
            shutil.copy(demo_folder() / "E1.h5", file)
        files[1].write_text("no spectra\n", "utf-8")
        window = self.window
        window.actions_.action("Batch...").trigger()
        self.settle()
        dialog = window.findChild(BatchDialog)
        assert dialog is not None
        dialog.add(files)
        dialog.start()
        self.until(lambda: dialog.entries[2].state.value == "done")
        dialog.folder.setText("~/interphase/results")
        dialog.resize(900, 420)
        self.settle()
        self.keep(dialog, "batch")
        dialog.reject()
        self.window.notices.dismiss()

    def looks(self) -> None:
        """An error, the commands, dark, large text."""
        from PySide6.QtGui import QColor, QPalette

        from app.gui.command_list import CommandList

        window = self.window
        window.workbench.said.emit("error", "cell.vms, line 212: is cut off in the middle")
        self.save("error")
        window.notices.dismiss()
        window.actions_.action("All commands...").trigger()
        self.settle()
        listed = window.findChild(CommandList)
        if listed is not None:
            self.keep(listed, "commands")
            listed.reject()
        window.scale.set(200)
        self.save("large_text")
        window.scale.set(100)
        light, dark = self.application.palette(), QPalette(QColor("#2b2d30"))
        dark.setColor(QPalette.ColorRole.Base, QColor("#1e1f22"))
        self.application.setPalette(dark)
        self.settle()
        self.save("dark")
        self.application.setPalette(light)
        files = window.files
        files.settings = replace(files.settings, tour_done=True)

    def save(self, name: str) -> None:
        """The window as it is."""
        self.settle()
        self.keep(self.window, name)

    def keep(self, widget: "QWidget", name: str) -> None:
        """A widget as it is."""
        widget.grab().save(str(self.folder / f"{name}.png"))

    def settle(self, rounds: int = 30) -> None:
        """Let everything be drawn."""
        for _ in range(rounds):
            self.application.processEvents()
            time.sleep(0.005)

    def until(self, happened: Callable[[], bool]) -> None:
        """Wait for something. Raises TimeoutError."""
        end = time.monotonic() + TIMEOUT_S
        while not happened():
            if time.monotonic() > end:
                raise TimeoutError("the window does not get there")
            self.application.processEvents()
            time.sleep(0.005)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
