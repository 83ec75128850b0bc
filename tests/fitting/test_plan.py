"""A plan says what is wrong with it: the key as written, the value, and what would be right."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fitting.build import build_model
from fitting.errors import PlanError
from fitting.plan import Free, Plan

GOOD = """
format = 1
[phases]
A = {formula="Li2S"}
B = {counted=false}
[groups]
g = ["A"]
[[regions]]
name = "S 2p"
window = [157.0, 172.0]
background = {kind="linear"}
defaults = {shape="gaussian", doublet={splitting=1.18, ratio=0.5}}
components = [
 {id="a", phase="A", center={value=161.5, min=161.0, max=162.0}, fwhm=1.2},
 {id="b", phase="B", center="a.center + 2", fwhm="a.fwhm", doublet=false},
]
"""

S = 'regions["S 2p"]'
A = f'{S}.components["a"]'
CENTER = "center={value=161.5, min=161.0, max=162.0}"
BACKGROUND = '{kind="linear"}'

# what is replaced in the good plan, by what, the key that is named, what the sentence holds
WRONG = [
    ("format = 1", "format = 2", "format", r"2 is not a plan format.*newer"),
    ("format = 1", "format = true", "format", "True"),
    ("format = 1", 'format = "1"', "format", "'1'"),
    ("[groups]", "[grups]", "grups", "did you mean 'groups'"),
    ("[groups]", "[series]\nstrategy='chain'\n[groups]", "series.strategy", "'chained'"),
    ("[groups]", "[series]\nstrateg='x'\n[groups]", "series.strateg", "mean 'strategy'"),
    ("[groups]", "[series]\nseed=true\n[groups]", "series.seed", "whole number, not True"),
    ("[groups]", "[series]\nseed=-1\n[groups]", "series.seed", "-1"),
    ("[groups]", "[fit]\nbasis='area'\n[groups]", "fit.basis", "needs a list.*'area'"),
    (
        "[groups]",
        "[fit]\nbasis=['moral']\n[groups]",
        "fit.basis[0]",
        "'area', 'atomic', 'molar' or 'volume'",
    ),
    ("[groups]", "[fit]\nbasis=[]\n[groups]", "fit.basis", "at least 1"),
    ("[groups]", "[fit]\nbasis=['area', 'area']\n[groups]", "fit.basis", "twice"),
    ("[groups]", "[energy]\nreference='component'\n[groups]", "energy", "position_eV"),
    ("[groups]", "[energy]\nshift_eV=1.0\n[groups]", "energy", 'reference = "value"'),
    ("[groups]", "[energy]\nphoton_energy_eV=nan\n[groups]", "energy.photon_energy_eV", "nan"),
    ("[groups]", "[energy]\nphoton_energy_eV='1486'\n[groups]", "energy.photon_energy_eV", "1486"),
    (
        "[groups]",
        "[energy]\nreference='component'\ncomponent='aa'\nposition_eV=161.5\n[groups]",
        "energy.component",
        "no 'aa'; did you mean 'a'",
    ),
    ('g = ["A"]', 'g = ["C"]', "groups.g", "no 'C'; known are A, B"),
    ('g = ["A"]', 'g = ["A", "A"]', "groups.g", "each once"),
    ('g = ["A"]', "g = []", "groups.g", "one phase or more"),
    ('g = ["A"]', 'g = ["B"]', "groups.g", "'B' is not counted"),
    ('g = ["A"]', 'g = "A"', "groups.g", "needs a list"),
    ('formula="Li2S"', 'formla="Li2S"', "phases.A.formla", "did you mean 'formula'"),
    ("counted=false", 'counted="no"', "phases.B.counted", "true or false, not 'no'"),
    ("[groups]", "unassigned = {}\n[groups]", "phases.unassigned", "rename"),
    ("[groups]", "[templates]\nt={x=[1.0],intensity=[1.0]}\n[groups]", "templates.t", "at least 4"),
    ('name = "S 2p"', "", "regions[0].name", "is missing"),
    ('name = "S 2p"', "name = 3", "regions[0].name", "text in quotes, not 3"),
    ("window = ", "windw = ", f"{S}.window", "is missing"),
    ("window = ", "colour = 'red'\nwindow = ", f"{S}.colour", "has no 'colour'"),
    ("[157.0, 172.0]", "[172.0, 157.0]", f"{S}.window", r"\[172.0, 157.0\] must be \[low, high\]"),
    ("[157.0, 172.0]", "[157.0]", f"{S}.window[1]", "is missing"),
    ("[157.0, 172.0]", '["157", "172"]', f"{S}.window[0]", "needs a number, not '157'"),
    ("[157.0, 172.0]", "[nan, 172.0]", f"{S}.window[0]", "finite number, not nan"),
    ("[157.0, 172.0]", "157.0", f"{S}.window", "needs a list"),
    (BACKGROUND, '"linear"', f"{S}.background", "needs a table.*'linear'"),
    (BACKGROUND, '{kind="linaer"}', f"{S}.background.kind", "did you mean 'linear'"),
    (BACKGROUND, '{kind="linear", active=true}', f"{S}.background.active", "shirley"),
    (BACKGROUND, '{kind="shirley", active=1}', f"{S}.background.active", "true or false"),
    (BACKGROUND, '{kind="polynomial", degree=10}', f"{S}.background.degree", "10"),
    (BACKGROUND, '{kind="shirley", kk=0.1}', f"{S}.background.kk", "'k'"),
    (BACKGROUND, '{kind="shirley", k=inf}', f"{S}.background.k", "finite number, not inf"),
    (BACKGROUND, '{kind="shirley", k={mn=0}}', f"{S}.background.k.mn", "did you mean 'min'"),
    (BACKGROUND, '{kind="shirley", k="a.fwh"}', f"{S}.background.k", "'a' has no 'fwh'"),
    ('shape="gaussian", d', 'shap="gaussian", d', f"{S}.defaults.shap", "did you mean 'shape'"),
    ("doublet={s", "doublett={s", f"{S}.defaults.doublett", "did you mean 'doublet'"),
    ("ratio=0.5", "ratoi=0.5", f"{A}.doublet.ratoi", "did you mean 'ratio'"),
    ("splitting=1.18", "splitting=-1.0", f"{A}.doublet.splitting", "-1 is outside 0"),
    ('id="a", ', "", f"{S}.components[0].id", "is missing"),
    ('id="a"', 'id="a b"', f'{S}.components["a b"].id', "identifier"),
    ('id="a"', 'id="lambda"', f'{S}.components["lambda"].id', "identifier"),
    ('id="a"', 'id="energy"', f'{S}.components["energy"].id', "another id"),
    ('id="a"', 'id="µ"', f'{S}.components["µ"].id', "another id"),
    ('id="a"', 'id="b"', "components", "two components of one name 'b'"),
    ('phase="A"', 'phase="AA"', f"{A}.phase", "no 'AA'; did you mean 'A'"),
    ("fwhm=1.2", "fwmh=1.2", f"{A}.fwmh", "did you mean 'fwhm'"),
    (", fwhm=1.2", "", f"{A}.fwhm", "is missing"),
    ("fwhm=1.2", "fwhm=0.0", f"{A}.fwhm", "0 is outside"),
    ("fwhm=1.2", "fwhm=1.2, count=0", f"{A}.count", "greater than 0"),
    ("fwhm=1.2", "fwhm=1.2, count=true", f"{A}.count", "needs a number, not True"),
    ("fwhm=1.2", "fwhm=1.2, area=-5.0", f"{A}.area", "-5 is outside"),
    ("fwhm=1.2", "fwhm=1.2, shape='gausian'", f"{A}.shape", "gaussian"),
    ("fwhm=1.2", "fwhm=1.2, shape='measured'", f"{A}.fwhm", "no 'fwhm'"),
    ("fwhm=1.2", "fwhm=1.2, template='t'", f"{A}.template", "measured"),
    ("fwhm=1.2", "fwhm=1.2, defaults={}", f"{A}.defaults", "no 'defaults'"),
    ("fwhm=1.2", "fwhm=1.2, parameters=1", f"{A}.parameters", "needs a table"),
    (CENTER, "center={valeu=161}", f"{A}.center.valeu", "did you mean 'value'"),
    (CENTER, "center={min=162, max=161}", f"{A}.center", "min 162.0 is not below max 161.0"),
    (CENTER, "center={min=161, max=161}", f"{A}.center", "not below"),
    (CENTER, "center={value=163, max=162}", f"{A}.center", "163.0 lies outside -inf .. 162"),
    (CENTER, 'center={min="160", max=162}', f"{A}.center.min", "needs a number, not '160'"),
    (CENTER, "center={}", f"{A}.center", "needs a value, or min and max"),
    (CENTER, "center=nan", f"{A}.center", "finite number, not nan"),
    (CENTER, "center=true", f"{A}.center", "a parameter is a number.*not True"),
    (CENTER, "center=[161]", f"{A}.center", r"a parameter is a number.*not \[161\]"),
    (CENTER, "center=2020-01-01", f"{A}.center", "a parameter is a number"),
    (CENTER, 'center="a.center + 1"', f"{A}.center", "'a.center \\+ 1' refers to itself"),
    (CENTER, 'center="b.center + 1"', f"{A}.center", "refers to itself.*a.center, b.center"),
    (CENTER, 'center="c.center"', f"{A}.center", "no component 'c'"),
    (CENTER, 'center="b.centre"', f"{A}.center", "'b' has no 'centre'; it has area, center"),
    (CENTER, 'center="a.__class__"', f"{A}.center", "'a' has no '__class__'"),
    (CENTER, 'center="9**9**9**9"', f"{A}.center", "without a value"),
    (CENTER, "center=" + "[" * 90 + "]" * 90, f"{A}.center", "a parameter is a number"),
]


def problem_of(text: str) -> PlanError:
    with pytest.raises(PlanError) as caught:
        build_model(Plan.from_toml(text))
    return caught.value


@pytest.mark.parametrize(("old", "new", "key", "words"), WRONG)
def test_a_wrong_plan_names_key_value_and_remedy(old: str, new: str, key: str, words: str) -> None:
    assert old in GOOD
    error = problem_of(GOOD.replace(old, new, 1))
    assert error.key == key
    assert re.search(words, error.problem), error.problem
    assert len(str(error)) < 500
    assert "\n" not in str(error)


def test_the_good_plan_is_good() -> None:
    table = build_model(Plan.from_toml(GOOD))
    assert [row.name for row in table.parameters if row.state == "free"] == [
        "a.area",
        "a.center",
        "b.area",
        "S 2p:background.level",
        "S 2p:background.rise",
    ]


def test_two_regions_of_one_name() -> None:
    region = "[[regions]]" + GOOD.split("[[regions]]")[1]
    again = region.replace('id="a"', 'id="c"').replace('id="b"', 'id="d"').replace("a.", "c.")
    assert "two regions of one name 'S 2p'" in str(problem_of(GOOD + again))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[regions", "not valid TOML"),
        ("", "regions: is missing"),
        ("regions = []", "regions: .*at least 1"),
        ("regions = 3", "regions: needs a list"),
        ("[regions]\nname='x'", "regions: needs a list"),
        ("regions = ['x']", r"regions\[0\]: needs a table"),
        ("[[regions]]\nname='x'\ncomponents={id='a'}", "regions.*"),
        ("a = " + "[" * 100_000 + "]" * 100_000, "nested too deep"),
        ("a = " + "{a=" * 3_000 + "1" + "}" * 3_000, "nested too deep"),
        ("a = 1\na = 2", "not valid TOML"),
    ],
)
def test_text_that_is_no_plan(text: str, words: str) -> None:
    error = problem_of(text)
    assert re.search(words, str(error))
    assert len(str(error)) < 400


@pytest.mark.parametrize("data", [None, 3, "x", [], {"regions": [None]}, {"format": None}])
def test_data_that_is_no_plan(data: Any) -> None:
    with pytest.raises(PlanError):
        Plan.from_data(data)


def test_a_misspelt_default_is_not_dropped_in_silence() -> None:
    text = GOOD.replace("ratio=0.5}}", "ratio=0.5}, lorentz_fracton=0.3}")
    assert problem_of(text).key == f"{S}.defaults.lorentz_fracton"


def test_a_default_that_only_other_shapes_need_is_left_out() -> None:
    text = GOOD.replace("ratio=0.5}}", "ratio=0.5}, lorentz_fraction=0.3}")
    assert Plan.from_toml(text) == Plan.from_toml(GOOD)


def test_errors_survive_a_process_boundary() -> None:
    import pickle

    error = problem_of(GOOD.replace("fwhm=1.2", "fwmh=1.2"))
    again = pickle.loads(pickle.dumps(error))
    assert (again.key, again.problem) == (error.key, error.problem)


def design_plan() -> str:
    path = Path(__file__).resolve().parents[3] / "shared" / "DESIGN.md"
    if not path.exists():
        pytest.skip("real data not here: shared/DESIGN.md")
    text = path.read_text("utf-8").split("```toml\n")[1].split("```")[0]
    return re.sub(r"^shared = .*$", "", text, flags=re.MULTILINE)


def test_the_plan_of_the_design_parses_as_printed() -> None:
    plan = Plan.from_toml(design_plan())
    assert list(plan.phases) == ["Li6PS5Cl", "Li2S", "Li3P", "sulfate"]
    assert not plan.phases["sulfate"].counted
    assert plan.energy.component == "ps4_s2p"
    region, component = plan.components["free_s2p"]
    assert region.window == (157.0, 172.0)
    assert component.parameters["center"] == "ps4_s2p.center - 1.4"
    assert component.parameters["lorentz_fraction"] == 0.3
    assert component.doublet is not None
    assert plan.components["ps4_s2p"][1].parameters["fwhm"] == Free(value=1.1, min=0.7, max=1.8)
    assert "lorentz_fraction" not in plan.components["my_so4"][1].parameters
    table = build_model(plan)
    areas = {row.name: row.link for row in table.parameters if row.parameter == "area"}
    assert areas["free_s2p.area"] == "ps4_s2p.area * 0.25"  # tied by count
    assert areas["li2s_s2p.area"] == ""


finite = st.floats(-1e4, 1e4)


@st.composite
def free_tables(draw: st.DrawFn, low: float, high: float) -> Any:
    numbers = sorted(draw(st.lists(st.floats(low, high), min_size=3, max_size=3, unique=True)))
    return draw(
        st.sampled_from(
            [
                numbers[1],
                {"value": numbers[1], "min": numbers[0], "max": numbers[2]},
                {"min": numbers[0], "max": numbers[2]},
                {"value": numbers[1]},
                {"value": int(numbers[2]) + 1},
            ]
        )
    )


@st.composite
def components(draw: st.DrawFn, number: int) -> dict[str, Any]:
    shape = draw(st.sampled_from(["gaussian", "pseudo_voigt", "lorentzian"]))
    item: dict[str, Any] = {
        "id": f"c{number}",
        "shape": shape,
        "center": draw(free_tables(100.0, 200.0)),
        "fwhm": draw(free_tables(0.5, 3.0)),
    }
    if shape == "pseudo_voigt":
        item["lorentz_fraction"] = draw(free_tables(0.0, 0.9) | st.just("0.5"))
    if draw(st.booleans()):
        item["doublet"] = {"splitting": draw(free_tables(0.0, 5.0)), "ratio": 0.5}
    if draw(st.booleans()):
        item |= {"phase": draw(st.sampled_from(["A", "Ä 2"])), "count": draw(st.integers(1, 5))}
    if draw(st.booleans()):
        item["area"] = draw(free_tables(0.0, 1e6))
    return item


@st.composite
def plans(draw: st.DrawFn) -> dict[str, Any]:
    regions = []
    for r in range(draw(st.integers(1, 3))):
        low = draw(st.floats(-100.0, 1000.0))
        own = [draw(components(10 * r + i)) for i in range(draw(st.integers(1, 3)))]
        kind = draw(
            st.sampled_from(
                [
                    {"kind": "linear"},
                    {"kind": "polynomial", "degree": 3},
                    {"kind": "shirley", "k": {"value": 0.1, "max": 0.5}},
                    {"kind": "exponential", "constant": True, "decay": 0.25},
                    {"kind": "shirley", "active": False, "points": 3},
                ]
            )
        )
        window = [low, low + draw(st.floats(1.0, 50.0))]
        region = {"name": f"R{r} é", "window": window, "background": kind, "components": own}
        regions.append(region)
    return {
        "series": {"strategy": draw(st.sampled_from(["independent", "chained"])), "seed": 3},
        "energy": {"photon_energy_eV": draw(st.sampled_from([1486.6, 1253, 5000.0]))},
        "phases": {"A": {"formula": "Li2S"}, "Ä 2": {}},
        "groups": {"both": ["A", "Ä 2"]},
        "regions": regions,
    }


@settings(max_examples=50)
@given(plans())
def test_json_gives_the_same_plan_again(data: dict[str, Any]) -> None:
    plan = Plan.from_data(data)
    text = plan.to_json()
    again = Plan.from_data(json.loads(text))
    assert again == plan
    assert again.to_json() == text
    table, rebuilt = build_model(plan), build_model(again)
    assert table.parameters == rebuilt.parameters
