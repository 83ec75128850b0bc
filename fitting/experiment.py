"""All series of one sample."""

from dataclasses import dataclass

import numpy as np

from fitting.arrays import IntArray
from fitting.errors import DataError
from fitting.series import Series


@dataclass(frozen=True, eq=False)
class Experiment:
    """The series of all regions of one sample; regions may lack steps.

    Parameters
    ----------
    sample : name
    series : one per region, all of this sample

    Raises
    ------
    DataError
        No series, a series of another sample, or two of one region.
    """

    sample: str
    series: tuple[Series, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "series", tuple(self.series))
        if not self.series:
            raise DataError(f"the sample {self.sample} has no series")
        others = [series.sample for series in self.series if series.sample != self.sample]
        if others:
            raise DataError(f"a series of the sample {others[0]} among those of {self.sample}")
        if len(set(self.regions)) < len(self.series):
            raise DataError(f"two regions of one name in {self.sample}: {', '.join(self.regions)}")

    @property
    def regions(self) -> tuple[str, ...]:
        """Names of the regions, in order."""
        return tuple(series.region for series in self.series)

    @property
    def steps(self) -> IntArray:
        """Step numbers that any region has, increasing."""
        return np.unique(np.concatenate([series.steps for series in self.series]))

    def series_of(self, region: str) -> Series:
        """The series of one region.

        Raises
        ------
        DataError
            No region of that name; says which there are.
        """
        for series in self.series:
            if series.region == region:
                return series
        raise DataError(
            f"the sample {self.sample} has no region {region}; it has {', '.join(self.regions)}"
        )
