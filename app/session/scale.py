"""The energy scale of the step that is looked at: how it is shown, and what a drag does to it."""

import math
from dataclasses import dataclass

from app.session.models import model_of
from app.session.plan_edits import edited, set_option, set_parameter
from app.session.plan_rows import rounded, standard_errors
from app.session.project import Project, StepFit
from fitting.model import SHIFT
from fitting.plan import Plan
from fitting.series import AxisKind

_DIGITS = 3
_BEYOND = 0.5
"""The search for the shift reaches at least so far beyond where it was dragged, in eV."""

_STEP, _FITTED_STEP = 0.05, 0.5
"""A key moves the scale so far, in eV; one that is fitted must leave the minimum it is in."""


@dataclass(frozen=True)
class ShownScale:
    """How far measured energies lie above referenced ones.

    Parameters
    ----------
    shift, error : in eV; the error is None where the shift is given, or could not be estimated
    anchor : referenced energy of the line that fixes the scale, where it is in this region
    words : what fixes it, and what can be done
    """

    shift: float
    error: float | None
    anchor: float | None
    words: str

    @property
    def text(self) -> str:
        """The shift with its error and unit."""
        error = "" if self.error is None else f" ± {rounded(self.error, self.error)}"
        return f"{self._number}{error} eV"

    @property
    def value_text(self) -> str:
        """The shift with its unit alone."""
        return f"{self._number} eV"

    @property
    def _number(self) -> str:
        sign = "+" if self.shift > 0.0 else ""
        return sign + rounded(self.shift, self.error)


def shown_scale(project: Project) -> ShownScale | None:
    """The scale of the spectrum that is looked at; None without a fit, and for Raman."""
    sample, plan, view = project.shown, project.plan, project.view
    series = None if sample is None else sample.series.get(view.region)
    fit = project.fit_of(view.sample, view.step)
    if series is None or plan is None or fit is None:
        return None
    if series.fit_axis_kind is not AxisKind.BINDING_ENERGY:
        return None
    result = fit.result
    errors = standard_errors(model_of(fit.plan), result.values, result.covariance)
    known = is_fitted(fit.plan) and math.isfinite(errors[SHIFT])
    anchor = _anchor(plan, view.region)
    words = f"{_rests_on(plan)}\nDrag: all lines move along the axis{_then(plan)}\n{_KEYS}"
    return ShownScale(shift_of(fit), float(errors[SHIFT]) if known else None, anchor, words)


_KEYS = "Shift: ten times finer. Keys: Alt+Left, Alt+Right"


def key_step(plan: Plan) -> float:
    """How far a key moves the scale, in eV."""
    return _FITTED_STEP if is_fitted(plan) else _STEP


def _anchor(plan: Plan, region: str) -> float | None:
    energy = plan.energy
    owner = plan.components.get(energy.component or "")
    if energy.reference != "component" or owner is None or owner[0].measured != region:
        return None
    return energy.position_eV


def _rests_on(plan: Plan) -> str:
    energy = plan.energy
    said = "Energy scale: measured minus referenced energy"
    if energy.reference == "component":
        return f"{said}; {energy.component} stands at {energy.position_eV:g} eV"
    return {
        "fitted": f"{said}; found from all lines of the step",
        "value": f"{said}; given by the plan",
        "none": f"{said}; the plan takes energies as measured",
    }[energy.reference]


def _then(plan: Plan) -> str:
    return "; let go, the fit finds the nearest match" if is_fitted(plan) else ""


def shift_of(fit: StepFit | None) -> float:
    """Measured minus referenced energy of a step; 0 before it is known."""
    shift = 0.0 if fit is None else float(fit.result.values[SHIFT])
    return shift if math.isfinite(shift) else 0.0


def fixes_scale(plan: Plan, component: str) -> bool:
    """Whether a component is what the energy scale rests on."""
    return plan.energy.reference == "component" and plan.energy.component == component


def is_fitted(plan: Plan) -> bool:
    """Whether the shift of each step is found by the fit."""
    return plan.energy.reference in ("component", "fitted")


def held_scale(plan: Plan, shift: float) -> Plan:
    """The energy scale at a shift: all lines move along. Raises PlanError."""
    energy = plan.energy
    if energy.reference == "component" and energy.component is not None:
        plan = set_parameter(plan, energy.component, "center", float(energy.position_eV or 0.0))
    value = {"reference": "value", "shift_eV": round(shift, _DIGITS)}
    return edited(plan, lambda tables: tables["energy"].update(value))


def released_scale(plan: Plan, shift: float) -> Plan:
    """After a drag: a shift that the plan gives is another; one that is fitted is fitted again.

    The search for the latter is made to reach where it was dragged, so that a batch finds it.

    Parameters
    ----------
    plan : before the drag
    """
    if not is_fitted(plan):
        return held_scale(plan, shift)
    if abs(shift) <= plan.energy.search_eV:
        return plan
    reach = math.ceil(10.0 * (abs(shift) + _BEYOND)) / 10.0
    return set_option(plan, "energy", "search_eV", reach)
