"""Weights that follow the model: the same points, with the variances of another curve."""

import numpy as np

from fitting.arrays import FloatArray
from fitting.noise import Noise
from fitting.problem import Problem, RegionData


def reweighted(problem: Problem, noises: tuple[Noise, ...], moving: FloatArray) -> Problem:
    """The problem with variances that belong to the model there."""
    data = tuple(
        RegionData(d.evaluator, d.intensity, noise.weighted_sigma(d.intensity, model))
        if noise.changes
        else d
        for d, noise, model in zip(problem.data, noises, problem.models(moving), strict=True)
    )
    return Problem(problem.table, data, problem.moving, problem.rest)


def largest_change(before: Problem, after: Problem) -> float:
    """Largest relative change of a variance between two problems of the same points."""
    changes = [
        float(np.max(np.abs((b.sigma / a.sigma) ** 2 - 1.0)))
        for a, b in zip(before.data, after.data, strict=True)
    ]
    return max(changes)
