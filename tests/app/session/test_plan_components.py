"""Numbers, bounds and links as they are typed; components placed by a click."""

import pytest

from app.project.ready import ready_plan
from app.session import plan_components as edits
from app.session.plan_edits import move_to, set_parameter, setting_of
from fitting.errors import PlanError
from fitting.plan import Free, Plan
from fitting.plan_text import plan_text


@pytest.fixture(scope="module")
def plan() -> Plan:
    return Plan.from_toml(ready_plan("E1"))


def test_typed_numbers_keep_the_state(plan: Plan) -> None:
    assert (
        setting_of(edits.type_value(plan, "lixp_p2p", "fwhm", "2,25"), "lixp_p2p", "fwhm") == 2.25
    )
    free = setting_of(edits.type_value(plan, "ps4_s2p", "fwhm", "1.2"), "ps4_s2p", "fwhm")
    assert free == Free(value=1.2, min=0.9, max=1.6)
    linked = edits.type_value(plan, "li2s_s2p", "center", "160.1")
    assert setting_of(linked, "li2s_s2p", "center") == "ps4_s2p.center - 1.4"


@pytest.mark.parametrize("text", ["", "wide", "nan", "inf", "1.2.3"])
def test_what_is_no_number_is_refused(plan: Plan, text: str) -> None:
    with pytest.raises(PlanError, match="number"):
        edits.type_value(plan, "ps4_s2p", "fwhm", text)


def test_bounds_come_and_go(plan: Plan) -> None:
    wide = edits.type_rule(plan, "ps4_s2p", "fwhm", "0.9–1.8")
    assert setting_of(wide, "ps4_s2p", "fwhm") == Free(value=1.15, min=0.9, max=1.8)
    open_ended = edits.type_rule(wide, "ps4_s2p", "fwhm", "≥ 0.9")
    assert setting_of(open_ended, "ps4_s2p", "fwhm") == Free(value=1.15, min=0.9)
    none = edits.type_rule(wide, "ps4_s2p", "fwhm", " ")
    assert setting_of(none, "ps4_s2p", "fwhm") == Free(value=1.15)
    freed = edits.type_rule(plan, "lixp_p2p", "fwhm", "> 2")
    assert setting_of(freed, "lixp_p2p", "fwhm") == Free(value=2.5, min=2.0)
    with pytest.raises(PlanError, match="outside"):
        edits.type_rule(plan, "ps4_s2p", "fwhm", "< 1.0")


def test_bounds_around_the_fit_move_the_start_there(plan: Plan) -> None:
    moved = edits.type_rule(plan, "ps4_s2p", "fwhm", "1.3–1.6", 1.42)
    assert setting_of(moved, "ps4_s2p", "fwhm") == Free(value=1.42, min=1.3, max=1.6)
    with pytest.raises(PlanError, match="outside"):
        edits.type_rule(plan, "ps4_s2p", "fwhm", "1.5–1.6", 1.42)


def test_links_come_and_go(plan: Plan) -> None:
    linked = edits.type_rule(plan, "lixp_p2p", "fwhm", "li3p_p2p.fwhm * 2")
    assert setting_of(linked, "lixp_p2p", "fwhm") == "li3p_p2p.fwhm * 2"
    held = edits.type_rule(linked, "lixp_p2p", "fwhm", "")
    assert setting_of(held, "lixp_p2p", "fwhm") == pytest.approx(3.0)
    assert edits.type_rule(held, "lixp_p2p", "fwhm", "") is held
    with pytest.raises(PlanError, match="nothing_here"):
        edits.type_rule(plan, "lixp_p2p", "fwhm", "nothing_here.fwhm")


def test_freed_and_fixed_again(plan: Plan) -> None:
    freed = edits.free(plan, "lixp_p2p", "center")
    assert setting_of(freed, "lixp_p2p", "center") == Free(value=128.5, min=126.0, max=131.0)
    assert setting_of(edits.fix(freed, "lixp_p2p", "center", 128.1), "lixp_p2p", "center") == 128.1
    held = edits.fix(plan, "lixp_p2p", "area", 40.0)
    assert setting_of(edits.free(held, "lixp_p2p", "area"), "lixp_p2p", "area") == Free(min=0.0)


def test_an_area_without_a_value_cannot_be_held(plan: Plan) -> None:
    with pytest.raises(PlanError, match="no value yet"):
        edits.fix(plan, "ps4_s2p", "area")


def test_a_component_where_the_user_clicked(plan: Plan) -> None:
    placed = edits.place_component(plan, "S 2p", 163.4)
    region, own = placed.plan.components[placed.component]
    assert (region.name, own.shape, own.phase) == ("S 2p", "pseudo_voigt", None)
    assert own.doublet is not None
    center = own.parameters["center"]
    assert isinstance(center, Free)
    assert center.min is not None
    assert center.max is not None
    assert center.min < 163.4 < center.max
    assert Plan.from_toml(plan_text(placed.plan)) == placed.plan


def test_a_second_line_of_a_phase_has_its_own_area(plan: Plan) -> None:
    first = edits.place_component(plan, "S 2p", 160.0, "Li2S")
    second = edits.place_component(first.plan, "S 2p", 159.8, "Li2S")
    assert first.component != second.component
    assert second.plan.components[second.component][1].parameters["area"] == Free(min=0.0)


def test_a_click_outside_the_window_is_refused(plan: Plan) -> None:
    with pytest.raises(PlanError, match=r"157 \.\. 172"):
        edits.place_component(plan, "S 2p", 175.0)
    with pytest.raises(PlanError, match="not in the plan"):
        edits.place_component(plan, "O 1s", 531.0)


@pytest.mark.parametrize("shape", ["voigt", "la", "doniach_sunjic_gauss", "gaussian"])
def test_another_shape_is_as_wide_and_links_become_numbers(plan: Plan, shape: str) -> None:
    after = edits.set_shape(plan, "ps4_s2p", shape)
    own = after.components["ps4_s2p"][1]
    assert own.shape == shape
    assert Plan.from_toml(plan_text(after)) == after
    follower = after.components["li2s_s2p"][1].parameters["fwhm"]
    kept = "fwhm" in own.parameters
    assert follower == ("ps4_s2p.fwhm" if kept else pytest.approx(1.15))


def test_a_doublet_comes_and_goes(plan: Plan) -> None:
    single = edits.set_doublet(plan, "li2s_s2p", on=False)
    assert single.components["li2s_s2p"][1].doublet is None
    again = edits.set_doublet(single, "li2s_s2p", on=True, splitting=1.18)
    assert again.components["li2s_s2p"][1].doublet is not None


def test_moving_follows_a_set_parameter(plan: Plan) -> None:
    freed = set_parameter(plan, "lixp_p2p", "center", {"value": 128.5, "min": 128.0, "max": 129.0})
    moved = setting_of(move_to(freed, "lixp_p2p", "center", 129.4), "lixp_p2p", "center")
    assert moved == Free(value=129.4, min=128.4, max=129.4)
