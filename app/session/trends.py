"""What the curves of all samples say in numbers, as trends.csv has it: for the results tab."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from app.batch.csv_file import Cell
from app.batch.trends_table import TREND_COLUMNS, TrendsTable
from app.session.parts import parts_of
from app.session.project import Project
from fitting.arrays import FloatArray
from fitting.growth import Measured
from fitting.trends import Curve, described


@dataclass(frozen=True, eq=False)
class TrendCurve:
    """One phase or group of one sample along the axis of the plan, and what was read off it.

    Parameters
    ----------
    curve : the points
    line : x and y of the curve behind slope and plateau, or None
    found : quantity -> number
    """

    sample: str
    region: str
    basis: str
    name: str
    curve: Curve
    line: tuple[FloatArray, FloatArray] | None
    found: Mapping[str, Measured]


@dataclass(frozen=True, eq=False)
class Trends:
    """Rows of trends.csv, and the curves they were read off.

    Parameters
    ----------
    rows : cells in the order of ``TREND_COLUMNS``
    axis : step column of the curves
    """

    rows: tuple[tuple[Cell, ...], ...] = ()
    curves: tuple[TrendCurve, ...] = ()
    axis: str = ""

    def rows_of(
        self, region: str, basis: str, sample: str, shows: Callable[[str], bool]
    ) -> list[tuple[Cell, ...]]:
        """Rows of a region in a basis, and those of columns beside the spectra.

        Parameters
        ----------
        sample : its name, or empty for all
        shows : whether a phase or sum is wanted
        """
        places = [TREND_COLUMNS.index(name) for name in ("region", "basis", "sample", "phase")]
        found = []
        for row in self.rows:
            where, what, whose, phase = (str(row[place]) for place in places)
            wanted = (where, what) == (region, basis) and shows(phase)
            if (wanted or not where) and sample in ("", whose):
                found.append(row)
        return found

    def chosen(self, region: str, basis: str, samples: list[str]) -> list[TrendCurve]:
        """Curves of a region in a basis, sample by sample."""
        return [
            one
            for one in self.curves
            if (one.region, one.basis) == (region, basis) and one.sample in samples
        ]


def trends_of(project: Project) -> Trends:
    """Read off the fits of the plan as it is now.

    Raises
    ------
    PlanError
        See ``parts_of``.
    """
    parts = [part for one in project.samples for part in parts_of(project, one) if part.current]
    if project.plan is None or not parts:
        return Trends()
    table = TrendsTable(parts[0].result.plan)
    for part in parts:
        for fractions in part.tables:
            table.add(part.result, fractions)
    axis = project.plan.series.axis
    rows = tuple(tuple(row) for row in table.rows())
    found = _found(rows, axis)
    curves = tuple(
        TrendCurve(sample, *key, curve, described(curve), found.get((sample, *key), {}))
        for sample, key, curve in table.curves()
        if key[0] and np.isfinite(curve.x).any()
    )
    return Trends(rows, curves, axis)


def _found(
    rows: tuple[tuple[Cell, ...], ...], axis: str
) -> dict[tuple[str, str, str, str], dict[str, Measured]]:
    """Numbers along the axis by sample, region, basis, and name."""
    found: dict[tuple[str, str, str, str], dict[str, Measured]] = {}
    for row in rows:
        told = dict(zip(TREND_COLUMNS, row, strict=True))
        if told["axis"] == axis and told["compared_with"] == "":
            sample, region, basis, name = (
                str(told[part]) for part in ("sample", "region", "basis", "phase")
            )
            numbers = [float(str(told[n])) for n in ("value", "stderr", "low95", "high95")]
            own = found.setdefault((sample, region, basis, name), {})
            own[str(told["quantity"])] = Measured(*numbers)
    return found
