"""The fields that NXxps and NXraman (NeXus definitions v2026.01) require of an entry.

What the source did not say is stated as unknown: the word in text fields, nan with an attribute
``unknown`` in numbers. Nothing is guessed.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from app.archive.layout import INSTRUMENT, SAMPLE, TITLE
from app.archive.store import new_group, put_numbers, put_text, set_text
from app.io.clock import NAIVE_TIME
from fitting.series import Series, Technique

DEFINITIONS_VERSION = "v2026.01"
UNKNOWN = "unknown"
NOT_STATED = "not stated by the source"
_DEFINITIONS_URL = "https://manual.nexusformat.org/classes/applications/"
_EV_NM = 1239.8419843320026  # h c / e, exact SI constants (CODATA 2018), eV nm
_METHODS = {
    Technique.XPS: "X-ray photoelectron spectroscopy (XPS)",
    Technique.HAXPES: "hard X-ray photoemission spectroscopy (HAXPES)",
}
_CORE_LEVEL = re.compile(r"[A-Z][a-z]? \d[spdf]\d?(/\d)?")


@dataclass(frozen=True)
class TimeSpan:
    """First beginning and last end of acquisitions, POSIX seconds; None where unknown."""

    first: float | None = None
    last: float | None = None

    def __or__(self, other: "TimeSpan") -> "TimeSpan":
        firsts = [t for t in (self.first, other.first) if t is not None]
        lasts = [t for t in (self.last, other.last) if t is not None]
        return TimeSpan(min(firsts, default=None), max(lasts, default=None))


def time_span(series: Series) -> TimeSpan:
    """From the first beginning to the last end of the spectra."""
    if series.acquisition_start is None:
        return TimeSpan()
    begun = series.acquisition_start[np.isfinite(series.acquisition_start)]
    ends = np.zeros(0)
    if series.acquisition_s is not None:
        ends = series.acquisition_start + series.acquisition_s
        ends = ends[np.isfinite(ends)]
    return TimeSpan(
        float(begun.min()) if begun.size else None, float(ends.max()) if ends.size else None
    )


def write_definition(entry: Any, regions: Sequence[Series], span: TimeSpan) -> None:
    """Fill an entry, all of whose regions are of one sample and one technique.

    Parameters
    ----------
    regions : some rows of each, or none
    span : of all their rows
    """
    first = regions[0]
    raman = first.technique is Technique.RAMAN
    definition = "NXraman" if raman else "NXxps"
    put_text(
        entry,
        "definition",
        definition,
        version=DEFINITIONS_VERSION,
        URL=f"{_DEFINITIONS_URL}{definition}.html",
    )
    put_text(entry, TITLE, f"{first.sample}: {', '.join(s.region for s in regions)}")
    _write_times(entry, regions, span)
    put_text(new_group(entry, SAMPLE, "NXsample"), "name", first.sample)
    if raman:
        _write_raman(entry, regions)
    else:
        _write_xps(entry, regions)


def _write_xps(entry: Any, regions: Sequence[Series]) -> None:
    put_text(entry, "method", _METHODS[regions[0].technique])
    levels = [s.region for s in regions if _CORE_LEVEL.fullmatch(s.region)]
    if levels:
        put_text(entry, "transitions", levels)
    instrument = new_group(entry, INSTRUMENT, "NXinstrument")
    beam = new_group(instrument, "beam_probe", "NXbeam")
    _per_region(beam, "incident_energy", "eV", regions, [s.photon_energy_eV for s in regions])
    analyzer = new_group(instrument, "electronanalyzer", "NXelectronanalyzer")
    _per_region(analyzer, "work_function", "eV", regions, [s.work_function_eV for s in regions])
    put_text(new_group(analyzer, "collectioncolumn", "NXcollectioncolumn"), "scheme", UNKNOWN)
    dispersion = new_group(analyzer, "energydispersion", "NXenergydispersion")
    put_text(dispersion, "scheme", UNKNOWN)
    put_text(dispersion, "energy_scan_mode", UNKNOWN)
    new_group(analyzer, "electron_detector", "NXelectron_detector")


def _write_raman(entry: Any, regions: Sequence[Series]) -> None:
    put_text(entry, "experiment_type", "Raman spectroscopy")
    put_text(entry, "raman_experiment_type", UNKNOWN)
    instrument = new_group(entry, INSTRUMENT, "NXinstrument")
    put_text(instrument, "scattering_configuration", UNKNOWN)
    beam = new_group(instrument, "beam_incident", "NXbeam")
    put_text(beam, "parameter_reliability", "nominal")
    energies = [s.photon_energy_eV for s in regions]
    wavelengths = [_EV_NM / e if e else None for e in energies]
    _per_region(beam, "wavelength", "nm", regions, wavelengths)
    detector = new_group(instrument, "detector_raman", "NXdetector")
    put_text(detector, "detector_channel_type", UNKNOWN)


def _per_region(
    group: Any,
    name: str,
    unit: str,
    regions: Sequence[Series],
    values: Sequence[float | None],
) -> None:
    """One number if all regions agree, else one for each in the order of ``@regions``."""
    numbers = [math.nan if value is None else value for value in values]
    agree = len({repr(number) for number in numbers}) == 1
    field = put_numbers(group, name, numbers[0] if agree else numbers, units=unit)
    if not agree:
        set_text(field, "regions", [series.region for series in regions])
    if any(value is None for value in values):
        set_text(field, UNKNOWN, NOT_STATED)


def _write_times(entry: Any, regions: Sequence[Series], span: TimeSpan) -> None:
    naive = any(series.metadata.get(NAIVE_TIME) for series in regions)
    put_text(entry, "start_time", _iso(span.first, naive) or UNKNOWN)
    end_time = _iso(span.last, naive)
    if end_time:
        put_text(entry, "end_time", end_time)


def _iso(posix: float | None, naive: bool) -> str | None:
    """ISO 8601; without an offset where the source named no zone, as NeXus reads local time."""
    if posix is None:
        return None
    try:
        moment = datetime.fromtimestamp(posix, UTC)
    except (OverflowError, ValueError, OSError):
        return None
    return (moment.replace(tzinfo=None) if naive else moment).isoformat()
