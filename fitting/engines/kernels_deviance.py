"""Deviance inside a kernel: what decides between two minima of one step.

Weights that follow the model make chi-square a moving target: a higher curve has lower weights.
Their fixed point is a zero of the score ``(y - mu) / V(mu)``, with ``V`` the variance; this is the
deviance (quasi-likelihood) of that score, ``2 * integral of (y - t) / V(t) dt from mu to y``.
For counts it is the Poisson deviance; for weights that do not follow, it is chi-square. Of points
that a robust loss trusts less it is Huber's.
Wedderburn 1974, doi:10.1093/biomet/61.3.439
"""

import math

from fitting.engines.jit import kernel
from fitting.engines.kernels_curve import Model, Work
from fitting.engines.kernels_fit import FOLLOWS, Solver


@kernel
def deviance_of(model: Model, work: Work, solver: Solver, r: int) -> float:
    """Deviance of region r for the curve and the noise that stand in the buffers."""
    if solver.noise[r, 5] > 0.0:
        return _robust_deviance(work, solver, r)
    if solver.noise[r, 0] != FOLLOWS:
        return float(solver.misfit[r])
    gain, apart, floor = solver.noise[r, 1], solver.noise[r, 2], solver.noise[r, 3]
    y, curve, weight = work.y[r], work.model[r], work.weight[r]
    total = 0.0
    for i in range(work.points[r, 2]):
        if weight[i] > 0.0:
            above = _potential(y[i], y[i], gain, apart, floor)
            total += 2.0 * (above - _potential(y[i], curve[i], gain, apart, floor))
    return total


@kernel
def _robust_deviance(work: Work, solver: Solver, r: int) -> float:
    """The same where far points are trusted less: theirs is the loss of Huber."""
    gain, apart, floor = solver.noise[r, 1], solver.noise[r, 2], solver.noise[r, 3]
    follows = solver.noise[r, 0] == FOLLOWS
    y, curve, weight, trust = work.y[r], work.model[r], work.weight[r], solver.trust[r]
    total = 0.0
    for i in range(work.points[r, 2]):
        if follows and trust[i] == 1.0:
            above = _potential(y[i], y[i], gain, apart, floor)
            total += 2.0 * (above - _potential(y[i], curve[i], gain, apart, floor))
        else:
            residual = (curve[i] - y[i]) * weight[i]
            total += residual * residual * (2.0 - trust[i] * trust[i])
    return total


@kernel
def _potential(y: float, t: float, gain: float, apart: float, floor: float) -> float:
    """Antiderivative of ``(y - t) / V(t)``, with ``V(t) = max(gain * t, floor) + apart``."""
    extra, low = apart / gain, floor / gain
    where = max(t, low)
    value = ((y + extra) * math.log(where + extra) - where) / gain
    if t < low:
        value += (t - low) * (y - 0.5 * (t + low)) / (floor + apart)
    return value


@kernel
def deviance_sum(model: Model, work: Work, solver: Solver) -> float:
    """Deviance of all regions of the block."""
    total = 0.0
    for r in range(len(model.rows)):
        total += deviance_of(model, work, solver, r)
    return total
