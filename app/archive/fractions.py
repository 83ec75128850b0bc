"""Phase fractions as curves that every NeXus viewer opens first; derived, never read back."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from app.archive.entry import EntryWriter, SeriesWriter
from app.archive.layout import FRACTIONS, STEP, TITLE
from app.archive.names import item_name, unit_of
from app.archive.rows import GrowingField
from app.archive.store import new_group, put_numbers, put_text, set_integers, set_text
from fitting.arrays import FloatArray, IntArray
from fitting.plan import Plan
from fitting.quantify import FractionTable
from fitting.region_steps import ALL, steps_of
from fitting.result import SeriesResult


class FractionsWriter:
    """An NXdata for each region and basis, and the way to the first of them.

    Parameters
    ----------
    home : region -> entry in which its spectra are
    plan : its axis is drawn along where it can be
    first : any steps of the sample
    """

    def __init__(self, home: Mapping[str, EntryWriter], plan: Plan, first: SeriesResult) -> None:
        self._home = home
        self._axis = plan.series.axis
        self._left_out = {name for name, phase in plan.phases.items() if not phase.counted}
        self._sample = first.sample
        self._versions = first.provenance.versions
        self._curves: dict[tuple[str, str], _Curves] = {}

    def append(self, result: SeriesResult, tables: Sequence[FractionTable]) -> None:
        """Add the fractions of the next steps."""
        for table in tables:
            key, own = (table.region, table.basis), steps_of(result, table.region)
            if key not in self._curves:
                self._curves[key] = self._begin(table)
            rows = np.flatnonzero(own.present)
            self._curves[key].append(table, rows)
            if table.region == ALL:
                along = own.columns.get(self._axis, np.full(len(result), np.nan))
                self._curves[key].along(result.steps[rows], along[rows])

    def finish(self) -> None:
        """Write what is left, and the axes."""
        for (region, _), curves in self._curves.items():
            spectra = None if region == ALL else self._home[region].regions[region]
            curves.finish(spectra, self._axis)

    def _begin(self, table: FractionTable) -> "_Curves":
        first = next(iter(self._home))
        entry = self._home[first if table.region == ALL else table.region].entry
        if FRACTIONS not in entry:
            process = new_group(entry, FRACTIONS, "NXprocess")
            put_text(process, "program", "Deconvolyte")
            if "deconvolyte" in self._versions:
                put_text(process, "version", self._versions["deconvolyte"])
            set_text(entry, "default", FRACTIONS)
        process = entry[FRACTIONS]
        name = item_name(f"{table.region} {table.basis}", process)
        if "default" not in process.attrs:
            set_text(process, "default", name)
        group = new_group(process, name, "NXdata")
        where = "all regions" if table.region == ALL else table.region
        put_text(group, TITLE, f"{self._sample}, {where}: fractions, basis {table.basis}")
        set_text(group, "region", table.region)
        set_text(group, "basis", table.basis)
        shown = [q for q, name in enumerate(table.names) if name not in self._left_out]
        return _Curves(group, table, shown)


class _Curves:
    """One NXdata: a curve with errors for each phase; nan where there is no number."""

    def __init__(self, group: Any, first: FractionTable, shown: Sequence[int]) -> None:
        self._group = group
        self._fields: list[tuple[int, GrowingField, GrowingField]] = []
        taken = {TITLE, STEP}
        names = []
        for q in shown:
            name = item_name(first.names[q], taken)
            taken.update({name, f"{name}_errors"})
            names.append(name)
            values = GrowingField(group, name, units="", long_name=first.names[q])
            self._fields.append((q, values, GrowingField(group, f"{name}_errors", units="")))
        self._taken = taken
        self._steps: list[IntArray] = []
        self._axis: list[FloatArray] = []
        if names:
            set_text(group, "signal", names[0])
        if len(names) > 1:
            set_text(group, "auxiliary_signals", names[1:])

    def append(self, table: FractionTable, rows: Any) -> None:
        for q, values, errors in self._fields:
            values.append(table.fraction[rows, q])
            errors.append(table.stderr[rows, q])

    def along(self, steps: IntArray, values: FloatArray) -> None:
        """Where the next rows are, if no spectra of their own say so."""
        self._steps.append(steps)
        self._axis.append(values)

    def finish(self, spectra: SeriesWriter | None, wanted: str) -> None:
        for _, values, errors in self._fields:
            values.finish()
            errors.finish()
        name = self._own_axis(wanted) if spectra is None else self._axis_of(spectra, wanted)
        set_text(self._group, "axes", [name])
        set_integers(self._group, f"{name}_indices", 0)

    def _axis_of(self, spectra: SeriesWriter, wanted: str) -> str:
        source = spectra.axis_along(wanted)
        name = item_name(source, self._taken)
        self._group[name] = spectra.data[source]
        return name

    def _own_axis(self, wanted: str) -> str:
        """The column of the plan if it is known at every step, else the step number."""
        values = np.concatenate(self._axis)
        if not np.isfinite(values).all():
            put_numbers(self._group, STEP, np.concatenate(self._steps))
            return STEP
        name, unit = item_name(wanted, self._taken), unit_of(wanted)
        put_numbers(self._group, name, values, **({} if unit is None else {"units": unit}))
        return name
