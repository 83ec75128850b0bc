"""What a drag does to a plan: held under the pointer while it lasts, as it was when it ends."""

import math
from dataclasses import dataclass

from app.session.models import model_of
from app.session.plan_edits import WIDTHS, move_to, set_parameter, setting_of
from app.session.project import Project
from app.session.scale import shift_of
from app.session.typed import Bounds
from fitting.errors import PlanError
from fitting.plan import Free, Plan, Setting

_DIGITS = 3


@dataclass(frozen=True, eq=False)
class Grab:
    """A parameter that a drag has taken hold of.

    Parameters
    ----------
    plan : before the drag
    component, parameter : which
    setting : as it stood: fixed, free or linked
    """

    plan: Plan
    component: str
    parameter: str
    setting: Setting

    @property
    def bounds(self) -> Bounds:
        """Between which values it may be."""
        own = self.setting
        return Bounds(own.min, own.max) if isinstance(own, Free) else Bounds()

    def allowed(self, value: float) -> float:
        """The nearest value within its bounds."""
        low, high = self.bounds.low, self.bounds.high
        value = round(value, _DIGITS)
        value = value if low is None else max(value, low)
        return value if high is None else min(value, high)

    def held(self, plan: Plan, value: float) -> Plan:
        """While the pointer holds it: a free one is fixed there, a link has another number.

        Raises
        ------
        PlanError
            A link that cannot be moved.
        """
        if isinstance(self.setting, Free):
            return set_parameter(plan, self.component, self.parameter, value)
        return move_to(plan, self.component, self.parameter, value)

    def released(self, value: float) -> Plan:
        """When it is let go: a free one is free again and starts there."""
        return move_to(self.plan, self.component, self.parameter, value)

    def words(self, value: float, unit: str, plan: Plan) -> str:
        """What happens, in a line or two."""
        name = {"fwhm": "FWHM"}.get(self.parameter, self.parameter.replace("_", " "))
        said = f"{name} {value:.{_DIGITS}f} {unit}"
        if isinstance(self.setting, str):
            link = setting_of(plan, self.component, self.parameter)
            return f"{said}\nlinked: {link}"
        if not isinstance(self.setting, Free):
            return f"{said}\nfixed: stays where you put it"
        if value not in self.bounds:
            return f"{said}\nits bounds move along"
        if value in (self.bounds.low, self.bounds.high):
            return f"{said}\nits bound; Ctrl goes on"
        return f"{said}\nfree: fitted when you let go"


def grab_center(plan: Plan, component: str) -> Grab:
    """Take hold of the position of a component. Raises PlanError."""
    return Grab(plan, component, "center", setting_of(plan, component, "center"))


def grab_width(plan: Plan, component: str) -> Grab:
    """Take hold of the width of a component.

    Raises
    ------
    PlanError
        It has none.
    """
    known = plan.components[component][1].parameters if component in plan.components else {}
    name = next((one for one in WIDTHS if one in known), None)
    if name is None:
        raise PlanError(f'components["{component}"]', "has no width to change")
    return Grab(plan, component, name, setting_of(plan, component, name))


def drawn_offset(project: Project, component: str) -> float:
    """Where a component is drawn, minus its center: the shift, and that of its electrical group."""
    fit = project.fit_of(project.view.sample, project.view.step)
    if fit is None:
        return 0.0
    table, values = model_of(fit.plan), fit.result.values
    own = [c for region in table.regions for c in region.components if c.id == component]
    center = table.index.get(f"{component}.center")
    apart = float(values[own[0].center] - values[center]) if own and center is not None else 0.0
    return shift_of(fit) + (apart if math.isfinite(apart) else 0.0)
