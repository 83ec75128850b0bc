import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fitting.attenuation import Material, overlayer_factor, tpp2m_nm
from fitting.thickness import bulk_ratio, layer_thickness_nm

OXIDE = Material("Al2O3", 3.2, 101.96, 24, 6.2)
METAL = Material("Al", 2.70, 26.98, 3, 0.0)


def test_the_bulk_ratio_of_aluminium_is_that_of_the_literature() -> None:
    found = bulk_ratio(OXIDE, METAL, (2.0, 1.0), (1412.0, 1415.0))
    assert found == pytest.approx(0.67, abs=0.13)  # Strohmeier: 1 / (1.6 x 2.6 / 2.8)


@settings(deadline=None, max_examples=50)
@given(st.floats(0.1, 10.0), st.floats(0.0, 60.0), st.floats(0.2, 3.0))
def test_it_undoes_the_overlayer_formula(thickness: float, angle: float, bulk: float) -> None:
    length = tpp2m_nm(1412.0, OXIDE)
    through = overlayer_factor(1.0, thickness, length, angle)
    ratio = np.array([bulk * (1.0 - through) / through])
    found, _ = layer_thickness_nm(ratio, 0.0 * ratio, bulk, length, np.array([angle]))
    assert found[0] == pytest.approx(thickness, rel=1e-9)


def test_its_error_is_that_of_a_moved_ratio() -> None:
    angle, step = np.array([40.0]), 1e-6
    one, error = layer_thickness_nm(np.array([3.0]), np.array([0.2]), 0.67, 3.0, angle)
    other, _ = layer_thickness_nm(np.array([3.0 + step]), np.array([0.2]), 0.67, 3.0, angle)
    assert error[0] == pytest.approx((other[0] - one[0]) / step * 0.2, rel=1e-5)
