"""Progress: a bar on a terminal, a plain line now and then in a pipe; Ctrl-C asks to stop."""

import os
import signal
import sys
import time
from contextlib import suppress
from types import FrameType, TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_PLAIN_EVERY_S = 5.0
_PLAIN_END_S = 1.0


class ConsoleMonitor:
    """A Monitor for the command line, as a context.

    The first Ctrl-C ends the work at the next checkpoint; the second ends the program at once.
    A kill (SIGTERM, as clusters send it) is taken like a Ctrl-C.

    Parameters
    ----------
    what : word before the numbers, e.g. ``"fitting"``
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._stop = False
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._begun = time.monotonic()
        self._said = (self._begun, -1)

    def __enter__(self) -> "ConsoleMonitor":
        self._before = {
            number: signal.signal(number, self._interrupt)
            for number in (signal.SIGINT, signal.SIGTERM)
        }
        if sys.stderr.isatty():
            self._start_bar()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if self._bar is not None:
            self._bar.stop()

    def stage(self, what: str) -> None:
        """From now on reports count something else."""
        self._what, self._begun = what, time.monotonic()
        self._said = (self._begun, -1)
        if self._bar is not None:
            if self._task is not None:
                self._bar.remove_task(self._task)
            self._task = self._bar.add_task(what, total=None)

    def report(self, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` are finished."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done, total=total)
            return
        now, last = time.monotonic(), self._said
        if done == total:
            due = now - self._begun > _PLAIN_END_S
        else:
            due = now - last[0] > _PLAIN_EVERY_S
        if due and done != last[1]:
            self._said = (now, done)
            # nobody may be reading any more; that is no reason to stop the work
            with suppress(OSError):
                sys.stderr.write(f"{self._what}: {done} of {total}\n")

    def cancelled(self) -> bool:
        """Whether Ctrl-C was pressed."""
        return self._stop

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        if self._stop:
            raise KeyboardInterrupt
        self._stop = True
        # not by sys.stderr: the signal may have come in the middle of a write to it
        with suppress(OSError):
            os.write(2, b"\ndeconvolyte: stopping; once more to stop at once\n")

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
