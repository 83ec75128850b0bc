"""The steps of one region of a result, or of all regions together: what stands beside fractions."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from fitting.arrays import BoolArray, FloatArray, IntArray
from fitting.result import FitStatus, RegionInfo, SeriesResult

ALL = "all"
"""What the tables call the region of amounts that all regions of a step share."""


@dataclass(frozen=True, eq=False)
class RegionSteps:
    """K steps of one region, or of all together.

    Parameters
    ----------
    info : of the region; of all together that of the first, called ``all``
    present : (K,) whether it was measured
    status : (K,) of ``all`` the worst of those that have numbers, else the worst
    sigma_source : K words; those of all regions that have numbers, each once
    reduced_chi_square : (K,) of ``all`` the mean of those that have numbers
    columns : name -> (K,) step values; of ``all`` the mean of the regions that have one
    """

    info: RegionInfo
    present: BoolArray
    status: IntArray
    sigma_source: tuple[str, ...]
    reduced_chi_square: FloatArray
    columns: Mapping[str, FloatArray]

    @property
    def usable(self) -> BoolArray:
        """(K,) whether there are numbers."""
        return np.asarray(self.status <= FitStatus.NOT_CONVERGED)


def steps_of(result: SeriesResult, region: str) -> RegionSteps:
    """What a result says about the steps of a region, or of ``all``.

    Raises
    ------
    KeyError
        No such region.
    """
    if region == ALL:
        return _together(result)
    r = result.region_index(region)
    return RegionSteps(
        result.regions[r],
        result.present[:, r],
        result.status[:, r],
        tuple(row[r] for row in result.sigma_source),
        result.reduced_chi_square[:, r],
        {name: values[:, r] for name, values in result.columns.items()},
    )


def _together(result: SeriesResult) -> RegionSteps:
    usable = np.asarray(result.present & (result.status <= FitStatus.NOT_CONVERGED))
    some = usable.any(axis=1)
    counting = np.where(np.asarray(some)[:, np.newaxis], usable, result.present)
    status = np.where(counting, result.status, FitStatus.CONVERGED).max(axis=1)
    sources = tuple(
        "; ".join(dict.fromkeys(word for word, used in zip(words, own, strict=True) if used))
        for words, own in zip(result.sigma_source, usable, strict=True)
    )
    present = np.asarray(result.present.any(axis=1))
    return RegionSteps(
        replace(result.regions[0], name=ALL),
        present,
        np.where(present, status, FitStatus.EXCLUDED),
        sources,
        _mean(result.reduced_chi_square, usable),
        {name: _mean(values, result.present) for name, values in result.columns.items()},
    )


def _mean(values: FloatArray, wanted: BoolArray) -> FloatArray:
    """(K,) mean over the regions that are wanted and have a number; nan where none has."""
    used = wanted & np.isfinite(values)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(used, values, 0.0).sum(axis=1) / used.sum(axis=1))
