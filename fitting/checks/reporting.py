"""What a report needs and the plan or the file does not say; once for a sample and a region."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from fitting.checks.check import Check
from fitting.checks.doublets import planned_doublets
from fitting.checks.widths import planned_widths
from fitting.component_sensitivities import needs_sensitivities
from fitting.energy_notes import carbon_note
from fitting.exposure import ALIKE, exposures_s
from fitting.model import ModelTable
from fitting.overlayer import overlayer_notes
from fitting.result import RegionInfo
from fitting.series import IntensityUnit, Series, Technique

_XPS_WORDS = {
    "pass energy": r"pass.?energy|retard",
    "dwell time": r"dwell|collection_time|time_per",
    "number of scans": r"scan|sweep",
    "instrument": r"instrument|spectrometer|analy[sz]er",
    "transmission function": r"transmission",
    "charge control": r"neutrali[sz]er|flood|charge",
}
"""ISO 19830:2015 (what to report of a peak fit), ISO 19318 (charge control), NXxps v2026.01."""

_RAMAN_WORDS = {
    "laser power": r"power|attenuation|nd.?filter",
    "exposure time": r"exposure|integration|acq.*time|accumulation",
    "instrument": r"instrument|spectrometer|title|device|model",
    "grating": r"grating|groov",
}
"""NXraman v2026.01 and what its spectrometers write into their files."""


def once(
    table: ModelTable, region: str, info: RegionInfo, series: Series | None
) -> Iterator[Check]:
    """Everything that does not depend on the step."""
    yield from planned_doublets(table, region, info)
    yield from planned_widths(table, region, info)
    yield from static_background(table, region)
    yield from adventitious_carbon(table, region)
    yield from overlayer(table, region)
    if series is not None:
        yield from exposure(table, region, series)
        yield from etching(table, region, series)
        yield from metadata(table, region, series)


def static_background(table: ModelTable, region: str) -> Iterator[Check]:
    """A background computed before the fit: the errors of the fit leave it out."""
    model = table.region(region)
    if model is not None and model.static is not None:
        words = f"{model.static.background.name} was computed before the fit; errors leave it out"
        yield Check(None, region, "static_background", "warn", words)


def overlayer(table: ModelTable, region: str) -> Iterator[Check]:
    """What the lines of the plan can say of a fitted overlayer at all; with the first region."""
    if table.regions[0].name == region:
        for note in overlayer_notes(table.plan):
            yield Check(None, region, "overlayer", "warn", note)


def exposure(table: ModelTable, region: str, series: Series) -> Iterator[Check]:
    """Counts of steps that took different times: no exposure of a plan is right for all."""
    found = exposures_s(series)
    if found is None or not needs_sensitivities(table.plan) or not np.isfinite(found).any():
        return
    low, high = float(np.nanmin(found)), float(np.nanmax(found))
    if high > ALIKE * low:
        words = f"points were counted for {low:.3g} s in some steps and {high:.3g} s in others"
        remedy = "areas do not compare with those of other regions; bring counts per second"
        yield Check(None, region, "exposure", "warn", f"{words}: {remedy}")


def etching(table: ModelTable, region: str, series: Series) -> Iterator[Check]:
    """Ions make phases of their own, and no fit can tell."""
    times, planned = series.columns.get("etch_time_s"), table.plan.region(region)
    if times is None or planned is None or not np.any(times > 0.0):
        return
    phases = table.plan.phases
    names = dict.fromkeys(c.phase for c in planned.components if c.phase is not None)
    counted = [name for name in names if phases[name].counted]
    if counted:
        words = f"{', '.join(counted)}: below the surface each may be etch-induced"
        remedy = "compare with the steps before etching, and say so beside a depth profile"
        yield Check(None, region, "etching", "warn", f"{words}; {remedy}")


def adventitious_carbon(table: ModelTable, region: str) -> Iterator[Check]:
    """C 1s fixes the energy scale of a surface that may hold lithium metal."""
    owner, words = table.reference_region, carbon_note(table.plan)
    if words and owner is not None and table.regions[owner].name == region:
        yield Check(None, region, "reference", "warn", words)


def metadata(table: ModelTable, region: str, series: Series) -> Iterator[Check]:
    """What ISO 19830, NXxps or NXraman ask for and nobody has said."""
    missing = list(_missing(table, series))
    if missing:
        standard = "NXraman" if series.technique is Technique.RAMAN else "ISO 19830, NXxps"
        words = f"not stated: {', '.join(missing)} ({standard}); say it in the report"
        yield Check(None, region, "metadata", "warn", words)


def _missing(table: ModelTable, series: Series) -> Iterator[str]:
    raman = series.technique is Technique.RAMAN
    if series.photon_energy_eV is None and (raman or table.plan.energy.photon_energy_eV is None):
        yield "laser wavelength" if raman else "photon energy"
    if not raman and table.plan.energy.reference == "none":
        yield "energy reference (peak and position)"
    if series.intensity_unit is IntensityUnit.ARBITRARY and not raman:
        yield "unit of the intensity"
    if series.acquisition_start is None:
        yield "time of acquisition"
    said = " ".join(_keys(series.metadata)).lower()
    for name, pattern in (_RAMAN_WORDS if raman else _XPS_WORDS).items():
        if not re.search(pattern, said):
            yield name


def _keys(metadata: object) -> Iterator[str]:
    """Names of everything a file said, at any depth; nothing that it left empty."""
    if isinstance(metadata, Mapping):
        for key, value in metadata.items():
            if value is not None and value != "":
                yield str(key)
                yield from _keys(value)
    elif isinstance(metadata, list | tuple):
        entries: list[Any] = list(metadata)
        for value in entries[:100]:
            if isinstance(value, Mapping | list | tuple):
                yield from _keys(value)
