"""What one check found."""

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "warn", "fail"]

OVERALL = "overall"
"""The check that sums up a region of a step: its verdict is the worst of all others."""

_SEVERITY: dict[Verdict, int] = {"ok": 0, "warn": 1, "fail": 2}


@dataclass(frozen=True)
class Check:
    """One verdict on one region of one step.

    Parameters
    ----------
    step : its number; None where it is about all steps of a sample
    region, check : where, and what was looked at
    detail : numbers with units, and what to do
    """

    step: int | None
    region: str
    check: str
    verdict: Verdict
    detail: str


def worst(checks: list[Check]) -> Verdict:
    """The verdict that counts; "ok" of none."""
    return max((c.verdict for c in checks), key=_SEVERITY.__getitem__, default="ok")
