import math

import numpy as np
import pytest

from fitting.lineshapes.catalogue import LINE_SHAPES, SHAPE_NAMES
from fitting.lineshapes.measured import measured_shape
from fitting.lineshapes.shape import LineShape
from tests.contracts.lineshape import Case, LineShapeContract

WIDTH = (0.3, 3.0)
SHARE = (0.05, 0.95)
FAR = 1e4


def lorentz_tail(distance: float, fwhm: float) -> float:
    """Share of a Lorentzian beyond +- distance."""
    return 2.0 / math.pi * math.atan(0.5 * fwhm / distance)


def mixed_tail(by_area, distance: float, fwhm: float, share: float) -> float:
    return by_area(share) * lorentz_tail(distance, fwhm)


def share_of_area(mix: float) -> float:
    gauss = (1.0 - mix) * math.sqrt(math.pi / math.log(2.0))
    return mix * math.pi / (mix * math.pi + gauss)


def la_tail(distance: float, fwhm: float, alpha: float, beta: float, m: float) -> float:
    """Power laws of both sides; the Gaussian changes them by (sigma / distance)^2."""

    def beyond(exponent: float) -> float:
        t = distance / fwhm
        return 0.25**exponent * t ** (1.0 - 2.0 * exponent) / (2.0 * exponent - 1.0)

    def whole(exponent: float) -> float:
        ratio = math.exp(math.lgamma(exponent - 0.5) - math.lgamma(exponent))
        return 0.25 * math.sqrt(math.pi) * ratio

    return (beyond(alpha) + beyond(beta)) / (whole(alpha) + whole(beta))


def two_bands(factor: float) -> LineShape:
    """A made-up template with two bands that ends on zero, on an uneven axis."""
    inner = np.random.default_rng(5).uniform(-4.0, 4.0, 60)
    x = np.concatenate([[-5.0, -4.8, -4.6, -4.4], np.sort(inner), [4.4, 4.6, 4.8, 5.0]])
    bands = np.exp(-2.0 * x**2) + 0.3 * np.exp(-6.0 * (x - 1.5) ** 2)
    return measured_shape(factor * x, np.where(np.abs(x) > 4.0, 0.0, bands), "area")


CASES = (
    Case(LINE_SHAPES["gaussian"], (WIDTH,), lambda fwhm: 10.0 * fwhm),
    Case(LINE_SHAPES["lorentzian"], (WIDTH,), lambda fwhm: FAR * fwhm, lorentz_tail),
    Case(
        LINE_SHAPES["voigt"],
        (WIDTH, WIDTH),
        lambda gauss, lorentz: FAR * (gauss + lorentz),
        lambda distance, gauss, lorentz: lorentz_tail(distance, lorentz),
    ),
    Case(
        LINE_SHAPES["pseudo_voigt"],
        (WIDTH, SHARE),
        lambda fwhm, share: FAR * fwhm,
        lambda *a: mixed_tail(lambda share: share, *a),
    ),
    Case(LINE_SHAPES["gl"], (WIDTH, SHARE), lambda fwhm, mix: 40.0 * fwhm),
    Case(
        LINE_SHAPES["sgl"],
        (WIDTH, SHARE),
        lambda fwhm, mix: FAR * fwhm,
        lambda *a: mixed_tail(share_of_area, *a),
    ),
    Case(
        LINE_SHAPES["la"],
        (WIDTH, (0.7, 3.0), (0.7, 5.0), (1.0, 300.0)),
        lambda fwhm, *_: FAR * fwhm,
        la_tail,
        longer_tail=(1.0, 1.1, 2.5, 30.0),
    ),
    Case(
        LINE_SHAPES["doniach_sunjic"],
        (WIDTH, (0.01, 0.45)),
        lambda lorentz, asymmetry: 10.0 * lorentz,
        longer_tail=(1.0, 0.1),
    ),
    Case(
        LINE_SHAPES["doniach_sunjic_gauss"],
        (WIDTH, (0.01, 0.45), WIDTH),
        lambda lorentz, asymmetry, gauss: 10.0 * (lorentz + gauss),
        longer_tail=(1.0, 0.2, 0.5),
    ),
    Case(two_bands(1.0), ((0.1, 1.0),), lambda broadening: 20.0, stretched=two_bands),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.shape.name)
class TestEveryShape(LineShapeContract):
    pass


def test_every_shape_of_the_catalogue_is_under_contract():
    assert sorted(case.shape.name for case in CASES) == sorted(SHAPE_NAMES)
