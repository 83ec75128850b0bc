"""Charge logs without spectra: opened, their plan changed, their side-reaction charge found."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from app.archive.reading import Reading
from app.batch.csv_file import Cell
from app.batch.fit import listed
from app.batch.titration import meant, read_logs, side_rows, side_trend_rows, side_warnings
from app.session.plan_forms import Field, Kind
from app.session.project import Logs, Project, Source
from app.session.typed import number_of
from fitting.arrays import FloatArray
from fitting.errors import DataError, DeconvolyteError, PlanError
from fitting.titration import ChargeRecord, SideCharge, side_charge
from fitting.titration_plan import Titration, TitrationPlan, checked_titration

_THICKNESS = "thickness_nm_per_uAh_cm2"

LOG_FIELDS = (
    Field("area_cm2", Kind.NUMBER, optional=True, meaning="Of the electrode"),
    Field(
        "charge_sign",
        Kind.CHOICE,
        ("+", "-"),
        optional=True,
        meaning="What positive current in the log does to the analysed interface",
        shown=("+ reduces", "+ oxidises (EC-Lab)", "as the file says"),
    ),
    Field(
        "depleted_above_V",
        Kind.NUMBER,
        optional=True,
        meaning="Potential above which a portion of lithium counts as used up; "
        "empty: when the instrument began the next one",
    ),
    Field(
        _THICKNESS,
        Kind.TEXT,
        optional=True,
        meaning="What a charge builds, by what the phosphorus becomes: Li3P = 9.1, P0 = 12.9",
    ),
)
"""What can be said of charge logs."""

_STRETCHES = 2000
"""Of a long trace; more than there are pixels."""

_NOTHING_SAID = TitrationPlan(format=1, titration=Titration())


@dataclass(frozen=True, eq=False)
class GrowthCurve:
    """Side-reaction charge of one sample against the root of time; K points.

    Parameters
    ----------
    root_h, charge : (K,) root of the hours since the first portion, uAh/cm2
    line : ends of the straight line of growth by diffusion, or None
    """

    sample: str
    root_h: FloatArray
    charge: FloatArray
    line: tuple[list[float], list[float]] | None


@dataclass(frozen=True, eq=False)
class LogResults:
    """What the logs say.

    Parameters
    ----------
    points, trends : rows of side_charge.csv and trends.csv
    curves : to be drawn
    warnings : sentences the user should see
    problem : why there is nothing; empty if there is
    """

    points: tuple[tuple[Cell, ...], ...] = ()
    trends: tuple[tuple[Cell, ...], ...] = ()
    curves: tuple[GrowthCurve, ...] = ()
    warnings: tuple[str, ...] = ()
    problem: str = ""


def logs_of(
    sources: Sequence[Source], plan: TitrationPlan = _NOTHING_SAID
) -> tuple[Logs | None, list[DeconvolyteError]]:
    """The charge logs of some files; None if there are none.

    What the user said about the files stands in the records; what the plan says does not.

    Raises
    ------
    DataError, PlanError
    """
    records: list[ChargeRecord] = []
    errors: list[DeconvolyteError] = []
    for source in sources:
        files, unlisted = listed(source.paths)
        found, problems = read_logs(files, _NOTHING_SAID, source.reading)
        records += found
        errors += [*unlisted, *problems]
    return (Logs(tuple(records), plan) if records else None), errors


def with_logs(project: Project, source: Source, logs: Logs) -> Project:
    """The project with logs beside those that are open; they make no project with spectra.

    Raises
    ------
    DataError
        There are spectra, or a log of that sample; or these are read in another way.
    """
    if project.samples:
        raise DataError("spectra are open, and charge logs make a project of their own; close it")
    before = project.logs or Logs((), logs.plan)
    names = {record.sample for record in before.records}
    twice = next((record.sample for record in logs.records if record.sample in names), None)
    if twice is not None:
        raise DataError(f"there is a log of {twice} already; give the new one another sample name")
    if any(one.reading != source.reading for one in project.sources):
        raise DataError("logs of one project are read in one way: the same options for all files")
    both = replace(before, records=(*before.records, *logs.records))
    return replace(project, sources=(*project.sources, source), logs=both)


def records_of(project: Project) -> list[ChargeRecord]:
    """The logs with what the user, the plan or the files say about them."""
    if project.logs is None:
        return []
    reading = project.sources[0].reading if project.sources else Reading()
    return meant(project.logs.records, project.logs.plan, reading)


def sides_of(project: Project) -> list[tuple[ChargeRecord, SideCharge]]:
    """The logs and their side-reaction charge.

    Raises
    ------
    DataError
        Nobody has said what a log means.
    """
    level = None if project.logs is None else project.logs.plan.titration.depleted_above_V
    return [(one, side_charge(one, level)) for one in records_of(project)]


def log_results(project: Project) -> LogResults:
    """Side-reaction charge of all logs and its growth, as the batch finds them."""
    if project.logs is None or not project.logs.records:
        return LogResults(problem="The logs could not be read.")
    plan = project.logs.plan
    try:
        sides = sides_of(project)
    except DataError as error:
        return LogResults(problem=str(error))
    return LogResults(
        tuple(tuple(row) for row in side_rows(sides)),
        tuple(tuple(row) for row in side_trend_rows(sides, plan)),
        tuple(_curve(record.sample, side) for record, side in sides),
        tuple(side_warnings(sides)),
    )


def thinned(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """What a screen can show of a long trace: the lowest and highest of each of some stretches."""
    size = len(x) // _STRETCHES
    if size < 4:
        return x, y
    whole = size * _STRETCHES
    rows = np.nan_to_num(y[:whole], nan=0.0).reshape(_STRETCHES, size)
    ends = np.sort([rows.argmin(axis=1), rows.argmax(axis=1)], axis=0)
    places = (ends + size * np.arange(_STRETCHES)).T.ravel()
    places = np.concatenate([[0], places, np.arange(whole, len(x)), [len(x) - 1]])
    return x[places], y[places]


def log_values(plan: TitrationPlan) -> dict[str, Any]:
    """What the fields of a plan of logs hold; see ``LOG_FIELDS``."""
    values = plan.titration.model_dump()
    layers = values[_THICKNESS].items()
    return {**values, _THICKNESS: ", ".join(f"{end} = {nm:g}" for end, nm in layers) or None}


def with_log_value(project: Project, name: str, value: Any) -> Project:
    """The project with one field of its plan of logs filled in; None empties it.

    Raises
    ------
    PlanError
        A value that cannot be.
    """
    if project.logs is None:
        return project
    if name == _THICKNESS:
        value = _layers(value or "")
    data = project.logs.plan.model_dump()
    data["titration"][name] = value
    plan = checked_titration(data)
    return replace(project, logs=replace(project.logs, plan=plan))


def _layers(text: str) -> dict[str, float]:
    """``Li3P = 9.1, P0 = 12.9`` -> nm per uAh/cm2 by what the phosphorus becomes."""
    found = {}
    for part in filter(str.strip, text.split(",")):
        end, equals, number = part.partition("=")
        if not equals or not end.strip():
            raise PlanError(_THICKNESS, f"{part.strip()!r} is no pair such as Li3P = 9.1")
        found[end.strip()] = number_of(number)
    return found


def _curve(sample: str, side: SideCharge) -> GrowthCurve:
    from app.batch.figures.side_charge import growth_line

    roots = np.sqrt(np.maximum(side.time_s - side.begin_s, 0.0) / 3600.0)
    return GrowthCurve(sample, roots, side.charge_side_uAh_cm2, growth_line(side, roots))
