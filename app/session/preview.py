"""What files hold, told before they are taken over, and what a user may say about them."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from app.archive.checked import is_hdf5
from app.archive.inputs import files_of
from app.archive.reading import Reading
from app.batch.figures.labels import column_unit
from app.io import identify
from app.session.data import Loaded, joined, load
from app.session.project import Logs, Project, Source
from app.session.settings import Usual
from app.session.titration import logs_of, records_of, with_logs
from fitting.errors import DataError, DeconvolyteError, ReadError
from fitting.monitor import Monitor
from fitting.series import AxisKind, Series, Technique
from fitting.titration import ChargeRecord

ARCHIVE = "Deconvolyte archive"

FIELDS: Mapping[str, str] = {
    "--sample": "Sample",
    "--region": "Region",
    "--axis": "Axis of a table",
    "--step-column": "First row of a matrix",
    "--intensity-unit": "Intensities are",
    "--photon-energy": "Photon energy",
    "--work-function": "Work function",
    "--laser-wavelength": "Laser wavelength",
    "--laser": "Laser wavelength",
    "--timezone": "Time zone",
    "--steps": "Table of steps",
    "--charge-log": "Charge log",
    "--log-columns": "Columns of the log",
    "--area": "Area",
    "--charge-sign": "Positive current",
    "--clock-offset": "Clock of the log",
    "--beam-current": "Beam current",
}
"""Option of the command line -> what the field is called on the screen."""

_OPTION = re.compile(r"--[a-z]+(?:-[a-z]+)*")


@dataclass(frozen=True)
class Row:
    """One region of one sample, in words.

    Parameters
    ----------
    sample, region : names
    spectra : how many, and of how many points
    axis : kind and range with unit
    steps : columns with their ranges
    intensity : unit
    lacks : what is not known
    """

    sample: str
    region: str
    spectra: str
    axis: str
    steps: str
    intensity: str
    lacks: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Preview:
    """What was found.

    Parameters
    ----------
    kind : of the first file, for what is remembered
    source : what was read, and how
    recalled : what was said last time and was taken up again, or None
    rows : sample by sample
    notices : warnings, and files that were not read
    problem : why this cannot be opened; empty if it can
    loaded : what would be taken over, or None
    logs : charge logs that would be taken over, where there are no spectra
    """

    kind: str
    source: Source
    recalled: Usual | None
    rows: tuple[Row, ...]
    notices: tuple[str, ...]
    problem: str
    loaded: Loaded | None
    logs: Logs | None = None

    @property
    def is_good(self) -> bool:
        """Whether it can be opened."""
        return self.loaded is not None or self.logs is not None


def preview(
    source: Source,
    beside: Project,
    usual: Callable[[str], Usual | None],
    monitor: Monitor,
) -> Preview:
    """Read files and tell what is in them; nothing that the user can mend is raised.

    Parameters
    ----------
    beside : what is open already
    usual : gives what was said last time of a kind of file; it fills in where nothing is said now

    Raises
    ------
    FitCancelled
    """
    kind = kind_of(source.paths)
    recalled = usual(kind)
    if recalled is not None:
        source = replace(source, reading=with_usual(source.reading, recalled))
    seen = partial(Preview, kind, source, recalled)
    try:
        loaded = load([source], monitor)
    except DeconvolyteError as error:
        return _logs(source, beside, seen) or seen((), (), in_words(str(error)), None)
    said = tuple(in_words(str(one)) for one in (*loaded.errors, *loaded.warnings))
    if not loaded.samples:
        logs = _logs(source, beside, seen)
        if logs is not None:
            return logs
        return seen((), said[1:], said[0] if said else "there is nothing to read", None)
    rows = tuple(_row(one) for sample in loaded.samples for one in sample.series.values())
    try:
        if beside.logs is not None:
            raise DataError("charge logs are open, and spectra make a project of their own")
        joined(beside.samples, loaded.samples)
    except DeconvolyteError as error:
        return seen(rows, said, in_words(str(error)), None)
    return seen(rows, said, "", loaded)


def _logs(source: Source, beside: Project, seen: Callable[..., Preview]) -> Preview | None:
    """What charge logs hold, where files are logs and no spectra; else None."""
    try:
        logs, errors = logs_of([source])
    except DeconvolyteError:
        return None  # no log either; why it is no spectrum is what counts
    if logs is None:
        return None
    try:
        after = with_logs(beside, source, logs)
    except DeconvolyteError as error:
        return seen((), (), in_words(str(error)), None)
    said = tuple(in_words(str(one)) for one in errors)
    own = records_of(after)[-len(logs.records) :]
    return seen(tuple(map(_log_row, own)), said, "", None, logs)


def _log_row(record: ChargeRecord) -> Row:
    lacks = []
    if record.area_cm2 is None:
        lacks.append("area of the electrode: say it here or in the plan")
    if record.charge_sign is None:
        lacks.append("which sign of the current reduces the interface")
    return Row(
        record.sample,
        "charge log",
        f"{len(record.time_s)} records, no spectra",
        f"time {_range(record.time_s)} s",
        "" if record.potential_V is None else f"potential {_range(record.potential_V)} V",
        "mAh",
        tuple(lacks),
    )


def kind_of(paths: Sequence[Path]) -> str:
    """Kind of the first file that has one; empty if none has."""
    for path in paths:
        try:
            for file in files_of(path):
                return ARCHIVE if is_hdf5(file) else identify(file).name
        except (ReadError, OSError):
            continue
    return ""


def with_usual(reading: Reading, usual: Usual) -> Reading:
    """A reading with what was said last time where nothing is said now.

    What belongs to a charge log or a beam comes along only where there is one.
    """
    now, then = reading.options, usual.options
    fields = (
        "axis",
        "step_column",
        "intensity_unit",
        "photon_energy_eV",
        "work_function_eV",
        "laser_wavelength_nm",
        "timezone",
    )
    known = {
        name: getattr(then, name)
        for name in fields
        if getattr(now, name) is None and getattr(then, name) is not None
    }
    return replace(reading, options=replace(now, **known))


def usual_of(reading: Reading) -> Usual:
    """What is worth remembering of a reading."""
    return Usual(
        replace(reading.options, sample=None, region=None),
        reading.area_cm2,
        reading.charge_sign,
        reading.clock_offset_s,
        reading.beam_current_uA,
    )


def in_words(sentence: str) -> str:
    """A sentence of the command line with the names that stand on the screen."""
    return _OPTION.sub(
        lambda match: f"“{FIELDS[match[0]]}”" if match[0] in FIELDS else match[0], sentence
    )


def _row(series: Series) -> Row:
    count, points = series.intensity.shape
    kind = series.axis_kind.value.replace("_", " ")
    spectra = "1 spectrum" if count == 1 else f"{count} spectra"
    columns = [_column(name, values) for name, values in series.columns.items()]
    return Row(
        series.sample,
        series.region,
        f"{spectra}, {points} points",
        f"{kind} {_range(series.x)} {series.axis_kind.unit.replace('cm-1', 'cm⁻¹')}",
        ", ".join(filter(None, columns)) or "numbered",
        series.intensity_unit.value.replace("_per_s", "/s"),
        tuple(_lacking(series)),
    )


_SAID = ("charge_uAh_cm2", "depth_nm", "etch_time_s", "temperature_C")
"""A series along one of these lacks no charge."""


def _column(name: str, values: object) -> str:
    found = _range(values)
    stem = name.split("_")[0]
    return f"{stem} {found} {column_unit(name)}".rstrip() if found else ""


def _range(values: object) -> str:
    finite = np.asarray(values, float)
    finite = finite[np.isfinite(finite)]
    if not len(finite):
        return ""
    first, last = (f"{x:.5g}" if abs(x) < 1e5 else f"{x:.0f}" for x in (finite.min(), finite.max()))
    return first if first == last else f"{first} to {last}"


def _lacking(series: Series) -> list[str]:
    found = []
    if series.technique is not Technique.RAMAN and series.photon_energy_eV is None:
        kinetic = series.axis_kind is AxisKind.KINETIC_ENERGY
        found.append("photon energy: no " + ("binding energies" if kinetic else "atomic fractions"))
    if series.counts_per_unit is None or not np.isfinite(series.counts_per_unit).all():
        found.append("dwell time: errors are estimated from the data")
    said = [np.isfinite(series.columns[name]).any() for name in _SAID if name in series.columns]
    if len(series) > 1 and not any(said):
        found.append("charge passed")
    return found
