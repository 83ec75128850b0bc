"""Where the lines of a plan may move, so that no line takes over the name of its neighbour."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

from fitting.plan_lines import PlannedLine

SHARE_OF_WIDTH = 1.0 / 3.0
"""Lines closer than this share of the wider one are one line to a fit."""


def as_one(one: PlannedLine, other: PlannedLine) -> bool:
    """Whether two lines lie too close for a fit to find both positions."""
    limit = SHARE_OF_WIDTH * max(one.usual_width, other.usual_width)
    return abs(one.center - other.center) < limit


def settled(
    own: Sequence[PlannedLine], anchored: bool
) -> tuple[list[PlannedLine], tuple[str, ...]]:
    """Hold lines that position cannot separate; let the windows of neighbours meet half way.

    Parameters
    ----------
    own : lines of one region
    anchored : whether a line of the electrolyte sets the energy scale. Without one, close lines
        move together at the distances of the library, since the values may all be off by a shift

    Returns
    -------
    lines, texts
        In the same order; what was done, for people.
    """
    lines, met = _cut(own)
    texts = [
        f"The windows of {lower.id} and {upper.id} meet half way between their values, at "
        f"{_half_way(lower, upper):.6g}, so that labels cannot swap."
        for lower, upper in met
    ]
    for ids in _clusters(own):
        lines = [_held(line, lines, ids, anchored) for line in lines]
        texts.append(_held_text(ids, [line for line in lines if line.id in ids], anchored))
    return lines, tuple(texts)


def _held_text(ids: Sequence[str], lines: Sequence[PlannedLine], anchored: bool) -> str:
    text = f"{', '.join(ids)} lie closer than a third of their width, so no fit finds where each is"
    if not anchored:
        return f"{text}: they move together, at the distances of the library."
    fixed = ", ".join(line.id for line in lines if line.fixed)
    return f"{text}: the center of {fixed} is held at the value of the library."


def _half_way(one: PlannedLine, other: PlannedLine) -> float:
    return round(0.5 * (one.center + other.center), 4)


def _cut(
    own: Sequence[PlannedLine],
) -> tuple[list[PlannedLine], list[tuple[PlannedLine, PlannedLine]]]:
    """Lines with windows that no longer overlap, and the pairs (lower, upper) that were cut."""
    lines = {line.id: line for line in own}
    met = []
    for one, other in combinations(own, 2):
        lower, upper = sorted((one, other), key=lambda line: line.center)
        same = one.line.species == other.line.species or as_one(one, other)
        if same or (one.link and other.link) or lower.high <= upper.low:
            continue
        middle = _half_way(lower, upper)
        below, above = lines[lower.id], lines[upper.id]
        lines[lower.id] = replace(below, high=min(below.high, middle))
        lines[upper.id] = replace(above, low=max(above.low, middle))
        met.append((lower, upper))
    tight = [
        (lower, upper)
        for lower, upper in met
        if _half_way(lower, upper) in (lines[lower.id].high, lines[upper.id].low)
    ]
    return list(lines.values()), tight


def _clusters(own: Sequence[PlannedLine]) -> list[tuple[str, ...]]:
    """Ids of lines that hang together by being as one with a line of another phase."""
    found: list[set[str]] = []
    for one, other in combinations(own, 2):
        if one.line.species != other.line.species and as_one(one, other):
            touching = [ids for ids in found if ids & {one.id, other.id}]
            found = [ids for ids in found if ids not in touching]
            found.append({one.id, other.id}.union(*touching))
    return [tuple(line.id for line in own if line.id in ids) for ids in found]


def _held(
    line: PlannedLine, lines: Sequence[PlannedLine], ids: Sequence[str], anchored: bool
) -> PlannedLine:
    if line.id not in ids or line.link:
        return line
    if anchored:
        return replace(line, fixed=True)
    members = [other for other in lines if other.id in ids]
    head = next((other for other in members if other.link), members[0])
    if line.id == head.id:
        return line
    distance = round(line.center - head.center, 4)
    sign = "-" if distance < 0 else "+"
    link = f"{head.id}.center" + (f" {sign} {abs(distance):.6g}" if distance else "")
    return replace(line, link=link)
