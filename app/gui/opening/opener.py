"""What happens to paths that are dropped, chosen, or named on the command line."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget

from app.gui.files import Files, nothing
from app.gui.look import current_look
from app.gui.workbench import Workbench
from app.session.names import SUFFIX

if TYPE_CHECKING:
    from app.gui.opening.dialog import OpenDialog
    from app.session.demo import Demo


class Opener(QObject):
    """Projects and plans are opened at once, files after a preview."""

    def __init__(self, workbench: Workbench, files: Files, window: QWidget) -> None:
        super().__init__(window)
        self._workbench, self._files, self._window = workbench, files, window
        self.dialog: OpenDialog | None = None
        self.guard: Callable[[Callable[[], object]], None] = _at_once
        self.open_plan: Callable[[Path], None] | None = None

    def open(self, paths: Sequence[Path]) -> None:
        """Open a project in place of what is open, or files beside it; use a plan."""
        projects = [path for path in paths if path.suffix == SUFFIX]
        plans = [path for path in paths if path.suffix == ".toml"] if self.open_plan else []
        others = [path for path in paths if path not in (*projects, *plans)]
        if projects and (others or len(projects) > 1):
            self._workbench.said.emit(
                "warning", f"one project at a time: {projects[0].name} is opened, the rest is not"
            )
        if projects:
            self.guard(lambda: self._files.open(projects[0]))
            return
        if self.open_plan is not None and plans:
            self.open_plan(plans[-1])
        if others:
            self._preview(others)

    def ask(self) -> None:
        """Choose files in the system's dialog."""
        dialog = QFileDialog(self._window, "Open spectra, archives or a project")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setNameFilters(["All files (*)", f"Deconvolyte projects (*{SUFFIX})"])
        dialog.filesSelected.connect(lambda names: self.open([Path(name) for name in names]))
        dialog.open()

    def ask_folder(self) -> None:
        """Choose a folder of files."""
        dialog = QFileDialog(self._window, "Open a folder of spectra")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.filesSelected.connect(lambda names: self.open([Path(name) for name in names]))
        dialog.open()

    def demo(self) -> None:
        """Open the demo experiment with its ready plan."""
        from app.session.demo import demo_folder, open_demo

        self.guard(
            lambda: self._workbench.jobs.start(
                "demo", lambda monitor: open_demo(demo_folder(), monitor), self._show_demo
            )
        )

    def save(self, then: Callable[[], object] = nothing) -> None:
        """Save where the project is kept; ask where, if it is kept nowhere yet."""
        if self._files.path is None:
            self.save_as(then)
        else:
            self._files.save_to(self._files.path, then)

    def save_as(self, then: Callable[[], object] = nothing) -> None:
        """Choose where the project is kept."""
        dialog = QFileDialog(self._window, "Save the project")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(f"Deconvolyte projects (*{SUFFIX})")
        dialog.setDefaultSuffix(SUFFIX.removeprefix("."))
        dialog.selectFile(str(self._suggestion()))
        dialog.fileSelected.connect(lambda name: self._files.save_to(Path(name), then))
        dialog.open()

    def _suggestion(self) -> Path:
        if self._files.path is not None:
            return self._files.path
        sources = self._workbench.project.sources
        if not sources:
            return Path(f"Untitled{SUFFIX}")
        return sources[0].paths[0].with_suffix(SUFFIX)

    def _preview(self, paths: Sequence[Path]) -> None:
        from app.gui.opening.dialog import OpenDialog

        if self.dialog is not None:
            self.dialog.reject()
        look = current_look()
        self.dialog = OpenDialog(self._workbench, self._files, paths, look, self._window)
        self.dialog.finished.connect(lambda _: self._forget())
        self.dialog.open()

    def _forget(self) -> None:
        self.dialog = None

    def _show_demo(self, demo: "Demo") -> None:
        self._files.path = None
        self._workbench.session.open(demo.project)
        for sentence in demo.notices:
            self._workbench.said.emit("warning", sentence)
        self._files.moved.emit()


def _at_once(act: Callable[[], object]) -> None:
    act()
