"""Charge passed beside the spectra: a potentiostat's record, or an electron beam.

``charge_uAh_cm2`` is net and positive when the analysed interface is reduced (lithium delivered
to it). EC-Lab counts oxidation positive, other programs differ: what a positive current in the
log means is stated by the caller, never guessed.
"""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

import numpy as np

from app.io.biologic import MPR_MAGIC, MPT_MAGICS, LogTable, read_mpr, read_mpt
from app.io.clock import NAIVE_TIME, localise, posix
from app.io.foreign import describe
from app.io.text import detect_layout, number, read_text
from fitting.arrays import FloatArray, frozen
from fitting.errors import DataError, ReadError

Sign = Literal["+", "-"]

_UNIT = r"\s*[/(\[_ ]\s*(?P<unit>{units})\s*[)\]]?$"
_TIME_UNITS = {"s": 1.0, "sec": 1.0, "min": 60.0, "h": 3600.0}
_CURRENT_UNITS = {"a": 1e3, "ma": 1.0, "ua": 1e-3, "µa": 1e-3, "μa": 1e-3, "na": 1e-6}
_POTENTIAL_UNITS = {"v": 1.0, "mv": 1e-3}
_CHARGE_UNITS = {"ah": 1e3, "mah": 1.0, "ma.h": 1.0, "uah": 1e-3, "µah": 1e-3, "c": 1 / 3.6}


def _named(names: str, units: Mapping[str, float]) -> re.Pattern[str]:
    alternatives = "|".join(sorted(map(re.escape, units), key=len, reverse=True))
    return re.compile(rf"^(?:{names})" + _UNIT.format(units=alternatives), re.IGNORECASE)


# what is looked for, in order of preference, and its units
_QUANTITIES: dict[str, tuple[tuple[re.Pattern[str], ...], Mapping[str, float]]] = {
    "time": (
        (
            _named(r"(?:cumulative|total|test|elapsed)[_ ]?time", _TIME_UNITS),
            _named(r"time|t", _TIME_UNITS),
        ),
        _TIME_UNITS,
    ),
    "current": ((_named(r"i|<i>|current", _CURRENT_UNITS),), _CURRENT_UNITS),
    "potential": (
        (
            _named(r"ewe|<ewe>", _POTENTIAL_UNITS),
            _named(r"potential|voltage|e|u|v", _POTENTIAL_UNITS),
        ),
        _POTENTIAL_UNITS,
    ),
    "charge": ((_named(r"\(q-qo\)|charge|q", _CHARGE_UNITS),), _CHARGE_UNITS),
    "increment": ((_named(r"dq", {"ma.h": 1.0}),), {"ma.h": 1.0}),
}
_DATE_NAMES = ("date", "datetime", "timestamp")
_CLOCK_COLUMN = re.compile(r"^(cumulative|total|test|elapsed)[_ ]?time$", re.IGNORECASE)


@dataclass(frozen=True)
class LogColumns:
    """Names of the columns of a CSV log, where they cannot be recognised; units in the names."""

    time: str | None = None
    current: str | None = None
    potential: str | None = None
    charge: str | None = None


@dataclass(frozen=True, eq=False)
class ChargeLog:
    """What a potentiostat recorded.

    Parameters
    ----------
    time_s : (R,) seconds from ``start``, not decreasing
    current_mA, potential_V, charge_mAh : (R,) with the log's own sign, or None
    start : POSIX seconds of time zero, or None where the file does not say
    metadata : ``charge_from`` says where the charge comes from
    """

    time_s: FloatArray
    current_mA: FloatArray | None
    potential_V: FloatArray | None
    charge_mAh: FloatArray | None
    start: float | None
    metadata: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("time_s", "current_mA", "potential_V", "charge_mAh"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, frozen(value))


@dataclass(frozen=True, eq=False)
class ChargeAt:
    """Charge and potential at given times; nan where the log says nothing.

    Parameters
    ----------
    charge_uAh_cm2 : (K,) net, positive when the analysed interface is reduced
    charge_throughput_uAh_cm2 : (K,) both directions counted positive
    potential_V : (K,) or None
    warnings : sentences for the user
    """

    charge_uAh_cm2: FloatArray
    charge_throughput_uAh_cm2: FloatArray
    potential_V: FloatArray | None
    warnings: tuple[str, ...]


def read_charge_log(
    path: Path, columns: LogColumns | None = None, timezone: str | None = None
) -> ChargeLog:
    """Read a BioLogic ``.mpr`` or ``.mpt``, or any CSV whose column names carry units.

    Without a column of seconds, ISO dates in ``date``, ``time`` or the named column are the times.

    Charge is the instrument's own ``(Q-Qo)`` where the file has it, else the sum of its own
    increments ``dq``, else the trapezoidal integral of the current; ``metadata["charge_from"]``
    says which. Restarting counters such as ``Q charge/discharge`` are not used.

    Raises
    ------
    ReadError
        Not readable, or no time column; says which names and units are looked for.
    """
    path = Path(path)
    table = _table(path, columns or LogColumns(), timezone)
    found = {
        quantity: _quantity(table, quantity, getattr(columns, quantity, None))
        for quantity in _QUANTITIES
    }
    time = found["time"]
    if time is None:
        raise ReadError(
            path,
            "",
            f"has no time column such as time/s, or ISO dates in date; found {_shown(table)}",
        )
    if all(found[q] is None for q in ("current", "charge", "increment", "potential")):
        raise ReadError(
            path, "", f"has no current, charge or potential such as I/mA; found {_shown(table)}"
        )
    keep = np.isfinite(time)
    if np.any(np.diff(time[keep]) < 0):
        at = int(np.flatnonzero(np.diff(time[keep]) < 0)[0]) + 2
        raise ReadError(path, f"record {at}", "time runs backwards; one continuous log is needed")
    kept = {q: None if values is None else values[keep] for q, values in found.items()}
    charge, origin = _charge(time[keep], kept)
    start, naive = table.start, table.start_is_naive
    if start is not None and naive and timezone is not None:
        start, naive = localise(start, timezone), False
    return ChargeLog(
        time[keep],
        kept["current"],
        kept["potential"],
        charge,
        start,
        {"file": str(path), "charge_from": origin, "header": list(table.header), NAIVE_TIME: naive},
    )


def _table(path: Path, columns: LogColumns, timezone: str | None) -> LogTable:
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ReadError(path, "", f"cannot be opened: {reason}") from error
    if head.startswith(MPR_MAGIC):
        return read_mpr(path)
    if head.startswith(MPT_MAGICS):
        return read_mpt(path)
    if b"\x00" in head or head.startswith(b"EXPLAIN"):
        raise ReadError(path, "", f"{describe(head)}; as a charge log .mpr, .mpt or CSV is read")
    return _read_csv(path, columns, timezone)


def _read_csv(path: Path, wanted: LogColumns, timezone: str | None) -> LogTable:
    lines = [line for line in read_text(path).splitlines() if line.strip()]
    if len(lines) < 3:
        raise ReadError(path, "", "holds no table; a header line and records were expected")
    layout = detect_layout(lines[1:])
    rows = csv.reader(lines, delimiter=layout.delimiter or " ", skipinitialspace=True)
    names = [name.strip() for name in next(rows)]
    body = list(rows)
    given = {wanted.time, wanted.current, wanted.potential, wanted.charge} - {None}
    for name in given - set(names):
        raise ReadError(path, "line 1", f"has no column {name!r}; found {', '.join(names)[:200]}")
    start: float | None = None
    naive = True
    columns: dict[str, FloatArray] = {}
    texts = {
        name: [row[at].strip() if at < len(row) else "" for row in body]
        for at, name in enumerate(names)
    }
    dates = _column_of_dates(texts, wanted.time)
    for name, cells in texts.items():
        if name == dates:
            key = f"{name}/s" if name == wanted.time else "time/s"
            columns[key], start, naive = _seconds(path, name, cells, timezone)
        elif name in given or _CLOCK_COLUMN.match(name) or _is_looked_for(name):
            clock = "/s" if _CLOCK_COLUMN.match(name) else ""
            columns[name + clock] = _cells(path, name, cells, layout.decimal_comma)
        elif name.lower() in _DATE_NAMES and dates is None and start is None:
            start, naive = _moment(cells[0])
    return LogTable(columns, start, start_is_naive=naive)


def _column_of_dates(texts: Mapping[str, list[str]], wanted: str | None) -> str | None:
    """The column whose dates are the only times of a log, if there are no seconds."""
    if wanted is not None:
        return wanted if _is_date(texts[wanted][0]) else None
    timed = _QUANTITIES["time"][0]
    if any(_CLOCK_COLUMN.match(name) or any(p.match(name) for p in timed) for name in texts):
        return None
    dated = (n for n in texts if n.lower() in (*_DATE_NAMES, "time") and _is_date(texts[n][0]))
    return next(dated, None)


def _is_date(cell: str) -> bool:
    return "-" in cell and _moment(cell)[0] is not None


def _seconds(
    path: Path, name: str, cells: list[str], timezone: str | None
) -> tuple[FloatArray, float, bool]:
    """Seconds from the first date, its POSIX seconds, and whether its zone is unknown."""
    moments = []
    for at, cell in enumerate(cells, start=2):
        moment, naive = _moment(cell)
        if moment is None:
            raise ReadError(path, f"line {at}, column {name}", f"{cell[:40]!r} is no ISO date")
        if naive and timezone is not None:
            moment, naive = localise(moment, timezone), False
        moments.append((moment, naive))
    if len({naive for _, naive in moments}) > 1:
        raise ReadError(path, f"column {name}", "some dates carry a time zone, some none")
    times = np.array([moment for moment, _ in moments])
    return times - times[0], float(times[0]), moments[0][1]


def _is_looked_for(name: str) -> bool:
    patterns = [pattern for found, _ in _QUANTITIES.values() for pattern in found]
    return any(pattern.match(name) for pattern in patterns)


def _cells(path: Path, name: str, cells: list[str], decimal_comma: bool) -> FloatArray:
    values = []
    for at, cell in enumerate(cells, start=2):
        value = _clock_seconds(cell) if ":" in cell else number(cell, decimal_comma)
        if value is None:
            raise ReadError(path, f"line {at}, column {name}", f"{cell[:40]!r} is no number")
        values.append(value)
    return np.array(values)


def _clock_seconds(cell: str) -> float | None:
    """Seconds of ``[d ]hh:mm:ss[.f]``."""
    found = re.fullmatch(r"(?:(\d+)[ d-]+)?(\d+):(\d{1,2}):(\d{1,2}(?:\.\d*)?)", cell)
    if found is None:
        return None
    days, hours, minutes, seconds = found.groups(default="0")
    return 86400.0 * int(days) + 3600.0 * int(hours) + 60.0 * int(minutes) + float(seconds)


def _moment(cell: str) -> tuple[float | None, bool]:
    """POSIX seconds, if it is a date, and whether its zone is unknown."""
    try:
        return posix(datetime.fromisoformat(cell))
    except ValueError:
        return None, True


def _quantity(table: LogTable, quantity: str, given: str | None) -> FloatArray | None:
    patterns, units = _QUANTITIES[quantity]
    if given is not None:
        name = given if given in table.columns else f"{given}/s"
        unit = re.search(r"[/(\[_ ]\s*([^/(\[_ )\]]+)\s*[)\]]?$", name)
        if unit is None or unit[1].lower() not in units:
            raise DataError(f"the column {given!r} names no unit; write one of {', '.join(units)}")
        return table.columns[name] * units[unit[1].lower()]
    for pattern in patterns:
        for name, values in table.columns.items():
            found = pattern.match(name.strip())
            if found is not None:
                return values * units[found["unit"].lower()]
    return None


def _shown(table: LogTable) -> str:
    return ", ".join(table.columns)[:200] or "none that is known"


def _charge(
    time: FloatArray, found: Mapping[str, FloatArray | None]
) -> tuple[FloatArray | None, str]:
    charge, increment, current = found["charge"], found["increment"], found["current"]
    if charge is not None:
        return charge, "the instrument's own total charge"
    if increment is not None:
        return np.cumsum(np.nan_to_num(increment)), "the sum of the instrument's own increments"
    if current is None:
        return None, "nothing: the log has neither charge nor current"
    known = np.where(np.isfinite(current), current, 0.0)
    parts = np.diff(time) * (known[1:] + known[:-1]) / 2.0 / 3600.0
    return np.concatenate([[0.0], np.cumsum(parts)]), "the trapezoidal integral of the current"


def charge_at(
    log: ChargeLog,
    times_s: FloatArray,
    *,
    area_cm2: float,
    sign: Sign,
    clock_offset_s: float = 0.0,
) -> ChargeAt:
    """Charge per area and potential at given times on the log's clock.

    Parameters
    ----------
    times_s : (K,) seconds from the log's time zero
    area_cm2 : area of the electrode, > 0
    sign : "+" if positive current in the log reduces the analysed interface, "-" if it
        oxidises it (EC-Lab, analysed interface at the working electrode)
    clock_offset_s : added to the times: log clock minus spectrometer clock

    Raises
    ------
    DataError
        Area not positive, or sign neither "+" nor "-".
    """
    if not (np.isfinite(area_cm2) and area_cm2 > 0):
        raise DataError(f"electrode area {area_cm2} cm2; it must be above 0, see --area")
    if sign not in ("+", "-"):
        raise DataError(
            f"charge sign {sign!r}; say --charge-sign + if positive current in the log reduces "
            "the analysed interface, - if it oxidises it (EC-Lab counts so)"
        )
    times = np.asarray(times_s, float) + clock_offset_s
    nothing = np.full(times.shape, np.nan)
    charge, throughput = nothing, nothing
    if log.charge_mAh is not None:
        per_area = 1e3 / area_cm2
        passed = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(log.charge_mAh)))])
        direction = 1.0 if sign == "+" else -1.0
        charge = direction * per_area * _at(times, log.time_s, log.charge_mAh) + 0.0
        throughput = per_area * _at(times, log.time_s, passed)
    potential = None if log.potential_V is None else _at(times, log.time_s, log.potential_V)
    empty = "The log has neither charge nor current; the charge stays empty."
    warnings = (empty,) if log.charge_mAh is None else ()
    return ChargeAt(charge, throughput, potential, warnings)


def _at(times: FloatArray, known: FloatArray, values: FloatArray) -> FloatArray:
    finite = np.isfinite(values)
    if not finite.any():
        return np.full(times.shape, np.nan)
    return np.asarray(np.interp(times, known[finite], values[finite], left=np.nan, right=np.nan))


def charge_from_beam(
    times_s: FloatArray, beam_current_uA: float | FloatArray, area_cm2: float
) -> FloatArray:
    """Charge in uAh/cm2 that an electron beam delivered to a virtual electrode.

    Parameters
    ----------
    times_s : (K,) seconds from the start of the beam
    beam_current_uA : one value, or (K,) values integrated by trapezoids from the first time
    area_cm2 : irradiated area, > 0

    Raises
    ------
    DataError
        Area not positive, or a current that is not finite.
    """
    times = np.asarray(times_s, float)
    current = np.asarray(beam_current_uA, float)
    if not (np.isfinite(area_cm2) and area_cm2 > 0):
        raise DataError(f"irradiated area {area_cm2} cm2; it must be above 0, see --area")
    if not np.isfinite(current).all():
        raise DataError("the beam current is not a finite number; see --beam-current (uA)")
    if current.ndim == 0:
        return np.asarray(times * current / 3600.0 / area_cm2)
    parts = np.diff(times) * (current[1:] + current[:-1]) / 2.0
    return np.asarray(np.concatenate([[0.0], np.cumsum(parts)]) / 3600.0 / area_cm2)
