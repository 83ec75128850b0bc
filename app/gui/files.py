"""The project as a file: opened, saved, kept safe from crashes."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QThreadPool, QTimer, Signal

from app.gui.workbench import Workbench
from app.session.names import SUFFIX
from app.session.project import Project
from app.session.recovery import Copy, Recovery, describe, discard, left_over
from app.session.settings import Settings, load_settings, save_settings, settings_file

if TYPE_CHECKING:
    from app.session.store import Opened

AUTOSAVE_SECONDS = 5.0


def nothing() -> None:
    """Do nothing after it."""


class Files(QObject):
    """Where the project of a window is kept, and what is remembered between windows.

    Signals
    -------
    moved : the project has another name, or was saved
    """

    moved = Signal()

    def __init__(self, workbench: Workbench, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self.path: Path | None = None
        self.settings = load_settings(settings_file())

    @property
    def name(self) -> str:
        """What the project is called."""
        return "Untitled" if self.path is None else self.path.stem

    @property
    def is_saved(self) -> bool:
        """Whether closing loses nothing."""
        return self._workbench.session.is_saved

    def remember(self, settings: Settings) -> None:
        """Keep settings; a folder that cannot be written is said."""
        self.settings = settings
        try:
            save_settings(settings, settings_file())
        except OSError as error:
            self._say("warning", f"{settings_file()}: {error.strerror or error}")

    def open(self, path: Path) -> None:
        """Open a project in place of the one that is open."""
        from app.session.store import open_project

        self._workbench.jobs.start(
            "opening",
            lambda monitor: open_project(path, monitor),
            lambda opened: self._opened(path, opened),
        )

    def restore(self, copy: Copy, then: Callable[[], object] = nothing) -> None:
        """Open what a crash left; it counts as not saved."""
        from app.session.store import open_project

        self._workbench.jobs.start(
            "opening",
            lambda monitor: open_project(copy.path, monitor),
            lambda opened: self._restored(opened, then),
        )

    def save_to(self, path: Path, then: Callable[[], object] = nothing) -> None:
        """Write the project as it is now."""
        from app.session.store import save

        path = path if path.suffix == SUFFIX else path.with_name(path.name + SUFFIX)
        project = self._workbench.project
        self._workbench.jobs.start(
            "saving", lambda _: save(project, path), lambda _: self._saved(project, path, then)
        )

    def close(self) -> None:
        """Begin with nothing."""
        self.path = None
        self._workbench.jobs.cancel_all()
        self._workbench.session.open(Project())
        self.moved.emit()

    def _opened(self, path: Path, opened: "Opened") -> None:
        self.path = path
        self._workbench.session.open(opened.project)
        self._tell(opened)
        self.remember(self.settings.with_recent(path))
        self.moved.emit()

    def _restored(self, opened: "Opened", then: Callable[[], object]) -> None:
        self.path = opened.origin
        self._workbench.session.open(opened.project, saved=False)
        self._tell(opened)
        self.moved.emit()
        then()

    def _saved(self, project: Project, path: Path, then: Callable[[], object]) -> None:
        self.path = path
        self._workbench.session.mark_saved(project)
        self.remember(self.settings.with_recent(path))
        self._say("note", f"Saved to {path}")
        self.moved.emit()
        then()

    def _tell(self, opened: "Opened") -> None:
        for sentence in opened.notices:
            self._say("warning", sentence)

    def _say(self, level: str, sentence: str) -> None:
        self._workbench.said.emit(level, sentence)


class Autosave(QObject):
    """Keeps a copy of the open project in a thread, every few seconds, for after a crash.

    Parameters
    ----------
    folder : of all copies
    """

    _failed = Signal(str)

    def __init__(self, workbench: Workbench, files: Files, folder: Path) -> None:
        super().__init__(files)
        self._workbench, self._files, self._folder = workbench, files, folder
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._recovery = Recovery(folder)
        self._asked: tuple[Project, bool] | None = None
        self._complained = False
        self._failed.connect(self._complain)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.keep)
        self._timer.start(round(1000 * AUTOSAVE_SECONDS))
        files.moved.connect(self.keep)

    def left_over(self) -> tuple[Copy, ...]:
        """What crashes left, the newest first; copies that cannot be read are let be."""
        found = map(describe, left_over(self._folder))
        return tuple(copy for copy in found if copy is not None)

    def keep(self) -> None:
        """Copy the project unless that is done, or it stands on the disk as it is."""
        project, saved = self._workbench.project, self._workbench.session.is_saved
        if (project, saved) == self._asked or self._pool.activeThreadCount():
            return
        self._asked = (project, saved)
        if saved:
            self._pool.start(self._recovery.clear)
            return
        origin = self._files.path
        self._pool.start(lambda: self._write(project, origin))

    def adopt(self, copy: Copy) -> None:
        """The project came from a copy: it goes once ours is on the disk."""
        self.wait()
        self.keep()
        self.wait()
        if self._recovery.path.exists():
            discard(copy.path)

    def wait(self) -> None:
        """Until what is being written is there."""
        self._pool.waitForDone()

    def end(self) -> None:
        """The window closes as the user wanted; its copy goes."""
        self._timer.stop()
        self.wait()
        self._recovery.end()

    def _write(self, project: Project, origin: Path | None) -> None:
        try:
            self._recovery.keep(project, origin)
        except OSError as error:
            self._failed.emit(error.strerror or str(error))

    def _complain(self, why: str) -> None:
        self._asked = None
        if not self._complained:
            self._complained = True
            sentence = f"the copy for recovery cannot be written ({why}); save the project yourself"
            self._workbench.said.emit("warning", sentence)
