"""Fits of a sample, plan by plan, with what follows from them; kept while they stay the same."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from enum import IntEnum
from functools import lru_cache
from typing import Any

import numpy as np

from app.batch.figures.collect import axis_column
from app.batch.progress_table import balance_checks
from app.batch.shift_table import Shifts, shifts_of
from app.session.models import model_of
from app.session.project import Project, Sample, StepFit
from app.session.shown import result_of, rows_between
from fitting.arrays import FloatArray
from fitting.checks import OVERALL, Check, SeriesChecks
from fitting.checks.points import views_of
from fitting.consistency_series import SeriesConsistency
from fitting.model import ModelTable
from fitting.plan import Plan
from fitting.progress import progress_of
from fitting.quantify import FractionTable, quantify
from fitting.region_steps import RegionSteps, steps_of
from fitting.result import SeriesResult
from fitting.series import Series
from fitting.seriesfit import CHUNK

STEP = "step"


class Verdict(IntEnum):
    """The worst of the checks of a step."""

    GOOD = 0
    DOUBTFUL = 1
    BAD = 2


_VERDICTS = {"ok": Verdict.GOOD, "warn": Verdict.DOUBTFUL, "fail": Verdict.BAD}


@dataclass(frozen=True, eq=False)
class Part:
    """Steps of a sample that were fitted with one plan, and whether it is the plan as it is now."""

    table: ModelTable
    result: SeriesResult
    tables: Sequence[FractionTable]
    verdicts: Sequence[tuple[Verdict, str]]
    shifts: Sequence[Shifts]
    current: bool


def parts_of(project: Project, sample: Sample) -> list[Part]:
    """The fits of a sample plan by plan; the plan as it is now names the phases last."""
    own = by_plan(sample, project.fits.get(sample.name, {}))
    parts = [_part(project, sample, plan, fits) for plan, fits in own]
    return sorted(parts, key=lambda part: part.current)


def by_plan(sample: Sample, fits: Mapping[int, StepFit]) -> list[tuple[Plan, dict[int, StepFit]]]:
    """Fits sorted by the plan they were made with; only steps that are there."""
    found: dict[int, dict[int, StepFit]] = {}
    there = set(sample.steps)
    for step, fit in sorted(fits.items()):
        if step not in there:
            continue
        if id(fit.plan) not in found:
            found[id(fit.plan)] = next((o for o in found.values() if _one_plan(o, fit)), {})
        found[id(fit.plan)][step] = fit
    plans = {id(own): (next(iter(own.values())).plan, own) for own in found.values()}
    return [pair for pair in plans.values() if _measured(sample, *pair)]


def _one_plan(own: Mapping[int, StepFit], fit: StepFit) -> bool:
    """Whether fits of equal plans, as they come from the disk and of several runs."""
    first = next(iter(own.values()))
    return first.plan == fit.plan and first.asked == fit.asked


def _lights(result: SeriesResult, checks: Sequence[Check]) -> list[tuple[Verdict, str]]:
    """The traffic light of every step, and what is not good about it."""
    by_step: dict[int, list[Check]] = {int(step): [] for step in result.steps}
    for check in checks:
        if check.step is not None:
            by_step[check.step].append(check)
    return [_light(checks) for checks in by_step.values()]


def _light(checks: Sequence[Check]) -> tuple[Verdict, str]:
    worst = max((_VERDICTS[check.verdict] for check in checks), default=Verdict.GOOD)
    bad = [c for c in checks if c.verdict != "ok" and c.check != OVERALL]
    bad.sort(key=lambda check: -_VERDICTS[check.verdict])
    return worst, "; ".join(f"{c.region}: {c.check.replace('_', ' ')}: {c.detail}" for c in bad)


def named(sample: Sample, plan: Plan) -> Sample:
    """The sample with its regions called as the plan calls them."""
    series = {}
    for region in plan.regions:
        own = sample.series.get(region.measured)
        if own is not None:
            same = own.region == region.name
            series[region.name] = own if same else replace(own, region=region.name)
    return replace(sample, series=series)


def seen_by(sample: Sample, result: SeriesResult) -> dict[str, Series]:
    """The spectra of a result, by region of its plan: from its first step to its last."""
    steps = result.steps.tolist()
    own = named(sample, result.plan).series
    return {name: part for name, s in own.items() if (part := rows_between(s, steps)) is not None}


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


def fullest(result: SeriesResult) -> RegionSteps:
    """The region that was measured in most steps."""
    return steps_of(result, result.regions[int(np.argmax(result.present.sum(axis=0)))].name)


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
    return replace(_computed(_Key(sample, plan, fits)), current=current)


@lru_cache(maxsize=8)
def _computed(key: _Key) -> Part:
    blocks: list[_Block] = []
    for fits in _cut(key.sample, key.fits):
        before = blocks[-1] if blocks else None
        blocks.append(_computed_block(_Key(key.sample, key.plan, fits), before))
    table, verdicts = model_of(key.plan), [one for block in blocks for one in block.verdicts]
    result = result_of(named(key.sample, key.plan), key.plan, key.fits)
    names = dict.fromkeys((t.region, t.basis) for block in blocks for t in block.tables)
    tables = [_in_a_row(blocks, *name) for name in names]
    return Part(table, result, tables, verdicts, shifts_of(result, table), current=False)


@dataclass(frozen=True, eq=False)
class _Block:
    """Some steps of a part.

    Parameters
    ----------
    tables : of the regions that were measured in them
    checks : what it has seen up to here
    """

    tables: Sequence[FractionTable]
    verdicts: Sequence[tuple[Verdict, str]]
    checks: SeriesChecks


def _cut(sample: Sample, fits: Mapping[int, StepFit]) -> Iterator[dict[int, StepFit]]:
    """Fits as a series fit brings them: while it goes on, those before stay what they are."""
    for first in range(0, len(sample.steps), CHUNK):
        steps = sample.steps[first : first + CHUNK]
        found = {step: fits[step] for step in steps if step in fits}
        if found:
            yield found


@lru_cache(maxsize=256)
def _computed_block(key: _Key, before: _Block | None) -> _Block:
    table = model_of(key.plan)
    result = result_of(named(key.sample, key.plan), key.plan, key.fits)
    checks = SeriesChecks(table) if before is None else before.checks.fork()
    verdicts = _lights(result, _checks(checks, result, table, seen_by(key.sample, result)))
    return _Block(quantify(result, table), verdicts, checks)


def _checks(
    checks: SeriesChecks, result: SeriesResult, table: ModelTable, series: Mapping[str, Series]
) -> list[Check]:
    """All that checks.csv says of steps; what regions say of each other included."""
    views = views_of(result, table, series)
    found = list(checks.look(result, series, views))
    together = SeriesConsistency(table)
    if together.active:
        compared = together.look(result, views.values())
        found += together.step_checks(compared, result.steps.tolist())
    return [*found, *balance_checks(result, progress_of(result, table))]


def _in_a_row(blocks: Sequence[_Block], region: str, basis: str) -> FractionTable:
    """The table of a region in a basis over all blocks; nan where it was not measured."""
    found = [{(t.region, t.basis): t for t in b.tables}.get((region, basis)) for b in blocks]
    first = next(table for table in found if table is not None)

    def column(name: str, like: np.ndarray) -> np.ndarray:
        nothing = False if like.dtype == bool else np.nan
        rows = [
            np.full((len(block.verdicts), like.shape[1]), nothing)
            if table is None
            else getattr(table, name)
            for block, table in zip(blocks, found, strict=True)
        ]
        return np.concatenate(rows)

    own = {field.name: getattr(first, field.name) for field in fields(first)}
    arrays: dict[str, Any] = {
        name: column(name, like) for name, like in own.items() if isinstance(like, np.ndarray)
    }
    return replace(first, **arrays)


def _measured(sample: Sample, plan: Plan, fits: Mapping[int, StepFit]) -> bool:
    wanted = {region.measured for region in plan.regions}
    steps = [series.steps for name, series in sample.series.items() if name in wanted]
    return any(np.isin(list(fits), own).any() for own in steps)
