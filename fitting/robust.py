"""Robust loss: points that stand far out pull no harder than points at the limit (Huber).

The loss is quadratic up to a limit and linear beyond it, so it stays convex: a loss that lets go
of far points altogether would add minima of its own. Huber 1964, doi:10.1214/aoms/1177703732
"""

import numpy as np

from fitting.arrays import FloatArray

HUBER = "huber"
"""Its name in a plan, and in what a result says about its weights."""

LIMIT = 3.0
"""Where the loss turns linear, in standard deviations of the residuals: clean counts lose less
than 0.1 % of their information, and the skewness of few counts is not taken for spikes."""

SIGMA_OF_MEDIAN = 1.4826
"""Standard deviation over the median of the sizes of normal deviates."""


def limit_of(sizes: FloatArray, absolute: bool) -> float:
    """Size of residuals, over sigma, beyond which the loss is linear; inf where all are zero.

    Parameters
    ----------
    sizes : (N,) not negative, over sigma without regard to any loss
    absolute : the sigmas are real errors: they are not taken to be too large, but where the model
        misses more than the noise, what is usual is told by the median of all points
    """
    spread = SIGMA_OF_MEDIAN * float(np.median(sizes))
    spread = max(spread, 1.0) if absolute else spread
    return LIMIT * spread if spread > 0.0 else np.inf


def trust(sizes: FloatArray, absolute: bool) -> FloatArray:
    """(N,) what the weight 1/sigma of each point is multiplied by: one up to the limit."""
    limit = limit_of(sizes, absolute)
    return np.sqrt(limit / np.maximum(sizes, limit)) if np.isfinite(limit) else np.ones(len(sizes))
