"""Which parameters a plan shares, and how they may drift."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fitting.build import build_model
from fitting.errors import PlanError
from fitting.plan import Plan
from fitting.sharing import Drift, drift_of, middle, shared_places


def plan(shared: list[str], **series: Any) -> Plan:
    a = {"id": "a", "center": {"value": 161.0, "min": 160.0, "max": 162.0}}
    a["fwhm"] = {"value": 1.0, "min": 0.5, "max": 2.0}
    b = {"id": "b", "center": "a.center + 2", "fwhm": {"value": 1.2, "min": 0.5, "max": 2.0}}
    region = {
        "name": "S 2p",
        "window": [157.0, 166.0],
        "background": {"kind": "shirley", "active": True},
        "defaults": {"shape": "gaussian"},
        "components": [a, b, {"id": "c", "center": 164.0, "fwhm": 1.0}],
    }
    words = {"strategy": "shared", "shared": shared, **series}
    return Plan.from_data({"series": words, "regions": [region]})


def names(shared: list[str]) -> list[str]:
    table = build_model(plan(shared))
    return [table.parameters[table.free[f]].name for f in shared_places(table)]


def test_a_word_means_a_parameter_of_all_components_or_of_one() -> None:
    assert names(["fwhm"]) == ["a.fwhm", "b.fwhm"]
    assert names(["b.fwhm"]) == ["b.fwhm"]
    assert names(["center", "a.fwhm"]) == ["a.center", "a.fwhm"]
    assert names(["k"]) == ["S 2p:background.k"]


@pytest.mark.parametrize(
    ("shared", "key", "problem"),
    [
        ([], "series.shared", "is empty"),
        (["fwmh"], "series.shared[0]", "did you mean 'fwhm'"),
        (["fwhm", "area"], "series.shared[1]", "differs from step to step"),
        (["b.center"], "series.shared[0]", "linked to 'a.center + 2'"),
        (["c.fwhm"], "series.shared[0]", "fixed at 1"),
    ],
)
def test_what_cannot_be_shared_is_said(shared: list[str], key: str, problem: str) -> None:
    with pytest.raises(PlanError) as error:
        build_model(plan(shared))
    assert error.value.key == key
    assert problem in error.value.problem


@pytest.mark.parametrize("words", [{"shared": ["fwhm"]}, {"stiffness": 2.0}])
def test_other_strategies_share_nothing(words: dict[str, Any]) -> None:
    with pytest.raises(PlanError, match='needs strategy = "shared" or "joint", not "chained"'):
        plan(**{"shared": [], "strategy": "chained", **words})


def test_a_stiffness_is_a_length() -> None:
    with pytest.raises(PlanError, match="stiffness"):
        plan(["fwhm"], stiffness=0.0)
    assert drift_of(None, np.linspace(0.0, 10.0, 5)) == Drift()
    assert drift_of(2.5, np.linspace(0.0, 10.0, 5)).pieces == 4
    assert drift_of(100.0, np.linspace(0.0, 10.0, 5)).pieces == 1
    assert drift_of(2.5, np.full(5, 3.0)) == Drift()
    with pytest.raises(PlanError, match=r"into 10000 pieces; give at least 0\.05"):
        drift_of(0.001, np.linspace(0.0, 10.0, 5))


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 12), st.floats(-5.0, 5.0), st.floats(0.1, 100.0))
def test_functions_add_up_to_one_and_hold_every_cubic(pieces: int, low: float, size: float) -> None:
    drift = Drift(low, low + size, pieces)
    position = low + size * np.linspace(0.0, 1.0, 41)
    functions = drift.functions(position)
    assert functions.shape == (41, drift.size)
    assert np.all(functions >= 0.0)
    assert functions.sum(axis=1) == pytest.approx(1.0)
    if pieces:
        u = (position - low) / size
        cubic = 1.0 - 2.0 * u + 3.0 * u**2 - 4.0 * u**3
        found = functions @ np.linalg.lstsq(functions, cubic, rcond=None)[0]
        assert found == pytest.approx(cubic, abs=1e-9)


def test_the_middle_is_not_moved_by_a_few() -> None:
    position = np.linspace(0.0, 1.0, 41)
    values = (1.0 + 0.1 * position)[:, np.newaxis].repeat(2, axis=1)
    values[7], values[20] = 100.0, -100.0
    errors = np.full_like(values, 0.1)
    errors[:, 1] = np.nan
    functions = Drift(0.0, 1.0, 3).functions(position)
    found = middle(values, errors, functions) @ functions.T
    assert np.all(np.abs(found - (1.0 + 0.1 * position)) < 0.03)


def test_an_error_that_is_not_known_has_no_say() -> None:
    values = np.array([[1.0], [5.0], [5.0], [1.1]])
    errors = np.array([[0.1], [np.nan], [np.nan], [0.1]])
    assert middle(values, errors, np.ones((4, 1)))[0, 0] in (1.0, 1.1)
