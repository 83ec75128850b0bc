"""Progress of the compiler, which takes a minute once on every machine."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from numba.core.dispatcher import Dispatcher
from numba.core.event import Event, Listener, install_listener

from fitting.monitor import Monitor


class _Counter(Listener):  # type: ignore[misc]
    """Reports functions that are compiled; those that are in the cache are not counted."""

    def __init__(self, monitor: Monitor, total: int) -> None:
        self._monitor, self._total = monitor, total
        self._done: set[str] = set()

    def on_start(self, event: Event) -> None:
        """Nothing is done yet."""

    def on_end(self, event: Event) -> None:
        """One more; the last one is only reported when all is done."""
        self._done.add(event.data["dispatcher"].py_func.__qualname__)
        self._monitor.report(min(len(self._done), self._total - 1), self._total)


@contextmanager
def reported(monitor: Monitor) -> Iterator[None]:
    """Report how many of all kernels are compiled while something is called for the first time."""
    kernels = {
        value.py_func
        for name, module in list(sys.modules.items())
        if name.startswith(f"{__package__}.kernels_")
        for value in vars(module).values()
        if isinstance(value, Dispatcher)
    }
    with install_listener("numba:compile", _Counter(monitor, len(kernels))):
        yield
    monitor.report(len(kernels), len(kernels))
