"""Strategies: how the steps of a series help each other, as rounds over chunks.

A round reads only the spectra of its chunk and what earlier rounds have finished, so chunks
of one round can run anywhere in any order and the answer never depends on it.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from fitting.arrays import FloatArray
from fitting.chunkfit import Start, compiled_blocks, fit_steps
from fitting.engines.shared import MOST_ROUNDS
from fitting.model import ModelTable
from fitting.monitor import Monitor, checkpoint
from fitting.plan import Plan
from fitting.result import FitStatus, StepResult
from fitting.spectrum import Spectrum
from fitting.stepfit import fit_step

CHUNK = 64
"""Consecutive steps that are fitted together; part of the answer, never of the machine."""

Round = Literal["each", "chain", "link", "shared", "settle", "bootstrap"]

StepSpectra = Mapping[str, Spectrum]

_LOWER = 1e-6
"""Relative drop of chi-square that counts as a better minimum."""


def rounds_of(plan: Plan) -> tuple[Round, ...]:
    """The rounds of a strategy, in order.

    ``each``: every step from its own cold start. ``chain``: every step from the one before it,
    inside the chunk. ``link``: from the end of the chunk before, as long as that helps.
    ``shared``: all steps around what they have in common (``sharedfit``), as often as it takes,
    and no more work once that stands; ``settle``: the results there. ``bootstrap``: errors of the
    answers (``fitting.bootstrap``).
    """
    own: tuple[Round, ...] = ("chain", "link")
    if plan.series.strategy == "independent":
        own = ("each",)
    if plan.series.strategy == "shared":
        around: tuple[Round, ...] = tuple("shared" for _ in range(MOST_ROUNDS))
        return (*own, *around, "settle")
    return (*own, "bootstrap") if plan.fit.errors == "bootstrap" else own


def run_round(
    name: Round,
    table: ModelTable,
    spectra: Sequence[StepSpectra],
    labels: Sequence[str],
    earlier: Sequence[StepResult],
    before: StepResult | None,
    monitor: Monitor,
) -> list[StepResult]:
    """One round on one chunk.

    Parameters
    ----------
    spectra, labels : of the steps of the chunk, in order
    earlier : what the round before made of the same chunk; empty in the first round
    before : last step of the chunk before, from the round before; None at the start

    Raises
    ------
    FitCancelled
    """
    if name == "link":
        return _link(table, spectra, labels, earlier, before, monitor)
    if any(compiled_blocks(table)):
        mode: Start = "chain" if name == "chain" else "each"
        return fit_steps(table, spectra, labels, None, mode, monitor)
    results: list[StepResult] = []
    for number, (step, label) in enumerate(zip(spectra, labels, strict=True)):
        checkpoint(monitor, number, len(spectra))
        start = _last_usable(results) if name == "chain" else None
        results.append(_fit_from(table, step, start, label, monitor))
    return results


def _fit_from(
    table: ModelTable, step: StepSpectra, start: StepResult | None, label: str, monitor: Monitor
) -> StepResult:
    free = None if start is None else free_values(table, start)
    return fit_step(table, step, free, monitor, label)


def _link(
    table: ModelTable,
    spectra: Sequence[StepSpectra],
    labels: Sequence[str],
    earlier: Sequence[StepResult],
    before: StepResult | None,
    monitor: Monitor,
) -> list[StepResult]:
    results = list(earlier)
    start = before
    for number, (step, label) in enumerate(zip(spectra, labels, strict=True)):
        checkpoint(monitor, number, len(spectra))
        if start is None:
            break
        again = _fit_given(table, step, free_values(table, start), label, monitor)
        if not _better(again, results[number]):
            break
        results[number] = start = again
    return results


def _fit_given(
    table: ModelTable, step: StepSpectra, start: FloatArray, label: str, monitor: Monitor
) -> StepResult:
    if any(compiled_blocks(table)):
        return fit_steps(table, [step], [label], start[np.newaxis], "given", monitor)[0]
    return fit_step(table, step, start, monitor, label)


def free_values(table: ModelTable, result: StepResult) -> FloatArray:
    """(F,) free parameters of a step."""
    return np.asarray(result.values[table.free])


def _last_usable(results: Sequence[StepResult]) -> StepResult | None:
    for result in reversed(results):
        if _any_usable(result):
            return result
    return None


def _any_usable(result: StepResult) -> bool:
    return bool(np.any(result.status <= FitStatus.NOT_CONVERGED))


def _better(candidate: StepResult, holder: StepResult) -> bool:
    """Lower misfit in sum, over the regions that both have; more regions win first."""
    usable = np.isfinite(candidate.misfit), np.isfinite(holder.misfit)
    if usable[0].sum() != usable[1].sum():
        return bool(usable[0].sum() > usable[1].sum())
    both = usable[0] & usable[1]
    return float(candidate.misfit[both].sum()) < (1.0 - _LOWER) * float(holder.misfit[both].sum())
