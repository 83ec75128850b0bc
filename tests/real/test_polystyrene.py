"""Raman of polystyrene: the ten bands of ASTM E1840 against fits of the raw file by scipy alone."""

import csv
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import curve_fit

from app.archive.gather import Reading
from app.batch.fit import Outcome, Running, fit_files
from app.batch.plan_file import load_plan
from fitting.arrays import FloatArray
from fitting.monitor import SilentMonitor
from tests.shared_data import shared_file

pytestmark = pytest.mark.real_data

FILE = "raman/charisma_bwtek532/PST02_iRPlus532_Z020_100_550msx5.txt"
PLAN = Path(__file__).parent / "plans" / "polystyrene.toml"
CLOSE = 0.5
"""cm-1, between this program and scipy."""

# Window and lines of each fit by scipy: some bands are close neighbours or have two or three parts
SCIPY: tuple[tuple[float, float, dict[str, float]], ...] = (
    (600, 645, {"b621": 620.9}),
    (735, 822, {"": 760.0, "b796": 795.8}),
    (980, 1050, {"b1001": 1001.4, "b1032": 1031.8}),
    (1135, 1212, {"b1155": 1155.3, "": 1182.0, " ": 1199.0}),
    (1420, 1475, {"": 1441.0, "b1450": 1451.5}),
    (1565, 1620, {"b1583": 1583.1, "b1602": 1602.3}),
    (2830, 2960, {"": 2852.0, "b2904": 2904.5, " ": 2930.0}),
    (3015, 3110, {"": 3036.0, "b3054": 3051.5, " ": 3062.0}),
)
STANDARD = {"b621": 620.9, "b796": 795.8, "b1001": 1001.4, "b1032": 1031.8, "b1155": 1155.3}
STANDARD |= {"b1583": 1583.1, "b1602": 1602.3}
"""cm-1, ASTM E1840, of the bands that have one maximum and no shoulder at this resolution."""


def raw_points() -> tuple[FloatArray, FloatArray]:
    """Raman shift and dark-subtracted intensity, read with nothing of this program."""
    lines = shared_file(FILE).read_text("utf-8").splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("Pixel;"))
    rows = list(csv.DictReader(lines[at:], delimiter=";"))
    pairs = [(row["Raman Shift"], row["Dark Subtracted #1"]) for row in rows]
    numbers = [
        (float(a.replace(",", ".")), float(b.replace(",", "."))) for a, b in pairs if a.strip()
    ]
    shift, intensity = np.array(numbers).T
    return shift, intensity


def lines_on_a_slope(x: FloatArray, level: float, slope: float, *lines: float) -> FloatArray:
    total = level + slope * (x - x[0])
    for height, center, fwhm in zip(lines[::3], lines[1::3], lines[2::3], strict=True):
        total = total + height / (1.0 + (2.0 * (x - center) / fwhm) ** 2)
    return total


def positions_by_scipy() -> dict[str, float]:
    shift, intensity = raw_points()
    found: dict[str, float] = {}
    for low, high, centers in SCIPY:
        inside = (shift >= low) & (shift <= high)
        x, y = shift[inside], intensity[inside]
        start = [float(y.min()), 0.0]
        for center in centers.values():
            start += [float(np.interp(center, x, y) - y.min()), center, 12.0]
        best, _ = curve_fit(lines_on_a_slope, x, y, start, maxfev=20000)
        found |= dict(zip(centers, best[3::3], strict=True))
    return {name: position for name, position in found.items() if name.strip()}


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Outcome, dict[str, dict[str, str]]]:
    folder = tmp_path_factory.mktemp("polystyrene") / "out"
    outcome = fit_files(
        [shared_file(FILE)], load_plan(PLAN), folder, Reading(), Running(), SilentMonitor()
    )
    with (folder / "parameters.csv").open(encoding="utf-8", newline="") as file:
        rows = {r["component"]: r for r in csv.DictReader(file) if r["parameter"] == "center"}
    return outcome, rows


def test_ten_bands_lie_where_scipy_finds_them(
    fitted: tuple[Outcome, dict[str, dict[str, str]]],
) -> None:
    outcome, rows = fitted
    assert outcome.complete
    expected = positions_by_scipy()
    assert len(expected) == 10
    found = {name: float(rows[name]["value"]) for name in expected}
    assert found == pytest.approx(expected, rel=0.0, abs=CLOSE)
    assert {rows[name]["state"] for name in expected} == {"free"}
    assert {rows[name]["unit"] for name in expected} == {"cm-1"}


def test_plain_bands_lie_where_the_standard_has_them(
    fitted: tuple[Outcome, dict[str, dict[str, str]]],
) -> None:
    _, rows = fitted
    found = {name: float(rows[name]["value"]) for name in STANDARD}
    assert found == pytest.approx(STANDARD, rel=0.0, abs=1.0)
    errors = np.array([float(rows[name]["stderr"]) for name in STANDARD])
    assert np.all((errors > 0.0) & (errors < 0.5))
