"""What the kernels write down of every step, and how a step can end."""

from typing import NamedTuple

from fitting.arrays import FloatArray, IntArray

FITTED, STOPPED, WITHOUT_VALUE, UNUSABLE, TOO_FEW = range(5)
"""How a step ended: converged, not converged, model not finite, data refused, too few points."""


class Out(NamedTuple):
    """Results of K steps.

    Parameters
    ----------
    moving, upper_limit, at_bound : (K, M)
    deviance_drop, lower95, upper95 : (K, M) of weak amounts and at bounds, else nan
    covariance : (K, M, M), nan where not known
    misfit, deviance : (K, R) weighted square and deviance per point; points : (K, R)
    noise : (K, R, 3) where the weights are from, gain, variance apart
    status : (K, 3) how it ended, whether errors need a careful look, cold start
    counts : (K, 2) steps and evaluations
    cut : (K, R, 2) points of the window
    """

    moving: FloatArray
    upper_limit: FloatArray
    deviance_drop: FloatArray
    lower95: FloatArray
    upper95: FloatArray
    at_bound: IntArray
    covariance: FloatArray
    misfit: FloatArray
    deviance: FloatArray
    points: IntArray
    noise: FloatArray
    status: IntArray
    counts: IntArray
    cut: IntArray
