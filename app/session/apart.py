"""A process beside the window, for work in Python that would hold it up."""

import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import ParamSpec, TypeVar

from app.batch.pool import interrupts_held, start_pool, stop_pool
from fitting.errors import DataError, FitCancelled
from fitting.monitor import Monitor

_LOOK_S = 0.05

P = ParamSpec("P")
T = TypeVar("T")


class Apart:
    """One process, started when it is first needed and kept; one thing at a time."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None
        self._turn = threading.Lock()

    def run(self, monitor: Monitor, work: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        """What ``work(*args, **named)`` returns; all of them must pickle.

        Raises
        ------
        FitCancelled
            The process was ended.
        DataError
            It ended by itself.
        """
        with self._turn:
            if self._pool is None:
                self._pool = start_pool(1)
            with interrupts_held():
                future = self._pool.submit(work, *args, **named)
            try:
                while True:
                    try:
                        return future.result(timeout=_LOOK_S)
                    except TimeoutError:
                        if monitor.cancelled():
                            raise FitCancelled from None
            except FitCancelled:
                self._stop()
                raise
            except BrokenProcessPool as error:
                self._stop()
                raise DataError("the process that fits has ended by itself; fit again") from error

    def end(self) -> None:
        """End the process; nothing may be running."""
        with self._turn:
            self._stop()

    def _stop(self) -> None:
        if self._pool is not None:
            stop_pool(self._pool)
            self._pool = None
