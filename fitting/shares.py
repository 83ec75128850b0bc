"""Sums of parameters as shares of other sums: values, errors, intervals, limits, detection."""

from dataclasses import dataclass

import numpy as np

from fitting.arrays import BoolArray, FloatArray
from fitting.intervals import (
    DETECTION_DEVIANCE,
    ONE_SIDED_95,
    TWO_SIDED_95,
    Spread,
    at,
    reach,
    touches,
    without,
)


@dataclass(frozen=True, eq=False)
class Sums:
    """Sums of parameters, and what each is a share of; Q names.

    Parameters
    ----------
    names : of the sums
    weights : (Q, P)
    denominator : (Q, P) nan where it is a share of nothing
    """

    names: tuple[str, ...]
    weights: FloatArray
    denominator: FloatArray


@dataclass(frozen=True, eq=False)
class Shares:
    """Shares in K steps, all (K, Q); see ``FractionTable``."""

    fraction: FloatArray
    stderr: FloatArray
    low95: FloatArray
    high95: FloatArray
    detected: BoolArray
    upper_limit95: FloatArray


def shares_of(rows: Sums, spread: Spread, deviance_drop: FloatArray, usable: BoolArray) -> Shares:
    """Shares with everything that is known about their errors.

    Parameters
    ----------
    deviance_drop : (K, F) of weak amounts if they were zero, else nan
    usable : (K,) steps that have numbers
    """
    share = _share_of(rows, spread)
    sigma = np.sqrt(spread.variance(share.slopes))
    at_end = ((share.amount == 0.0) | (share.amount == share.total)) & share.known
    low = np.where(
        _reaches_zero(spread, share.amount, share.own), 0.0, _end(spread, share, -1.0, TWO_SIDED_95)
    )
    rest = _reaches_zero(spread, share.total - share.amount, share.below - share.own)
    high = np.where(rest, 1.0, _end(spread, share, 1.0, TWO_SIDED_95))
    upper = _end(spread, share, 1.0, ONE_SIDED_95)
    open_ended = touches(share.own, spread.absent & np.isnan(spread.up))
    high[open_ended] = upper[open_ended] = np.nan
    # nothing and everything have no error, only room to one side
    stderr = np.where(at_end | (sigma == 0.0) | ~share.known_share, np.nan, sigma)
    hide = ~usable[:, np.newaxis] | np.isnan(share.fraction)
    low[~share.known_share] = high[~share.known_share] = np.nan
    for values in (share.fraction, stderr, low, high, upper):
        values[hide] = np.nan
    seen = _drop(share.own, share.amount, deviance_drop, spread) >= DETECTION_DEVIANCE
    detected = seen & share.known & (share.amount > 0.0) & ~hide
    return Shares(share.fraction, stderr, low, high, detected, upper)


def common_stderr(rows: Sums, spread: Spread, common: FloatArray) -> FloatArray:
    """(K, Q) standard errors of shares from a covariance (K, F, F) common to all steps."""
    slopes = _share_of(rows, spread).slopes
    variance = (np.matmul(slopes, common) * slopes).sum(axis=2)
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)))


@dataclass(frozen=True, eq=False)
class _Share:
    """Amounts as shares of totals, (K, Q), and their derivatives, (K or 1, Q, F)."""

    amount: FloatArray
    total: FloatArray
    fraction: FloatArray
    own: FloatArray
    below: FloatArray
    slopes: FloatArray
    known: BoolArray
    known_share: BoolArray


def _share_of(rows: Sums, spread: Spread) -> _Share:
    amount, total = (_sums(w, spread.values) for w in (rows.weights, rows.denominator))
    own, below = spread.gradients(rows.weights), spread.gradients(rows.denominator)
    with np.errstate(invalid="ignore", divide="ignore"):
        fraction = np.where(total > 0.0, amount / total, np.nan)
        slopes = np.nan_to_num((own - fraction[:, :, np.newaxis] * below) / total[:, :, np.newaxis])
    known = spread.known(own) & ~np.isnan(amount)
    known_share = spread.known(slopes) & ~np.isnan(amount)
    return _Share(amount, total, fraction, own, below, slopes, known, known_share)


def _end(spread: Spread, share: _Share, side: float, level: float) -> FloatArray:
    """(K, Q) one end of all fractions.

    A phase that is not detected may as well not be there: the interval of any other also holds
    what it would say without it.
    """
    best = _moved(share, reach(spread, share.slopes, share.own != 0.0, side, level))
    doubtful = spread.doubtful
    sets = [np.eye(doubtful.shape[1], dtype=bool)[f] for f in np.flatnonzero(doubtful.any(axis=0))]
    if len(sets) > 1:
        sets.append(np.ones(doubtful.shape[1], dtype=bool))
    for chosen in sets:
        steps = np.flatnonzero((doubtful & chosen).sum(axis=1) >= min(2, chosen.sum()))
        part = _Share(*(v if len(v) == 1 else v[steps] for v in vars(share).values()))
        gone = doubtful[steps] & chosen
        inner, way = without(at(spread, steps), gone)
        own = part.own != 0.0
        ways = way[:, np.newaxis] + reach(inner, part.slopes, own, side, level)
        other = np.where(touches(part.own, gone), best[steps], _moved(part, ways))
        best[steps] = side * np.fmax(side * best[steps], side * other)
    return best


def _moved(share: _Share, way: FloatArray) -> FloatArray:
    """(K, Q) fractions after all free parameters went a way."""
    amount = np.maximum(share.amount + (share.own * way).sum(axis=2), 0.0)
    rest = share.total - share.amount + ((share.below - share.own) * way).sum(axis=2)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(amount / (amount + np.maximum(rest, 0.0)))


def _reaches_zero(spread: Spread, amount: FloatArray, own: FloatArray) -> BoolArray:
    """(K, Q) whether the interval of an amount itself goes down to zero."""
    way = reach(spread, own, _alone(own), -1.0, TWO_SIDED_95)
    return np.asarray(amount + (own * way).sum(axis=2) <= 1e-9 * np.abs(amount))


def _alone(own: FloatArray) -> BoolArray:
    """Which areas make an amount by themselves: only their own interval may end at zero.

    Members of a sum that nobody detected would each end there, and in quadrature their sum would
    never come down to zero.
    """
    return np.asarray((own != 0.0) & ((own != 0.0).sum(axis=2) == 1)[:, :, np.newaxis])


def _drop(
    own: FloatArray, amount: FloatArray, deviance_drop: FloatArray, spread: Spread
) -> FloatArray:
    """(K, Q) by how much the deviance rises if an amount is taken away.

    For a single area from its profile where it is weak; else, and for sums, by how far zero is.
    """
    way = reach(spread, own, _alone(own), -1.0, TWO_SIDED_95)
    with np.errstate(invalid="ignore", divide="ignore"):
        distance = amount / np.abs((own * way).sum(axis=2))
    found = (TWO_SIDED_95 * distance) ** 2
    single = (own != 0.0).sum(axis=2) == 1
    profiled = np.matmul((own != 0.0) * 1.0, np.nan_to_num(deviance_drop)[:, :, np.newaxis])[..., 0]
    weak = single & touches(own, np.isfinite(deviance_drop))
    return np.asarray(np.where(weak, profiled, found))


def _sums(weights: FloatArray, values: FloatArray) -> FloatArray:
    """(K, Q) weighted sums; parameters of no weight may be nan."""
    used = weights != 0.0
    sums = np.nan_to_num(values) @ np.nan_to_num(weights).T
    missing = np.isnan(values) @ used.T
    sums[missing | np.isnan(weights).any(axis=1)] = np.nan
    return np.asarray(sums)


def sums_of(weights: FloatArray, spread: Spread) -> tuple[FloatArray, FloatArray]:
    """(K, Q) sums of amounts and their standard errors, nan where not known or at a bound."""
    area, deviation = _sums(weights, spread.values), spread.deviation(weights)
    known = spread.known(spread.gradients(weights)) & ~np.isnan(area)
    deviation[~known | (deviation == 0.0) | (area == 0.0)] = np.nan
    return area, deviation
