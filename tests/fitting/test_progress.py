"""Extent of the reduction and balance of elements, from joint fits of simulated amounts."""

from typing import Any

import numpy as np
import pytest

from fitting.build import build_model
from fitting.model import ModelTable
from fitting.plan import Plan
from fitting.progress import CAUSES, Progress, progress_of
from tests.fitting.joint_series import joint_fit, seen_with
from tests.fitting.test_joint import measured, plan_data

STEPS = 24
FORMULAS = {
    "Li6PS5Cl": {"formula": "Li6PS5Cl"},
    "Li2S": {"formula": "Li2S"},
    "LixP": {"formula": "LixP", "composition": {"symbol": "x", "value": 3.0}},
}
LEFT, FORMED = 6000.0, 2000.0
BALANCED = {"Li6PS5Cl": LEFT, "Li2S": 5.0 * FORMED, "LixP": FORMED}


def model(**phases: Any) -> ModelTable:
    return build_model(Plan.from_data(plan_data(phases={**FORMULAS, **phases})))


def found(factors: dict[str, float], count: int = STEPS, **amounts: float) -> dict[str, Progress]:
    table = model()
    made = seen_with(table, factors)
    steps = [measured(made, seed, **{**BALANCED, **amounts}) for seed in range(count)]
    result, _ = joint_fit(table, steps)
    return {one.quantity: one for one in progress_of(result, table)}


@pytest.fixture(scope="module")
def balanced() -> dict[str, Progress]:
    return found({})


def pulls(one: Progress, true: float) -> np.ndarray:
    return (one.value - true) / one.stderr


def test_what_is_told(balanced):
    """No chlorine was measured, so it has no balance; the rest has."""
    assert list(balanced) == [
        "extent",
        "extent_S",
        "extent_P",
        "Li2S_per_Li3P",
        "balance_S_per_P",
    ]


def test_extents_and_ratios_are_the_truth_within_their_errors(balanced):
    share = FORMED / (LEFT + FORMED)
    true = {"extent": share, "extent_S": share, "extent_P": share, "Li2S_per_Li3P": 5.0}
    for name, value in {**true, "balance_S_per_P": 5.0}.items():
        away = pulls(balanced[name], value)
        assert np.isfinite(away).all(), name
        assert abs(away.mean()) < 4.0 / np.sqrt(STEPS), name
        assert 0.6 < away.std() < 1.5, name


def test_a_balance_that_holds_is_not_called_violated(balanced):
    one = balanced["balance_S_per_P"]
    assert one.expected == 5.0
    assert one.is_balance
    said = [one.note(k) for k in range(STEPS)]
    assert said.count("") >= STEPS - 1
    # a quarter has reacted; lines of the electrolyte share one amount
    np.testing.assert_allclose(one.systematic, 0.25 * np.hypot(0.1, 0.1) * 5.0, rtol=0.05)


def test_missing_sulfur_is_seen_and_named():
    one = found({}, 4, Li6PS5Cl=2000.0, Li2S=200.0, LixP=6000.0)["balance_S_per_P"]
    for k in range(4):
        assert one.tension_with_sensitivities[k] < -3.0
        assert one.note(k).startswith("mass balance violated by ")
        assert one.note(k).endswith(CAUSES)


def test_what_sensitivities_leave_open_is_no_violation():
    """A quarter more of a product than there is: counting sees it, sensitivities may explain it."""
    one = found({"P 2p/LixP": 1.25}, 4)["balance_S_per_P"]
    assert np.all(np.abs(one.tension) > 3.0)
    assert all("within what sensitivities leave open" in one.note(k) for k in range(4))


def test_an_absent_phase_leaves_its_ratio_open():
    one = found({}, 2, LixP=0.0)["Li2S_per_Li3P"]
    for k in range(2):
        assert (
            "not determined" in one.note(k) or not np.isfinite(one.stderr[k]) or one.value[k] > 50
        )


def test_a_free_composition_counts_by_its_ends():
    free = {"symbol": "x", "value": 1.5, "min": 0.0, "max": 3.0, "known": "free"}
    table = model(LixP={"formula": "LixP", "composition": free})
    ends = {"LixP.min": 800.0, "LixP.max": 1200.0}
    result, _ = joint_fit(table, [measured(table, 1, **{**BALANCED, **ends})])
    names = {one.quantity: one for one in progress_of(result, table)}
    assert "extent_P" not in names  # LixP is not Li3P as long as x is open
    values = result.values[0]
    both = sum(values[table.index[f"amount.LixP.{end}"]] for end in ("min", "max"))
    sulfur = 5.0 * values[table.index["amount.Li6PS5Cl"]] + values[table.index["amount.Li2S"]]
    whole = sulfur / (values[table.index["amount.Li6PS5Cl"]] + both)
    assert names["balance_S_per_P"].value[0] == pytest.approx(whole)


def test_without_amounts_or_electrolyte_there_is_nothing_to_tell():
    chained = build_model(
        Plan.from_data(plan_data(phases=FORMULAS, series={"strategy": "chained"}))
    )
    result, _ = joint_fit(chained, [measured(model(), 1)])
    assert progress_of(result, chained) == ()
    nameless = model(Li6PS5Cl={})
    result, _ = joint_fit(nameless, [measured(nameless, 1)])
    assert progress_of(result, nameless) == ()


def test_an_element_that_nobody_measured_is_not_balanced() -> None:
    data = plan_data(phases=FORMULAS)
    data["regions"] = [one for one in data["regions"] if one["name"] != "P 2p"]
    table = build_model(Plan.from_data(data))
    whole = model()
    spectra = [measured(whole, seed, **BALANCED) for seed in range(2)]
    steps = [{name: one for name, one in step.items() if name != "P 2p"} for step in spectra]
    result, _ = joint_fit(table, steps)
    names = [one.quantity for one in progress_of(result, table)]
    assert "extent" in names
    assert not [name for name in names if name.startswith("balance_")]
