"""What a user may say about a file that the file does not say itself."""

import math
from dataclasses import dataclass

from app.io.region import region_name
from fitting.errors import DataError
from fitting.series import IntensityUnit


@dataclass(frozen=True)
class ReadOptions:
    """Answers to what files leave open; None means that nothing was said.

    Parameters
    ----------
    region, sample : names to use instead of those in the file or its name; a region is spelt as
        readers spell it, "S2p3/2" is "S 2p"
    axis : name of the axis of text tables, e.g. ``raman_shift_cm-1``
    step_column : name of the step column of matrices, e.g. ``time_h``
    intensity_unit : what the ordinate of text tables counts
    photon_energy_eV, work_function_eV : for kinetic energies
    laser_wavelength_nm : for Raman axes in nm, eV or absolute cm-1
    timezone : IANA name of the zone of times that carry none, e.g. ``Europe/Berlin``

    Raises
    ------
    DataError
        An energy or wavelength that is not above 0, a work function that is no number.
    """

    region: str | None = None
    sample: str | None = None
    axis: str | None = None
    step_column: str | None = None
    intensity_unit: IntensityUnit | None = None
    photon_energy_eV: float | None = None
    work_function_eV: float | None = None
    laser_wavelength_nm: float | None = None
    timezone: str | None = None

    def __post_init__(self) -> None:
        if self.region is not None:
            object.__setattr__(self, "region", region_name(self.region))
        for option, value, unit in (
            ("--photon-energy", self.photon_energy_eV, "eV"),
            ("--laser-wavelength", self.laser_wavelength_nm, "nm"),
        ):
            if value is not None and not (math.isfinite(value) and value > 0):
                raise DataError(f"{option} {value:g}: must be above 0 {unit}")
        if self.work_function_eV is not None and not math.isfinite(self.work_function_eV):
            raise DataError(f"--work-function {self.work_function_eV}: must be a number in eV")


NOTHING_SAID = ReadOptions()
