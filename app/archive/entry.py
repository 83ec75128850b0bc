"""One NXentry: the spectra of one sample and one technique, row by row.

One NXdata per region holds what can be plotted, ``deconvolyte/<region>`` what the standard has
no place for.
"""

from collections.abc import Callable, Sequence
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np

from app.archive.layout import (
    ACQUISITION_S,
    ACQUISITION_START,
    COLUMN_ATTRIBUTE,
    COUNTS_PER_UNIT,
    FRACTIONS,
    INSTRUMENT,
    METADATA,
    OWN,
    PHOTON_ENERGY,
    POSITION_ATTRIBUTE,
    REGION_ATTRIBUTE,
    RESULT,
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
from app.archive.nexus import TimeSpan, time_span, write_definition
from app.archive.rows import GrowingField
from app.archive.store import (
    new_group,
    put_long_text,
    put_numbers,
    put_text,
    set_integers,
    set_text,
)
from fitting.errors import ArchiveError
from fitting.series import STEP_COLUMNS, AxisKind, IntensityUnit, Series

INTENSITY_UNITS = {
    IntensityUnit.COUNTS: "counts",
    IntensityUnit.COUNTS_PER_SECOND: "counts/s",
    IntensityUnit.ARBITRARY: "arbitrary units",
}
"""Intensity units as UDUNITS text, as far as there is one."""

_NEXUS_ENTRY_NAMES = frozenset(
    {
        OWN, TRUTH, SAMPLE, INSTRUMENT, TITLE, FRACTIONS, RESULT, "definition", "method",
        "transitions", "start_time", "end_time", "experiment_type", "raman_experiment_type",
        "user", "fit", "process", "results",
    }
)  # fmt: skip

_Part = Callable[[Series], Any]


class EntryWriter:
    """The spectra of one sample and one technique.

    Parameters
    ----------
    path : of the file, for messages
    file, name : where the entry is made
    members : position in the file and some rows, or none, of each region

    Raises
    ------
    ArchiveError
        Metadata that JSON cannot hold.
    """

    def __init__(
        self, path: Path, file: Any, name: str, members: Sequence[tuple[int, Series]]
    ) -> None:
        self.entry = new_group(file, name, "NXentry")
        self._own = new_group(self.entry, OWN, "NXcollection")
        self._first = [one.rows(0, 0) for _, one in members]
        self._span = TimeSpan()
        self.regions: dict[str, SeriesWriter] = {}
        taken = set(_NEXUS_ENTRY_NAMES)
        for position, one in members:
            name = item_name(one.region, taken)
            taken.add(name)
            if "default" not in self.entry.attrs:
                set_text(self.entry, "default", name)
            data = new_group(self.entry, name, "NXdata")
            set_integers(data, POSITION_ATTRIBUTE, position)
            own = new_group(self._own, name, "NXcollection")
            self.regions[one.region] = SeriesWriter(path, data, own, one)

    def append(self, series: Series) -> None:
        """Add the next rows of one region."""
        self.regions[series.region].append(series)
        self._span |= time_span(series)

    def finish(self) -> None:
        """Complete the regions and write what the application definition requires."""
        for region in self.regions.values():
            region.finish()
        write_definition(self.entry, self._first, self._span)


class SeriesWriter:
    """The spectra of one region, row by row.

    Parameters
    ----------
    path : of the file, for messages
    data, own : groups to fill
    first : some rows of the series, or none; all of them must be made like it
    """

    def __init__(self, path: Path, data: Any, own: Any, first: Series) -> None:
        self.data = data
        self._own = own
        self._first = first.rows(0, 0)
        self._count = 0
        self._fields: list[tuple[GrowingField, _Part]] = []
        self.axis = axis_name(first.axis_kind)
        set_text(data, REGION_ATTRIBUTE, first.region)
        put_text(data, TITLE, f"{first.sample}, {first.region}")
        unit = INTENSITY_UNITS[first.intensity_unit]
        self._add(
            data, SIGNAL, attrgetter("intensity"), units=unit, long_name=f"Intensity ({unit})"
        )
        if first.sigma is not None:
            self._add(data, SIGMA, attrgetter("sigma"), units=unit)
        self._begin_axis()
        self._add(data, STEP, attrgetter("steps"), units="", long_name="Step")
        self.columns = self._begin_columns()
        self._begin_own(path)
        self.append(self._first)

    def append(self, series: Series) -> None:
        """Add rows.

        Raises
        ------
        ValueError
            They are not of the same make as the first ones.
        """
        _refuse_other_make(self._first, series)
        for field, part in self._fields:
            field.append(part(series))
        self._count += len(series)

    def finish(self) -> None:
        """Write what is left, and what a plot needs."""
        for field, _ in self._fields:
            field.finish()
        data = self.data
        if self._count == 1:
            set_text(data[SIGNAL], "interpretation", "spectrum")
        for position, (column, name) in enumerate(self.columns.items()):
            set_text(data[name], COLUMN_ATTRIBUTE, column)
            set_integers(data[name], POSITION_ATTRIBUTE, position)
        if ACQUISITION_START in self._own:
            set_text(self._own[ACQUISITION_START], "start", "1970-01-01T00:00:00+00:00")
        shared = self._first.x.ndim == 1
        if not shared:
            _describe_axis(data[self.axis], self._first.axis_kind)
        set_text(data, "signal", SIGNAL)
        # silx and h5web draw along one-dimensional axes only
        set_text(data, "axes", [self.row_axis(), self.axis if shared else "."])

    def row_axis(self) -> str:
        """The first usual step column that a plot can run along, else the step number."""
        for column in STEP_COLUMNS:
            if column in self.columns:
                change = np.diff(self.data[self.columns[column]][()])
                values = self.data[self.columns[column]][()]
                monotonic = np.all(change > 0) or np.all(change < 0)
                if np.all(np.isfinite(values)) and monotonic:
                    return self.columns[column]
        return STEP

    def axis_along(self, column: str) -> str:
        """The field of a step column if it is known at every step, else ``row_axis``."""
        name = self.columns.get(column)
        if name is not None and np.all(np.isfinite(self.data[name][()])):
            return name
        return self.row_axis()

    def _add(self, group: Any, name: str, part: _Part, **attributes: str) -> None:
        self._fields.append((GrowingField(group, name, **attributes), part))

    def _begin_axis(self) -> None:
        shared = self._first.x.ndim == 1
        set_integers(self.data, f"{self.axis}_indices", 1 if shared else [0, 1])
        if shared:
            field = put_numbers(self.data, self.axis, self._first.x)
            _describe_axis(field, self._first.axis_kind)
        else:
            self._add(self.data, self.axis, attrgetter("x"))

    def _begin_columns(self) -> dict[str, str]:
        """Fields of the step columns; name of each."""
        set_integers(self.data, f"{STEP}_indices", 0)
        taken = {SIGNAL, SIGMA, STEP, TITLE, self.axis}
        names: dict[str, str] = {}
        for column in self._first.columns:
            name = item_name(column, taken)
            taken.update({name, f"{name}_errors"})
            names[column] = name
            unit = unit_of(column)
            attributes = {} if unit is None else {"units": unit}
            self._add(self.data, name, _column(column), **attributes)
            set_integers(self.data, f"{name}_indices", 0)
        return names

    def _begin_own(self, path: Path) -> None:
        """What the standard has no place for."""
        own, first = self._own, self._first
        put_text(own, "technique", first.technique.value)
        put_text(own, "axis_kind", first.axis_kind.value)
        put_text(own, "intensity_unit", first.intensity_unit.value)
        put_text(own, "source", first.source)
        for name, value in (
            (PHOTON_ENERGY, first.photon_energy_eV),
            (WORK_FUNCTION, first.work_function_eV),
        ):
            if value is not None:
                put_numbers(own, name, float(value), units="eV")
        if first.counts_per_unit is not None:
            self._add(own, COUNTS_PER_UNIT, attrgetter("counts_per_unit"), units="")
        if first.acquisition_start is not None:
            self._add(own, ACQUISITION_START, attrgetter("acquisition_start"), units="s")
        if first.acquisition_s is not None:
            self._add(own, ACQUISITION_S, attrgetter("acquisition_s"), units="s")
        try:
            text = to_json(first.metadata)
        except (TypeError, ValueError, RecursionError) as error:
            place = f"{first.sample}/{first.region}, metadata"
            raise ArchiveError(path, place, str(error)) from error
        put_long_text(own, METADATA, text, mimetype="application/json")


def _describe_axis(field: Any, kind: AxisKind) -> None:
    label = kind.value.replace("_", " ").capitalize()
    set_text(field, "units", "1/cm" if kind is AxisKind.RAMAN_SHIFT else kind.unit)
    set_text(field, "long_name", f"{label} ({kind.unit})")
    if kind is not AxisKind.RAMAN_SHIFT:
        set_text(field, "type", kind.value.removesuffix("_energy"))


def _refuse_other_make(first: Series, series: Series) -> None:
    if list(series.columns) != list(first.columns):
        raise ValueError(f"{first.region}: columns {list(series.columns)} follow other ones")
    if first.x.ndim == 1 and not np.array_equal(series.x, first.x, equal_nan=True):
        raise ValueError(f"{first.region}: the shared axis has changed between two pieces")


def _column(name: str) -> _Part:
    return lambda series: series.columns[name]
