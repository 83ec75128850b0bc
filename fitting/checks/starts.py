"""Which start led to a minimum, and whether the data choose between it and the next."""

from collections.abc import Iterator

import numpy as np

from fitting.checks.check import Check, Verdict
from fitting.result import FitStatus, SeriesResult
from fitting.sweep import FIRST

UNDECIDED = 1.0
"""Two minima this close in chi-square are one standard deviation apart: either may be the one."""

_WORDS = {
    "cold": "a cold start",
    "chain": "the step before",
    "plan": "the start of the plan",
    "grid": "the best shift of a grid",
    "thrown": "a random start",
    "shared": "what the series shares",
}


def starts(result: SeriesResult, r: int) -> Iterator[Check]:
    """Fits that a start other than the first won, or that have another minimum."""
    region = result.regions[r].name
    usable = result.present[:, r] & (result.status[:, r] <= FitStatus.NOT_CONVERGED)
    for k in np.flatnonzero(usable).tolist():
        start, above = result.start[k][r], float(result.runner_up[k, r])
        if start in (*FIRST, "each", "shared") and np.isnan(above):
            continue
        words = f"found from {_place(start)}, of {result.tried[k, r]} starts"
        own: Verdict = "ok"
        if not np.isnan(above):
            words += f"; the next minimum is {above:.3g} higher in chi-square"
            if above < UNDECIDED and not np.isnan(result.reduced_chi_square[k, r]):
                own, words = "warn", f"{words}: the data do not choose between the two"
        yield Check(int(result.steps[k]), region, "start", own, words)


def _place(start: str) -> str:
    kind, _, number = start.partition(" ")
    if kind == "step":
        count, side = abs(int(number)), "after" if int(number) > 0 else "before"
        return f"the answer {count} step{'s' if count > 1 else ''} {side}"
    return _WORDS.get(kind, kind)
