"""Published positions of the chosen phases, as labelled lines; a drag moves what fits them."""

from collections.abc import Mapping, Sequence

import pyqtgraph as pg
from PySide6.QtCore import QObject, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF

from app.gui.look import Look
from app.session.shown import Marker

_GAP = 6.0
"""Pixels between labels, and from the border."""

_MOST_ROWS = 6


class MarkerItems(QObject):
    """Lines at reference positions; the tooltip says source and evidence.

    Signals
    -------
    dragged : component, axis value
    released : the drag is over
    """

    dragged = Signal(str, float)
    released = Signal()

    def __init__(self, plot: pg.PlotItem, look: Look, parent: QObject) -> None:
        super().__init__(parent)
        self._plot, self._look = plot, look
        self._lines: list[_Line] = []
        self._shown: tuple[tuple[Marker, str], ...] = ()
        plot.getViewBox().sigResized.connect(self.arrange)
        plot.getViewBox().sigRangeChanged.connect(self.arrange)

    @property
    def labels(self) -> list[QRectF]:
        """Where labels stand that can be seen, in pixels of the scene."""
        return [
            line.text.mapRectToScene(line.text.boundingRect())
            for line in self._lines
            if line.text.isVisible()
        ]

    @property
    def height(self) -> float:
        """Pixels that the labels take from the top of the plot."""
        boxes = self.labels
        top = self._plot.getViewBox().sceneBoundingRect().top()
        return max((box.bottom() for box in boxes), default=top) - top

    def line_of(self, component: str) -> "pg.InfiniteLine | None":
        """The line that moves a component, or None."""
        return next((one for one in self._lines if one.marker.component == component), None)

    def set_look(self, look: Look) -> None:
        """Draw in other colours at the next show."""
        self._look, self._shown = look, ()

    def show(self, markers: Sequence[Marker], colours: Mapping[str, str]) -> None:
        """Draw these and no others; one that is dragged stays under the pointer."""
        wanted = tuple((m, colours.get(m.phase, self._look.faint)) for m in markers)
        if wanted == self._shown or any(line.moving for line in self._lines):
            return
        alike = [(m.label, m.component, c) for m, c in wanted]
        known = [(m.label, m.component, c) for m, c in self._shown]
        self._shown = wanted
        if alike == known:
            for line, (marker, _) in zip(self._lines, wanted, strict=True):
                line.put(marker)
            self.arrange()
            return
        for line in self._lines:
            self._plot.removeItem(line)
            self._plot.removeItem(line.text)
        self._lines = [self._line(marker, colour) for marker, colour in wanted]
        self.arrange()

    def arrange(self) -> None:
        """Put labels side by side, in rows where they would overlap, all inside the plot."""
        box = self._plot.getViewBox()
        (left, right), (_, top) = box.viewRange()
        inverted = box.xInverted()
        width, (px, py) = box.width(), box.viewPixelSize()
        if not self._lines or width <= 0.0 or not (px > 0.0 and py > 0.0):
            return
        metrics = QFontMetricsF(self._plot.getAxis("bottom").label.font())
        rows: list[float] = []
        begin = right if inverted else left
        sign = -1.0 if inverted else 1.0
        for line in sorted(self._lines, key=lambda one: sign * one.marker.position):
            place = abs(line.marker.position - begin) / px
            inside = left <= line.marker.position <= right
            size = metrics.horizontalAdvance(line.marker.label) + 2 * _GAP
            start = min(max(place - size / 2, 0.0), max(width - size, 0.0))
            row = next((k for k, end in enumerate(rows) if end <= start), len(rows))
            seen = inside and row < _MOST_ROWS
            line.text.setVisible(seen)
            if not seen:
                continue
            rows[row:] = [start + size, *rows[row + 1 :]]
            height = top - py * (2.0 + row * (metrics.height() + 2.0))
            line.text.setPos(begin + sign * px * (start + _GAP), height)

    def _line(self, marker: Marker, colour: str) -> "_Line":
        line = _Line(marker, colour, self._look)
        line.sigDragged.connect(lambda own: self.dragged.emit(marker.component, own.value()))
        line.sigPositionChangeFinished.connect(lambda own: self._back(own))
        self._plot.addItem(line, ignoreBounds=True)
        self._plot.addItem(line.text, ignoreBounds=True)
        return line

    def _back(self, line: "_Line") -> None:
        """What is published stays where it is."""
        line.setValue(line.marker.position)
        self.released.emit()


class _Line(pg.InfiniteLine):
    """A reference position; it can be dragged if a component fits it."""

    def __init__(self, marker: Marker, colour: str, look: Look) -> None:
        dotted = Qt.PenStyle.DotLine
        super().__init__(
            marker.position,
            angle=90,
            movable=bool(marker.component),
            pen=pg.mkPen(colour, width=1, style=dotted),
            hoverPen=pg.mkPen(colour, width=3, style=dotted),
        )
        self.marker = marker
        ground = QColor(look.ground)
        ground.setAlpha(200)
        self.text = pg.TextItem(marker.label, color=colour, anchor=(0, 0), fill=ground)
        self.text.textItem.document().setDocumentMargin(0)
        self.text.setToolTip(marker.tooltip)
        self.text.setZValue(12)
        self.setToolTip(marker.tooltip)
        self.setZValue(1)
        if marker.component:
            self.setCursor(Qt.CursorShape.SizeHorCursor)

    def put(self, marker: Marker) -> None:
        """The same line at another place: the shift of the step is another."""
        self.marker = marker
        self.setValue(marker.position)
