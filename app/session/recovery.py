"""A copy of the open project that outlives a crash."""

import os
import sys
import time
from pathlib import Path
from typing import IO

from app.project.settings import settings_folder
from app.session.project import Project
from app.session.store import SUFFIX, save

_LOCK = ".lock"


def recovery_folder() -> Path:
    """Where copies lie."""
    return settings_folder() / "recovery"


class Recovery:
    """The copy of one running program. While it runs it holds a lock, so that others let it be.

    Parameters
    ----------
    folder : of all copies
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"{time.time_ns()}-{os.getpid()}{SUFFIX}"
        self._lock = self.path.with_suffix(_LOCK).open("w")
        _try_lock(self._lock)
        self._kept: Project | None = None

    def keep(self, project: Project, origin: Path | None) -> None:
        """Write the project if it has changed since.

        Raises
        ------
        OSError
            The copy before it is still there.
        """
        if project is not self._kept:
            save(project, self.path, origin)
            self._kept = project

    def end(self) -> None:
        """The project was closed as the user wanted; its copy goes."""
        self._lock.close()
        for path in (self.path, self.path.with_suffix(_LOCK)):
            path.unlink(missing_ok=True)


def left_over(folder: Path) -> tuple[Path, ...]:
    """Copies of programs that run no more, the newest first."""
    found = sorted(folder.glob(f"*{SUFFIX}"), reverse=True)
    return tuple(path for path in found if not _is_held(path.with_suffix(_LOCK)))


def discard(copy: Path) -> None:
    """Remove a copy that is not wanted, or that was opened."""
    for path in (copy, copy.with_suffix(_LOCK)):
        path.unlink(missing_ok=True)


def _is_held(path: Path) -> bool:
    try:
        with path.open("a") as lock:
            return not _try_lock(lock)
    except OSError:
        return False


def _try_lock(file: IO[str]) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
