"""What the panels draw, as plain arrays: the window only has to put it on the screen."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.batch.figures.labels import phase_label
from app.batch.slices import Measured, stacked
from app.session.models import model_of
from app.session.plan_edits import WIDTHS
from app.session.project import Project, Sample, StepFit
from fitting.arrays import FloatArray
from fitting.curves import RegionCurves, draw
from fitting.errors import DataError
from fitting.model import SHIFT, ModelTable
from fitting.plan import Plan
from fitting.result import FitStatus, Provenance, SeriesResult
from fitting.series import Series
from fitting.spectrum import Spectrum
from reference_lines import Library, Line


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
    status : of the fit, or None; the worst, if the plan cuts several windows from the spectrum
    quality : reduced chi-square; nan where there is none
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
    quality: float
    message: str

    @property
    def sentence(self) -> str:
        """State of the fit in words."""
        words = [] if self.status is None else [self.status.label.replace("_", " ")]
        if np.isfinite(self.quality):
            words.append(f"reduced χ² {self.quality:.{2 if self.quality < 100.0 else 0}f}")
        if self.status is not None and not self.current:
            words.append("fit of an older plan (dashed)")
        return " · ".join([*words, *filter(None, [self.message])]).capitalize()


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
    drawn = _curves(sample, view.region, view.step, fit, spectrum)
    curves = drawn.curves
    handles = () if curves is None or fit is None else _handles(fit, view.region, curves)
    return ShownSpectrum(
        series,
        row,
        spectrum.x,
        spectrum.intensity,
        curves,
        handles,
        project.is_current(fit),
        drawn.status,
        drawn.quality,
        drawn.message,
    )


def result_of(sample: Sample, plan: Plan, fits: dict[int, StepFit]) -> SeriesResult:
    """Fits of one plan as one result, in the order of the steps."""
    steps = sorted(fits)
    rows = {region: rows_between(series, steps) for region, series in sample.series.items()}
    measured = {region: series for region, series in rows.items() if series is not None}
    sources = {region: series.source for region, series in measured.items()}
    parts = [fits[step].result for step in steps]
    about = Measured(sample.name, measured, sources)
    return stacked(model_of(plan), about, np.array(steps, dtype=np.int64), parts, Provenance())


def rows_between(series: Series, steps: list[int]) -> Series | None:
    """The rows from the first to the last of some steps, or None."""
    first = int(np.searchsorted(series.steps, steps[0]))
    last = int(np.searchsorted(series.steps, steps[-1], side="right"))
    return series.rows(first, last) if last > first else None


def _curves(
    sample: Sample, region: str, step: int, fit: StepFit | None, spectrum: Spectrum
) -> "_Drawn":
    if fit is None:
        return _Drawn(None, None, math.nan, "not fitted yet")
    own = [(r, one) for r, one in enumerate(fit.plan.regions) if one.measured == region]
    if not own:
        return _Drawn(None, None, math.nan, "this region is not in the plan that was fitted")
    table, result = model_of(fit.plan), fit.result
    parts, messages = [], []
    for r, one in own:
        if FitStatus(int(result.status[r])).usable:
            model, where = table.regions[r], f"{sample.name}, step {step}, {one.name}"
            try:
                parts.append(draw(model, spectrum, result.values, fit.plan.fit.weights, where))
            except DataError as error:
                messages.append(str(error))
        messages.append(result.message[r])
    worst = max(FitStatus(int(result.status[r])) for r, _ in own)
    quality = float(np.max([result.reduced_chi_square[r] for r, _ in own]))
    curves = _joined(parts) if parts else None
    return _Drawn(curves, worst, quality, "; ".join(dict.fromkeys(filter(None, messages))))


@dataclass(frozen=True, eq=False)
class _Drawn:
    curves: RegionCurves | None
    status: FitStatus | None
    quality: float
    message: str


def _joined(parts: list[RegionCurves]) -> RegionCurves:
    """Several windows of one spectrum as one picture; a line is nothing outside its window."""
    if len(parts) == 1:
        return parts[0]
    first = parts[0]
    inside = np.any([part.inside for part in parts], axis=0)
    sigma, background = first.sigma.copy(), first.background.copy()
    for part in parts[1:]:
        sigma[part.inside] = part.sigma[part.inside]
        background[part.inside] = part.background[part.inside]
    components = np.concatenate([np.nan_to_num(part.components) for part in parts])
    return replace(
        first,
        names=tuple(name for part in parts for name in part.names),
        phases=tuple(phase for part in parts for phase in part.phases),
        inside=inside,
        sigma=sigma,
        components=components,
        background=background,
    )


def _handles(fit: StepFit, region: str, curves: RegionCurves) -> tuple[Handle, ...]:
    table = model_of(fit.plan)
    values, inside = fit.result.values, curves.inside
    x, background = curves.x[inside], curves.background[inside]
    drawn = {name: place for place, name in enumerate(curves.names)}
    own = [m for m, r in zip(table.regions, fit.plan.regions, strict=True) if r.measured == region]
    found = []
    for component in [c for model in own for c in model.components if c.id in drawn]:
        curve = curves.components[drawn[component.id]][inside] + background
        center = float(values[component.center] + values[SHIFT])
        half = 0.5 * width_of(table, component.id, values)
        top, flank = np.interp([center, center + half], x, curve)
        left, right = center - half, center + half
        names = (component.id, component.phase)
        found.append(Handle(*names, center, float(top), left, right, float(flank)))
    return tuple(found)


def width_of(table: ModelTable, component: str, values: FloatArray) -> float:
    """Width that a component has by its first parameter of that kind."""
    for name in WIDTHS:
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
        own = _components_at(project, phase, lines)
        found += [_marker(line, shift, own[place]) for place, line in enumerate(lines)]
    return tuple(found)


def _components_at(project: Project, phase: str, lines: Sequence[Line]) -> list[str]:
    """For every line the id of the component that fits it, or empty: the nearest ones first."""
    plan, found = project.plan, [""] * len(lines)
    if plan is None:
        return found
    table = model_of(plan)
    values = table.values(np.nan_to_num(table.start))
    own = {
        c.id: float(values[table.index[f"{c.id}.center"]])
        for region, c in plan.components.values()
        if c.phase == phase and region.measured == project.view.region
    }
    pairs = sorted(
        (abs(line.value - center), place, name)
        for place, line in enumerate(lines)
        for name, center in own.items()
    )
    for _, place, name in pairs:
        if not found[place] and name not in found:
            found[place] = name
    return found


def _marker(line: Line, shift: float, component: str) -> Marker:
    name = phase_label(line.species)
    label = f"{name} {line.environment}" if line.environment else name
    unit = line.unit.replace("cm-1", "cm⁻¹")
    words = [label, f"{line.value:g} {unit}", f"evidence: {line.evidence}", line.source]
    if line.minimum is not None and line.maximum is not None:
        words.insert(2, f"published {line.minimum:g} .. {line.maximum:g} {unit}")
    if component:
        words.append(f"drag it to move {component}")
    return Marker(line.species, line.value + shift, label, "\n".join(words), component)
