import math

import numpy as np
import pytest
from scipy.special import voigt_profile

from fitting.lineshapes.lorentzian import lorentzian
from fitting.lineshapes.voigt import voigt, voigt_fwhm, voigt_jacobian

SIGMA = 1.0 / math.sqrt(8.0 * math.log(2.0))


@pytest.mark.parametrize(("gauss", "lorentz"), [(1.0, 0.0), (0.8, 0.3), (0.01, 1.0), (2.0, 5.0)])
def test_agrees_with_scipy(gauss, lorentz):
    x = np.linspace(-20.0, 20.0, 201)
    expected = 7.0 * voigt_profile(x - 0.4, SIGMA * gauss, 0.5 * lorentz)
    np.testing.assert_allclose(
        voigt(x, 7.0, 0.4, gauss, lorentz), expected, rtol=1e-12, atol=1e-300
    )


@pytest.mark.parametrize("gauss", [1e-5, 1e-3, 0.05])
def test_slope_by_a_narrow_gaussian_does_not_cancel(gauss):
    # Heat equation: dV/dsigma = sigma V'', and V is the Lorentzian where sigma is small.
    x = np.array([-50.0, -8.0, -1.0, 0.0, 3.0, 400.0])
    u, gamma = x, 0.5
    curvature = 2.0 * gamma / math.pi * (3.0 * u**2 - gamma**2) / (u**2 + gamma**2) ** 3
    expected = SIGMA**2 * gauss * curvature
    slope = voigt_jacobian(x, 1.0, 0.0, gauss, 1.0)[2]
    np.testing.assert_allclose(slope, expected, rtol=6.0 * gauss**2 + 1e-8)


def test_series_and_closed_form_meet():
    lorentz = 0.4
    step = 1.0 / (2.0 * math.sqrt(math.log(2.0)))  # x where |Re z| = 1 at unit Gaussian width
    edge = (30.0 - 0.2 / step) * step
    below, above = voigt_jacobian(edge + np.array([-1e-9, 1e-9]), 1.0, 0.0, 1.0, lorentz).T
    np.testing.assert_allclose(below, above, rtol=2e-9)


def test_width_agrees_with_the_approximation_of_olivero_and_longbothum():
    # doi:10.1016/0022-4073(77)90161-3, accurate to 0.02 %
    gauss, lorentz = 0.8, 0.5
    expected = 0.5346 * lorentz + math.sqrt(0.2166 * lorentz**2 + gauss**2)
    assert voigt_fwhm(gauss, lorentz) == pytest.approx(expected, rel=2e-4)


def test_is_a_lorentzian_at_the_smallest_gaussian_allowed():
    x = np.linspace(-5.0, 5.0, 51)
    expected = lorentzian(x, 2.0, 0.1, 0.7)
    np.testing.assert_allclose(voigt(x, 2.0, 0.1, 1e-6, 0.7), expected, rtol=1e-10)
