"""The comparison of regions over a whole series, and what would explain that they disagree."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from fitting.amounts import amounts_of
from fitting.arrays import FloatArray
from fitting.checks.check import Check
from fitting.checks.view import RegionView
from fitting.component_sensitivities import component_sensitivities
from fitting.consistency import Consistency, Pair, consistency_of, driven_areas, pairs_of
from fitting.information import information_of
from fitting.model import ModelTable
from fitting.result import SeriesResult

DISAGREES = 3.0
"""Tension, in standard errors of counting, from which on regions of a step are said to disagree."""

DISAGREES_OVERALL = 4.0
"""The same over a series, and of one step in checks.csv: there are many pairs, and many steps."""

DRIFTS = 4.0
"""By how many of its standard deviations chi-square along a series may exceed its mean."""


@dataclass(frozen=True, eq=False)
class Pooled:
    """All steps of a sample together; T pairs, Q sensitivities.

    Parameters
    ----------
    pairs, levels : see ``Consistency``
    joint : (T,) mean amount of the fit of all regions
    ratio, ratio_stderr : (T,) amount that the region alone gives over the joint one, the same in
        all steps; nan where the phase is in no step or no other region says anything
    moved : (T, Q) by how much ``ratio`` changes with a relative change of a sensitivity
    drift : (T,) by how many standard deviations the steps scatter more around one ratio than
        counting explains
    factor, factor_stderr : (Q,) by what each sensitivity alone had to be multiplied to suit best
    pull, matrix : (Q,), (Q, Q) see ``Consistency``, sums over all steps
    """

    pairs: tuple[Pair, ...]
    levels: tuple[str, ...]
    joint: FloatArray
    ratio: FloatArray
    ratio_stderr: FloatArray
    moved: FloatArray
    drift: FloatArray
    factor: FloatArray
    factor_stderr: FloatArray
    pull: FloatArray
    matrix: FloatArray

    @property
    def tension(self) -> FloatArray:
        """(T,) in standard errors of counting, the sensitivities as they stand."""
        return np.asarray((self.ratio - 1.0) / self.ratio_stderr)

    def tension_with(self, relative: FloatArray) -> FloatArray:
        """(T,) with sensitivities that are uncertain by (Q,)."""
        systematic = ((self.moved * relative) ** 2).sum(axis=1)
        return np.asarray((self.ratio - 1.0) / np.sqrt(self.ratio_stderr**2 + systematic))

    @property
    def factor_tension(self) -> FloatArray:
        """(Q,) of the factors against one."""
        return np.asarray((self.factor - 1.0) / self.factor_stderr)

    def alone(self, q: int) -> FloatArray:
        """(Q,) relative changes if one sensitivity has the factor that suits it best."""
        change = np.zeros(len(self.levels))
        change[q] = self.factor[q] - 1.0
        return change

    def together(self, relative: FloatArray) -> FloatArray:
        """(Q,) relative changes if all sensitivities suit, as far as they are uncertain by (Q,)."""
        known = relative > 0.0
        change = np.zeros(len(self.levels))
        inner = self.matrix[np.ix_(known, known)] + np.diag(relative[known] ** -2.0)
        change[known] = np.linalg.solve(inner, self.pull[known])
        return change

    def left_by(self, change: FloatArray) -> FloatArray:
        """(T,) tensions after relative changes (Q,) of the sensitivities."""
        return np.asarray((self.ratio - 1.0 - self.moved @ change) / self.ratio_stderr)


def pooled(parts: Sequence[Consistency]) -> Pooled:
    """Put the chunks of a sample together."""
    joint, apart, variance, moved, pull, matrix = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("joint", "apart", "variance", "moved", "pull", "matrix")
    )
    known = np.isfinite(apart) & np.isfinite(variance) & np.isfinite(joint)
    joint, apart = np.where(known, joint, 0.0), np.where(known, apart, 0.0)
    weight = np.where(known, 1.0 / np.where(known, variance, 1.0), 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        square = (weight * joint**2).sum(axis=0)
        beyond = (weight * joint * apart).sum(axis=0) / square
        follow = (weight * joint)[:, :, np.newaxis] * np.where(known[:, :, np.newaxis], moved, 0.0)
        scatter = (weight * (apart - beyond * joint) ** 2).sum(axis=0)
        freedom = known.sum(axis=0) - 1.0
        pull, matrix = pull.sum(axis=0), matrix.sum(axis=0)
        curvature = np.diagonal(matrix)
        curvature = np.where(curvature > 0.0, curvature, np.nan)
        return Pooled(
            parts[0].pairs,
            parts[0].levels,
            joint.sum(axis=0) / known.sum(axis=0),
            1.0 + beyond,
            1.0 / np.sqrt(square),
            follow.sum(axis=0) / square[:, np.newaxis],
            np.nan_to_num((scatter - freedom) / np.sqrt(2.0 * freedom)),
            1.0 + pull / curvature,
            1.0 / np.sqrt(curvature),
            pull,
            matrix,
        )


class SeriesConsistency:
    """The comparison of one sample; its chunks come in order.

    Parameters
    ----------
    table : the model that was fitted
    """

    def __init__(self, table: ModelTable) -> None:
        self._table = table
        self.pairs = pairs_of(table)
        self._parts: list[Consistency] = []
        self._levels: dict[str, float] = {}
        self._driven = {}
        if amounts_of(table):
            found = component_sensitivities(table.plan)
            self._driven = driven_areas(table, {name: s.level for name, s in found.items()})
            uncertain = {s.level: s.relative_uncertainty for s in found.values()}
            self._levels = {level: uncertain[level] for level in self._driven}

    @property
    def active(self) -> bool:
        """Whether amounts drive anything, so that there is something to compare."""
        return bool(self._levels)

    @property
    def relative(self) -> FloatArray:
        """(Q,) relative uncertainties of the sensitivities."""
        return np.array(list(self._levels.values()))

    def look(self, result: SeriesResult, views: Iterable[RegionView]) -> Consistency:
        """Compare the regions of some steps.

        Parameters
        ----------
        views : the fitted steps of the regions
        """
        said = information_of(self._table, views, result.steps, self._driven)
        found = consistency_of(self._table, result, said, tuple(self._levels))
        self._parts.append(found)
        return found

    def step_checks(self, found: Consistency, steps: Sequence[int]) -> list[Check]:
        """What single steps have against a region."""
        checks = []
        tension = found.tension
        for k, t in np.argwhere(np.abs(np.nan_to_num(tension)) > DISAGREES_OVERALL).tolist():
            pair = found.pairs[t]
            more = "more" if tension[k, t] > 0.0 else "less"
            detail = f"{tension[k, t]:+.1f} sigma: {more} {pair.phase} than all regions together"
            checks.append(Check(int(steps[k]), self.region(pair), "consistency", "warn", detail))
        return checks

    def pooled(self) -> Pooled | None:
        """All steps so far; None if there are none."""
        return pooled(self._parts) if self._parts else None

    def region(self, pair: Pair) -> str:
        """Name of the region of a pair."""
        return self._table.regions[pair.region].name
