import math

import numpy as np
import pytest
from lmfit.lineshapes import doniach as lmfit_doniach
from scipy.integrate import quad
from scipy.optimize import minimize_scalar

from fitting.lineshapes.doniach_sunjic import doniach_sunjic
from fitting.lineshapes.lorentzian import lorentzian

X = np.linspace(-15.0, 15.0, 121)


@pytest.mark.parametrize("asymmetry", [0.0, 0.05, 0.3, 0.5])
def test_has_the_form_of_lmfit_mirrored_to_binding_energy(asymmetry):
    theirs = lmfit_doniach(-X, amplitude=1.0, center=-0.4, sigma=0.35, gamma=asymmetry)
    ours = doniach_sunjic(X, 3.0, 0.4, 0.7, asymmetry)
    np.testing.assert_allclose(ours / ours.max(), theirs / theirs.max(), rtol=1e-12)


@pytest.mark.parametrize("asymmetry", [0.0, 1e-9, 1e-5, 0.2])
def test_area_is_that_of_the_stated_window(asymmetry):
    inside, _ = quad(
        lambda x: float(doniach_sunjic(np.array([x]), 3.0, 0.4, 0.7, asymmetry)[0]),
        0.4 - 7.0,
        0.4 + 7.0,
        points=[0.4],
        epsabs=1e-11,
        limit=200,
    )
    assert inside == pytest.approx(3.0, rel=1e-9)


def test_maximum_lies_where_doniach_and_sunjic_put_it():
    # doi:10.1088/0022-3719/3/2/010: E0 - gamma cot(pi / (2 - alpha)) on the binding-energy axis
    asymmetry, gamma = 0.2, 0.35
    top = minimize_scalar(
        lambda x: -float(doniach_sunjic(np.array([x]), 1.0, 0.0, 2.0 * gamma, asymmetry)[0]),
        bounds=(-0.5, 0.5),
        method="bounded",
        options={"xatol": 1e-10},
    ).x
    assert top == pytest.approx(-gamma / math.tan(math.pi / (2.0 - asymmetry)), abs=1e-7)
    assert top == pytest.approx(
        gamma * math.tan(math.pi * asymmetry / (4 - 2 * asymmetry)), abs=1e-7
    )


def test_is_a_lorentzian_without_asymmetry_but_for_the_area_outside_the_window():
    share = 2.0 / math.pi * math.atan(20.0)
    expected = lorentzian(X, 3.0 / share, 0.4, 0.7)
    np.testing.assert_allclose(doniach_sunjic(X, 3.0, 0.4, 0.7, 0.0), expected, rtol=1e-12)
