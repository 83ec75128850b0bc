"""Windows and noise inside kernels; the same rules as ``fitting.noise`` and ``fitting.prepare``."""

import math
from typing import NamedTuple

from fitting.arrays import FloatArray, IntArray
from fitting.engines.jit import kernel
from fitting.engines.kernels_curve import (
    NO_ACTIVE,
    SHIRLEY,
    STEADY,
    Model,
    Work,
    loss_matrix,
    set_columns,
)
from fitting.engines.kernels_fit import CONSTANT_NOISE, FOLLOWS, GIVEN, UNIFORM, Solver

PLAN_UNIFORM, PLAN_GIVEN, PLAN_POISSON, PLAN_ESTIMATED = range(4)

FROM_UNIFORM, FROM_FILE, FROM_COUNTS, FROM_GAIN, FROM_REGRESSION, FROM_NOTHING = range(6)
"""Where the weights are from: words are made of it outside."""

READY, REFUSED = range(2)


class Data(NamedTuple):
    """Spectra of a chunk of K steps for the R regions of a block.

    Parameters
    ----------
    x, y, sigma, held : (R, K, N); sigma is nan where the file has none
    points : (R, K) how many are there
    scale : (R, K) counts per unit of intensity, nan where unknown
    cut : (K, R, 2) first and last point of the window, -1: cut it here
    base : (K, V) numbers where nothing moves
    start : (K, M) where a step starts, nan where unknown
    weights : what the plan asks for
    """

    x: FloatArray
    y: FloatArray
    sigma: FloatArray
    held: FloatArray
    points: IntArray
    scale: FloatArray
    cut: IntArray
    base: FloatArray
    start: FloatArray
    weights: int


@kernel
def prepare_region(
    model: Model, data: Data, work: Work, solver: Solver, k: int, r: int, shift: float, reach: float
) -> int:
    """Cut the window, choose the noise, and lay the points out; REFUSED where there is no fit."""
    x, y = data.x[r, k], data.y[r, k]
    first, last = data.cut[k, r, 0], data.cut[k, r, 1]
    if first < 0:
        low, high = model.window[r, 0] + shift - reach, model.window[r, 1] + shift + reach
        first, last = 0, data.points[r, k]
        while first < last and x[first] < low:
            first += 1
        while last > first and x[last - 1] > high:
            last -= 1
    count = last - first
    if count == 0 or not _any_signal(y, first, last):
        return REFUSED
    points = work.points[r]
    points[0], points[1], points[2], points[3] = first, last, count, (count + 7) // 8 * 8
    for i in range(points[3]):
        inside = i < count
        work.x[r, i] = x[first + i] if inside else x[last - 1]
        work.y[r, i] = y[first + i] if inside else 0.0
        work.held[r, i] = data.held[r, k, first + i] if inside else 0.0
        work.weight[r, i] = 0.0
    if choose_noise(data, work, solver.noise[r], k, r) == REFUSED:
        return REFUSED
    first_weights(data, work, solver.noise[r], k, r)
    if model.basis[r, 0] == STEADY:
        set_columns(model, work, r)
    if model.active[r, 0] != NO_ACTIVE and model.active[r, 0] != SHIRLEY:
        loss_matrix(model, work, r, 0)
    return READY


@kernel
def _any_signal(y: FloatArray, first: int, last: int) -> bool:
    for i in range(first, last):
        if y[i] != 0.0:
            return True
    return False


@kernel
def _set(noise: FloatArray, kind: int, gain: float, apart: float, source: int) -> int:
    noise[0], noise[1], noise[2], noise[4] = kind, gain, apart, source
    noise[3] = 0.1 * gain * gain
    return READY


@kernel
def choose_noise(data: Data, work: Work, noise: FloatArray, k: int, r: int) -> int:
    """What the weights are, in one row of ``Solver.noise``."""
    y, n = work.y[r], work.points[r, 2]
    if data.weights == PLAN_UNIFORM:
        return _set(noise, UNIFORM, 0.0, 1.0, FROM_UNIFORM)
    if data.weights == PLAN_GIVEN:
        for i in range(n):
            sigma = data.sigma[r, k, work.points[r, 0] + i]
            if not (sigma > 0.0 and sigma < math.inf):
                return REFUSED
        return _set(noise, GIVEN, 0.0, 0.0, FROM_FILE)
    if data.weights == PLAN_POISSON:
        for i in range(n):
            if y[i] < 0.0:
                return REFUSED
        scale = data.scale[r, k]
        if scale > 0.0 and are_counts(y, n, scale):
            return _set(noise, FOLLOWS, 1.0 / scale, 0.0, FROM_COUNTS)
        gain = estimated_gain(y, n)
        if gain > 0.0:
            return _set(noise, FOLLOWS, gain, 0.0, FROM_GAIN)
    return _estimate(y, n, noise)


@kernel
def _difference(y: FloatArray, i: int) -> float:
    """Local variance from the third difference at i: smooth lines drop out."""
    d = y[i] - 3.0 * y[i + 1] + 3.0 * y[i + 2] - y[i + 3]
    return d * d / 20.0


@kernel
def _mean(y: FloatArray, i: int) -> float:
    return 0.25 * (y[i] + y[i + 1] + y[i + 2] + y[i + 3])


@kernel
def are_counts(y: FloatArray, n: int, scale: float) -> bool:
    """Whole numbers whose high-frequency variance is their mean."""
    largest = 0.0
    for i in range(n):
        largest = max(largest, y[i] * scale)
    for i in range(n):
        count = y[i] * scale
        if abs(count - round(count)) > 1e-3 + 1e-6 * largest:
            return False
    if n < 20:
        return True
    spread = level = total = 0.0
    for i in range(n - 3):
        mean = _mean(y, i) * scale
        weight = 1.0 / max(mean, 1.0)
        spread += _difference(y, i) * scale * scale * weight
        level += mean * weight
        total += mean
    return total <= 0.0 or (0.8 <= spread / level and spread / level <= 1.2)


@kernel
def estimated_gain(y: FloatArray, n: int) -> float:
    """Variance per unit of intensity; 0 where it cannot be told."""
    total, used = 0.0, 0
    for i in range(n - 3):
        mean = _mean(y, i)
        if mean > 0.0:
            total += _difference(y, i) / mean
            used += 1
    return total / used if used >= 8 else 0.0


@kernel
def _estimate(y: FloatArray, n: int, noise: FloatArray) -> int:
    """``gain * signal + read^2`` by non-negative regression of local variances on local means."""
    spread = level = 0.0
    for i in range(n - 3):
        spread += _difference(y, i)
        level += max(_mean(y, i), 0.0)
    if n < 11 or not spread > 0.0:
        return _set(noise, UNIFORM, 0.0, 1.0, FROM_NOTHING)
    spread /= n - 3
    level = max(level / (n - 3), 1e-300)
    aa = ab = bb = at = bt = 0.0
    for i in range(n - 3):
        a, t = max(_mean(y, i), 0.0) / level, _difference(y, i) / spread
        weight = 1.0 / (a + 1.0) ** 2
        aa += weight * a * a
        ab += weight * a
        bb += weight
        at += weight * a * t
        bt += weight * t
    bottom = aa * bb - ab * ab
    slope, constant = 0.0, bt / bb
    if bottom > 1e-12 * aa * bb:
        slope, constant = (at * bb - bt * ab) / bottom, (bt * aa - at * ab) / bottom
    if slope < 0.0:
        slope, constant = 0.0, bt / bb
    elif constant < 0.0:
        slope, constant = at / aa, 0.0
    gain = slope * spread / level
    kind = FOLLOWS if gain > 0.0 else CONSTANT_NOISE
    return _set(noise, kind, gain, constant * spread, FROM_REGRESSION)


@kernel
def first_weights(data: Data, work: Work, noise: FloatArray, k: int, r: int) -> None:
    """Weights where the five-point mean of the data stands in for the model."""
    y, n, weight = work.y[r], work.points[r, 2], work.weight[r]
    kind = noise[0]
    average = 0.0
    for i in range(n):
        average += y[i] / n
    for i in range(n):
        if kind == UNIFORM:
            weight[i] = 1.0
        elif kind == GIVEN:
            weight[i] = 1.0 / data.sigma[r, k, work.points[r, 0] + i]
        else:
            smooth = 0.0
            for j in range(i - 2, i + 3):
                smooth += 0.2 * y[min(max(j, 0), n - 1)]
            if n < 5:
                smooth = average
            weight[i] = 1.0 / math.sqrt(max(noise[1] * smooth, noise[3]) + noise[2])
