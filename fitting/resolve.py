"""A series resolved into a few spectra and their amounts, none negative, without any line shape.

Starts from the most different spectra of the series (successive projections: Araujo et al. 2001,
doi:10.1016/S0169-7439(01)00119-8), then alternates between spectra and amounts, component by
component (Cichocki and Phan 2009, doi:10.1587/transfun.E92.A.708). Many resolutions are as good
(Tauler 2001, doi:10.1002/cem.648): a look, no measurement.
"""

import numpy as np

from fitting.arrays import FloatArray

_ROUNDS = 200


def resolved(rows: FloatArray, components: int) -> FloatArray:
    """(components, N) spectra of a series.

    Parameters
    ----------
    rows : (K, N) weighted by their noise; what is below zero is noise and counts as zero
    components : how many there are, at most K
    """
    rows = np.maximum(rows, 0.0)
    spectra = np.maximum(rows[_purest(rows, components)], 1e-9 * rows.max(initial=1e-300))
    amounts = np.ones((len(rows), len(spectra)))
    for _ in range(_ROUNDS):
        amounts = _improved(amounts, spectra, rows)
        spectra = _improved(spectra.T, amounts.T, rows.T).T
    return np.asarray(spectra)


def _purest(rows: FloatArray, components: int) -> list[int]:
    """Rows that are each farthest from the space of those before."""
    left, chosen = rows.copy(), []
    for _ in range(min(components, len(rows))):
        sizes = (left**2).sum(axis=1)
        best = int(np.argmax(sizes))
        if not sizes[best] > 0.0:
            break
        chosen.append(best)
        direction = left[best] / np.sqrt(sizes[best])
        left = left - np.outer(left @ direction, direction)
    return chosen


def _improved(factor: FloatArray, other: FloatArray, rows: FloatArray) -> FloatArray:
    """(K, R) the best non-negative columns, one after the other, in rows = factor @ other."""
    factor = factor.copy()
    along, gram = rows @ other.T, other @ other.T
    for r in range(factor.shape[1]):
        if gram[r, r] > 0.0:
            step = (along[:, r] - factor @ gram[:, r]) / gram[r, r]
            factor[:, r] = np.maximum(factor[:, r] + step, 0.0)
    return factor
