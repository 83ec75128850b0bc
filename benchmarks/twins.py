"""What a fit says when the sample is not what the plan takes it for.

Every photoemission experiment beside its twins, all with the truth of the experiment: layers where
the plan assumes a mixture, sensitivities that are 10 % off, lines of another shape.
"""

import csv
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.archive.gather import Reading
from app.archive.write import write_archive
from app.batch.fit import Running, fit_files
from app.project.ready import ready_plan
from benchmarks.report import Figure, Report, Settings
from fitting.arrays import FloatArray
from fitting.monitor import SilentMonitor
from fitting.plan import Plan
from fitting.simulate import simulate
from fitting.simulate.mismatch import MISMATCHES

PLANS = {"E1": "E1_joint", "E2": "E2", "E3": "E3", "E4": "E4", "E5": "E5", "E11": "E11"}

ABOUT = (
    "One run of each, fitted with the ready plan, once with the computed sensitivities held and "
    "once with them fitted within 10 %: rms error of the molar fractions of all phases and steps "
    "over the rms of their counting errors (about 1, or less, where the plan is right). Held: the "
    "largest tension between a region and all over the whole series, in standard errors of "
    "counting; above 4 is no chance. Fitted: the factor of a sensitivity that is furthest from 1."
)


@dataclass(frozen=True)
class Outcome:
    """One series fitted.

    Parameters
    ----------
    rms, stderr : of molar fractions
    reduced_chi_square : median over the steps
    tension, region : the largest of a region over the series, and whose it is
    factor, level : of the sensitivities, as fitted, the one furthest from 1
    """

    rms: float
    stderr: float
    reduced_chi_square: float
    tension: float
    region: str
    factor: float
    level: str


def run(settings: Settings) -> Report:
    """Fit all twins; the size is the number of steps, None for the usual one."""
    report = Report("Twins: when the plan is wrong", ABOUT)
    for key in PLANS:
        for mismatch in (None, *MISMATCHES):
            held, fitted = (outcome(key, mismatch, settings.size, hold) for hold in (True, False))
            report.add(
                Figure(
                    f"{key}, {mismatch or 'as the plan says'}: rms error over counting error",
                    f"held {held.rms / held.stderr:.1f}, fitted {fitted.rms / fitted.stderr:.1f}",
                    note=f"rms {held.rms:.4f}, {fitted.rms:.4f}; held: reduced chi-square "
                    f"{held.reduced_chi_square:.2f}, tension {held.tension:+.1f} ({held.region}); "
                    f"fitted: {fitted.reduced_chi_square:.2f}, sensitivity {fitted.factor:.2f} "
                    f"({fitted.level})",
                )
            )
    return report


def outcome(key: str, mismatch: str | None, steps: int | None, hold: bool) -> Outcome:
    """Simulate, fit with the ready plan, compare with the truth.

    Parameters
    ----------
    hold : whether sensitivities are those that were computed; else they are fitted
    """
    made = simulate(key, mismatch=mismatch, steps=steps)
    with tempfile.TemporaryDirectory() as folder:
        archive, fitted = Path(folder) / "a.h5", Path(folder) / "fitted"
        write_archive(archive, made.series, made.truth)
        plan = Plan.from_toml(ready_plan(PLANS[key]))
        options = plan.quantification.model_copy(update={"fit_sensitivities": not hold})
        plan = plan.model_copy(update={"quantification": options})
        fit_files([archive], plan, fitted, Reading(), Running(), SilentMonitor())
        molar = [row for row in _rows(fitted / "phase_fractions.csv") if row["basis"] == "molar"]
        over_all = list(_whole_series(fitted / "consistency.csv"))
        factors = list(_factors(fitted / "parameters.csv"))
    off = [one for row in molar for one in _off(row, made.truth)]
    stderr = _numbers(row["fraction_stderr"] for row in molar)
    tension, region = max(over_all, key=lambda one: abs(one[0]), default=(np.nan, "none"))
    factor, level = max(factors, key=lambda one: abs(one[0] - 1.0), default=(np.nan, "held"))
    return Outcome(
        float(np.sqrt(np.mean(np.square(off)))),
        float(np.sqrt(np.mean(np.square(stderr)))),
        float(np.median(_numbers(row["reduced_chi_square"] for row in molar))),
        tension,
        region,
        factor,
        level,
    )


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _numbers(cells: Iterable[str]) -> list[float]:
    return [float(cell) for cell in cells if cell]


def _off(row: dict[str, str], truth: Mapping[str, Mapping[str, FloatArray]]) -> Iterator[float]:
    """Fitted minus true; nothing for groups and for what has no fraction."""
    known = truth[row["sample"]].get(f"molar_fraction/{row['phase']}")
    if known is not None and row["fraction"] and not row["phase"].startswith("group:"):
        yield float(row["fraction"]) - float(known[int(row["step"])])


def _whole_series(path: Path) -> Iterator[tuple[float, str]]:
    """Tension and name of every region over a whole series: rows without a step."""
    for row in _rows(path):
        if row["step"] == "" and row["phase"] == "all phases" and row["tension"]:
            yield float(row["tension"]), row["region"]


def _factors(path: Path) -> Iterator[tuple[float, str]]:
    """Factor and core level of every fitted sensitivity; the same in all steps."""
    for row in _rows(path):
        if row["component"] == "sensitivity" and row["value"]:
            yield float(row["value"]), row["parameter"]
