"""Errors of a minimum inside a kernel: covariance, sandwich, limits."""

import math

from fitting.arrays import FloatArray
from fitting.engines.jit import kernel
from fitting.engines.kernels_curve import Model, Work
from fitting.engines.kernels_fit import UNIFORM, Solver
from fitting.engines.kernels_out import Out
from fitting.engines.kernels_solve import gram, inverse

LIMIT_DEVIANCE, INTERVAL_DEVIANCE = 2.71, 3.84
"""Rise of the deviance at the one-sided limit and at the ends of the two-sided interval."""

FREE_SHARE = 1e-3


@kernel
def write_errors(model: Model, work: Work, solver: Solver, out: Out, row: int) -> None:
    """Covariance and limits of the minimum whose rows and normal equations stand in the buffers."""
    size, points, absolute, total = len(model.lower), 0, True, 0.0
    for r in range(len(model.rows)):
        absolute = absolute and solver.noise[r, 0] != UNIFORM and solver.noise[r, 5] == 0.0
        points += work.points[r, 2]
        total += solver.misfit[r]
    free = 0
    for m in range(size):
        out.upper_limit[row, m] = out.deviance_drop[row, m] = math.nan
        out.lower95[row, m] = out.upper95[row, m] = math.nan
        solver.unit[m] = 0.0
        if out.at_bound[row, m] == 0 and solver.h[m, m] > 1e-290:
            solver.places[free] = m
            free += 1
    covariance, part = out.covariance[row], solver.spare
    covariance[:] = math.nan
    if not inverse(solver.h, solver.places, free, solver.factor, part):
        out.status[row, 1] = 1
        return
    scale = 1.0 if absolute else total / max(1, points - free)
    for m in range(size):
        if out.at_bound[row, m] == 1 and solver.h[m, m] > 1e-290:
            solver.unit[m] = scale
            _release(model, solver, out, row, m, free)
    if absolute:
        for i in range(free):
            for j in range(free):
                covariance[solver.places[i], solver.places[j]] = part[i, j]
    else:
        _sandwich(model, work, solver, covariance, free)
    for i in range(free):
        m = solver.places[i]
        solver.unit[m] = covariance[m, m] / part[i, i]


@kernel
def _release(model: Model, solver: Solver, out: Out, row: int, m: int, free: int) -> None:
    """What a parameter would do if it left its bound: how far it can go, and who follows."""
    h, index, part = solver.h, solver.places, solver.spare
    covariance, value = out.covariance[row], out.moving[row, m]
    remaining = h[m, m]
    for i in range(free):
        follows = 0.0
        for j in range(free):
            follows -= part[i, j] * h[index[j], m]
        covariance[index[i], m] = covariance[m, index[i]] = follows
        remaining += h[m, index[i]] * follows
    if not remaining > 1e-9 * h[m, m]:
        out.status[row, 1] = 1
        return
    inward = 1.0 if value == model.lower[m] else -1.0
    slope = max(2.0 * inward * solver.g[m] / solver.unit[m], 0.0)
    curvature = remaining / solver.unit[m]
    end = value + inward * _rise(slope, curvature, INTERVAL_DEVIANCE)
    out.lower95[row, m] = max(min(value, end), model.lower[m])
    out.upper95[row, m] = min(max(value, end), model.upper[m])
    if inward > 0.0:
        out.upper_limit[row, m] = value + _rise(slope, curvature, LIMIT_DEVIANCE)


@kernel
def _rise(slope: float, curvature: float, deviance: float) -> float:
    """How far from a bound the deviance has risen by so much."""
    root = math.sqrt(slope * slope + 4.0 * curvature * deviance)
    return (root - slope) / (2.0 * curvature)


@kernel
def _free_residuals(model: Model, work: Work, solver: Solver, free: int, r: int) -> None:
    """Rows times residuals that are freed of their own pull on the fit (HC3)."""
    rows, n, real = work.rows[r], work.points[r, 3], model.rows[r, 0]
    index, part = solver.places, solver.spare
    for i in range(n):
        leverage = 0.0
        for a in range(free):
            row = model.row_of[r, index[a]]
            if row >= 0:
                for b in range(free):
                    other = model.row_of[r, index[b]]
                    if other >= 0:
                        leverage += rows[row, i] * part[a, b] * rows[other, i]
        rows[real, i] /= max(1.0 - leverage, FREE_SHARE)
    for a in range(real):
        for i in range(n):
            rows[a, i] *= rows[real, i]


@kernel
def _sandwich(model: Model, work: Work, solver: Solver, covariance: FloatArray, free: int) -> None:
    """White's estimator; the rows are spoilt."""
    index, part, factor, meat = solver.places, solver.spare, solver.factor, solver.h
    size = len(meat)
    for a in range(size):
        for b in range(size):
            meat[a, b] = 0.0
    for r in range(len(model.rows)):
        real = model.rows[r, 0]
        _free_residuals(model, work, solver, free, r)
        gram(work.rows[r], real, work.points[r, 3], work.local)
        for a in range(real):
            for b in range(a + 1):
                m, k = model.moving[r, a], model.moving[r, b]
                meat[m, k] += work.local[a, b]
                if m != k:
                    meat[k, m] += work.local[a, b]
    for i in range(free):
        for j in range(free):
            factor[i, j] = 0.0
            for e in range(free):
                factor[i, j] += part[i, e] * meat[index[e], index[j]]
    for i in range(free):
        for j in range(free):
            value = 0.0
            for e in range(free):
                value += factor[i, e] * part[e, j]
            covariance[index[i], index[j]] = value
