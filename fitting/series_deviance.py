"""Deviance of any model of a series, on the same points and with the same noise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fitting.arrays import FloatArray, IntArray
from fitting.errors import DataError
from fitting.evaluate import RegionEvaluator
from fitting.model import SHIFT, ModelTable
from fitting.noise import Noise, noise_of
from fitting.prepare import held_background, window_at
from fitting.problem import Problem, RegionData
from fitting.result import FitStatus, StepResult
from fitting.robust import HUBER
from fitting.spectrum import Spectrum


@dataclass(frozen=True, eq=False)
class _Region:
    """The points of one region in one step; ``held`` is what of the background is known before."""

    points: Spectrum
    noise: Noise
    held: FloatArray


@dataclass(frozen=True, eq=False)
class SeriesPoints:
    """What of K steps with R regions was fitted, once for all models that are compared.

    Parameters
    ----------
    regions : K times place of a region -> its points
    size : R
    """

    regions: tuple[Mapping[int, _Region], ...]
    size: int

    @classmethod
    def of(
        cls,
        table: ModelTable,
        spectra: Sequence[Mapping[str, Spectrum]],
        results: Sequence[StepResult],
    ) -> "SeriesPoints":
        """Windows where a fit of the series found them; what failed there is left out."""
        regions = [_points(table, own, k) for own, k in zip(spectra, results, strict=True)]
        return cls(tuple(regions), len(table.regions))

    @cached_property
    def count(self) -> IntArray:
        """(K, R) points; 0 where there are none."""
        found = np.zeros((len(self.regions), self.size), dtype=np.int64)
        for k, step in enumerate(self.regions):
            for r, own in step.items():
                found[k, r] = len(own.points)
        return found

    def deviance(self, table: ModelTable, values: FloatArray) -> FloatArray:
        """(K, R) deviance of the curves that (K, P) values draw; nan where there is none."""
        found = np.full(self.count.shape, np.nan)
        for k, step in enumerate(self.regions):
            for r, own in step.items():
                region = table.regions[r]
                if np.isfinite(values[k, region.local]).all():
                    curve = RegionEvaluator(region, own.points.x, own.held).envelope(values[k])
                    found[k, r] = own.noise.deviance(
                        own.points.intensity, curve, own.noise.sigma(curve)
                    )
        return found

    @cached_property
    def absolute(self) -> FloatArray:
        """(K, R) 1 where the noise is known, 0 where only its shape is."""
        found = np.zeros(self.count.shape)
        for k, step in enumerate(self.regions):
            for r, own in step.items():
                found[k, r] = own.noise.absolute
        return found

    def problem(self, table: ModelTable, k: int, values: FloatArray) -> Problem:
        """What was minimised in one step, all regions together, with the weights of its end."""
        data = []
        for r, own in self.regions[k].items():
            evaluator = RegionEvaluator(table.regions[r], own.points.x, own.held)
            sigma = own.noise.sigma(evaluator.envelope(values))
            data.append(RegionData(evaluator, own.points.intensity, sigma))
        moving = np.flatnonzero(table.influence[list(self.regions[k])].any(axis=0))
        return Problem(table, tuple(data), moving, values[table.free])


def _points(
    table: ModelTable, spectra: Mapping[str, Spectrum], result: StepResult
) -> dict[int, _Region]:
    found = {}
    options = table.plan.fit
    for r, region in enumerate(table.regions):
        if region.name not in spectra or result.status[r] > FitStatus.NOT_CONVERGED:
            continue
        points = spectra[region.name].window(*window_at(region, float(result.values[SHIFT])))
        try:
            noise = noise_of(points, options.weights, region.name, robust=options.loss == HUBER)
            found[r] = _Region(points, noise, held_background(region, points))
        except DataError:
            # the window follows the fitted shift; it may have lost a point that the fit still had
            continue
    return found
