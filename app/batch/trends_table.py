"""trends.csv: what the curves of all samples of a run say in numbers, and where samples differ."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from app.archive.names import unit_of
from app.batch.beside import PASSED, SIDE_CHARGE, beside
from app.batch.csv_file import Cell
from fitting.arrays import FloatArray
from fitting.plan import Plan
from fitting.quantify import UNASSIGNED, FractionTable
from fitting.region_steps import ALL, steps_of
from fitting.result import SeriesResult
from fitting.sei import thickness_from_step
from fitting.trends import Curve, Trend, along_axis, along_time, difference, trends_of

TREND_COLUMNS = (
    "source,sample,region,phase,basis,axis,quantity,compared_with,value,stderr,low95,high95,unit,note"
).split(",")

_TIME = "time_s"
_NOT_IN_TIME = ("etch_time_s", "depth_nm", "temperature_C", "x_um", "y_um")
_MOST_IN_PAIRS = 8
_COMPARED = ("onset", "initial_slope", "saturation", "half_at", "sqrt_time_rate")

Key = tuple[str, str, str]
"""Region, basis, name of the phase or group."""


@dataclass(eq=False)
class _Sample:
    """Steps of one sample so far: parts of its columns (from one basis), and of its curves."""

    source: str
    sample: str
    columns: dict[str, dict[str, list[FloatArray]]] = field(default_factory=dict)
    basis: dict[str, str] = field(default_factory=dict)
    curves: dict[Key, list[FloatArray]] = field(default_factory=dict)

    def fractions(self) -> Iterator[tuple[Key, FloatArray]]:
        """Fraction, error, limit, lower end, (4, K), of all that ever has a number."""
        for key, parts in self.curves.items():
            values = np.concatenate(parts, axis=1)
            if np.isfinite(values[0]).any():
                yield key, values

    def together(self) -> dict[str, FloatArray]:
        """Columns of all regions together, else of the first region."""
        region = ALL if ALL in self.columns else next(iter(self.columns), "")
        own = self.columns.get(region, {})
        return {name: np.concatenate(parts) for name, parts in own.items()}

    def column(self, region: str, name: str) -> FloatArray | None:
        parts = self.columns[region].get(name)
        return None if parts is None else np.concatenate(parts)


class TrendsTable:
    """Gathers the fractions of a run, a chunk at a time, and says what they do along the axis."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._samples: dict[str, _Sample] = {}

    def add(self, result: SeriesResult, fractions: FractionTable) -> None:
        """Take the fractions of one region in one basis, some steps of one sample."""
        steps = steps_of(result, fractions.region)
        rows = steps.present
        sample = self._samples.setdefault(result.sample, _Sample(steps.info.source, result.sample))
        if sample.basis.setdefault(fractions.region, fractions.basis) == fractions.basis:
            own = sample.columns.setdefault(fractions.region, {})
            for name, values in steps.columns.items():
                own.setdefault(name, []).append(values[rows])
        for q, name in enumerate(fractions.names):
            if name != UNASSIGNED:
                limits = (fractions.upper_limit95, fractions.low95)
                parts = (fractions.fraction, fractions.stderr, *limits)
                found = np.array([part[rows, q] for part in parts])
                key = (fractions.region, fractions.basis, name)
                sample.curves.setdefault(key, []).append(found)

    def rows(self) -> Iterator[list[Cell]]:
        """All rows, sample after sample, then the comparisons of samples."""
        blanks = {name for name, one in self._samples.items() if self._is_blank(one)}
        found: dict[tuple[str, Key, str], list[Trend]] = {}
        for name, sample in self._samples.items():
            for key, axis, trends in self._trends(sample, blanks):
                found[name, key, axis] = trends
                for trend in trends:
                    yield trend_row((sample.source, name), key, axis, "", trend)
        for first, second in pairs_of(list(self._samples)):
            yield from self._comparison(found, first, second)

    def _is_blank(self, sample: _Sample) -> bool:
        """Said so by the plan, or charge that was measured and stayed where it was."""
        if sample.sample in self._plan.series.blank:
            return True
        axis = self._plan.series.axis
        if not axis.startswith("charge"):
            return False
        columns = [sample.column(region, axis) for region in sample.columns]
        known = [c[np.isfinite(c)] for c in columns if c is not None]
        return any(len(c) > 1 for c in known) and all(np.ptp(c) == 0.0 for c in known if len(c))

    def curves(self) -> Iterator[tuple[str, Key, Curve]]:
        """Every curve along the axis of the plan: fractions, then columns beside them."""
        for name, sample in self._samples.items():
            for key, values in sample.fractions():
                yield name, key, _curve(sample, key, values, self._plan.series.axis)
            for column, curve in self._beside(sample):
                yield name, ("", column, ""), curve

    def _trends(self, sample: _Sample, blanks: set[str]) -> Iterator[tuple[Key, str, list[Trend]]]:
        axis = self._plan.series.axis
        blank = sample.sample in blanks
        for key, values in sample.fractions():
            if not blank:
                yield key, axis, trends_of(_curve(sample, key, values, axis))
            if blanks and axis != _TIME:
                in_time = _curve(sample, key, values, _TIME)
                yield key, _TIME, _in_words(along_axis(in_time), blank=blank)
        if not blank:
            for name, curve in self._beside(sample):
                yield ("", name, ""), axis, [*along_axis(curve), *along_time(curve)]
            thickness = _thickness(sample, self._plan)
            if thickness:
                yield ("", thickness[0], ""), axis, thickness[1]

    def _beside(self, sample: _Sample) -> Iterator[tuple[str, Curve]]:
        """Columns such as a resistance; their scatter is their error."""
        axis, columns = self._plan.series.axis, sample.together()
        if axis in columns:
            for name, values in beside(columns, axis).items():
                units = axis_unit(name), axis_unit(axis)
                yield name, Curve(columns[axis], values, None, None, columns.get(_TIME), *units)

    def _comparison(
        self, found: dict[tuple[str, Key, str], list[Trend]], first: str, second: str
    ) -> Iterator[list[Cell]]:
        source = self._samples[first].source
        for (name, key, axis), trends in found.items():
            if name != first or (second, key, axis) not in found:
                continue
            others = {trend.quantity: trend for trend in found[second, key, axis]}
            for trend in trends:
                if trend.quantity in _COMPARED and trend.quantity in others:
                    away = difference(trend, others[trend.quantity])
                    if away is not None:
                        yield trend_row((source, first), key, axis, second, away)


def _thickness(sample: _Sample, plan: Plan) -> tuple[str, list[Trend]] | None:
    """The charge of the last step as a layer: of side reactions, or at most that of all charge."""
    formulas = [phase.formula for phase in plan.phases.values() if phase.counted and phase.formula]
    for column in (SIDE_CHARGE, PASSED[0]):
        charge = sample.together().get(column, np.empty(0))
        charge = charge[np.isfinite(charge)]
        for formula in formulas if len(charge) and charge[-1] > 0.0 else ():
            found = thickness_from_step(float(charge[-1]), formula, side=column == SIDE_CHARGE)
            if found:
                return column, found
    return None


def _curve(sample: _Sample, key: Key, values: FloatArray, axis: str) -> Curve:
    fraction, stderr, upper, low = values
    x = sample.column(key[0], axis)
    time = None if axis in _NOT_IN_TIME else sample.column(key[0], _TIME)
    unknown = np.full(len(fraction), np.nan)
    return Curve(
        x=unknown if x is None else x,
        value=fraction,
        stderr=stderr,
        upper95=upper,
        low95=low,
        time_s=time,
        axis_unit=axis_unit(axis),
    )


def axis_unit(column: str) -> str:
    """Unit of a step column as the tables write it: uAh/cm2."""
    unit = unit_of(column) or ""
    return unit.replace("A*h", "Ah").replace("*", " ").replace("^2", "2")


def _in_words(trends: Sequence[Trend], *, blank: bool) -> list[Trend]:
    """Rates along time, those of a blank marked as such."""
    if not blank:
        return list(trends)
    said = [(trend, "; ".join(filter(None, ["blank", trend.note]))) for trend in trends]
    return [Trend(t.quantity, t.measured, t.unit, note) for t, note in said]


def pairs_of(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Every two of a few samples; of many, each against the first."""
    if len(names) <= _MOST_IN_PAIRS:
        yield from combinations(names, 2)
    else:
        yield from ((name, names[0]) for name in names[1:])


def trend_row(owner: tuple[str, str], key: Key, axis: str, other: str, trend: Trend) -> list[Cell]:
    """One row of trends.csv.

    Parameters
    ----------
    owner : source and sample
    other : the sample that was subtracted, or empty
    """
    region, basis, name = key
    measured = trend.measured
    return [
        *(*owner, region, name, basis, axis, trend.quantity, other),
        *(measured.value, measured.stderr, measured.low95, measured.high95),
        *(trend.unit, trend.note),
    ]
