"""A sum of phases that nobody detected is not detected by itself."""

import numpy as np
import pytest

from fitting.quantify import FractionTable, quantify
from tests.fitting.test_quantify import fitted, model, series_of


@pytest.fixture(scope="module")
def weak() -> FractionTable:
    """B and C of about one standard error each, and of several, side by side."""
    table = model()
    areas = [0.0, 8.0, 16.0, 24.0, 32.0, 40.0]
    steps = [fitted(table, seed, b=area, c=area) for area in areas for seed in (0, 1)]
    found = quantify(series_of(table, steps), table)
    return next(one for one in found if (one.region, one.basis) == ("S 2p", "area"))


def test_a_sum_is_detected_when_it_is_far_enough_from_zero(weak: FractionTable) -> None:
    names = list(weak.names)
    b, c, both = (names.index(name) for name in ("B", "C", "group:BC"))
    with np.errstate(invalid="ignore"):
        far = (weak.area[:, both] / weak.area_stderr[:, both]) ** 2
    inside = (weak.area[:, b] > 0.0) & (weak.area[:, c] > 0.0)
    doubtful = inside & ~weak.detected[:, b] & ~weak.detected[:, c]
    assert np.array_equal(weak.detected[inside, both], far[inside] >= 5.41)
    assert np.any(doubtful & ~weak.detected[:, both])
    assert np.array_equal(weak.low95[inside, both] > 0.0, far[inside] > 1.96**2)
