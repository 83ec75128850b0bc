"""Forms read off the plan's own types."""

import pytest

from app.project.ready import ready_plan
from app.session import plan_forms as forms
from app.session.plan_forms import TABLES, Kind, fields_of
from app.session.plan_words import matters
from fitting.backgrounds.catalogue import NONE
from fitting.errors import PlanError
from fitting.plan import Plan
from fitting.plan_options import FitOptions, SeriesOptions


@pytest.fixture(scope="module")
def plan() -> Plan:
    return Plan.from_toml(ready_plan("E1"))


def test_every_field_of_the_plan_is_asked_for() -> None:
    assert [f.name for f in forms.fields_of("series")] == list(SeriesOptions.model_fields)
    kinds = {f.name: f for f in forms.fields_of("fit")}
    assert set(kinds) == set(FitOptions.model_fields)
    assert kinds["weights"].kind is Kind.CHOICE
    assert "poisson" in kinds["weights"].choices
    assert kinds["basis"].kind is Kind.CHOICES
    photon = next(f for f in forms.fields_of("energy") if f.name == "photon_energy_eV")
    assert (photon.kind, photon.optional, photon.label) == (Kind.NUMBER, True, "Photon energy / eV")


@pytest.mark.parametrize("table", forms.TABLES)
def test_what_a_form_shows_can_be_filled_in_again(plan: Plan, table: str) -> None:
    for name, value in forms.values_of(plan, table).items():
        assert forms.set_field(plan, table, name, value) == plan


def test_an_energy_reference_gets_what_it_needs(plan: Plan) -> None:
    none = forms.set_field(plan, "energy", "reference", "none")
    shifted = forms.set_field(none, "energy", "reference", "value")
    shifted = forms.set_field(shifted, "energy", "shift_eV", 0.4)
    line = forms.set_field(shifted, "energy", "reference", "component")
    assert line.energy.shift_eV == 0.0
    assert line.energy.component == "ps4_s2p"
    other = forms.set_field(line, "energy", "component", "li3p_p2p")
    assert other.energy.position_eV == 126.0


def test_a_source_brings_its_photon_energy(plan: Plan) -> None:
    assert forms.set_field(plan, "energy", "source", "Mg Ka").energy.photon_energy_eV == 1253.6
    with pytest.raises(PlanError, match="Al Ka"):
        forms.set_field(plan, "energy", "source", "Al Kb")


def test_a_material_is_a_name_in_a_form_and_numbers_in_a_plan(plan: Plan) -> None:
    named = forms.set_field(plan, "quantification", "material", "Li3PS4")
    assert named.quantification.material is not None
    assert named.quantification.material.density_g_cm3 == 1.88
    assert forms.values_of(named, "quantification")["material"] == "Li3PS4"
    heavy = named.quantification.material.model_copy(update={"density_g_cm3": 2.0})
    own = named.quantification.model_copy(update={"material": heavy})
    mine = named.model_copy(update={"quantification": own})
    assert forms.set_field(mine, "quantification", "material", "Li3PS4") == mine
    tilted = forms.set_field(mine, "quantification", "emission_angle_deg", 30.0)
    assert tilted.quantification.material == heavy
    with pytest.raises(PlanError, match="no material"):
        forms.set_field(plan, "quantification", "material", "unobtainium")


def test_a_fitted_reference_is_held_by_the_line_that_set_the_scale(plan: Plan) -> None:
    free = {"value": 161.5, "min": 161.2, "max": 161.8}
    moving = forms.edited(
        plan, lambda t: t["regions"][0]["components"][0]["parameters"].update(center=free)
    )
    fitted = forms.set_field(moving, "energy", "reference", "fitted")
    assert fitted.energy.reference == "fitted"
    assert fitted.components["ps4_s2p"][1].parameters["center"] == 161.5


def test_electrical_groups_are_written_as_words(plan: Plan) -> None:
    named = forms.set_field(plan, "energy", "groups", "metal: Li0")
    assert named.energy.groups == {"metal": ("Li0",)}
    assert forms.values_of(named, "energy")["groups"] == "metal: Li0"
    assert forms.set_field(named, "energy", "groups", "") == plan
    with pytest.raises(PlanError, match="names no phases"):
        forms.set_field(plan, "energy", "groups", "Li0")


def test_a_wrong_word_is_refused(plan: Plan) -> None:
    with pytest.raises(PlanError, match=r"fit\.weights"):
        forms.set_field(plan, "fit", "weights", "heavy")


@pytest.mark.parametrize("technique", ["XPS", "Raman"])
def test_every_background_that_is_offered_can_be_taken(plan: Plan, technique: str) -> None:
    kinds = forms.background_kinds(technique)
    assert kinds[-1] == NONE
    for kind in kinds:
        after = forms.set_background_kind(plan, "S 2p", kind)
        chosen = after.regions[0].background
        assert chosen.kind == kind
        assert set(forms.background_values(chosen)) == {
            field.name for field in forms.background_fields(chosen)
        }


def test_options_of_a_background(plan: Plan) -> None:
    after = forms.set_background_field(plan, "S 2p", "k", 0.03)
    assert after.regions[0].background.settings == {"k": 0.03}
    assert forms.set_background_field(after, "S 2p", "k", None) == plan
    static = forms.set_background_field(after, "S 2p", "active", False)
    assert [f.name for f in forms.background_fields(static.regions[0].background)] == [
        "active",
        "points",
    ]
    with pytest.raises(PlanError, match="points"):
        forms.set_background_field(static, "S 2p", "points", 0)


@pytest.mark.parametrize("table", TABLES)
def test_every_field_has_a_title_and_says_what_it_does(table: str) -> None:
    assert all(field.title and field.meaning for field in fields_of(table))


def test_words_that_say_nothing_are_not_asked_for() -> None:
    said = {"strategy": "chained", "errors": "covariance", "source": None, "groups": {}}
    assert not matters("series", "stiffness", said)
    assert matters("series", "stiffness", {**said, "strategy": "shared"})
    assert not matters("fit", "replicas", said)
    assert matters("fit", "replicas", {**said, "errors": "bootstrap"})
    assert not matters("energy", "within_eV", said)
    assert not matters("energy", "monochromator", said)
    assert matters("series", "seed", {**said, "seed": 0})
