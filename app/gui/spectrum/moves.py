"""What a drag does to the plan: one gesture, one undo step, the fit follows."""

from collections.abc import Callable

from app.gui.workbench import Workbench
from app.session.plan_edits import move_to, setting_of
from app.session.project import Project
from fitting.errors import PlanError
from fitting.model import SHIFT
from fitting.plan import Plan

_WIDTHS = ("fwhm", "gaussian_fwhm", "lorentzian_fwhm")
_NARROWEST = 1e-3


class Moves:
    """Drags of components; what the plan refuses is said once a drag."""

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self._gesture: str | None = None
        self._refused = False

    def center(self, component: str, x: float) -> None:
        """Put a component at a measured energy."""
        value = x - shift_of(self._workbench.project)
        self._drag(f"Move {component}", lambda plan: move_to(plan, component, "center", value))

    def width(self, component: str, width: float) -> None:
        """Give a component another width."""
        wide = max(width, _NARROWEST)
        self._drag(
            f"Widen {component}",
            lambda plan: move_to(plan, component, _width_of(plan, component), wide),
        )

    def release(self) -> None:
        """The drag is over."""
        self._gesture, self._refused = None, False

    def _drag(self, label: str, change: Callable[[Plan], Plan]) -> None:
        if self._refused:
            return
        if self._gesture is None:
            self._gesture = self._workbench.new_gesture()
        if self._workbench.edit(label, change, self._gesture):
            self._workbench.follow()
        else:
            self._refused = True


def shift_of(project: Project) -> float:
    """Measured minus referenced energy of the step that is looked at; 0 before it is known."""
    fit = project.fit_of(project.view.sample, project.view.step)
    shift = 0.0 if fit is None else float(fit.result.values[SHIFT])
    return shift if shift == shift else 0.0


def _width_of(plan: Plan, component: str) -> str:
    for name in _WIDTHS:
        try:
            setting_of(plan, component, name)
        except PlanError:
            continue
        return name
    raise PlanError(f'components["{component}"]', "has no width to change")
