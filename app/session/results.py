"""Results of the whole series as the window shows them: fractions, shifts, checks by step."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import lru_cache

import numpy as np

from app.batch.figures.collect import FractionCurves, axis_column
from app.session.project import Project, Sample, StepFit
from app.session.shown import model_of, result_of
from fitting.arrays import BoolArray, FloatArray, IntArray
from fitting.checks import OVERALL, Check, SeriesChecks
from fitting.model import SHIFT, ModelTable
from fitting.plan import Plan
from fitting.quantify import FractionTable, quantify
from fitting.region_steps import RegionSteps, steps_of
from fitting.result import SeriesResult
from fitting.series import Series

STEP = "step"


class Verdict(IntEnum):
    """The worst of the checks of a step."""

    GOOD = 0
    DOUBTFUL = 1
    BAD = 2


_VERDICTS = {"ok": Verdict.GOOD, "warn": Verdict.DOUBTFUL, "fail": Verdict.BAD}


@dataclass(frozen=True, eq=False)
class FractionSeries:
    """Fractions of one region of one sample in one basis; K steps, Q names.

    Parameters
    ----------
    curves : as they are drawn
    steps : (K,) their numbers
    current : (K,) whether the fit is one of the plan as it is now
    stderr : (K, Q)
    """

    curves: FractionCurves
    steps: IntArray
    current: BoolArray
    stderr: FloatArray


@dataclass(frozen=True, eq=False)
class ShiftSeries:
    """The common shift of the axis along one sample; K steps.

    Parameters
    ----------
    x, column : along what; see ``FractionCurves``
    shift, stderr : (K,) in ``unit``; stderr is nan where the shift is held
    """

    sample: str
    column: str
    x: FloatArray
    steps: IntArray
    current: BoolArray
    shift: FloatArray
    stderr: FloatArray
    unit: str


@dataclass(frozen=True, eq=False)
class StepVerdict:
    """The checks of one step: the worst of them, and all that is not good in words."""

    sample: str
    step: int
    x: float
    verdict: Verdict
    words: str
    current: bool


@dataclass(frozen=True, eq=False)
class Results:
    """Everything the results tab shows."""

    fractions: tuple[FractionSeries, ...] = ()
    shifts: tuple[ShiftSeries, ...] = ()
    verdicts: tuple[StepVerdict, ...] = ()

    @property
    def regions(self) -> tuple[str, ...]:
        """Regions that have fractions."""
        return tuple(dict.fromkeys(one.curves.region for one in self.fractions))

    def bases(self, region: str) -> tuple[str, ...]:
        """Bases that fractions of a region are known in."""
        own = [one.curves.basis for one in self.fractions if one.curves.region == region]
        return tuple(dict.fromkeys(own))

    @property
    def stale(self) -> int:
        """Steps whose fit is one of an older plan."""
        return sum(not one.current for one in self.verdicts)

    def chosen(self, region: str, basis: str) -> tuple[FractionSeries, ...]:
        """Fractions of one region in one basis, sample by sample."""
        return tuple(
            one
            for one in self.fractions
            if (one.curves.region, one.curves.basis) == (region, basis)
        )


def results_of(project: Project) -> Results:
    """Put together what the fits of a project say.

    Raises
    ------
    PlanError
        Atomic fractions that lack a sensitivity.
    """
    fractions: list[FractionSeries] = []
    shifts: list[ShiftSeries] = []
    verdicts: list[StepVerdict] = []
    for sample in project.samples:
        parts = parts_of(project, sample)
        if not parts:
            continue
        fractions += _fractions(project, parts)
        shifts.append(_shifts(project, parts))
        verdicts += _verdicts(shifts[-1], parts)
    return Results(tuple(fractions), tuple(shifts), tuple(verdicts))


def parts_of(project: Project, sample: Sample) -> list["Part"]:
    """The fits of a sample plan by plan; the plan as it is now names the phases last."""
    own = by_plan(sample, project.fits.get(sample.name, {}))
    parts = [_part(project, sample, plan, fits) for plan, fits in own]
    return sorted(parts, key=lambda part: part.current)


def by_plan(sample: Sample, fits: Mapping[int, StepFit]) -> list[tuple[Plan, dict[int, StepFit]]]:
    """Fits sorted by the plan they were made with; only steps that are there."""
    found: dict[int, tuple[Plan, dict[int, StepFit]]] = {}
    there = set(sample.steps)
    for step, fit in sorted(fits.items()):
        if step in there:
            found.setdefault(id(fit.plan), (fit.plan, {}))[1][step] = fit
    return [pair for pair in found.values() if _measured(sample, *pair)]


def verdicts_of(
    result: SeriesResult, table: ModelTable, series: Mapping[str, Series]
) -> list[tuple[Verdict, str]]:
    """The traffic light of every step, and what is not good about it."""
    by_step: dict[int, list[Check]] = {int(step): [] for step in result.steps}
    for check in SeriesChecks(table).look(result, series):
        if check.step is not None:
            by_step[check.step].append(check)
    return [_light(checks) for checks in by_step.values()]


def _light(checks: Sequence[Check]) -> tuple[Verdict, str]:
    worst = max((_VERDICTS[check.verdict] for check in checks), default=Verdict.GOOD)
    bad = [c for c in checks if c.verdict != "ok" and c.check != OVERALL]
    bad.sort(key=lambda check: -_VERDICTS[check.verdict])
    return worst, "; ".join(f"{c.region}: {c.check.replace('_', ' ')}: {c.detail}" for c in bad)


@dataclass(frozen=True, eq=False)
class Part:
    """Steps of a sample that were fitted with one plan."""

    table: ModelTable
    result: SeriesResult
    tables: Sequence[FractionTable]
    verdicts: Sequence[tuple[Verdict, str]]
    current: bool


class _Key:
    """Fits of one plan, known by what they are: so that what is known is not computed again."""

    def __init__(self, sample: Sample, plan: Plan, fits: dict[int, StepFit]) -> None:
        self.sample, self.plan, self.fits = sample, plan, fits
        self._ids = (id(sample), id(plan), tuple((step, id(fit)) for step, fit in fits.items()))

    def __hash__(self) -> int:
        return hash(self._ids)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self._ids == other._ids


def _part(project: Project, sample: Sample, plan: Plan, fits: dict[int, StepFit]) -> Part:
    current = project.is_current(next(iter(fits.values())))
    table, result, tables, verdicts = _computed(_Key(sample, plan, fits))
    return Part(table, result, tables, verdicts, current)


@lru_cache(maxsize=8)
def _computed(
    key: _Key,
) -> tuple[ModelTable, SeriesResult, list[FractionTable], list[tuple[Verdict, str]]]:
    table = model_of(key.plan)
    sample = named(key.sample, key.plan)
    result = result_of(sample, key.plan, key.fits)
    return table, result, quantify(result, table), verdicts_of(result, table, sample.series)


def _measured(sample: Sample, plan: Plan, fits: Mapping[int, StepFit]) -> bool:
    wanted = {region.measured for region in plan.regions}
    steps = [series.steps for name, series in sample.series.items() if name in wanted]
    return any(np.isin(list(fits), own).any() for own in steps)


def named(sample: Sample, plan: Plan) -> Sample:
    """The sample with its regions called as the plan calls them."""
    series = {}
    for region in plan.regions:
        own = sample.series.get(region.measured)
        if own is not None:
            same = own.region == region.name
            series[region.name] = own if same else replace(own, region=region.name)
    return replace(sample, series=series)


def along(
    project: Project, parts: Sequence[Part], own: Sequence[RegionSteps]
) -> tuple[str, FloatArray]:
    """Along what a region of a sample is drawn, for the steps of all parts in a row."""
    columns: dict[str, list[FloatArray]] = {}
    sizes = [len(part.result) for part in parts]
    for number, steps in enumerate(own):
        for name, values in steps.columns.items():
            columns.setdefault(name, [np.full(size, np.nan) for size in sizes])
            columns[name][number] = values
    joined = {name: np.concatenate(values) for name, values in columns.items()}
    joined[STEP] = np.concatenate([part.result.steps for part in parts]).astype(float)
    wanted = STEP if project.plan is None else project.plan.series.axis
    column = axis_column(joined, wanted)
    return column, joined[column]


def _fractions(project: Project, parts: Sequence[Part]) -> Iterable[FractionSeries]:
    keys = dict.fromkeys(
        (table.region, table.basis) for part in reversed(parts) for table in part.tables
    )
    for region, basis in keys:
        mine = [
            (part, table)
            for part in parts
            for table in part.tables
            if (table.region, table.basis) == (region, basis)
        ]
        made = _joined(project, region, basis, mine)
        if made is not None:
            yield made


def _joined(
    project: Project, region: str, basis: str, mine: Sequence[tuple[Part, FractionTable]]
) -> FractionSeries | None:
    parts = [part for part, _ in mine]
    own = [steps_of(part.result, region) for part in parts]
    column, x = along(project, parts, own)
    present = np.concatenate([steps.present for steps in own])
    names = _names(mine)
    if not names or not present.any():
        return None
    steps = np.concatenate([part.result.steps for part in parts])
    current = np.concatenate([np.full(len(part.result), part.current) for part in parts])
    order = np.flatnonzero(present)[np.argsort(steps[present], kind="stable")]

    def joined(field: str) -> FloatArray:
        rows = [_columns(getattr(table, field), table.names, names) for _, table in mine]
        return np.concatenate(rows)[order]

    curves = FractionCurves(
        sample=parts[0].result.sample,
        region=region,
        basis=basis,
        column=column,
        x=x[order],
        names=names,
        fraction=joined("fraction"),
        low95=joined("low95"),
        high95=joined("high95"),
        upper_limit95=joined("upper_limit95"),
        detected=np.nan_to_num(joined("detected")).astype(bool),
        truth=np.full((len(order), len(names)), np.nan),
    )
    return FractionSeries(curves, steps[order], current[order], joined("stderr"))


def _columns(values: np.ndarray, own: Sequence[str], wanted: Sequence[str]) -> FloatArray:
    """(K, Q) of the names that are wanted; nan for those that are not there."""
    found = np.full((len(values), len(wanted)), np.nan)
    for place, name in enumerate(wanted):
        if name in own:
            found[:, place] = values[:, own.index(name)]
    return found


def _names(mine: Sequence[tuple[Part, FractionTable]]) -> tuple[str, ...]:
    """Everything that has a number somewhere; sums of one phase only are left out."""
    found: dict[str, None] = {}
    for part, table in reversed(mine):
        for q, name in enumerate(table.names):
            if np.isfinite(table.fraction[:, q]).any() and not _repeats(
                name, table, part.table.plan
            ):
                found.setdefault(name)
    return tuple(found)


def _repeats(name: str, table: FractionTable, plan: Plan) -> bool:
    """Whether a sum is that of one phase only here, or the same as a sum before it."""
    if not name.startswith("group:"):
        return False
    groups = [other for other in table.names if other.startswith("group:")]
    before = groups[: groups.index(name)]
    members = _members(name, table, plan)
    return len(members) < 2 or any(_members(other, table, plan) == members for other in before)


def _members(group: str, table: FractionTable, plan: Plan) -> set[str]:
    wanted = plan.groups[group.removeprefix("group:")]
    return {m for m in wanted if m in table.names and plan.phases[m].counted}


def _shifts(project: Project, parts: Sequence[Part]) -> ShiftSeries:
    column, x = along(project, parts, [_fullest(part.result) for part in parts])
    steps = np.concatenate([part.result.steps for part in parts])
    order = np.argsort(steps, kind="stable")
    current = np.concatenate([np.full(len(part.result), part.current) for part in parts])
    return ShiftSeries(
        parts[0].result.sample,
        column,
        x[order],
        steps[order],
        current[order],
        np.concatenate([part.result.values[:, SHIFT] for part in parts])[order],
        np.concatenate([_shift_errors(part) for part in parts])[order],
        parts[-1].result.regions[0].axis_kind.unit,
    )


def _fullest(result: SeriesResult) -> RegionSteps:
    """The region that was measured in most steps."""
    return steps_of(result, result.regions[int(np.argmax(result.present.sum(axis=0)))].name)


def _shift_errors(part: Part) -> FloatArray:
    place = np.flatnonzero(part.table.free == SHIFT)
    if not len(place):
        return np.full(len(part.result), np.nan)
    variance = part.result.covariance[:, place[0], place[0]]
    return np.sqrt(np.where(variance >= 0.0, variance, np.nan))


def _verdicts(shifts: ShiftSeries, parts: Sequence[Part]) -> list[StepVerdict]:
    x = dict(zip(shifts.steps.tolist(), shifts.x.tolist(), strict=True))
    return [
        StepVerdict(part.result.sample, step, x[step], *part.verdicts[k], part.current)
        for part in parts
        for k, step in enumerate(part.result.steps.tolist())
    ]
