"""Small signs beside words: how a parameter stands, which colour a phase has."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap, QPolygonF

from app.session.plan_rows import Mark


def mark_icon(mark: Mark, colour: str, size: int, ratio: float = 1.0) -> QPixmap:
    """Ring: free; square: fixed; chain: linked; a wedge against a bar: at a bound."""
    pixmap, painter = _canvas(size, ratio)
    painter.setPen(QPen(QColor(colour), 0.09 * size))
    box = QRectF(0.24 * size, 0.24 * size, 0.52 * size, 0.52 * size)
    if mark is Mark.FREE:
        painter.drawEllipse(box)
    elif mark is Mark.FIXED:
        painter.setBrush(QColor(colour))
        painter.drawRect(box)
    elif mark is Mark.LINKED:
        radius = 0.2 * size
        for middle in (0.34 * size, 0.66 * size):
            painter.drawEllipse(QPointF(middle, 0.5 * size), radius, radius)
    else:
        painter.drawLine(QPointF(box.right(), box.top()), QPointF(box.right(), box.bottom()))
        painter.setBrush(QColor(colour))
        tip = QPointF(box.right() - 0.1 * size, box.center().y())
        painter.drawPolygon(QPolygonF([box.topLeft(), tip, box.bottomLeft()]))
    painter.end()
    return pixmap


def swatch(colour: str, size: int, ratio: float = 1.0) -> QPixmap:
    """A square of the colour of a phase."""
    pixmap, painter = _canvas(size, ratio)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    painter.drawRoundedRect(
        QRectF(0.16 * size, 0.16 * size, 0.68 * size, 0.68 * size), 0.12 * size, 0.12 * size
    )
    painter.end()
    return pixmap


def _canvas(size: int, ratio: float) -> tuple[QPixmap, QPainter]:
    pixmap = QPixmap(round(size * ratio), round(size * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    return pixmap, painter
