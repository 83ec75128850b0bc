"""Errors of joint amounts: what counting leaves open, and what common sensitivities do.

Both are in the covariance of a result, for sensitivities are fitted with it. They are told apart
by holding the sensitivities: ``total = counting + J S J'``, J how the others follow, S the
covariance of the sensitivities, what was known of them beforehand included.
"""

import numpy as np

from fitting.arrays import FloatArray
from fitting.covariances import marked, only_in_sums, unmarked
from fitting.model import ModelTable


def counting_covariance(covariance: FloatArray, table: ModelTable) -> FloatArray:
    """(K, F, F) with the sensitivities held where they are; their own rows are zero.

    Parameters
    ----------
    covariance : (K, F, F) of the free parameters, as of ``SeriesResult``
    """
    if not table.factors.any():
        return covariance
    blind = only_in_sums(covariance)
    left = unmarked(covariance) - systematic_covariance(covariance, table)
    left[:, table.factors, :] = left[:, :, table.factors] = 0.0
    return np.array([marked(own, which) for own, which in zip(left, blind, strict=True)])


def systematic_covariance(covariance: FloatArray, table: ModelTable) -> FloatArray:
    """(K, F, F) part that the sensitivities have, common to all steps.

    The systematic variance of a quantity with (F,) derivatives d is ``d @ this @ d``.
    """
    follow = following(covariance, table)
    own = np.nan_to_num(covariance[:, table.factors][:, :, table.factors])
    return np.asarray(follow @ own @ np.swapaxes(follow, 1, 2))


def following(covariance: FloatArray, table: ModelTable) -> FloatArray:
    """(K, F, S) how the free parameters follow the S sensitivities; themselves with 1.

    What sits at a bound, or is not known, follows nothing.
    """
    return np.array([_following(own, table) for own in covariance])


def _following(covariance: FloatArray, table: ModelTable) -> FloatArray:
    places = np.flatnonzero(table.factors)
    own = np.nan_to_num(covariance[np.ix_(places, places)])
    inside = np.isfinite(np.diag(covariance))
    across = np.where(inside[:, np.newaxis], np.nan_to_num(covariance[:, places]), 0.0)
    return np.asarray(across @ np.linalg.pinv(own, hermitian=True))
