"""Do the regions agree? What each alone says of the amount of a phase, against all together.

At the answer of the joint fit the slopes of all regions cancel. Region r alone would move its own
parameters by ``delta = A (g - F D)``: g its pull, F its Fisher matrix, A the inverse of F over the
amounts and what only this region has, D the move of the joint answer if amounts at zero were let
go below it. With C the inverse of all matrices together, ``cov(delta) = A (F - F C F) A``: what
region and joint answer have in common is taken out (Hausman 1978, doi:10.2307/1913827).
To first order; shapes and shifts of several regions, or of the series, stay where they are.
Sensitivities that were fitted are put back to what the plan takes: else they would hide a region.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fitting.amounts import amounts_of
from fitting.arrays import BoolArray, FloatArray, IntArray
from fitting.information import Information, Inverse, inverse_of
from fitting.joint import SENSITIVITY
from fitting.model import ModelTable
from fitting.result import SeriesResult
from fitting.sharing import shared_places

NOTHING = 1e-9
"""Share of a variance; what is below comes from rounding."""


@dataclass(frozen=True)
class Pair:
    """A phase in one of its regions.

    Parameters
    ----------
    phase : its name
    region : position among the regions of the table
    """

    phase: str
    region: int


@dataclass(frozen=True, eq=False)
class Consistency:
    """K steps, T pairs of a phase and a region, Q sensitivities.

    Parameters
    ----------
    pairs : T
    levels : Q names
    joint : (K, T) amount of the fit of all regions
    alone, alone_stderr : (K, T) amount that the region alone would give, below zero if it is so;
        nan where the region cannot tell
    apart, variance : (K, T) alone minus joint, and its variance from counting; nan where no other
        region says anything
    moved : (K, T, Q) by how much ``apart`` changes with a relative change of a sensitivity
    pull, matrix : (K, Q), (K, Q, Q) slope and curvature of minus half the chi-square by the
        sensitivities, everything else following
    follow : (K, F, Q) how the answer moves with a relative change of a sensitivity
    """

    pairs: tuple[Pair, ...]
    levels: tuple[str, ...]
    joint: FloatArray
    alone: FloatArray
    alone_stderr: FloatArray
    apart: FloatArray
    variance: FloatArray
    moved: FloatArray
    pull: FloatArray
    matrix: FloatArray
    follow: FloatArray

    def systematic(self, relative: FloatArray) -> FloatArray:
        """(K, F, F) covariance of the answer from sensitivities that are uncertain by (Q,)."""
        moved = self.follow * relative
        return np.asarray(np.matmul(moved, np.swapaxes(moved, 1, 2)))

    @property
    def tension(self) -> FloatArray:
        """(K, T) in standard errors of counting, the sensitivities as they stand."""
        return np.asarray(self.apart / np.sqrt(self.variance))

    def tension_with(self, relative: FloatArray) -> FloatArray:
        """(K, T) with sensitivities that are uncertain by (Q,)."""
        systematic = ((self.moved * relative) ** 2).sum(axis=2)
        return np.asarray(self.apart / np.sqrt(self.variance + systematic))


def pairs_of(table: ModelTable) -> tuple[Pair, ...]:
    """Phases whose amounts drive lines in several regions, and these regions."""
    found = []
    for phase, place in amounts_of(table).items():
        seen = np.flatnonzero((table.influence & table.depends[place]).any(axis=1)).tolist()
        found += [Pair(phase, r) for r in seen if len(seen) > 1]
    return tuple(found)


def driven_areas(table: ModelTable, levels: Mapping[str, str]) -> dict[str, IntArray]:
    """Level -> indices of the areas in the parameter table that amounts drive through it.

    Parameters
    ----------
    levels : component -> core level
    """
    sources = table.depends[list(amounts_of(table).values())].any(axis=0)
    found: dict[str, list[int]] = {}
    for region in table.regions:
        for c in region.components:
            if (table.depends[c.area] & sources).any():
                found.setdefault(levels[c.id], []).append(c.area)
    return {level: np.array(areas) for level, areas in found.items()}


def consistency_of(
    table: ModelTable, result: SeriesResult, said: Information, levels: Sequence[str]
) -> Consistency:
    """Compare every region with all of them.

    Parameters
    ----------
    said : what the regions say at the answer of the fit, its steps those of the result
    levels : the sensitivities in it
    """
    size, pairs = len(table.free), pairs_of(table)
    places = [amounts_of(table)[pair.phase] for pair in pairs]
    together = _together(table, result, said)
    only = _only_here(table)
    alone = {
        r: inverse_of(said.fisher[:, r, :size, :size], together.moving & only[r])
        for r in dict.fromkeys(pair.region for pair in pairs)
    }
    found = [
        _compared(together, said, pair.region, alone[pair.region], table.matrix[place])
        for pair, place in zip(pairs, places, strict=True)
    ]
    shape = (len(said.steps), len(pairs))
    apart, variance, stderr, base = (
        np.array([getattr(one, name) for one in found]).reshape(shape[::-1]).T
        for name in ("apart", "variance", "stderr", "base")
    )
    moved = np.array([one.moved for one in found]).reshape(*shape[::-1], len(levels))
    moved, fitted = np.swapaxes(moved, 0, 1), _fitted_factors(table, result, levels)
    apart = apart + np.matmul(moved, fitted[:, :, np.newaxis])[:, :, 0]
    matrix = together.total[:, size:, size:] - np.matmul(
        together.total[:, size:, :size], together.follow[:, :, size:]
    )
    joint = result.values[:, places]
    return Consistency(
        pairs=pairs,
        levels=tuple(levels),
        joint=joint,
        alone=np.where(np.isnan(stderr), np.nan, joint + base + apart),
        alone_stderr=stderr,
        apart=np.where(np.isnan(variance), np.nan, apart),
        variance=variance,
        moved=moved,
        pull=together.pull[:, size:] + _times(matrix, fitted),
        matrix=matrix,
        follow=_follow(together, result, size),
    )


def _fitted_factors(table: ModelTable, result: SeriesResult, levels: Sequence[str]) -> FloatArray:
    """(K, Q) logarithms of the factors by which sensitivities were fitted, or 0."""
    found = np.zeros((len(result), len(levels)))
    for q, level in enumerate(levels):
        place = table.index.get(f"{SENSITIVITY}.{level}")
        if place is not None:
            found[:, q] = np.nan_to_num(np.log(result.values[:, place]))
    return found


def _follow(together: "_Together", result: SeriesResult, size: int) -> FloatArray:
    """(K, F, Q) how the answer follows sensitivities, what is at a bound staying there."""
    inside = together.moving & ~result.at_bound
    covariance = inverse_of(together.total[:, :size, :size], inside).covariance
    return np.asarray(np.matmul(covariance, together.total[:, :size, size:]))


@dataclass(frozen=True, eq=False)
class _Together:
    """All regions of K steps; F free parameters, G with the sensitivities.

    Parameters
    ----------
    moving : (K, F) what the answer could choose
    total : (K, G, G) sum of the Fisher matrices
    covariance : (K, F, F) with amounts at zero let go
    follow : (K, F, G) covariance times the sum
    let_go : (K, F) how the answer moves if they are let go
    pull : (K, G) what is left of the pulls then
    """

    moving: BoolArray
    total: FloatArray
    covariance: FloatArray
    follow: FloatArray
    let_go: FloatArray
    pull: FloatArray


def _together(table: ModelTable, result: SeriesResult, said: Information) -> _Together:
    size = len(table.free)
    moving = ~result.at_bound | (table.linear & (table.lower == 0.0))
    moving[:, shared_places(table)] = False
    total, pull = said.fisher.sum(axis=1), said.pull.sum(axis=1)
    covariance = inverse_of(total[:, :size, :size], moving).covariance
    let_go = _times(covariance, pull[:, :size])
    left = pull - _times(total[:, :, :size], let_go)
    return _Together(
        moving, total, covariance, np.matmul(covariance, total[:, :size]), let_go, left
    )


def _only_here(table: ModelTable) -> BoolArray:
    """(R, F) amounts and other areas, and what changes the curve of this region only."""
    alone = table.influence & (table.influence.sum(axis=0) == 1)
    return np.asarray(table.linear | alone)


@dataclass(frozen=True, eq=False)
class _Compared:
    """One phase in one region; all (K,), moved (K, Q)."""

    apart: FloatArray
    variance: FloatArray
    stderr: FloatArray
    base: FloatArray
    moved: FloatArray


def _compared(
    together: _Together, said: Information, r: int, alone: Inverse, weights: FloatArray
) -> _Compared:
    """How far a sum of parameters (F,) moves if a region alone may move it."""
    size, own = len(weights), said.fisher[:, r]
    left = said.pull[:, r, :size] - _times(own[:, :size, :size], together.let_go)
    ahead = alone.covariance @ weights
    through = _times(own[:, :, :size], ahead)
    back = through[:, :size]
    others = np.diagonal(together.total - own, axis1=1, axis2=2)[:, :size]
    seen = alone.tells(weights) & (others[:, weights != 0.0] > 0.0).any(axis=1)
    variance = (ahead * back).sum(axis=1) - (back * _times(together.covariance, back)).sum(axis=1)
    square = ahead @ weights
    moved = through[:, size:] - _times(np.swapaxes(together.follow[:, :, size:], 1, 2), back)
    return _Compared(
        (ahead * left).sum(axis=1),
        np.where(seen & (variance > NOTHING * square), variance, np.nan),
        np.sqrt(np.where(alone.tells(weights), square, np.nan)),
        together.let_go @ weights,
        moved,
    )


def _times(matrices: FloatArray, vectors: FloatArray) -> FloatArray:
    """(K, M) products of (K, M, N) with (K, N)."""
    return np.asarray(np.matmul(matrices, vectors[:, :, np.newaxis])[:, :, 0])
