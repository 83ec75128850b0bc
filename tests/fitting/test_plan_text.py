import tomllib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fitting.plan import Plan
from fitting.plan_text import PlanComments, plan_text

numbers = st.floats(-1e6, 1e6).map(lambda x: x + 0.0)
positive = st.floats(1e-3, 1e4)
texts = st.text(max_size=12)
names = st.text(min_size=1, max_size=8)


@st.composite
def frees(draw: st.DrawFn, of: st.SearchStrategy[float] = numbers) -> dict[str, float]:
    low, value, high = sorted(draw(st.tuples(of, of, of)))
    table = {"value": value, "min": low, "max": high}
    if not low < high:
        table = {"value": value}
    keys = draw(st.sets(st.sampled_from(sorted(table))))
    return {key: table[key] for key in keys}


widths = st.one_of(positive, frees(positive), st.just("c0.fwhm * 2"))


@st.composite
def component(draw: st.DrawFn, number: int, phases: list[str]) -> dict[str, Any]:
    made: dict[str, Any] = {"id": f"c{number}", "center": draw(st.one_of(numbers, frees()))}
    made["shape"] = draw(st.sampled_from(["pseudo_voigt", "gaussian", "voigt"]))
    if made["shape"] == "voigt":
        made |= {"gaussian_fwhm": draw(widths), "lorentzian_fwhm": draw(widths)}
    else:
        made["fwhm"] = draw(widths)
    if made["shape"] == "pseudo_voigt":
        made["lorentz_fraction"] = draw(st.sampled_from([0.3, 0.5, {"min": 0.1, "max": 0.9}]))
    optional: dict[str, st.SearchStrategy[Any]] = {
        "area": st.one_of(positive, st.just({"min": 0.0})),
        "count": st.sampled_from([1, 4, 0.8]),
        "sensitivity": positive,
        "doublet": st.sampled_from(
            [{"splitting": 1.18, "ratio": 0.5}, {"splitting": {"min": 1.0, "max": 2.0}}]
        ),
    }
    if phases:
        optional["phase"] = st.sampled_from(phases)
    for key in draw(st.sets(st.sampled_from(sorted(optional)))):
        made[key] = draw(optional[key])
    return made


backgrounds = st.sampled_from(
    [
        {"kind": "shirley", "active": True},
        {"kind": "polynomial", "degree": 2},
        {"kind": "arpls", "lam": 1e5},
        {"kind": "exponential", "rate": {"value": 0.1, "min": 0.0}},
        {"kind": "snip", "decreasing": False, "filter_order": 4},
    ]
)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    phases = [p for p in draw(st.lists(names, max_size=3, unique=True)) if p != "unassigned"]
    phases = [phase for phase in phases if not phase.startswith("group:")]
    number, regions = 0, []
    for name in draw(st.lists(names, min_size=1, max_size=3, unique=True)):
        count = draw(st.integers(1, 3))
        own = [draw(component(number + i, phases)) for i in range(count)]
        number += count
        low = draw(numbers)
        window = [low, low + draw(positive)]
        background = draw(backgrounds)
        regions.append(
            {"name": name, "window": window, "background": background, "components": own}
        )
    energy = draw(
        st.sampled_from(
            [
                {},
                {"photon_energy_eV": 1486.6, "reference": "value", "shift_eV": 0.3},
                {"reference": "component", "component": "c0", "position_eV": 1.0, "search_eV": 2},
                {"search_eV": 5.0},
            ]
        )
    )
    if "search_eV" in energy:
        energy = {**energy, "search_eV": float(energy["search_eV"])}
    points = {"x": [0.1 * i for i in range(20)], "intensity": [float(i % 3) for i in range(20)]}
    data = {
        "library": draw(texts),
        "series": {"axis": draw(names), "strategy": "independent", "seed": 3},
        "energy": energy,
        "phases": {phase: draw(st.sampled_from([{}, {"formula": "Li2S"}])) for phase in phases},
        "groups": {draw(names): phases} if phases else {},
        "templates": draw(st.sampled_from([{}, {"pure Li2S": points}, {"f": {"file": "a.csv"}}])),
        "regions": regions,
    }
    return Plan.from_data(data)


@settings(deadline=None, max_examples=50)
@given(plans())
def test_text_parses_back_equal(plan: Plan) -> None:
    assert Plan.from_toml(plan_text(plan)) == plan


@settings(deadline=None, max_examples=50)
@given(plans(), st.text())
def test_no_comment_can_change_a_plan(plan: Plan, comment: str) -> None:
    places = ["head", "series", "series.axis", "phases", "groups", "energy.reference"]
    places += [f"regions.{region.name}" for region in plan.regions]
    places += [f"components.{name}" for name in plan.components]
    above = {place: (comment, "x\nformat = 9\r\x00\x85\u2028[fit]") for place in places}
    comments = PlanComments(above, dict.fromkeys(places, comment))
    assert Plan.from_toml(plan_text(plan, comments)) == plan


PLAN = Plan.from_toml(
    """
[phases]
Li2S = {formula="Li2S"}
[[regions]]
name = "S 2p"
window = [157, 166]
background = {kind="shirley", active=true}
defaults = {shape="pseudo_voigt", doublet={splitting=1.18}, lorentz_fraction=0.3}
components = [
 {id="a", phase="Li2S", count=1, center=160.2, fwhm={value=1.1, min=0.7, max=1.8}},
 {id="b", phase="Li2S", count=4, center="a.center + 1", fwhm="a.fwhm"},
 {id="c", shape="gaussian", doublet=false, center=164, fwhm=2},
]
"""
)


def test_what_components_share_stands_once() -> None:
    text = plan_text(PLAN)
    region = tomllib.loads(text)["regions"][0]
    assert region["defaults"] == {
        "shape": "pseudo_voigt",
        "doublet": {"splitting": 1.18, "ratio": 0.5},
        "lorentz_fraction": 0.3,
    }
    assert region["components"][1] == {
        "id": "b",
        "phase": "Li2S",
        "count": 4,
        "center": "a.center + 1",
        "fwhm": "a.fwhm",
    }
    assert region["components"][2] == {
        "id": "c",
        "shape": "gaussian",
        "doublet": False,
        "center": 164.0,
        "fwhm": 2.0,
    }
    assert "count = 4," in text


def test_comments_stand_where_they_belong() -> None:
    above = {"components.b": ("word " * 40,), "S 2p": ("nowhere",), "phases": ("first",)}
    comments = PlanComments(above, {"components.a": "digest; somebody 2020", "fit.weights": "why"})
    lines = plan_text(PLAN, comments).splitlines()
    (a,) = [line for line in lines if 'id = "a"' in line]
    assert a.endswith("},  # digest; somebody 2020")
    place = next(i for i, line in enumerate(lines) if 'id = "b"' in line)
    wrapped = [line for line in lines[:place] if line.startswith("  # word")]
    assert len(wrapped) > 1
    assert lines[place - 1] == wrapped[-1]
    assert max(map(len, wrapped)) <= 96
    assert lines[lines.index("[phases]") - 1] == "# first"
    assert 'weights = "poisson"  # why' in lines
    assert not any("nowhere" in line for line in lines)
