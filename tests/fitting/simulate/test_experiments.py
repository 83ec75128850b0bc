"""What holds for every experiment that is seen as photoelectrons."""

import numpy as np
import pytest

from fitting.attenuation import tpp2m_nm
from fitting.errors import PlanError
from fitting.simulate import e1, e2, e3, e4, e5, e11, experiments, simulate
from fitting.simulate.lines import LINES, lines_of
from fitting.simulate.materials import litres
from fitting.simulate.mismatch import MISMATCHES, twin
from fitting.simulate.photoemission import Photoemission
from fitting.simulate.scene import all_peaks, level_sensitivity
from reference_lines import library

MODULES = {"E1": e1, "E2": e2, "E3": e3, "E4": e4, "E5": e5, "E11": e11}
KEYS = tuple(MODULES)
ATOMS = {  # of the phases, in what they are made of
    "Li6PS5Cl": {"P": 1, "S": 5, "Cl": 1},
    "Li3PS4": {"P": 1, "S": 4},
    "Li2S": {"S": 1},
    "LixP": {"P": 1},
    "Li3P": {"P": 1},
    "LiCl": {"Cl": 1},
    "Li3PO4": {"P": 1},
    "P2Sx": {"P": 2, "S": 5},
    "Li2SO3": {"S": 1},
    "Li2SO4": {"S": 1},
}
NOT_IN_THE_LIBRARY = {"li2so3_li1s", "ni_3p", "li2so3_o1s", "li2so3_s1s", "adsorbate_o1s"}


@pytest.fixture(scope="module", params=KEYS)
def key(request):
    return request.param


@pytest.fixture(scope="module")
def scene(key):
    return MODULES[key].scenes(None)[0]


@pytest.fixture(scope="module")
def simulation(key):
    return simulate(key)


def test_every_photoemission_experiment_is_tested_here():
    assert {k for k, made in experiments().items() if isinstance(made, Photoemission)} == set(KEYS)


def test_truth_is_finite_and_shares_are_shares(key, scene, simulation):
    truth = simulation.truth[scene.sample]
    for path, values in truth.items():
        assert values.shape == (len(scene),), path
        assert np.all(np.isfinite(values)), path
        if path.split("/")[0].endswith("fraction") or path.startswith("amount/"):
            assert np.all(values > -1e-12), path
    phases = [p for p in truth if p.startswith("molar_fraction/") and "group:" not in p]
    np.testing.assert_allclose(sum(truth[p] for p in phases), 1.0)
    for region in scene.regions:
        own = [p for p in truth if p.startswith(f"area_fraction/{region.name}/")]
        np.testing.assert_allclose(sum(truth[p] for p in own if "group:" not in p), 1.0)


def test_areas_stand_as_atoms_times_sensitivity(scene):
    """Slow and obvious: every line of a phase against every other, in all regions."""
    peaks = all_peaks(scene, 1000.0)
    regions = {region.name: region for region in scene.regions}
    for phase in {line.phase for line in scene.lines}:
        per_atom = []
        for line in (one for one in scene.lines if one.phase == phase):
            if line.region not in regions:
                continue
            region = regions[line.region]
            area = next(p.area for p in peaks[region.name] if p.component == line.component)
            level = line.level or region.name
            factor = level_sensitivity(scene, region, level, phase).value * line.atoms
            per_atom.append(area / factor / np.maximum(scene.seen(region)[phase], 1e-300))
        for one in per_atom[1:]:
            seen = scene.seen(scene.regions[0])[phase] > 0.0
            np.testing.assert_allclose(one[seen], per_atom[0][seen], rtol=1e-9)


def test_what_is_mixed_fills_the_space(scene):
    for region in scene.regions:
        volume = sum(n * litres(phase) for phase, n in scene.below[region.name].items())
        np.testing.assert_allclose(volume, 1.0, rtol=1e-4)  # E1 has its own volume of LixP


@pytest.mark.parametrize("key", ["E2", "E4", "E5"])
def test_atoms_are_conserved(key):
    """Sulfur, phosphorus and chlorine only change their phase: their ratios stay."""
    scene = MODULES[key].scenes(None)[0]
    below = scene.below[scene.regions[0].name]
    wanted = ATOMS["Li3PS4" if "Li3PS4" in below else "Li6PS5Cl"]
    total = {
        element: sum(ATOMS[p].get(element, 0) * n for p, n in below.items() if p in ATOMS)
        for element in wanted
    }
    for element, atoms in wanted.items():
        np.testing.assert_allclose(total[element] / total["P"], atoms, rtol=1e-9)


def test_positions_and_counts_are_those_of_the_library():
    found = library().lines
    for line in LINES:
        if line.component in NOT_IN_THE_LIBRARY:
            continue
        own = [
            known
            for known in found
            if known.species == line.phase and known.region == line.region and known.recommended
        ]
        matching = [known for known in own if abs(known.value - line.center_eV) < 1e-9]
        assert matching, line
        assert line.phase == "LixP" or matching[0].count == line.atoms, line


def test_intensities_are_counts_over_sweeps(simulation):
    for series in simulation.series:
        counts = series.intensity * series.counts_per_unit[:, None]
        np.testing.assert_allclose(counts, np.round(counts), atol=1e-6)
        assert np.all(np.diff(series.columns["time_s"]) > 0.0)


def test_strongest_line_is_as_high_as_asked_for(scene, simulation):
    tops = []
    for series, region in zip(simulation.series, scene.regions, strict=False):
        level = region.background * 10_000.0
        tops.append(series.intensity[0].max() - level)
    assert max(tops) == pytest.approx(10_000.0, rel=0.15)  # a step and noise are on top


def test_glitches_are_where_the_truth_says(scene, simulation):
    truth = simulation.truth[scene.sample]
    series = {one.region: one for one in simulation.series if one.sample == scene.sample}
    for path, hit in truth.items():
        if not path.startswith("glitch/"):
            continue
        _, kind, region = path.split("/")
        step = int(np.flatnonzero(hit)[0])
        measured = series[region]
        if kind == "missing":
            assert step not in measured.steps
            continue
        row = measured.intensity[list(measured.steps).index(step)]
        if kind == "dead":
            assert np.all(row[len(row) // 2 :] == 0.0)
        else:
            others = np.delete(row, len(row) // 16)
            assert row[len(row) // 16] > others[: len(row) // 16].max() * 1.1


def test_short_series_have_no_glitch(key):
    short = simulate(key, steps=3)
    assert {len(one) for one in short.series} == {3}


def test_deterministic(key):
    same = simulate(key, steps=3, seed=4), simulate(key, steps=3, seed=4)
    other = simulate(key, steps=3, seed=5)
    for a, b, c in zip(same[0].series, same[1].series, other.series, strict=True):
        assert np.array_equal(a.intensity, b.intensity)
        assert not np.array_equal(a.intensity, c.intensity)


@pytest.mark.parametrize("mismatch", MISMATCHES)
def test_twins_have_the_same_truth_and_other_spectra(key, mismatch):
    plain, other = simulate(key, steps=4), simulate(key, steps=4, mismatch=mismatch)
    for sample, truth in plain.truth.items():
        for path, values in truth.items():
            assert np.array_equal(values, other.truth[sample][path])
    pairs = zip(plain.series, other.series, strict=True)
    assert any(not np.array_equal(a.intensity, b.intensity) for a, b in pairs)
    assert other.series[0].metadata["simulation"]["mismatch"] == mismatch


def test_layers_look_the_same_to_the_first_region(scene):
    layered = twin(scene, "layered")
    for region in scene.regions:
        seen, mixed = layered.seen(region), scene.seen(region)
        volume = sum(n * litres(p) for p, n in layered.below[region.name].items())
        np.testing.assert_allclose(volume, 1.0, rtol=1e-9)
        for phase in scene.layers[0]:
            top = seen[phase] / np.maximum(mixed[phase], 1e-300)
            there = mixed[phase] > 1e-9
            deeper = tpp2m_nm(region.kinetic_energy_eV, scene.matrix)
            first = tpp2m_nm(scene.regions[0].kinetic_energy_eV, scene.matrix)
            if region is scene.regions[0]:
                np.testing.assert_allclose(top[there], 1.0, rtol=1e-6)
            elif deeper > first and len(scene.below) > 2:
                assert np.all(top[there] < 1.0 + 1e-9)


def test_sensitivities_of_the_twin_are_ten_percent_off(scene):
    factors = twin(scene, "sensitivities").sensitivity_factors
    assert set(factors.values()) == {0.9, 1.1}
    assert factors.keys() == {region.name for region in scene.regions}


def test_raman_has_no_twins_and_words_are_known():
    with pytest.raises(PlanError, match="mismatch: wrong given, must be one of layered"):
        simulate("E1", mismatch="wrong")


def test_lines_come_in_the_order_of_the_table():
    assert [line.component for line in lines_of(("Li2S", "Li0"))][:2] == ["li0_li1s", "li2s_li1s"]


def test_lithium_of_e2_goes_somewhere():
    truth = simulate("E2").truth["LPSCl under deposited Li"]
    parts = truth["reacted_li_nm"] + truth["oxidised_li_nm"] + truth["metal_nm"]
    np.testing.assert_allclose(parts, truth["deposited_li_nm"], atol=1e-12)


def test_what_e3_showed():
    truth = simulate("E3").truth["Li3PS4 glass"]
    half = truth["molar_fraction/Li3PO4"].max() / 2.0
    first = np.argmax(truth["molar_fraction/Li3PO4"] > half)
    later = np.argmax(truth["molar_fraction/LixP"] > truth["molar_fraction/LixP"].max() / 2.0)
    last = np.argmax(truth["amount/Li2O"] > truth["amount/Li2O"].max() / 2.0)
    assert first < later < last
    assert truth["amount/Li2O2"][-1] > 0.3 * truth["amount/Li2O"][-1]
    assert np.any(np.diff(truth["charge_uAh_cm2"]) < 0.0)


def test_what_e4_showed():
    truth = simulate("E4").truth["LPSCl under Ni"]
    down = np.arange(len(truth["potential_V"])) <= np.argmin(truth["potential_V"])
    sulfide, potential = truth["molar_fraction/Li2S"], truth["potential_V"]
    assert np.all(sulfide[down & (potential > 1.9)] < 0.005)
    grown = np.interp([1.0, 1.5], potential[down][::-1], sulfide[down][::-1])
    assert grown[0] - grown[1] > 0.5 * sulfide[down].max()
    oxides = truth["molar_fraction/group:sulfur_oxides"]
    assert oxides[down].max() < 1e-3 < 0.05 < oxides[-1]
    assert truth["amount/NiO"][-1] < 0.5 * truth["amount/NiO"][0]


def test_what_e5_showed():
    truth = simulate("E5").truth["Li3PS4 cycled"]
    at_rest = truth["charge_uAh_cm2"] < 1e-9
    assert np.all(np.diff(truth["molar_fraction/Li2S"][at_rest]) > 0.0)
    assert set(truth["cycle"]) == {1.0, 2.0, 3.0}
    assert truth["amount/Li3P"].max() > 1.3 * truth["amount/Li3P"][-1]


def test_what_e11_showed():
    truth = simulate("E11").truth["aged cathode composite"]
    for phase in ("SO4", "PO4"):
        assert np.all(np.diff(truth[f"amount/{phase}"]) < 0.0)
    assert 3.0 < truth["depth_nm"][np.argmax(truth["amount/LiCl"])] < 10.0
    assert np.all(truth["etch_induced/SO3"] == 1.0)
    assert np.all(truth["etch_induced/LiCl"] < 1.0)
