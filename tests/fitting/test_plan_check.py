import pytest

from fitting.plan import Plan
from fitting.plan_check import bent_links, check_plan, check_text, free_parameters, plan_notes

GOOD = """
[energy]
photon_energy_eV = 1486.6
[fit]
basis = ["area", "atomic"]
[phases]
Li2S = {formula="Li2S"}
[[regions]]
name = "S 2p"
window = [157, 166]
background = {kind="shirley", active=true}
defaults = {shape="pseudo_voigt", doublet={splitting=1.18}, lorentz_fraction=0.3}
components = [
 {id="a", phase="Li2S", center=160.2, fwhm={value=1.1, min=0.7, max=1.8}},
 {id="b", center={value=162, min=161, max=163}, fwhm="a.fwhm"},
 {id="c", center="sqrt(b.center) + 151", fwhm="a.fwhm"},
]
[[regions]]
name = "P 2p"
window = [125, 140]
background = {kind="polynomial", degree=1}
components = [{id="d", shape="gaussian", center=131.7, fwhm=1.2}]
"""


def problems(text: str) -> list[str]:
    checked = check_text(text)
    found = [str(problem) for problem in checked.problems]
    if checked.plan is not None:
        deeper = check_plan(checked.plan)
        found += [str(problem) for problem in deeper.problems]
        assert (deeper.table is None) == bool(deeper.problems)
    return found


def test_a_good_plan() -> None:
    assert problems(GOOD) == []
    table = check_plan(Plan.from_toml(GOOD)).table
    assert table is not None
    # a, b, c and d; one width; center of b; two coefficients of each background
    assert free_parameters(table) == {"S 2p": 7, "P 2p": 3}
    assert bent_links(table) == {"c.center": "sqrt(b.center) + 151"}


def test_all_problems_of_keys_and_values() -> None:
    text = GOOD.replace("window = [157, 166]", "window = [166, 157]")
    text = text.replace('basis = ["area", "atomic"]', 'basis = ["mass"]\nweight = 3')
    text = text.replace("fwhm=1.2", 'fwhm=1.2, centre="x"')
    found = problems(text)
    assert len(found) == 4
    for key in ("window", "fit.basis", "fit.weight", 'components["d"]'):
        assert sum(key in problem for problem in found) >= 1, key


def test_all_problems_of_names() -> None:
    text = GOOD.replace('phase="Li2S"', 'phase="Li3S"').replace('{id="d"', '{id="b"')
    text += '[groups]\nsum = ["Li2S", "SO4"]\n'
    found = problems(text)
    assert len(found) == 3
    assert any("two components of one name 'b'" in problem for problem in found)
    assert any("groups.sum" in problem and "SO4" in problem for problem in found)


def test_all_problems_of_meaning() -> None:
    text = GOOD.replace('kind="shirley", active=true', 'kind="shirly"')
    text = text.replace('fwhm="a.fwhm"},\n {id="c"', 'fwhm="z.fwhm"},\n {id="c"')
    text = text.replace('"sqrt(b.center) + 151"', '"c.center + 1"')
    text = text.replace("center=131.7, fwhm=1.2", "center=231.7, fwhm=-1")
    text = text.replace("photon_energy_eV = 1486.6", "photon_energy_eV = 20")
    found = problems(text)
    for words in (
        "background",
        'components["b"].fwhm',
        "refers to itself",
        'components["d"].fwhm',
        "231.7 lies outside the window 125 .. 140",
        "fit.basis: atomic, but",
    ):
        assert sum(words in problem for problem in found) == 1, words
    assert len(found) == 6


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("splitting=1.18", 'splitting="b.width"'), "splitting"),
        (("splitting=1.18", "splitting=-1"), "splitting"),
        (('center={value=162, min=161, max=163}', "center={min=161}"), 'components["b"].center'),
        (('degree=1', 'degree=1, slope=2'), "background.slope"),
    ],
)  # fmt: skip
def test_single_problems(change: tuple[str, str], words: str) -> None:
    assert change[0] in GOOD
    found = problems(GOOD.replace(*change))
    assert found
    assert all(words in problem for problem in found)


def test_a_template_that_was_not_read() -> None:
    text = GOOD.replace(
        'shape="gaussian", center=131.7, fwhm=1.2', 'shape="measured", template="t"'
    )
    text = text.replace("photon_energy_eV = 1486.6", "photon_energy_eV = 1486.6\nsearch_eV = 2.0")
    found = problems(text + '[templates.t]\nfile = "pure.csv"\n')
    assert len(found) == 1
    assert found[0].startswith("templates.t")


@pytest.mark.parametrize("text", ["= 3", "regions = " + "[" * 3000, "format = 7", "", "a = 1"])
def test_no_plan_at_all(text: str) -> None:
    found = problems(text)
    assert found
    assert check_text(text).plan is None


def test_windows_that_cut_and_idle_phases_are_noted() -> None:
    assert plan_notes(Plan.from_toml(GOOD)) == []
    text = GOOD.replace("min=161, max=163", "min=161, max=167")
    text = text.replace("[phases]", '[phases]\nLiCl = {formula="LiCl"}')
    assert problems(text) == []  # worth a sentence, no error
    assert plan_notes(Plan.from_toml(text)) == [
        "phases.LiCl: no component belongs to it",
        'regions["S 2p"].components["b"].center: 161 .. 167 reaches beyond the window 157 .. 166',
    ]
