"""Numbers of the results tab beside the tables of the batch: what is shown otherwise."""

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from app.session.long_tables import progress_table, side_table, trend_table
from app.session.looked import Subject, looked_at
from app.session.progress import Quantity
from app.session.project import Project
from app.session.results import results_of
from app.session.titration import log_results

_FRACTIONS = ("fraction", "fraction_stderr", "fraction_low95", "fraction_high95", "upper_limit95")
_LIGHTS = {"ok": 0, "warn": 1, "fail": 2}


def rows_of(path: Path) -> list[dict[str, str]]:
    """A table of the batch."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def shown_otherwise(project: Project, folder: Path) -> list[str]:
    """Everything the results tab shows otherwise than the tables in a folder, in words."""
    if project.logs is not None:
        results = log_results(project)
        found = {"trends": trend_table(results.trends), "side_charge": side_table(results.points)}
        return [
            name
            for name, table in found.items()
            if table.csv != (folder / f"{name}.csv").read_text("utf-8")
        ]
    return [
        *fractions_otherwise(project, folder),
        *_shifts(project, folder),
        *_lights(project, folder),
        *_tensions(project, folder),
        *_long_tables(project, folder),
    ]


def fractions_otherwise(project: Project, folder: Path) -> Iterator[str]:
    """Fractions, their errors, intervals and limits."""
    wanted = {
        tuple(row[name] for name in ("sample", "region", "step", "phase", "basis")): row
        for row in rows_of(folder / "phase_fractions.csv")
    }
    for one in results_of(project).fractions:
        curves = one.curves
        numbers = (curves.fraction, one.stderr, curves.low95, curves.high95, curves.upper_limit95)
        for k, step in enumerate(one.steps.tolist()):
            for q, name in enumerate(curves.names):
                key = (curves.sample, curves.region, str(step), name, curves.basis)
                row = wanted.get(key)
                mine = [_text(values[k, q]) for values in numbers]
                if row is None or mine != [row[column] for column in _FRACTIONS]:
                    yield f"fraction {key}: {mine}"


def _shifts(project: Project, folder: Path) -> Iterator[str]:
    shown = {
        (one.sample, str(step), one.group): (one.shift[k], one.stderr[k], one.states[k])
        for one in results_of(project).shifts
        for k, step in enumerate(one.steps.tolist())
    }
    for row in rows_of(folder / "shifts.csv"):
        shift, stderr, state = shown[row["sample"], row["step"], row["group"]]
        mine = (_text(shift), _text(stderr), state)
        if mine != (row["shift"], row["shift_stderr"], row["state"]):
            yield f"shift {row['sample']} {row['step']} {row['group']}: {mine}"


def _lights(project: Project, folder: Path) -> Iterator[str]:
    worst: dict[tuple[str, str], int] = {}
    for row in rows_of(folder / "checks.csv"):
        key = row["sample"], row["step"]
        worst[key] = max(worst.get(key, 0), _LIGHTS[row["verdict"]])
    for one in results_of(project).verdicts:
        if worst.get((one.sample, str(one.step)), 0) != int(one.verdict):
            yield f"light {one.sample} {one.step}: {one.verdict.name}"


def _tensions(project: Project, folder: Path) -> Iterator[str]:
    shown = {
        (one.sample, str(step), *pair): one.tension[k, t]
        for one in looked_at(project, Subject.TENSION).tensions
        for k, step in enumerate(one.steps.tolist())
        for t, pair in enumerate(one.pairs)
    }
    for row in rows_of(folder / "consistency.csv"):
        key = (row["sample"], row["step"], row["phase"], row["region"])
        if row["step"] and _text(shown.get(key, np.inf)) != row["tension"]:
            yield f"tension {key}"


def _long_tables(project: Project, folder: Path) -> Iterator[str]:
    trends = trend_table(looked_at(project, Subject.TRENDS).trends.rows)
    if trends.csv != (folder / "trends.csv").read_text("utf-8"):
        yield "trends"
    progress = looked_at(project, Subject.PROGRESS).progress
    tables = [progress_table(progress, kind) for kind in Quantity]
    mine = [line for table in tables for line in table.csv.splitlines()[1:]]
    if sorted(mine) != sorted((folder / "progress.csv").read_text("utf-8").splitlines()[1:]):
        yield "progress"


def _text(value: float) -> str:
    return f"{value:.9g}" if np.isfinite(value) else ""
