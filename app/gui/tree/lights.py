"""Small signs of state; their shapes differ, not only their colours."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap, QPolygonF

from app.gui.look import Look
from app.session.states import Light


def light_icon(
    light: Light, colour: str, size: int, ratio: float = 1.0, ground: str | None = None
) -> QPixmap:
    """A sign of so many pixels: ring, half, disc, triangle; on a disc of ``ground``, if given."""
    pixmap = QPixmap(round(size * ratio), round(size * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    inset = 0.18 if ground is None else 0.24
    if ground is not None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(ground))
        painter.drawEllipse(QRectF(0.0, 0.0, size, size))
        painter.setBrush(Qt.BrushStyle.NoBrush)
    wide = (1.0 - 2.0 * inset) * size
    _draw(painter, light, colour, QRectF(inset * size, inset * size, wide, wide))
    painter.end()
    return pixmap


def _draw(painter: QPainter, light: Light, colour: str, box: QRectF) -> None:
    painter.setPen(QPen(QColor(colour), 0.12 * box.width()))
    if light in (Light.EMPTY, Light.OPEN):
        if light is Light.EMPTY:
            middle = box.center().y()
            painter.drawLine(QPointF(box.left(), middle), QPointF(box.right(), middle))
        else:
            painter.drawEllipse(box)
        return
    painter.setBrush(QColor(colour))
    if light is Light.DOUBTFUL:
        top = QPointF(box.center().x(), box.top())
        painter.drawPolygon(QPolygonF([top, box.bottomRight(), box.bottomLeft()]))
    elif light is Light.FITTED:
        painter.drawEllipse(box)
    else:
        painter.drawPie(box, 90 * 16, 180 * 16)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(box)


def light_colour(light: Light, look: Look) -> str:
    """What it is drawn in on the usual ground; green is left to checks: fitted is not yet good."""
    if light is Light.FITTED or light is Light.PARTLY:
        return look.accent
    return {Light.STALE: look.doubtful, Light.DOUBTFUL: look.bad}.get(light, look.faint)
