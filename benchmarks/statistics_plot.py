"""The plot of the statistics: every phase of every trial, with its Monte Carlo error."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from benchmarks.criteria import (
    COVERED,
    COVERED_ELSEWHERE,
    FALSE,
    FAR,
    LIMITS_HOLD,
    MOST_ERROR,
    Outcome,
)
from benchmarks.replicas import Score

WELL, ELSEWHERE, ABSENT = "#1f6fb4", "#c8651b", "#7a3b9a"


def draw(plot: Any, found: Sequence[Outcome]) -> None:
    """Coverage, error over the bound, and what is said of phases that are absent or nearly so.

    Parameters
    ----------
    plot : an empty matplotlib figure
    found : trials in order
    """
    plot.set_size_inches(4.0 + 0.2 * len(found), 11.0)
    panels = plot.subplots(4, 1, sharex=True)
    _coverage(panels[0], found)
    _efficiency(panels[1], found)
    _limits(panels[2], found)
    _false(panels[3], found)
    panels[3].set_xticks(range(len(found)), [o.trial.name for o in found], rotation=90, fontsize=7)
    panels[3].set_xlim(-1.0, len(found))
    for panel in panels:
        panel.grid(axis="x", alpha=0.2)
    _groups(panels, found)


def _groups(panels: Any, found: Sequence[Outcome]) -> None:
    """Lines between the groups, their names above."""
    begun = 0
    for number in range(1, len(found) + 1):
        if number < len(found) and found[number].trial.group == found[begun].trial.group:
            continue
        for panel in panels:
            panel.axvline(number - 0.5, color="0.6", lw=0.8)
        place, name = 0.5 * (begun + number - 1), found[begun].trial.group
        top = panels[0].get_xaxis_transform()
        panels[0].text(place, 1.03, name, transform=top, ha="center", fontsize=8)
        begun = number


def _coverage(panel: Any, found: Sequence[Outcome]) -> None:
    panel.set_ylabel("95 % intervals\nthat cover / %")
    for well, color, name in (
        (True, WELL, "well determined"),
        (False, ELSEWHERE, "elsewhere (few counts, near zero, absent neighbours)"),
    ):
        points = [
            (x, 100 * s.coverage.value, 100 * s.coverage.error)
            for x, o, s in _places(found)
            if not s.absent and o.well_determined == well
        ]
        _errorbars(panel, points, color, name)
    for level in COVERED:
        panel.axhline(100 * level, color=WELL, lw=0.8, ls="--")
    panel.axhline(100 * COVERED_ELSEWHERE, color=ELSEWHERE, lw=0.8, ls=":")
    panel.legend(fontsize=7, loc="lower left", ncols=2)


def _efficiency(panel: Any, found: Sequence[Outcome]) -> None:
    panel.set_ylabel("root mean square error\nover Cramer-Rao bound")
    for well, color in ((True, WELL), (False, ELSEWHERE)):
        points = [
            (x, s.efficiency.value, s.efficiency.error)
            for x, o, s in _places(found)
            if not s.absent and (o.well_determined and o.trial.efficient) == well
        ]
        _errorbars(panel, points, color, "")
    panel.axhline(MOST_ERROR, color=WELL, lw=0.8, ls="--")


def _limits(panel: Any, found: Sequence[Outcome]) -> None:
    panel.set_ylabel("upper limits\nthat hold / %")
    points = [
        (x, 100 * s.limit.value, 100 * s.limit.error)
        for x, _, s in _places(found)
        if s.truth.fraction < FAR * s.truth.bound
    ]
    _errorbars(
        panel,
        points,
        ABSENT,
        "phases absent (then it cannot fail but by being empty) or below four bounds",
    )
    panel.axhline(100 * LIMITS_HOLD, color=ABSENT, lw=0.8, ls="--")
    panel.legend(fontsize=7, loc="lower left")


def _false(panel: Any, found: Sequence[Outcome]) -> None:
    panel.set_ylabel("false detections\nof absent phases / %")
    points = [
        (x, 100 * s.detected.value, 100 * s.detected.error)
        for x, _, s in _places(found)
        if s.absent
    ]
    _errorbars(panel, points, ABSENT, "")
    panel.axhline(100 * FALSE, color=ABSENT, lw=0.8, ls="--")


def _places(found: Sequence[Outcome]) -> Iterator[tuple[float, Outcome, Score]]:
    """Phases of a trial side by side around its place."""
    for number, outcome in enumerate(found):
        own = outcome.scores
        places = number + 0.6 * (np.arange(len(own)) - 0.5 * (len(own) - 1)) / max(1, len(own))
        for x, s in zip(places, own, strict=True):
            yield float(x), outcome, s


def _errorbars(
    panel: Any, points: Sequence[tuple[float, float, float]], color: str, name: str
) -> None:
    if points:
        x, y, error = zip(*points, strict=True)
        panel.errorbar(x, y, error, fmt=".", ms=3, lw=0.8, color=color, label=name or None)
