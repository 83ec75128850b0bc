"""What a plan has to know of measured data: regions, how far they run, where they peak."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from fitting.arrays import FloatArray
from fitting.errors import DataError
from fitting.series import IntensityUnit, Series, Technique

OVERVIEW_EV = 150.0
"""A photoelectron window wider than this is an overview, not a core level."""

_OVERVIEWS = ("survey", "valence band")
_ROWS = 32  # spectra that the mean of a long series is made of
_RAYLEIGH_CM1 = 50.0
_BAND_SIDES_CM1 = 20.0
_BAND_SIGMA = 5.0


@dataclass(frozen=True, eq=False)
class MeasuredRegion:
    """One region, over all samples and steps.

    Parameters
    ----------
    name, technique : as in ``Series``
    x, intensity : (N,) mean of spectra from all over the series; ascending, on the fit axis
    countable : intensities are counts or counts per second, and none is negative
    photon_energies : eV, those that occur
    """

    name: str
    technique: Technique
    x: FloatArray
    intensity: FloatArray
    countable: bool
    photon_energies: tuple[float, ...]

    @property
    def low(self) -> float:
        """Lowest axis value that all spectra have."""
        return float(self.x[0])

    @property
    def high(self) -> float:
        """Highest axis value that all spectra have."""
        return float(self.x[-1])

    @property
    def spacing(self) -> float:
        """Mean distance of neighbouring points."""
        return (self.high - self.low) / (len(self.x) - 1)

    @property
    def overview(self) -> bool:
        """Whether it is a survey or the like, in which no line can be planned."""
        wide = self.technique is not Technique.RAMAN and self.high - self.low > OVERVIEW_EV
        return wide or self.name in _OVERVIEWS

    @property
    def top(self) -> float:
        """Where the mean spectrum stands highest above the line through its ends."""
        return float(self.x[int(np.argmax(self._above_ends()))])

    @property
    def width(self) -> float:
        """Full width at half of that height."""
        above = self._above_ends()
        top = int(np.argmax(above))
        low, high = top, top
        while low > 0 and above[low] > 0.5 * above[top]:
            low -= 1
        while high < len(above) - 1 and above[high] > 0.5 * above[top]:
            high += 1
        return float(self.x[high] - self.x[low])

    def has_band(self, low: float, high: float) -> bool:
        """Whether a band rises out of the noise between two Raman shifts."""
        inside = (self.x >= low) & (self.x <= high)
        near = (self.x >= low - _BAND_SIDES_CM1) & (self.x <= high + _BAND_SIDES_CM1) & ~inside
        below, above = near & (self.x < low), near & (self.x > high)
        if min(np.count_nonzero(inside), np.count_nonzero(below), np.count_nonzero(above)) < 3:
            return False
        line = np.polynomial.Polynomial.fit(self.x[near], self.intensity[near], 1)
        spread = float(np.std(self.intensity[near] - line(self.x[near])))
        return float(np.max(self.intensity[inside] - line(self.x[inside]))) > _BAND_SIGMA * spread

    def _above_ends(self) -> FloatArray:
        """(N,) five-point mean above the line through both ends."""
        count = len(self.x)
        wide = min(5, count)
        padded = np.pad(self.intensity, wide // 2, mode="edge")
        smooth = np.convolve(padded, np.full(wide, 1.0 / wide), mode="valid")[:count]
        ends = max(1, count // 20)
        first, last = float(np.mean(smooth[:ends])), float(np.mean(smooth[-ends:]))
        share = (self.x - self.x[0]) / max(self.x[-1] - self.x[0], 1e-300)
        above: FloatArray = smooth - (first + (last - first) * share)
        return above


def measured_regions(series: Sequence[Series]) -> tuple[MeasuredRegion, ...]:
    """Regions in the order in which they come, samples put together.

    Raises
    ------
    DataError
        Kinetic energies without a photon energy; spectra of one region without common points.
    """
    names = dict.fromkeys(s.region for s in series)
    return tuple(_region(name, [s for s in series if s.region == name]) for name in names)


def _region(name: str, parts: list[Series]) -> MeasuredRegion:
    spectra = [
        spectrum
        for part in parts
        for row in np.unique(np.linspace(0, len(part) - 1, min(len(part), _ROWS)).astype(int))
        if len(spectrum := part.spectrum(int(row)))
    ]
    if not spectra:
        raise DataError(f"{name}: no spectrum holds a point")
    low, high = max(s.x[0] for s in spectra), min(s.x[-1] for s in spectra)
    if parts[0].technique is Technique.RAMAN and high > 2.0 * _RAYLEIGH_CM1:
        low = max(low, _RAYLEIGH_CM1)
    grid = spectra[0].x[(spectra[0].x >= low) & (spectra[0].x <= high)]
    if len(grid) < 2:
        raise DataError(f"{name}: the spectra have no common range; plan them one by one")
    mean = np.mean([np.interp(grid, s.x, s.intensity) for s in spectra], axis=0)
    units = {part.intensity_unit for part in parts}
    return MeasuredRegion(
        name=name,
        technique=parts[0].technique,
        x=grid,
        intensity=mean,
        countable=IntensityUnit.ARBITRARY not in units and not _negative(parts),
        photon_energies=_distinct(p.photon_energy_eV for p in parts),
    )


def _negative(parts: Iterable[Series]) -> bool:
    return any(bool(np.nanmin(part.intensity, initial=0.0) < 0.0) for part in parts)


def _distinct(values: Iterable[float | None]) -> tuple[float, ...]:
    return tuple(dict.fromkeys(value for value in values if value is not None))
