import math
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import least_squares
from scipy.special import voigt_profile

from fitting.lineshapes.la import FWHM_PER_M, la
from tests.fitting.lineshapes.casaxps import exported_components

SIGMA = FWHM_PER_M / math.sqrt(8.0 * math.log(2.0))
X = np.array([-60.0, -20.0, -5.0, -1.0, -0.3, -0.05, 0.0, 1e-3, 0.05, 0.3, 1.0, 5.0, 20.0, 60.0])


def side_area(exponent):
    return 0.25 * math.sqrt(math.pi) * math.gamma(exponent - 0.5) / math.gamma(exponent)


def slow_la(x, alpha, beta, m):
    """Adaptive quadrature of the definition, for F = 1."""
    sigma = SIGMA * m

    def product(tau):
        base = (1.0 + 4.0 * tau**2) ** -(alpha if tau > 0.0 else beta)
        return base * math.exp(-0.5 * ((x - tau) / sigma) ** 2)

    low, high = x - 9.0 * sigma, x + 9.0 * sigma
    wanted = (0.0, 0.05, -0.05, 0.5, -0.5, 3.0, -3.0, x, x - 2 * sigma, x + 2 * sigma)
    edges = sorted({low, high, *(p for p in wanted if low < p < high)})
    whole = sum(
        quad(product, a, b, epsabs=1e-12, epsrel=1e-10, limit=100)[0] for a, b in pairwise(edges)
    )
    norm = sigma * math.sqrt(2.0 * math.pi) * (side_area(alpha) + side_area(beta))
    return whole / norm


@pytest.mark.parametrize(
    ("alpha", "beta", "m"),
    [
        (1.0, 1.0, 50.0),
        (1.53, 1.53, 243.0),
        (0.6, 10.0, 1.0),
        (1.2, 100.0, 3.0),
        (30.0, 0.8, 1401.0),
    ],
)
def test_agrees_with_slow_quadrature(alpha, beta, m):
    expected = np.array([slow_la(x, alpha, beta, m) for x in X])
    ours = la(X, 1.0, 0.0, 1.0, alpha, beta, m)
    np.testing.assert_allclose(ours, expected, rtol=1e-6, atol=1e-9 * expected.max())


@pytest.mark.parametrize("m", [0.5, 2.7, 2.8, 30.0, 700.0])
def test_is_a_voigt_line_for_unit_exponents(m):
    x = np.linspace(-20.0, 20.0, 101)
    expected = 7.0 * voigt_profile(x - 0.4, SIGMA * m * 1.3, 0.65)
    np.testing.assert_allclose(la(x, 7.0, 0.4, 1.3, 1.0, 1.0, m), expected, rtol=1e-8)


def test_without_a_gaussian_it_is_a_lorentzian_to_two_powers():
    x = np.linspace(-20.0, 20.0, 101)
    base = 1.0 + 4.0 * (x / 1.3) ** 2
    norm = 1.3 * (side_area(1.2) + side_area(4.8))
    expected = np.where(x > 0.0, base**-1.2, base**-4.8) / norm
    np.testing.assert_allclose(la(x, 1.0, 0.0, 1.3, 1.2, 4.8, 0.0), expected, rtol=1e-9)


def casaxps_lf(x, center, fwhm, m):
    """CasaXPS LF(0.54, 10, 80, m): LA whose exponents rise to 3 within w = 80 widths F."""
    z = np.linspace(-7.0, 7.0, 1001)
    t = ((x - center) / fwhm)[:, None] - SIGMA * m * z
    rise = 1.0 + 4.0 * (t / 80.0) ** 2
    exponent = np.where(t > 0.0, 3.0 - (3.0 - 0.54) / rise, 3.0 - (3.0 - 10.0) / rise)
    return (1.0 + 4.0 * t**2) ** -exponent @ np.exp(-0.5 * z**2)


@pytest.mark.real_data
def test_sides_and_gaussian_are_those_of_the_curves_that_casaxps_exported():
    """Two LF lines of m = 100, different widths, one grid: exponents, sides and our width of m.

    LF is LA with damped tails (Major et al., Vacuum Technology & Coating, April 2020). Nothing but
    height, position and F is fitted; were m a number of data points, one of the two would fail.
    """
    components = [c for c in exported_components() if c.shape == "LF(0.54,10,80,100,6)"]
    assert len(components) == 2
    for component in components:
        near = np.abs(component.x - component.position) < 10.0
        x, counts = component.x[near], component.counts_per_second[near]

        def residual(free, x=x, counts=counts):
            curve = casaxps_lf(x, free[0], free[1], 100.0)
            return (curve @ counts / (curve @ curve) * curve - counts) / counts.max()

        found = least_squares(residual, [component.position, 0.5 * component.fwhm])
        assert np.abs(found.fun).max() < 1e-4
        assert found.x[0] == pytest.approx(component.position, abs=0.006)
