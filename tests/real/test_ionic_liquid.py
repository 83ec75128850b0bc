"""XPS of an ionic liquid as CasaXPS fitted it: 15 files of other people, 31 lines and doublets.

Every file holds the measured points and every curve of the CasaXPS fit. The plans beside this
test repeat the model (shapes, doublets, static backgrounds, weights), which was read off those
curves; amounts, positions and widths are fitted here, to the raw points, from rough starts.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import least_squares

from app.archive.gather import Reading
from app.archive.read_results import read_results
from app.batch.fit import Running, fit_files
from app.batch.plan_file import load_plan
from app.io import ReadOptions, read_file
from fitting.arrays import FloatArray
from fitting.build import build_model
from fitting.curves import RegionCurves, redraw
from fitting.lineshapes.la import la
from fitting.monitor import SilentMonitor
from fitting.noise import noise_of
from fitting.plan import Plan
from fitting.spectrum import Spectrum
from fitting.stepfit import fit_step
from tests.shared_data import shared_file

FOLDER = "xps/casaxps_csv_ionic_liquid"
PLANS = Path(__file__).parent / "plans"
REGIONS = ("C 1s", "S 2p", "N 1s", "O 1s", "F 1s")

DRIED = "20240220_Au_MPPipTFSI4AMSIol3"
WET = "20240228_Au_MPPipTFSIIol3"
SODIUM = "20240228_Au_Nadep_from_MPPipTFSI4AMSIol3"
SAMPLES = {
    DRIED: ("ionic_liquid_dried.toml", "ionic_liquid_dried_cf3.toml"),
    WET: ("ionic_liquid.toml", "ionic_liquid_cf3.toml"),
    SODIUM: ("ionic_liquid_sodium.toml",),
}
FITS = [(sample, plan) for sample, plans in SAMPLES.items() for plan in plans]

CLOSE = 0.02
"""Fractions agree with those of CasaXPS to this, absolute."""

ABOVE_ITS_MINIMUM = {(SODIUM, "C 1s", "c1s_2"), (SODIUM, "C 1s", "c1s_5")}
"""Components whose fractions differ by more, because CasaXPS stopped above the minimum of its own
chi-square: see `test_casaxps_stopped_above_its_minimum_in_c1s_after_sodium`. All others agree."""


def casaxps_file(sample: str, region: str) -> Path:
    name = f"{sample}_{region.replace(' ', '_')}.csv"
    if (sample, region) == (SODIUM, "S 2p"):
        name = f"{sample}_Relative.csv"
    return shared_file(f"{FOLDER}/{name}")


@dataclass(frozen=True, eq=False)
class Exported:
    """What CasaXPS wrote of one region, on ascending binding energies."""

    spectrum: Spectrum
    components: dict[str, FloatArray]  # by id as in the plans, above the background
    background: FloatArray
    envelope: FloatArray

    @property
    def fitted(self) -> np.ndarray:
        """Where CasaXPS had a region: elsewhere it writes the points as the background."""
        return np.abs(self.background - self.spectrum.intensity) > 1e-3


def exported(sample: str, region: str) -> Exported:
    (series,) = read_file(casaxps_file(sample, region))
    spectrum = series.spectrum(0)
    descending = series.x[0] > series.x[-1]
    curves = {
        curve["name"]: np.array(curve["values"], dtype=float)[:: -1 if descending else 1]
        for curve in series.metadata["casaxps_curves"][0]
    }
    background, envelope = curves.pop("Background"), curves.pop("Envelope")
    level = region.replace(" ", "").lower()
    components = {f"{level}_{name[-1]}": curve - background for name, curve in curves.items()}
    return Exported(spectrum, components, background, envelope)


def derived_areas(sample: str, region: str) -> dict[str, float]:
    """Areas of the exported curves by trapezoids, doublets whole, by id as in the plans."""
    file = casaxps_file(sample, region).name
    level = region.replace(" ", "").lower()
    areas: dict[str, float] = {}
    with shared_file(f"{FOLDER}/DERIVED_component_areas.csv").open() as lines:
        for row in csv.DictReader(lines):
            if row["file"] == file:
                number = re.search(r"_(\d)_", row["component"])
                assert number is not None
                areas[f"{level}_{number[1]}"] = float(row["area"])
    if region != "S 2p":
        return areas
    main_lines = list(areas)[::2]
    partners = dict(zip(main_lines, list(areas.values())[1::2], strict=True))
    return {name: areas[name] + partners[name] for name in main_lines}


@pytest.mark.real_data
@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("sample", SAMPLES)
def test_every_exported_line_has_the_shape_of_the_plans(sample: str, region: str) -> None:
    """Area, position and width of each curve are free; exponents and Gaussian share are not."""
    found = exported(sample, region)
    x = found.spectrum.x
    rounding = 10.0 ** (np.floor(np.log10(found.envelope.max())) - 5)  # six digits were written
    for name, curve in found.components.items():
        height, position = curve.max(), x[np.argmax(curve)]
        width = 0.5 * np.trapezoid(curve, x) / height

        def residual(free, curve=curve, height=height):
            line = la(x, free[0] * height, free[1], free[2], 1.53, 1.53, 98.83)
            return (line - curve) / height

        fit = least_squares(residual, [2.0 * width, position, width], xtol=1e-12, ftol=1e-12)
        assert np.abs(fit.fun).max() < 1e-4 + 2.0 * rounding / height, name


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folder of results of every plan, by the real batch on the files as CasaXPS wrote them."""
    folders = {}
    for sample, name in FITS:
        plan = load_plan(PLANS / name)
        files = [casaxps_file(sample, region.name) for region in plan.regions]
        folder = tmp_path_factory.mktemp(name.removesuffix(".toml"))
        reading = Reading(ReadOptions(sample=sample))
        outcome = fit_files(files, plan, folder, reading, Running(), SilentMonitor())
        assert outcome.complete
        folders[name] = folder
    return folders


def fitted_areas(results: dict[str, Path], sample: str, region: str) -> dict[str, float]:
    """Component id -> fitted area, over all plans of the sample."""
    areas = {}
    for name in SAMPLES[sample]:
        with (results[name] / "parameters.csv").open() as lines:
            for row in csv.DictReader(lines):
                if row["region"] == region and row["parameter"] == "area":
                    areas[row["component"]] = float(row["value"])
    return areas


def shares(areas: dict[str, float]) -> dict[str, float]:
    return {name: area / sum(areas.values()) for name, area in areas.items()}


@pytest.mark.real_data
@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("sample", SAMPLES)
def test_area_fractions_are_those_of_casaxps(
    results: dict[str, Path], sample: str, region: str
) -> None:
    ours = shares(fitted_areas(results, sample, region))
    theirs = shares(derived_areas(sample, region))
    assert set(ours) == set(theirs)
    apart = {
        name: f"ours {ours[name]:.4f}, CasaXPS {theirs[name]:.4f}"
        for name in ours
        if abs(ours[name] - theirs[name]) > CLOSE
        and (sample, region, name) not in ABOVE_ITS_MINIMUM
    }
    assert not apart


@pytest.mark.real_data
@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("sample", SAMPLES)
def test_the_areas_themselves_agree(results: dict[str, Path], sample: str, region: str) -> None:
    """Sums over a region: where there is one line, its fraction of 100 % says nothing."""
    ours = sum(fitted_areas(results, sample, region).values())
    theirs = sum(derived_areas(sample, region).values())
    assert ours == pytest.approx(theirs, rel=0.02)


@pytest.mark.real_data
@pytest.mark.parametrize(("sample", "name"), FITS)
def test_fractions_in_the_csv_are_shares_of_these_areas(
    results: dict[str, Path], sample: str, name: str
) -> None:
    plan = load_plan(PLANS / name)
    with (results[name] / "phase_fractions.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    assert {row["sample"] for row in rows} == {sample}
    for region in plan.regions:
        own = [row for row in rows if row["region"] == region.name]
        assert len(own) == len(region.components)
        areas = shares({row["phase"]: float(row["area"]) for row in own})
        for row in own:
            assert float(row["fraction"]) == pytest.approx(areas[row["phase"]], abs=1e-8)
            assert row["sigma_source"] == "uniform"
            assert row["status"] == "converged"


def our_curves(results: dict[str, Path], sample: str) -> Iterator[tuple[str, RegionCurves]]:
    for name in SAMPLES[sample]:
        (handle,) = read_results(results[name] / "result.h5")
        table, result = build_model(handle.plan), handle.rows(0, 1)
        for info in result.regions:
            yield info.name, redraw(table, result, 0, handle.series(info.name, 0, 1))


@pytest.mark.real_data
@pytest.mark.parametrize("sample", SAMPLES)
def test_envelopes_agree_within_the_noise(results: dict[str, Path], sample: str) -> None:
    for region, curves in our_curves(results, sample):
        theirs = exported(sample, region)
        np.testing.assert_array_equal(curves.x, theirs.spectrum.x)
        common = curves.inside & theirs.fitted
        noise = noise_of(theirs.spectrum, "poisson", region).sigma(theirs.envelope)
        apart = ((curves.envelope - theirs.envelope) / noise)[common]
        assert np.sqrt(np.mean(apart**2)) < 0.5, region
        assert np.abs(apart).max() < 1.0, region


@pytest.mark.real_data
def test_casaxps_stopped_above_its_minimum_in_c1s_after_sodium(results: dict[str, Path]) -> None:
    """Five overlapping lines in one hump, C-N held at 286.0: the only fractions that disagree.

    On CasaXPS's own background our curve lies closer to the points than CasaXPS's. Its C=O stands
    at 287.97, ours moves to 287.79. Holding C=O where CasaXPS left it costs 1 % of chi-square
    and brings all five fractions to those of CasaXPS: one coordinate explains all.
    """
    theirs = exported(SODIUM, "C 1s")
    (curves,) = (c for region, c in our_curves(results, SODIUM) if region == "C 1s")
    common = curves.inside & theirs.fitted
    measured = theirs.spectrum.intensity - theirs.background

    def misfit(peaks: FloatArray) -> float:
        return float(np.sum((measured - peaks)[common] ** 2))

    assert misfit(curves.components.sum(axis=0)) < 0.995 * misfit(
        theirs.envelope - theirs.background
    )

    wanted = shares(derived_areas(SODIUM, "C 1s"))
    free = shares(fitted_areas(results, SODIUM, "C 1s"))
    assert free["c1s_2"] + free["c1s_5"] == pytest.approx(
        wanted["c1s_2"] + wanted["c1s_5"], abs=CLOSE
    )
    apart = {name for name in wanted if abs(free[name] - wanted[name]) > CLOSE}
    assert {(SODIUM, "C 1s", name) for name in apart} == ABOVE_ITS_MINIMUM

    table = build_model(plan_with_carbonyl_held(287.97))
    fit = fit_step(table, {"C 1s": theirs.spectrum}, None, SilentMonitor())
    found = shares({c.id: float(fit.values[c.area]) for c in table.regions[0].components})
    assert set(found) == set(wanted)
    for name, share in found.items():
        assert share == pytest.approx(wanted[name], abs=0.005), name


def plan_with_carbonyl_held(position: float) -> Plan:
    plan = load_plan(PLANS / "ionic_liquid_sodium.toml")
    data = plan.model_dump()
    data["regions"] = [region for region in data["regions"] if region["name"] == "C 1s"]
    for component in data["regions"][0]["components"]:
        if component["id"] == "c1s_5":
            component["parameters"]["center"] = position
    return Plan.from_data(data)
