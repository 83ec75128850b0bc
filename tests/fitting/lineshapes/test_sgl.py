import math

import numpy as np
import pytest

from fitting.lineshapes.pseudo_voigt import pseudo_voigt
from fitting.lineshapes.sgl import sgl
from tests.fitting.lineshapes.casaxps import exported_components


def test_is_a_pseudo_voigt_with_the_share_of_the_area():
    x = np.linspace(-6.0, 6.0, 121)
    gauss = 0.7 * math.sqrt(math.pi / math.log(2.0))
    share = 0.3 * math.pi / (0.3 * math.pi + gauss)
    expected = pseudo_voigt(x, 7.0, 0.4, 1.3, share)
    np.testing.assert_allclose(sgl(x, 7.0, 0.4, 1.3, 0.3), expected, rtol=1e-12)


def test_mix_is_a_share_of_the_height():
    top = sgl(np.array([0.0]), 1.0, 0.0, 1.3, 0.3)[0]
    far = sgl(np.array([650.0]), 1.0, 0.0, 1.3, 0.3)[0]
    assert far / top == pytest.approx(0.3 / (1.0 + 1000.0**2), rel=1e-12)


@pytest.mark.real_data
def test_is_the_curve_that_casaxps_exported():
    components = [c for c in exported_components() if c.shape == "SGL(30)"]
    assert len(components) == 2
    for component in components:
        ours = sgl(component.x, component.area, component.position, component.fwhm, 0.3)
        # the export rounds position and width to 0.01 eV
        np.testing.assert_allclose(
            ours, component.counts_per_second, atol=2e-3 * component.counts_per_second.max()
        )
