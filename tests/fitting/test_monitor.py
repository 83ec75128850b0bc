"""Progress and cancelling."""

import pytest

from fitting.errors import FitCancelled
from fitting.monitor import CancelOnly, SilentMonitor, checkpoint, stop_if_cancelled


class Asked(SilentMonitor):
    def __init__(self, stop: bool) -> None:
        self.stop = stop
        self.reports: list[tuple[int, int]] = []

    def report(self, done: int, total: int) -> None:
        self.reports.append((done, total))

    def cancelled(self) -> bool:
        return self.stop


def test_a_checkpoint_reports_before_it_stops() -> None:
    going, stopping = Asked(False), Asked(True)
    checkpoint(going, 1, 3)
    stop_if_cancelled(going)
    with pytest.raises(FitCancelled):
        checkpoint(stopping, 2, 3)
    assert (going.reports, stopping.reports) == ([(1, 3)], [(2, 3)])


def test_cancel_only_passes_on_the_wish_and_no_progress() -> None:
    inner = Asked(True)
    outer = CancelOnly(inner)
    with pytest.raises(FitCancelled):
        checkpoint(outer, 1, 2)
    assert inner.reports == []
    inner.stop = False
    checkpoint(outer, 1, 2)
