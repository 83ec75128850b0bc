"""What all Raman files share: axes in other units, names, and the series made of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from app.io.names import RAMAN_REGION, axis_kind, sample_and_region
from app.io.options import ReadOptions
from fitting.arrays import FloatArray
from fitting.errors import DataError, ReadError
from fitting.series import AxisKind, IntensityUnit, Series, Technique

WAVENUMBER_PER_EV = 8065.543937349212  # cm-1, CODATA 2018: e / (h c)
_LASER_OPTION = "give it with --laser-wavelength (nm)"


@dataclass(frozen=True, eq=False)
class Measured:
    """Spectra as a Raman file holds them.

    Parameters
    ----------
    x : (N,) axis in ``unit``
    unit : ``cm-1`` (Raman shift), ``abs cm-1``, ``nm``, ``eV`` or empty if the file does not say
    intensity : (K, N)
    columns : step values, (K,) each
    counts_per_unit, start, duration : None where unknown
    laser_nm : wavelength of the laser as the file says it
    """

    x: FloatArray
    unit: str
    intensity: FloatArray
    intensity_unit: IntensityUnit
    columns: Mapping[str, FloatArray] = field(default_factory=dict)
    counts_per_unit: float | None = None
    start: FloatArray | None = None
    duration: float | None = None
    laser_nm: float | None = None
    metadata: Mapping[str, object] = field(default_factory=dict)


def raman_series(path: Path, measured: Measured, options: ReadOptions) -> Series:
    """Series of one file; the axis becomes a Raman shift where it is not one yet.

    Raises
    ------
    ReadError
        The axis cannot become a Raman shift: laser unknown, unit unknown, no Stokes side.
    """
    shift, note = _shift(path, measured, options)
    count = len(measured.intensity)
    sample, region = sample_and_region(path)
    unit = options.intensity_unit or measured.intensity_unit
    scale = 1.0 if unit is IntensityUnit.COUNTS else measured.counts_per_unit
    if unit is IntensityUnit.ARBITRARY:
        scale = None
    return Series(
        sample=sample,
        region=options.region or region or RAMAN_REGION,
        technique=Technique.RAMAN,
        axis_kind=AxisKind.RAMAN_SHIFT,
        x=shift,
        intensity=measured.intensity,
        steps=np.arange(count),
        columns=measured.columns,
        intensity_unit=unit,
        counts_per_unit=None if scale is None else np.full(count, scale),
        acquisition_start=measured.start,
        acquisition_s=None if measured.duration is None else np.full(count, measured.duration),
        source=str(path),
        metadata={**measured.metadata, **note},
    )


def _shift(
    path: Path, measured: Measured, options: ReadOptions
) -> tuple[FloatArray, dict[str, object]]:
    unit = measured.unit
    if unit == "cm-1":
        return measured.x, {}
    if not unit:
        return _axis_by_option(path, measured, options), {"axis_given": options.axis}
    laser_nm = options.laser_wavelength_nm or measured.laser_nm
    if laser_nm is None or not laser_nm > 0:
        raise ReadError(
            path,
            "axis",
            f"is in {unit} and the file does not say the laser wavelength, which turns it into "
            f"a Raman shift; {_LASER_OPTION}",
        )
    shift = raman_shift(measured.x, unit, laser_nm)
    if not shift.max() > 0:
        raise ReadError(
            path,
            "axis",
            f"{measured.x.min():.6g} to {measured.x.max():.6g} {unit} lies wholly on the "
            f"anti-Stokes side of a {laser_nm:.6g} nm laser: this is no Raman spectrum "
            f"(photoluminescence?) or the laser was another one; {_LASER_OPTION}",
        )
    conversion = {
        "from_unit": unit,
        "laser_wavelength_nm": laser_nm,
        "first_and_last": [float(measured.x[0]), float(measured.x[-1])],
        "why": "a Raman shift is what is fitted; wavelengths taken as they are (air or vacuum)",
    }
    return shift, {"axis_conversion": conversion}


def raman_shift(x: FloatArray, unit: str, laser_nm: float) -> FloatArray:
    """Stokes shift in cm-1 of wavelengths (``nm``), photon energies (``eV``) or ``abs cm-1``."""
    laser = 1e7 / laser_nm
    if unit == "nm":
        return laser - 1e7 / x
    return laser - x * (WAVENUMBER_PER_EV if unit == "eV" else 1.0)


def _axis_by_option(path: Path, measured: Measured, options: ReadOptions) -> FloatArray:
    wanted = "say so with --axis raman_shift_cm-1 if it is one"
    if options.axis is None:
        low, high = measured.x.min(), measured.x.max()
        raise ReadError(
            path, "axis", f"{low:.6g} to {high:.6g} without a unit, Raman shift unknown; {wanted}"
        )
    try:
        kind = axis_kind(options.axis)
    except DataError as error:
        raise ReadError(path, "axis", str(error)) from error
    if kind is not AxisKind.RAMAN_SHIFT:
        raise ReadError(path, "axis", f"{options.axis} in a Raman file; {wanted}")
    return measured.x
