"""The transmission of the analyser, where a file holds it point by point."""

import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from fitting.arrays import FloatArray
from fitting.series import AxisKind, Series

_NAMED = re.compile(r"(?i)transmission|\btrans\b")


def transmission_of(series: Series) -> tuple[FloatArray, FloatArray] | None:
    """Kinetic energies (N,), eV, and relative transmission (N,) of the first spectrum of a series.

    As VAMAS files hold it as a further ordinate, SpecsLab files as a column or a list; None where
    there is none of one positive number per point, or no photon energy for the kinetic energies.
    """
    x = series.x if series.x.ndim == 1 else series.x[0]
    measured = np.isfinite(series.intensity[0])
    photon = series.photon_energy_eV
    if series.axis_kind is AxisKind.RAMAN_SHIFT or photon is None:
        return None
    kinetic = x if series.axis_kind is AxisKind.KINETIC_ENERGY else photon - x
    for values in _candidates(series.metadata):
        found = _numbers(values)
        if found is not None and len(found) in (len(x), int(measured.sum())):
            energies = (kinetic if len(found) == len(x) else kinetic[measured]).astype(float)
            order = np.argsort(energies)
            return energies[order], found[order]
    return None


def _candidates(said: object) -> Iterator[Sequence[object]]:
    """Lists under a name that means transmission, as deep as they lie; of lists the first entry."""
    if isinstance(said, Mapping):
        for name, value in said.items():
            if _NAMED.search(str(name)) and isinstance(value, Sequence):
                yield value
            else:
                yield from _candidates(value)
        if _NAMED.search(str(said.get("name", ""))) and isinstance(said.get("values"), Sequence):
            yield said["values"]
    elif isinstance(said, Sequence) and not isinstance(said, str):
        for value in said:
            if isinstance(value, Mapping):
                yield from _candidates(value)


def _numbers(values: Sequence[object]) -> FloatArray | None:
    """The list as positive numbers, or None."""
    try:
        found = np.array([float(str(value)) for value in values])
    except ValueError:
        return None
    return found if len(found) > 1 and bool((np.isfinite(found) & (found > 0.0)).all()) else None
