"""Where labels of lines stand: in rows, none over another, all inside. Pixels only, no Qt."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Label:
    """A label that belongs to one line, or to several that are too close to be told apart.

    Parameters
    ----------
    text : what it says
    place : of its first line, from the left end
    width : of its text with the gaps beside it
    members : which lines it stands for
    """

    text: str
    place: float
    width: float
    members: tuple[int, ...]


@dataclass(frozen=True)
class Placed:
    """A label with its left end and its row, counted from the top."""

    label: Label
    start: float
    row: int


def in_rows(labels: Sequence[Label], room: float, most: int, *, dense: bool) -> list[Placed]:
    """Labels in as few rows as go; what does not fit is left out.

    Parameters
    ----------
    room : width of a row
    most : how many rows there may be
    dense : a label may begin or end at its line; else it is centered on it
    """
    ends: list[float] = []
    found = []
    for label in sorted(labels, key=lambda one: one.place):
        last = max(room - label.width, 0.0)
        first = label.place - (label.width if dense else 0.5 * label.width)
        first = min(max(first, 0.0), last)
        latest = min(label.place, last) if dense else first
        row = next((k for k, end in enumerate(ends) if end <= latest), len(ends))
        if row >= most:
            continue
        start = max(first, ends[row]) if row < len(ends) else first
        ends[row:] = [start + label.width, *ends[row + 1 :]]
        found.append(Placed(label, start, row))
    return found


def neighbours(places: Sequence[float], apart: float) -> list[tuple[int, ...]]:
    """Lines in groups: those that stand less than so far from the first of their group."""
    groups: list[list[int]] = []
    for k in sorted(range(len(places)), key=lambda one: places[one]):
        if groups and places[k] - places[groups[-1][0]] < apart:
            groups[-1].append(k)
        else:
            groups.append([k])
    return [tuple(group) for group in groups]
