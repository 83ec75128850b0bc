"""Parameters common to a series: which they are, and how they may drift along its axis.

A shared parameter is ``theta(position) = sum_j B_j(position) c_j``: constant (one B of 1), or a
cubic spline on even knots (de Boor 1978, doi:10.1007/978-1-4612-6333-3). The B are never
negative and add up to one, so theta keeps the bounds that all its c keep.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fitting.arrays import BoolArray, FloatArray, IntArray
from fitting.errors import PlanError
from fitting.model import ModelTable, ParameterRow, State
from fitting.plan_words import did_you_mean

MOST_PIECES = 200
"""More pieces of a spline than this are a mistake in the unit of the stiffness."""


def shared_places(table: ModelTable) -> IntArray:
    """(G,) positions, among the free parameters, of those that all steps have in common.

    Those that the plan shares, and factors of sensitivities.

    Raises
    ------
    PlanError
        A word names nothing that can be shared, or the plan shares nothing.
    """
    series = table.plan.series
    if series.strategy != "shared" and not (series.strategy == "joint" and series.shared):
        return np.flatnonzero(table.factors)
    free = [table.parameters[i] for i in table.free]
    can = [_can_be_shared(table, f) for f in range(len(free))]
    names = [row.name for row, yes in zip(free, can, strict=True) if yes]
    words = dict.fromkeys(row.parameter for row, yes in zip(free, can, strict=True) if yes)
    if not series.shared:
        example = f"; for example {list(words)}" if words else ""
        raise PlanError("series.shared", f'is empty, and strategy = "shared" needs it{example}')
    taken = table.factors.copy()
    for number, word in enumerate(series.shared):
        own = [
            yes and word in (row.name, row.parameter) for row, yes in zip(free, can, strict=True)
        ]
        if not any(own):
            raise PlanError(f"series.shared[{number}]", _why_not(table, word, [*words, *names]))
        taken |= own
    return np.flatnonzero(taken)


def _can_be_shared(table: ModelTable, f: int) -> bool:
    return not (table.linear[f] or table.factors[f] or f in table.energy_places)


def _why_not(table: ModelTable, word: str, known: Sequence[str]) -> str:
    rows = [row for row in table.parameters if word in (row.name, row.parameter)]
    if not rows:
        return did_you_mean(word, known, "what this plan can share")
    row = rows[0]
    if row.state is State.FREE:
        return f"{word!r} is what differs from step to step (amounts, the energy scale)"
    return f"{word!r} is {_state_words(row)}; only free parameters can be shared"


def _state_words(row: ParameterRow) -> str:
    return f"linked to {row.link!r}" if row.state is State.LINKED else f"fixed at {row.value:g}"


@dataclass(frozen=True)
class Drift:
    """The functions B of a series.

    Parameters
    ----------
    low, high : ends of the series, in the unit of its axis
    pieces : of the cubic spline between them; 0: constant
    """

    low: float = 0.0
    high: float = 0.0
    pieces: int = 0

    @property
    def size(self) -> int:
        """Number J of functions."""
        return self.pieces + 3 if self.pieces else 1

    def functions(self, position: FloatArray) -> FloatArray:
        """(K, J) values at (K,) positions."""
        if not self.pieces:
            return np.ones((len(position), 1))
        u = (position - self.low) / (self.high - self.low) * self.pieces
        piece = np.clip(np.floor(u).astype(int), 0, self.pieces - 1)
        t = u - piece
        four = (
            (1.0 - t) ** 3,
            3.0 * t**3 - 6.0 * t**2 + 4.0,
            -3.0 * t**3 + 3.0 * t**2 + 3.0 * t + 1.0,
            t**3,
        )
        found = np.zeros((len(position), self.size))
        for shift, values in enumerate(four):
            found[np.arange(len(position)), piece + shift] = values / 6.0
        return found


def drift_of(stiffness: float | None, position: FloatArray) -> Drift:
    """How shared parameters may change along a series.

    Parameters
    ----------
    stiffness : length of the axis over which they may bend, in its unit; None: not at all
    position : (K,) of the steps

    Raises
    ------
    PlanError
        The length is far too short for the series.
    """
    low, high = float(np.min(position)), float(np.max(position))
    if stiffness is None or not high > low:
        return Drift()
    pieces = max(1, round((high - low) / stiffness))
    if pieces > MOST_PIECES:
        raise PlanError(
            "series.stiffness",
            f"{stiffness:g} cuts an axis from {low:g} to {high:g} into {pieces} pieces; "
            f"give at least {(high - low) / MOST_PIECES:.3g}",
        )
    return Drift(low, high, pieces)


def middle(values: FloatArray, errors: FloatArray, functions: FloatArray) -> FloatArray:
    """(G, J) coefficients to start from: medians along the series, weighted.

    Parameters
    ----------
    values, errors : (K, G) what the steps found by themselves; an error of nan has no say
    functions : (K, J)
    """
    known = np.isfinite(errors) & (errors > 0.0) & np.isfinite(values)
    found = np.empty((values.shape[1], functions.shape[1]))
    for g in range(values.shape[1]):
        own = known[:, g] if known[:, g].any() else np.isfinite(values[:, g])
        trust = np.where(known[:, g], 1.0 / np.where(known[:, g], errors[:, g], 1.0), 1.0)
        overall = _median(values[own, g], trust[own])
        for j in range(functions.shape[1]):
            weight = (functions[:, j] * trust)[own]
            found[g, j] = _median(values[own, g], weight) if weight.any() else overall
    return found


def _median(values: FloatArray, weights: FloatArray) -> float:
    if not len(values):
        return float("nan")
    order = np.argsort(values, kind="stable")
    sums = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(sums, 0.5 * sums[-1])])


def common(misfit: FloatArray, usable: BoolArray, times: float) -> float:
    """Largest misfit of a step that takes part: so many times the median of those that could."""
    return times * float(np.median(misfit[usable])) if usable.any() else float("inf")
