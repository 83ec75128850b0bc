"""Lines that are not there: to be reported as upper limits."""

from collections.abc import Iterator

import numpy as np

from fitting.arrays import FloatArray
from fitting.checks.check import Check
from fitting.checks.view import SIGNIFICANT, RegionView, is_counted

_ONE_SIDED_95 = 1.645


def upper_limits(view: RegionView) -> Iterator[Check]:
    """Free areas of counted phases below 3 of their standard errors.

    No fault of the fit: the verdict is ok.
    """
    free_of = {int(p): f for f, p in enumerate(view.table.free)}
    own = [
        c
        for c, component in enumerate(view.region.components)
        if component.area in free_of and is_counted(view.table, component)
    ]
    limit = np.full((len(view.steps), len(own)), np.nan)
    for i, c in enumerate(own):
        limit[:, i] = _limit(view, c, free_of[view.region.components[c].area])
    for k in np.flatnonzero(np.isfinite(limit).any(axis=1)).tolist():
        words = ", ".join(
            f"{view.region.components[c].id} < {_area(view, c, limit[k, i])}"
            for i, c in enumerate(own)
            if np.isfinite(limit[k, i])
        )
        said = f"areas below 3 sigma, to be reported as limits (95 %): {words}"
        yield view.say(k, "upper_limit", "ok", said)


def _limit(view: RegionView, c: int, f: int) -> FloatArray:
    """(K,) upper limit of an area that is not seen; nan where it is, or nothing is known."""
    area, stderr = view.area[:, c], view.area_stderr[:, c]
    limit = np.maximum(area, 0.0) + _ONE_SIDED_95 * stderr
    limit = np.where(view.at_bound[:, f] & (area == 0.0), view.upper_limit[:, f], limit)
    return np.where(area > SIGNIFICANT * stderr, np.nan, limit)


def _area(view: RegionView, c: int, value: float) -> str:
    unit = view.table.parameters[view.region.components[c].area].unit
    return view.number(float(f"{value:.3g}"), unit)
