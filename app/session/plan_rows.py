"""The components of a region as a table: what the plan says, what the fit of the step found."""

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from app.session.models import model_of
from app.session.plan_edits import starts_of
from app.session.project import Project, StepFit
from app.session.typed import Bounds
from fitting.arrays import FloatArray
from fitting.covariances import variances
from fitting.model import ModelTable, ParameterRow, State
from fitting.plan import Component, Free, Plan, Region, Setting
from fitting.series import Series
from fitting.units import unit_text


class Mark(StrEnum):
    """How a parameter stands, in a word."""

    FREE = "free"
    FIXED = "fixed"
    LINKED = "linked"
    AT_BOUND = "at bound"


@dataclass(frozen=True)
class ParameterCell:
    """One parameter of a component.

    Parameters
    ----------
    component, name, unit : which, and what it is measured in ("" for pure numbers)
    value : fitted, or fixed, or where the plan starts; None where the fit finds the start
    error : standard error of the fit of this step, or None
    limit : upper limit (95 %) of an area that sits at zero, or None
    mark : how it stands
    minimum, maximum : bounds of the plan, or None
    link : text of the link, or empty
    fitted : whether the value is of a fit
    """

    component: str
    name: str
    unit: str
    value: float | None
    error: float | None
    limit: float | None
    mark: Mark
    minimum: float | None
    maximum: float | None
    link: str
    fitted: bool

    @property
    def text(self) -> str:
        """The value as it is shown: as many digits as the error allows."""
        if self.value is None:
            return "–"
        return rounded(self.value, self.error)

    @property
    def error_text(self) -> str:
        """The error, or the upper limit, or nothing."""
        if self.limit is not None:
            return f"< {self.limit:.3g}"
        return "" if self.error is None else f"± {rounded(self.error, self.error)}"

    @property
    def bounds(self) -> Bounds:
        """Between which values the plan lets it be."""
        return Bounds(self.minimum, self.maximum)

    @property
    def rule(self) -> str:
        """What the plan says of it in a word or two: a link, bounds, or free, or fixed."""
        return self.link or str(self.bounds) or self.mark.value


@dataclass(frozen=True)
class ComponentRow:
    """One component with its parameters.

    Parameters
    ----------
    id, phase, shape : of the plan; the phase may be empty
    region : of the plan
    is_reference : whether it fixes the energy scale
    parameters : area, center, those of the shape, then splitting and ratio
    """

    id: str
    phase: str
    shape: str
    region: str
    is_reference: bool
    parameters: tuple[ParameterCell, ...]

    def parameter(self, name: str) -> ParameterCell | None:
        """One of them by name."""
        return next((cell for cell in self.parameters if cell.name == name), None)


CSV_COLUMNS = ("region", "component", "phase", "shape", "parameter", "unit", "value", "stderr")
CSV_RULES = ("upper_limit95", "state", "min", "max", "link")


def components_csv(rows: Sequence[ComponentRow]) -> str:
    """Components with all their parameters as CSV; empty where there is no number."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*CSV_COLUMNS, *CSV_RULES))
    for row in rows:
        for one in row.parameters:
            numbers = (one.value, one.error, one.limit, one.minimum, one.maximum)
            value, error, limit, low, high = map(_number, numbers)
            about = (row.region, row.id, row.phase, row.shape, one.name, one.unit)
            writer.writerow((*about, value, error, limit, one.mark.value, low, high, one.link))
    return text.getvalue()


def _number(value: float | None) -> str:
    return "" if value is None or not math.isfinite(value) else f"{value:.9g}"


def rounded(value: float, error: float | None) -> str:
    """A number with the digits that its error leaves: two of the error."""
    if not math.isfinite(value):
        return "–"
    if error is None or not error > 0.0 or not math.isfinite(error):
        return f"{value:.6g}"
    digits = 1 - math.floor(math.log10(error))
    return f"{value:.{min(max(digits, 0), 8)}f}"


def regions_shown(project: Project) -> tuple[Region, ...]:
    """Regions of the plan that are cut from the spectrum that is looked at."""
    if project.plan is None:
        return ()
    return tuple(one for one in project.plan.regions if one.measured == project.view.region)


def component_rows(project: Project) -> tuple[ComponentRow, ...]:
    """Components of the region that is looked at, in the order of the plan."""
    plan, sample = project.plan, project.shown
    if plan is None:
        return ()
    table = model_of(plan)
    series = None if sample is None else sample.series.get(project.view.region)
    numbers = _Numbers(table, None if sample is None else _fit(project, sample.name), project)
    wanted = regions_shown(project)
    return tuple(
        _component(plan, table, region, component, numbers, series)
        for region in wanted
        for component in region.components
    )


def _fit(project: Project, sample: str) -> StepFit | None:
    return project.fit_of(sample, project.view.step)


class _Numbers:
    """Numbers of the plan as it is, and of the newest fit by name."""

    def __init__(self, table: ModelTable, fit: StepFit | None, project: Project) -> None:
        self.start = starts_of(table)
        self.current = project.is_current(fit)
        self.index: dict[str, int] = {}
        self.values, self.errors = np.zeros(0), np.zeros(0)
        self.bound: frozenset[str] = frozenset()
        self.limits: dict[str, float] = {}
        if fit is not None:
            self._take(model_of(fit.plan), fit)

    def _take(self, old: ModelTable, fit: StepFit) -> None:
        self.index = dict(old.index)
        result = fit.result
        self.values = result.values
        self.errors = standard_errors(old, result.values, result.covariance)
        names = [old.parameters[int(i)].name for i in old.free]
        at_bound = zip(names, result.at_bound, strict=True)
        self.bound = frozenset(name for name, bound in at_bound if bound)
        limits = zip(names, result.upper_limit, strict=True)
        self.limits = {name: float(limit) for name, limit in limits if np.isfinite(limit)}


def standard_errors(table: ModelTable, values: FloatArray, covariance: FloatArray) -> FloatArray:
    """(P,) standard errors; nan where fixed or not estimated."""
    jacobian = table.jacobian(values[table.free])
    return np.asarray(np.sqrt(variances(jacobian[np.newaxis], covariance[np.newaxis])[0]))


def _component(
    plan: Plan,
    table: ModelTable,
    region: Region,
    component: Component,
    numbers: _Numbers,
    series: Series | None,
) -> ComponentRow:
    own = [row for row in table.parameters if row.component == component.id]
    order = {"center": 0, "area": 1}
    own.sort(key=lambda row: order.get(row.parameter, 2))
    cells = tuple(_cell(component, table, row, numbers, series) for row in own)
    reference = plan.energy.reference == "component" and plan.energy.component == component.id
    phase = component.phase or ""
    return ComponentRow(component.id, phase, component.shape, region.name, reference, cells)


def _setting(component: Component, parameter: str) -> Setting:
    if parameter in component.parameters:
        return component.parameters[parameter]
    if component.doublet is not None and parameter in ("splitting", "ratio"):
        return component.doublet.splitting if parameter == "splitting" else component.doublet.ratio
    return Free(min=0.0)


def _cell(
    component: Component,
    table: ModelTable,
    row: ParameterRow,
    numbers: _Numbers,
    series: Series | None,
) -> ParameterCell:
    place = numbers.index.get(row.name)
    fixed = row.state is State.FIXED
    value, error, fitted = float(numbers.start[table.index[row.name]]), math.nan, False
    if place is not None and not fixed and np.isfinite(numbers.values[place]):
        value, error, fitted = float(numbers.values[place]), float(numbers.errors[place]), True
    mark = Mark(row.state.value)
    if row.state is State.FREE and row.name in numbers.bound:
        mark = Mark.AT_BOUND
    setting = _setting(component, row.parameter)
    free = setting if isinstance(setting, Free) and row.state is State.FREE else Free()
    limit = numbers.limits.get(row.name) if row.state is State.FREE else None
    return ParameterCell(
        row.component,
        row.parameter,
        _unit(row, series),
        value if math.isfinite(value) else None,
        error if math.isfinite(error) else None,
        limit,
        mark,
        free.min,
        free.max,
        row.link,
        fitted and numbers.current,
    )


def _unit(row: ParameterRow, series: Series | None) -> str:
    if row.unit == "1" or series is None:
        return ""
    unit = unit_text(row.unit, series.fit_axis_kind, series.intensity_unit)
    return unit.replace("cm-1", "cm⁻¹")
