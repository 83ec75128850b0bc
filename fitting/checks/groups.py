"""Phases that a series cannot tell apart: over all steps, which two, and the group to report."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from fitting.amounts import amounts_of
from fitting.arrays import BoolArray, FloatArray
from fitting.checks.check import Check
from fitting.checks.degenerate import CORRELATED, group_line
from fitting.covariances import blind_directions, only_in_sums, unmarked
from fitting.joint_errors import counting_covariance
from fitting.model import ModelTable
from fitting.plan import Plan
from fitting.result import SeriesResult

OFTEN = 0.2
"""Share of the steps in which two phases have to be mixed up for a group to be proposed."""

_SAME_DIRECTION = 0.3


@dataclass(frozen=True, eq=False)
class _Amount:
    """How much there is of a phase, in all regions or in one; place: (P,) weights."""

    phase: str
    regions: tuple[str, ...]
    weights: FloatArray


class GroupProposals:
    """Pairs of counted phases that no group of the plan holds; chunks of a sample come in order.

    Parameters
    ----------
    table : the model that was fitted
    """

    def __init__(self, table: ModelTable) -> None:
        self._table = table
        self._pairs = [
            (one, other)
            for one, other in combinations(_amounts(table), 2)
            if one.phase != other.phase
            and set(one.regions) & set(other.regions)
            and not _in_a_group(table.plan, one.phase, other.phase)
        ]
        self._mixed = np.zeros(len(self._pairs), dtype=np.int64)
        self._judged = np.zeros(len(self._pairs), dtype=np.int64)

    def look(self, result: SeriesResult) -> None:
        """Count the steps in which two phases are mixed up."""
        if not self._pairs:
            return
        covariance = counting_covariance(result.covariance, self._table)
        slopes = np.nan_to_num(self._table.slopes(result.values[:, self._table.free]))
        slopes = np.broadcast_to(slopes, (len(result), *slopes.shape[1:]))
        inner = np.nan_to_num(unmarked(covariance))
        directions, _ = blind_directions(covariance)
        blind = only_in_sums(covariance).any(axis=1)
        for n, pair in enumerate(self._pairs):
            first, second = (np.einsum("p,kpf->kf", one.weights, slopes) for one in pair)
            across = _product(first, inner, second)
            with np.errstate(invalid="ignore", divide="ignore"):
                r = across / np.sqrt(
                    _product(first, inner, first) * _product(second, inner, second)
                )
            lost = blind & _same(first, second, directions)
            self._judged[n] += int((np.isfinite(r) | lost).sum())
            self._mixed[n] += int(((np.nan_to_num(r) < -CORRELATED) | lost).sum())

    def checks(self) -> Iterator[Check]:
        """A row for each pair that is mixed up often, with the line for the plan."""
        for (one, other), mixed, judged in zip(
            self._pairs, self._mixed.tolist(), self._judged.tolist(), strict=True
        ):
            if not mixed or mixed < OFTEN * judged:
                continue
            region = next(r for r in one.regions if r in other.regions)
            detail = (
                f"{one.phase} and {other.phase} are not told apart in {mixed} of {judged} steps "
                f"(|r| > {CORRELATED}, or the same lines); their sum is, in [groups]: "
                f"{group_line([one.phase, other.phase])}"
            )
            yield Check(None, region, "group", "warn", detail)


def _amounts(table: ModelTable) -> list[_Amount]:
    """Amounts of counted phases; where none drives the lines, the area in each region."""
    found, driven = [], amounts_of(table)
    names = np.array([region.name for region in table.regions])
    for place, row in enumerate(table.parameters):
        phase = table.plan.phases.get(row.phase)
        if phase is None or not phase.counted or not row.may_be_absent:
            continue
        is_amount = driven.get(row.phase) == place
        is_own = row.region != "" and place in table.free
        if is_amount or is_own:
            weights = np.zeros(len(table.parameters))
            weights[place] = 1.0
            seen = (table.influence & table.depends[place]).any(axis=1)
            found.append(_Amount(row.phase, tuple(names[seen].tolist()), weights))
    return found


def _in_a_group(plan: Plan, *phases: str) -> bool:
    return any(set(phases) <= set(members) for members in plan.groups.values())


def _product(first: FloatArray, inner: FloatArray, second: FloatArray) -> FloatArray:
    """(K,) covariances of quantities with (K, F) derivatives."""
    return np.asarray((first * np.einsum("kfg,kg->kf", inner, second)).sum(axis=1))


def _same(first: FloatArray, second: FloatArray, directions: FloatArray) -> BoolArray:
    """(K,) whether two quantities move along the same directions in which nothing changes."""
    one, other = (np.einsum("kf,kfn->kn", slopes, directions) for slopes in (first, second))
    product = np.abs((one * other).sum(axis=1))
    size = np.sqrt((one**2).sum(axis=1) * (other**2).sum(axis=1))
    return np.asarray((size > 0.0) & (product > _SAME_DIRECTION * size))
