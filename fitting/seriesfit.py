"""Strategies: how the steps of a series help each other, as rounds over chunks.

A round reads only the spectra of its chunk and what earlier rounds have finished, so chunks
of one round can run anywhere in any order and the answer never depends on it.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from fitting.arrays import FloatArray
from fitting.chunkfit import fit_steps
from fitting.engines.shared import MOST_ROUNDS
from fitting.joint import fitted_levels
from fitting.model import ModelTable
from fitting.monitor import Monitor
from fitting.plan import Plan
from fitting.result import StepResult
from fitting.spectrum import Spectrum
from fitting.sweep import ROUGHLY, Around, Sweep, alone, join, sweep

CHUNK = 64
"""Consecutive steps that are fitted together; part of the answer, never of the machine."""

Round = Literal["each", "chain", "sweep", "join", "shared", "settle", "bootstrap"]

StepSpectra = Mapping[str, Spectrum]


def rounds_of(plan: Plan) -> tuple[Round, ...]:
    """The rounds of a strategy, in order.

    ``each``: every step from its own cold start, and searched alone. ``chain``: every step from
    the one before it, inside the chunk. ``sweep``: all steps are searched among their neighbours,
    those in the chunks on both sides too. ``join``: what those have found is handed on.
    ``shared``: all steps around what they have in common (``sharedfit``), as often as it takes,
    and no more work once that stands; ``settle``: the results there. ``bootstrap``: errors of the
    answers (``fitting.bootstrap``).
    """
    own = own_rounds(plan)
    if has_shared_rounds(plan):
        around: tuple[Round, ...] = tuple("shared" for _ in range(MOST_ROUNDS))
        return (*own, *around, "settle")
    return (*own, "bootstrap") if plan.fit.errors == "bootstrap" else own


def has_shared_rounds(plan: Plan) -> bool:
    """Whether steps have something in common, beyond starts."""
    return plan.series.strategy == "shared" or bool(plan.series.shared or fitted_levels(plan))


def own_rounds(plan: Plan) -> tuple[Round, ...]:
    """Those in which every step has parameters of its own."""
    return ("each",) if plan.series.strategy == "independent" else ("chain", "sweep", "join")


def run_round(
    name: Round,
    table: ModelTable,
    spectra: Sequence[StepSpectra],
    labels: Sequence[str],
    earlier: Sequence[StepResult],
    around: Around,
    place: tuple[int, int, int],
    monitor: Monitor,
) -> list[StepResult]:
    """One round on one chunk.

    Parameters
    ----------
    spectra, labels : of the steps of the chunk, in order
    earlier : what the round before made of the same chunk; empty in the first round
    around : what it made of the chunks on both sides
    place : number of the sample, the round and the chunk, for starts that are thrown

    Raises
    ------
    FitCancelled
    """
    if name in ("each", "chain"):
        mode: Literal["each", "chain"] = "each" if name == "each" else "chain"
        earlier = fit_steps(table, spectra, labels, None, mode, monitor, ROUGHLY)
    if name == "chain":
        return list(earlier)
    rng = np.random.default_rng(np.random.SeedSequence([table.plan.series.seed, *place]))
    chunk = Sweep(table, spectra, labels, earlier, around, rng, monitor)
    return {"each": alone, "sweep": sweep, "join": join}[name](chunk)


def fit_series(
    table: ModelTable,
    spectra: Sequence[StepSpectra],
    labels: Sequence[str],
    monitor: Monitor,
    chunk: int = CHUNK,
) -> list[StepResult]:
    """All rounds, in which steps are on their own, over one series that is in memory.

    Parameters
    ----------
    spectra, labels : of the steps, in order
    chunk : steps that are fitted together

    Raises
    ------
    FitCancelled
    """
    places = [slice(i, i + chunk) for i in range(0, len(spectra), chunk)]
    done: list[list[StepResult]] = [[] for _ in places]
    for number, name in enumerate(own_rounds(table.plan)):
        sides = [[], *done, []]
        done = [
            run_round(
                name,
                table,
                spectra[own],
                labels[own],
                done[i],
                Around(sides[i], sides[i + 2]),
                (0, number, i),
                monitor,
            )
            for i, own in enumerate(places)
        ]
    return [step for part in done for step in part]


def free_values(table: ModelTable, result: StepResult) -> FloatArray:
    """(F,) free parameters of a step."""
    return np.asarray(result.values[table.free])
