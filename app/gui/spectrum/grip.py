"""What can be taken hold of in a plot and dragged along its axis."""

import pyqtgraph as pg
from pyqtgraph.GraphicsScene.mouseEvents import HoverEvent, MouseClickEvent, MouseDragEvent
from PySide6.QtCore import QPointF, Qt

_FINE = 0.1
"""What a drag with Shift does is so much of what the pointer does."""


class Grip(pg.GraphicsObject):
    """Moves as the pointer does; with Shift ten times finer.

    Signals
    -------
    pressed : it was clicked, or a drag begins
    dragged : itself, the new value, whether Ctrl is held
    released : the drag is over
    """

    pressed = pg.QtCore.Signal()
    dragged = pg.QtCore.Signal(object, float, bool)
    released = pg.QtCore.Signal()

    def __init__(self) -> None:
        super().__init__()
        self.held = False
        self._fine, self._from, self._base = False, 0.0, 0.0
        self.setCursor(Qt.CursorShape.SizeHorCursor)

    @property
    def value(self) -> float:
        """What a drag changes, in units of the axis."""
        raise NotImplementedError

    def hoverEvent(self, event: HoverEvent) -> None:
        """Lines below that can be dragged leave the drag to it; called by pyqtgraph."""
        if not event.isExit():
            event.acceptDrags(Qt.MouseButton.LeftButton)
            event.acceptClicks(Qt.MouseButton.LeftButton)

    def mouseDragEvent(self, event: MouseDragEvent) -> None:
        """Follow the pointer; called by pyqtgraph."""
        if event.button() is not Qt.MouseButton.LeftButton:
            event.ignore()
            return
        event.accept()
        modifiers, there = event.modifiers(), self._at(event.scenePos())
        fine = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
        if event.isStart():
            self.held, self._fine = True, fine
            self._from, self._base = self._at(event.buttonDownScenePos()), self.value
            self.pressed.emit()
        elif fine is not self._fine:
            self._fine, self._from, self._base = fine, there, self.value
        value = self._base + (_FINE if fine else 1.0) * (there - self._from)
        past = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        self.dragged.emit(self, value, past)
        if event.isFinish():
            self.held = False
            self.released.emit()

    def mouseClickEvent(self, event: MouseClickEvent) -> None:
        """Select; called by pyqtgraph."""
        event.accept()
        self.pressed.emit()

    def _at(self, place: QPointF) -> float:
        return float(self.getViewBox().mapSceneToView(place).x())
