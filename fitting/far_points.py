"""Profiles beside points that stand far out: their pull is held as it ended.

A robust loss turns linear at three deviations, and what counts as one deviation is the median of
all residuals where that is larger than the noise. Beside a spike of a hundred deviations the
deviance then changes by tens when the median changes by a per cent, as it does whenever an amount
is held elsewhere: absent lines were "detected" so. Comparing two fits takes one loss. Points that
stand further out are therefore put where the loss begins to be linear, on their own side of the
curve. There they pull as they did, so the minimum stays, and hardly notice the limit (modified
residuals, Huber 1981, doi:10.1002/0471725250, chapter 7.8).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fitting.arrays import BoolArray, FloatArray, IntArray
from fitting.engines import compiled
from fitting.engines.compiled import BlockFits, Cut, Wanted
from fitting.evaluate import RegionEvaluator
from fitting.monitor import Monitor
from fitting.noise import Noise, noise_of
from fitting.prepare import held_background
from fitting.problem import Problem, RegionData
from fitting.robust import limit_of
from fitting.spectrum import Spectrum

if TYPE_CHECKING:
    from fitting.engines.flat import FlatBlock

SWING = 20.0
"""Change of the deviance for a change of the limit by one half of itself, from which on points
count as far; Gaussian noise over a thousand points has 3."""


class Ends(NamedTuple):
    """Of (M,) amounts; see ``Uncertainty``."""

    upper_limit: FloatArray
    deviance_drop: FloatArray
    lower95: FloatArray
    upper95: FloatArray


@dataclass(frozen=True, eq=False)
class Ended:
    """Where K steps ended.

    Parameters
    ----------
    spectra : of the steps
    free : (K, F) all free parameters, nan where not known
    windows : (K, R, 2) first point, and the one after the last
    """

    spectra: Sequence[Mapping[str, Spectrum]]
    free: FloatArray
    windows: IntArray


def pulled_in(problem: Problem, noises: tuple[Noise, ...], moving: FloatArray) -> Problem:
    """The problem with far points where the loss begins to be linear; itself without such.

    Parameters
    ----------
    problem : with the standard errors that belong to the minimum
    noises : of its regions
    moving : (M,) the minimum
    """
    models = problem.models(moving)
    data = tuple(
        _pulled_in(own, noise, model) if noise.robust else own
        for own, noise, model in zip(problem.data, noises, models, strict=True)
    )
    if all(near is own for near, own in zip(data, problem.data, strict=True)):
        return problem
    return Problem(problem.table, data, problem.moving, problem.rest)


def _pulled_in(data: RegionData, noise: Noise, model: FloatArray) -> RegionData:
    sigma = noise.sigma(model)
    sizes = np.abs(model - data.intensity) / sigma
    limit = limit_of(sizes, noise.absolute)
    if not (limit * np.maximum(sizes - limit, 0.0)).sum() > SWING:
        return data
    room = limit * sigma
    return RegionData(data.evaluator, np.clip(data.intensity, model - room, model + room), sigma)


def have_far_points(fits: BlockFits) -> BoolArray:
    """(K,) steps with such points: a loss that is linear lies above the weighted square there."""
    with np.errstate(invalid="ignore"):
        swing = (fits.deviance - fits.misfit) * fits.points
        return np.asarray((swing > SWING).any(axis=1))


def profiled_again(
    layout: "FlatBlock", ended: Ended, which: IntArray, monitor: Monitor
) -> dict[int, Ends]:
    """Profiles of the weak amounts of steps with far points, by kernels.

    Parameters
    ----------
    layout : of the block, what is shared by a series held
    which : rows of the steps

    Raises
    ------
    FitCancelled
    """
    found = {}
    for k in which.tolist():
        cut = _cut(layout, ended, k)
        nearer = _step_pulled_in(layout, ended, k, cut)
        again = _look(layout, nearer, ended.free[k], cut, Wanted(), monitor)
        if again.status[0] <= compiled.STOPPED and not again.careful[0]:
            ends = (again.upper_limit, again.deviance_drop, again.lower95, again.upper95)
            found[k] = Ends(*(values[0] for values in ends))
    return found


def steps_with_far_points(layout: "FlatBlock", ended: Ended, monitor: Monitor) -> IntArray:
    """Rows of steps of which nobody has written down the deviance.

    Raises
    ------
    FitCancelled
    """
    found = []
    for k, step in enumerate(ended.spectra):
        cut = _cut(layout, ended, k)
        there = _look(layout, step, ended.free[k], cut, Wanted(errors=False), monitor)
        found.append(there.status[0] <= compiled.STOPPED and bool(have_far_points(there)[0]))
    return np.flatnonzero(found)


def _look(
    layout: "FlatBlock",
    step: Mapping[str, Spectrum],
    free: FloatArray,
    cut: Cut,
    wanted: Wanted,
    monitor: Monitor,
) -> BlockFits:
    """At one step where it stands."""
    own = free[np.newaxis]
    return compiled.fit_block(layout, [step], own, own, "stay", monitor, cut, wanted)


def _cut(layout: "FlatBlock", ended: Ended, k: int) -> Cut:
    regions = [layout.table.regions[r] for r in layout.present]
    held = (
        held_background(region, ended.spectra[k][region.name].part(first, last))
        for region, (first, last) in zip(regions, ended.windows[k].tolist(), strict=True)
    )
    return Cut(ended.windows[k], tuple(held))


def _step_pulled_in(layout: "FlatBlock", ended: Ended, k: int, cut: Cut) -> dict[str, Spectrum]:
    table, found, free = layout.table, dict(ended.spectra[k]), ended.free[k]
    values = table.values(np.where(np.isnan(free), 1.0, free))
    for r, (first, last), held in zip(layout.present, cut.ends.tolist(), cut.held, strict=True):
        region = table.regions[r]
        whole = found[region.name]
        points = whole.part(first, last)
        noise = noise_of(points, table.plan.fit.weights, region.name, robust=True)
        evaluator = RegionEvaluator(region, points.x, held)
        data = RegionData(evaluator, points.intensity, np.ones(len(points)))
        intensity = whole.intensity.copy()
        intensity[first:last] = _pulled_in(data, noise, evaluator.envelope(values)).intensity
        found[region.name] = replace(whole, intensity=intensity)
    return found
