"""Plans with fewer phases: what goes, what stays because others are measured from it."""

from collections.abc import Mapping

import numpy as np

from app.project.ready import ready_plan
from fitting.build import build_model
from fitting.plan import Plan
from fitting.reduced_plan import Candidate, candidates, own_amounts, without
from tests.fitting.synthetic import component, region


def plan(**rest: object) -> Plan:
    s2p = [
        component("ps4", "gaussian", {"value": 161.6, "min": 161.3, "max": 161.9}, phase="PS4"),
        component("li2s", "gaussian", "ps4.center - 1.4", phase="Li2S") | {"fwhm": "ps4.fwhm"},
        component("s0", "gaussian", {"value": 163.6, "min": 163.3, "max": 163.9}, phase="S0"),
        component("so4", "gaussian", "s0.center + 5.2", phase="SO4", fwhm=1.6),
        component("loss", "gaussian", "li2s.center + 7.5", phase="loss", fwhm=2.5),
    ]
    p2p = [
        component("li3p", "gaussian", 126.0, phase="Li3P", fwhm=1.5),
        component("licl", "gaussian", 131.0, phase="LiCl", fwhm=1.4, area="li2s.area * 0.1"),
    ]
    names = ("PS4", "Li2S", "S0", "SO4", "Li3P", "LiCl")
    phases: Mapping[str, object] = {n: {} for n in names} | {"loss": {"counted": False}}
    regions = [region(s2p), region(p2p, name="P 2p", window=(122.0, 136.0))]
    groups = {"sulfur": ["S0", "SO4"], "one": ["S0"]}
    return Plan.from_data({"phases": phases, "groups": groups, "regions": regions, **rest})


def test_what_comes_and_goes_with_a_phase() -> None:
    found = candidates(build_model(plan()))
    assert found == (
        Candidate("PS4", ("PS4",)),
        Candidate("Li2S", ("Li2S", "LiCl", "loss")),
        Candidate("S0", ("S0",)),
        Candidate("SO4", ("SO4",)),
        Candidate("Li3P", ("Li3P",)),
    )


def test_the_phase_that_fixes_the_energy_scale_stays() -> None:
    energy = {"reference": "component", "component": "ps4", "position_eV": 161.6}
    found = candidates(build_model(plan(energy=energy)))
    assert [c.name for c in found] == ["Li2S", "S0", "SO4", "Li3P"]


def test_replicas_of_the_ready_plan_go_with_their_phase() -> None:
    found = {c.name: c.phases for c in candidates(build_model(Plan.from_toml(ready_plan("E1"))))}
    assert found["Li2S"] == ("Li2S", "LiCl", "loss_Li2S")
    assert found["Li3P"] == ("Li3P", "loss_Li3P")
    assert "Li6PS5Cl" not in found


def test_a_line_that_others_are_measured_from_stays_empty() -> None:
    left = without(plan(), ["S0"])
    s0 = left.components["s0"][1]
    table = build_model(left)
    free = [table.parameters[i].name for i in table.free]
    assert s0.parameters["area"] == 0.0
    assert "s0.center" in free  # that of SO4 is measured from it
    assert "s0.fwhm" not in free
    assert "S0" in left.phases
    assert left.groups == plan().groups


def test_lines_that_nobody_needs_are_gone() -> None:
    left = without(plan(), ["SO4", "Li2S", "LiCl", "loss"])
    assert list(left.components) == ["ps4", "s0", "li3p"]
    assert list(left.phases) == ["PS4", "S0", "Li3P"]
    assert left.groups == {"sulfur": ("S0",), "one": ("S0",)}


def test_a_region_keeps_its_background() -> None:
    left = without(plan(), ["Li3P", "Li2S", "LiCl", "loss"])
    assert [c.id for c in left.regions[1].components] == ["li3p"]
    table = build_model(left)
    curve = [row for row in table.parameters if row.region == "P 2p" and row.state == "free"]
    assert {row.component for row in curve} == {"background"}


def test_shared_words_of_lines_that_are_gone_are_gone() -> None:
    series = {"strategy": "shared", "shared": ["fwhm", "s0.center", "ps4.center"]}
    left = without(plan(series=series), ["S0", "SO4"])
    assert left.series.shared == ("fwhm", "ps4.center")
    build_model(left)


def test_nothing_to_leave_out_changes_nothing() -> None:
    whole = plan()
    assert without(whole, []) is whole


def test_the_curve_of_what_stays_is_the_same() -> None:
    whole = plan()
    left = without(whole, ["S0", "Li3P"])
    one, other = build_model(whole), build_model(left)
    amounts = np.concatenate([own_amounts(one, "S0"), own_amounts(one, "Li3P")])
    free = np.nan_to_num(one.start, nan=100.0)
    free[amounts] = 0.0
    values = one.values(free)
    mine = {one.parameters[i].name: values[i] for i in range(len(values))}
    reduced = other.values(np.array([mine[other.parameters[i].name] for i in other.free]))
    for i, row in enumerate(other.parameters):
        assert reduced[i] == mine[row.name]
