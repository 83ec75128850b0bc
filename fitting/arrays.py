"""Names for the arrays that the whole project passes around."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


def frozen(values: Any) -> FloatArray:
    """Copy into a float array that can no longer be written to."""
    array = np.array(values, dtype=np.float64)
    array.setflags(write=False)
    return array
