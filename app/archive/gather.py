"""Files -> experiments with their step axis: spectra, steps table, charge log or beam current."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from app.archive.inputs import load_inputs
from app.archive.reading import Reading
from app.io import ReadOptions
from app.io.charge_log import charge_from_beam, read_charge_log
from app.io.charged import HowToCharge, with_charge, zone_is_missing
from app.io.merge import assemble
from app.io.steps_table import read_steps_table
from fitting.errors import DataError, PlanError, ReadError
from fitting.monitor import Monitor
from fitting.series import AxisKind, Series

__all__ = ["Gathered", "Reading", "gather"]


@dataclass(frozen=True, eq=False)
class Gathered:
    """Spectra by sample and region, files that could not be read, and what should be known."""

    series: tuple[Series, ...]
    errors: tuple[ReadError, ...]
    warnings: tuple[str, ...]


def gather(paths: Sequence[Path], reading: Reading, monitor: Monitor) -> Gathered:
    """Read files of any kind and put them together.

    Raises
    ------
    DataError
        Two regions of one name, steps that do not fit, no charge that can be told.
    PlanError
        Options that need each other.
    ReadError
        The steps table or the charge log cannot be read.
    FitCancelled
    """
    _check(reading)
    series, errors = load_inputs(paths, reading.options, monitor)
    _refuse_missing(reading, series)
    if not series:
        return Gathered((), tuple(errors), ())
    table = None if reading.steps is None else read_steps_table(reading.steps)
    assembled = assemble(series, table)
    found = [one for experiment in assembled.experiments for one in experiment.series]
    warnings = [*assembled.warnings, *_without_effect(found, reading.options)]
    if reading.charge_log is not None:
        given = table is not None and "time_s" in table.columns
        found, said = _with_log(found, reading, times_given=given)
        warnings += said
    if reading.beam_current_uA is not None:
        found = [_with_beam(one, reading) for one in found]
    return Gathered(tuple(found), tuple(errors), tuple(dict.fromkeys(warnings)))


def _check(reading: Reading) -> None:
    if reading.charge_log is not None and reading.beam_current_uA is not None:
        raise PlanError("--beam-current", "and --charge-log both give the charge; choose one")
    needs_area = reading.charge_log is not None or reading.beam_current_uA is not None
    if not needs_area and reading.area_cm2 is not None:
        raise PlanError("--area", "says nothing alone; it goes with --charge-log or --beam-current")
    if reading.charge_log is None:
        _refuse_words_about_a_log(reading)


_WHY = {
    "--area": "charge per cm2 needs the area in cm2",
    "--charge-sign": "say + if positive current in the log reduces the analysed interface, "
    "- if it oxidises it (EC-Lab, analysed interface at the working electrode)",
    "--timezone": "some dates, of the spectra or of the log, carry no time zone and others do; "
    "name the zone, such as Europe/Berlin",
}
"""Options that charge needs -> what for."""


def _refuse_missing(reading: Reading, series: Sequence[Series]) -> None:
    """Name all that is missing at once; a zone can be told to be missing only from the files."""
    with_log, with_beam = reading.charge_log is not None, reading.beam_current_uA is not None
    missing = []
    if (with_log or with_beam) and reading.area_cm2 is None:
        missing.append("--area")
    if with_log and reading.charge_sign is None:
        missing.append("--charge-sign")
    if with_log and missing and _needs_timezone(reading, series):
        missing.append("--timezone")
    if len(missing) == 1:
        raise PlanError(missing[0], f"is missing: {_WHY[missing[0]]}")
    if missing:
        why = "; ".join(f"{word}: {_WHY[word]}" for word in missing)
        raise PlanError(", ".join(missing), f"are missing; {why}")


def _needs_timezone(reading: Reading, series: Sequence[Series]) -> bool:
    """Whether a zone is missing, as far as the log can be read; if not, that is said later."""
    assert reading.charge_log is not None
    if reading.options.timezone is not None or reading.steps is not None:
        return False
    try:
        log = read_charge_log(reading.charge_log, reading.log_columns)
    except (ReadError, DataError):
        return False
    return zone_is_missing(series, log)


def _refuse_words_about_a_log(reading: Reading) -> None:
    said = {
        "--charge-sign": reading.charge_sign is not None,
        "--clock-offset": reading.clock_offset_s != 0.0,
        "--log-columns": reading.log_columns is not None,
    }
    for word, is_said in said.items():
        if is_said:
            raise PlanError(word, "is about a charge log; give the log with --charge-log")


def _without_effect(series: Sequence[Series], options: ReadOptions) -> list[str]:
    """What was said and changes nothing: a wrong belief about the files."""
    kinetic = [one for one in series if one.axis_kind is AxisKind.KINETIC_ENERGY]
    if options.work_function_eV is None or kinetic:
        return []
    return [
        f"--work-function {options.work_function_eV:g} changes nothing: "
        "no spectrum is on kinetic energies"
    ]


def _with_log(
    series: list[Series], reading: Reading, *, times_given: bool
) -> tuple[list[Series], list[str]]:
    assert reading.charge_log is not None
    assert reading.area_cm2 is not None
    assert reading.charge_sign is not None
    log = read_charge_log(reading.charge_log, reading.log_columns, reading.options.timezone)
    how = HowToCharge(reading.area_cm2, reading.charge_sign, reading.clock_offset_s, times_given)
    return with_charge(series, log, how)


def _with_beam(series: Series, reading: Reading) -> Series:
    assert reading.beam_current_uA is not None
    assert reading.area_cm2 is not None
    if "time_s" not in series.columns:
        raise DataError(
            f"{series.sample}/{series.region}: a beam current needs the times of the spectra; "
            "give a table with the column time_s by --steps"
        )
    half = 0.0 if series.acquisition_s is None else np.nan_to_num(series.acquisition_s) / 2.0
    charge = charge_from_beam(
        series.columns["time_s"] + half, reading.beam_current_uA, reading.area_cm2
    )
    said = {"beam_current_uA": reading.beam_current_uA, "area_cm2": reading.area_cm2}
    return replace(
        series,
        columns={**series.columns, "charge_uAh_cm2": charge},
        metadata={**series.metadata, "beam": said},
    )
