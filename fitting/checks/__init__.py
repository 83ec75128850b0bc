"""Quality checks of fits, as data: what was looked at, the verdict, and why.

One idea a file. A check of a step takes a ``RegionView`` and yields what it has to say, for all
steps at once; ``STEP_CHECKS`` lists them. docs/checks.md says what each one does.
"""

from fitting.checks.check import OVERALL, Check, Verdict
from fitting.checks.series_checks import SeriesChecks

__all__ = ["OVERALL", "Check", "SeriesChecks", "Verdict"]
