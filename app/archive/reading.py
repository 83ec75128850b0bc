"""What the user says about files beyond the files themselves."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from app.io.charge_log import LogColumns
from app.io.options import NOTHING_SAID, ReadOptions


@dataclass(frozen=True)
class Reading:
    """What the user says about files beyond the files themselves.

    Parameters
    ----------
    options : about the spectra
    steps : table of step values, or None
    charge_log : of a potentiostat, or None
    log_columns : names of its columns where they cannot be recognised
    area_cm2 : of the electrode or the irradiated spot
    charge_sign : "+" if positive current in the log reduces the analysed interface
    clock_offset_s : log clock minus spectrometer clock
    beam_current_uA : of the electron beam of a virtual electrode
    """

    options: ReadOptions = NOTHING_SAID
    steps: Path | None = None
    charge_log: Path | None = None
    log_columns: LogColumns | None = None
    area_cm2: float | None = None
    charge_sign: Literal["+", "-"] | None = None
    clock_offset_s: float = 0.0
    beam_current_uA: float | None = None

    @property
    def plain(self) -> bool:
        """Whether nothing was said: archives can then be read from where they lie."""
        return self == Reading()
