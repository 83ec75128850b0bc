"""Fits of single steps, fast enough to follow a drag."""

from collections.abc import Mapping

import numpy as np

from app.session.apart import Apart
from app.session.exact_plan import carried_plan, exact_plan, made_with
from app.session.models import model_of
from app.session.project import Project, Sample, StepFit
from app.session.shown import measured_row
from fitting.arrays import FloatArray
from fitting.chunkfit import Start, compiled_blocks, fit_steps
from fitting.errors import DataError
from fitting.model import SHIFT, ModelTable
from fitting.monitor import Monitor, SilentMonitor
from fitting.plan import Plan
from fitting.result import StepResult
from fitting.spectrum import Spectrum


def fit_one(project: Project, sample: Sample, step: int, monitor: Monitor, apart: Apart) -> StepFit:
    """Fit a step with the plan as it is now, from its own start.

    Parameters
    ----------
    apart : where lmfit works; compiled fits let other threads go on

    Raises
    ------
    DataError
        There is no plan, or none of its regions was measured in this step.
    FitCancelled
    """
    plan, label = exact_plan(project, monitor), f"{sample.name}, step {step}"
    result = _fit(plan, _measured(sample, plan, step), label, None, monitor, apart)
    return StepFit(plan, result, made_with(plan, project))


def follow(project: Project, sample: Sample, step: int, monitor: Monitor, apart: Apart) -> StepFit:
    """As ``fit_one``, but from where the fit stood before the plan changed: follows an edit.

    Raises
    ------
    DataError, FitCancelled
    """
    before = project.fit_of(sample.name, step)
    if before is None:
        return fit_one(project, sample, step, monitor, apart)
    plan = carried_plan(project, before)
    start = _carried(model_of(plan), model_of(before.plan), before)
    label = f"{sample.name}, step {step}"
    result = _fit(plan, _measured(sample, plan, step), label, start, monitor, apart)
    return StepFit(plan, result, made_with(plan, project))


def spectra_of(sample: Sample, plan: Plan, step: int) -> dict[str, Spectrum]:
    """Spectra of a step by region of the plan."""
    found = {}
    for region in plan.regions:
        row = measured_row(sample, region.measured, step)
        if row is not None:
            found[region.name] = sample.series[region.measured].spectrum(row)
    return found


def _measured(sample: Sample, plan: Plan, step: int) -> dict[str, Spectrum]:
    spectra = spectra_of(sample, plan, step)
    if not spectra:
        raise DataError(f"{sample.name}, step {step}: no region of the plan was measured")
    return spectra


def _fit(
    plan: Plan,
    spectra: Mapping[str, Spectrum],
    label: str,
    start: FloatArray | None,
    monitor: Monitor,
    apart: Apart,
) -> StepResult:
    if all(compiled_blocks(model_of(plan))):
        return _fitted(plan, spectra, label, start, monitor)
    return apart.run(monitor, _fitted, plan, spectra, label, start, SilentMonitor())


def _fitted(
    plan: Plan,
    spectra: Mapping[str, Spectrum],
    label: str,
    start: FloatArray | None,
    monitor: Monitor,
) -> StepResult:
    mode: Start = "each" if start is None else "given"
    given = None if start is None else start[np.newaxis]
    (result,) = fit_steps(model_of(plan), [spectra], [label], given, mode, monitor)
    return result


def _carried(table: ModelTable, old: ModelTable, before: StepFit) -> FloatArray:
    """(F,) starts: what the old fit found where the plan says the same, else what it says now."""
    start = table.start.copy()
    known = old.index
    for f, i in enumerate(table.free):
        row = table.parameters[int(i)]
        j = known.get(row.name)
        alike = j is not None and (old.parameters[j] == row or row.linear)
        if j is not None and (alike or int(i) == SHIFT):
            start[f] = before.result.values[j]
    return np.clip(start, table.lower, table.upper)
