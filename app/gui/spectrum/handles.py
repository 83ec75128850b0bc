"""What can be taken hold of: the top of a component moves it, its flank widens it."""

from collections.abc import Mapping

import pyqtgraph as pg

from app.gui.look import Look
from app.gui.spectrum.grip import Grip
from app.gui.spectrum.hints import DragHints
from app.gui.spectrum.moves import Moves
from app.gui.workbench import Workbench
from app.session.shown import Handle, ShownSpectrum

_SIZE = 11


class HandleItems:
    """Handles of all components, the selected one on top.

    Parameters
    ----------
    hints : says what a drag does
    """

    def __init__(
        self, plot: pg.PlotItem, workbench: Workbench, moves: Moves, hints: DragHints, look: Look
    ) -> None:
        self._plot, self._workbench, self._look = plot, workbench, look
        self._moves, self._hints = moves, hints
        self._tops: list[_Grip] = []
        self._flank = self._grip("s")
        self._flank.dragged.connect(self._widen)

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
            grip = self._grip("o")
            grip.dragged.connect(self._move)
            self._tops.append(grip)
        for place, grip in enumerate(self._tops):
            grip.setVisible(place < len(handles))
            if place < len(handles):
                own = handles[place]
                grip.setZValue(21 if own.component == self._component else 20)
                grip.put(own, own.center, own.height, colours.get(own.phase, self._look.faint))
        selected = next((h for h in handles if h.component == self._component), None)
        self._flank.setVisible(selected is not None)
        if selected is not None:
            colour = colours.get(selected.phase, self._look.faint)
            self._flank.put(selected, selected.right, selected.flank, colour)

    @property
    def _component(self) -> str:
        return self._workbench.project.view.component

    def _grip(self, symbol: str) -> "_Grip":
        grip = _Grip(symbol, self._look)
        grip.pressed.connect(lambda: self._workbench.look(component=grip.component))
        grip.released.connect(self._release)
        self._plot.addItem(grip, ignoreBounds=True)
        return grip

    def _move(self, grip: "_Grip", x: float, past: bool) -> None:
        moved = self._moves.center(grip.component, x, past=past)
        if moved is not None:
            grip.setPos(moved.x, grip.pos().y())
            self._hints.show(moved, grip.pos().y())

    def _widen(self, grip: "_Grip", x: float, past: bool) -> None:
        moved = self._moves.width(grip.component, x, grip.center, past=past)
        if moved is not None:
            grip.setPos(moved.x, grip.pos().y())
            self._hints.show(moved, grip.pos().y())

    def _release(self) -> None:
        self._hints.hide()
        self._moves.release()


class _Grip(Grip):
    """A small symbol at the top of a component, or at its flank."""

    def __init__(self, symbol: str, look: Look) -> None:
        super().__init__()
        self._symbol, self._look = symbol, look
        self.component, self.center = "", 0.0
        self._colour = look.faint
        self.setFlag(self.GraphicsItemFlag.ItemIgnoresTransformations)
        self.setZValue(22)

    @property
    def value(self) -> float:
        """Where it stands on the axis."""
        return float(self.pos().x())

    def set_look(self, look: Look) -> None:
        """Draw in other colours."""
        self._look = look
        self.update()

    def put(self, handle: Handle, x: float, y: float, colour: str) -> None:
        """Show a component; one that the pointer holds keeps its place along the axis."""
        self.component, self.center, self._colour = handle.component, handle.center, colour
        what = "move" if self._symbol == "o" else "widen"
        self.setToolTip(
            f"{handle.component}: drag to {what} it; its height follows from the fit\n"
            "Shift: ten times finer. Ctrl: past its bounds"
        )
        self.setPos(self.pos().x() if self.held else x, y)
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
