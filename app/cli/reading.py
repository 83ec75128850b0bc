"""Options that say about files what files do not say, shared by all commands that read."""

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.numbers import above_zero, finite
from fitting.errors import DataError, PlanError

if TYPE_CHECKING:
    from app.archive.gather import Gathered, Reading
    from app.io.charge_log import LogColumns
    from fitting.monitor import Monitor


def add_reading_options(parser: argparse.ArgumentParser) -> None:
    """Add the options to a command."""
    spectra = parser.add_argument_group("what the files do not say")
    spectra.add_argument("--sample", help="name of the sample")
    spectra.add_argument("--region", help='name of the region, e.g. "S 2p"')
    spectra.add_argument("--axis", help="axis of a table: binding_energy_eV, raman_shift_cm-1 ...")
    spectra.add_argument("--step-column", help="what the first row of a matrix counts: time_h ...")
    spectra.add_argument(
        "--intensity-unit", choices=["counts", "counts_per_s", "arbitrary"], help="of a table"
    )
    spectra.add_argument("--photon-energy", type=above_zero, metavar="EV")
    spectra.add_argument(
        "--work-function",
        type=finite,
        metavar="EV",
        help="subtracted too when kinetic becomes binding energy (default: 0, as CasaXPS does)",
    )
    spectra.add_argument(
        "--laser", type=above_zero, metavar="NM", help="wavelength for Raman in nm"
    )
    spectra.add_argument(
        "--timezone", type=_timezone, help="zone of times that carry none, e.g. Europe/Berlin"
    )
    spectra.add_argument(
        "--steps",
        type=Path,
        metavar="TABLE",
        help="CSV with a column step (from 0) or file, then charge_uAh_cm2, time_s ...",
    )
    _add_charge_options(parser.add_argument_group("charge passed"))


def _add_charge_options(charge: "argparse._ArgumentGroup") -> None:
    charge.add_argument(
        "--charge-log", type=Path, metavar="LOG", help=".mpr, .mpt or CSV of a potentiostat"
    )
    charge.add_argument(
        "--log-columns",
        metavar="WHAT=NAME,...",
        help="columns of a CSV log: time=..,current=..,potential=..,charge=..; units in the "
        "names (I/mA), time may be a column of ISO dates",
    )
    charge.add_argument(
        "--area",
        type=above_zero,
        metavar="CM2",
        help="area of the electrode or of the irradiated spot",
    )
    charge.add_argument(
        "--clock-offset",
        type=finite,
        default=0.0,
        metavar="S",
        help="log clock minus spectrometer clock in s, added to the times of the spectra "
        "(default: 0)",
    )
    charge.add_argument(
        "--charge-sign",
        choices=["+", "-"],
        help="+ if positive current in the log reduces the analysed interface, - if it oxidises it",
    )
    charge.add_argument(
        "--beam-current",
        type=finite,
        metavar="UA",
        help="of the electron beam in uA, for a virtual electrode; needs times of the spectra",
    )


def _timezone(text: str) -> str:
    from app.io.clock import localise

    try:
        localise(0.0, text)
    except DataError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return text


def reading_of(args: argparse.Namespace) -> "Reading":
    """What was said on the command line.

    Raises
    ------
    PlanError
        ``--log-columns`` that cannot be understood.
    """
    from app.archive.gather import Reading
    from app.io import ReadOptions
    from fitting.series import IntensityUnit

    unit = None if args.intensity_unit is None else IntensityUnit(args.intensity_unit)
    options = ReadOptions(
        region=args.region,
        sample=args.sample,
        axis=args.axis,
        step_column=args.step_column,
        intensity_unit=unit,
        photon_energy_eV=args.photon_energy,
        work_function_eV=args.work_function,
        laser_wavelength_nm=args.laser,
        timezone=args.timezone,
    )
    return Reading(
        options,
        args.steps,
        args.charge_log,
        _log_columns(args.log_columns),
        args.area,
        args.charge_sign,
        args.clock_offset,
        args.beam_current,
    )


def _log_columns(text: str | None) -> "LogColumns | None":
    from app.io.charge_log import LogColumns

    if text is None:
        return None
    pairs = [part.partition("=") for part in text.split(",")]
    known = ("time", "current", "potential", "charge")
    for what, equals, name in pairs:
        if what.strip() not in known or not equals or not name.strip():
            raise PlanError("--log-columns", f"{what!r} is not WHAT=NAME; WHAT is {known}")
    return LogColumns(**{what.strip(): name.strip() for what, _, name in pairs})


def read_series(args: argparse.Namespace, paths: Sequence[Path], monitor: "Monitor") -> "Gathered":
    """Read files as the command line says; bad files and warnings go to stderr.

    Raises
    ------
    ReadError, DataError
        Nothing could be read.
    """
    from app.archive.gather import gather

    return settled(gather(paths, reading_of(args), monitor))


def settled(gathered: "Gathered") -> "Gathered":
    """Say what went wrong; go on if anything could be read.

    Raises
    ------
    ReadError, DataError
        Nothing could be read.
    """
    if not gathered.series and len(gathered.errors) == 1:
        raise gathered.errors[0]
    say_all(map(str, gathered.errors))
    say_all(gathered.warnings)
    if not gathered.series:
        raise DataError(f"none of {len(gathered.errors)} files could be read")
    return gathered


def say_all(sentences: Iterable[str]) -> None:
    """One line each on stderr."""
    for sentence in sentences:
        sys.stderr.write(f"deconvolyte: {sentence}\n")
