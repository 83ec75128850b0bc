"""What the panels draw, as plain arrays: the window only has to put it on the screen."""

import json
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from app.batch.slices import Measured, stacked
from app.session.project import Project, Sample, StepFit
from fitting.arrays import FloatArray
from fitting.build import build_model
from fitting.curves import RegionCurves, redraw
from fitting.errors import DataError
from fitting.model import SHIFT, ModelTable
from fitting.plan import Plan
from fitting.result import FitStatus, Provenance, SeriesResult
from fitting.series import Series
from reference_lines import Library, Line


def model_of(plan: Plan) -> ModelTable:
    """The model of a plan, made once for each of the plans in use."""
    return _model(plan.to_json())


@lru_cache(maxsize=32)
def _model(text: str) -> ModelTable:
    return build_model(Plan.from_data(json.loads(text)))


@dataclass(frozen=True)
class Handle:
    """Where a component can be taken hold of, on the measured axis.

    Parameters
    ----------
    component, phase : names
    center, height : of the top, background included
    left, right : axis values of the flanks, half a width from the center
    flank : intensity there
    """

    component: str
    phase: str
    center: float
    height: float
    left: float
    right: float
    flank: float


@dataclass(frozen=True, eq=False)
class ShownSpectrum:
    """One region of one step.

    Parameters
    ----------
    series, row : what was measured
    x, intensity : (N,) ascending in the fit axis
    curves : of the fit, or None where there is none
    handles : of the components that are drawn
    current : whether the fit is one of the plan as it is now
    status : of the fit, or None
    message : why there is no curve, or what the fit says; may be empty
    """

    series: Series
    row: int
    x: FloatArray
    intensity: FloatArray
    curves: RegionCurves | None
    handles: tuple[Handle, ...]
    current: bool
    status: FitStatus | None
    message: str


@dataclass(frozen=True)
class Marker:
    """A reference line on the measured axis.

    Parameters
    ----------
    phase, position : where; the shift of the step is in it
    label, tooltip : texts
    component : id of the component that fits it, or empty
    """

    phase: str
    position: float
    label: str
    tooltip: str
    component: str


def measured_row(sample: Sample, region: str, step: int) -> int | None:
    """Row of a step in the series of a region, or None."""
    series = sample.series.get(region)
    if series is None:
        return None
    place = np.flatnonzero(series.steps == step)
    return int(place[0]) if len(place) else None


def shown_spectrum(project: Project) -> ShownSpectrum | None:
    """The region of the step that is looked at; None if it was not measured."""
    view, sample = project.view, project.shown
    if sample is None:
        return None
    row = measured_row(sample, view.region, view.step)
    if row is None:
        return None
    series = sample.series[view.region]
    spectrum = series.spectrum(row)
    fit = project.fit_of(sample.name, view.step)
    curves, status, message = _curves(sample, view.region, view.step, fit)
    handles = () if curves is None or fit is None else _handles(fit, view.region, curves)
    return ShownSpectrum(
        series,
        row,
        spectrum.x,
        spectrum.intensity,
        curves,
        handles,
        project.is_current(fit),
        status,
        message,
    )


def result_of(sample: Sample, plan: Plan, fits: dict[int, StepFit]) -> SeriesResult:
    """Fits of one plan as one result, in the order of the steps."""
    steps = sorted(fits)
    rows = {region: _only(series, steps) for region, series in sample.series.items()}
    measured = {region: series for region, series in rows.items() if series is not None}
    sources = {region: series.source for region, series in measured.items()}
    parts = [fits[step].result for step in steps]
    about = Measured(sample.name, measured, sources)
    return stacked(model_of(plan), about, np.array(steps, dtype=np.int64), parts, Provenance())


def _only(series: Series, steps: list[int]) -> Series | None:
    first = int(np.searchsorted(series.steps, steps[0]))
    last = int(np.searchsorted(series.steps, steps[-1], side="right"))
    return series.rows(first, last) if last > first else None


def _curves(
    sample: Sample, region: str, step: int, fit: StepFit | None
) -> tuple[RegionCurves | None, FitStatus | None, str]:
    if fit is None or model_of(fit.plan).region(region) is None:
        return None, None, "not fitted yet" if fit is None else "this region is not in the plan"
    table = model_of(fit.plan)
    result = result_of(sample, fit.plan, {step: fit})
    if region not in [info.name for info in result.regions]:
        return None, None, "this region was not measured in this step"
    r = result.region_index(region)
    status, message = FitStatus(int(result.status[0, r])), result.message[0][r]
    try:
        curves = redraw(table, result, 0, sample.series[region])
    except (DataError, KeyError) as error:
        return None, status, str(error)
    return (curves if curves.fitted else None), status, message


def _handles(fit: StepFit, region: str, curves: RegionCurves) -> tuple[Handle, ...]:
    table = model_of(fit.plan)
    model = table.region(region)
    assert model is not None
    values = fit.result.values
    inside = curves.inside
    x, background = curves.x[inside], curves.background[inside]
    found = []
    for place, component in enumerate(model.components):
        curve = curves.components[place][inside] + background
        center = float(values[component.center] + values[SHIFT])
        half = 0.5 * _width(table, component.id, values)
        top, flank = np.interp([center, center + half], x, curve)
        found.append(
            Handle(
                component.id,
                component.phase,
                center,
                float(top),
                center - half,
                center + half,
                float(flank),
            )
        )
    return tuple(found)


def _width(table: ModelTable, component: str, values: FloatArray) -> float:
    for name in ("fwhm", "gaussian_fwhm", "lorentzian_fwhm"):
        i = table.index.get(f"{component}.{name}")
        if i is not None:
            return float(values[i])
    return 1.0


def markers(project: Project, library: Library) -> tuple[Marker, ...]:
    """Reference lines of the phases that are marked, in the region that is looked at."""
    view, sample = project.view, project.shown
    if sample is None or view.region not in sample.series:
        return ()
    series = sample.series[view.region]
    fit = project.fit_of(sample.name, view.step)
    shift = 0.0 if fit is None else float(np.nan_to_num(fit.result.values[SHIFT]))
    raman = series.technique.value == "Raman"
    found = []
    for phase in view.marked:
        if raman:
            lines = library.find(species=phase, technique="Raman", recommended=True)
        else:
            lines = library.find(species=phase, region=view.region, recommended=True)
        found += [_marker(project, line, shift) for line in lines]
    return tuple(found)


def _marker(project: Project, line: Line, shift: float) -> Marker:
    component = ""
    if project.plan is not None:
        own = [
            c.id
            for region, c in project.plan.components.values()
            if c.phase == line.species and region.name == project.view.region
        ]
        component = own[0] if len(own) == 1 else ""
    label = line.species if not line.environment else f"{line.species} {line.environment}"
    words = [f"{line.value:g} {line.unit}", f"evidence {line.evidence}", line.source]
    if line.minimum is not None and line.maximum is not None:
        words.insert(1, f"published {line.minimum:g} .. {line.maximum:g}")
    return Marker(line.species, line.value + shift, label, "\n".join(words), component)
