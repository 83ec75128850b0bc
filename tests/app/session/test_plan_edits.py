"""Edits of a plan give plans that the batch would read."""

import numpy as np
import pytest

from app.project.ready import ready_plan
from app.session import plan_edits as edits
from fitting.build import build_model
from fitting.errors import PlanError
from fitting.plan import Free, Plan
from fitting.plan_text import plan_text


@pytest.fixture(scope="module")
def plan() -> Plan:
    return Plan.from_toml(ready_plan("E1"))


def start_of(plan: Plan, name: str) -> float:
    table = build_model(plan)
    return float(table.values(np.nan_to_num(table.start))[table.index[name]])


def test_edits_leave_the_old_plan_alone_and_can_be_written(plan: Plan) -> None:
    before = plan.to_json()
    after = edits.set_parameter(plan, "li3p_p2p", "fwhm", Free(value=1.4, min=1.0, max=2.0))
    assert plan.to_json() == before
    assert after.components["li3p_p2p"][1].parameters["fwhm"] == Free(value=1.4, min=1.0, max=2.0)
    assert Plan.from_toml(plan_text(after)) == after


def test_a_fixed_position_moves_and_stays_fixed(plan: Plan) -> None:
    after = edits.move_to(plan, "li3p_p2p", "center", 126.3)
    assert edits.setting_of(after, "li3p_p2p", "center") == 126.3


@pytest.mark.parametrize(
    ("value", "bounds"), [(1.3, (0.9, 1.6)), (1.7, (1.0, 1.7)), (0.8, (0.8, 1.5))]
)
def test_bounds_move_along_as_far_as_they_must(
    plan: Plan, value: float, bounds: tuple[float, float]
) -> None:
    after = edits.move_to(plan, "ps4_s2p", "fwhm", value)
    setting = edits.setting_of(after, "ps4_s2p", "fwhm")
    assert isinstance(setting, Free)
    assert setting.value == value
    assert (setting.min, setting.max) == pytest.approx(bounds)


def test_a_link_keeps_its_parent_at_another_distance(plan: Plan) -> None:
    after = edits.move_to(plan, "li2s_s2p", "center", 160.0)
    assert edits.setting_of(after, "li2s_s2p", "center") == "ps4_s2p.center - 1.5"
    assert start_of(after, "li2s_s2p.center") == pytest.approx(160.0)


def test_a_component_that_others_follow_leaves_numbers_behind(plan: Plan) -> None:
    after = edits.remove_component(plan, "li2s_s2p")
    assert "li2s_s2p" not in after.components
    loss = after.components["li2s_s2p_loss"][1]
    assert loss.parameters["center"] == pytest.approx(160.2 + 7.5)


def test_a_phase_goes_from_every_region_and_group(plan: Plan) -> None:
    after = edits.remove_phase(plan, "Li3P")
    assert "Li3P" not in after.phases
    assert "Li3P" not in after.groups["sei"]
    assert not any(c.phase == "Li3P" for _, c in after.components.values())


def test_the_last_component_of_a_region_stays(plan: Plan) -> None:
    lonely = plan
    ids = [c.id for c in plan.regions[1].components]
    with pytest.raises(PlanError, match="needs a component"):
        edits.remove_components(lonely, ids)


def test_the_line_of_the_energy_scale_stays(plan: Plan) -> None:
    with pytest.raises(PlanError, match=r"energy\.component"):
        edits.remove_component(plan, "ps4_s2p")


def test_words_that_are_wrong_are_refused_as_in_a_file(plan: Plan) -> None:
    with pytest.raises(PlanError, match=r"fit\.weights"):
        edits.set_option(plan, "fit", "weights", "heavy")
    with pytest.raises(PlanError, match="refers to itself"):
        edits.set_parameter(plan, "li3p_p2p", "center", "li3p_p2p.center + 1")


def test_new_ids_are_free(plan: Plan) -> None:
    assert edits.new_id(plan, "fresh") == "fresh"
    assert edits.new_id(plan, "ps4_s2p") == "ps4_s2p_2"
