"""A copy of the open project that outlives a crash."""

import json
import os
import sys
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from app.project.settings import settings_folder
from app.session.names import ABOUT, SUFFIX
from app.session.project import Project

_LOCK = ".lock"


@dataclass(frozen=True)
class Copy:
    """A copy that a crash left.

    Parameters
    ----------
    path : the copy
    name : of the project, or of the files that were open
    when : POSIX seconds of its last change
    fits : how many fitted steps are in it
    outdated : whether the project was saved after it
    """

    path: Path
    name: str
    when: float
    fits: int
    outdated: bool


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
        _sweep(folder)
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
        from app.session.store import save

        if project is not self._kept:
            save(project, self.path, origin)
            self._kept = project

    def clear(self) -> None:
        """The project stands on the disk where the user keeps it; no copy is needed."""
        self._kept = None
        self.path.unlink(missing_ok=True)

    def end(self) -> None:
        """The project was closed as the user wanted; its copy goes."""
        self._lock.close()
        for path in (self.path, self.path.with_suffix(_LOCK)):
            path.unlink(missing_ok=True)


def left_over(folder: Path) -> tuple[Path, ...]:
    """Copies of programs that run no more, the newest first."""
    found = sorted(folder.glob(f"*{SUFFIX}"), reverse=True)
    return tuple(path for path in found if not _is_held(path.with_suffix(_LOCK)))


def describe(copy: Path) -> Copy | None:
    """What is in a copy, without reading its data; None if it cannot be read."""
    try:
        when = copy.stat().st_mtime
        with zipfile.ZipFile(copy) as file:
            about = json.loads(file.read(ABOUT))
        files = [Path(path).name for source in about["sources"] for path in source["paths"]]
        if about["origin"] is not None:
            name = Path(about["origin"]).name
        else:
            name = ", ".join([*files[:2], *(["..."] if files[2:] else [])])
        origin = None if about["origin"] is None else Path(about["origin"])
        outdated = origin is not None and origin.exists() and origin.stat().st_mtime > when
        fits = sum(len(told["steps"]) for told in about["fits"])
        return Copy(copy, name, when, fits, outdated)
    except (OSError, zipfile.BadZipFile, ValueError, KeyError, TypeError, EOFError):
        return None


def discard(copy: Path) -> None:
    """Remove a copy that is not wanted, or that was opened."""
    for path in (copy, copy.with_suffix(_LOCK)):
        path.unlink(missing_ok=True)


def _sweep(folder: Path) -> None:
    """Remove what killed programs left half written, and locks that guard nothing."""
    for draft in folder.glob(f".*{SUFFIX}.*.part"):
        name = draft.name.removeprefix(".").partition(SUFFIX)[0]
        if not _is_held(folder / f"{name}{_LOCK}"):
            draft.unlink(missing_ok=True)
    for lock in folder.glob(f"*{_LOCK}"):
        if not lock.with_suffix(SUFFIX).exists() and not _is_held(lock):
            lock.unlink(missing_ok=True)


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
