"""A published Raman series of a reaction: 443 spectra in one matrix, three bands against time."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from app.main import main
from fitting.arrays import FloatArray
from fitting.backgrounds.catalogue import STATIC
from tests.shared_data import shared_file

pytestmark = pytest.mark.real_data

FILE = "raman/reaction_time_series/mcrnmf_raman.csv"
PLAN = Path(__file__).parent / "plans" / "reaction_series.toml"
BANDS = ("falling", "passing", "growing")
EVERY = 8
"""Every eighth spectrum is fitted here; all 443 behave alike and take eight times as long."""


@dataclass(frozen=True, eq=False)
class Run:
    """K fitted steps: what was measured, what went into phase_fractions.csv."""

    status: int
    shift: FloatArray  # (N,) cm-1, ascending
    intensity: FloatArray  # (K, N)
    hours: FloatArray  # (K,) first row of the file
    rows: list[dict[str, str]]

    def column(self, phase: str, name: str) -> FloatArray:
        """(K,) of one phase."""
        return np.array([float(row[name]) for row in self.rows if row["phase"] == phase])


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("reaction")
    with shared_file(FILE).open(encoding="utf-8", newline="") as file:
        chosen = [[row[0], *row[1::EVERY]] for row in csv.reader(file)]
    spectra = folder / "reaction.csv"
    with spectra.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(chosen)
    said = ["--axis", "raman_shift_cm-1", "--step-column", "time_h"]
    said += ["--intensity-unit", "arbitrary"]
    plan, output = ["--plan", str(PLAN)], folder / "out"
    status = main(["fit", str(spectra), *plan, "-o", str(output), *said])
    with (output / "phase_fractions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    table = np.array(chosen[1:], dtype=float)[::-1]
    return Run(status, table[:, 0], table[:, 1:].T, np.array(chosen[0][1:], dtype=float), rows)


def test_every_step_is_fitted_and_in_one_table(run: Run) -> None:
    assert run.status == 0
    steps = len(run.hours)
    assert steps == 56
    assert len(run.rows) == steps * (len(BANDS) + 1)
    assert {row["status"] for row in run.rows} <= {"converged", "at_bound"}
    assert {row["technique"] for row in run.rows} == {"Raman"}
    assert {row["area_unit"] for row in run.rows} == {"arb. cm-1"}
    for phase in (*BANDS, "unassigned"):
        np.testing.assert_allclose(run.column(phase, "time_s"), run.hours * 3600.0, atol=1e-3)


def test_one_band_falls_one_passes_one_grows(run: Run) -> None:
    falling, passing, growing = (run.column(phase, "area") for phase in BANDS)
    early, late = run.hours < 1.0, run.hours > 6.5
    middle = (run.hours > 3.0) & (run.hours < 4.5)
    assert falling[late].mean() < 0.3 * falling[early].mean()
    assert passing[early].mean() < 0.5 * passing[middle].mean()
    assert passing[late].mean() < 0.2 * passing[middle].mean()
    assert growing[early].mean() < 0.02 * growing[late].mean()
    assert growing[middle].mean() < 0.15 * growing[late].mean()


@pytest.mark.parametrize("phase", BANDS)
def test_areas_are_smooth_in_time(run: Run, phase: str) -> None:
    """No step stands apart from the line through its neighbours: no wrong minimum in between."""
    area = run.column(phase, "area")
    kinks = np.abs(area[1:-1] - 0.5 * (area[:-2] + area[2:])) / area.max()
    assert np.median(kinks) < 0.03
    assert kinks.max() < 0.12


def test_areas_add_up_to_what_lies_above_the_baseline(run: Run) -> None:
    asls = STATIC["asls"]
    options = {option.name: option.default for option in asls.options} | {"lam": 1e5, "p": 0.001}
    inside = (run.shift >= 1172.0) & (run.shift <= 1292.0)
    x, measured = run.shift[inside], run.intensity[:, inside]
    above = [np.trapezoid(y - asls.curve(x, y, **options), x) for y in measured]
    fitted = sum(run.column(phase, "area") for phase in (*BANDS, "unassigned"))
    np.testing.assert_allclose(fitted, above, rtol=0.05)


def test_the_growing_band_follows_the_height_where_it_is_alone(run: Run) -> None:
    """Late in the series only this band is at 1209, so its area must follow the points there."""
    late = run.hours > 6.0
    here = run.intensity[:, int(np.flatnonzero(run.shift == 1210.0)[0])][late]
    area = run.column("growing", "area")[late]
    assert np.corrcoef(here, area)[0, 1] > 0.9
