"""Lines that the data do not tell apart, and the group that is to be reported instead."""

import json
import re
from collections.abc import Iterator, Sequence

import numpy as np

from fitting.arrays import BoolArray, FloatArray
from fitting.checks.check import Check
from fitting.checks.view import RegionView

CORRELATED = 0.95
"""Two areas correlated beyond this are not told apart by the data (PEERS: section 5, 4)."""


def correlation(view: RegionView) -> Iterator[Check]:
    """Areas of different phases with |r| > 0.95.

    Of a negative r the sum is known better than the parts. A positive one has a cause that both
    share, such as the background or a width.
    """
    areas = _phase_areas(view)
    if len(areas) < 2:
        return
    sigma = view.stderr[:, areas]
    with np.errstate(invalid="ignore", divide="ignore"):
        r = view.covariance[:, areas][:, :, areas] / (sigma[:, :, None] * sigma[:, None, :])
    judged = _strangers(view, areas) & _first_region(view, areas)
    high = (np.abs(np.nan_to_num(r)) > CORRELATED) & np.triu(judged, k=1)
    for k in np.flatnonzero(high.any(axis=(1, 2))).tolist():
        for members in _clusters(high[k] & (r[k] < 0.0)):
            group = proposal(view, [areas[m] for m in members])
            if group is not None:
                words = "; ".join(_pairs(view, areas, high[k] & (r[k] < 0.0), r[k], members))
                yield view.say(k, "correlation", "warn", f"{words}; {group}")
        for words in _pairs(view, areas, high[k] & (r[k] > 0.0), r[k], range(len(areas))):
            advice = "they share a cause, such as the background or a width: fix it or link it"
            yield view.say(k, "correlation", "warn", f"{words}; {advice}")


def proposal(view: RegionView, areas: Sequence[int]) -> str | None:
    """A line for the plan that reports these areas as one; None if there is nothing to report.

    A group of the plan that holds all of them already does.

    Parameters
    ----------
    areas : positions of areas among the free parameters
    """
    plan = view.table.plan
    names = list(dict.fromkeys(_phase(view, f) for f in areas))
    if len(names) < 2 and names != [""]:
        return None
    if "" in names or not all(name in plan.phases for name in names):
        return "give each a phase, then report their sum as a group"
    if any(set(names) <= set(members) for members in plan.groups.values()):
        return None
    if not all(plan.phases[name].counted for name in names):
        return "one of them is not counted: fix it, or count it and report their sum as a group"
    return f"report their sum, in [groups]: {group_line(names)}"


def group_line(names: Sequence[str]) -> str:
    """A line for ``[groups]`` of a plan."""
    key = "_or_".join(re.sub(r"\W", "_", name) for name in names)
    return f"{key} = {json.dumps(list(names), ensure_ascii=False)}"


def _phase(view: RegionView, f: int) -> str:
    return view.table.parameters[int(view.table.free[f])].phase


def _phase_areas(view: RegionView) -> list[int]:
    rows = view.table.parameters
    return [int(f) for f in view.mine if rows[view.table.free[f]].may_be_absent]


def _strangers(view: RegionView, areas: Sequence[int]) -> BoolArray:
    """(A, A) whether two areas belong to different phases, or to none."""
    phases = [_phase(view, f) for f in areas]
    return np.array([[not a or a != b for b in phases] for a in phases])


def _first_region(view: RegionView, areas: Sequence[int]) -> BoolArray:
    """(A, A) whether this is the first region that both areas or amounts show in."""
    seen = view.table.influence[:, areas]
    both = seen[:, :, np.newaxis] & seen[:, np.newaxis]
    return np.asarray(both.argmax(axis=0) == view.table.regions.index(view.region))


def _clusters(high: BoolArray) -> list[list[int]]:
    """Areas that hang together, pair by pair."""
    label = list(range(len(high)))
    for i, j in zip(*np.nonzero(high), strict=True):
        old, new = sorted((label[i], label[j]), reverse=True)
        label = [new if own == old else own for own in label]
    found = [[m for m, own in enumerate(label) if own == name] for name in sorted(set(label))]
    return [members for members in found if len(members) > 1]


def _pairs(
    view: RegionView, areas: Sequence[int], high: BoolArray, r: FloatArray, members: Sequence[int]
) -> Iterator[str]:
    for i in members:
        for j in members:
            if high[i, j]:
                yield f"{view.name(areas[i])} and {view.name(areas[j])}: r = {r[i, j]:.3f}"
