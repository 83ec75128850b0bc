"""The plan exactly as it is fitted: with what it leaves to its files and to pristine steps."""

import numpy as np

from app.batch.chunk import good_spectra
from app.batch.measured import with_transmission
from app.batch.prepare import calibrated, pristine_steps
from app.session.project import Project, Sample, StepFit
from fitting.errors import DataError
from fitting.monitor import Monitor
from fitting.plan import Plan
from fitting.pristine import to_calibrate
from fitting.series import Series
from fitting.spectrum import Spectrum


def plan_of(project: Project) -> Plan:
    """The plan as the user has it.

    Raises
    ------
    DataError
        There is none.
    """
    if project.plan is None:
        raise DataError("there is no plan yet")
    return project.plan


def exact_plan(project: Project, monitor: Monitor) -> Plan:
    """The plan as series fits take it; that of fits that are there, if they are of this plan.

    Raises
    ------
    DataError
        There is no plan; no pristine step could be fitted.
    PlanError
        It takes the transmission from files that have none.
    FitCancelled
    """
    plan = plan_of(project)
    if not _is_open(plan):
        return plan
    own = (fit for fits in project.fits.values() for fit in fits.values())
    plans = {id(fit.plan): fit for fit in own}
    known = next((fit.plan for fit in plans.values() if project.is_current(fit)), None)
    if known is not None:
        return known
    plan = with_transmission(plan, _series(project, plan))
    pristine = [_pristine(_measured(sample, plan), plan) for sample in project.samples]
    return calibrated(plan, pristine, monitor)[0]


def carried_plan(project: Project, before: StepFit) -> Plan:
    """The plan with what an earlier fit took from files and pristine steps: for a drag."""
    plan = plan_of(project)
    if not _is_open(plan):
        return plan
    if project.is_current(before):
        return before.plan
    phases = dict(plan.phases)
    for name, composition in to_calibrate(plan).items():
        old = before.plan.phases.get(name)
        if old is not None and old.composition is not None:
            held = {"value": old.composition.value, "known": "given"}
            own = composition.model_copy(update=held)
            phases[name] = phases[name].model_copy(update={"composition": own})
    return with_transmission(plan.model_copy(update={"phases": phases}), _series(project, plan))


def made_with(exact: Plan, project: Project) -> Plan | None:
    """What a fit says of the plan it was asked with: nothing if that is what was fitted."""
    return None if exact is project.plan else project.plan


def _is_open(plan: Plan) -> bool:
    return plan.quantification.transmission == "file" or bool(to_calibrate(plan))


def _series(project: Project, plan: Plan) -> list[Series]:
    return [one for sample in project.samples for one in _measured(sample, plan).values()]


def _measured(sample: Sample, plan: Plan) -> dict[str, Series]:
    own = {region.name: sample.series.get(region.measured) for region in plan.regions}
    return {name: series for name, series in own.items() if series is not None}


def _pristine(own: dict[str, Series], plan: Plan) -> list[dict[str, Spectrum]]:
    every = np.unique([step for series in own.values() for step in series.steps.tolist()])
    steps = pristine_steps(plan, every.astype(np.int64))
    if not len(steps):
        return []
    between = {}
    for name, series in own.items():
        first, last = np.searchsorted(series.steps, [steps[0], steps[-1] + 1]).tolist()
        between[name] = series.rows(first, last)
    return good_spectra(plan, between, steps)[0]
