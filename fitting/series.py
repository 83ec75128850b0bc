"""Measured data: the spectra of one region of one sample along an axis, as arrays.

Checked, sorted and copied once here at the border; everything inside is pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np

from fitting.arrays import FloatArray, IntArray, frozen
from fitting.errors import DataError
from fitting.spectrum import Spectrum

STEP_COLUMNS = (
    "charge_uAh_cm2",
    "time_s",
    "potential_V",
    "etch_time_s",
    "depth_nm",
    "temperature_C",
    "x_um",
    "y_um",
)


class Technique(StrEnum):
    """How the spectra were measured."""

    XPS = "XPS"
    HAXPES = "HAXPES"
    RAMAN = "Raman"


class AxisKind(StrEnum):
    """What the axis of a spectrum counts."""

    BINDING_ENERGY = "binding_energy"
    KINETIC_ENERGY = "kinetic_energy"
    RAMAN_SHIFT = "raman_shift"

    @property
    def unit(self) -> str:
        """Unit of the axis: eV or cm-1."""
        return "cm-1" if self is AxisKind.RAMAN_SHIFT else "eV"


class IntensityUnit(StrEnum):
    """What the ordinate counts."""

    COUNTS = "counts"
    COUNTS_PER_SECOND = "counts_per_s"
    ARBITRARY = "arbitrary"


@dataclass(frozen=True, eq=False)
class Series:
    """K spectra of one region of one sample; N points each, padded where shorter.

    Parameters
    ----------
    sample, region : names; a sample and a region together name one series
    technique, axis_kind, intensity_unit : see the enumerations
    x : (N,) if all spectra share it, else (K, N); raw axis as measured, never altered
    intensity : (K, N) in ``intensity_unit``; nan where a spectrum has no point
    steps : (K,) number of the step of the experiment, from 0, strictly increasing
    columns : name -> (K,) step values, nan where unknown (``charge_uAh_cm2`` ...)
    sigma : (K, N) standard error of the intensity as given by the file, or None
    counts_per_unit : (K,) dwell time x sweeps: counts = intensity x this; 1 for counts,
        None where the file does not say
    photon_energy_eV, work_function_eV : binding = photon - kinetic - work function.
        A work function of None means that the kinetic scale already contains it (0)
    acquisition_start : (K,) POSIX seconds, nan where unknown, or None
    acquisition_s : (K,) duration of each acquisition in seconds, or None
    source : file the series came from
    metadata : everything the file said, JSON-like

    Raises
    ------
    DataError
        Shapes that disagree, or steps out of order.
    """

    sample: str
    region: str
    technique: Technique
    axis_kind: AxisKind
    x: FloatArray
    intensity: FloatArray
    steps: IntArray
    columns: Mapping[str, FloatArray] = field(default_factory=dict)
    sigma: FloatArray | None = None
    intensity_unit: IntensityUnit = IntensityUnit.COUNTS
    counts_per_unit: FloatArray | None = None
    photon_energy_eV: float | None = None
    work_function_eV: float | None = None
    acquisition_start: FloatArray | None = None
    acquisition_s: FloatArray | None = None
    source: str = ""
    metadata: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in (
            "x",
            "intensity",
            "sigma",
            "counts_per_unit",
            "acquisition_start",
            "acquisition_s",
        ):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, frozen(value))
        steps = np.array(self.steps, dtype=np.int64)
        steps.setflags(write=False)
        object.__setattr__(self, "steps", steps)
        object.__setattr__(self, "columns", {k: frozen(v) for k, v in self.columns.items()})
        self._check()

    def _check(self) -> None:
        name = f"{self.sample}/{self.region}"
        if self.intensity.ndim != 2:
            raise DataError(f"{name}: intensities have {self.intensity.ndim} dimensions, need 2")
        k, n = self.intensity.shape
        wanted = {
            "x": [(n,), (k, n)],
            "sigma": [(k, n)],
            "steps": [(k,)],
            "counts_per_unit": [(k,)],
            "acquisition_start": [(k,)],
            "acquisition_s": [(k,)],
        }
        for field_name, shapes in wanted.items():
            value = getattr(self, field_name)
            if value is not None and value.shape not in shapes:
                raise DataError(f"{name}: {field_name} has shape {value.shape}, need {shapes[0]}")
        for column, values in self.columns.items():
            if values.shape != (k,):
                raise DataError(f"{name}: column {column} has {values.size} values for {k} spectra")
        if np.any(np.diff(self.steps) <= 0):
            raise DataError(f"{name}: step numbers must increase, got {self.steps[:8].tolist()}")

    def __len__(self) -> int:
        return len(self.intensity)

    @property
    def fit_axis_kind(self) -> AxisKind:
        """Binding energy for photoelectrons, Raman shift for Raman."""
        kinetic = self.axis_kind is AxisKind.KINETIC_ENERGY
        return AxisKind.BINDING_ENERGY if kinetic else self.axis_kind

    def axis(self, row: int) -> FloatArray:
        """(N,) axis of one spectrum on the scale that is fitted.

        Raises
        ------
        DataError
            Kinetic energies without a photon energy.
        """
        x = self.x if self.x.ndim == 1 else self.x[row]
        if self.axis_kind is not AxisKind.KINETIC_ENERGY:
            return x
        if self.photon_energy_eV is None:
            raise DataError(
                f"{self.sample}/{self.region}: kinetic energies need a photon energy to become "
                "binding energies; set it with --photon-energy"
            )
        return self.photon_energy_eV - x - (self.work_function_eV or 0.0)

    def spectrum(self, row: int) -> Spectrum:
        """One spectrum, sorted by its fit axis, points that are nan left out."""
        scale = None if self.counts_per_unit is None else float(self.counts_per_unit[row])
        return Spectrum.from_points(
            self.axis(row),
            self.intensity[row],
            sigma=None if self.sigma is None else self.sigma[row],
            counts_per_unit=scale,
        )

    def rows(self, first: int, last: int) -> "Series":
        """Rows ``first`` (included) to ``last`` (excluded) as a series of their own."""

        def part(values: FloatArray | None) -> FloatArray | None:
            return None if values is None else values[first:last]

        return replace(
            self,
            x=self.x if self.x.ndim == 1 else self.x[first:last],
            intensity=self.intensity[first:last],
            steps=self.steps[first:last],
            columns={name: values[first:last] for name, values in self.columns.items()},
            sigma=part(self.sigma),
            counts_per_unit=part(self.counts_per_unit),
            acquisition_start=part(self.acquisition_start),
            acquisition_s=part(self.acquisition_s),
        )
