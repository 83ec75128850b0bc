"""The benchmark of selection: what is offered, and what counts as exact."""

import pytest

from app.project.ready import ready_plan
from benchmarks.selection import EXPERIMENTS, PLANS, WRONG, Case, measured, truth_names, with_wrong
from fitting.build import build_model
from fitting.plan import Plan
from fitting.reduced_plan import candidates
from fitting.simulate import simulate


@pytest.mark.parametrize("key", EXPERIMENTS)
def test_five_phases_more_than_there_are(key: str) -> None:
    plan = Plan.from_toml(ready_plan(PLANS.get(key, key)))
    known = truth_names(simulate(key, steps=2).truth)
    wider = with_wrong(plan, known)
    added = set(wider.phases) - set(plan.phases)
    assert len(added) == WRONG
    assert not added & known
    assert added <= {c.name for c in candidates(build_model(wider))}


def test_what_is_exact() -> None:
    def case(*found: str, pair: tuple[str, ...] = ()) -> Case:
        pairs = frozenset([frozenset(pair)] if pair else [])
        return Case(frozenset(found), frozenset("AB"), frozenset("XY"), pairs, 0.0)

    assert case("A", "B").exact
    assert case("A", "B", "weak").exact
    assert case("A").missing == {"B"}
    assert case("A", "B", "X").false == {"X"}
    assert case("A", "X", pair=("B", "X")).exact
    assert not case("A", "B", "X", pair=("B", "X")).exact


def test_a_series_is_measured() -> None:
    (case,) = measured("E5", 0, steps=7)
    assert case.exact
    assert {"Li3PS4", "Li2S", "Li3P"} <= case.clear
    assert len(case.absent) >= WRONG
