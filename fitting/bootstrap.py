"""Errors by parametric bootstrap: each step simulated again from its own fit, and fitted again.

What the covariance leaves out is in it: the background that is computed from the data before the
fit, the energy shift that one region hands to the others, and curves that are no straight lines.
Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 6.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from fitting.arrays import FloatArray
from fitting.chunkfit import compiled_blocks, fit_steps
from fitting.covariances import estimated
from fitting.engines.compiled import Wanted
from fitting.evaluate import RegionEvaluator
from fitting.model import SHIFT, ModelTable, RegionModel
from fitting.monitor import Monitor, checkpoint
from fitting.noise import Noise, noise_of
from fitting.prepare import held_background, window_at
from fitting.result import FitStatus, StepResult
from fitting.spectrum import Spectrum
from fitting.stepfit import fit_step

StepSpectra = Mapping[str, Spectrum]

FEWEST = 20
"""Replicas that must have an answer; with fewer the errors stay as they are."""


def bootstrapped(
    table: ModelTable,
    spectra: Sequence[StepSpectra],
    labels: Sequence[str],
    results: Sequence[StepResult],
    seed: Sequence[int],
    monitor: Monitor,
) -> list[StepResult]:
    """Results of a chunk with the covariance of replicas instead of that of the slopes.

    Parameters
    ----------
    spectra, labels, results : of the steps of the chunk, in order
    seed : of the plan, the series, the round and the chunk

    Raises
    ------
    FitCancelled
    """
    found = []
    for number, (step, label, result) in enumerate(zip(spectra, labels, results, strict=True)):
        checkpoint(monitor, number, len(spectra))
        usable = [
            region
            for region, status in zip(table.regions, result.status, strict=True)
            if region.name in step and status <= FitStatus.NOT_CONVERGED
        ]
        if not usable:
            found.append(result)
            continue
        rng = np.random.default_rng(np.random.SeedSequence([*seed, number]))
        copies = _replicas(table, usable, step, label, result.values, rng)
        answers = _fitted(table, copies, label, result.values[table.free], monitor)
        found.append(_with_errors(result, answers))
    return found


def _replicas(
    table: ModelTable,
    regions: Sequence[RegionModel],
    step: StepSpectra,
    label: str,
    values: FloatArray,
    rng: np.random.Generator,
) -> list[dict[str, Spectrum]]:
    plan = table.plan
    copies: list[dict[str, Spectrum]] = [{} for _ in range(plan.fit.replicas)]
    for region in regions:
        spectrum = step[region.name]
        low, high = window_at(region, float(values[SHIFT]), plan.energy.search_eV)
        points = spectrum.window(low, high)
        inside = (spectrum.x >= low) & (spectrum.x <= high)
        held = held_background(region, points)
        curve = RegionEvaluator(region, points.x, held).envelope(values)
        noise = noise_of(points, plan.fit.weights, label)
        degrees = max(1, len(points) - len(table.free))
        for copy in copies:
            drawn = spectrum.intensity.copy()
            drawn[inside] = _noisy(curve, points.intensity, noise, degrees, rng)
            copy[region.name] = replace(spectrum, intensity=drawn)
    return copies


def _noisy(
    curve: FloatArray,
    measured: FloatArray,
    noise: Noise,
    degrees: int,
    rng: np.random.Generator,
) -> FloatArray:
    """A curve with noise as the weights say; residuals with random signs where they say nothing."""
    if not noise.absolute:
        signs = rng.choice([-1.0, 1.0], size=len(curve))
        return np.asarray(curve + signs * (measured - curve) * np.sqrt(len(curve) / degrees))
    if noise.given is not None:
        return np.asarray(curve + rng.normal(size=len(curve)) * noise.given)
    apart = rng.normal(size=len(curve)) * np.sqrt(noise.read_variance)
    if noise.gain == 0.0:
        return np.asarray(curve + apart)
    return np.asarray(noise.gain * rng.poisson(np.maximum(curve, 0.0) / noise.gain) + apart)


def _fitted(
    table: ModelTable,
    copies: Sequence[StepSpectra],
    label: str,
    start: FloatArray,
    monitor: Monitor,
) -> FloatArray:
    """(n, F) free parameters of the replicas that have an answer."""
    if any(compiled_blocks(table)):
        starts = np.tile(start, (len(copies), 1))
        labels = [label] * len(copies)
        fits = fit_steps(table, copies, labels, starts, "given", monitor, Wanted(errors=False))
    else:
        fits = [fit_step(table, copy, start, monitor, label) for copy in copies]
    failed = [np.any(fit.status == FitStatus.FAILED) for fit in fits]
    return np.array(
        [fit.values[table.free] for fit, bad in zip(fits, failed, strict=True) if not bad]
    )


def _with_errors(result: StepResult, answers: FloatArray) -> StepResult:
    """The covariance of the answers for all that had a variance before."""
    if len(answers) < FEWEST:
        return result
    known = estimated(result.covariance) & np.isfinite(answers).all(axis=0)
    covariance = result.covariance.copy()
    covariance[np.ix_(known, known)] = np.cov(answers[:, known].T, ddof=1)
    return replace(result, covariance=covariance)
