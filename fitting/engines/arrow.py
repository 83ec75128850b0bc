"""Arrays of the steps that share parameters; for kernels and for numpy alike."""

from typing import NamedTuple

import numpy as np

from fitting.arrays import FloatArray, IntArray


class Arrow(NamedTuple):
    """K steps of a block with M moving parameters, G of them shared, in R regions.

    Parameters
    ----------
    places : (G,) positions of the shared ones; own : (M,) 1 for the others
    theta : (K, G) where the shared ones go next
    moving : (K, M) where the steps stand; held : (K, M) -1, 0 or 1: at which bound
    gradient, ahead : (K, M); slopes : (K, M, G); matrix, pull : (K, G, G), (K, G); see ``Reduced``
    square, fall, turn : (K,) chi-square, see ``Reduced``, see ``Sums``
    status : (K,) of ``kernels_out``; those that are not FITTED stay where they are
    noise : (K, R, 6) of ``Solver.noise``; cut : (K, R, 4) of ``Work.points``
    """

    places: IntArray
    own: IntArray
    theta: FloatArray
    moving: FloatArray
    held: IntArray
    gradient: FloatArray
    ahead: FloatArray
    slopes: FloatArray
    matrix: FloatArray
    pull: FloatArray
    square: FloatArray
    fall: FloatArray
    turn: FloatArray
    status: IntArray
    noise: FloatArray
    cut: IntArray


def new_arrow(steps: int, size: int, places: IntArray, regions: int) -> Arrow:
    """Nothing known yet."""
    shared = len(places)
    own = np.ones(size, dtype=np.int64)
    own[places] = 0
    return Arrow(
        places=places,
        own=own,
        theta=np.zeros((steps, shared)),
        moving=np.zeros((steps, size)),
        held=np.zeros((steps, size), dtype=np.int64),
        gradient=np.zeros((steps, size)),
        ahead=np.zeros((steps, size)),
        slopes=np.zeros((steps, size, shared)),
        matrix=np.zeros((steps, shared, shared)),
        pull=np.zeros((steps, shared)),
        square=np.zeros(steps),
        fall=np.zeros(steps),
        turn=np.zeros(steps),
        status=np.zeros(steps, dtype=np.int64),
        noise=np.zeros((steps, regions, 6)),
        cut=np.zeros((steps, regions, 4), dtype=np.int64),
    )
