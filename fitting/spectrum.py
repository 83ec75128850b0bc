"""One measured curve, ready to be fitted."""

from dataclasses import dataclass

import numpy as np

from fitting.arrays import BoolArray, FloatArray, IntArray


def points_in_order(x: FloatArray, intensity: FloatArray) -> IntArray:
    """Positions of the points that a spectrum keeps (no nan), in ascending order of the axis."""
    keep = np.isfinite(x) & np.isfinite(intensity)
    return np.flatnonzero(keep)[np.argsort(x[keep], kind="stable")]


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Points of one spectrum in ascending order of its axis; no nan.

    Parameters
    ----------
    x : (N,) binding energy in eV or Raman shift in cm-1
    intensity : (N,) counts, counts per second or arbitrary
    sigma : (N,) standard errors given by the file, or None
    counts_per_unit : counts = intensity x this; None where unknown
    """

    x: FloatArray
    intensity: FloatArray
    sigma: FloatArray | None = None
    counts_per_unit: float | None = None

    @classmethod
    def from_points(
        cls,
        x: FloatArray,
        intensity: FloatArray,
        *,
        sigma: FloatArray | None = None,
        counts_per_unit: float | None = None,
    ) -> "Spectrum":
        """Sort by axis and leave out points that are nan; repeated points all stay."""
        x, intensity = np.asarray(x, float), np.asarray(intensity, float)
        order = points_in_order(x, intensity)
        return cls(
            x=x[order],
            intensity=intensity[order],
            sigma=None if sigma is None else np.asarray(sigma, float)[order],
            counts_per_unit=counts_per_unit,
        )

    def window(self, low: float, high: float) -> "Spectrum":
        """Only the points with ``low <= x <= high``."""
        return self._at((self.x >= low) & (self.x <= high))

    def part(self, first: int, last: int) -> "Spectrum":
        """Only the points from ``first`` to the one before ``last``."""
        return self._at(slice(first, last))

    def _at(self, inside: BoolArray | slice) -> "Spectrum":
        return Spectrum(
            self.x[inside],
            self.intensity[inside],
            None if self.sigma is None else self.sigma[inside],
            self.counts_per_unit,
        )

    def __len__(self) -> int:
        return len(self.x)
