from typing import Any

import numpy as np
import pytest

from fitting.attenuation import overlayer_factor, tpp2m_nm
from fitting.component_sensitivities import (
    component_sensitivities,
    sensitivity_notices,
    sensitivity_texts,
)
from fitting.errors import PlanError
from fitting.expression import parse
from fitting.materials import find_material, material_names
from fitting.overlayer import attenuation_link, overlayer_rows
from fitting.plan import Plan
from fitting.plan_options import Free
from fitting.plan_text import plan_text
from fitting.sensitivity import sensitivity
from fitting.simulate import simulate
from tests.fitting.synthetic import component, region

ENERGY = {"photon_energy_eV": 1486.6}
NICKEL = {"material": "Ni", "thickness_nm": 6.0, "phases": ["Ni"]}


def plan_of(**tables: Any) -> Plan:
    sulfur = [component("li2s", "gaussian", 160.2, phase="Li2S")]
    lithium = [
        component("li", "gaussian", 55.0, phase="Li2S"),
        component("ni", "gaussian", 66.0, phase="Ni"),
    ]
    data = {
        "energy": ENERGY,
        "phases": {"Li2S": {}, "Ni": {}},
        "regions": [
            region(sulfur, name="S 2p", window=(157.0, 166.0)),
            region(lithium, name="Li 1s", window=(50.0, 66.0)),
        ],
        **tables,
    }
    return Plan.from_data(data)


def test_without_a_table_there_is_the_cross_section_alone() -> None:
    found = component_sensitivities(plan_of())
    assert found["li2s"].value == sensitivity("S 2p", 1486.6).value
    assert found["li"] == found["ni"]
    said = sensitivity_notices(plan_of(fit={"basis": ["atomic"]}))
    assert said[0] == "S 2p: mean free path left out: taken as equal for all lines"
    assert len(said) == 6
    assert sensitivity_notices(plan_of()) == ()


def test_a_material_gives_the_mean_free_path_that_e1_is_simulated_with() -> None:
    found = component_sensitivities(plan_of(quantification={"material": "Li6PS5Cl"}))
    wanted = simulate("E1", steps=2).sensitivities
    ratio = found["li"].value / found["li2s"].value
    assert ratio == pytest.approx(wanted["Li 1s"].value / wanted["S 2p"].value, rel=3e-3)


def test_every_factor_is_in_the_product_and_in_the_text() -> None:
    options = {
        "material": "Li2S",
        "asymmetry": "dipole",
        "analyser_angle_deg": 90.0,
        "beta": {"S 2p": 1.0},
        "transmission": {"power": -0.5},
        "exposure_s": {"S 2p": 4.0},
        "relative_uncertainty": 0.2,
    }
    plan = plan_of(quantification=options)
    found = component_sensitivities(plan)["li2s"]
    energy = 1486.6 - 161.5
    path = tpp2m_nm(energy, find_material("Li2S").material)
    product = sensitivity("S 2p", 1486.6).value * path * (energy / 1000.0) ** -0.5 * 1.25 * 4.0
    assert found.value == pytest.approx(product, rel=1e-12)
    assert found.relative_uncertainty == 0.2
    text = next(t for t, names in sensitivity_texts(plan).items() if names == ["li2s"])
    for word in ("TPP-2M, Li2S", "unverified", "(E / 1000 eV)^-0.5", "beta 1", "exposure", "20 %"):
        assert word in text
    assert found.notices == ()


def test_an_s_level_at_the_magic_angle_keeps_its_strength() -> None:
    angle = float(np.degrees(np.arcsin(np.sqrt(2.0 / 3.0))))
    options = {"asymmetry": "dipole", "analyser_angle_deg": angle, "beta": {"S 2p": 1.1}}
    found = component_sensitivities(plan_of(quantification=options))
    assert found["li"].asymmetry == pytest.approx(1.0, abs=1e-12)
    assert found["li2s"].asymmetry == pytest.approx(1.0, abs=1e-12)


def test_the_beta_of_a_p_level_must_be_given() -> None:
    plan = plan_of(quantification={"asymmetry": "dipole", "analyser_angle_deg": 60.0})
    with pytest.raises(PlanError, match="lacks 'S 2p'"):
        component_sensitivities(plan)


def test_points_of_a_transmission_are_joined_by_lines() -> None:
    points = {"kinetic_energy_eV": [1000.0, 1400.0], "relative": [1.0, 0.8]}
    found = component_sensitivities(plan_of(quantification={"transmission": points}))
    assert found["li2s"].transmission == pytest.approx(1.0 - 0.2 * 325.1 / 400.0)
    assert found["li"].transmission == 0.8


def test_a_known_overlayer_damps_all_but_itself() -> None:
    options = {"material": "Li6PS5Cl", "emission_angle_deg": 60.0}
    bare = component_sensitivities(plan_of(quantification=options))
    found = component_sensitivities(plan_of(quantification=options, overlayer=NICKEL))
    length = tpp2m_nm(1486.6 - 161.5, find_material("Ni").material)
    share = overlayer_factor(1.0, 6.0, length, 60.0)
    assert found["li2s"].value == pytest.approx(bare["li2s"].value * float(share), rel=1e-12)
    assert found["ni"].attenuation == 1.0
    assert "Ni" in found["ni"].mean_free_path_source
    assert found["ni"].value < bare["ni"].value


@pytest.mark.parametrize("name", ["S 2p", "Li2S"])
def test_an_overlayer_covers_what_it_is_told(name: str) -> None:
    found = component_sensitivities(plan_of(overlayer={**NICKEL, "covers": [name]}))
    assert found["li2s"].attenuation < 0.1
    assert (found["li"].attenuation < 1.0) == (name == "Li2S")


def test_a_number_of_ones_own_replaces_all_but_the_overlayer() -> None:
    own = [component("a", "gaussian", 160.0, sensitivity=0.7, relative_uncertainty=0.02)]
    plan = plan_of(
        regions=[region(own, name="S 2p", window=(157.0, 166.0))],
        quantification={"material": "Li2S", "transmission": {"power": -1.0}},
        overlayer={**NICKEL, "covered_fraction": 0.5},
    )
    found = component_sensitivities(plan)["a"]
    assert found.value == pytest.approx(0.7 * found.attenuation, rel=1e-12)
    assert 0.5 < found.attenuation < 0.6
    assert found.relative_uncertainty == 0.02
    assert found.notices == ()


def test_lithium_above_2_keV_is_carried_on_and_says_so() -> None:
    plan = plan_of(energy={"photon_energy_eV": 5414.7}, fit={"basis": ["atomic"]})
    value = component_sensitivities(plan)["li"].cross_section_barn
    assert value == pytest.approx(12.08, rel=0.05)
    assert any("total photoelectric" in notice for notice in sensitivity_notices(plan))


def test_a_fitted_overlayer_is_a_link_that_says_what_the_formula_says() -> None:
    layer = {"material": "Ni", "thickness_nm": 6.0, "covered_fraction": 0.8, "phases": ["Ni"]}
    plan = plan_of(overlayer=layer)
    assert attenuation_link(plan, "li2s") is None
    assert overlayer_rows(plan) == ()
    known = plan.overlayer
    assert known is not None
    fitted = known.model_copy(update={"thickness_nm": Free(value=6.0, min=0.0)})
    free = plan.model_copy(update={"overlayer": fitted})
    link = attenuation_link(free, "li2s")
    assert link is not None
    values = {row.name: row.value for row in overlayer_rows(free)}
    assert values == {"overlayer.thickness_nm": 6.0, "overlayer.covered_fraction": 0.8}
    found, gradient = parse(link).evaluate(values)
    assert found == pytest.approx(component_sensitivities(plan)["li2s"].attenuation, rel=1e-8)
    assert set(gradient) == set(values)
    assert attenuation_link(free, "ni") is None
    assert component_sensitivities(free)["li2s"].attenuation == 1.0


@pytest.mark.parametrize(
    ("tables", "problem"),
    [
        ({"overlayer": {**NICKEL, "thickness_nm": {"value": 6.0}}}, 'needs strategy = "joint"'),
        ({"overlayer": {**NICKEL, "material": "Nix"}}, "no material 'Nix'"),
        ({"overlayer": {**NICKEL, "thickness_nm": -1.0}}, "must be 0 or more"),
        ({"overlayer": {**NICKEL, "covered_fraction": 1.2}}, "must be 0 to 1"),
        ({"overlayer": {**NICKEL, "thickness_nm": {}}}, "a value to start from"),
        ({"overlayer": {**NICKEL, "thickness_nm": "6"}}, "a number (known) or a table"),
        ({"overlayer": {**NICKEL, "phases": ["Nickel"]}}, "the plan has no 'Nickel'"),
        ({"overlayer": {**NICKEL, "covers": ["P 2p"]}}, "the plan has no 'P 2p'"),
        ({"quantification": {"asymmetry": "dipole"}}, "needs analyser_angle_deg"),
        ({"quantification": {"transmission": "flie"}}, '"file"'),
        ({"quantification": {"transmission": 0.0}}, "must be above 0"),
        ({"quantification": {"transmission": {}}}, "either power, or"),
        (
            {"quantification": {"transmission": {"kinetic_energy_eV": [1.0], "relative": []}}},
            "1 energies and 0 values",
        ),
        (
            {"quantification": {"transmission": {"kinetic_energy_eV": [2, 1], "relative": [1, 1]}}},
            "must ascend",
        ),
        ({"quantification": {"exposure_s": {"P 2p": 1.0}}}, "the plan has no 'P 2p'"),
    ],
)
def test_what_is_wrong_is_said(tables: dict[str, Any], problem: str) -> None:
    with pytest.raises(PlanError) as caught:
        plan_of(**tables)
    assert problem in str(caught.value)


def test_transmission_of_a_file_that_was_not_read_is_told() -> None:
    plan = plan_of(quantification={"transmission": "file"}, fit={"basis": ["atomic"]})
    assert any("not read yet" in notice for notice in sensitivity_notices(plan))


def test_no_photon_energy_is_named() -> None:
    with pytest.raises(PlanError, match="photon_energy_eV"):
        component_sensitivities(plan_of(energy={}))


def test_a_written_plan_holds_the_numbers_of_its_materials() -> None:
    options = {"material": "Li6PS5Cl", "transmission": {"power": -0.7}, "beta": {"S 2p": 1.1}}
    plan = plan_of(quantification=options, overlayer=NICKEL)
    text = plan_text(plan)
    assert "density_g_cm3 = 1.865" in text
    assert Plan.from_toml(text) == plan


def test_all_materials_have_paths_as_solids_have() -> None:
    names = material_names()
    assert {"Li6PS5Cl", "Li6PS5Br", "Li3PS4", "NCM", "In0", "Li2O2"} <= set(names)
    for name in names:
        assert 1.3 < tpp2m_nm(1326.0, find_material(name).material) < 5.0
    assert find_material("NCM811") == find_material("NCM")
    for formula in ("Li", "In", "C", "S", "P"):
        assert find_material(formula).material.formula == formula
