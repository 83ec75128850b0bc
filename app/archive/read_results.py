"""Reading result.h5 back, some steps at a time; no handle is kept open."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from app.archive.checked import (
    check_ours,
    checked_dataset,
    groups_of,
    has,
    integer_attribute,
    integers,
    numbers,
    opened,
    subgroup,
    text,
    texts,
)
from app.archive.layout import (
    COLUMNS,
    FREE,
    PARAMETER_NUMBERS,
    PARAMETER_TEXTS,
    PARAMETERS,
    PLAN,
    PROVENANCE,
    REGION_TEXTS,
    REGIONS,
    RESULT,
    RESULT_FLOATS,
    RESULT_FORMAT,
    RESULT_FORMAT_ATTRIBUTE,
    RESULT_INTEGERS,
    RESULT_WORDS,
    SAMPLE,
    STEP,
)
from app.archive.metadata import from_json
from app.archive.read import SeriesHandle, column_fields, open_series
from fitting.arrays import IntArray
from fitting.errors import ArchiveError, PlanError
from fitting.model import ParameterRow, State
from fitting.plan import Plan
from fitting.result import FitStatus, Provenance, RegionInfo, SeriesResult
from fitting.series import AxisKind, IntensityUnit, Series, Technique


@dataclass(frozen=True, eq=False)
class ResultHandle:
    """The result of one sample on the disk: a small description that pickles.

    Parameters
    ----------
    path : the file
    sample, plan, parameters, free, regions, provenance : as in ``SeriesResult``
    steps : (K,) step numbers
    columns : names of the step columns
    spectra : region -> its spectra
    entry : where it lies in the file
    """

    path: Path
    sample: str
    plan: Plan
    parameters: tuple[ParameterRow, ...]
    free: IntArray
    regions: tuple[RegionInfo, ...]
    provenance: Provenance
    steps: IntArray
    columns: tuple[str, ...]
    spectra: Mapping[str, SeriesHandle]
    entry: str

    @property
    def n_steps(self) -> int:
        """Number of steps."""
        return len(self.steps)

    def rows(self, first: int, last: int) -> SeriesResult:
        """Steps ``first`` (included) to ``last`` (excluded), read now; indices as in a slice.

        Raises
        ------
        ArchiveError
            The file is gone, damaged, held by a writer, or has changed since.
        """
        wanted = slice(*slice(first, last).indices(self.n_steps))
        with opened(self.path) as file:
            own = _own(self.path, file, self.entry)
            steps = integers(self.path, own, STEP, wanted)
            same_length = own[STEP].shape == self.steps.shape
            if not (same_length and np.array_equal(steps, self.steps[wanted])):
                raise ArchiveError(
                    self.path,
                    self.sample,
                    "is not what it was when the result was first opened; start again",
                )
            return _read_rows(self, own, wanted)

    def series(self, region: str, first: int, last: int) -> Series:
        """The spectra of a region in these steps; fewer than steps where some are missing.

        Raises
        ------
        ArchiveError
            See ``rows``.
        KeyError
            No such region.
        """
        handle, wanted = self.spectra[region], self.steps[first:last]
        if not len(wanted):
            return handle.rows(0, 0)
        return handle.at(wanted).read()


def read_results(path: Path) -> list[ResultHandle]:
    """The results in a file, one per sample, in the order they were written.

    Raises
    ------
    ArchiveError
        Not a file of results, damaged, made by a newer version, or unsafe to read.
    """
    path = Path(path)
    spectra = open_series(path)
    with opened(path) as file:
        check_ours(path, file)
        entries = [name for name in groups_of(file) if has(subgroup(path, file, name), RESULT)]
        if not entries:
            raise ArchiveError(path, "", "is an archive without results; fit it first")
        found = [_handle(path, file, name, spectra) for name in entries]
    order = {id(handle): i for i, handle in enumerate(spectra)}
    return sorted(found, key=lambda h: min(order[id(one)] for one in h.spectra.values()))


def _own(path: Path, file: Any, entry: str) -> Any:
    return subgroup(path, subgroup(path, file, entry), RESULT)


def _handle(path: Path, file: Any, entry: str, spectra: list[SeriesHandle]) -> ResultHandle:
    own = _own(path, file, entry)
    version = integer_attribute(path, own, RESULT_FORMAT_ATTRIBUTE)
    if version != RESULT_FORMAT:
        raise ArchiveError(
            path,
            own.name,
            f"holds results of format {version}, this version reads {RESULT_FORMAT}; "
            "fit again, or update Deconvolyte",
        )
    sample = text(path, subgroup(path, subgroup(path, file, entry), SAMPLE), "name")
    parameters = _parameters(path, subgroup(path, own, PARAMETERS))
    free = integers(path, own, FREE)
    if free.ndim != 1 or np.any((free < 0) | (free >= len(parameters))):
        raise ArchiveError(path, f"{own.name}/{FREE}", "points beyond the table of parameters")
    regions = _regions(path, subgroup(path, own, REGIONS))
    mine = {h.region: h for h in spectra if h.sample == sample}
    missing = [info.name for info in regions if info.name not in mine]
    if missing or not regions:
        raise ArchiveError(path, own.name, f"lacks the spectra of {', '.join(missing)}")
    return ResultHandle(
        path=path,
        sample=sample,
        plan=_plan(path, own),
        parameters=parameters,
        free=free,
        regions=regions,
        provenance=_provenance(path, own),
        steps=_steps(path, own),
        columns=tuple(column_fields(path, subgroup(path, own, COLUMNS))),
        spectra={info.name: mine[info.name] for info in regions},
        entry=entry,
    )


def _plan(path: Path, own: Any) -> Plan:
    try:
        data = json.loads(text(path, own, PLAN))
        if not isinstance(data, dict):
            raise PlanError("", f"is {type(data).__name__}, need a table")
        return Plan.from_data(data)
    except PlanError as error:
        raise ArchiveError(path, f"{own.name}/{PLAN}", f"is not a plan: {error}") from error


def _provenance(path: Path, own: Any) -> Provenance:
    data = from_json(text(path, own, PROVENANCE))
    versions, inputs, seed = (data.get(name) for name in ("versions", "inputs", "seed"))
    if not isinstance(versions, dict) or not isinstance(inputs, dict) or type(seed) is not int:
        raise ArchiveError(path, f"{own.name}/{PROVENANCE}", "is not the provenance of a result")
    return Provenance(versions, inputs, seed)


def _steps(path: Path, own: Any) -> IntArray:
    steps = integers(path, own, STEP)
    if steps.ndim != 1 or np.any(np.diff(steps) <= 0):
        raise ArchiveError(path, f"{own.name}/{STEP}", "are not step numbers in order")
    kinds = {**dict.fromkeys(RESULT_FLOATS, "f"), **dict.fromkeys(RESULT_INTEGERS, "i")}
    for name, kind in {**kinds, **dict.fromkeys(RESULT_WORDS, "S")}.items():
        rows = checked_dataset(path, own, name, kind).shape[:1]
        if rows != steps.shape:
            raise ArchiveError(path, f"{own.name}/{name}", f"has rows {rows}, need {len(steps)}")
    return steps


def _parameters(path: Path, group: Any) -> tuple[ParameterRow, ...]:
    words = {name: texts(path, group, name) for name in PARAMETER_TEXTS}
    values = {name: numbers(path, group, name).tolist() for name in PARAMETER_NUMBERS}
    linear = integers(path, group, "linear").tolist()
    states = [State(word) for word in words.pop("state")]
    columns = {**words, **values, "linear": [bool(flag) for flag in linear], "state": states}
    if len({len(column) for column in columns.values()}) != 1:
        raise ArchiveError(path, group.name, "has columns of different lengths")
    rows = zip(*columns.values(), strict=True)
    return tuple(ParameterRow(**dict(zip(columns, row, strict=True))) for row in rows)


def _regions(path: Path, group: Any) -> tuple[RegionInfo, ...]:
    rows = zip(*(texts(path, group, name) for name in REGION_TEXTS), strict=True)
    return tuple(
        RegionInfo(name, Technique(technique), AxisKind(axis), IntensityUnit(unit), source)
        for name, technique, axis, unit, source in rows
    )


def _read_rows(handle: ResultHandle, own: Any, rows: slice) -> SeriesResult:
    path = handle.path
    floats = {name: numbers(path, own, name, rows) for name in RESULT_FLOATS}
    flags = {name: integers(path, own, name, rows) for name in RESULT_INTEGERS}
    words = {name: tuple(map(tuple, texts(path, own, name, rows))) for name in RESULT_WORDS}
    columns = subgroup(path, own, COLUMNS)
    if np.any((flags["status"] < 0) | (flags["status"] >= len(FitStatus))):
        raise ArchiveError(path, f"{own.name}/status", "holds numbers that mean nothing")
    regions = len(handle.regions)
    if any(len(row) != regions for rows in words.values() for row in rows):
        raise ArchiveError(path, own.name, "holds words that do not belong to its numbers")
    return SeriesResult(
        sample=handle.sample,
        plan=handle.plan,
        parameters=handle.parameters,
        free=handle.free,
        regions=handle.regions,
        steps=handle.steps[rows],
        columns={
            column: numbers(path, columns, name, rows)
            for column, name in column_fields(path, columns).items()
        },
        present=flags["present"].astype(bool),
        at_bound=flags["at_bound"].astype(bool),
        status=flags["status"],
        tried=flags["tried"],
        sigma_source=words["sigma_source"],
        message=words["message"],
        start=words["start"],
        provenance=handle.provenance,
        **floats,
    )
