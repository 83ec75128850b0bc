"""Centers that are lost when a line is absent: those that belong to its amount alone."""

from collections.abc import Iterable

import numpy as np

from fitting.arrays import FloatArray, IntArray
from fitting.model import ComponentModel


def own_centers_of(
    components: Iterable[ComponentModel], slopes: FloatArray, room: FloatArray
) -> IntArray:
    """(M,) the center that belongs to the lines of one amount alone and has room, or -1.

    Of several, in other regions, the one with most room.

    Parameters
    ----------
    slopes : (P, M) derivatives of all parameters by those that move
    room : (M,) between their bounds
    """
    found = np.full(slopes.shape[1], -1)
    users: dict[int, set[tuple[int, ...]]] = {}
    for c in components:
        area = tuple(np.flatnonzero(slopes[c.area]).tolist())
        for q in np.flatnonzero(slopes[c.center]).tolist():
            users.setdefault(q, set()).add(area)
    for q, areas in users.items():
        only = next(iter(areas))
        if len(areas) == 1 and len(only) == 1 and np.isfinite(room[q]):
            m = only[0]
            if found[m] < 0 or room[q] > room[found[m]]:
                found[m] = q
    return found
