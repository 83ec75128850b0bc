"""Spectra in memory where a job expects them on the disk: for a program that has them open."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from fitting.arrays import IntArray
from fitting.series import AxisKind, Series


@dataclass(frozen=True, eq=False)
class LoadedSeries:
    """One series in memory, taken as ``app.archive.read.SeriesHandle`` is.

    Reading HDF5 in a thread holds up all others; who has read the files already need not again.

    Parameters
    ----------
    series : all of it
    path : stands for the archive it would lie in
    """

    series: Series
    path: Path

    @property
    def sample(self) -> str:
        """Name of its sample."""
        return self.series.sample

    @property
    def region(self) -> str:
        """Name of its region."""
        return self.series.region

    @property
    def axis_kind(self) -> AxisKind:
        """What its axis is."""
        return self.series.axis_kind

    @property
    def photon_energy_eV(self) -> float | None:
        """Photon energy, or None."""
        return self.series.photon_energy_eV

    @property
    def n_spectra(self) -> int:
        """Number of spectra."""
        return len(self.series)

    @property
    def steps(self) -> IntArray:
        """(K,) step numbers."""
        return self.series.steps

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of its step columns."""
        return tuple(self.series.columns)

    def at(self, steps: IntArray) -> "LoadedSeries":
        """The part from the first to the last of some steps."""
        first, last = np.searchsorted(self.steps, [steps[0], steps[-1] + 1]).tolist()
        return LoadedSeries(self.rows(first, last), self.path)

    def rows(self, first: int, last: int) -> Series:
        """Rows ``first`` (included) to ``last`` (excluded)."""
        return self.series.rows(first, last)

    def read(self) -> Series:
        """All of its rows."""
        return self.series


def digest_of(series: Sequence[Series]) -> str:
    """SHA-256 of everything that some series say."""
    digest = hashlib.sha256()
    for one in series:
        for field in fields(one):
            _add(digest, field.name, getattr(one, field.name))
    return digest.hexdigest()


def _add(digest: "hashlib._Hash", name: str, value: object) -> None:
    if isinstance(value, np.ndarray):
        digest.update(f"{name} {value.dtype} {value.shape}".encode())
        digest.update(np.ascontiguousarray(value).data)
    elif isinstance(value, dict):
        for key, inner in value.items():
            _add(digest, f"{name}.{key}", inner)
    else:
        digest.update(f"{name} {value!r}".encode())
