"""Every experiment that can be simulated, fitted with its ready plan, and its figure.

They are the figures of docs/experiments.md: ``start.py bench experiments --write`` makes them anew.
"""

import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from app.archive.gather import Reading
from app.archive.results import read_results
from app.archive.write import write_archive
from app.batch.figures.collect import FractionCurves, fraction_curves
from app.batch.figures.side_charge import draw_side_charge
from app.batch.figures.style import styled
from app.batch.fit import Running, fit_files
from app.project.ready import ready_plan, ready_plans
from benchmarks.experiment_plot import COLUMN, SampleFit, Shown, draw_experiment
from benchmarks.report import Figure, Report, Settings
from fitting.build import build_model
from fitting.monitor import SilentMonitor
from fitting.plan import Plan
from fitting.simulate import Simulation, simulate
from fitting.titration import side_charge
from fitting.titration_plan import titration_plan

EXPERIMENTS = (
    Shown("E1", "P 2p", (("all", "molar"),), plan="E1_joint"),
    Shown("E2", "Cl 2p", (("all", "molar"),)),
    Shown("E3", "O 1s", (("all", "molar"),)),
    Shown("E4", "S 1s", (("all", "molar"),)),
    Shown("E5", "P 2p", (("all", "molar"),)),
    Shown("E6", "200-600 cm-1", (("200-600 cm-1", "area"),)),
    Shown("E7", "200-800 cm-1", (("200-800 cm-1", "area"),)),
    Shown("E8", "200-1100 cm-1", (("200-1100 cm-1", "area"),)),
    Shown("E9", "200-500 cm-1", (("200-500 cm-1", "area"),)),
    Shown("E11", "O 1s", (("all", "molar"),)),
    Shown("E12", "P 2p", (("P 2p", "area"), (COLUMN, "resistance_ohm_cm2"))),
)
"""In the order of docs/experiments.md. Add a row for an experiment, and its picture is made."""

_DOTS_PER_INCH = 110
_ROUNDING = 1e-9

ABOUT = (
    "One simulated run of each experiment, fitted with its ready plan. The rms error of fractions "
    "and the share of 95 % intervals that hold the truth are those of this one run."
)


def run(settings: Settings) -> Report:
    """Fit and draw; the size is the number of experiments, from the first."""
    report = Report("The twelve experiments", ABOUT)
    for shown in EXPERIMENTS[: settings.size]:
        if shown.key in ready_plans():
            with tempfile.TemporaryDirectory() as folder:
                samples = fitted(simulate(shown.key), Path(folder), shown.plan)
                for sample in samples:
                    for curves in sample.curves:
                        report.add(_figure(shown.key, curves))
                with styled():
                    picture = draw_experiment(shown, samples[: shown.samples])
            report.pictures[f"experiment_{shown.key}"] = partial(_save, picture)
    if settings.size is None:
        report.pictures["experiment_E10"] = partial(_save, _titration("E10"))
    return report


def _titration(key: str) -> Any:
    """The figure of charge logs without spectra."""
    whole = titration_plan(ready_plan(key))
    assert whole is not None
    plan = whole.titration
    sides = [(one, side_charge(one, plan.depleted_above_V)) for one in simulate(key).records]
    with styled():
        return draw_side_charge(sides, plan.thickness_nm_per_uAh_cm2)


def fitted(made: Simulation, folder: Path) -> list[SampleFit]:
    """The samples of an experiment, fitted as the program does it."""
    plan = Plan.from_toml(ready_plan(made.key))
    archive = folder / "a.h5"
    write_archive(archive, made.series, made.truth)
    fit_files([archive], plan, folder / "fitted", Reading(), Running(), SilentMonitor())
    handles = read_results(folder / "fitted" / "result.h5")
    table = build_model(handles[0].plan)
    return [
        SampleFit(handle, table, tuple(fraction_curves(handle, table, made.truth)))
        for handle in handles
    ]


def _figure(key: str, curves: FractionCurves) -> Figure:
    """How far the fractions of a sample lie from the truth."""
    known = np.isfinite(curves.truth) & np.isfinite(curves.fraction)
    off = (curves.fraction - curves.truth)[known]
    inside = (curves.low95 <= curves.truth + _ROUNDING) & (
        curves.truth <= curves.high95 + _ROUNDING
    )
    judged = known & np.isfinite(curves.low95)
    held = f"{100.0 * inside[judged].mean():.0f} % of {judged.sum()}" if judged.any() else "none"
    return Figure(
        f"{key}, {curves.sample}, {curves.region}, {curves.basis}: rms error",
        f"{np.sqrt(np.mean(off**2)):.4f}" if off.size else "no truth",
        note=f"truth in the 95 % interval: {held}",
    )


def _save(picture: Any, path: Path) -> None:
    with styled():
        picture.savefig(path, dpi=_DOTS_PER_INCH, metadata={"Software": None})
