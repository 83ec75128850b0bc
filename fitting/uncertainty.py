"""Errors of the fitted parameters, from the derivatives at the minimum.

What the data cannot tell stays nan here and becomes an empty cell with words beside it.
"""

from dataclasses import dataclass

import numpy as np

from fitting.arrays import BoolArray, FloatArray, IntArray
from fitting.covariances import estimated, marked, only_in_sums, unmarked, without_directions
from fitting.problem import Problem

NULL_EIGENVALUE = 1e-11
"""Eigenvalues of the Fisher matrix (scaled to unit diagonal) below this carry no information."""

NULL_LOADING = 1e-3
"""A parameter with this squared share in such an eigenvector cannot be estimated."""

FREE_SHARE = 1e-3
"""Least share of a point's residual that the fit leaves; a point that is fitted exactly has 0."""

WEAK = 25.0
"""Amounts whose square is below this many variances are profiled."""

LIMIT_DEVIANCE, INTERVAL_DEVIANCE = 2.71, 3.84
"""Rise of the deviance at the one-sided 95 % limit and at the ends of the 95 % interval."""


def weak_below(errors: str) -> float:
    """Square over variance below which an amount is profiled, by what a plan asks for."""
    return float("inf") if errors == "profile" else WEAK


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """Errors at one minimum.

    Parameters
    ----------
    covariance : (M, M); see ``fitting.covariances`` for the diagonal. Nan where it could not be
        estimated; beside the nan of a parameter at a bound stands how others follow if it leaves
    upper_limit : (M,) one-sided 95 % limit of parameters at their lower bound and of weak
        amounts, else nan
    deviance_drop : (M,) of weak amounts: if the amount were zero, as for a line of one place
    lower95, upper95 : (M,) ends of the 95 % interval of the same and of parameters at a bound
    """

    covariance: FloatArray
    upper_limit: FloatArray
    deviance_drop: FloatArray
    lower95: FloatArray
    upper95: FloatArray


def unknown(size: int) -> Uncertainty:
    """Errors of (M,) parameters that nobody asked for."""
    return Uncertainty(np.full((size, size), np.nan), *np.full((4, size), np.nan))


def uncertainty(
    problem: Problem, moving: FloatArray, at_bound: BoolArray, *, absolute: bool
) -> Uncertainty:
    """Covariance at a minimum, and how far what sits at a bound can go; all quadratic.

    Parameters
    ----------
    problem : with the standard errors that belong to the minimum
    moving : (M,) the minimum
    at_bound : (M,) parameters held at a bound
    absolute : True if the weights are real errors; else the sandwich estimator is used
        (White 1980, doi:10.2307/1912934)
    """
    jacobian, residual = problem.jacobian(moving), problem.residual(moving)
    free = np.flatnonzero(~at_bound)
    size = len(moving)
    own = Uncertainty(np.full((size, size), np.nan), *(np.full(size, np.nan) for _ in range(4)))
    covariance = own.covariance
    free = np.union1d(free, _exchangeable(jacobian, free, at_bound))
    if len(free):
        inner = inverse_with_sums(jacobian[free])
        if not absolute:
            inner = _sandwich(inner, jacobian[free], residual)
        covariance[np.ix_(free, free)] = inner
    scale = _scale(residual, len(free), absolute)
    for m in np.setdiff1d(np.flatnonzero(at_bound), free):
        slopes = np.vstack([jacobian[m], jacobian[free]])
        variances = np.diag(inverse_fisher(slopes))
        if np.isnan(variances[0]) or not scale * variances[0] > 0.0:
            continue  # it changes nothing, or there is no noise at all
        inward = 1.0 if moving[m] == problem.lower[m] else -1.0
        slope = max(2.0 * inward * float(jacobian[m] @ residual) / scale, 0.0)
        curvature = 1.0 / (float(variances[0]) * scale)
        end = moving[m] + inward * _rise(slope, curvature, INTERVAL_DEVIANCE)
        own.lower95[m] = max(min(moving[m], end), problem.lower[m])
        own.upper95[m] = min(max(moving[m], end), problem.upper[m])
        if inward > 0.0:
            own.upper_limit[m] = moving[m] + _rise(slope, curvature, LIMIT_DEVIANCE)
        followers = free[np.isfinite(variances[1:])]
        follow, *_ = np.linalg.lstsq(jacobian[followers].T, -jacobian[m], rcond=None)
        covariance[followers, m] = covariance[m, followers] = follow
    return own


def units(
    problem: Problem, moving: FloatArray, own: Uncertainty, at_bound: BoolArray, *, absolute: bool
) -> FloatArray:
    """(M,) rise of the deviance that counts as one for each parameter; 0 where not known.

    Weights that are no real errors give a deviance without a scale, and a different one for every
    parameter where they are not alike: the sandwich says which (Chandler and Bate 2007,
    doi:10.1093/biomet/asm015).
    """
    found = np.ones(len(moving))
    jacobian, residual = problem.jacobian(moving), problem.residual(moving)
    free = np.flatnonzero(~at_bound)
    if not absolute:
        found[:] = _scale(residual, len(free), absolute)
        plain = np.diag(inverse_fisher(jacobian[free]))
        found[free] = np.where(
            estimated(own.covariance)[free], np.diag(own.covariance)[free], np.nan
        )
        found[free] /= plain
    return np.nan_to_num(np.where(np.isnan(own.lower95) & at_bound, 0.0, found))


def _scale(residual: FloatArray, free: int, absolute: bool) -> float:
    """Chi-square that counts as one."""
    return 1.0 if absolute else float(residual @ residual) / max(1, len(residual) - free)


def _exchangeable(jacobian: FloatArray, free: IntArray, at_bound: BoolArray) -> IntArray:
    """Those at a bound that could take the place of free ones: none is known alone."""
    found = []
    for m in np.flatnonzero(at_bound & jacobian.any(axis=1)):
        slopes = np.vstack([jacobian[m], jacobian[free]])
        if len(free) and np.isnan(np.diag(inverse_fisher(slopes))[0]):
            found.append(m)
    return np.array(found, dtype=np.int64)


def inverse_fisher(jacobian: FloatArray) -> FloatArray:
    """(M, M) inverse of ``J @ J.T``; rows of parameters without information are nan.

    Parameters
    ----------
    jacobian : (M, N) derivatives of the weighted residual
    """
    inverse = inverse_with_sums(jacobian)
    unknown = ~estimated(inverse)
    inverse[unknown, :] = inverse[:, unknown] = np.nan
    return inverse


def inverse_with_sums(jacobian: FloatArray) -> FloatArray:
    """(M, M) the same, with rows of what is known in sums only; see ``fitting.covariances``.

    Parameters
    ----------
    jacobian : (M, N) derivatives of the weighted residual
    """
    fisher = jacobian @ jacobian.T
    scale = np.sqrt(np.diag(fisher))
    dead = scale == 0.0
    safe = np.where(dead, 1.0, scale)
    eigenvalues, vectors = np.linalg.eigh(fisher / np.outer(safe, safe))
    null = eigenvalues < NULL_EIGENVALUE
    inverted = np.where(null, 0.0, 1.0 / np.where(null, 1.0, eigenvalues))
    inverse: FloatArray = (vectors * inverted) @ vectors.T / np.outer(safe, safe)
    blind = ~dead & ((vectors[:, null] ** 2).sum(axis=1) > NULL_LOADING)
    if blind.any():
        lost = null & ((vectors[blind] ** 2).sum(axis=0) > NULL_LOADING)
        directions = np.where(blind[:, np.newaxis], vectors[:, lost], 0.0) / safe[:, np.newaxis]
        directions /= np.sqrt((directions**2).sum(axis=0))
        inverse = marked(without_directions(inverse, directions), blind)
    inverse[dead, :] = inverse[:, dead] = np.nan
    return inverse


def _sandwich(inverse: FloatArray, jacobian: FloatArray, residual: FloatArray) -> FloatArray:
    """White's estimator with every residual freed of its own pull on the fit (HC3).

    Without that, intervals of 80 points and 7 parameters cover 92 % instead of 95 %.
    MacKinnon and White 1985, doi:10.1016/0304-4076(85)90158-7
    """
    known = np.flatnonzero(np.isfinite(np.diag(inverse)))
    bread, slopes = unmarked(inverse)[np.ix_(known, known)], jacobian[known]
    leverage = (slopes * (bread @ slopes)).sum(axis=0)
    scores = slopes * (residual / np.maximum(1.0 - leverage, FREE_SHARE))
    result = np.full_like(inverse, np.nan)
    result[np.ix_(known, known)] = bread @ (scores @ scores.T) @ bread
    return marked(result, only_in_sums(inverse))


def _rise(slope: float, curvature: float, deviance: float) -> float:
    """How far from a bound the deviance has risen by so much; the others follow."""
    root = np.sqrt(slope**2 + 4.0 * curvature * deviance)
    return float((root - slope) / (2.0 * curvature))
