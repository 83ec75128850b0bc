import numpy as np
import pytest

from fitting.lineshapes.half_maximum import full_width


def test_finds_both_sides_of_a_lopsided_line():
    # a triangle from -1 over 0.5 to 5
    def triangle(x):
        return np.interp(x, [-1.0, 0.5, 5.0], [0.0, 4.0, 0.0])

    assert full_width(triangle, 1.0) == pytest.approx(3.0, rel=1e-6)


def test_scale_may_be_much_too_small():
    assert full_width(lambda x: np.exp(-(x**2)), 0.05) == pytest.approx(2 * np.sqrt(np.log(2)))
