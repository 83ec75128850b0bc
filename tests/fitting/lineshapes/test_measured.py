import math

import numpy as np
import pytest
from scipy.integrate import quad

from fitting.errors import DataError
from fitting.lineshapes.gaussian import gaussian
from fitting.lineshapes.measured import measured_shape

X = np.linspace(10.0, 20.0, 101)
CURVE = 40.0 * np.exp(-((X - 14.0) ** 2)) + 5.0


def test_repeats_the_template_at_its_points_when_nothing_is_changed():
    shape = measured_shape(X, CURVE, "spectrum")
    np.testing.assert_allclose(shape.value(X, 1.0, 0.0, 0.0), CURVE, rtol=1e-12)
    np.testing.assert_allclose(shape.value(X, 2.5, 0.0, 0.0), 2.5 * CURVE, rtol=1e-12)


def test_positive_center_moves_it_to_higher_x():
    shape = measured_shape(X, CURVE, "spectrum")
    np.testing.assert_allclose(shape.value(X[:-3] + 0.3, 1.0, 0.3, 0.0), CURVE[:-3], rtol=1e-9)


def test_end_values_are_held_outside():
    shape = measured_shape(X, CURVE, "spectrum")
    np.testing.assert_allclose(shape.value(np.array([-99.0, 99.0]), 1.0, 0.0, 0.0), CURVE[[0, -1]])
    np.testing.assert_array_equal(shape.jacobian(np.array([-99.0, 99.0]), 1.0, 0.0, 0.0)[1], 0.0)


def test_scaled_by_area_it_integrates_to_the_area():
    shape = measured_shape(X[::-1], CURVE[::-1], "area")
    inside, _ = quad(lambda x: float(shape.value(np.array([x]), 3.0, 0.0, 0.0)[0]), 10.0, 20.0)
    assert inside == pytest.approx(3.0, rel=1e-7)


def test_broadened_gaussian_is_the_wider_gaussian():
    x = np.linspace(-10.0, 10.0, 401)
    shape = measured_shape(x, gaussian(x, 1.0, 0.0, 1.2), "area")
    expected = gaussian(x, 2.0, 0.4, math.hypot(1.2, 0.9))
    np.testing.assert_allclose(shape.value(x, 2.0, 0.4, 0.9), expected, atol=1e-6 * expected.max())
    assert shape.fwhm(0.9) == pytest.approx(math.hypot(1.2, 0.9), rel=1e-5)


def test_lines_with_and_without_broadening_may_stand_together():
    shape = measured_shape(X, CURVE, "spectrum")
    columns = [np.array(c)[:, None] for c in ([1.0, 2.0], [0.1, -0.2], [0.0, 0.7])]
    together = shape.value(X, *columns)
    np.testing.assert_allclose(together[0], shape.value(X, 1.0, 0.1, 0.0), rtol=1e-12)
    np.testing.assert_allclose(together[1], shape.value(X, 2.0, -0.2, 0.7), rtol=1e-12)


def test_repeated_points_are_averaged():
    shape = measured_shape(
        np.array([3.0, 1.0, 2.0, 2.0, 4.0]), np.array([3.0, 1.0, 10.0, 20.0, 4.0]), "spectrum"
    )
    np.testing.assert_allclose(shape.value(np.array([2.0]), 1.0, 0.0, 0.0), 15.0)


@pytest.mark.parametrize(
    ("x", "intensity", "scale", "said"),
    [
        (X[:3], CURVE[:3], "area", "at least 4 points, got 3"),
        (X, np.where(X > 12.0, np.nan, 1.0), "area", "nan"),
        (X, -CURVE, "area", "positive area, this one has -12"),
        (X, CURVE[:5], "area", r"one intensity per position, got \(5,\) for \(101,\)"),
    ],
)
def test_unusable_templates_are_refused(x, intensity, scale, said):
    with pytest.raises(DataError, match=said):
        measured_shape(x, intensity, scale)


def test_a_template_that_does_not_fall_has_no_width():
    with pytest.raises(DataError, match="does not fall to half"):
        measured_shape(X, X, "spectrum").fwhm(0.0)
