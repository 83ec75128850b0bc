"""Robust loss inside a kernel; the same rules as ``fitting.robust``."""

import math

from fitting import robust as reference
from fitting.arrays import FloatArray
from fitting.engines.jit import kernel

LIMIT, SIGMA_OF_MEDIAN = reference.LIMIT, reference.SIGMA_OF_MEDIAN


@kernel
def limit_of(sizes: FloatArray, n: int, absolute: bool) -> float:
    """Size of residuals, over sigma, beyond which the loss is linear; inf where all are zero."""
    spread = SIGMA_OF_MEDIAN * median(sizes, n)
    if absolute:
        spread = max(spread, 1.0)
    return LIMIT * spread if spread > 0.0 else math.inf


@kernel
def trust_points(sizes: FloatArray, n: int, absolute: bool, trust: FloatArray) -> float:
    """What the weight of each of n points is multiplied by; the limit comes back."""
    limit = limit_of(sizes, n, absolute)
    for i in range(n):
        trust[i] = math.sqrt(limit / sizes[i]) if sizes[i] > limit else 1.0
    return limit


@kernel
def median(values: FloatArray, n: int) -> float:
    """Median of n values."""
    return 0.5 * (ranked(values, n, (n - 1) // 2) + ranked(values, n, n // 2))


@kernel
def ranked(values: FloatArray, n: int, rank: int) -> float:
    """Value of a rank among n, 0 the smallest, by halving where it can lie."""
    low, high = math.inf, 0.0
    for i in range(n):
        low, high = min(low, values[i]), max(high, values[i])
    while True:
        middle = 0.5 * (low + high)
        count, below, next_up = 0, -math.inf, math.inf
        for i in range(n):
            if values[i] <= middle:
                count += 1
                below = max(below, values[i])
            else:
                next_up = min(next_up, values[i])
        if count > rank:
            if high == below:
                return below
            high = below
        else:
            low = next_up
        if low >= high:
            return high
