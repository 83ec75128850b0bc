"""What can be taken hold of: the top of a component moves it, its flank widens it."""

from collections.abc import Callable, Mapping

import pyqtgraph as pg
from pyqtgraph.GraphicsScene.mouseEvents import MouseClickEvent, MouseDragEvent
from PySide6.QtCore import Qt

from app.gui.look import Look
from app.gui.workbench import Workbench
from app.session.plan_edits import move_to, setting_of
from app.session.project import Project
from app.session.shown import Handle, ShownSpectrum
from fitting.errors import PlanError
from fitting.model import SHIFT
from fitting.plan import Plan

_SIZE = 11
_WIDTHS = ("fwhm", "gaussian_fwhm", "lorentzian_fwhm")


class HandleItems:
    """Handles of all components, or of the selected one where many would crowd."""

    def __init__(self, plot: pg.PlotItem, workbench: Workbench, look: Look) -> None:
        self._plot, self._workbench, self._look = plot, workbench, look
        self._tops: list[_Grip] = []
        self._flank = _Grip("s", look)
        self._flank.dragged.connect(self._widen)
        self._flank.released.connect(self._release)
        plot.addItem(self._flank, ignoreBounds=True)
        self._gesture: str | None = None

    def show(self, shown: ShownSpectrum | None, colours: Mapping[str, str]) -> None:
        """Put the grips where the components are; one that is held stays under the pointer."""
        handles = () if shown is None else shown.handles
        while len(self._tops) < len(handles):
            grip = _Grip("o", self._look)
            grip.dragged.connect(self._move)
            grip.released.connect(self._release)
            grip.pressed.connect(self._select)
            self._tops.append(grip)
            self._plot.addItem(grip, ignoreBounds=True)
        for place, grip in enumerate(self._tops):
            grip.setVisible(place < len(handles))
            if place < len(handles):
                own = handles[place]
                grip.put(own, own.center, own.height, colours.get(own.phase, self._look.faint))
        selected = next((h for h in handles if h.component == self._component), None)
        self._flank.setVisible(selected is not None)
        if selected is not None:
            colour = colours.get(selected.phase, self._look.faint)
            self._flank.put(selected, selected.right, selected.flank, colour)

    @property
    def _component(self) -> str:
        return self._workbench.project.view.component

    def _select(self, component: str) -> None:
        self._workbench.look(component=component)

    def _move(self, component: str, x: float) -> None:
        shift = _shift(self._workbench.project)
        self._drag(f"Move {component}", lambda plan: move_to(plan, component, "center", x - shift))

    def _widen(self, component: str, x: float) -> None:
        center = self._flank.center
        width = max(2.0 * abs(x - center), 1e-3)

        def change(plan: Plan) -> Plan:
            return move_to(plan, component, _width_of(plan, component), width)

        self._drag(f"Widen {component}", change)

    def _drag(self, label: str, change: Callable[[Plan], Plan]) -> None:
        if self._gesture is None:
            self._gesture = self._workbench.new_gesture()
        self._workbench.edit(label, change, self._gesture)
        self._workbench.follow(self._gesture)

    def _release(self) -> None:
        self._gesture = None


def _width_of(plan: Plan, component: str) -> str:
    for name in _WIDTHS:
        try:
            setting_of(plan, component, name)
        except PlanError:
            continue
        return name
    raise PlanError(f'components["{component}"]', "has no width to change")


def _shift(project: Project) -> float:
    fit = project.fit_of(project.view.sample, project.view.step)
    return 0.0 if fit is None else float(fit.result.values[SHIFT])


class _Grip(pg.GraphicsObject):
    """A small symbol that follows the pointer along the axis."""

    pressed = pg.QtCore.Signal(str)
    dragged = pg.QtCore.Signal(str, float)
    released = pg.QtCore.Signal()

    def __init__(self, symbol: str, look: Look) -> None:
        super().__init__()
        self._symbol, self._look, self._held = symbol, look, False
        self._component, self.center = "", 0.0
        self._colour = look.faint
        self.setFlag(self.GraphicsItemFlag.ItemIgnoresTransformations)
        self.setCursor(Qt.CursorShape.SizeHorCursor)
        self.setZValue(20)

    def put(self, handle: Handle, x: float, y: float, colour: str) -> None:
        """Show a component; not while the pointer holds it."""
        self._component, self.center, self._colour = handle.component, handle.center, colour
        self.setToolTip(handle.component)
        if not self._held:
            self.setPos(x, y)
        self.update()

    def paint(self, painter: pg.QtGui.QPainter, *_: object) -> None:
        """Draw; called by Qt."""
        painter.setRenderHint(painter.RenderHint.Antialiasing)
        painter.setPen(pg.mkPen(self._look.ground, width=1))
        painter.setBrush(pg.mkBrush(self._colour))
        box = pg.QtCore.QRectF(-_SIZE / 2, -_SIZE / 2, _SIZE, _SIZE)
        draw = painter.drawEllipse if self._symbol == "o" else painter.drawRect
        draw(box)

    def boundingRect(self) -> pg.QtCore.QRectF:
        """Where it is; called by Qt."""
        half = _SIZE / 2 + 2
        return pg.QtCore.QRectF(-half, -half, 2 * half, 2 * half)

    def mouseDragEvent(self, event: MouseDragEvent) -> None:
        """Follow the pointer; called by pyqtgraph."""
        if event.button() is not Qt.MouseButton.LeftButton:
            event.ignore()
            return
        event.accept()
        if event.isStart():
            self._held = True
            self.pressed.emit(self._component)
        point = self.parentItem().mapFromScene(event.scenePos())
        self.setPos(point.x(), self.pos().y())
        self.dragged.emit(self._component, float(point.x()))
        if event.isFinish():
            self._held = False
            self.released.emit()

    def mouseClickEvent(self, event: MouseClickEvent) -> None:
        """Select; called by pyqtgraph."""
        event.accept()
        self.pressed.emit(self._component)
