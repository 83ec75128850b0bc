"""Series with their charge columns: whose clock is whose, and what lies outside the log."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np

from app.io.charge_log import ChargeLog, Sign, charge_at
from app.io.clock import NAIVE_TIME
from fitting.arrays import FloatArray
from fitting.errors import DataError
from fitting.series import Series


@dataclass(frozen=True)
class HowToCharge:
    """What the user says about a log.

    Parameters
    ----------
    area_cm2, sign, clock_offset_s : see ``charge_at``
    times_given : ``time_s`` of the series comes from the user and goes before the dates of files
    """

    area_cm2: float
    sign: Sign
    clock_offset_s: float = 0.0
    times_given: bool = False


def zone_is_missing(series: Iterable[Series], log: ChargeLog) -> bool:
    """Whether some dates, of spectra or of the log, carry a zone and others none."""
    if log.start is None:
        return False
    naive = {bool(one.metadata.get(NAIVE_TIME)) for one in series if _is_dated(one)}
    return bool(naive) and naive != {bool(log.metadata.get(NAIVE_TIME))}


def _is_dated(series: Series) -> bool:
    start = series.acquisition_start
    return start is not None and bool(np.isfinite(start).any())


def middle_times(
    series: Series, log: ChargeLog, *, times_given: bool = False
) -> tuple[FloatArray, tuple[str, ...]]:
    """Seconds on the log's clock at the middle of each acquisition (start + duration / 2).

    Where the file of the spectra or the log has no date, or ``times_given`` says that the user
    knows better than the dates, the series' own ``time_s`` is read on the log's own clock; the
    returned sentences say what was assumed.

    Raises
    ------
    DataError
        No times at all, or one clock has a zone and the other has none.
    """
    name = f"{series.sample}/{series.region}"
    half = 0.0 if series.acquisition_s is None else np.nan_to_num(series.acquisition_s) / 2.0
    own_clock = f"is read on the log's own clock, which begins at {log.time_s[0]:.6g} s."
    if times_given and "time_s" in series.columns:
        assumed = f"{series.sample}: time_s of the table {own_clock}"
        return series.columns["time_s"] + half, (assumed,)
    if log.start is not None and series.acquisition_start is not None:
        naive = bool(series.metadata.get(NAIVE_TIME)), bool(log.metadata.get(NAIVE_TIME))
        if naive[0] != naive[1]:
            which = "the spectra" if naive[0] else "the charge log"
            raise DataError(f"{name}: the times of {which} carry no time zone; give --timezone")
        assumed = f"{series.sample}: assumed same clock for spectra and charge log."
        return series.acquisition_start + half - log.start, (assumed,) if all(naive) else ()
    if "time_s" in series.columns:
        assumed = f"{series.sample}: no dates to compare; time_s {own_clock}"
        return series.columns["time_s"] + half, (assumed,)
    raise DataError(
        f"{name}: the spectra carry no times, so the charge log cannot be read at them; give "
        "a table with the column time_s by --steps"
    )


def with_charge(
    series: Sequence[Series], log: ChargeLog, how: HowToCharge
) -> tuple[list[Series], list[str]]:
    """All series with their charge columns read from the log at the middle of each acquisition.

    Returns
    -------
    The series, and sentences on what was assumed and, per sample, what lies outside the log.

    Raises
    ------
    DataError
        No spectrum at all lies inside the log; see also ``middle_times`` and ``charge_at``.
    """
    charged: list[Series] = []
    said: dict[str, None] = {}
    times: dict[str, list[FloatArray]] = {}
    for one in series:
        middle, assumed = middle_times(one, log, times_given=how.times_given)
        times.setdefault(one.sample, []).append(middle + how.clock_offset_s)
        found, warnings = _with_charge(one, middle, log, how)
        charged.append(found)
        said |= dict.fromkeys((*assumed, *warnings))
    dated = not how.times_given and all(one.acquisition_start is not None for one in series)
    joined = {sample: np.concatenate(parts) for sample, parts in times.items()}
    return charged, [*said, *_outside(joined, log, how, dated=dated and log.start is not None)]


def _with_charge(
    series: Series, middle: FloatArray, log: ChargeLog, how: HowToCharge
) -> tuple[Series, tuple[str, ...]]:
    found = charge_at(
        log, middle, area_cm2=how.area_cm2, sign=how.sign, clock_offset_s=how.clock_offset_s
    )
    columns = {
        **series.columns,
        "charge_uAh_cm2": found.charge_uAh_cm2,
        "charge_throughput_uAh_cm2": found.charge_throughput_uAh_cm2,
    }
    if found.potential_V is not None:
        columns["potential_V"] = found.potential_V
    said = {
        "file": log.metadata.get("file", ""),
        "charge_from": log.metadata.get("charge_from", ""),
        "area_cm2": how.area_cm2,
        "sign": how.sign,
        "clock_offset_s": how.clock_offset_s,
    }
    metadata = {**series.metadata, "charge_log": said}
    return replace(series, columns=columns, metadata=metadata), found.warnings


def _outside(
    times: dict[str, FloatArray], log: ChargeLog, how: HowToCharge, *, dated: bool
) -> list[str]:
    """A sentence for each sample of which spectra lie outside the log.

    Raises
    ------
    DataError
        All do.
    """
    first, last = float(log.time_s[0]), float(log.time_s[-1])
    start = log.start if dated else None
    zone = "" if log.metadata.get(NAIVE_TIME) else " UTC"
    record = _span(first, last, start, zone)
    advice = "see --clock-offset and --timezone" if dated else "see --clock-offset"
    if how.clock_offset_s:
        advice = f"a clock offset of {how.clock_offset_s:g} s is added; {advice}"
    outside = {sample: ~((t >= first) & (t <= last)) for sample, t in times.items()}
    if all(bool(out.all()) for out in outside.values()):
        shown = _known_span(np.concatenate(list(times.values())), start, zone)
        clock = "" if dated else " on the log's clock"
        raise DataError(
            f"no spectrum lies inside the charge log: spectra {shown}{clock}, log {record}; "
            f"{advice}"
        )
    return [
        f"{sample}: {int(out.sum())} of {out.size} spectra ({_known_span(t, start, zone)}) lie "
        f"outside the charge log ({record}); their charge stays empty; {advice}"
        for (sample, t), out in zip(times.items(), outside.values(), strict=True)
        if out.any()
    ]


def _known_span(times: FloatArray, start: float | None, zone: str) -> str:
    known = times[np.isfinite(times)]
    if not known.size:
        return "at unknown times"
    return _span(float(known.min()), float(known.max()), start, zone)


def _span(first: float, last: float, start: float | None, zone: str) -> str:
    """Two times as dates, or in seconds of the log's clock where its start is unknown."""
    if start is None:
        return f"{first:.6g} .. {last:.6g} s"
    begin, end = (datetime.fromtimestamp(start + t, UTC) for t in (first, last))
    same_day = begin.date() == end.date()
    until = f"{end:%H:%M}" if same_day else f"{end:%Y-%m-%d %H:%M}"
    return f"{begin:%Y-%m-%d %H:%M} .. {until}{zone}"
