"""What is said beside the pointer during a drag, and how far it may go."""

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont

from app.gui.look import Look
from app.gui.spectrum.moves import Moved

_APART = 14.0


class DragHints:
    """A line of text and two bounds; shown while something is held."""

    def __init__(self, plot: pg.PlotItem, look: Look) -> None:
        self._plot = plot
        self.text = pg.TextItem(anchor=(0, 0))
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
        """Say what happens beside a point, or over it where neither side has room."""
        box, item = self._plot.getViewBox(), self.text.textItem
        self.text.setText(moved.words)
        item.setTextWidth(-1)
        size = item.boundingRect()
        if size.width() > box.width():
            item.setTextWidth(box.width())
            size = item.boundingRect()
        corner = _beside(box.mapFromView(QPointF(moved.x, y)), size, box.boundingRect())
        self.text.setPos(box.mapToView(corner))
        self.text.show()
        for line, where in zip(self.bounds, moved.room, strict=True):
            line.setVisible(where is not None)
            if where is not None:
                line.setValue(where)

    def hide(self) -> None:
        """Nothing is held any more."""
        for item in (self.text, *self.bounds):
            item.hide()


def _beside(point: QPointF, size: QRectF, inside: QRectF) -> QPointF:
    """Upper left corner of a text at a point, in pixels."""
    wide, high = size.width(), size.height()
    x, y = point.x() + _APART, point.y() - 0.5 * high
    if x + wide > inside.right():
        x = point.x() - _APART - wide
    if x < inside.left():
        x = min(max(point.x() - 0.5 * wide, inside.left()), inside.right() - wide)
        above = point.y() - _APART - high
        y = above if above >= inside.top() else point.y() + _APART
    return QPointF(x, min(max(y, inside.top()), inside.bottom() - high))
