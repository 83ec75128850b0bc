"""result.h5: an archive of the fitted spectra with everything that came out of the fit.

Written sample by sample and some steps at a time; a chunk of each field is in memory.
"""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from app.archive.entry import EntryWriter
from app.archive.fit_parameters import variances_of
from app.archive.fractions import FractionsWriter
from app.archive.layout import (
    COLUMN_ATTRIBUTE,
    COLUMNS,
    FREE,
    PARAMETER_NUMBERS,
    PARAMETER_TEXTS,
    PARAMETERS,
    PLAN,
    POSITION_ATTRIBUTE,
    PROVENANCE,
    REGION_TEXTS,
    REGIONS,
    RESULT,
    RESULT_FLOATS,
    RESULT_FORMAT,
    RESULT_FORMAT_ATTRIBUTE,
    RESULT_INTEGERS,
    RESULT_WORDS,
    STEP,
)
from app.archive.metadata import to_json
from app.archive.names import item_name, unit_of
from app.archive.nxfit import FitWriter
from app.archive.read_results import ResultHandle, read_results
from app.archive.rows import GrowingField, GrowingTexts
from app.archive.store import (
    new_file,
    new_group,
    put_long_text,
    put_numbers,
    put_text,
    set_integers,
    set_text,
)
from app.archive.write import entry_names, write_root_attributes
from fitting.build import build_model
from fitting.errors import ArchiveError
from fitting.model import ModelTable, ParameterRow
from fitting.plan import Plan
from fitting.quantify import quantify
from fitting.result import FitStatus, SeriesResult
from fitting.series import Series, Technique

__all__ = ["ResultHandle", "ResultWriter", "read_results"]


class ResultWriter:
    """Writes one result file; it appears complete, or not at all after an error.

    For each sample: ``start_sample``, then ``append`` for all of its steps in order, then
    ``end_sample``. The same input in the same pieces gives the same bytes.

    Parameters
    ----------
    path : file to write; one of that name is replaced
    plan : what was fitted

    Raises
    ------
    ArchiveError
        On leaving: nothing was written, or the folder cannot be written.
    """

    def __init__(self, path: Path, plan: Plan) -> None:
        self._path = Path(path)
        self._table = build_model(plan)
        self._stack = ExitStack()
        self._file: Any = None
        self._sample: _SampleWriter | None = None
        self._positions = 0

    def __enter__(self) -> Self:
        self._file = self._stack.enter_context(new_file(self._path))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            self._stack.__exit__(kind, error, trace)
            return
        with self._stack:
            if self._sample is not None:
                self.end_sample()
            if not self._positions:
                raise ArchiveError(self._path, "", "would hold no results; nothing was fitted")

    def start_sample(
        self, result: SeriesResult, series: Mapping[str, Series], total_steps: int
    ) -> None:
        """Begin a sample.

        Parameters
        ----------
        result, series : any steps of it: only their make counts, their rows are not written
        total_steps : how many steps will come
        """
        if self._sample is not None:
            raise ValueError("the sample before has not been ended")
        try:
            self._sample = _SampleWriter(
                self._path, self._file, self._table, result, series, self._positions, total_steps
            )
        except ValueError as error:
            raise self._cannot_keep(result.sample, error) from error
        self._positions += len(series)

    def append(self, result: SeriesResult, series: Mapping[str, Series]) -> None:
        """Add the next steps of the sample.

        Parameters
        ----------
        result : of these steps
        series : region -> the spectra of these steps, as measured
        """
        if self._sample is None:
            raise ValueError("no sample has been started")
        try:
            self._sample.append(result, series)
        except ValueError as error:
            raise self._cannot_keep(result.sample, error) from error

    def end_sample(self) -> None:
        """Complete the sample."""
        if self._sample is None:
            raise ValueError("no sample has been started")
        try:
            self._sample.finish()
        except ValueError as error:
            raise self._cannot_keep(self._sample.name, error) from error
        if "default" not in self._file.attrs:
            write_root_attributes(self._file, self._sample.name)
        self._sample = None

    def _cannot_keep(self, sample: str, error: ValueError) -> ArchiveError:
        return ArchiveError(self._path, sample, f"cannot be kept in HDF5: {error}")


class _SampleWriter:
    """One sample: an entry per technique, the numbers of all regions in the first one."""

    def __init__(
        self,
        path: Path,
        file: Any,
        table: ModelTable,
        result: SeriesResult,
        series: Mapping[str, Series],
        position: int,
        total_steps: int,
    ) -> None:
        self._table = table
        ordered = [series[info.name] for info in result.regions]
        groups: dict[Technique, list[tuple[int, Series]]] = {}
        for number, one in enumerate(ordered):
            groups.setdefault(one.technique, []).append((position + number, one))
        names = entry_names([(result.sample, technique) for technique in groups], list(file))
        self.name = names[0]
        self._entries = [
            EntryWriter(path, file, name, members)
            for name, members in zip(names, groups.values(), strict=True)
        ]
        self._home = {region: e for e in self._entries for region in e.regions}
        self._fits = {
            info.name: FitWriter(self._home[info.name], table, info, one, total_steps)
            for info, one in zip(result.regions, ordered, strict=True)
        }
        self._fractions = FractionsWriter(self._home, table.plan, result)
        self._numbers = _NumbersWriter(self._entries[0].entry, result)

    def append(self, result: SeriesResult, series: Mapping[str, Series]) -> None:
        variances = variances_of(result, self._table)
        for info in result.regions:
            one = series[info.name]
            self._home[info.name].append(one)
            self._fits[info.name].append(result, one, variances)
        self._fractions.append(result, quantify(result, self._table))
        self._numbers.append(result)

    def finish(self) -> None:
        for entry in self._entries:
            entry.finish()
        for fit in self._fits.values():
            fit.finish()
        self._fractions.finish()
        self._numbers.finish()


class _NumbersWriter:
    """The arrays of a SeriesResult, bit for bit."""

    def __init__(self, entry: Any, first: SeriesResult) -> None:
        own = new_group(entry, RESULT, "NXcollection")
        self._own = own
        set_integers(own, RESULT_FORMAT_ATTRIBUTE, RESULT_FORMAT)
        # not the sorted text of Plan.to_json: tables and colours go by the order of the phases
        plan = to_json(first.plan.model_dump(mode="json"))
        put_long_text(own, PLAN, plan, mimetype="application/json")
        provenance = to_json(asdict(first.provenance))
        put_long_text(own, PROVENANCE, provenance, mimetype="application/json")
        _write_parameters(new_group(own, PARAMETERS, "NXcollection"), first.parameters)
        put_numbers(own, FREE, first.free)
        regions = new_group(own, REGIONS, "NXcollection")
        for name in REGION_TEXTS:
            put_text(regions, name, [str(getattr(info, name)) for info in first.regions])
        self._columns = _column_fields(new_group(own, COLUMNS, "NXcollection"), first)
        self._steps = GrowingField(own, STEP)
        self._arrays = {
            name: GrowingField(own, name) for name in (*RESULT_FLOATS, *RESULT_INTEGERS)
        }
        self._words = {name: GrowingTexts(own, name) for name in RESULT_WORDS}

    def append(self, result: SeriesResult) -> None:
        self._steps.append(result.steps)
        for name, field in self._arrays.items():
            field.append(getattr(result, name))
        for name, words in self._words.items():
            words.append(getattr(result, name))
        for column, field in self._columns.items():
            field.append(result.columns[column])

    def finish(self) -> None:
        for field in (self._steps, *self._arrays.values(), *self._words.values()):
            field.finish()
        for position, (column, field) in enumerate(self._columns.items()):
            dataset = field.finish()
            set_text(dataset, COLUMN_ATTRIBUTE, column)
            set_integers(dataset, POSITION_ATTRIBUTE, position)
        words = [f"{status.value}: {status.label}" for status in FitStatus]
        set_text(self._own["status"], "meaning", words)
        covariance = (
            "of the free parameters, in the order of the field free; nan: not estimated; negative "
            "on the diagonal: known in sums with others only"
        )
        set_text(self._own["covariance"], "meaning", covariance)
        above = "by how much the deviance of the next minimum is higher; nan: no other was seen"
        set_text(self._own["runner_up"], "meaning", above)


def _write_parameters(group: Any, rows: tuple[ParameterRow, ...]) -> None:
    for name in PARAMETER_TEXTS:
        put_text(group, name, [str(getattr(row, name)) for row in rows])
    for name in PARAMETER_NUMBERS:
        put_numbers(group, name, [float(getattr(row, name)) for row in rows])
    put_numbers(group, "linear", [row.linear for row in rows])


def _column_fields(group: Any, first: SeriesResult) -> dict[str, GrowingField]:
    fields: dict[str, GrowingField] = {}
    taken: set[str] = set()
    for column in first.columns:
        name, unit = item_name(column, taken), unit_of(column)
        taken.add(name)
        fields[column] = GrowingField(group, name, **({} if unit is None else {"units": unit}))
    return fields
