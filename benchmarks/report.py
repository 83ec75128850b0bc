"""What a benchmark hands over: figures with their goals, printed as they come in."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Draw = Callable[[Any], None]
"""Fills a ``matplotlib.figure.Figure``."""


@dataclass(frozen=True)
class Settings:
    """What the user may say.

    Parameters
    ----------
    rounds : repetitions, whatever that is in a benchmark; None: what the issue asks for
    size : spectra or replicas; None: what the issue asks for
    """

    rounds: int | None = None
    size: int | None = None


@dataclass(frozen=True)
class Figure:
    """One measured figure.

    Parameters
    ----------
    what : was measured
    value : with unit, and its Monte Carlo error where chance is in it
    goal : what was asked for; empty where the figure is only reported
    reached : whether it was; None where the figure is only reported
    note : what one has to know to read it
    share : measured over goal, or goal over measured where less is better, for the plot: 1 and
        above reach it; None keeps the figure out of the plot
    """

    what: str
    value: str
    goal: str = ""
    reached: bool | None = None
    note: str = ""
    share: float | None = None

    @property
    def verdict(self) -> str:
        """``reached``, ``missed`` or nothing."""
        return {True: "reached", False: "missed", None: ""}[self.reached]


class Report:
    """The figures of one benchmark, in the order in which they came.

    Parameters
    ----------
    title : heading in docs/benchmarks.md
    about : what is measured and how, for the reader

    Without a ``draw`` of its own the plot shows the figures that have a ``share``. ``pictures``
    are for other documents: file name without ending -> what writes it.
    """

    def __init__(self, title: str, about: str) -> None:
        self.title, self.about = title, about
        self.figures: list[Figure] = []
        self.details: list[Figure] = []
        self.draw: Draw | None = None
        self.pictures: dict[str, Callable[[Path], None]] = {}
        print(f"\n{title}\n{about}", flush=True)

    def add(self, figure: Figure) -> None:
        """Take a figure and print it."""
        self.figures.append(figure)
        _print(figure)

    def add_detail(self, figure: Figure) -> None:
        """Take a figure for the table that only those open who want to know more."""
        self.details.append(figure)
        _print(figure)


def _print(figure: Figure) -> None:
    goal = f" (goal {figure.goal})" if figure.goal else ""
    verdict = figure.verdict.upper() if figure.reached is False else figure.verdict
    verdict = f" {verdict}" if verdict else ""
    note = f"; {figure.note}" if figure.note else ""
    print(f"  {figure.what}: {figure.value}{goal}{verdict}{note}", flush=True)
