"""What the window does from files to numbers, without the window."""

from benchmarks.gui_plans import fitted, opened
from benchmarks.shown import fractions_otherwise, rows_of
from fitting.monitor import SilentMonitor

__all__ = ["QUIET", "fitted", "fractions_otherwise", "opened", "rows_of"]

QUIET = SilentMonitor()
