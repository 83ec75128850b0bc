"""Progress and cancelling, passed in from the start of every long computation."""

from typing import Protocol

from fitting.errors import FitCancelled


class Monitor(Protocol):
    """What long work reports to, and asks whether to go on."""

    def report(self, done: int, total: int) -> None:
        """Take note that ``done`` of ``total`` items are finished."""

    def cancelled(self) -> bool:
        """Say whether the user wants to stop."""


class SilentMonitor:
    """Reports nothing and never cancels."""

    def report(self, done: int, total: int) -> None:
        """Ignore the report."""

    def cancelled(self) -> bool:
        """Never."""
        return False


class CancelOnly(SilentMonitor):
    """Passes on the wish to stop; progress is counted elsewhere."""

    def __init__(self, monitor: Monitor) -> None:
        self._monitor = monitor

    def cancelled(self) -> bool:
        """As the other monitor says."""
        return self._monitor.cancelled()


def checkpoint(monitor: Monitor, done: int, total: int) -> None:
    """Report progress and stop here if the user asked for it.

    Raises
    ------
    FitCancelled
    """
    monitor.report(done, total)
    stop_if_cancelled(monitor)


def stop_if_cancelled(monitor: Monitor) -> None:
    """Stop here if the user asked for it; for places too small to be progress.

    Raises
    ------
    FitCancelled
    """
    if monitor.cancelled():
        raise FitCancelled
