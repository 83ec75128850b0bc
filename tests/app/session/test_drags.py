"""What a drag does to a plan, without a window."""

import pytest

from app.project.ready import ready_plan
from app.session.drags import grab_center, grab_width
from app.session.plan_edits import set_parameter, setting_of
from app.session.scale import held_scale, released_scale
from fitting.errors import PlanError
from fitting.plan import Free, Plan
from tests.app.program import PLAN


@pytest.fixture(scope="module")
def plan() -> Plan:
    return Plan.from_toml(ready_plan("E1"))


def test_a_free_width_is_held_within_its_bounds_and_let_go(plan: Plan) -> None:
    grab = grab_width(plan, "ps4_s2p")
    assert (grab.parameter, str(grab.bounds)) == ("fwhm", "0.9–1.6")
    assert [grab.allowed(x) for x in (0.2, 1.23456, 3.0)] == [0.9, 1.235, 1.6]
    held = grab.held(plan, 1.3)
    assert setting_of(held, "ps4_s2p", "fwhm") == 1.3
    assert setting_of(grab.released(1.3), "ps4_s2p", "fwhm") == Free(value=1.3, min=0.9, max=1.6)
    assert grab.words(1.8, "eV", plan) == "FWHM 1.800 eV\nits bounds move along"


def test_a_linked_center_gets_another_distance(plan: Plan) -> None:
    grab = grab_center(plan, "li2s_s2p")
    held = grab.held(plan, 160.0)
    assert setting_of(held, "li2s_s2p", "center") == "ps4_s2p.center - 1.5"
    assert grab.words(160.0, "eV", held).endswith("linked: ps4_s2p.center - 1.5")
    assert setting_of(grab.released(160.0), "li2s_s2p", "center") == "ps4_s2p.center - 1.5"


def test_what_has_no_width_is_said(plan: Plan) -> None:
    with pytest.raises(PlanError, match="no width"):
        grab_width(plan, "nothing")


def test_a_scale_on_a_line_is_held_by_value_and_is_as_before_when_let_go(plan: Plan) -> None:
    free = {"value": 161.5, "min": 161.0, "max": 162.0}
    own = set_parameter(plan, "ps4_s2p", "center", free)
    held = held_scale(own, 0.41237)
    assert (held.energy.reference, held.energy.shift_eV) == ("value", 0.412)
    assert setting_of(held, "ps4_s2p", "center") == 161.5
    assert released_scale(own, 0.4) is own
    assert released_scale(own, -3.21).energy.search_eV == 3.8


def test_energies_as_measured_become_a_shift() -> None:
    plain = Plan.from_toml(PLAN)
    moved = released_scale(held_scale(plain, 0.2), -0.3)
    assert (moved.energy.reference, moved.energy.shift_eV) == ("value", -0.3)
