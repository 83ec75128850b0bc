"""Windows and noise inside kernels; the same rules as ``fitting.noise`` and ``fitting.prepare``."""

import math
from typing import NamedTuple

import numpy as np

from fitting import noise as reference
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
from fitting.engines.kernels_lines import first_above
from fitting.engines.kernels_robust import median

PLAN_UNIFORM, PLAN_GIVEN, PLAN_POISSON, PLAN_ESTIMATED = range(4)

FROM_UNIFORM, FROM_FILE, FROM_COUNTS, FROM_GAIN, FROM_REGRESSION, FROM_NOTHING = range(6)
"""Where the weights are from: words are made of it outside."""

READY, REFUSED = range(2)

ORDER, GAIN, CHANCE, ROUNDING = (
    reference._ORDER,
    reference._DIFFERENCE_GAIN,
    reference._CHANCE,
    reference._ROUNDING,
)
POISSON_TOLERANCE = reference.POISSON_TOLERANCE
MEDIAN_OF_SQUARE = reference._MEDIAN_OF_SQUARE


class Data(NamedTuple):
    """Spectra of a chunk of K steps for the R regions of a block.

    Parameters
    ----------
    x, y, sigma, held : (R, K, N), or (R, 1, N) where all steps have the same (y never); sigma is
        nan where the file has none
    points : (R, K) how many are there
    scale : (R, K) counts per unit of intensity, nan where unknown
    cut : (K, R, 2) first and last point of the window, -1: cut it here
    base : (K, V) numbers where nothing moves
    start : (K, M) where a step starts, nan where unknown
    weights : what the plan asks for
    robust : whether far points pull no harder than those at the limit of ``fitting.robust``
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
    robust: bool


@kernel
def own_row(values: FloatArray, k: int) -> int:
    """Row of step k among (R, K, N), which may be one for all steps."""
    return min(k, values.shape[1] - 1)


@kernel
def prepare_region(
    model: Model, data: Data, work: Work, solver: Solver, k: int, r: int, shift: float, reach: float
) -> int:
    """Cut the window, choose the noise, and lay the points out; REFUSED where there is no fit."""
    x, y = data.x[r, own_row(data.x, k)], data.y[r, k]
    first, last = data.cut[k, r, 0], data.cut[k, r, 1]
    if first < 0:
        low, high = model.window[r, 0] + shift - reach, model.window[r, 1] + shift + reach
        first = first_above(x, data.points[r, k], low)
        last = data.points[r, k]
        while last > first and x[last - 1] > high:
            last -= 1
    count = last - first
    if count == 0 or not _any_signal(y, first, last):
        return REFUSED
    if count > 1 and not x[last - 1] > x[first]:
        return REFUSED
    points = work.points[r]
    points[0], points[1], points[2], points[3] = first, last, count, (count + 7) // 8 * 8
    lay_out_points(data, work, k, r)
    if choose_noise(data, work, solver.noise[r], k, r) == REFUSED:
        return REFUSED
    first_weights(data, work, solver.noise[r], k, r)
    solver.noise[r, 5] = 1.0 if data.robust else 0.0
    if data.robust:
        solver.trust[r] = 1.0
    if model.basis[r, 0] == STEADY:
        set_columns(model, work, r)
    if model.active[r, 0] != NO_ACTIVE and model.active[r, 0] != SHIRLEY:
        loss_matrix(model, work, r, 0)
    return READY


@kernel
def lay_out_points(data: Data, work: Work, k: int, r: int) -> None:
    """Points of the window, and as many without weight as make a multiple of 8."""
    first, count = work.points[r, 0], work.points[r, 2]
    x, y = data.x[r, own_row(data.x, k)], data.y[r, k]
    held = data.held[r, own_row(data.held, k)]
    for i in range(count):
        j = np.uint64(first + i)
        work.x[r, i], work.y[r, i], work.held[r, i] = x[j], y[j], held[j]
    for i in range(count, work.points[r, 3]):
        work.x[r, i], work.y[r, i], work.held[r, i] = x[first + count - 1], 0.0, 0.0
        work.weight[r, i] = 0.0


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
    if data.weights == PLAN_GIVEN:
        for i in range(n):
            sigma = data.sigma[r, own_row(data.sigma, k), work.points[r, 0] + i]
            if not (sigma > 0.0 and sigma < math.inf):
                return REFUSED
        return _set(noise, GIVEN, 0.0, 0.0, FROM_FILE)
    # points repeated at one place would turn the slope of a line into noise
    once, spare, count = work.model[r], work.rows[r, 0], 0
    for i in range(n):
        if i == 0 or work.x[r, i] > work.x[r, i - 1]:
            once[count] = y[i]
            count += 1
    if data.weights == PLAN_UNIFORM:
        return _uniform(once, count, noise, FROM_UNIFORM)
    if data.weights == PLAN_POISSON:
        for i in range(n):
            if y[i] < 0.0:
                return REFUSED
        scale = data.scale[r, k]
        if scale > 0.0 and are_counts(once, count, scale, spare):
            return _set(noise, FOLLOWS, 1.0 / scale, 0.0, FROM_COUNTS)
        gain = estimated_gain(once, count, spare)
        if gain > 0.0:
            return _set(noise, FOLLOWS, gain, 0.0, FROM_GAIN)
    return _estimate(once, count, noise, spare, data.robust)


@kernel
def _uniform(y: FloatArray, n: int, noise: FloatArray, source: int) -> int:
    """One error for all points, of about the right size in whatever unit the data are."""
    level = size = 0.0
    for i in range(n - ORDER + 1):
        level += _difference(y, i) / (n - ORDER + 1)
    for i in range(n):
        size += y[i] * y[i] / n
    return _set(noise, UNIFORM, 0.0, max(level, ROUNDING * (size if size > 0.0 else 1.0)), source)


@kernel
def _difference(y: FloatArray, i: int) -> float:
    """Local variance from the fifth difference at i: smooth lines drop out."""
    d = (y[i] - y[i + 5]) - 5.0 * (y[i + 1] - y[i + 4]) + 10.0 * (y[i + 2] - y[i + 3])
    return d * d / GAIN


@kernel
def _mean(y: FloatArray, i: int) -> float:
    return (y[i] + y[i + 1] + y[i + 2] + y[i + 3] + y[i + 4] + y[i + 5]) / ORDER


@kernel
def are_counts(y: FloatArray, n: int, scale: float, spare: FloatArray) -> bool:
    """Whole numbers whose high-frequency variance is their mean."""
    largest = -math.inf
    for i in range(n):
        largest = max(largest, y[i] * scale)
    for i in range(n):
        count = y[i] * scale
        if abs(count - round(count)) > 1e-3 + 1e-6 * largest:
            return False
    total = 0.0
    for i in range(n - ORDER + 1):
        mean = _mean(y, i) * scale
        spare[i] = _difference(y, i) * scale * scale / max(mean, 1.0)
        total += mean
    if total <= 0.0:
        return True
    most = largest_by_chance(spare, n - ORDER + 1)
    spread = level = 0.0
    for i in range(n - ORDER + 1):
        if spare[i] <= most:
            mean = _mean(y, i) * scale
            spread += spare[i]
            level += mean / max(mean, 1.0)
    return abs(spread / level - 1.0) <= POISSON_TOLERANCE + 3.0 * CHANCE / math.sqrt(n)


@kernel
def estimated_gain(y: FloatArray, n: int, spare: FloatArray) -> float:
    """Variance per unit of intensity; 0 where it cannot be told."""
    used = 0
    for i in range(n - ORDER + 1):
        mean = _mean(y, i)
        if mean > 0.0:
            spare[used] = _difference(y, i) / mean
            used += 1
    if used < 8:
        return 0.0
    most = largest_by_chance(spare, used)
    total, kept = 0.0, 0
    for i in range(used):
        if spare[i] <= most:
            total += spare[i]
            kept += 1
    return total / kept


@kernel
def largest_by_chance(values: FloatArray, n: int) -> float:
    """Local variances beyond this are spikes: 25 times what their median says.

    In noise without spikes more than half of the values lie above the largest over that, so the
    median need not be looked for.
    """
    share = MEDIAN_OF_SQUARE / 25.0
    largest = 0.0
    for i in range(n):
        largest = max(largest, values[i])
    above = 0
    for i in range(n):
        above += 1 if values[i] > largest * share else 0
    if 2 * above > n + 1:
        return largest
    typical = median(values, n)
    return typical / share if typical > 0.0 else math.inf


@kernel
def _estimate(y: FloatArray, n: int, noise: FloatArray, spare: FloatArray, robust: bool) -> int:
    """``gain * signal + read^2`` by non-negative regression of local variances on local means.

    A robust one is repeated without the spikes that the first one shows.
    """
    count = n - ORDER + 1
    spread = level = 0.0
    for i in range(count):
        spread += _difference(y, i)
        level += max(_mean(y, i), 0.0)
    if count < 8 or not spread > 0.0:
        return _uniform(y, n, noise, FROM_NOTHING)
    spread /= count
    level = max(level / count, 1e-300)
    slope, constant = _regression(y, count, spread, level, spare, math.inf)
    if robust:
        for i in range(count):
            expected = slope * max(_mean(y, i), 0.0) / level + constant
            spare[i] = _difference(y, i) / (spread * max(expected, 1e-300))
        most = largest_by_chance(spare, count)
        slope, constant = _regression(y, count, spread, level, spare, most)
    gain = slope * spread / level
    kind = FOLLOWS if gain > 0.0 else CONSTANT_NOISE
    return _set(noise, kind, gain, constant * spread, FROM_REGRESSION)


@kernel
def _regression(
    y: FloatArray, count: int, spread: float, level: float, far: FloatArray, most: float
) -> tuple[float, float]:
    """Slope and constant of local variances over local means, in units of spread and level.

    Places that are further from an earlier regression than ``most`` are left out.
    """
    aa = ab = bb = at = bt = 0.0
    for i in range(count):
        if most < math.inf and far[i] > most:
            continue
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
    return slope, constant


@kernel
def first_weights(data: Data, work: Work, noise: FloatArray, k: int, r: int) -> None:
    """Weights where the five-point mean of the data stands in for the model."""
    y, n, weight = work.y[r], work.points[r, 2], work.weight[r]
    kind, first = noise[0], work.points[r, 0]
    if kind == UNIFORM:
        for i in range(n):
            weight[i] = 1.0 / math.sqrt(noise[2])
    elif kind == GIVEN:
        sigma = data.sigma[r, own_row(data.sigma, k)]
        for i in range(n):
            weight[i] = 1.0 / sigma[np.uint64(first + i)]
    else:
        average = 0.0
        for i in range(n):
            average += y[i] / n
        for i in range(n):
            smooth = 0.0
            for j in range(i - 2, i + 3):
                smooth += 0.2 * y[min(max(j, 0), n - 1)]
            if n < 5:
                smooth = average
            weight[i] = 1.0 / math.sqrt(max(noise[1] * smooth, noise[3]) + noise[2])
