import numpy as np
import pytest

from fitting.build import build_model
from fitting.component_sensitivities import component_sensitivities
from fitting.errors import PlanError
from fitting.foreign_lines import overlap_notes
from fitting.lineshapes.pseudo_voigt import pseudo_voigt
from fitting.monitor import SilentMonitor
from fitting.plan import Plan
from fitting.plan_check import plan_notes
from fitting.propose import Proposal, propose_plan
from fitting.result import StepResult
from fitting.series import AxisKind, IntensityUnit, Series, Technique
from fitting.simulate import simulate
from fitting.stepfit import fit_step
from reference_lines import library
from reference_lines.instrument import foreign_lines, photon_energies_eV, satellites

MG_KA = 1253.6
SULFATE = {"center": 168.9, "fwhm": 1.4, "area": 40_000.0}


def sulfate(photon_energy_eV: float, source: str, seed: int) -> Series:
    """A sulfate and nothing else, with what a bare source puts beside it."""
    x = np.arange(155.0, 175.0, 0.1)
    curve = np.full(len(x), 150.0)
    copies = [(0.0, 1.0), *((s.displacement_eV, s.relative_intensity) for s in satellites(source))]
    for moved, share in copies:
        for splitting, part in ((0.0, 2.0 / 3.0), (1.18, 1.0 / 3.0)):
            center = SULFATE["center"] - moved + splitting
            area = SULFATE["area"] * share * part
            curve += pseudo_voigt(x, area, center, SULFATE["fwhm"], 0.3)
    counts = np.random.default_rng(seed).poisson(curve).astype(float)
    return Series(
        sample="aged",
        region="S 2p",
        technique=Technique.XPS,
        axis_kind=AxisKind.BINDING_ENERGY,
        x=x,
        intensity=counts[np.newaxis],
        steps=np.array([0]),
        intensity_unit=IntensityUnit.COUNTS,
        counts_per_unit=np.ones(1),
        photon_energy_eV=photon_energy_eV,
    )


def planned(series: Series, monochromator: bool | None = None) -> Proposal:
    return propose_plan([series], library(), ["Li2S", "SO4"], monochromator)


def fitted(plan: Plan, series: Series) -> StepResult:
    return fit_step(build_model(plan), {"S 2p": series.spectrum(0)}, None, SilentMonitor())


def area_of(plan: Plan, step: StepResult, name: str) -> tuple[float, float]:
    """Area and its standard error; 0 where it is at its bound."""
    table = build_model(plan)
    at = next(i for i, row in enumerate(table.parameters) if row.name == f"{name}.area")
    free = int(np.flatnonzero(table.free == at)[0])
    return float(step.values[at]), float(np.sqrt(np.nan_to_num(step.covariance[free, free])))


@pytest.mark.parametrize("seed", [0, 1])
def test_satellites_of_magnesium_no_longer_turn_sulfate_into_sulfide(seed: int) -> None:
    series = sulfate(MG_KA, "Mg Ka", seed)
    plan = planned(series).plan
    assert plan.energy.source == "Mg Ka"
    assert plan.energy.monochromator is False
    names = {c.id for c in plan.regions[0].components}
    assert {"so4_s2p_ka3", "so4_s2p_ka4"} <= names
    assert "li2s_s2p_ka3" not in names  # it would fall out of the window
    blind = [c for c in plan.regions[0].components if "_ka" not in c.id]
    region = plan.regions[0].model_copy(update={"components": tuple(blind)})
    without = plan.model_copy(update={"regions": (region,)})
    faked, error = area_of(without, fitted(without, series), "li2s_s2p")
    assert faked > 10.0 * error
    assert faked > 0.05 * SULFATE["area"]
    found, error = area_of(plan, fitted(plan, series), "li2s_s2p")
    assert found < 3.0 * error or found == 0.0
    area, error = area_of(plan, fitted(plan, series), "so4_s2p")
    assert abs(area - SULFATE["area"]) < 4.0 * error


def test_a_bare_aluminium_source_is_said() -> None:
    series = sulfate(1486.6, "Al Ka", 0)
    assert planned(series).plan.energy.monochromator is None
    plan = planned(series, monochromator=False).plan
    assert plan.energy.source == "Al Ka"
    assert "so4_s2p_ka3" in plan.components
    sensitivities = component_sensitivities(plan)
    assert sensitivities["so4_s2p_ka3"] == sensitivities["so4_s2p"]


def test_a_plan_without_the_satellites_of_its_source_is_noted() -> None:
    plan = planned(sulfate(MG_KA, "Mg Ka", 0)).plan
    assert not [note for note in plan_notes(plan) if "fall into the window" in note]
    kept = [c for c in plan.regions[0].components if c.id != "so4_s2p_ka3"]
    bare = [c for c in kept if c.id != "so4_s2p_ka4"]
    region = plan.regions[0].model_copy(update={"components": tuple(bare)})
    notes = plan_notes(plan.model_copy(update={"regions": (region,)}))
    assert sum("so4_s2p" in note and "ka3, ka4 of Mg Ka" in note for note in notes) == 1


def test_losses_are_planned_where_there_is_metal_and_only_there() -> None:
    series = simulate("E1", steps=3).series
    phases = ["Li6PS5Cl", "Li2S", "LixP", "Li3P", "LiCl"]
    bare = propose_plan(series, library(), phases).plan
    assert not [name for name in bare.components if name.endswith("_loss")]
    plan = propose_plan(series, library(), ["Li0", *phases]).plan
    own = [name for name in plan.components if name.endswith("_loss")]
    assert {"ps4_s2p_loss", "li2s_s2p_loss", "li3p_p2p_loss", "li0_li1s_loss"} <= set(own)
    assert "licl_li1s_loss" not in own
    for name in own:
        component = plan.components[name][1]
        parent = plan.components[name.removesuffix("_loss")][1]
        assert component.phase == f"loss_{parent.phase}"
        assert not plan.phases[component.phase].counted
        assert component.parameters["center"] == f"{parent.id}.center + 7.5"
    windows = {region.name: region.window[1] for region in plan.regions}
    assert windows["S 2p"] >= 160.2 + 7.5


def test_known_overlaps_are_named_where_the_element_is() -> None:
    series = sulfate(1486.6, "", 0)
    plan = planned(series).plan
    assert overlap_notes(plan) == []
    assert "Se 3p" in overlap_notes(plan, ["Se 3d"])[0]
    assert "Bi 4f" in overlap_notes(plan, ["Bi 5d"])[0]
    nickel = {"energy": {"photon_energy_eV": 1486.6}, "phases": {"NCM": {"formula": "LiNiO2"}}}
    lithium = {
        "name": "Li 1s",
        "window": [50.0, 68.0],
        "background": {"kind": "linear"},
        "components": [
            {"id": "li", "phase": "NCM", "shape": "gaussian", "center": 55.0, "fwhm": 1.2}
        ],
    }
    own = Plan.from_data({**nickel, "regions": [lithium]})
    assert any("Ni 3p (65 to 72)" in note for note in plan_notes(own))


def test_auger_lines_stay_at_their_kinetic_energy() -> None:
    sodium = next(line for line in foreign_lines() if line.name == "Na KLL")
    low, high = sodium.binding_range_eV(1486.6) or (0.0, 0.0)
    assert low < 497.0 < high
    moved = sodium.binding_range_eV(1253.6)
    assert moved == (low - 233.0, high - 233.0)
    assert sodium.binding_range_eV(None) is None


def test_sources_by_name_give_their_photon_energy() -> None:
    region = planned(sulfate(1486.6, "", 0)).plan.regions[0].model_dump()
    for name, photon in photon_energies_eV().items():
        plan = Plan.from_data({"energy": {"source": name}, "phases": PHASES, "regions": [region]})
        assert plan.energy.photon_energy_eV == photon
    for energy, problem in (
        ({"source": "Al Kb"}, "did you mean 'Al Ka'"),
        ({"source": "Al Ka", "photon_energy_eV": 1253.6}, "has 1486.6 eV, not 1253.6"),
        ({"monochromator": False}, "needs source"),
    ):
        with pytest.raises(PlanError, match=problem):
            Plan.from_data({"energy": energy, "phases": PHASES, "regions": [region]})


PHASES: dict[str, dict[str, str]] = {"Li2S": {}, "SO4": {}}
