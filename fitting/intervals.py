"""Intervals of sums and shares of areas, with ends that differ where an area is weak or zero.

Every parameter has its own two distances, up and down, at one confidence level: equal ones where
it is well determined, those of the profile where it is weak, and none outward where it sits at a
bound. They are put together with the correlations as if each side were half of a Gaussian (method
of variance estimates recovery, Zou and Donner 2008, doi:10.1002/sim.3095), and a share is read off
where that leads, so it stays between 0 and 1.

A standard error is the root of the mean square around the estimate, over everything that the data
and the bounds allow (posterior of a flat prior inside the bounds; Gelman et al., Bayesian Data
Analysis, 3rd ed., chapter 2). What sits at a bound has only half of a Gaussian, of mean square
``(distance to the 95 % end / 1.96)^2`` around the bound, and the others follow it by their slope:
``variance = variance with it held + (slope * distance / 1.96)^2``. Held for certain, a neighbour
at zero would leave the others far too small an error: it is there no more surely than it is not.
"""

from dataclasses import dataclass, fields, replace

import numpy as np

from fitting.arrays import BoolArray, FloatArray, IntArray
from fitting.covariances import blind_directions, estimated, only_in_sums, told, unmarked
from fitting.joint_errors import counting_covariance
from fitting.model import ModelTable
from fitting.result import SeriesResult

DETECTION_DEVIANCE = 5.41
"""Deviance drop at which a phase counts as detected: one-sided 1 %."""

ONE_SIDED_95 = 1.645
TWO_SIDED_95 = 1.96


@dataclass(frozen=True, eq=False)
class Spread:
    """Free parameters of K steps and how far they are known.

    Parameters
    ----------
    values : (K, P) all parameters
    slopes : (K or 1, P, F) their derivatives by the free ones
    free : (K, F) the free ones
    covariance : (K, F, F) of those that are inside their bounds, else 0
    unknown : (K, F) could not be estimated
    directions, lengths : (K, F, F), (K, F) in which nothing changes; see ``covariances``
    absent : (K, F) areas at zero
    doubtful : (K, F) areas that are not, and not detected either
    down, up, limit : (K, F) distances to the ends of the 95 % interval and to the one-sided 95 %
        limit; what is at a bound has the inward one only
    follow : (K, F, F) how the free ones (first) follow if one at a bound (second) leaves it
    """

    values: FloatArray
    slopes: FloatArray
    free: FloatArray
    covariance: FloatArray
    unknown: BoolArray
    directions: FloatArray
    lengths: FloatArray
    absent: BoolArray
    doubtful: BoolArray
    down: FloatArray
    up: FloatArray
    limit: FloatArray
    follow: FloatArray

    def gradients(self, weights: FloatArray) -> FloatArray:
        """(K or 1, Q, F) derivatives of (Q, P) weighted sums by the free parameters."""
        return np.asarray(np.einsum("qp,kpf->kqf", np.nan_to_num(weights), self.slopes))

    def variance(self, gradients: FloatArray) -> FloatArray:
        """(K, Q) mean squares around the estimate of quantities with these gradients."""
        through = np.matmul(gradients, self.covariance)
        inside = np.maximum((through * gradients).sum(axis=2), 0.0)
        effect = np.matmul(gradients, self.ways_in(self.up, self.down)) / TWO_SIDED_95
        return np.asarray(inside + (effect**2).sum(axis=2))

    def ways_in(self, up: FloatArray, down: FloatArray) -> FloatArray:
        """(K, F, F) how all go (first) if one at a bound (second) goes as far as it can."""
        at_bound = np.diagonal(self.covariance, axis1=1, axis2=2) <= 0.0
        inward = np.where(at_bound, np.nan_to_num(up) - np.nan_to_num(down), 0.0)
        return np.asarray((self.follow + np.eye(inward.shape[1])) * inward[:, np.newaxis])

    def known(self, gradients: FloatArray) -> BoolArray:
        """(K, Q) whether quantities with these gradients could be estimated."""
        return told(gradients, self.directions, self.lengths) & ~touches(gradients, self.unknown)

    def deviation(self, weights: FloatArray) -> FloatArray:
        """(K, Q) standard errors of weighted sums."""
        return np.sqrt(self.variance(self.gradients(weights)))


def spread_of(result: SeriesResult, table: ModelTable) -> Spread:
    """What a result knows about its free parameters; sensitivities that were fitted are held."""
    counting = counting_covariance(result.covariance, table)
    variance = np.diagonal(counting, axis1=1, axis2=2)
    free = result.values[:, table.free]
    sigma = np.sqrt(np.abs(np.nan_to_num(variance)))
    inside = estimated(counting)
    some = inside | only_in_sums(counting)
    pairs = some[:, :, np.newaxis] & some[:, np.newaxis]
    covariance = np.where(pairs, unmarked(counting), 0.0)
    directions, lengths = blind_directions(counting)
    down = np.where(np.isnan(result.lower95), TWO_SIDED_95 * sigma, free - result.lower95)
    up = np.where(np.isnan(result.upper95), TWO_SIDED_95 * sigma, result.upper95 - free)
    limit = np.where(
        np.isnan(result.upper_limit), up * ONE_SIDED_95 / TWO_SIDED_95, result.upper_limit - free
    )
    absent = result.at_bound & (free == 0.0) & ~some
    nowhere = absent & np.isnan(result.upper_limit)
    for distance in (up, limit):
        distance[nowhere] = np.nan
    # a composition of nothing has no slope, nor a value
    slopes = np.where(table.factors, 0.0, np.nan_to_num(table.slopes(free)))
    leaves = some[:, :, np.newaxis] & (result.at_bound & ~some)[:, np.newaxis]
    return Spread(
        values=result.values,
        slopes=slopes,
        free=np.nan_to_num(free),
        covariance=np.nan_to_num(covariance),
        unknown=~some & ~absent,
        directions=directions,
        lengths=lengths,
        absent=absent,
        doubtful=inside & (free > 0.0) & (result.deviance_drop < DETECTION_DEVIANCE),
        down=down,
        up=up,
        limit=limit,
        follow=np.where(leaves, np.nan_to_num(result.covariance), 0.0),
    )


def reach(
    spread: Spread, gradients: FloatArray, own: BoolArray, side: float, level: float
) -> FloatArray:
    """(K, Q, F) how all free parameters go together to one end of quantities.

    Parameters
    ----------
    gradients : (K or 1, Q, F) of the quantities
    own : (K or 1, Q, F) areas whose own ends count even where they are closer than usual
    side : 1 for the upper end, -1 for the lower one
    level : ``TWO_SIDED_95`` for an end of the interval, ``ONE_SIDED_95`` for the limit
    """
    sigma = np.sqrt(np.diagonal(spread.covariance, axis1=1, axis2=2))
    wide = spread.up if level == TWO_SIDED_95 else spread.limit
    narrow = spread.down * (level / TWO_SIDED_95)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios = [np.where(sigma > 0.0, d / (level * sigma), 0.0) for d in (wide, narrow)]
    rising = (side * gradients) >= 0.0
    ratio = np.where(rising, ratios[0][:, np.newaxis], ratios[1][:, np.newaxis])
    ratio = np.where(own, ratio, np.maximum(ratio, 1.0))
    stretched = gradients * ratio
    through = np.matmul(stretched, spread.covariance)
    square = level**2 * (through * stretched).sum(axis=2)
    # what sits at a bound takes the others with it
    way = spread.ways_in(wide, narrow)
    effect = np.maximum(side * np.matmul(gradients, way), 0.0)
    square = np.maximum(square + (effect**2).sum(axis=2), 0.0)
    total = side * level**2 * through * ratio + np.matmul(effect, np.swapaxes(way, 1, 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        gone = total / np.sqrt(square)[:, :, np.newaxis]
    return np.where(square[:, :, np.newaxis] > 0.0, gone, 0.0)


def at(spread: Spread, steps: IntArray) -> Spread:
    """Some of the steps."""
    parts = {f.name: getattr(spread, f.name) for f in fields(spread)}
    one = len(spread.slopes) == 1
    return Spread(**{n: v if n == "slopes" and one else v[steps] for n, v in parts.items()})


def without(spread: Spread, gone: BoolArray) -> tuple[Spread, FloatArray]:
    """What would be known if some areas were not there, and how the others follow.

    Parameters
    ----------
    gone : (K, F) which

    Returns
    -------
    Spread with their absence given, and (K, F) the way of all free parameters to there
    """
    pairs = gone[:, :, np.newaxis] & gone[:, np.newaxis]
    inner = np.where(pairs, spread.covariance, 0.0)
    inner += np.eye(gone.shape[1]) * ~gone[:, :, np.newaxis]
    cross = np.where(gone[:, np.newaxis], spread.covariance, 0.0)
    follow = np.matmul(cross, np.linalg.inv(inner))
    way = -np.matmul(follow, np.where(gone, spread.free, 0.0)[:, :, np.newaxis])[:, :, 0]
    left = spread.covariance - np.matmul(follow, np.swapaxes(cross, 1, 2))
    left[np.broadcast_to(gone[:, :, np.newaxis] | gone[:, np.newaxis], left.shape)] = 0.0
    return replace(spread, covariance=left), way


def touches(gradients: FloatArray, which: BoolArray) -> BoolArray:
    """(K, Q) whether quantities depend on any of these (K, F) parameters."""
    touched = np.matmul((gradients != 0.0).astype(float), which[:, :, np.newaxis].astype(float))
    return np.asarray(touched[:, :, 0] > 0.0)
