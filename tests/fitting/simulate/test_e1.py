from itertools import pairwise

import numpy as np
import pytest

from fitting.errors import PlanError
from fitting.series import IntensityUnit
from fitting.simulate import experiments, simulate
from fitting.simulate.e1 import BEAM_CURRENTS_UA
from fitting.simulate.e1_surface import (
    GROUPS,
    PHASES,
    REGIONS,
    lithium_area_links,
    plate,
    scene_of,
)
from fitting.simulate.plating import PlatingModel
from fitting.simulate.scene import (
    LORENTZ_FRACTION,
    STEP_PER_EV,
    all_peaks,
    expected_counts,
    sensitivities,
)
from fitting.simulate.spectra import peak_curve

COUNTS = 10_000.0
LITHIUM_1S, SULFUR_2P, PHOSPHORUS_2P = REGIONS


@pytest.fixture(scope="module")
def e1():
    return simulate("E1")


@pytest.fixture(scope="module")
def fast():
    return _scene()


def _scene(steps=26, **model):
    return scene_of(plate(30.0, steps, PlatingModel(**model)), {})


def _peaks(scene, region, counts=COUNTS):
    return all_peaks(scene, counts)[region.name]


def _truths(simulation):
    return list(simulation.truth.values())


def test_series_are_those_of_the_experiment(e1):
    assert [s.region for s in e1.series] == ["Li 1s", "S 2p", "P 2p"] * 2
    assert {s.sample for s in e1.series} == set(e1.truth)
    for series in e1.series:
        assert series.intensity_unit is IntensityUnit.COUNTS
        assert np.all(series.counts_per_unit == 1.0)
        assert np.array_equal(series.intensity, np.round(series.intensity))
        assert series.photon_energy_eV == 1486.6
        charge = series.columns["charge_uAh_cm2"]
        assert (len(charge), charge[0], charge[-1]) == (26, 0.0, 50.0)
        assert np.all(np.diff(series.columns["time_s"]) > 0.0)
    densities = [s.columns["current_density_mA_cm2"][0] for s in e1.series[::3]]
    assert densities == pytest.approx([0.05, 0.15])


def test_charge_is_beam_current_times_time_over_area(e1):
    for series in e1.series:
        idle = np.arange(len(series)) * 3.0 * series.acquisition_s
        beam_s = series.columns["time_s"] - series.columns["time_s"][0] - idle
        charge = series.metadata["beam_current_uA"] * beam_s / 3600.0
        area = series.metadata["electrode_area_cm2"]
        np.testing.assert_allclose(charge / area, series.columns["charge_uAh_cm2"], atol=1e-9)


def test_regions_are_taken_one_after_the_other(e1):
    for sample in (e1.series[:3], e1.series[3:]):
        for earlier, later in pairwise(sample):
            np.testing.assert_allclose(
                earlier.acquisition_start + earlier.acquisition_s, later.acquisition_start
            )
        again = sample[0].acquisition_start[1:]
        assert np.all(sample[-1].acquisition_start[:-1] + 120.0 < again)


def test_deterministic(e1):
    again = simulate("E1", seed=0)
    other = simulate("E1", seed=1)
    for a, b, c in zip(e1.series, again.series, other.series, strict=True):
        assert np.array_equal(a.intensity, b.intensity)
        assert not np.array_equal(a.intensity, c.intensity)
    for sample, paths in e1.truth.items():
        assert paths.keys() == again.truth[sample].keys()
        for path, values in paths.items():
            assert np.array_equal(values, again.truth[sample][path])
            assert np.array_equal(values, other.truth[sample][path])


def test_truth_is_finite_complete_and_frozen(e1):
    for paths in _truths(e1):
        for path, values in paths.items():
            assert values.shape == (26,), path
            assert np.all(np.isfinite(values)), path
            with pytest.raises(ValueError, match="read-only"):
                values[0] = 1.0
        for phase in PHASES:
            assert f"amount/{phase}" in paths
            assert f"inventory_nmol_cm2/{phase}" in paths


def test_fractions_sum_to_one(e1):
    for paths in _truths(e1):
        for region in ("Li 1s", "S 2p", "P 2p"):
            phases = [f"area_fraction/{region}/{phase}" for phase in PHASES]
            np.testing.assert_allclose(sum(paths[p] for p in phases if p in paths), 1.0)
        atomic = [v for p, v in paths.items() if p.startswith("atomic") and "group:" not in p]
        np.testing.assert_allclose(np.sum(atomic, axis=0), 1.0)
        np.testing.assert_allclose(sum(paths[f"molar_fraction/{p}"] for p in PHASES), 1.0)
        np.testing.assert_allclose(
            sum(paths[f"charge_share/{p}"] for p in ("sei", "plated", "loss")), 1.0
        )


def test_groups_are_sums_of_their_members(e1):
    for paths in _truths(e1):
        for group, members in GROUPS.items():
            for basis in ("area_fraction", "atomic_fraction"):
                for region in ("Li 1s", "S 2p", "P 2p"):
                    present = [f"{basis}/{region}/{phase}" for phase in members]
                    whole = sum(paths[path] for path in present if path in paths)
                    found = paths.get(f"{basis}/{region}/group:{group}", 0)
                    np.testing.assert_allclose(found, whole, err_msg=f"{region} {group}")


def test_pristine_electrolyte(e1):
    for paths in _truths(e1):
        first = {path: values[0] for path, values in paths.items()}
        assert first["sulfide_160eV_fraction"] == pytest.approx(0.2)
        for region in ("Li 1s", "S 2p", "P 2p"):
            assert first[f"area_fraction/{region}/Li6PS5Cl"] == 1.0
            assert first[f"loss_area/{region}"] == 0.0
        # what the formula says, once divided by the sensitivities that made it
        assert first["atomic_fraction/Li 1s/Li6PS5Cl"] == pytest.approx(6 / 12)
        assert first["atomic_fraction/S 2p/Li6PS5Cl"] == pytest.approx(5 / 12)
        assert first["atomic_fraction/P 2p/Li6PS5Cl"] == pytest.approx(1 / 12)
        assert first["coverage"] == 0.0
        assert first["amount/Li6PS5Cl"] == pytest.approx(1865.0 / 268.37)


def test_what_the_experiment_showed(e1):
    slow, fast = _truths(e1)
    assert slow["sulfide_160eV_fraction"][-1] == pytest.approx(0.7, abs=0.05)
    early = 2
    assert slow["area_fraction/P 2p/LixP"][early] > 2 * slow["area_fraction/P 2p/Li3P"][early]
    assert fast["area_fraction/P 2p/Li3P"][early] > 2 * fast["area_fraction/P 2p/LixP"][early]
    for paths in (slow, fast):
        assert np.all(np.diff(paths["area_fraction/Li 1s/Li0"]) > 0.0)
        assert np.all(np.diff(paths["sulfide_160eV_fraction"]) > 0.0)
        assert np.all((paths["shift_eV"] >= 0.1) & (paths["shift_eV"] <= 0.3))
    assert np.all(fast["area_fraction/Li 1s/Li0"][1:] > slow["area_fraction/Li 1s/Li0"][1:])


def test_counts_at_the_top_of_the_first_sulfur_spectrum(fast):
    spectra = expected_counts(fast, SULFUR_2P, _peaks(fast, SULFUR_2P), COUNTS)
    lines = spectra[0] - SULFUR_2P.background * COUNTS
    assert lines.max() == pytest.approx(COUNTS, rel=0.1)  # the step adds a little
    twice = expected_counts(fast, SULFUR_2P, _peaks(fast, SULFUR_2P, 2 * COUNTS), 2 * COUNTS)
    np.testing.assert_allclose(twice, 2.0 * spectra)


def test_noise_is_poisson(e1, fast):
    for series, region in zip(e1.series[3:], REGIONS, strict=True):
        expected = expected_counts(fast, region, _peaks(fast, region), COUNTS)
        pull = (series.intensity - expected) / np.sqrt(expected)
        assert abs(pull.mean()) < 5.0 / np.sqrt(pull.size)
        assert pull.var() == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("region", REGIONS, ids=lambda region: region.name)
def test_a_spectrum_is_the_sum_of_its_parts(fast, region):
    peaks = _peaks(fast, region)
    x = region.axis
    found = expected_counts(fast, region, peaks, COUNTS)
    for k in (0, 3, 25):
        lines = np.zeros(len(x))
        for peak in peaks:
            for share, place in ((1.0, 0.0), (peak.ratio, peak.splitting_eV)):
                u = (x - peak.center_eV[k] - place) / (peak.fwhm_eV[k] / 2.0)
                gauss = np.exp(-np.log(2.0) * u**2) * np.sqrt(np.log(2.0) / np.pi)
                lorentz = 1.0 / np.pi / (1.0 + u**2)
                unit = (1.0 - LORENTZ_FRACTION) * gauss + LORENTZ_FRACTION * lorentz
                height = share / (1.0 + peak.ratio) * peak.area[k] / (peak.fwhm_eV[k] / 2.0)
                lines += height * unit
        passed = [np.trapezoid(lines[: i + 1], x[: i + 1]) for i in range(len(x))]
        parts = lines + STEP_PER_EV * np.array(passed) + region.background * COUNTS
        np.testing.assert_allclose(found[k], parts, rtol=1e-12)


def test_the_metal_damps_what_it_covers(fast):
    bare = _scene(nucleus_nm=1e12)  # islands so tall that none covers
    for region in REGIONS:
        covered, free = fast.seen(region), bare.seen(region)
        for phase in PHASES[1:]:
            ratio = covered[phase][1:] / free[phase][1:]
            assert np.all(ratio < 1.0)
            assert np.all(np.diff(ratio) < 0.0)
            assert np.all(ratio >= 1.0 - fast.film.coverage[1:] - 1e-9)
    # slower electrons are held back more
    lithium, sulfur = (
        fast.seen(region)["Li2S"][1:] / bare.seen(region)["Li2S"][1:]
        for region in (LITHIUM_1S, SULFUR_2P)
    )
    assert np.all(lithium > sulfur)


def test_replicas_come_from_the_metal_only(fast):
    for region in REGIONS:
        peaks = {peak.component: peak for peak in _peaks(fast, region)}
        for line in (one for one in fast.lines if one.region == region.name):
            whole = peaks[line.component]
            first = peaks[f"{line.component}_loss1"]
            second = peaks[f"{line.component}_loss2"]
            np.testing.assert_allclose(first.center_eV - whole.center_eV, 7.5)
            np.testing.assert_allclose(second.fwhm_eV - whole.fwhm_eV, 3.0)
            assert first.area[0] == 0.0
            assert np.all(first.area[1:] < 0.6 * whole.area[1:])
    metal = {p.component: p for p in _peaks(fast, LITHIUM_1S)}
    thick = metal["li0_li1s_loss1"].area[-1] / metal["li0_li1s"].area[-1]
    assert thick == pytest.approx(0.5, abs=0.001)  # an endless film: p, then p^2
    twice = metal["li0_li1s_loss2"].area[-1] / metal["li0_li1s"].area[-1]
    assert twice == pytest.approx(0.25, abs=0.001)


def test_replica_strength_against_electrons_counted_one_by_one():
    scene = _scene(steps=6)
    peaks = {p.component: p for p in _peaks(scene, LITHIUM_1S)}
    generator = np.random.default_rng(5)
    k, length, electrons = 1, 4.574, 400_000
    film = scene.film
    depth = generator.uniform(0.0, film.thickness_nm[k], electrons)
    events = generator.poisson(depth / length)
    plasmons = generator.binomial(events, 0.5)
    ordinary = np.count_nonzero(events == 0)
    only_plasmons = np.count_nonzero((events == 1) & (plasmons == 1))
    found = peaks["li0_li1s_loss1"].area[k] / peaks["li0_li1s"].area[k]
    assert found == pytest.approx(only_plasmons / ordinary, rel=0.02)
    through = generator.poisson(film.thickness_nm[k] / length, electrons)
    covered = generator.random(electrons) < film.coverage[k]
    lost = covered & (through == 1) & (generator.random(electrons) < 0.5)
    found = peaks["li2s_li1s_loss1"].area[k] / peaks["li2s_li1s"].area[k]
    assert found == pytest.approx(lost.sum() / (~covered | (through == 0)).sum(), rel=0.03)


def _columns(scene, region, k, parts):
    """Unit areas as columns, each with the step it casts, and a constant."""
    peaks = {p.component: p for p in _peaks(scene, region)}
    x = region.axis
    columns = []
    for part in parts:
        curve = np.zeros(len(x))
        for component, share in part:
            peak = peaks[component]
            unit = peak_curve(x, peak, LORENTZ_FRACTION)[k] / max(peak.area[k], 1e-300)
            curve += share * unit
        passed = np.concatenate([[0.0], np.cumsum(0.05 * (curve[1:] + curve[:-1]))])
        columns.append(curve + STEP_PER_EV * passed)
    return np.array([*columns, np.ones(len(x))]).T


@pytest.mark.parametrize(
    ("region", "parts", "phases"),
    [
        (
            SULFUR_2P,
            [
                [("ps4_s2p", 0.8), ("free_s2p", 0.2)],
                [("li2s_s2p", 1.0)],
                [("ps4_s2p_loss1", 0.8), ("free_s2p_loss1", 0.2)],
                [("li2s_s2p_loss1", 1.0)],
            ],
            ("Li6PS5Cl", "Li2S"),
        ),
        (
            PHOSPHORUS_2P,
            [
                [("ps4_p2p", 1.0)],
                [("lixp_p2p", 1.0)],
                [("li3p_p2p", 1.0)],
                [("lixp_p2p_loss1", 1.0)],
                [("li3p_p2p_loss1", 1.0)],
            ],
            ("Li6PS5Cl", "LixP", "Li3P"),
        ),
    ],
    ids=["S 2p", "P 2p"],
)
def test_the_components_named_give_the_truth_back(e1, fast, region, parts, phases):
    paths = e1.truth[fast.sample]
    spectra = expected_counts(fast, region, _peaks(fast, region), COUNTS)
    for k in (1, 5, 25):
        columns = _columns(fast, region, k, parts)
        found = np.linalg.lstsq(columns, spectra[k], rcond=None)[0][: len(phases)]
        wanted = [paths[f"area_fraction/{region.name}/{phase}"][k] for phase in phases]
        np.testing.assert_allclose(found / found.sum(), wanted, atol=1e-3)


def test_lithium_links_hold_until_the_metal_bends_them(e1, fast):
    for paths in _truths(e1):
        areas = {
            path.split("/")[2]: values
            for path, values in paths.items()
            if path.startswith("component_area/")
        }
        for component, link in lithium_area_links(fast).items():
            other, ratio = link.split(".area * ")
            linked = areas[other] * float(ratio)
            assert np.all(np.abs(linked - areas[component]) <= 0.02 * areas[component])


def test_sensitivities_are_told(e1, fast):
    for region, factor in e1.sensitivities.items():
        assert factor.level == region
        assert "TPP-2M" in factor.mean_free_path_source
    assert e1.sensitivities == sensitivities(fast)


def test_steps_and_currents():
    assert len(BEAM_CURRENTS_UA) == 2
    short = simulate("E1", steps=3, counts=500.0)
    np.testing.assert_allclose(short.series[0].columns["charge_uAh_cm2"], [0.0, 25.0, 50.0])
    single = simulate("E1", steps=1)
    assert single.series[0].intensity.shape == (1, 161)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"key": "E99"}, "no experiment 'E99'; there is E1"),
        ({"key": "E1", "steps": 0}, "simulate steps: 0 given, must be at least 1"),
        ({"key": "E1", "counts": 0.0}, "simulate counts: 0.0 given"),
        ({"key": "E1", "counts": float("nan")}, "simulate counts: nan given"),
        ({"key": "E1", "seed": -1}, "simulate seed: -1 given"),
    ],
)
def test_what_cannot_be_simulated(arguments, problem):
    with pytest.raises(PlanError, match=problem):
        simulate(**arguments)


def test_every_experiment_of_the_table_runs():
    for key in experiments():
        assert simulate(key, steps=2).key == key
