"""Core levels as a laboratory measures them, weak ones in more sweeps; times of a step."""

from collections.abc import Sequence

import numpy as np

from fitting.arrays import FloatArray
from fitting.simulate.scene import Region

ALUMINIUM_EV = 1486.6
DWELL_S = 1.0
"""Of a point in one sweep."""

# Where metal is seen, windows hold its losses.
LITHIUM_1S = Region("Li 1s", (50.0, 61.0), 1431.0, 0.0, 0.0, 0.10, 8)
LITHIUM_1S_METAL = Region("Li 1s", (50.0, 66.0), 1431.0, 0.0, 0.0, 0.10, 8)
SULFUR_2P = Region("S 2p", (157.0, 173.0), 1326.0, 1.18, 0.5, 0.25, 1)
PHOSPHORUS_2P = Region("P 2p", (122.0, 138.0), 1355.0, 0.86, 0.5, 0.22, 4)
PHOSPHORUS_2P_METAL = Region("P 2p", (122.0, 142.0), 1355.0, 0.86, 0.5, 0.22, 4)
CHLORINE_2P = Region("Cl 2p", (194.5, 205.5), 1288.0, 1.6, 0.5, 0.26, 2)
OXYGEN_1S = Region("O 1s", (524.0, 538.0), 955.0, 0.0, 0.0, 0.45, 2)


def acquisitions_s(regions: Sequence[Region]) -> dict[str, float]:
    """Region -> how long its spectrum takes, s."""
    return {one.name: one.sweeps * len(one.axis) * DWELL_S for one in regions}


def clock(regions: Sequence[Region], passed_s: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(K,) beginning and (K,) middle of each step, s.

    Parameters
    ----------
    passed_s : (K,) time spent on the sample so far besides measuring it
    """
    whole = sum(acquisitions_s(regions).values())
    begin = passed_s + whole * np.arange(len(passed_s))
    return begin, begin + 0.5 * whole
