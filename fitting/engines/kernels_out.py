"""What the kernels write down of every step, and how a step can end."""

from typing import NamedTuple

from fitting.arrays import FloatArray, IntArray

FITTED, STOPPED, WITHOUT_VALUE, UNUSABLE, TOO_FEW = range(5)
"""How a step ended: converged, not converged, model not finite, data refused, too few points."""


class Out(NamedTuple):
    """Results of K steps; one more row is scratch.

    Parameters
    ----------
    moving, upper_limit, at_bound : (K + 1, M)
    covariance : (K + 1, M, M), nan where not known
    misfit : (K + 1, R) weighted square per point; points : (K + 1, R)
    noise : (K + 1, R, 3) where the weights are from, gain, variance apart
    status : (K + 1, 3) how it ended, whether errors need a careful look, cold start
    counts : (K + 1, 2) steps and evaluations
    cut : (K + 1, R, 2) points of the window
    """

    moving: FloatArray
    upper_limit: FloatArray
    at_bound: IntArray
    covariance: FloatArray
    misfit: FloatArray
    points: IntArray
    noise: FloatArray
    status: IntArray
    counts: IntArray
    cut: IntArray
