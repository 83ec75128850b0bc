"""Numbers and bounds as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.session.typed import Bounds, bounds_of
from fitting.errors import PlanError

EDGES = st.none() | st.floats(-1e6, 1e6).map(lambda x: float(f"{x:.6g}"))


@given(EDGES, EDGES)
def test_what_is_shown_can_be_typed(low: float | None, high: float | None) -> None:
    bounds = Bounds(low, high)
    assert (bounds_of(str(bounds)) or Bounds()) == bounds


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("0.6-1.8", 0.6, 1.8),
        ("0,6 .. 1,8", 0.6, 1.8),
        ("-1 to −0.5", -1.0, -0.5),
        ("1e-3–2", 0.001, 2.0),
        (">= 0", 0.0, None),
        ("0..", 0.0, None),
        ("<3", None, 3.0),
    ],
)
def test_ways_to_say_it(text: str, low: float | None, high: float | None) -> None:
    assert bounds_of(text) == Bounds(low, high)


@pytest.mark.parametrize("text", ["a.fwhm", "a.center - 1.4", "2 * b.fwhm", ""])
def test_a_link_is_no_bounds(text: str) -> None:
    assert bounds_of(text) is None


def test_a_number_alone_is_neither() -> None:
    with pytest.raises(PlanError, match=r"1\.5 is neither bounds nor a link"):
        bounds_of("1.5")
