"""The CSV tables that leave the program: fixed columns, fixed order, fixed number format."""

import csv
import math
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO

import numpy as np

from app.batch.trouble import Trouble, TroubleCount
from fitting.checks import SeriesChecks
from fitting.model import ModelTable, State
from fitting.quantify import FractionTable, quantify
from fitting.result import FitStatus, SeriesResult
from fitting.series import STEP_COLUMNS, Series
from fitting.units import unit_text

FRACTION_COLUMNS = (
    "source,sample,region,technique,step,charge_uAh_cm2,time_s,potential_V,etch_time_s,depth_nm,"
    "temperature_C,x_um,y_um,phase,basis,fraction,fraction_stderr,fraction_low95,fraction_high95,"
    "stderr_method,detected,upper_limit95,area,area_stderr,area_unit,status,sigma_source,"
    "reduced_chi_square"
).split(",")
PARAMETER_COLUMNS = (
    "source,sample,step,region,phase,component,parameter,value,stderr,unit,state".split(",")
)
SHIFT_COLUMNS = "source,sample,step,group,shift,shift_stderr,unit,reference,state".split(",")
CHECK_COLUMNS = "source,sample,step,region,check,verdict,detail".split(",")

FILE_NAMES = {
    "fractions": "phase_fractions.csv",
    "wide": "phase_fractions_wide.csv",
    "parameters": "parameters.csv",
    "shifts": "shifts.csv",
    "checks": "checks.csv",
}

Cell = str | int | float | bool | None


def cell(value: Cell) -> str:
    """Text of one cell: empty where there is nothing, never nan or inf."""
    if value is None:
        return ""
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.9g}" if math.isfinite(value) else ""
    return str(value)


class _LineFeeds:
    """Rows end in LF; told that they end in CR LF, csv puts quotes around either, as it must."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, row: str) -> int:
        return self._file.write(row.removesuffix("\r\n") + "\n")


class CsvFile:
    """One table, written row by row to a draft that takes its name when it is whole.

    Rows of one sample may come in for several sections at a time; they end up section by
    section.
    """

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self._path = path
        self._draft = path.with_name(f".{path.name}.part")
        self._file = self._draft.open("w", encoding="utf-8", newline="")
        self._sections: dict[str, IO[str]] = {}
        csv.writer(_LineFeeds(self._file), lineterminator="\r\n").writerow(columns)

    @property
    def name(self) -> str:
        """Name of the file."""
        return self._path.name

    def write(self, section: str, rows: Iterable[Sequence[Cell]]) -> None:
        """Add rows to a section of the current sample."""
        if section not in self._sections:
            self._sections[section] = tempfile.TemporaryFile(
                "w+", encoding="utf-8", newline="", dir=self._path.parent
            )
        writer = csv.writer(_LineFeeds(self._sections[section]), lineterminator="\r\n")
        writer.writerows([cell(value) for value in row] for row in rows)

    def end_sample(self) -> None:
        """Append the sections of a sample in the order in which they first came."""
        for spool in self._sections.values():
            spool.seek(0)
            while text := spool.read(1 << 20):
                self._file.write(text)
            spool.close()
        self._sections.clear()

    def finish(self) -> None:
        """Everything is on the disk, still under the name of the draft. Raises OSError."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def publish(self) -> None:
        """Take the final name."""
        self._draft.replace(self._path)

    def discard(self) -> None:
        """Leave nothing behind; never raises, for something else is already wrong."""
        for file in (*self._sections.values(), self._file):
            with suppress(OSError):
                file.close()
        with suppress(OSError):
            self._draft.unlink(missing_ok=True)


class Tables:
    """All CSV tables of a run.

    Parameters
    ----------
    folder : where they go
    table : the model
    extra_columns : step columns beyond the standard ones, in order, of all samples
    """

    def __init__(self, folder: Path, table: ModelTable, extra_columns: Sequence[str]) -> None:
        self._table = table
        self._extra = tuple(extra_columns)
        self._names = _all_names(table)
        wide = ["source", "sample", "region", "technique", "basis", "step", *STEP_COLUMNS]
        wide += [*self._extra, *(f"{n}{end}" for n in self._names for end in ("", "_stderr"))]
        headers: dict[str, Sequence[str]] = {
            "fractions": [*FRACTION_COLUMNS, *self._extra],
            "wide": wide,
            "parameters": PARAMETER_COLUMNS,
            "shifts": SHIFT_COLUMNS,
            "checks": CHECK_COLUMNS,
        }
        self._troubles = TroubleCount()
        self._checks = SeriesChecks(table)
        self._files: dict[str, CsvFile] = {}
        for name, columns in headers.items():
            self._files[name] = CsvFile(folder / FILE_NAMES[name], columns)

    @property
    def names(self) -> list[str]:
        """Names of the files."""
        return [file.name for file in self._files.values()]

    @property
    def troubles(self) -> tuple[Trouble, ...]:
        """Kinds of warnings in checks.csv, the most frequent first."""
        return self._troubles.found

    def __enter__(self) -> "Tables":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                for file in self._files.values():
                    file.finish()
                for file in self._files.values():
                    file.publish()
        finally:
            for file in self._files.values():
                file.discard()

    def add(self, result: SeriesResult, series: Mapping[str, Series]) -> None:
        """Add some steps of the current sample, with the spectra of its regions."""
        for fractions in quantify(result, self._table):
            r = result.region_index(fractions.region)
            self._files["fractions"].write(
                fractions.region, self._fraction_rows(result, r, fractions)
            )
            self._files["wide"].write(
                f"{fractions.region}/{fractions.basis}", self._wide_rows(result, r, fractions)
            )
        self._add_parameters(result)
        self._files["shifts"].write("", _shift_rows(result, self._table))
        self._files["checks"].write("", self._check_rows(result, series))

    def end_sample(self) -> None:
        """The current sample is complete."""
        self._checks = SeriesChecks(self._table)
        for file in self._files.values():
            file.end_sample()

    def _step_cells(self, result: SeriesResult, k: int, r: int, names: Iterable[str]) -> list[Cell]:
        return [
            float(result.columns[name][k, r]) if name in result.columns else None for name in names
        ]

    def _fraction_rows(
        self, result: SeriesResult, r: int, fractions: FractionTable
    ) -> Iterable[list[Cell]]:
        info = result.regions[r]
        unit = unit_text(_area_token(self._table, info.name), info.axis_kind, info.intensity_unit)
        for k in np.flatnonzero(result.present[:, r]).tolist():
            steps = self._step_cells(result, k, r, STEP_COLUMNS)
            extra = self._step_cells(result, k, r, self._extra)
            status = FitStatus(int(result.status[k, r]))
            for q, name in enumerate(fractions.names):
                yield [
                    *(info.source, result.sample, info.name, info.technique.value),
                    int(result.steps[k]),
                    *steps,
                    *(name, fractions.basis),
                    *(
                        float(values[k, q])
                        for values in (
                            fractions.fraction,
                            fractions.stderr,
                            fractions.low95,
                            fractions.high95,
                        )
                    ),
                    _method(result, k, r, fractions, q),
                    bool(fractions.detected[k, q]),
                    float(fractions.upper_limit95[k, q]),
                    float(fractions.area[k, q]),
                    float(fractions.area_stderr[k, q]),
                    unit,
                    status.label,
                    result.sigma_source[k][r],
                    float(result.reduced_chi_square[k, r]),
                    *extra,
                ]

    def _wide_rows(
        self, result: SeriesResult, r: int, fractions: FractionTable
    ) -> Iterable[list[Cell]]:
        info = result.regions[r]
        place = {name: q for q, name in enumerate(fractions.names)}
        for k in np.flatnonzero(result.present[:, r]).tolist():
            row: list[Cell] = [info.source, result.sample, info.name, info.technique.value]
            row += [fractions.basis, int(result.steps[k])]
            row += self._step_cells(result, k, r, (*STEP_COLUMNS, *self._extra))
            for name in self._names:
                q = place.get(name)
                if q is None:
                    row += [None, None]
                else:
                    row += [float(fractions.fraction[k, q]), float(fractions.stderr[k, q])]
            yield row

    def _check_rows(
        self, result: SeriesResult, series: Mapping[str, Series]
    ) -> Iterable[list[Cell]]:
        sources = {info.name: info.source for info in result.regions}
        for check in self._checks.look(result, series):
            self._troubles.note(result.sample, check)
            yield [
                *(sources[check.region], result.sample, check.step, check.region),
                *(check.check, check.verdict, check.detail),
            ]

    def _add_parameters(self, result: SeriesResult) -> None:
        rows: dict[str, list[list[Cell]]] = {}
        for k in range(len(result)):
            for region, row in _parameter_rows(result, k, self._table):
                rows.setdefault(region, []).append(row)
        for region, lines in rows.items():
            self._files["parameters"].write(region, lines)


def _area_token(table: ModelTable, region: str) -> str:
    """Unit of the areas of a region: all are areas, or all multiples of measured spectra."""
    model = table.region(region)
    return "area" if model is None else table.parameters[model.components[0].area].unit


def _all_names(table: ModelTable) -> list[str]:
    plan = table.plan
    used = dict.fromkeys(c.phase for region in table.regions for c in region.components if c.phase)
    names = [name for name in plan.phases if name in used]
    names += [f"group:{name}" for name in plan.groups]
    counted = [name in plan.phases and plan.phases[name].counted for name in used]
    loose = any(not c.phase for region in table.regions for c in region.components)
    return [*names, "unassigned"] if loose or not all(counted) else names


def _method(result: SeriesResult, k: int, r: int, fractions: FractionTable, q: int) -> str:
    if math.isnan(fractions.stderr[k, q]):
        return "not_estimated"
    return "sandwich" if result.sigma_source[k][r].startswith("uniform") else "covariance"


def _parameter_rows(
    result: SeriesResult, k: int, table: ModelTable
) -> Iterable[tuple[str, list[Cell]]]:
    free = result.values[k, table.free]
    variances = result.variances(k, table.jacobian(np.where(np.isnan(free), 1.0, free)))
    bound = {int(i): bool(b) for i, b in zip(table.free, result.at_bound[k], strict=True)}
    present = {info.name: result.present[k, r] for r, info in enumerate(result.regions)}
    infos = {info.name: info for info in result.regions}
    first = result.regions[0]
    for p, row in enumerate(result.parameters):
        if row.region and not present.get(row.region, False):
            continue
        info = infos.get(row.region, first)
        state = "at_bound" if bound.get(p) else row.state.value
        stderr = None if row.state is State.FIXED else float(np.sqrt(variances[p]))
        yield (
            row.region,
            [
                *(info.source, result.sample, int(result.steps[k]), row.region, row.phase),
                *(row.component, row.parameter, float(result.values[k, p]), stderr),
                *(unit_text(row.unit, info.axis_kind, info.intensity_unit), state),
            ],
        )


def _shift_rows(result: SeriesResult, table: ModelTable) -> Iterable[list[Cell]]:
    energy = table.plan.energy
    unit = result.regions[0].axis_kind.unit
    place = np.flatnonzero(table.free == 0)
    for k in range(len(result)):
        stderr = float(result.stderr(k)[place[0]]) if len(place) else None
        yield [
            *(result.regions[0].source, result.sample, int(result.steps[k]), "all"),
            *(float(result.values[k, 0]), stderr, unit),
            energy.component if energy.reference == "component" else energy.reference,
            table.parameters[0].state.value,
        ]
