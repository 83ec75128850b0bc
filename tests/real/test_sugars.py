"""Raman mixtures with exactly known fractions: measured pure spectra as components."""

import csv
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import lsq_linear

from app.archive.gather import Reading
from app.batch.fit import Outcome, Running, fit_files
from app.batch.plan_file import load_plan
from app.io import ReadOptions
from fitting.arrays import FloatArray
from fitting.monitor import SilentMonitor
from fitting.plan import Plan
from fitting.series import IntensityUnit
from tests.shared_data import shared_file

pytestmark = pytest.mark.real_data

PLAN = Path(__file__).parent / "plans" / "sugars.toml"
SUGARS = ("fructose", "lactose", "ribose")
CLOSE = 0.01
"""Fractions agree with the exact ones to this, absolute. The noise allows no better: one ribose
fraction of a mixture without ribose comes out at 0.0099 (2.3 of its standard errors), by this
program as by any least squares."""


@dataclass(frozen=True, eq=False)
class Sugars:
    """The data set: 21 mixtures (21, 1401), pure spectra (1401, 3), exact fractions (21, 3)."""

    shift: FloatArray
    mixtures: FloatArray
    pure: FloatArray
    fractions: FloatArray

    @property
    def added(self) -> FloatArray:
        """(21, 1401) the noise, exactly: uniform between 0 and 3 % of the highest intensity."""
        return self.mixtures - self.fractions @ self.pure.T


@pytest.fixture(scope="module")
def sugars() -> Sugars:
    import rdata

    path = shared_file("raman/mixtures_known_fractions/carbs.RData")
    carbs = rdata.read_rda(path)["carbs"]
    names = [str(name) for name in carbs["S"].coords["dim_1"].values]
    assert tuple(names) == SUGARS
    shift = np.array([float(text) for text in carbs["D"].coords["dim_1"].values])
    return Sugars(shift, *(np.asarray(carbs[key], dtype=float) for key in "DSC"))


@dataclass(frozen=True, eq=False)
class Fitted:
    outcome: Outcome
    rows: dict[tuple[int, str], dict[str, str]]  # by step and sugar
    levels: FloatArray  # of the constant background

    def numbers(self, column: str) -> FloatArray:
        """(21, 3) of a column; nan where the cell is empty."""
        cells = [[self.rows[step, sugar][column] for sugar in SUGARS] for step in range(21)]
        return np.array([[float(cell) if cell else np.nan for cell in row] for row in cells])


def written(sugars: Sugars, folder: Path) -> tuple[Path, Plan]:
    """The mixtures as a matrix, the pure spectra beside the plan."""
    folder.mkdir()
    for name, column in zip(SUGARS, sugars.pure.T, strict=True):
        rows = [["raman_shift_cm-1", "intensity"], *zip(sugars.shift, column, strict=True)]
        write_csv(folder / f"{name}.csv", rows)
    steps = [r"raman_shift_cm-1\step", *range(21)]
    table = np.column_stack([sugars.shift, sugars.mixtures.T])
    write_csv(folder / "mixtures.csv", [steps, *table.tolist()])
    shutil.copy(PLAN, folder / "plan.toml")
    return folder / "mixtures.csv", load_plan(folder / "plan.toml")


def write_csv(path: Path, rows: list) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def fit(mixtures: Path, plan: Plan, output: Path) -> Fitted:
    reading = Reading(ReadOptions(intensity_unit=IntensityUnit.ARBITRARY))
    outcome = fit_files([mixtures], plan, output, reading, Running(), SilentMonitor())
    with (output / "phase_fractions.csv").open(encoding="utf-8", newline="") as file:
        rows = {(int(row["step"]), row["phase"]): row for row in csv.DictReader(file)}
    with (output / "parameters.csv").open(encoding="utf-8", newline="") as file:
        levels = [r["value"] for r in csv.DictReader(file) if r["component"] == "background"]
    return Fitted(outcome, rows, np.array(levels, dtype=float))


@pytest.fixture(scope="module")
def fitted(sugars: Sugars, tmp_path_factory: pytest.TempPathFactory) -> Fitted:
    folder = tmp_path_factory.mktemp("sugars")
    return fit(*written(sugars, folder / "in"), folder / "out")


def test_fractions_of_all_mixtures(sugars: Sugars, fitted: Fitted) -> None:
    assert fitted.outcome.complete
    assert len(fitted.rows) == 21 * 3
    np.testing.assert_allclose(fitted.numbers("fraction"), sugars.fractions, rtol=0.0, atol=CLOSE)
    amounts = fitted.numbers("area").sum(axis=1)  # in pure spectra
    np.testing.assert_allclose(amounts, 1.0, rtol=0.0, atol=CLOSE)


def test_no_fraction_is_negative_and_limits_hold(sugars: Sugars, fitted: Fitted) -> None:
    fractions, absent = fitted.numbers("fraction"), sugars.fractions == 0.0
    assert fractions.min() == 0.0
    np.testing.assert_allclose(fractions.sum(axis=1), 1.0, rtol=0.0, atol=1e-8)
    assert np.count_nonzero(fitted.numbers("upper_limit95") < sugars.fractions) <= 2
    detected = np.array(
        [[fitted.rows[step, name]["detected"] == "true" for name in SUGARS] for step in range(21)]
    )
    assert detected[~absent].all()
    assert np.count_nonzero(detected[absent]) <= 1


def test_errors_are_those_that_are_made(sugars: Sugars, fitted: Fitted) -> None:
    stderr = fitted.numbers("fraction_stderr")
    missed = (fitted.numbers("fraction") - sugars.fractions) / stderr
    inside = sugars.fractions > 0.0  # a bound at zero makes errors smaller than they look
    assert 0.7 < np.sqrt(np.mean(missed[inside] ** 2)) < 1.4
    np.testing.assert_allclose(fitted.numbers("reduced_chi_square"), 1.0, rtol=0.0, atol=0.2)


def test_the_constant_takes_the_mean_of_the_noise(sugars: Sugars, fitted: Fitted) -> None:
    """The reason for the background: noise that is never negative is not noise around zero."""
    means = sugars.added.mean(axis=1)
    assert means.min() > 0.9
    np.testing.assert_allclose(fitted.levels, means, rtol=0.0, atol=0.08)


def test_uniform_weights_give_bounded_least_squares(sugars: Sugars, tmp_path: Path) -> None:
    mixtures, plan = written(sugars, tmp_path / "in")
    uniform = plan.fit.model_copy(update={"weights": "uniform"})
    fitted = fit(mixtures, plan.model_copy(update={"fit": uniform}), tmp_path / "out")
    columns = np.column_stack([sugars.pure, np.ones(len(sugars.shift))])
    lower = [0.0, 0.0, 0.0, -np.inf]
    slow = np.array(
        [
            lsq_linear(columns, mixture, bounds=(lower, np.inf), tol=1e-13).x
            for mixture in sugars.mixtures
        ]
    )
    np.testing.assert_allclose(fitted.numbers("area"), slow[:, :3], rtol=0.0, atol=1e-6)
    np.testing.assert_allclose(fitted.levels, slow[:, 3], rtol=1e-6)
