"""Writing experiments: one NXentry per sample and technique, one NXdata per region."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from app.archive.layout import (
    ACQUISITION_S,
    ACQUISITION_START,
    COLUMN_ATTRIBUTE,
    COUNTS_PER_UNIT,
    FORMAT,
    FORMAT_ATTRIBUTE,
    INSTRUMENT,
    METADATA,
    OWN,
    PATH_ATTRIBUTE,
    PHOTON_ENERGY,
    POSITION_ATTRIBUTE,
    REGION_ATTRIBUTE,
    SAMPLE,
    SIGMA,
    SIGNAL,
    STEP,
    TITLE,
    TRUTH,
    WORK_FUNCTION,
    axis_name,
)
from app.archive.metadata import to_json
from app.archive.names import item_name, unit_of
from app.archive.nexus import DEFINITIONS_VERSION, write_definition
from app.archive.store import (
    new_file,
    new_group,
    put_long_text,
    put_numbers,
    put_text,
    set_integers,
    set_text,
)
from fitting.arrays import FloatArray
from fitting.errors import ArchiveError
from fitting.series import STEP_COLUMNS, AxisKind, IntensityUnit, Series, Technique

Truth = Mapping[str, Mapping[str, FloatArray]]

_INTENSITY_UNITS = {
    IntensityUnit.COUNTS: "counts",
    IntensityUnit.COUNTS_PER_SECOND: "counts/s",
    IntensityUnit.ARBITRARY: "arbitrary units",
}
_NEXUS_ENTRY_NAMES = frozenset(
    {
        OWN, TRUTH, SAMPLE, INSTRUMENT, TITLE, "definition", "method", "transitions",
        "start_time", "end_time", "experiment_type", "raman_experiment_type", "user", "fit",
        "process", "results",
    }
)  # fmt: skip


def write_archive(path: Path, series: Sequence[Series], truth: Truth | None = None) -> None:
    """Write series of one or many samples as one archive, replacing a file of that name.

    The same input gives the same bytes (with the same versions of HDF5, zlib and numpy).

    Parameters
    ----------
    path : file to write; it appears complete or not at all
    series : at least one; a sample and a region together name one series
    truth : of simulated data: sample -> slash-separated path -> array of any shape

    Raises
    ------
    ArchiveError
        Nothing to write, a sample and region given twice, truth of an unknown sample, text or
        metadata that HDF5 or JSON cannot hold, or a folder that cannot be written.
    """
    path = Path(path)
    truth = truth or {}
    _check(path, series, truth)
    with new_file(path) as file:
        _write_root(path, file, series, truth)


def write_root_attributes(file: Any, default: str) -> None:
    """Mark a file as ours and name the entry that tools open first."""
    set_text(file, "NX_class", "NXroot")
    set_text(file, "creator", "Deconvolyte")
    set_text(file, "NeXus_version", DEFINITIONS_VERSION)
    set_text(file, "default", default)
    set_integers(file, FORMAT_ATTRIBUTE, FORMAT)


def _check(path: Path, series: Sequence[Series], truth: Truth) -> None:
    if not series:
        raise ArchiveError(path, "", "would hold no spectra; give at least one series")
    seen: set[tuple[str, str]] = set()
    for one in series:
        if (one.sample, one.region) in seen:
            raise ArchiveError(
                path,
                f"{one.sample}/{one.region}",
                "is given twice; a sample and a region together name one series",
            )
        seen.add((one.sample, one.region))
    samples = {one.sample for one in series}
    for sample in truth:
        if sample not in samples:
            known = ", ".join(sorted(samples))
            raise ArchiveError(path, TRUTH, f'no series of a sample "{sample}"; there are: {known}')


def _write_root(path: Path, file: Any, series: Sequence[Series], truth: Truth) -> None:
    groups: dict[tuple[str, Technique], list[tuple[int, Series]]] = {}
    for position, one in enumerate(series):
        groups.setdefault((one.sample, one.technique), []).append((position, one))
    names = _entry_names(list(groups))
    write_root_attributes(file, names[0])
    told: set[str] = set()
    for name, ((sample, _), members) in zip(names, groups.items(), strict=True):
        try:
            entry = new_group(file, name, "NXentry")
            _write_entry(path, entry, members)
            if sample in truth and sample not in told:
                _write_truth(entry, truth[sample])
        except ValueError as error:
            raise ArchiveError(path, sample, f"cannot be kept in HDF5: {error}") from error
        told.add(sample)


def _entry_names(groups: Sequence[tuple[str, Technique]]) -> list[str]:
    """Named by sample; by sample and technique where a sample was measured by several."""
    samples = [sample for sample, _ in groups]
    names: list[str] = []
    for sample, technique in groups:
        text = sample if samples.count(sample) == 1 else f"{sample}_{technique}"
        names.append(item_name(text, names))
    return names


def _write_entry(path: Path, entry: Any, members: Sequence[tuple[int, Series]]) -> None:
    regions = [one for _, one in members]
    write_definition(entry, regions)
    own = new_group(entry, OWN, "NXcollection")
    taken = set(_NEXUS_ENTRY_NAMES)
    for position, one in members:
        name = item_name(one.region, taken)
        taken.add(name)
        if "default" not in entry.attrs:
            set_text(entry, "default", name)
        data = new_group(entry, name, "NXdata")
        set_text(data, REGION_ATTRIBUTE, one.region)
        set_integers(data, POSITION_ATTRIBUTE, position)
        _write_data(data, one)
        _write_own(path, new_group(own, name, "NXcollection"), one)


def _write_data(data: Any, series: Series) -> None:
    """Everything that can be plotted: signal, errors, axis, step number and step columns."""
    axis = axis_name(series.axis_kind)
    put_text(data, TITLE, f"{series.sample}, {series.region}")
    unit = _INTENSITY_UNITS[series.intensity_unit]
    signal = put_numbers(
        data, SIGNAL, series.intensity, units=unit, long_name=f"Intensity ({unit})"
    )
    if len(series) == 1:
        set_text(signal, "interpretation", "spectrum")
    if series.sigma is not None:
        put_numbers(data, SIGMA, series.sigma, units=unit)
    _write_axis(data, axis, series)
    put_numbers(data, STEP, series.steps, units="", long_name="Step")
    set_integers(data, f"{STEP}_indices", 0)
    columns = _write_columns(data, series, {SIGNAL, SIGMA, STEP, TITLE, axis})
    set_text(data, "signal", SIGNAL)
    # silx and h5web draw along one-dimensional axes only
    plotted = axis if series.x.ndim == 1 else "."
    set_text(data, "axes", [_row_axis(series, columns), plotted])


def _write_axis(data: Any, name: str, series: Series) -> None:
    kind = series.axis_kind
    label = kind.value.replace("_", " ").capitalize()
    unit = "1/cm" if kind is AxisKind.RAMAN_SHIFT else kind.unit
    field = put_numbers(data, name, series.x, units=unit, long_name=f"{label} ({kind.unit})")
    if kind is not AxisKind.RAMAN_SHIFT:
        set_text(field, "type", kind.value.removesuffix("_energy"))
    set_integers(data, f"{name}_indices", 1 if series.x.ndim == 1 else [0, 1])


def _write_columns(data: Any, series: Series, taken: set[str]) -> dict[str, str]:
    """Write the step columns; field name of each."""
    names: dict[str, str] = {}
    for position, (column, values) in enumerate(series.columns.items()):
        name = item_name(column, taken)
        taken.update({name, f"{name}_errors"})
        names[column] = name
        unit = unit_of(column)
        attributes = {} if unit is None else {"units": unit}
        field = put_numbers(data, name, values, **attributes)
        set_text(field, COLUMN_ATTRIBUTE, column)
        set_integers(field, POSITION_ATTRIBUTE, position)
        set_integers(data, f"{name}_indices", 0)
    return names


def _row_axis(series: Series, names: Mapping[str, str]) -> str:
    """The first usual step column that a plot can run along, else the step number."""
    for column in STEP_COLUMNS:
        values = series.columns.get(column)
        if values is None or not np.all(np.isfinite(values)):
            continue
        change = np.diff(values)
        if np.all(change > 0) or np.all(change < 0):
            return names[column]
    return STEP


def _write_own(path: Path, own: Any, series: Series) -> None:
    """What the standard has no place for."""
    put_text(own, "technique", series.technique.value)
    put_text(own, "axis_kind", series.axis_kind.value)
    put_text(own, "intensity_unit", series.intensity_unit.value)
    put_text(own, "source", series.source)
    numbers = {
        COUNTS_PER_UNIT: (series.counts_per_unit, ""),
        ACQUISITION_START: (series.acquisition_start, "s"),
        ACQUISITION_S: (series.acquisition_s, "s"),
        PHOTON_ENERGY: (series.photon_energy_eV, "eV"),
        WORK_FUNCTION: (series.work_function_eV, "eV"),
    }
    for name, (values, unit) in numbers.items():
        if values is not None:
            put_numbers(own, name, np.asarray(values, float), units=unit)
    if ACQUISITION_START in own:
        set_text(own[ACQUISITION_START], "start", "1970-01-01T00:00:00+00:00")
    try:
        text = to_json(series.metadata)
    except (TypeError, ValueError, RecursionError) as error:
        place = f"{series.sample}/{series.region}, metadata"
        raise ArchiveError(path, place, str(error)) from error
    put_long_text(own, METADATA, text, mimetype="application/json")


def _write_truth(entry: Any, truth: Mapping[str, FloatArray]) -> None:
    """Slash-separated paths become groups; the true path of each array is an attribute."""
    root = new_group(entry, TRUTH, "NXcollection")
    groups: dict[tuple[str, ...], Any] = {(): root}
    for position, (path, values) in enumerate(truth.items()):
        *folders, last = path.split("/")
        parent = root
        for depth in range(1, len(folders) + 1):
            key = tuple(folders[:depth])
            if key not in groups:
                name = item_name(key[-1], parent)
                groups[key] = new_group(parent, name, "NXcollection")
            parent = groups[key]
        field = put_numbers(parent, item_name(last, parent), np.asarray(values, float))
        set_text(field, PATH_ATTRIBUTE, path)
        set_integers(field, POSITION_ATTRIBUTE, position)
