"""What can be taken hold of: the top of a component moves it, its flank widens it."""

from collections.abc import Mapping

import pyqtgraph as pg
from pyqtgraph.GraphicsScene.mouseEvents import MouseClickEvent, MouseDragEvent
from PySide6.QtCore import Qt

from app.gui.look import Look
from app.gui.spectrum.moves import Moves
from app.gui.workbench import Workbench
from app.session.shown import Handle, ShownSpectrum

_SIZE = 11


class HandleItems:
    """Handles of all components, or of the selected one where many would crowd."""

    def __init__(self, plot: pg.PlotItem, workbench: Workbench, moves: Moves, look: Look) -> None:
        self._plot, self._workbench, self._look = plot, workbench, look
        self._moves = moves
        self._tops: list[_Grip] = []
        self._flank = _Grip("s", look)
        self._flank.dragged.connect(self._widen)
        self._flank.released.connect(moves.release)
        plot.addItem(self._flank, ignoreBounds=True)

    def set_look(self, look: Look) -> None:
        """Draw in other colours."""
        self._look = look
        for grip in (*self._tops, self._flank):
            grip.set_look(look)

    def grip(self, component: str, *, flank: bool = False) -> "_Grip | None":
        """What moves a component, or widens it; None if it cannot be seen."""
        grips = [self._flank] if flank else self._tops
        return next((g for g in grips if g.isVisible() and g.component == component), None)

    def show(self, shown: ShownSpectrum | None, colours: Mapping[str, str]) -> None:
        """Put the grips where the components are; one that is held stays under the pointer."""
        handles = () if shown is None else shown.handles
        while len(self._tops) < len(handles):
            grip = _Grip("o", self._look)
            grip.dragged.connect(self._moves.center)
            grip.released.connect(self._moves.release)
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

    def _widen(self, component: str, x: float) -> None:
        self._moves.width(component, 2.0 * abs(x - self._flank.center))


class _Grip(pg.GraphicsObject):
    """A small symbol that follows the pointer along the axis."""

    pressed = pg.QtCore.Signal(str)
    dragged = pg.QtCore.Signal(str, float)
    released = pg.QtCore.Signal()

    def __init__(self, symbol: str, look: Look) -> None:
        super().__init__()
        self._symbol, self._look, self._held = symbol, look, False
        self.component, self.center = "", 0.0
        self._colour = look.faint
        self.setFlag(self.GraphicsItemFlag.ItemIgnoresTransformations)
        self.setCursor(Qt.CursorShape.SizeHorCursor)
        self.setZValue(20)

    def set_look(self, look: Look) -> None:
        """Draw in other colours."""
        self._look = look
        self.update()

    def put(self, handle: Handle, x: float, y: float, colour: str) -> None:
        """Show a component; not while the pointer holds it."""
        self.component, self.center, self._colour = handle.component, handle.center, colour
        what = "move" if self._symbol == "o" else "widen"
        self.setToolTip(f"{handle.component}: drag to {what} it")
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
            self.pressed.emit(self.component)
        point = self.parentItem().mapFromScene(event.scenePos())
        self.setPos(point.x(), self.pos().y())
        self.dragged.emit(self.component, float(point.x()))
        if event.isFinish():
            self._held = False
            self.released.emit()

    def mouseClickEvent(self, event: MouseClickEvent) -> None:
        """Select; called by pyqtgraph."""
        event.accept()
        self.pressed.emit(self.component)
