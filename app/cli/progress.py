"""Progress: a bar on a terminal, a plain line now and then in a pipe; Ctrl-C asks to stop."""

import signal
import sys
import time
from types import FrameType, TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_PLAIN_EVERY_S = 5.0


class ConsoleMonitor:
    """A Monitor for the command line, as a context.

    The first Ctrl-C ends the work at the next checkpoint; the second ends the program at once.

    Parameters
    ----------
    what : word before the numbers, e.g. ``"fitting"``
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._stop = False
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._said = (time.monotonic(), -1)

    def __enter__(self) -> "ConsoleMonitor":
        self._before = signal.signal(signal.SIGINT, self._interrupt)
        if sys.stderr.isatty():
            self._start_bar()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        signal.signal(signal.SIGINT, self._before)
        if self._bar is not None:
            self._bar.stop()

    def report(self, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` are finished."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done, total=total)
            return
        now, last = time.monotonic(), self._said
        if done != last[1] and (done == total or now - last[0] > _PLAIN_EVERY_S):
            sys.stderr.write(f"{self._what}: {done} of {total}\n")
            self._said = (now, done)

    def cancelled(self) -> bool:
        """Whether Ctrl-C was pressed."""
        return self._stop

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        if self._stop:
            raise KeyboardInterrupt
        self._stop = True

    def _start_bar(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._task = self._bar.add_task(self._what, total=None)
        self._bar.start()
