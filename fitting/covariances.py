"""What the entries of a covariance matrix of a fit say where a parameter is not known alone.

The diagonal tells: a variance; nan of what is at a bound or changes nothing; or **minus** a number
of a parameter that the data do not tell from others. Its row is then that of an inverse without the
directions in which nothing changes, so that sums which these directions leave alone, such as the
amount of two phases that share all their lines, have their errors.
"""

import numpy as np

from fitting.arrays import BoolArray, FloatArray

BLIND = 1e-3
"""Share of its slope that a known quantity may have along a direction in which nothing changes."""

_NOTHING = 1e-8
"""Share of the largest eigenvalue, of correlations, that a direction without variance has."""


def estimated(covariance: FloatArray) -> BoolArray:
    """(..., F) which parameters have errors of their own."""
    return np.asarray(np.diagonal(covariance, axis1=-2, axis2=-1) >= 0.0)


def only_in_sums(covariance: FloatArray) -> BoolArray:
    """(..., F) which parameters are known in sums with others only."""
    return np.asarray(np.diagonal(covariance, axis1=-2, axis2=-1) < 0.0)


def marked(covariance: FloatArray, blind: BoolArray) -> FloatArray:
    """The matrix with minus signs on the diagonal of those (F,) that are known in sums only."""
    found = covariance.copy()
    own = np.flatnonzero(blind)
    found[own, own] = -np.abs(found[own, own])
    return found


def unmarked(covariance: FloatArray) -> FloatArray:
    """(..., F, F) with variances on the diagonal again."""
    size = covariance.shape[-1]
    return np.where(np.eye(size, dtype=bool), np.abs(covariance), covariance)


def without_directions(covariance: FloatArray, directions: FloatArray) -> FloatArray:
    """(F, F) the same for all sums that directions (F, N) leave alone, and nothing along these."""
    basis, _ = np.linalg.qr(directions)
    out = np.eye(len(covariance)) - basis @ basis.T
    return np.asarray(out @ covariance @ out)


def blind_directions(covariance: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Directions in which nothing changes, and how long a step along a parameter is for these.

    Parameters
    ----------
    covariance : (K, F, F), marked

    Returns
    -------
    (K, F, F) directions as columns, others zero; (K, F) lengths, zero for what is known alone
    """
    blind = only_in_sums(covariance)
    found, lengths = np.zeros_like(covariance), np.zeros(covariance.shape[:2])
    for k in np.flatnonzero(blind.any(axis=1)).tolist():
        own = np.flatnonzero(blind[k])
        inner = np.nan_to_num(unmarked(covariance[k])[np.ix_(own, own)])
        sigma = np.sqrt(np.diag(inner))
        safe = np.where(sigma > 0.0, sigma, 1.0)
        values, vectors = np.linalg.eigh(inner / np.outer(safe, safe))
        lost = vectors[:, values < _NOTHING * values[-1]]
        found[k][np.ix_(own, np.arange(lost.shape[1]))] = lost / safe[:, np.newaxis]
        lengths[k, own] = 1.0 / safe
    return found, lengths


def told(gradients: FloatArray, directions: FloatArray, lengths: FloatArray) -> BoolArray:
    """(K, Q) whether quantities stay where they are along all blind directions.

    Parameters
    ----------
    gradients : (K or 1, Q, F)
    directions, lengths : of ``blind_directions``
    """
    along = np.sqrt((np.matmul(gradients, directions) ** 2).sum(axis=2))
    size = np.sqrt(((gradients * lengths[:, np.newaxis]) ** 2).sum(axis=2))
    return np.asarray(along <= BLIND * size)


def variances(gradients: FloatArray, covariance: FloatArray) -> FloatArray:
    """(K, Q) variances of quantities; nan of what is not known, and of what depends on nothing.

    Parameters
    ----------
    gradients : (K or 1, Q, F) derivatives by the parameters
    covariance : (K, F, F), marked
    """
    used = gradients != 0.0
    missing = np.isnan(np.diagonal(covariance, axis1=1, axis2=2))
    through = np.matmul(gradients, np.nan_to_num(unmarked(covariance)))
    found = (through * gradients).sum(axis=2)
    hidden = np.matmul(used, missing[:, :, np.newaxis])[:, :, 0] | ~used.any(axis=2)
    if only_in_sums(covariance).any():
        hidden |= ~told(gradients, *blind_directions(covariance))
    return np.where(hidden | (found < 0.0), np.nan, found)
