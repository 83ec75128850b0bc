"""Raman spectra as another program, fitspy, fitted them: positions and widths of sharp lines."""

import csv
import json
from pathlib import Path

import pytest

from app.archive.gather import Reading
from app.batch.fit import Running, fit_files
from app.batch.plan_file import load_plan
from app.io import ReadOptions
from fitting.monitor import SilentMonitor
from tests.shared_data import shared_file

pytestmark = pytest.mark.real_data

FOLDER = "raman/fitspy_with_fit"
PLAN = Path(__file__).parent / "plans" / "fitspy.toml"
SHARP = ("p343", "p618", "p651", "p686")
"""Lines narrower than 15 cm-1. The broad ones trade area with the baseline, which differs."""


def fitted_by_fitspy(number: int) -> dict[str, tuple[float, float]]:
    """Center and width of the sharp lines of one spectrum."""
    spectra = json.loads(shared_file(f"{FOLDER}/model.json").read_text("utf-8"))
    models = spectra[str(number - 1)]["peak_models"]
    lines = [model["Lorentzian"] for model in models.values()]
    pairs = [(line["x0"]["value"], line["fwhm"]["value"]) for line in lines]
    return {name: min(pairs, key=lambda pair: abs(pair[0] - int(name[1:]))) for name in SHARP}


@pytest.mark.parametrize("number", [1, 2, 3])
def test_sharp_lines_are_those_of_fitspy(number: int, tmp_path: Path) -> None:
    path = shared_file(f"{FOLDER}/spectrum_2_{number}.txt")
    reading = Reading(ReadOptions(axis="raman_shift_cm-1"))
    outcome = fit_files([path], load_plan(PLAN), tmp_path, reading, Running(), SilentMonitor())
    assert outcome.complete
    with (tmp_path / "parameters.csv").open(encoding="utf-8", newline="") as file:
        rows = {(r["component"], r["parameter"]): float(r["value"]) for r in csv.DictReader(file)}
    for name, (center, fwhm) in fitted_by_fitspy(number).items():
        assert rows[name, "center"] == pytest.approx(center, abs=0.15)
        assert rows[name, "fwhm"] == pytest.approx(fwhm, rel=0.2)
