import math

import numpy as np
import pytest
from scipy.integrate import quad

from fitting.lineshapes.gaussian import gaussian
from fitting.lineshapes.gl import gl, gl_fwhm, gl_jacobian
from fitting.lineshapes.lorentzian import lorentzian

X = np.linspace(-6.0, 6.0, 121)


def unit_height(x, fwhm, mix):
    """The formula of the CasaXPS manual: product of two profiles of height 1."""
    gauss = math.exp(-4.0 * math.log(2.0) * (1.0 - mix) * x**2 / fwhm**2)
    return gauss / (1.0 + 4.0 * mix * x**2 / fwhm**2)


@pytest.mark.parametrize("mix", [0.0, 1e-12, 0.01, 0.0499999, 0.0500001, 0.3, 0.9, 0.999, 1.0])
def test_agrees_with_the_product_of_unit_height_and_its_quadrature(mix):
    share, _ = quad(lambda t: unit_height(math.tan(t), 1.3, mix) / math.cos(t) ** 2, 0, math.pi / 2)
    expected = [7.0 * unit_height(x, 1.3, mix) / (2.0 * share) for x in X]
    np.testing.assert_allclose(gl(X, 7.0, 0.0, 1.3, mix), expected, rtol=1e-7, atol=1e-15)


def test_ends_are_the_plain_lines():
    np.testing.assert_allclose(gl(X, 2.0, 0.1, 1.3, 0.0), gaussian(X, 2.0, 0.1, 1.3), rtol=1e-12)
    np.testing.assert_allclose(gl(X, 2.0, 0.1, 1.3, 1.0), lorentzian(X, 2.0, 0.1, 1.3), rtol=1e-12)
    assert gl_fwhm(1.3, 0.0) == pytest.approx(1.3, rel=1e-9)
    assert gl_fwhm(1.3, 1.0) == pytest.approx(1.3, rel=1e-9)


def test_width_of_gl30_is_narrower_than_its_parameter():
    # 2^-(0.7 u^2) / (1 + 0.3 u^2) = 1/2
    u = gl_fwhm(1.0, 0.3)
    assert 2.0 ** -(0.7 * u**2) / (1.0 + 0.3 * u**2) == pytest.approx(0.5, rel=1e-9)
    assert u < 0.97


@pytest.mark.parametrize("mix", [0.02, 0.0499999, 0.0500001])
def test_slope_by_mix_is_smooth_across_its_two_formulas(mix):
    step = 1e-6
    expected = (gl(X, 2.0, 0.0, 1.3, mix + step) - gl(X, 2.0, 0.0, 1.3, mix - step)) / (2.0 * step)
    slope = gl_jacobian(X, 2.0, 0.0, 1.3, mix)[3]
    np.testing.assert_allclose(slope, expected, atol=1e-8 * np.abs(expected).max())
