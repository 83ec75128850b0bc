"""Where on the axis a phase begins: a change-point by likelihood, with its interval.

Zero up to the onset c, then ``a (x - c)^p (1 - b (x - c))`` with an exponent between that of
diffusion (1/2) and that of a slow foot (3) and ``b >= 0`` for what saturates, up to half of what
the phase grows to: what comes later says nothing of where it began. Interval by the profile of
the deviance. Change-points of broken lines: Muggeo 2003, doi:10.1002/sim.1545. An amount that was
held at zero is a censored one: Tobin 1958, doi:10.2307/1907382
"""

from dataclasses import dataclass
from enum import StrEnum
from math import nan

import numpy as np

from fitting.arrays import FloatArray, IntArray
from fitting.uncertainty import INTERVAL_DEVIANCE

EXPONENTS = tuple(np.geomspace(0.5, 3.0, 9))

SEEN_DEVIANCE = 11.0
"""Drop of the deviance from which on there is an onset: noise has that in under 1 % of series."""

FEWEST = 4
"""Steps that a place, a size and an exponent need."""

_SMOOTHED = 5
_MARGIN = 1
_CANDIDATES = 600
_LIMIT_ERRORS = 1.645
_REPEATS = 4
_KNOWN_OF_ABSENT = 2.0 / np.pi
"""Information in "at most zero", of that in a number."""


class OnsetKind(StrEnum):
    """Whether a phase was seen to begin."""

    SEEN = "seen"
    FROM_START = "from the start"
    NOT_SEEN = "not seen"
    UNKNOWN = "not determined"


@dataclass(frozen=True)
class Onset:
    """Where a phase begins, in the unit of the axis; nan unless it was seen to begin.

    An end of the interval at the first or the last step means: or beyond. ``stderr`` is half of the
    way between the places where the deviance has risen by one.
    """

    kind: OnsetKind
    value: float = nan
    low95: float = nan
    high95: float = nan
    stderr: float = nan


def onset(
    axis: FloatArray, amount: FloatArray, stderr: FloatArray, upper95: FloatArray | None = None
) -> Onset:
    """Where an amount first rises above zero.

    Parameters
    ----------
    axis : (K,) of the steps in order, ascending or descending
    amount : (K,) >= 0, nan where not measured
    stderr : (K,) nan where not estimated
    upper95 : (K,) one-sided limits, which stand in for the standard errors of absent amounts

    Returns
    -------
    Onset
        ``UNKNOWN`` with fewer than four steps that have an error, or an axis that turns back.
    """
    sigma = _sigma(amount, stderr, upper95)
    known = np.isfinite(axis) & np.isfinite(amount) & np.isfinite(sigma) & (sigma > 0.0)
    x, y, sigma = axis[known], amount[known], sigma[known]
    if len(x) < FEWEST or np.ptp(x) == 0.0:
        return Onset(OnsetKind.UNKNOWN)
    if y[0] ** 2 > SEEN_DEVIANCE * sigma[0] ** 2:
        return Onset(OnsetKind.FROM_START)
    forward = 1.0 if x[-1] > x[0] else -1.0
    if np.any(np.diff(forward * x) < 0.0):
        return Onset(OnsetKind.UNKNOWN)
    last = _end_of_rise(y, sigma**-2.0)
    found = _profiled(forward * x[:last], y[:last], sigma[:last])
    low, high = sorted((forward * found.low95, forward * found.high95))
    return Onset(found.kind, forward * found.value, low, high, found.stderr)


def _sigma(amount: FloatArray, stderr: FloatArray, upper95: FloatArray | None) -> FloatArray:
    """(K,) what an amount may be off: of an absent one its limit says so."""
    if upper95 is None:
        return stderr
    return np.where(np.isfinite(stderr), stderr, (upper95 - amount) / _LIMIT_ERRORS)


def _end_of_rise(y: FloatArray, weight: FloatArray) -> int:
    """How many steps there are until the amount has reached half of its highest, and a few more.

    Of its running mean, so that no single step decides.
    """
    window = np.ones(min(_SMOOTHED, len(y)))
    mean = np.convolve(y * weight, window, "same") / np.convolve(weight, window, "same")
    half = int(np.argmax(mean >= 0.5 * mean.max()))
    return int(min(len(y), max(half + 1 + _MARGIN, FEWEST + _MARGIN)))


def _profiled(x: FloatArray, y: FloatArray, sigma: FloatArray) -> Onset:
    """On an ascending axis, the steps of the rise alone."""
    inside, before = _candidates(x)
    absent = y <= 0.0
    weight = np.where(absent, _KNOWN_OF_ABSENT, 1.0) * sigma**-2.0
    y = _below_zero(np.zeros(len(x)), y, sigma)
    deviance, curve = _best(x, y, weight, inside)
    for _ in range(_REPEATS if absent.any() else 0):
        y = _below_zero(curve, np.where(absent, 0.0, y), sigma)
        deviance, curve = _best(x, y, weight, inside)
    began_before = float(_best(x, y, weight, before)[0].min())
    lowest = min(float(deviance.min()), began_before)
    # what the curve misses beyond the noise widens the interval
    scale = max(1.0, lowest / max(len(x) - 4, 1))
    if float(weight @ y**2) - lowest < SEEN_DEVIANCE * scale:
        return Onset(OnsetKind.NOT_SEEN)
    if deviance.min() - began_before > INTERVAL_DEVIANCE * scale:
        return Onset(OnsetKind.FROM_START)
    rise = (deviance - deviance.min()) / scale
    low, high = _widened(inside, np.flatnonzero(rise <= INTERVAL_DEVIANCE))
    below, above = _widened(inside, np.flatnonzero(rise <= 1.0))
    value = float(inside[np.argmin(deviance)])
    return Onset(OnsetKind.SEEN, value, low, high, 0.5 * (above - below))


def _below_zero(curve: FloatArray, y: FloatArray, sigma: FloatArray) -> FloatArray:
    """(K,) amounts, those at zero where they would be on average could they be negative."""
    from scipy.stats import norm

    away = -curve / sigma
    expected = curve - sigma * np.exp(norm.logpdf(away) - norm.logcdf(away))
    return np.where(y <= 0.0, expected, y)


def _candidates(x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Onsets that are tried: between the steps, and before the first."""
    steps = len(x) - 1
    places = np.linspace(0.0, steps, min(40 * steps, max(_CANDIDATES, 4 * steps)) + 1)
    inside = np.interp(places, np.arange(len(x)), x)
    return inside[:-1], x[0] - np.ptp(x) * np.geomspace(1e-3, 100.0, 30)


def _widened(places: FloatArray, allowed: IntArray) -> tuple[float, float]:
    """Ends of the interval, out to the next candidates that are not allowed any more."""
    first, last = max(int(allowed[0]) - 1, 0), min(int(allowed[-1]) + 1, len(places) - 1)
    return float(places[first]), float(places[last])


def _best(
    x: FloatArray, y: FloatArray, weight: FloatArray, onsets: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """(C,) deviance of the best curve from each onset, and the (K,) best of all."""
    passed = np.maximum(x - onsets[:, np.newaxis], 0.0) / np.ptp(x)
    deviance, curve = np.full(len(onsets), np.inf), np.zeros(len(x))
    for exponent in EXPONENTS:
        rise = passed**exponent
        own, first, second = _two_terms(rise, rise * passed, y, weight)
        c = int(np.argmin(own))
        if own[c] < deviance.min():
            curve = first[c] * rise[c] + second[c] * rise[c] * passed[c]
        deviance = np.minimum(deviance, own)
    return deviance, curve


def _two_terms(
    rise: FloatArray, bend: FloatArray, y: FloatArray, weight: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(C,) weighted least squares of ``a * rise + b * bend``, a >= 0 >= b: deviance, a, b."""
    tiny = np.finfo(float).tiny
    along, beside = rise @ (weight * y), bend @ (weight * y)
    rr, rb, bb = rise**2 @ weight, (rise * bend) @ weight, bend**2 @ weight
    determinant = rr * bb - rb**2
    sound = determinant > 1e-9 * rr * bb
    divisor = np.where(sound, determinant, 1.0)
    first, second = (bb * along - rb * beside) / divisor, (rr * beside - rb * along) / divisor
    bent = sound & (first >= 0.0) & (second <= 0.0)
    first = np.where(bent, first, np.maximum(along, 0.0) / np.maximum(rr, tiny))
    second = np.where(bent, second, 0.0)
    gain = first * along + second * beside
    return float(weight @ y**2) - gain, first, second
