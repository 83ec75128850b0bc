"""Counts against formulas: what a phase cannot show."""

from typing import Any

import pytest

from app.project.ready import ready_plan
from fitting.plan import Plan
from fitting.plan_counts import count_notes
from fitting.simulate import experiments


def plan(
    phases: dict[str, dict[str, Any]],
    *lines: tuple[str, str, Any],
    region: str = "S 2p",
    strategy: str = "joint",
) -> Plan:
    """Lines are (id, phase, count), count None: not written down."""
    components = []
    for place, (name, phase, count) in enumerate(lines):
        own = {"id": name, "phase": phase, "shape": "gaussian", "fwhm": 1.2}
        own["center"] = 160.0 + place
        components.append(own if count is None else {**own, "count": count})
    made = {"name": region, "window": [150.0, 172.0], "background": {"kind": "linear"}}
    return Plan.from_data(
        {
            "series": {"strategy": strategy},
            "phases": phases,
            "regions": [{**made, "components": components}],
        }
    )


LI2S = {"Li2S": {"formula": "Li2S"}}


def test_a_count_is_the_atoms_of_the_formula() -> None:
    assert count_notes(plan(LI2S, ("a", "Li2S", 1))) == []
    assert count_notes(plan(LI2S, ("a", "Li2S", 2))) == [
        'regions["S 2p"]: the counts of Li2S are a 2 = 2, but Li2S has 1 S'
    ]


def test_lines_of_one_phase_are_taken_together() -> None:
    lpscl = {"Li6PS5Cl": {"formula": "Li6PS5Cl"}}
    both = [("ps4", "Li6PS5Cl", 4), ("free", "Li6PS5Cl", 1)]
    assert count_notes(plan(lpscl, *both)) == []
    (note,) = count_notes(plan(lpscl, both[0], ("free", "Li6PS5Cl", 0.5)))
    assert "ps4 4 + free 0.5 = 4.5, but Li6PS5Cl has 5 S" in note


def test_four_equal_atoms_of_an_anion_count_four() -> None:
    ps4 = {"PS4": {"formula": "PS4"}}
    assert count_notes(plan(ps4, ("a", "PS4", 4))) == []
    assert "has 4 S" in count_notes(plan(ps4, ("a", "PS4", None)))[0]


def test_an_element_that_is_not_there() -> None:
    (note,) = count_notes(plan({"Li3P": {"formula": "Li3P"}}, ("a", "Li3P", 1)))
    assert note == 'regions["S 2p"]: a belongs to Li3P, but Li3P holds no S'


def test_compositions_count_at_their_value() -> None:
    free = {
        "argyrodite": {
            "formula": "Li(7-y)PS(6-y)Cl(y)",
            "composition": {"symbol": "y", "value": 1.5},
        }
    }
    lines = [("ps4", "argyrodite", 4), ("free", "argyrodite", "2 - y")]
    assert count_notes(plan(free, *lines)) == []
    assert "= 5, but" in count_notes(plan(free, lines[0], ("free", "argyrodite", 1)))[0]


@pytest.mark.parametrize(
    ("count", "strategy", "region", "said"),
    [
        (None, "chained", "S 2p", False),
        (2, "chained", "S 2p", True),
        (None, "joint", "S 2p", False),
        (2, "chained", "what", False),
    ],
)
def test_only_where_it_matters(count: Any, strategy: str, region: str, said: bool) -> None:
    made = plan(LI2S, ("a", "Li2S", count), strategy=strategy, region=region)
    assert bool(count_notes(made)) is said


def test_what_has_no_formula_says_nothing() -> None:
    for phase in ({}, {"formula": "polysulfide"}):
        assert count_notes(plan({"chain": phase}, ("a", "chain", 3))) == []


def test_ready_plans_count_rightly() -> None:
    keys = [key for key in experiments() if key != "E10"]
    assert [note for key in keys for note in count_notes(Plan.from_toml(ready_plan(key)))] == []
