"""What the coefficients of the fitted curves mean, and the certified exponential of NIST."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fitting.backgrounds.constant import CONSTANT
from fitting.backgrounds.exponential import EXPONENTIAL
from fitting.backgrounds.linear import LINEAR
from fitting.backgrounds.polynomial import POLYNOMIAL
from tests.shared_data import shared_file

finite = st.floats(-1e6, 1e6)


def test_level_is_the_level() -> None:
    np.testing.assert_array_equal(CONSTANT.columns(np.array([0.0, 3.0, 7.0]), 7.0), np.ones((1, 3)))
    assert CONSTANT.coefficients() == (("level", 0),)


@given(low=finite, high=finite, width=st.floats(0.1, 5000.0))
@settings(max_examples=30)
def test_linear_is_its_middle_and_its_rise(low: float, high: float, width: float) -> None:
    u = np.array([0.0, 0.25 * width, width])
    assert [name for name, _ in LINEAR.coefficients()] == ["level", "rise"]
    line = np.array([0.5 * (low + high), high - low]) @ LINEAR.columns(u, width)
    np.testing.assert_allclose(line, [low, 0.75 * low + 0.25 * high, high], atol=1e-8)


@pytest.mark.parametrize("degree", range(10))
def test_polynomial_spans_all_powers_and_c0_is_the_mean(degree: int) -> None:
    u = np.linspace(0.0, 990.0, 4001)
    columns = POLYNOMIAL.columns(u, 990.0, degree=degree)
    for power in range(degree + 1):
        wanted = (u / 990.0) ** power
        coefficients = np.linalg.lstsq(columns.T, wanted, rcond=None)[0]
        np.testing.assert_allclose(coefficients @ columns, wanted, atol=1e-12)
        assert coefficients[0] == pytest.approx(1.0 / (power + 1), abs=2e-3)
        assert np.all(np.abs(coefficients[power + 1 :]) < 1e-12)


def test_legendre_polynomials_at_a_known_place() -> None:
    """DLMF 18.5: P2(1/2) = -1/8, P3(1/2) = -7/16."""
    columns = POLYNOMIAL.columns(np.array([7.5]), 10.0, degree=3)
    np.testing.assert_allclose(columns[:, 0], [1.0, 0.5, -0.125, -0.4375], rtol=1e-14)


def test_exponential_has_a_constant_only_when_asked() -> None:
    u = np.array([0.0, np.log(2.0), np.log(4.0)])
    bare = EXPONENTIAL.columns(u, 2.0, 1.0, constant=False)
    np.testing.assert_allclose(bare, [[1.0, 0.5, 0.25]])
    both = EXPONENTIAL.columns(u, 2.0, 1.0, constant=True)
    np.testing.assert_allclose(both, [[1.0, 0.5, 0.25], [1.0, 1.0, 1.0]])
    assert EXPONENTIAL.options[0].default is False


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["Gauss1", "Gauss2"])
def test_certified_sum_of_squares_of_nist(name: str) -> None:
    """Bare exponential of the certified b1, b2 and the certified peaks leave the certified rest."""
    text = shared_file(f"certified/NIST_StRD/{name}.dat").read_text()
    b = [float(m) for m in re.findall(r"^\s*b\d =.*?(\S+)\s+\S+\s*$", text, re.MULTILINE)]
    rest = float(re.search(r"Residual Sum of Squares:\s+(\S+)", text).group(1))
    y, x = np.array([line.split() for line in text.splitlines()[60:310]], dtype=float).T
    assert len(b) == 8
    background = b[0] * EXPONENTIAL.columns(x, 250.0, b[1], constant=False)[0]
    peaks = b[2] * np.exp(-(((x - b[3]) / b[4]) ** 2)) + b[5] * np.exp(-(((x - b[6]) / b[7]) ** 2))
    assert np.sum((y - background - peaks) ** 2) == pytest.approx(rest, rel=1e-9)
