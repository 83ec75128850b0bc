"""What a drag does to the plan: one gesture, one undo step, the fit follows."""

from collections.abc import Callable
from dataclasses import dataclass

from app.gui.workbench import Workbench
from app.session.drags import Grab, drawn_offset, grab_center, grab_width
from app.session.project import Project
from app.session.scale import (
    fixes_scale,
    held_scale,
    key_step,
    released_scale,
    shift_of,
    shown_scale,
)
from fitting.errors import DeconvolyteError
from fitting.plan import Plan

_NARROWEST = 1e-3
SCALE = "the energy scale"
_FIT_FIRST = "fit this spectrum before its scale is moved"


@dataclass(frozen=True)
class Moved:
    """What a drag came to.

    Parameters
    ----------
    x : where what is held stands
    words : what is said beside it
    room : between which places it may be, or None on a side without a bound
    """

    x: float
    words: str
    room: tuple[float | None, float | None] = (None, None)


class Moves:
    """Drags of components and of the energy scale; what the plan refuses is said once a drag."""

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self._gesture: str | None = None
        self._refused = False
        self._end: tuple[str, Callable[[], Plan]] | None = None
        self._grab: Grab | None = None
        self._before: Plan | None = None

    @property
    def busy(self) -> bool:
        """Whether something is held."""
        return self._gesture is not None

    def center(self, component: str, x: float, *, past: bool = False) -> Moved | None:
        """Put a component at a measured energy; None if the plan refuses.

        Parameters
        ----------
        past : its bounds move along; else they stop it
        """
        plan = self._begin()
        if plan is not None and fixes_scale(plan, component):
            position = float(plan.energy.position_eV or 0.0)
            return self.scale(x - position, position)
        offset = drawn_offset(self._workbench.project, component)
        value, words = self._parameter(grab_center, component, x - offset, past)
        grab = self._grab
        if grab is None or value is None:
            return None
        low, high = grab.bounds.low, grab.bounds.high
        room = (None if low is None else low + offset, None if high is None else high + offset)
        return Moved(value + offset, words, room)

    def width(self, component: str, x: float, center: float, *, past: bool = False) -> Moved | None:
        """Let the flank of a component be at a measured energy; None if the plan refuses."""
        self._begin()
        wide = max(2.0 * abs(x - center), _NARROWEST)
        value, words = self._parameter(grab_width, component, wide, past)
        grab = self._grab
        if grab is None or value is None:
            return None
        side = 0.5 if x >= center else -0.5
        low, high = grab.bounds.low, grab.bounds.high
        room = tuple(None if end is None else center + side * end for end in (low, high))
        return Moved(center + side * value, words, (room[0], room[1]))

    def scale(self, shift: float, anchor: float = 0.0) -> Moved | None:
        """Let measured energies be higher than referenced ones by a shift; all lines move along."""
        before = self._begin()
        if before is None or not self._drag(f"Move {SCALE}", lambda now: held_scale(now, shift)):
            return None
        self._end = (f"Move {SCALE}", lambda: released_scale(before, shift))
        unit = unit_of(self._workbench.project)
        words = f"scale {shift:+.3f} {unit}\nall lines move along"
        return Moved(anchor + shift, words)

    def nudge_scale(self, sign: int) -> None:
        """Move the energy scale by a key.

        Parameters
        ----------
        sign : +1 to where measured energies are higher
        """
        project = self._workbench.project
        if project.plan is None or shown_scale(project) is None:
            raman = unit_of(project) != "eV"
            words = "a Raman spectrum has no energy scale" if raman else _FIT_FIRST
            self._workbench.said.emit("warning", words)
            return
        self.scale(shift_here(project) + sign * key_step(project.plan))
        self.release()

    def release(self) -> None:
        """The drag is over: what was held is as free as before."""
        end, gesture, bench = self._end, self._gesture, self._workbench
        if end is not None and gesture is not None and not self._refused:
            label, plan = end
            if bench.edit(label, lambda _: plan(), gesture):
                bench.follow()
        self._gesture, self._refused, self._end = None, False, None
        self._grab = self._before = None

    def _begin(self) -> Plan | None:
        """The plan as it was before the drag."""
        if self._gesture is None:
            self._gesture = self._workbench.new_gesture()
            self._before = self._workbench.project.plan
        return self._before

    def _parameter(
        self, take: Callable[[Plan, str], Grab], component: str, wanted: float, past: bool
    ) -> tuple[float | None, str]:
        grab = self._taken(take, component)
        if grab is None:
            return None, ""
        value = round(wanted, 3) if past else grab.allowed(wanted)
        label = f"{'Move' if grab.parameter == 'center' else 'Widen'} {component}"
        if not self._drag(label, lambda plan: grab.held(plan, value)):
            return None, ""
        self._end = (label, lambda: grab.released(value))
        plan = self._workbench.project.plan
        assert plan is not None
        return value, grab.words(value, unit_of(self._workbench.project), plan)

    def _taken(self, take: Callable[[Plan, str], Grab], component: str) -> Grab | None:
        if self._grab is None and self._before is not None and not self._refused:
            try:
                self._grab = take(self._before, component)
            except DeconvolyteError as error:
                self._refused = True
                self._workbench.said.emit("error", str(error))
        return self._grab

    def _drag(self, label: str, change: Callable[[Plan], Plan]) -> bool:
        if self._refused:
            return False
        self._refused = not self._workbench.edit(label, change, self._gesture)
        if not self._refused:
            self._workbench.follow()
        return not self._refused


def unit_of(project: Project) -> str:
    """Unit of the axis that is looked at."""
    sample = project.shown
    series = None if sample is None else sample.series.get(project.view.region)
    return "cm⁻¹" if series is not None and series.technique.value == "Raman" else "eV"


def shift_here(project: Project) -> float:
    """Measured minus referenced energy of the step that is looked at; 0 before it is known."""
    return shift_of(project.fit_of(project.view.sample, project.view.step))
