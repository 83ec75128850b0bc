"""Lines that are not there: to be reported as upper limits."""

from collections.abc import Iterator

import numpy as np

from fitting.arrays import FloatArray
from fitting.checks.check import Check
from fitting.checks.view import SIGNIFICANT, RegionView, is_counted
from fitting.joint import AMOUNT

_ONE_SIDED_95 = 1.645


def upper_limits(view: RegionView) -> Iterator[Check]:
    """Areas of counted phases, free or driven by an amount, below 3 of their standard errors.

    No fault of the fit: the verdict is ok.
    """
    own = _single(view)
    limit = np.full((len(view.steps), len(own)), np.nan)
    for i, (c, f) in enumerate(own.items()):
        limit[:, i] = _limit(view, c, f)
    for k in np.flatnonzero(np.isfinite(limit).any(axis=1)).tolist():
        words = ", ".join(
            f"{view.region.components[c].id} < {_area(view, c, limit[k, i])}"
            for i, c in enumerate(own)
            if np.isfinite(limit[k, i])
        )
        said = f"areas below 3 sigma, to be reported as limits (95 %): {words}"
        yield view.say(k, "upper_limit", "ok", said)


def _single(view: RegionView) -> dict[int, int]:
    """Component -> free parameter that is its area or drives it; the first of each parameter."""
    found: dict[int, int] = {}
    for c, component in enumerate(view.region.components):
        place = np.flatnonzero(view.table.depends[component.area] & ~view.table.factors)
        if len(place) != 1 or not is_counted(view.table, component):
            continue
        source = int(view.table.free[place[0]])
        mine = source == component.area or view.table.parameters[source].component == AMOUNT
        if mine and place[0] not in found.values():
            found[c] = int(place[0])
    return found


def _limit(view: RegionView, c: int, f: int) -> FloatArray:
    """(K,) upper limit of an area that is not seen; nan where it is, or nothing is known."""
    area, stderr = view.area[:, c], view.area_stderr[:, c]
    factor = view.slopes[:, view.region.components[c].area, f]
    limit = np.maximum(area, 0.0) + _ONE_SIDED_95 * stderr
    limit = np.where(view.at_bound[:, f] & (area == 0.0), factor * view.upper_limit[:, f], limit)
    return np.where(area > SIGNIFICANT * stderr, np.nan, limit)


def _area(view: RegionView, c: int, value: float) -> str:
    unit = view.table.parameters[view.region.components[c].area].unit
    return view.number(float(f"{value:.3g}"), unit)
