"""Long work beside the window: in a thread, with progress, cancelled at a word."""

import logging
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, QRunnable, Qt, QThreadPool, Signal, Slot

from fitting.errors import DeconvolyteError, FitCancelled
from fitting.monitor import Monitor

log = logging.getLogger(__name__)

Work = Callable[[Monitor], Any]

_SAY_EVERY_S = 0.05
"""Progress faster than this cannot be read; showing it would take the time of other events."""


@dataclass(frozen=True)
class Progress:
    """How far a job is.

    Parameters
    ----------
    name : of the job
    what : what is counted, "fitting"
    done, total : of it; a total of 0 is not known
    """

    name: str
    what: str
    done: int
    total: int


class Jobs(QObject):
    """The jobs of a window. One of a name at a time: a new one cancels the one before it.

    Signals
    -------
    progressed : Progress
    busy : names of the jobs that run, as a tuple
    failed : name, the sentence for the user
    """

    progressed = Signal(object)
    busy = Signal(object)
    failed = Signal(str, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(4)
        self._running: dict[str, _Job] = {}

    def start(self, name: str, work: Work, done: Callable[[Any], None]) -> None:
        """Run work in a thread and hand its result over in this one.

        A result is dropped if the job was cancelled or replaced meanwhile.
        """
        self.cancel(name)
        job = _Job(name, work)
        self._running[name] = job
        job.signals.progressed.connect(self._progress, Qt.ConnectionType.QueuedConnection)
        job.signals.ended.connect(
            lambda ended: self._end(ended, done), Qt.ConnectionType.QueuedConnection
        )
        self.busy.emit(tuple(self._running))
        self._pool.start(job)

    def cancel(self, name: str) -> None:
        """Ask a job to stop; what it still brings is dropped."""
        job = self._running.pop(name, None)
        if job is not None:
            job.cancel()
            self.busy.emit(tuple(self._running))

    def cancel_all(self) -> None:
        """Ask all to stop."""
        for name in tuple(self._running):
            self.cancel(name)

    def is_running(self, name: str) -> bool:
        """Whether a job of that name runs."""
        return name in self._running

    def wait(self) -> None:
        """Let everything end; for closing the program."""
        self.cancel_all()
        self._pool.waitForDone()

    @Slot(object)
    def _progress(self, progress: Progress) -> None:
        if progress.name in self._running:
            self.progressed.emit(progress)

    def _end(self, ended: "_Ended", done: Callable[[Any], None]) -> None:
        if self._running.get(ended.job.name) is not ended.job:
            return
        del self._running[ended.job.name]
        self.busy.emit(tuple(self._running))
        if ended.error is None:
            done(ended.result)
        elif not isinstance(ended.error, FitCancelled):
            self.failed.emit(ended.job.name, _sentence(ended.error))


class _Signals(QObject):
    progressed = Signal(object)
    ended = Signal(object)


@dataclass(frozen=True, eq=False)
class _Ended:
    job: "_Job"
    result: Any
    error: Exception | None


class _Job(QRunnable):
    """Work in a thread of the pool; it is also the Monitor that the work reports to."""

    def __init__(self, name: str, work: Work) -> None:
        super().__init__()
        self.setAutoDelete(False)
        self.name = name
        self.signals = _Signals()
        self._work = work
        self._what = name
        self._stop = threading.Event()
        self._said = -math.inf

    def run(self) -> None:
        """Called by the pool."""
        try:
            ended = _Ended(self, self._work(self), None)
        except Exception as error:  # the one place where an error of a job ends
            if not isinstance(error, FitCancelled):
                log.exception("%s stopped", self.name)
            ended = _Ended(self, None, error)
        self.signals.ended.emit(ended)

    def cancel(self) -> None:
        self._stop.set()

    def stage(self, what: str) -> None:
        """What is counted from now on; see ``app.batch.stage``."""
        self._what, self._said = what, -math.inf

    def report(self, done: int, total: int) -> None:
        """Progress; see ``fitting.monitor``."""
        now = time.monotonic()
        if now < self._said + _SAY_EVERY_S and done < total:
            return
        self._said = now
        self.signals.progressed.emit(Progress(self.name, self._what, done, total))

    def cancelled(self) -> bool:
        """Whether the user wants to stop."""
        return self._stop.is_set()


def _sentence(error: Exception) -> str:
    if isinstance(error, DeconvolyteError):
        return str(error)
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        return f"{place}{error.strerror or error}"
    return f"stopped by an error of its own ({type(error).__name__}: {error}); please report it"
