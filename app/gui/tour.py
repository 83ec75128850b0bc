"""Four steps that point at the real controls, for somebody who sees the window first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QMetaObject, QObject, QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.gui.look import Look

_GAP = 20
_MARGIN = 4


@dataclass(frozen=True)
class Stop:
    """One step.

    Parameters
    ----------
    text : what to do
    where : finds the control; None while it is not there
    """

    text: str
    where: Callable[[], QWidget | None]


class Tour(QObject):
    """Shows stops one after the other over a window; the window stays usable.

    Who does what a stop says is taken to the next one.

    Signals
    -------
    ended : all were seen, or the user had enough
    """

    ended = Signal()

    def __init__(self, window: QWidget, stops: Sequence[Stop], look: Look) -> None:
        super().__init__(window)
        self._window, self._stops, self.place = window, tuple(stops), 0
        self._done: QMetaObject.Connection | None = None
        self._frame = _Frame(window, look)
        self.bubble = _Bubble(window)
        self.bubble.further.clicked.connect(self.further)
        self.bubble.skip.clicked.connect(self.end)
        window.installEventFilter(self)
        self._show()

    def further(self) -> None:
        """The next stop, or the end."""
        self.place += 1
        if self.place == len(self._stops):
            self.end()
        else:
            self._show()

    def end(self) -> None:
        """Take everything away."""
        self._follow(None)
        self._window.removeEventFilter(self)
        for part in (self._frame, self.bubble):
            part.hide()
            part.deleteLater()
        self.ended.emit()
        self.deleteLater()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the window; called by Qt."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest):
            self._put()
        return super().eventFilter(watched, event)

    def _show(self) -> None:
        stop = self._stops[self.place]
        self.bubble.tell(stop.text, self.place + 1, len(self._stops))
        self._follow(stop.where())
        self._put()
        self._frame.show()
        self.bubble.show()
        self._frame.raise_()
        self.bubble.raise_()
        self.bubble.further.setFocus()

    def _follow(self, control: QWidget | None) -> None:
        """Go on when a control does what it is there for, by mouse or key; None: no more."""
        if self._done is not None:
            QObject.disconnect(self._done)
            self._done = None
        action = control.defaultAction() if isinstance(control, QToolButton) else None
        if action is not None:
            self._done = action.triggered.connect(lambda _=False: self.further())
        elif isinstance(control, QAbstractButton):
            self._done = control.clicked.connect(lambda _=False: self.further())

    def _put(self) -> None:
        control = self._stops[min(self.place, len(self._stops) - 1)].where()
        inside = self._window.rect()
        self._frame.setGeometry(inside)
        self.bubble.adjustSize()
        size = self.bubble.size()
        if control is None or not control.isVisible():
            self._frame.point(None, None)
            self.bubble.move(inside.center() - QPoint(size.width() // 2, size.height() // 2))
            return
        corner = control.mapTo(self._window, QPoint(0, 0))
        target = QRect(corner, control.size()).adjusted(-_MARGIN, -_MARGIN, _MARGIN, _MARGIN)
        target = target.intersected(inside.adjusted(2, 2, -2, -2))
        box = _beside(target, QRect(QPoint(0, 0), size), inside)
        self.bubble.move(box.topLeft())
        self._frame.point(target, box)


class _Frame(QWidget):
    """A frame round a control and an arrow to it; the mouse goes through."""

    def __init__(self, window: QWidget, look: Look) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._colour = QColor(look.accent)
        self._target: QRect | None = None
        self._box: QRect | None = None

    def point(self, target: QRect | None, box: QRect | None) -> None:
        self._target, self._box = target, box
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        if self._target is None or self._box is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        whole, hole = QPainterPath(), QPainterPath()
        whole.addRect(QRectF(self.rect()))
        hole.addRoundedRect(QRectF(self._target), 6, 6)
        painter.fillPath(whole.subtracted(hole), QColor(0, 0, 0, 40))
        painter.setPen(QPen(self._colour, 2.5))
        painter.drawRoundedRect(QRectF(self._target), 6, 6)
        start, end = _nearest(self._box, self._target)
        painter.drawLine(start, end)
        painter.setBrush(self._colour)
        painter.drawPolygon(_head(start, end))


class _Bubble(QFrame):
    """The text of a stop, and its buttons."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setMinimumWidth(34 * self.fontMetrics().averageCharWidth())
        self._count = QLabel()
        self.skip = QPushButton("Skip")
        self.skip.setFlat(True)
        self.skip.setShortcut("Esc")
        self.further = QPushButton("Next")
        row = QHBoxLayout()
        row.addWidget(self._count)
        row.addStretch(1)
        row.addWidget(self.skip)
        row.addWidget(self.further)
        box = QVBoxLayout(self)
        box.setContentsMargins(16, 12, 16, 12)
        box.setSpacing(8)
        box.addWidget(self._text)
        box.addLayout(row)

    def tell(self, text: str, place: int, count: int) -> None:
        self._text.setText(text)
        self._count.setText(f"{place} of {count}")
        self.further.setText("Done" if place == count else "Next")
        self.setAccessibleName(f"Step {place} of {count}: {text}")


def _beside(target: QRect, box: QRect, inside: QRect) -> QRect:
    """A place for the box next to the target where it fits: below, above, left, right."""
    middle = target.center()
    places = (
        QPoint(middle.x() - box.width() // 2, target.bottom() + _GAP),
        QPoint(middle.x() - box.width() // 2, target.top() - _GAP - box.height()),
        QPoint(target.left() - _GAP - box.width(), middle.y() - box.height() // 2),
        QPoint(target.right() + _GAP, middle.y() - box.height() // 2),
    )
    room = inside.adjusted(8, 8, -8, -8)
    for place in places:
        x = min(max(place.x(), room.left()), room.right() - box.width())
        y = min(max(place.y(), room.top()), room.bottom() - box.height())
        put = QRect(QPoint(x, y), box.size())
        if not put.intersects(target):
            return put
    return QRect(room.center() - box.center(), box.size())


def _nearest(box: QRect, target: QRect) -> tuple[QPointF, QPointF]:
    """From the edge of the box to the edge of the target, the shortest way."""
    x = min(max(box.center().x(), target.left() + 8), target.right() - 8)
    y = min(max(box.center().y(), target.top() + 8), target.bottom() - 8)
    end = QPointF(
        min(max(x, target.left()), target.right()), min(max(y, target.top()), target.bottom())
    )
    if box.top() > target.bottom():
        end.setY(target.bottom())
    elif box.bottom() < target.top():
        end.setY(target.top())
    elif box.right() < target.left():
        end.setX(target.left())
    else:
        end.setX(target.right())
    start = QPointF(
        min(max(end.x(), box.left() + 12), box.right() - 12),
        min(max(end.y(), box.top() + 12), box.bottom() - 12),
    )
    if box.top() > target.bottom():
        start.setY(box.top())
    elif box.bottom() < target.top():
        start.setY(box.bottom())
    elif box.right() < target.left():
        start.setX(box.right())
    else:
        start.setX(box.left())
    return start, end


def _head(start: QPointF, end: QPointF) -> QPolygonF:
    """The head of an arrow that ends there."""
    way = end - start
    length = max((way.x() ** 2 + way.y() ** 2) ** 0.5, 1e-9)
    along = QPointF(way.x() / length, way.y() / length) * 9.0
    across = QPointF(-along.y(), along.x()) * 0.6
    return QPolygonF([end, end - along + across, end - along - across])
