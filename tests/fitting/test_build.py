"""Plan -> table: what is free, fixed, linked, tied, and which regions belong together."""

import numpy as np
import pytest

from fitting.build import build_model
from fitting.errors import PlanError
from fitting.model import State
from tests.fitting.synthetic import component, region, table_of, truth

P = (126.0, 136.0)


def test_the_shift_is_the_first_parameter_and_free_only_by_reference() -> None:
    parts = [component("a", "gaussian", {"value": 161.0})]
    plain = table_of(region(parts))
    assert plain.parameters[0].name == "energy.shift"
    assert plain.parameters[0].state is State.FIXED
    given = table_of(region(parts), energy={"reference": "value", "shift_eV": 1.5})
    assert given.values(truth(given))[0] == 1.5
    energy = {"reference": "component", "component": "a", "position_eV": 160.0}
    free = table_of(region(parts), energy=energy)
    assert free.parameters[0].state is State.FREE
    center = free.parameters[free.index["a.center"]]
    assert (center.state, center.value) == (State.FIXED, 160.0)


def test_components_of_one_phase_in_one_region_are_tied_by_count() -> None:
    table = table_of(
        region(
            [
                component("a", "gaussian", 160.0, phase="A", count=4),
                component("b", "gaussian", 162.0, phase="A", count=1),
                component("c", "gaussian", 164.0, phase="A", area={"value": 10.0, "min": 0.0}),
                component("d", "gaussian", 166.0),
                component("e", "gaussian", 168.0),
            ]
        ),
        region([component("p", "gaussian", 131.0, phase="A")], "linear", "P 2p", P),
    )
    states = {r.name: r.state for r in table.parameters if r.parameter == "area"}
    assert states == {
        "a.area": State.FREE,
        "b.area": State.LINKED,
        "c.area": State.FREE,
        "d.area": State.FREE,
        "e.area": State.FREE,
        "p.area": State.FREE,
    }
    values = table.values(truth(table, a__area=1000.0))
    assert values[table.index["b.area"]] == pytest.approx(250.0)


def test_regions_without_a_shared_parameter_are_solved_apart_the_reference_first() -> None:
    regions = [
        region([component("a", "gaussian", 161.0)]),
        region([component("p", "gaussian", 131.0)], "linear", "P 2p", P),
        region([component("o", "gaussian", 531.0)], "linear", "O 1s", (525.0, 536.0)),
    ]
    assert table_of(*regions).blocks == ((0,), (1,), (2,))
    energy = {"reference": "component", "component": "o", "position_eV": 531.0}
    assert table_of(*regions, energy=energy).blocks == ((2,), (0,), (1,))
    regions[1]["components"][0]["fwhm"] = "o.fwhm"
    assert table_of(*regions).blocks == ((0,), (1, 2))
    assert table_of(*regions, energy=energy).blocks == ((1, 2), (0,))
    regions[1]["components"][0]["fwhm"] = "sqrt(o.fwhm * a.fwhm)"
    assert table_of(*regions).blocks == ((0, 1, 2),)


def test_a_link_to_a_fixed_number_ties_nothing() -> None:
    regions = [
        region([component("a", "gaussian", 161.0, fwhm=1.2)]),
        region([component("p", "gaussian", "a.center - 30", fwhm="a.fwhm")], "linear", "P 2p", P),
    ]
    assert table_of(*regions).blocks == ((0,), (1,))


def test_links_are_followed_whatever_their_order() -> None:
    parts = [
        component("a", "gaussian", "b.center - 1"),
        component("b", "gaussian", "c.center - 1"),
        component("c", "gaussian", "sqrt(d.center ** 2)"),
        component("d", "gaussian", {"value": 164.0}),
    ]
    table = table_of(region(parts))
    values = table.values(truth(table))
    centers = [values[table.index[f"{c}.center"]] for c in "abcd"]
    assert centers == pytest.approx([162.0, 163.0, 164.0, 164.0])
    assert len(table.links) == 3  # affine links of what is not affine are none either
    slopes = table.jacobian(truth(table))
    d = int(np.flatnonzero(table.free == table.index["d.center"])[0])
    assert slopes[[table.index[f"{c}.center"] for c in "abc"], d] == pytest.approx([1.0] * 3)


def test_a_value_outside_a_link_s_domain_is_nan_and_nothing_else() -> None:
    parts = [
        component("a", "gaussian", {"value": 161.0}),
        component("b", "gaussian", 164.0, fwhm="sqrt(a.fwhm - 1)"),
        component("c", "gaussian", 166.0, fwhm="b.fwhm * 2"),
    ]
    table = table_of(region(parts))
    values = table.values(truth(table, a__fwhm=0.6))
    bad = [row.name for row, v in zip(table.parameters, values, strict=True) if np.isnan(v)]
    assert bad == ["b.fwhm", "c.fwhm"]


@pytest.mark.parametrize("link", ["a.fwhm - 1", "0 - a.fwhm ** 2"])
def test_a_linked_width_may_not_be_negative(link: str) -> None:
    parts = [
        component("a", "gaussian", {"value": 161.0}),
        component("b", "gaussian", 164.0, fwhm=link),
    ]
    table = table_of(region(parts))
    values = table.values(truth(table, a__fwhm=0.6))
    assert np.isnan(values[table.index["b.fwhm"]])
    assert np.isfinite(np.delete(values, table.index["b.fwhm"])).all()


def test_limits_of_the_formula_are_bounds_where_the_plan_says_nothing() -> None:
    part = component("a", "pseudo_voigt", {"value": 161.0})
    part |= {"fwhm": {"value": 1.0}, "lorentz_fraction": {"value": 0.3}}
    table = table_of(region([part], "shirley"))
    rows = {row.name: (row.minimum, row.maximum) for row in table.parameters}
    assert rows["a.area"] == (0.0, np.inf)
    assert rows["a.lorentz_fraction"] == (0.0, 1.0)
    assert rows["a.fwhm"][0] > 0.0
    assert rows["S 2p:background.k"][0] == 0.0
    assert rows["S 2p:background.level"] == (-np.inf, np.inf)


def test_a_template_file_that_nobody_read() -> None:
    part = {"id": "a", "shape": "measured", "template": "t"}
    with pytest.raises(PlanError, match=r"templates.t: the points of 'x.csv' were not read"):
        table_of(region([part]), templates={"t": {"file": "x.csv"}})


def test_a_template_without_area_is_an_error_of_the_plan() -> None:
    part = {"id": "a", "shape": "measured", "template": "t"}
    template = {"x": [1.0, 2.0, 3.0, 4.0], "intensity": [0.0, 0.0, 0.0, 0.0]}
    with pytest.raises(PlanError, match=r"templates.t: .*positive area"):
        table_of(region([part]), templates={"t": template})


def test_the_reference_line_cannot_stand_elsewhere() -> None:
    from fitting.plan import Plan

    text = """
[energy]
reference = "component"
component = "a"
position_eV = 161.5
[[regions]]
name = "S 2p"
window = [157, 170]
background = {kind = "constant"}
components = [{id = "a", shape = "gaussian", center = 160.0, fwhm = 1}]
"""
    with pytest.raises(PlanError, match=r"puts this line at 161\.5"):
        build_model(Plan.from_toml(text))
    build_model(Plan.from_toml(text.replace("160.0", "161.5")))
