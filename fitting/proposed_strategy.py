"""A proposed plan with another strategy than to follow the steps, and what belongs to it."""

from typing import Literal

from fitting.errors import PlanError
from fitting.plan import Free, Plan
from fitting.plan_check import check_plan

Strategy = Literal["independent", "chained", "shared", "joint"]

_WIDTHS = ("fwhm", "lorentzian_fwhm", "gaussian_fwhm")


def with_strategy(plan: Plan, strategy: Strategy) -> Plan:
    """The plan with a strategy, ready to be fitted.

    ``shared``: widths are those of the series. ``joint``: molar fractions, too.

    Raises
    ------
    PlanError
        The plan cannot be fitted so; the first reason.
    """
    series = {"strategy": strategy, "shared": _free_widths(plan) if strategy == "shared" else ()}
    basis = (*plan.fit.basis, *(["molar"] if strategy == "joint" else []))
    changed = plan.model_copy(
        update={
            "series": plan.series.model_copy(update=series),
            "fit": plan.fit.model_copy(update={"basis": basis}),
        }
    )
    problems = check_plan(changed).problems
    if problems:
        raise PlanError("--strategy", f"{strategy}, but {problems[0]}")
    return changed


def _free_widths(plan: Plan) -> tuple[str, ...]:
    """Raises PlanError where nothing could be shared."""
    free = {
        name
        for _, component in plan.components.values()
        for name, setting in component.parameters.items()
        if isinstance(setting, Free)
    }
    found = tuple(name for name in _WIDTHS if name in free)
    if not found:
        raise PlanError("--strategy", "shared, but no width of the plan is free")
    return found
