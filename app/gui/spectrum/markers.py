"""Published positions of the chosen phases, as labelled lines; a drag moves what fits them.

The labels stand in a strip above the plot: they never lie over a peak, nor over another label.
"""

from collections.abc import Mapping, Sequence

import pyqtgraph as pg
from PySide6.QtCore import QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter
from PySide6.QtWidgets import QGraphicsLineItem, QGraphicsSimpleTextItem

from app.gui.look import Look
from app.gui.spectrum.labels import Label, Placed, in_rows, neighbours
from app.session.shown import Marker

_GAP = 5.0
"""Pixels beside a label."""

_WIDE, _WIDEST = 0.9, 0.5
"""Share of the width that a label may take where there are few, or many.

What is longer is cut, and whole in the tooltip.
"""

_HIGHEST = 0.36
"""Share of the height that all labels may take."""


_AIRY = 4
"""Rows up to which labels are centered on their lines."""

_WAYS = (
    (0.0, False, _WIDE),
    (0.0, True, _WIDE),
    (0.0, True, _WIDEST),
    *((apart, True, widest) for apart in (1.0, 2.0, 4.0, 8.0) for widest in (_WIDE, _WIDEST)),
)
"""Ways to lay labels out, the best first.

Heights of text within which lines share a label; whether dense; share of the width of a label.
"""


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
        self.strip = pg.GraphicsWidget()
        """Where the labels stand; to be laid out above the plot."""
        self._plot, self._look, self._font = plot, look, QFont()
        self._lines: list[_Line] = []
        self._texts: list[_Text] = []
        self._leads: list[QGraphicsLineItem] = []
        self._shown: tuple[tuple[Marker, str], ...] = ()
        self._set_height(0.0)
        plot.getViewBox().sigResized.connect(self.arrange)
        plot.getViewBox().sigRangeChanged.connect(lambda *_: self._write())

    @property
    def labels(self) -> list[QRectF]:
        """Where labels stand that can be seen, in pixels of the scene."""
        return [text.mapRectToScene(text.boundingRect()) for text in self._texts]

    def line_of(self, component: str) -> "pg.InfiniteLine | None":
        """The line that moves a component, or None."""
        return next((one for one in self._lines if one.marker.component == component), None)

    def set_look(self, look: Look, font: QFont) -> None:
        """Draw in other colours, or with larger text, at the next show."""
        self._look, self._font, self._shown = look, font, ()

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
            self._write()
            return
        for line in self._lines:
            self._plot.removeItem(line)
        self._lines = [self._line(marker, colour) for marker, colour in wanted]
        self.arrange()

    def arrange(self) -> None:
        """Give the labels as much room as they need here, and put them there."""
        placed = self._placed(self._most_rows())
        rows = max((one.row + 1 for one in placed), default=0)
        self._set_height(rows * self._row_height + (2.0 if rows else 0.0))
        self._write()

    def _write(self) -> None:
        """Labels where their lines are, in the room they have."""
        for item in (*self._texts, *self._leads):
            item.scene().removeItem(item)
        self._texts, self._leads = [], []
        rows = int(self.strip.maximumHeight() // self._row_height)
        left = self._left
        for one in self._placed(rows):
            text = self._text(one)
            top = one.row * self._row_height
            text.setPos(left + one.start + _GAP, top)
            self._texts.append(text)
            for member in one.label.members:
                x = left + self._pixels(self._lines[member])
                lead = QGraphicsLineItem(x, top, x, self.strip.maximumHeight(), self.strip)
                lead.setPen(self._lines[member].pen)
                lead.setZValue(-1)
                self._leads.append(lead)

    def _placed(self, most: int) -> list[Placed]:
        """The labels in rows: each for itself if they fit, else those of neighbours as one.

        What is left out even so has its tooltip at its line.
        """
        room = self._plot.getViewBox().width()
        low, high = self._plot.getViewBox().viewRange()[0]
        seen = [k for k, one in enumerate(self._lines) if low <= one.marker.position <= high]
        if not seen or most < 1:
            return []
        places = [self._pixels(self._lines[k]) for k in seen]
        found: list[Placed] = []
        for apart, dense, widest in _WAYS:
            groups = neighbours(places, apart * self._row_height)
            labels = [self._label(tuple(seen[k] for k in group), widest) for group in groups]
            found = in_rows(labels, room, most if dense else min(most, _AIRY), dense=dense)
            if len(found) == len(labels):
                break
        return found

    def _label(self, members: tuple[int, ...], widest: float) -> Label:
        first, metrics = self._lines[self._foremost(members)], QFontMetricsF(self._font)
        more = f" +{len(members) - 1}" if len(members) > 1 else ""
        room = widest * self._plot.getViewBox().width() - metrics.horizontalAdvance(more)
        cut = metrics.elidedText(first.marker.label, Qt.TextElideMode.ElideRight, room)
        width = metrics.horizontalAdvance(cut + more) + 2.0 * _GAP
        return Label(cut + more, self._pixels(first), width, members)

    def _foremost(self, members: tuple[int, ...]) -> int:
        """Of several lines one that a component fits."""
        return next((k for k in members if self._lines[k].marker.component), members[0])

    def _text(self, placed: Placed) -> "_Text":
        members = placed.label.members
        tips = [self._lines[k].marker.tooltip for k in members]
        text = _Text(placed.label.text, self.strip, QColor(self._look.ground))
        text.setFont(self._font)
        text.setBrush(QColor(self._lines[self._foremost(members)].colour))
        text.setToolTip("\n\n".join(tips))
        return text

    @property
    def _row_height(self) -> float:
        return QFontMetricsF(self._font).height() + 2.0

    def _most_rows(self) -> int:
        whole = self._plot.getViewBox().height() + self.strip.maximumHeight()
        return int(_HIGHEST * whole // self._row_height)

    def _set_height(self, height: float) -> None:
        if height != self.strip.maximumHeight():
            for limit in (self.strip.setMinimumHeight, self.strip.setMaximumHeight):
                limit(height)

    @property
    def _left(self) -> float:
        """Where the plot begins, in pixels of the strip."""
        box = self._plot.getViewBox()
        return float(self.strip.mapFromScene(box.mapToScene(QPointF(0.0, 0.0))).x())

    def _pixels(self, line: "_Line") -> float:
        """Where a line is, from the left end of the plot."""
        box = self._plot.getViewBox()
        return float(box.mapFromView(QPointF(line.marker.position, 0.0)).x())

    def _line(self, marker: Marker, colour: str) -> "_Line":
        line = _Line(marker, colour)
        line.sigDragged.connect(lambda own: self.dragged.emit(marker.component, own.value()))
        line.sigPositionChangeFinished.connect(lambda own: self._back(own))
        self._plot.addItem(line, ignoreBounds=True)
        return line

    def _back(self, line: "_Line") -> None:
        """What is published stays where it is."""
        line.setValue(line.marker.position)
        self.released.emit()


class _Line(pg.InfiniteLine):
    """A reference position; it can be dragged if a component fits it."""

    def __init__(self, marker: Marker, colour: str) -> None:
        dotted = Qt.PenStyle.DotLine
        super().__init__(
            marker.position,
            angle=90,
            movable=bool(marker.component),
            pen=pg.mkPen(colour, width=1, style=dotted),
            hoverPen=pg.mkPen(colour, width=3, style=dotted),
        )
        self.marker, self.colour = marker, colour
        self.setToolTip(marker.tooltip)
        self.setZValue(1)
        if marker.component:
            self.setCursor(Qt.CursorShape.SizeHorCursor)

    def put(self, marker: Marker) -> None:
        """The same line at another place: the shift of the step is another."""
        self.marker = marker
        self.setValue(marker.position)


class _Text(QGraphicsSimpleTextItem):
    """A label on the ground of the plot: leads of other labels pass behind it."""

    def __init__(self, text: str, strip: pg.GraphicsWidget, ground: QColor) -> None:
        super().__init__(text, strip)
        self._ground = ground

    def paint(self, painter: QPainter, *rest: object) -> None:
        """Called by Qt."""
        painter.fillRect(self.boundingRect(), self._ground)
        super().paint(painter, *rest)  # type: ignore[arg-type]
