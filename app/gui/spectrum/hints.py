"""What is said beside the pointer during a drag, and how far it may go."""

import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QFont

from app.gui.look import Look
from app.gui.spectrum.moves import Moved

_APART = 14.0


class DragHints:
    """A line of text and two bounds; shown while something is held."""

    def __init__(self, plot: pg.PlotItem, look: Look) -> None:
        self._plot = plot
        self.text = pg.TextItem()
        self.text.setZValue(40)
        self.bounds = [pg.InfiniteLine(angle=90), pg.InfiniteLine(angle=90)]
        for item in (self.text, *self.bounds):
            plot.addItem(item, ignoreBounds=True)
        self.set_look(look, QFont())
        self.hide()

    def set_look(self, look: Look, font: QFont) -> None:
        """Draw in other colours, or with larger text."""
        ground = QColor(look.ground)
        ground.setAlpha(230)
        self.text.setColor(look.ink)
        self.text.fill, self.text.border = pg.mkBrush(ground), pg.mkPen(look.faint)
        self.text.setFont(font)
        for line in self.bounds:
            line.setPen(pg.mkPen(look.doubtful, width=2, style=Qt.PenStyle.DashLine))

    def show(self, moved: Moved, y: float) -> None:
        """Say what happens beside a point, on the side where there is room."""
        box = self._plot.getViewBox()
        place = box.mapFromView(QPointF(moved.x, y))
        right = place.x() > 0.6 * box.width()
        low = place.y() > 0.8 * box.height()
        self.text.setText(moved.words)
        self.text.setAnchor((1.0 if right else 0.0, 1.0 if low else 0.5))
        aside = place + QPointF(-_APART if right else _APART, 0.0)
        self.text.setPos(box.mapToView(aside))
        self.text.show()
        for line, where in zip(self.bounds, moved.room, strict=True):
            line.setVisible(where is not None)
            if where is not None:
                line.setValue(where)

    def hide(self) -> None:
        """Nothing is held any more."""
        for item in (self.text, *self.bounds):
            item.hide()
