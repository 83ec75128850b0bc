"""What every region of a step says about the free parameters where the fit of all has ended.

At the end of a joint fit the slopes of all regions add up to nothing; that of one region alone
does not. With it and the region's own Fisher matrix, what the region alone would give is one step
of Newton away, and so is what another sensitivity would have given. Nothing is fitted again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from fitting.arrays import BoolArray, FloatArray, IntArray
from fitting.checks.view import RegionView
from fitting.evaluate import RegionEvaluator
from fitting.model import ModelTable
from fitting.robust import HUBER, trust
from fitting.uncertainty import NULL_EIGENVALUE, NULL_LOADING


@dataclass(frozen=True, eq=False)
class Information:
    """K steps, R regions; G quantities: the F free parameters, then Q relative sensitivities.

    Parameters
    ----------
    steps : (K,) their numbers
    fisher : (K, R, G, G) zero where a region has nothing to say
    pull : (K, R, G) minus the slope of half the chi-square
    """

    steps: IntArray
    fisher: FloatArray
    pull: FloatArray

    @property
    def known(self) -> BoolArray:
        """(K, R) whether a region has something to say."""
        return np.asarray(self.fisher.any(axis=(2, 3)))


def information_of(
    table: ModelTable,
    views: Iterable[RegionView],
    steps: IntArray,
    driven: Mapping[str, IntArray],
) -> Information:
    """Fisher matrices and pulls of all regions.

    Parameters
    ----------
    views : the fitted steps of regions; one whose weights are no real errors says nothing
    steps : (K,) all steps, in order
    driven : level -> indices of the areas that its sensitivity scales
    """
    size = len(table.free) + len(driven)
    fisher = np.zeros((len(steps), len(table.regions), size, size))
    pull = np.zeros((len(steps), len(table.regions), size))
    for view in views:
        r = table.regions.index(view.region)
        places = np.searchsorted(steps, view.steps)
        for row in np.flatnonzero(view.absolute).tolist():
            mine, slopes, weight, left = _region(table, view, row, driven)
            weighted = slopes * weight
            k = places[row]
            fisher[k, r, mine[:, np.newaxis], mine] = weighted @ slopes.T
            pull[k, r, mine] = weighted @ left
    return Information(steps, fisher, pull)


def _region(
    table: ModelTable, view: RegionView, row: int, driven: Mapping[str, IntArray]
) -> tuple[IntArray, FloatArray, FloatArray, FloatArray]:
    """Quantities that change the curve, (M,), their (M, N) slopes, weights and residuals (N,)."""
    drawn, local = view.drawn, view.region.local
    inside = drawn.inside[row] & np.isfinite(view.sigma[row])
    values, free = view.values[row], view.mine
    evaluator = RegionEvaluator(view.region, drawn.x[row, inside], np.zeros(int(inside.sum())))
    rows = evaluator.jacobian(values)
    of_free = view.slopes[row if len(view.slopes) > 1 else 0][np.ix_(local, free)]
    curves, places = [np.nan_to_num(of_free).T @ rows], [free]
    for q, areas in enumerate(driven.values()):
        own = np.flatnonzero(np.isin(local, areas))
        if len(own):
            curves.append(values[local[own]][np.newaxis] @ rows[own])
            places.append(np.array([len(table.free) + q]))
    left = drawn.intensity[row] - drawn.background[row] - drawn.components[row].sum(axis=0)
    sigma = view.sigma[row, inside]
    weight = 1.0 / sigma**2
    if view.sources[row].endswith(HUBER):
        weight *= trust(np.abs(left[inside]) / sigma, True) ** 2
    return np.concatenate(places), np.concatenate(curves), weight, left[inside]


@dataclass(frozen=True, eq=False)
class Inverse:
    """Inverses of K Fisher matrices, directions without information left out.

    Parameters
    ----------
    covariance : (K, F, F) zero for what is held
    scale : (K, F) roots of the diagonals of the Fisher matrices; inf for what is held
    null : (K, F, F) columns are directions without information, others zero; scaled
    """

    covariance: FloatArray
    scale: FloatArray
    null: FloatArray

    def tells(self, weights: FloatArray) -> BoolArray:
        """(K,) whether a weighted sum (F,) of parameters can be told; what is held can."""
        with np.errstate(invalid="ignore", divide="ignore"):
            scaled = np.where(weights != 0.0, weights / self.scale, 0.0)
            along = np.einsum("kf,kfn->kn", np.nan_to_num(scaled), self.null)
            loading = (along**2).sum(axis=1) / (scaled**2).sum(axis=1)
        return np.asarray(np.isfinite(scaled).all(axis=1) & (loading <= NULL_LOADING))


def inverse_of(fisher: FloatArray, moving: BoolArray) -> Inverse:
    """Inverses of (K, F, F) matrices with only some (K, F) parameters moving."""
    size = fisher.shape[-1]
    diagonal = np.sqrt(np.diagonal(fisher, axis1=1, axis2=2))
    active = moving & (diagonal > 0.0)
    safe = np.where(active, diagonal, 1.0)
    pairs = active[:, :, np.newaxis] & active[:, np.newaxis]
    products = safe[:, :, np.newaxis] * safe[:, np.newaxis]
    eigenvalues, vectors = np.linalg.eigh(np.where(pairs, fisher / products, np.eye(size)))
    dead = eigenvalues < NULL_EIGENVALUE
    inverted = np.where(dead, 0.0, 1.0 / np.where(dead, 1.0, eigenvalues))
    inner = np.matmul(vectors * inverted[:, np.newaxis], np.swapaxes(vectors, 1, 2)) / products
    scale = np.where(moving, diagonal, np.inf)
    return Inverse(np.where(pairs, inner, 0.0), scale, vectors * dead[:, np.newaxis])
