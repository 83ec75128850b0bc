"""Results of the whole series as the window shows them: fractions, shifts, checks by step."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from app.batch.figures.collect import FractionCurves
from app.session.parts import Part, Verdict, along, parts_of
from app.session.project import Project
from app.session.shifts import ShiftSeries, shift_series
from fitting.arrays import BoolArray, FloatArray, IntArray
from fitting.plan import Plan
from fitting.quantify import FractionTable
from fitting.region_steps import steps_of


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
    def along(self) -> tuple[ShiftSeries, ...]:
        """The common shift of every sample: its steps along the axis."""
        return tuple(one for one in self.shifts if one.is_common)

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
        own = shift_series(project, parts)
        shifts += own
        verdicts += _verdicts(own[0], parts)
    return Results(tuple(fractions), tuple(shifts), tuple(verdicts))


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


def _verdicts(shifts: ShiftSeries, parts: Sequence[Part]) -> list[StepVerdict]:
    x = dict(zip(shifts.steps.tolist(), shifts.x.tolist(), strict=True))
    return [
        StepVerdict(part.result.sample, step, x[step], *part.verdicts[k], part.current)
        for part in parts
        for k, step in enumerate(part.result.steps.tolist())
    ]
