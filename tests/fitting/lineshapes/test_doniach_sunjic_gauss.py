import math
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad

from fitting.lineshapes.doniach import WINDOW_WIDTHS
from fitting.lineshapes.doniach_sunjic import doniach_sunjic
from fitting.lineshapes.doniach_sunjic_gauss import doniach_sunjic_gauss
from fitting.lineshapes.voigt import voigt

X = np.array([-30.0, -8.0, -2.0, -0.5, -0.1, 0.0, 0.1, 0.5, 2.0, 8.0, 30.0])
SIGMA = 1.0 / math.sqrt(8.0 * math.log(2.0))


def slow(x, lorentz, asymmetry, gauss):
    """Adaptive quadrature of the definition, not normalised."""
    sigma = SIGMA * gauss

    def product(place):
        line = doniach_sunjic(np.array([place]), 1.0, 0.0, lorentz, asymmetry)[0]
        return line * math.exp(-0.5 * ((x - place) / sigma) ** 2)

    low, high = x - 9.0 * sigma, x + 9.0 * sigma
    wanted = (0.0, lorentz, -lorentz, 9 * lorentz, -9 * lorentz, x, x - 2 * sigma, x + 2 * sigma)
    edges = sorted({low, high, *(p for p in wanted if low < p < high)})
    return sum(
        quad(product, a, b, epsabs=1e-12, epsrel=1e-9, limit=60)[0] for a, b in pairwise(edges)
    )


@pytest.mark.parametrize(
    ("lorentz", "asymmetry", "gauss"), [(1.0, 0.1, 0.05), (0.5, 0.3, 0.5), (0.05, 0.2, 1.0)]
)
def test_agrees_with_slow_quadrature(lorentz, asymmetry, gauss):
    expected = np.array([slow(x, lorentz, asymmetry, gauss) for x in X])
    ours = doniach_sunjic_gauss(X, 1.0, 0.0, lorentz, asymmetry, gauss)
    np.testing.assert_allclose(ours / ours[5], expected / expected[5], rtol=1e-6, atol=1e-9)


def test_is_the_plain_line_without_a_gaussian():
    x = np.linspace(-15.0, 15.0, 121)
    expected = doniach_sunjic(x, 3.0, 0.4, 0.7, 0.2)
    np.testing.assert_allclose(
        doniach_sunjic_gauss(x, 3.0, 0.4, 0.7, 0.2, 0.0), expected, rtol=1e-9, atol=1e-11
    )


def test_is_a_voigt_line_without_asymmetry_but_for_the_area_outside_the_window():
    x = np.linspace(-15.0, 15.0, 121)
    reach = WINDOW_WIDTHS * (0.7 + 0.9)
    inside, _ = quad(
        lambda v: float(voigt(np.array([v]), 1.0, 0.0, 0.9, 0.7)[0]), -reach, reach, points=[0.0]
    )
    expected = voigt(x, 3.0 / inside, 0.4, 0.9, 0.7)
    np.testing.assert_allclose(
        doniach_sunjic_gauss(x, 3.0, 0.4, 0.7, 0.0, 0.9), expected, rtol=1e-9, atol=1e-10
    )
