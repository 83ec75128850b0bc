"""Long work has stages; whoever shows progress may want to name them."""

from typing import Protocol, runtime_checkable

from fitting.monitor import Monitor


@runtime_checkable
class StageMonitor(Monitor, Protocol):
    """A monitor that is told what is being done."""

    def stage(self, what: str) -> None:
        """Note that from now on reports count this, e.g. ``"fitting"``."""


def begin(monitor: Monitor, what: str) -> None:
    """Name the stage to a monitor that wants to know."""
    if isinstance(monitor, StageMonitor):
        monitor.stage(what)
