"""For how long a point was counted, and whether the counts of regions can be compared."""

from collections.abc import Mapping

import numpy as np

from fitting.arrays import FloatArray
from fitting.series import IntensityUnit, Series

ALIKE = 1.25
"""Exposures closer than this factor count as equal: durations hold overheads of their own."""


def exposures_s(series: Series) -> FloatArray | None:
    """(K,) seconds that a point of each spectrum was counted for; 1 for rates, None if not known.

    The duration of the acquisition over its points: dwell time x sweeps, and any overhead.
    """
    if series.intensity_unit is IntensityUnit.COUNTS_PER_SECOND:
        return np.ones(len(series))
    if series.intensity_unit is IntensityUnit.ARBITRARY or series.acquisition_s is None:
        return None
    points = np.isfinite(series.intensity).sum(axis=1)
    known = (points > 0) & (series.acquisition_s > 0.0)
    found: FloatArray = np.where(known, series.acquisition_s, np.nan) / np.maximum(points, 1)
    return found


def exposure_s(series: Series) -> float | None:
    """That of the first spectrum."""
    found = exposures_s(series)
    if found is None or not len(found) or not np.isfinite(found[0]):
        return None
    return float(found[0])


def exposures_that_differ(series: Mapping[str, Series]) -> dict[str, float]:
    """Region -> seconds per point; empty where they are alike or one is not known."""
    found = {name: exposure_s(one) for name, one in series.items()}
    known = {name: seconds for name, seconds in found.items() if seconds is not None}
    if len(known) < len(found) or len(known) < 2:
        return {}
    if max(known.values()) <= ALIKE * min(known.values()):
        return {}
    return {name: float(f"{seconds:.4g}") for name, seconds in known.items()}


def exposure_notes(series: Mapping[str, Series], given: Mapping[str, float]) -> list[str]:
    """What makes the areas of regions of one sample incomparable, a sentence each.

    Parameters
    ----------
    series : by region of the plan
    given : ``quantification.exposure_s``
    """
    if set(series) <= set(given):
        return []
    units = dict.fromkeys(str(one.intensity_unit) for one in series.values())
    if len(units) > 1:
        words = ", ".join(f"{name} in {one.intensity_unit}" for name, one in series.items())
        wanted = "say the seconds per point of those in counts in quantification.exposure_s"
        return [f"areas do not compare: {words}; {wanted}, 1 for the others"]
    differ = exposures_that_differ(series)
    if not differ:
        return []
    shown = ", ".join(f'"{name}" = {seconds:g}' for name, seconds in differ.items())
    words = "counts do not compare: points were counted for different times"
    return [f"{words}; write exposure_s = {{{shown}}} into [quantification]"]
