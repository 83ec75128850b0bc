"""The CSV tables that leave the program: fixed columns, fixed order, fixed number format."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType

import numpy as np

from app.archive.fit_parameters import variances_of
from app.batch.consistency_table import CONSISTENCY_COLUMNS, pooled_rows, write_steps
from app.batch.csv_file import Cell, Column, CsvFile, number_cells, words
from app.batch.progress_table import PROGRESS_COLUMNS, balance_checks, progress_rows
from app.batch.shift_table import SHIFT_COLUMNS, shift_rows
from app.batch.trends_table import TREND_COLUMNS, TrendsTable
from app.batch.trouble import Trouble, TroubleCount
from app.batch.witness_table import WITNESS_COLUMNS, witness_rows
from fitting.arrays import FloatArray, IntArray
from fitting.checks import Check, SeriesChecks
from fitting.checks.groups import GroupProposals
from fitting.checks.points import views_of
from fitting.checks.shared_residuals import Witnesses
from fitting.checks.view import RegionView
from fitting.consistency import Consistency
from fitting.consistency_series import SeriesConsistency
from fitting.consistency_words import series_checks
from fitting.joint import AMOUNT
from fitting.model import ModelTable, ParameterRow
from fitting.progress import progress_of
from fitting.quantify import FractionTable, quantify
from fitting.region_steps import ALL, RegionSteps, steps_of
from fitting.result import FitStatus, RegionInfo, SeriesResult
from fitting.robust import HUBER
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
SYSTEMATIC_COLUMNS = "source,sample,region,step,phase,basis,fraction,systematic_stderr".split(",")
CHECK_COLUMNS = "source,sample,step,region,check,verdict,detail".split(",")

FILE_NAMES = {
    "fractions": "phase_fractions.csv",
    "wide": "phase_fractions_wide.csv",
    "parameters": "parameters.csv",
    "shifts": "shifts.csv",
    "checks": "checks.csv",
    "systematics": "systematics.csv",
    "trends": "trends.csv",
    "consistency": "consistency.csv",
    "progress": "progress.csv",
    "witness": "witness.csv",
}


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
            "systematics": SYSTEMATIC_COLUMNS,
            "trends": TREND_COLUMNS,
            "consistency": [*CONSISTENCY_COLUMNS, *self._extra],
            "progress": PROGRESS_COLUMNS,
            "witness": WITNESS_COLUMNS,
        }
        self._troubles = TroubleCount()
        self._checks = SeriesChecks(table)
        self._trends = TrendsTable(table.plan)
        self._consistency = SeriesConsistency(table)
        self._groups = GroupProposals(table)
        self._witnesses = Witnesses(table)
        self._last: SeriesResult | None = None
        self._proposals: list[str] = []
        self._files: dict[str, CsvFile] = {}
        for name, columns in headers.items():
            self._files[name] = CsvFile(folder / FILE_NAMES[name], columns)

    @property
    def names(self) -> list[str]:
        """Names of the files."""
        return [file.name for file in self._files.values()]

    @property
    def proposals(self) -> tuple[str, ...]:
        """Groups that samples ask for, a sentence each."""
        return tuple(self._proposals)

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
                self._files["trends"].write("", self._trends.rows())
                for file in self._files.values():
                    file.finish()
                for file in self._files.values():
                    file.publish()
        finally:
            for file in self._files.values():
                file.discard()

    def add(self, result: SeriesResult, series: Mapping[str, Series]) -> None:
        """Add some steps of the current sample, with the spectra of its regions."""
        views = views_of(result, self._table, series)
        compared = self._compare(result, views)
        for fractions in quantify(result, self._table, common=self._common(compared)):
            self._add_fractions(result, fractions)
            self._add_wide(result, fractions)
            self._trends.add(result, fractions)
            if fractions.basis != "area":
                self._add_systematic(result, fractions)
        self._add_parameters(result)
        self._files["shifts"].write("", shift_rows(result, self._table))
        self._last = result
        self._groups.look(result)
        checks = self._checks.look(result, series, views)
        for view in views.values():
            self._witnesses.look(view)
        if compared is not None:
            checks += self._consistency.step_checks(compared, result.steps.tolist())
        progress = progress_of(result, self._table)
        self._files["progress"].write("", progress_rows(result, progress))
        checks += balance_checks(result, progress)
        self._files["checks"].write("", self._check_rows(result, checks))

    def _compare(self, result: SeriesResult, views: Mapping[int, RegionView]) -> Consistency | None:
        if not self._consistency.active:
            return None
        found = self._consistency.look(result, views.values())
        write_steps(self._files["consistency"], result, self._consistency, found, self._extra)
        return found

    def _common(self, compared: Consistency | None) -> FloatArray | None:
        """What sensitivities that were held leave open; of fitted ones the result says it."""
        if compared is None or self._table.has_factors:
            return None
        return compared.systematic(self._consistency.relative)

    def end_sample(self) -> None:
        """The current sample is complete."""
        if self._last is not None:
            self._add_whole_sample(self._last)
        self._last = None
        self._checks = SeriesChecks(self._table)
        self._consistency = SeriesConsistency(self._table)
        self._groups = GroupProposals(self._table)
        self._witnesses = Witnesses(self._table)
        for file in self._files.values():
            file.end_sample()

    def _add_whole_sample(self, last: SeriesResult) -> None:
        """What only all steps of a sample together can say."""
        found = self._consistency.pooled()
        checks: list[Check] = []
        if found is not None:
            rows = pooled_rows(last, self._consistency, found, self._extra)
            self._files["consistency"].write("", rows)
            checks += series_checks(found, self._consistency)
        witnesses = self._witnesses.found()
        self._files["witness"].write("", witness_rows(last, witnesses))
        checks += self._witnesses.checks(witnesses)
        proposals = list(self._groups.checks())
        self._proposals += [f"{last.sample}: {check.detail}" for check in proposals]
        checks += proposals
        self._files["checks"].write("", self._check_rows(last, checks))

    def _add_fractions(self, result: SeriesResult, fractions: FractionTable) -> None:
        own = steps_of(result, fractions.region)
        info, size = own.info, len(fractions.names)
        unit = unit_text(_area_token(self._table, info.name), info.axis_kind, info.intensity_unit)
        rows = np.flatnonzero(own.present)

        def each(cells: Iterable[str]) -> list[str]:
            return [text for text in cells for _ in range(size)]

        def numbers(values: FloatArray) -> list[str]:
            return number_cells(values[rows])

        columns = [
            words(info.source, result.sample, info.name, info.technique.value),
            each(_steps(result, rows)),
            *(each(column) for column in _step_cells(own, rows, STEP_COLUMNS)),
            [words(name, fractions.basis) for name in fractions.names] * len(rows),
            numbers(fractions.fraction),
            numbers(fractions.stderr),
            numbers(fractions.low95),
            numbers(fractions.high95),
            _methods(result.plan.fit.errors, own, rows, fractions),
            ["true" if flag else "false" for flag in fractions.detected[rows].ravel().tolist()],
            numbers(fractions.upper_limit95),
            numbers(fractions.area),
            numbers(fractions.area_stderr),
            words(unit),
            each(_endings(own, rows)),
            each(numbers(own.reduced_chi_square)),
            *(each(column) for column in _step_cells(own, rows, self._extra)),
        ]
        self._files["fractions"].write_columns(info.name, len(rows) * size, columns)

    def _add_wide(self, result: SeriesResult, fractions: FractionTable) -> None:
        own = steps_of(result, fractions.region)
        info, rows = own.info, np.flatnonzero(own.present)
        columns: list[Column] = [
            words(info.source, result.sample, info.name, info.technique.value, fractions.basis),
            _steps(result, rows),
            *_step_cells(own, rows, (*STEP_COLUMNS, *self._extra)),
        ]
        place = {name: q for q, name in enumerate(fractions.names)}
        for name in self._names:
            if name in place:
                columns.append(number_cells(fractions.fraction[rows, place[name]]))
                columns.append(number_cells(fractions.stderr[rows, place[name]]))
            else:
                columns += ["", ""]
        section = f"{fractions.region}/{fractions.basis}"
        self._files["wide"].write_columns(section, len(rows), columns)

    def _add_systematic(self, result: SeriesResult, fractions: FractionTable) -> None:
        """What the sensitivities leave open, apart from the counting errors."""
        own, size = steps_of(result, fractions.region), len(fractions.names)
        rows = np.flatnonzero(own.present)
        columns = [
            words(own.info.source, result.sample, fractions.region),
            [text for text in _steps(result, rows) for _ in range(size)],
            [words(name, fractions.basis) for name in fractions.names] * len(rows),
            number_cells(fractions.fraction[rows]),
            number_cells(fractions.systematic[rows]),
        ]
        self._files["systematics"].write_columns(fractions.region, len(rows) * size, columns)

    def _check_rows(self, result: SeriesResult, checks: Iterable[Check]) -> Iterable[list[Cell]]:
        sources = {info.name: info.source for info in result.regions}
        for check in checks:
            self._troubles.note(result.sample, check)
            yield [
                *(sources.get(check.region, result.regions[0].source), result.sample),
                *(check.step, check.region),
                *(check.check, check.verdict, check.detail),
            ]

    def _add_parameters(self, result: SeriesResult) -> None:
        stderr = np.sqrt(variances_of(result, self._table))
        states = np.array([row.state.value for row in result.parameters], dtype=object)
        states = np.tile(states, (len(result), 1))
        states[:, result.free] = np.where(result.at_bound, "at_bound", states[:, result.free])
        places: dict[str, list[int]] = {}
        for p, row in enumerate(result.parameters):
            places.setdefault(row.region, []).append(p)
        infos = {info.name: r for r, info in enumerate(result.regions)}
        for region, own in places.items():
            if region and region not in infos:
                continue
            r = infos.get(region, 0)
            rows = np.flatnonzero(result.present[:, r] if region else np.ones(len(result)))
            here = np.ix_(rows, np.array(own))
            columns: list[Column] = [
                words(result.regions[r].source, result.sample),
                [step for step in _steps(result, rows) for _ in own],
                [_parameter_words(result.parameters[p]) for p in own] * len(rows),
                number_cells(result.values[here]),
                number_cells(stderr[here]),
                [_unit_words(result.parameters[p], result.regions[r]) for p in own] * len(rows),
                states[here].ravel().tolist(),
            ]
            self._files["parameters"].write_columns(region, len(rows) * len(own), columns)


def _area_token(table: ModelTable, region: str) -> str:
    """Unit of the areas of a region: all are areas, or all multiples of measured spectra."""
    if region == ALL:
        return AMOUNT
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


def _steps(result: SeriesResult, rows: IntArray) -> list[str]:
    return list(map(str, result.steps[rows].tolist()))


def _step_cells(own: RegionSteps, rows: IntArray, names: Iterable[str]) -> Iterator[Column]:
    """Step columns of a region; empty where it has none of that name."""
    for name in names:
        values = own.columns.get(name)
        yield [""] * len(rows) if values is None else number_cells(values[rows])


def _methods(asked: str, own: RegionSteps, rows: IntArray, fractions: FractionTable) -> list[str]:
    found = []
    for k in rows.tolist():
        sources = own.sigma_source[k].split("; ")
        sandwich = any(s.startswith("uniform") or s.endswith(HUBER) for s in sources)
        known = "sandwich" if sandwich and asked == "covariance" else asked
        unknown = np.isnan(fractions.stderr[k]).tolist()
        found += ["not_estimated" if missing else known for missing in unknown]
    return found


def _endings(own: RegionSteps, rows: IntArray) -> list[str]:
    """Status and source of the weights of each step."""
    return [words(FitStatus(int(own.status[k])).label, own.sigma_source[k]) for k in rows.tolist()]


def _parameter_words(row: ParameterRow) -> str:
    return words(row.region, row.phase, row.component, row.parameter)


def _unit_words(row: ParameterRow, info: RegionInfo) -> str:
    return words(unit_text(row.unit, info.axis_kind, info.intensity_unit))
