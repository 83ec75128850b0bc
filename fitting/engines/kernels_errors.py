"""Errors of a minimum inside a kernel: covariance, sandwich, limits."""

import math

from fitting.arrays import FloatArray
from fitting.engines.jit import kernel
from fitting.engines.kernels_curve import Model, Work
from fitting.engines.kernels_fit import UNIFORM, Solver
from fitting.engines.kernels_out import Out
from fitting.engines.kernels_solve import gram, inverse

LIMIT_DEVIANCE = 2.71
FREE_SHARE = 1e-3


@kernel
def write_errors(model: Model, work: Work, solver: Solver, out: Out, row: int) -> None:
    """Covariance and limits of the minimum whose rows and normal equations stand in the buffers."""
    size, moving = len(model.lower), out.moving[row]
    points, absolute, total = 0, True, 0.0
    for r in range(len(model.rows)):
        absolute = absolute and solver.noise[r, 0] != UNIFORM and solver.noise[r, 5] == 0.0
        points += work.points[r, 2]
        total += solver.misfit[r]
    free = 0
    for m in range(size):
        out.upper_limit[row, m] = math.nan
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
        if moving[m] == model.lower[m]:
            _limit(model, solver, out, row, m, free, scale)
    if absolute:
        for i in range(free):
            for j in range(free):
                covariance[solver.places[i], solver.places[j]] = part[i, j]
    else:
        _sandwich(model, work, solver, covariance, free)


@kernel
def _limit(
    model: Model, solver: Solver, out: Out, row: int, m: int, free: int, scale: float
) -> None:
    """How far a parameter can rise from its bound before the deviance has risen by 2.71."""
    h, index, part = solver.h, solver.places, solver.spare
    remaining = h[m, m]
    if not remaining > 1e-290:
        return
    for i in range(free):
        for j in range(free):
            remaining -= h[m, index[i]] * part[i, j] * h[m, index[j]]
    if not remaining > 1e-9 * h[m, m]:
        out.status[row, 1] = 1
        return
    slope, curvature = max(2.0 * solver.g[m] / scale, 0.0), remaining / scale
    root = math.sqrt(slope * slope + 4.0 * curvature * LIMIT_DEVIANCE)
    out.upper_limit[row, m] = out.moving[row, m] + (root - slope) / (2.0 * curvature)


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
