import numpy as np
import pytest
from lmfit.lineshapes import lorentzian as lmfit_lorentzian

from fitting.lineshapes.lorentzian import lorentzian


def test_agrees_with_lmfit():
    x = np.linspace(-4.0, 6.0, 101)
    expected = lmfit_lorentzian(x, amplitude=7.0, center=0.4, sigma=0.65)
    np.testing.assert_allclose(lorentzian(x, 7.0, 0.4, 1.3), expected, rtol=1e-12)


def test_half_of_the_height_at_half_of_the_width():
    top, half = lorentzian(np.array([2.0, 2.65]), 3.0, 2.0, 1.3)
    assert half == pytest.approx(0.5 * top, rel=1e-14)
