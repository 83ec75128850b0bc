"""The fields that NXxps and NXraman (NeXus definitions v2026.01) require of an entry.

What the source did not say is stated as unknown: the word in text fields, nan with an attribute
``unknown`` in numbers. Nothing is guessed.
"""

import math
import re
from collections.abc import Sequence
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


def write_definition(entry: Any, regions: Sequence[Series]) -> None:
    """Fill an entry, all of whose regions are of one sample and one technique."""
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
    _write_times(entry, regions)
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


def _write_times(entry: Any, regions: Sequence[Series]) -> None:
    starts = [s.acquisition_start for s in regions if s.acquisition_start is not None]
    known = [start[np.isfinite(start)] for start in starts]
    first = min((float(t.min()) for t in known if t.size), default=None)
    ends = [_last_end(series) for series in regions]
    last = max((end for end in ends if end is not None), default=None)
    naive = any(series.metadata.get(NAIVE_TIME) for series in regions)
    put_text(entry, "start_time", _iso(first, naive) or UNKNOWN)
    end_time = _iso(last, naive)
    if end_time:
        put_text(entry, "end_time", end_time)


def _last_end(series: Series) -> float | None:
    if series.acquisition_start is None or series.acquisition_s is None:
        return None
    ends = series.acquisition_start + series.acquisition_s
    known = ends[np.isfinite(ends)]
    return float(known.max()) if known.size else None


def _iso(posix: float | None, naive: bool) -> str | None:
    """ISO 8601; without an offset where the source named no zone, as NeXus reads local time."""
    if posix is None:
        return None
    try:
        moment = datetime.fromtimestamp(posix, UTC)
    except (OverflowError, ValueError, OSError):
        return None
    return (moment.replace(tzinfo=None) if naive else moment).isoformat()
