import pytest

from fitting.errors import PlanError
from fitting.lineshapes.catalogue import LINE_SHAPES, SHAPE_NAMES, line_shape


def test_names_are_those_that_plans_use():
    assert SHAPE_NAMES == (
        "gaussian",
        "lorentzian",
        "voigt",
        "pseudo_voigt",
        "gl",
        "sgl",
        "la",
        "doniach_sunjic",
        "doniach_sunjic_gauss",
        "measured",
    )


@pytest.mark.parametrize("name", LINE_SHAPES)
def test_every_name_finds_its_shape(name):
    assert line_shape(name).name == name


def test_unknown_shape_is_named_with_what_would_be_right():
    with pytest.raises(PlanError, match='"gauss" is not a line shape; use one of gaussian, loren'):
        line_shape("gauss")


def test_measured_asks_for_its_spectrum():
    with pytest.raises(PlanError, match="needs the spectrum"):
        line_shape("measured")
