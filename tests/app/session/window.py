"""What the window does from files to numbers, without the window."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np

from app.session.data import load
from app.session.project import Project, Source, View, with_fits
from app.session.results import results_of
from app.session.series_fit import Part, fit_series
from fitting.monitor import SilentMonitor
from fitting.plan import Plan

QUIET = SilentMonitor()


def opened(files: list[Path], plan: Plan | None) -> Project:
    """Files that were opened together, with a plan."""
    source = Source(tuple(files))
    samples = load([source], QUIET).samples
    first = samples[0]
    view = View(first.name, next(iter(first.series)), first.steps[0])
    return Project((source,), samples, plan, view=view)


def fitted(project: Project, folder: Path, begin_at: tuple[str, int] | None = None) -> Project:
    """Fit all, or one sample from a step on."""
    found = project

    def came(part: Part) -> None:
        nonlocal found
        found = with_fits(found, part.sample, part.fits)

    fit_series(project, folder, QUIET, came, begin_at)
    return replace(found)


def rows_of(path: Path) -> list[dict[str, str]]:
    """A table of the batch."""
    with path.open() as file:
        return list(csv.DictReader(file))


def differences(project: Project, table: Path) -> list[str]:
    """Fractions of phase_fractions.csv that the window shows otherwise."""
    shown = {}
    for one in results_of(project).fractions:
        curves = one.curves
        numbers = (curves.fraction, one.stderr, curves.low95, curves.high95, curves.upper_limit95)
        for k, step in enumerate(one.steps.tolist()):
            for q, name in enumerate(curves.names):
                key = (curves.sample, curves.region, str(step), name, curves.basis)
                shown[key] = [float(values[k, q]) for values in numbers]
    columns = ("fraction", "fraction_stderr", "fraction_low95", "fraction_high95", "upper_limit95")
    wrong = []
    for row in rows_of(table):
        key = tuple(row[name] for name in ("sample", "region", "step", "phase", "basis"))
        if key in shown:
            wanted = [float(row[name] or "nan") for name in columns]
            if not np.allclose(shown.pop(key), wanted, rtol=1e-8, atol=0.0, equal_nan=True):
                wrong.append(f"{key}: {wanted}")
    return wrong + [f"{key} is not in the table" for key in shown]
