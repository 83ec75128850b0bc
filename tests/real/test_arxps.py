"""Native oxide on aluminium foil at five angles: one thickness, from the vendor's file to nm.

What must come out is in shared/data/SOURCES.md: constant up to 55 degrees, then falling, as
elastic scattering has it.
"""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.archive.gather import Reading
from app.batch.fit import Running, fit_files
from app.batch.plan_file import load_plan
from fitting.arrays import FloatArray
from fitting.attenuation import Material, tpp2m_nm
from fitting.monitor import SilentMonitor
from fitting.thickness import bulk_ratio, layer_thickness_nm
from tests.shared_data import shared_file

pytestmark = pytest.mark.real_data

PLAN = Path(__file__).parent / "plans" / "arxps.toml"
ANGLES = np.array([0.0, 40.0, 55.0, 63.0, 70.0])
OXIDE = Material("Al2O3", 3.2, 101.96, 24, 6.2)
METAL = Material("Al", 2.70, 26.98, 3, 0.0)
KINETIC_ENERGIES_EV = (1412.5, 1415.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("arxps")
    files = [shared_file("xps/vamas/ARXPS.vms")]
    outcome = fit_files(files, load_plan(PLAN), made, Reading(), Running(), SilentMonitor())
    assert outcome.complete
    return made


def areas(folder: Path, phase: str) -> tuple[FloatArray, FloatArray]:
    """(5,) areas of a phase and their standard errors."""
    with (folder / "phase_fractions.csv").open(encoding="utf-8", newline="") as lines:
        rows = [
            row for row in csv.DictReader(lines) if (row["phase"], row["basis"]) == (phase, "area")
        ]
    assert [int(row["step"]) for row in rows] == list(range(len(ANGLES)))
    return (
        np.array([float(row["area"]) for row in rows]),
        np.array([float(row["area_stderr"]) for row in rows]),
    )


def test_the_oxide_is_as_thick_at_55_degrees_as_from_above(
    folder: Path, record_property: Callable[[str, object], None]
) -> None:
    oxide, oxide_error = areas(folder, "oxide")
    metal, metal_error = areas(folder, "metal")
    ratio = oxide / metal
    error = ratio * np.hypot(oxide_error / oxide, metal_error / metal)
    bulk = bulk_ratio(OXIDE, METAL, (2.0, 1.0), KINETIC_ENERGIES_EV)
    length = tpp2m_nm(KINETIC_ENERGIES_EV[0], OXIDE)
    found, stderr = layer_thickness_nm(ratio, error, bulk, length, ANGLES)
    for angle, thickness, uncertain in zip(ANGLES, found, stderr, strict=True):
        record_property(f"thickness at {angle:g} deg", f"{thickness:.2f} +- {uncertain:.2f} nm")
    flat = found[ANGLES <= 55.0]
    spread = float(np.ptp(flat) / flat.mean())
    record_property("largest less smallest up to 55 deg", f"{100.0 * spread:.1f} %")
    assert spread < 0.10
    assert (stderr < 0.05 * found).all()
    assert 3.0 < flat.mean() < 7.0
    assert found[-1] < found[-2] < flat.min()


def test_the_transmission_is_that_of_the_file(folder: Path) -> None:
    record = json.loads((folder / "run.json").read_text("utf-8"))
    factors = record["sensitivities"]["ox_al2p"]["factors"]
    assert factors["transmission"]["value"] == pytest.approx(0.673, abs=0.002)
    assert factors["transmission"]["source"] == "interpolated at 1411.09 eV"
    assert factors["mean free path / nm"]["source"].startswith("TPP-2M, Al2O3")


def test_the_longer_measurement_at_70_degrees_is_named(folder: Path) -> None:
    with (folder / "checks.csv").open(encoding="utf-8", newline="") as lines:
        said = [row["detail"] for row in csv.DictReader(lines) if row["check"] == "exposure"]
    assert len(said) == 1
    assert said[0].startswith("points were counted for 0.299 s in some steps and 0.896 s in others")
