"""Step columns that were measured beside the spectra: a resistance, a pressure."""

from collections.abc import Mapping

import numpy as np

from fitting.arrays import FloatArray
from fitting.series import STEP_COLUMNS

SIDE_CHARGE = "charge_side_uAh_cm2"
PASSED = ("charge_uAh_cm2", "charge_throughput_uAh_cm2")
_COUNTERS = ("cycle", "step")


def beside(columns: Mapping[str, FloatArray], axis: str) -> dict[str, FloatArray]:
    """Those that vary along the series, and are neither axes nor counters.

    Parameters
    ----------
    columns : name -> (K,)
    axis : what the series is drawn along
    """
    left_out = {*STEP_COLUMNS, *PASSED, *_COUNTERS, axis}
    found = {}
    for name, values in columns.items():
        known = values[np.isfinite(values)]
        if name not in left_out and len(known) > 1 and np.ptp(known) > 0.0:
            found[name] = values
    return found
