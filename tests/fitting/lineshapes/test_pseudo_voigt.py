import numpy as np
import pytest
from lmfit.lineshapes import pvoigt

from fitting.lineshapes.gaussian import gaussian
from fitting.lineshapes.lorentzian import lorentzian
from fitting.lineshapes.pseudo_voigt import pseudo_voigt


@pytest.mark.parametrize("fraction", [0.0, 0.3, 1.0])
def test_agrees_with_lmfit(fraction):
    x = np.linspace(-4.0, 6.0, 101)
    expected = pvoigt(x, amplitude=7.0, center=0.4, sigma=0.65, fraction=fraction)
    np.testing.assert_allclose(pseudo_voigt(x, 7.0, 0.4, 1.3, fraction), expected, rtol=1e-12)


def test_fraction_is_a_share_of_the_area():
    x = np.linspace(-4.0, 6.0, 101)
    parts = gaussian(x, 7.5, 0.4, 1.3) + lorentzian(x, 2.5, 0.4, 1.3)
    np.testing.assert_allclose(pseudo_voigt(x, 10.0, 0.4, 1.3, 0.25), parts, rtol=1e-12)
