"""Raman experiments: what they hold, what is true of them, and that a fit gives it back."""

import numpy as np
import pytest

from app.project.ready import ready_plan
from fitting.lineshapes.voigt import voigt
from fitting.quantify import quantify
from fitting.series import AxisKind, IntensityUnit, Technique
from fitting.simulate import e6, e7, e8, e9, simulate
from fitting.simulate.raman import (
    GAIN,
    READ_COUNTS,
    SPECTROMETER_FWHM_CM,
    axis,
    baseline_curve,
    peak_curve,
    recorded,
)
from fitting.simulate.raman_scene import expected_counts, record
from reference_lines import library
from tests.fitted_series import fitted

COUNTS = 10_000.0
KEYS = ("E6", "E7", "E8", "E9")
BANDS = {"E6": e6.BANDS, "E7": e7.BANDS, "E8": e8.BANDS, "E9": e9.BANDS}
SCENES = {
    "E6": lambda steps: (e6.on_lithium(steps), e6.on_licoo2(steps)),
    "E7": lambda steps: tuple(e7.interface(name, y, steps) for name, y in e7.SAMPLES),
    "E8": lambda steps: (e8.heated(steps),),
    "E9": lambda steps: (e9.mapped(steps),),
}


@pytest.fixture(scope="module", params=KEYS)
def made(request):
    return simulate(request.param)


def test_series_are_those_of_the_experiment(made):
    axes = {"E6": "time_s", "E7": "potential_V", "E8": "temperature_C", "E9": "x_um"}
    samples = {"E6": 2, "E7": 2, "E8": 1, "E9": 1}
    assert len(made.series) == samples[made.key]
    assert [one.sample for one in made.series] == list(made.truth)
    for series in made.series:
        assert series.technique is Technique.RAMAN
        assert series.axis_kind is AxisKind.RAMAN_SHIFT
        assert series.intensity_unit is IntensityUnit.COUNTS
        assert series.intensity.shape[1] == 1024
        assert np.array_equal(series.intensity, np.round(series.intensity))
        assert axes[made.key] in series.columns
        assert np.all(np.diff(series.columns["time_s"]) >= 60.0)
    low, high = (float(end) for end in made.series[0].region.removesuffix(" cm-1").split("-"))
    assert made.series[0].x[0] <= low
    assert made.series[0].x[-1] >= high


def test_truth_is_finite_complete_and_frozen(made):
    for series, paths in zip(made.series, made.truth.values(), strict=True):
        for path, values in paths.items():
            assert values.shape == (len(series),), path
            assert np.all(np.isfinite(values)), path
            assert not values.flags.writeable, path
        for band in BANDS[made.key]:
            assert f"component_area/{series.region}/{band.component}" in paths
            assert f"position_cm/{series.region}/{band.component}" in paths


def test_fractions_sum_to_one_and_areas_to_their_bands(made):
    for series, paths in zip(made.series, made.truth.values(), strict=True):
        start = f"area_fraction/{series.region}/"
        phases = [v for path, v in paths.items() if path.startswith(start) and "group" not in path]
        np.testing.assert_allclose(np.sum(phases, axis=0), 1.0)
        for phase in {band.phase for band in BANDS[made.key]}:
            own = [band.component for band in BANDS[made.key] if band.phase == phase]
            parts = [paths[f"component_area/{series.region}/{name}"] for name in own]
            np.testing.assert_allclose(
                np.sum(parts, axis=0), paths[f"area/{series.region}/{phase}"]
            )


def test_deterministic(made):
    again, other = simulate(made.key), simulate(made.key, seed=1)
    for a, b, c in zip(made.series, again.series, other.series, strict=True):
        assert np.array_equal(a.intensity, b.intensity)
        assert not np.array_equal(a.intensity, c.intensity)
    for sample, paths in made.truth.items():
        for path, values in paths.items():
            assert np.array_equal(values, again.truth[sample][path])
            assert np.array_equal(values, other.truth[sample][path])


@pytest.mark.parametrize("key", KEYS)
def test_a_spectrum_is_the_sum_of_its_parts(key):
    for scene in SCENES[key](5):
        peaks, found = expected_counts(scene, COUNTS)
        x = axis(scene.window_cm)
        lines = np.zeros(len(x))
        for peak in peaks:
            widths = (SPECTROMETER_FWHM_CM, peak.fwhm_cm[-1])
            lines += voigt(x, peak.area[-1], peak.center_cm[-1], *widths)
        other = COUNTS * scene.light[-1] * baseline_curve(x, scene.baseline)[-1]
        np.testing.assert_allclose(found[-1], lines + other, rtol=1e-9)
        top = sum(peak_curve(x, peak)[0] for peak in peaks).max()
        assert top == pytest.approx(COUNTS)


def test_noise_is_gain_and_read_noise_and_a_few_cosmic_rays():
    expected = np.repeat([[200.0, 2_000.0, 20_000.0]], 400, axis=0).repeat(300, axis=1)
    counts = recorded(expected, (3, 0), 6_000.0)
    hit = (counts - expected > 8.0 * np.sqrt(expected)).any(axis=1)
    assert 0.05 < hit.mean() < 0.2
    quiet = (counts - expected)[~hit]
    for level in (200.0, 2_000.0, 20_000.0):
        variance = quiet[:, expected[0] == level].var()
        assert variance == pytest.approx(GAIN * level + READ_COUNTS**2 + 1 / 12, rel=0.03)
    assert abs(quiet.mean()) < 0.5


@pytest.mark.parametrize("key", KEYS)
def test_positions_are_those_of_the_reference_library(key):
    known = {line.value for line in library().lines if line.technique == "Raman"}
    assert known, "the library has Raman lines"
    others = {"caf2", "p2s5_390", "p2s5_270"}
    for band in BANDS[key]:
        assert band.component in others or band.center_cm in known, band.component


def test_lithium_makes_what_the_equation_says():
    lithium, oxide = simulate("E6").truth.values()
    np.testing.assert_allclose(lithium["amount/Li2S"], 5.0 * lithium["amount/Li3P"])
    np.testing.assert_allclose(lithium["amount/Li6PS5Cl"] + lithium["amount/LiCl"], 1.0)
    region = e6.REGION
    assert np.all(np.diff(lithium[f"area_fraction/{region}/Li2S"]) > 0.0)
    assert np.all(lithium[f"area_fraction/{region}/group:oxidised"] == 0.0)
    assert np.all(oxide[f"area_fraction/{region}/Li2S"] == 0.0)
    assert np.all(np.diff(oxide[f"area_fraction/{region}/group:oxidised"]) > 0.0)
    sulfur = 4 * oxide["amount/Li2Sn"] + 7 * oxide["amount/P2Sx"] + 5 * oxide["amount/Li6PS5Cl"]
    np.testing.assert_allclose(sulfur, 5.0)
    assert np.all(np.diff(lithium["charge_uAh_cm2"]) > 0.0)  # reduced: positive
    assert np.all(np.diff(oxide["charge_uAh_cm2"]) < 0.0)
    # the standard sees through the laser's drift
    ratio = lithium[f"standard_ratio/{region}/Li6PS5Cl"]
    np.testing.assert_allclose(ratio / ratio[0], lithium["amount/Li6PS5Cl"])


def test_more_chlorine_stops_the_reaction():
    plain, rich = simulate("E7").truth.values()
    path = f"area_fraction/{e7.REGION}/P2S5"
    before = plain["potential_V"] < e7.ONSET_V
    for truth in (plain, rich):
        assert np.all(truth[path][before] == 0.0)
        assert np.all(np.diff(truth[path][~before]) >= 0.0)
        sulfur = 5 * truth["amount/P2S5"] + 4 * truth["amount/Li2Sn"]
        per_unit = 5.0 if truth is plain else 4.5
        np.testing.assert_allclose(
            sulfur, per_unit * (1.0 - truth["amount/argyrodite"]), atol=1e-12
        )
    assert rich[path][-1] < 1.02 * rich[path][-4]
    assert plain[path][-1] > 1.15 * plain[path][-4]


def test_heat_moves_and_widens_bands_and_makes_oxides():
    (truth,) = simulate("E8").truth.values()
    region, cold = e8.REGION, truth["temperature_C"] < 400.0
    for phase in ("PO4", "SO4", "Li2Sx"):
        share = truth[f"area_fraction/{region}/{phase}"]
        assert np.all(share[cold] == 0.0)
        assert np.all(np.diff(share[~cold]) > 0.0)
    for band in e8.BANDS:
        assert np.all(np.diff(truth[f"position_cm/{region}/{band.component}"]) < 0.0)
        assert np.all(np.diff(truth[f"fwhm_cm/{region}/{band.component}"]) > 0.0)


def test_a_map_has_patches_and_bare_places():
    made = simulate("E9")
    (truth,) = made.truth.values()
    assert len(truth["x_um"]) == 144
    assert len(set(zip(truth["x_um"], truth["y_um"], strict=True))) == 144
    share = truth[f"area_fraction/{e9.REGION}/In2S3"]
    assert 0.4 < np.mean(share == 0.0) < 0.8
    assert share.max() > 0.5


def test_steps():
    assert len(simulate("E9", steps=15).series[0]) == 15
    for key in KEYS:
        assert simulate(key, steps=1).series[0].intensity.shape == (1, 1024)


@pytest.mark.parametrize(("key", "rows"), [("E6", 2), ("E7", 2), ("E8", 2), ("E9", 3)])
def test_the_ready_plan_gives_the_truth_back(key, rows):
    """Steps far along; what the series shares is left to each step."""
    scene = SCENES[key](40)[-1]
    series, truth = record(key, scene, COUNTS, (5, 0))
    last = series.rows(len(series) - rows, len(series))
    table, result = fitted(alone(ready_plan(key)), {series.region: last})
    (fractions,) = quantify(result, table)
    compared = 0
    for q, name in enumerate(fractions.names):
        known = truth.get(f"area_fraction/{series.region}/{name}")
        if known is None:
            continue
        off = np.abs(fractions.fraction[:, q] - known[-rows:])
        assert np.all(off < 0.04), name
        known_well = np.isfinite(fractions.stderr[:, q])
        assert np.all(off[known_well] < 4.0 * fractions.stderr[known_well, q]), name
        compared += int(known_well.sum())
    assert compared >= 2 * rows


def alone(plan):
    """The plan without what needs a whole series."""
    lines = plan.replace('"shared"', '"chained"').splitlines()
    return "\n".join(x for x in lines if not x.startswith(("shared =", "stiffness =")))
