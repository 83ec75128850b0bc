"""The straight line through both ends; the fitted one is tested with the other bases."""

import numpy as np
import pytest

from fitting.backgrounds.linear import STATIC
from fitting.errors import DataError


def test_passes_through_the_mean_point_of_each_end() -> None:
    x = np.array([0.0, 1.0, 2.0, 10.0, 18.0, 20.0, 22.0])
    intensity = np.array([3.0, 4.0, 8.0, 99.0, 1.0, 2.0, 6.0])
    line = STATIC.curve(x, intensity, points=3)
    np.testing.assert_allclose(np.diff(line) / np.diff(x), (3.0 - 5.0) / (20.0 - 1.0))
    assert line[1] == pytest.approx(5.0)
    assert line[5] == pytest.approx(3.0)


@pytest.mark.parametrize("points", [1, 2, 5])
def test_is_the_line_where_there_is_nothing_else(points: int) -> None:
    x = np.sort(np.random.default_rng(points).uniform(150.0, 170.0, 40))
    np.testing.assert_allclose(STATIC.curve(x, 700.0 - 2.5 * x, points=points), 700.0 - 2.5 * x)


def test_ends_at_one_place_are_refused() -> None:
    x = np.array([1.0, 1.0, 1.0, 1.0, 1.0])
    with pytest.raises(DataError, match="need a range"):
        STATIC.curve(x, np.arange(5.0), points=2)
