"""Replicas of a trial on the way a user's data take: archive, plan, fit, phase_fractions.csv."""

import csv
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.archive.gather import Reading
from app.archive.write import write_archive
from app.batch.fit import Running, fit_files
from benchmarks.bound import Truth, truths
from benchmarks.trials import Trial
from fitting.arrays import BoolArray, FloatArray
from fitting.monitor import SilentMonitor
from fitting.plan import Plan
from fitting.series import Series

_NUMBERS = {
    "fraction": "fraction",
    "stderr": "fraction_stderr",
    "low": "fraction_low95",
    "high": "fraction_high95",
    "upper": "upper_limit95",
}


@dataclass(frozen=True, eq=False)
class Answers:
    """What K replicas said of one phase in one region; empty cells are nan."""

    fraction: FloatArray
    stderr: FloatArray
    low: FloatArray
    high: FloatArray
    upper: FloatArray
    detected: BoolArray


@dataclass(frozen=True)
class Measured:
    """A figure with its Monte Carlo standard error."""

    value: float
    error: float


@dataclass(frozen=True, eq=False)
class Score:
    """How the answers compare with the truth.

    Parameters
    ----------
    efficiency : root mean square error over the bound
    bias : mean error over the bound
    coverage : share of 95 % intervals with the truth inside; an empty interval does not cover
    limit : share of upper limits that are not below the truth, the same
    detected : share of replicas in which the phase was detected
    claimed : mean square of the standard errors over the mean square error, as a root
    empty : share of replicas without an interval
    """

    truth: Truth
    replicas: int
    efficiency: Measured
    bias: Measured
    coverage: Measured
    limit: Measured
    detected: Measured
    claimed: float
    empty: float

    @property
    def absent(self) -> bool:
        """Whether the phase is not there at all."""
        return self.truth.fraction == 0.0


def scores(trial: Trial, replicas: int, seed: int = 1) -> list[Score]:
    """Fit replicas of a trial and compare every phase with its truth."""
    answers = fitted(trial.series(replicas, seed), trial.plan)
    return [score(truth, answers[truth.region, truth.phase]) for truth in truths(trial)]


def fitted(series: Sequence[Series], plan: Plan) -> dict[tuple[str, str], Answers]:
    """(region, phase) -> answers, step after step, sample after sample."""
    with tempfile.TemporaryDirectory() as place:
        archive, folder = Path(place) / "replicas.h5", Path(place) / "fitted"
        write_archive(archive, series)
        fit_files([archive], plan, folder, Reading(), Running(), SilentMonitor())
        return answers_of(folder / "phase_fractions.csv")


def answers_of(path: Path) -> dict[tuple[str, str], Answers]:
    """Read the table of fractions."""
    columns: dict[tuple[str, str], dict[str, list[float]]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            own = columns.setdefault((row["region"], row["phase"]), {})
            for name, value in _cells(row).items():
                own.setdefault(name, []).append(value)
    return {key: _answers(own) for key, own in columns.items()}


def _answers(cells: Mapping[str, list[float]]) -> Answers:
    numbers = {name: np.array(cells[name]) for name in _NUMBERS}
    return Answers(**numbers, detected=np.array(cells["detected"], dtype=bool))


def _cells(row: Mapping[str, str]) -> dict[str, float]:
    cells = {name: float(row[column] or "nan") for name, column in _NUMBERS.items()}
    return {**cells, "detected": float(row["detected"] == "true")}


def score(truth: Truth, answers: Answers) -> Score:
    """Compare answers with the truth."""
    error = (answers.fraction - truth.fraction) / truth.bound
    known = error[np.isfinite(error)]
    square = known**2
    rmse = float(np.sqrt(square.mean()))
    spread = float(square.std() / np.sqrt(len(square)))
    covered = (answers.low <= truth.fraction) & (truth.fraction <= answers.high)
    claimed = np.nanmean((answers.stderr / truth.bound) ** 2) if (answers.stderr > 0).any() else 0.0
    return Score(
        truth,
        len(error),
        Measured(rmse, spread / (2.0 * rmse)),
        Measured(float(known.mean()), float(known.std() / np.sqrt(len(known)))),
        share(covered),
        share(answers.upper >= truth.fraction),
        share(answers.detected),
        float(np.sqrt(claimed)) / rmse,
        float(np.mean(np.isnan(answers.low) | np.isnan(answers.high))),
    )


def share(hits: BoolArray) -> Measured:
    """Share of hits; the error is that of half a hit where there are none or nothing else."""
    n, p = len(hits), float(np.mean(hits))
    q = min(max(p, 0.5 / n), 1.0 - 0.5 / n)
    return Measured(p, float(np.sqrt(q * (1.0 - q) / n)))
