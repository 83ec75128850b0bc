"""The energy scale of the step as a tab on the axis: shows its shift, and can be dragged."""

from dataclasses import replace

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainterPath

from app.gui.look import Look
from app.gui.spectrum.grip import Grip
from app.gui.spectrum.hints import DragHints
from app.gui.spectrum.moves import Moves
from app.session.scale import ShownScale

_GAP, _TIP = 5.0, 6.0


class ScaleTab(Grip):
    """Points at the line that fixes the scale, or stands at the left end where none does.

    Parameters
    ----------
    plot : whose axis it is
    """

    def __init__(self, plot: pg.PlotItem, moves: Moves, hints: DragHints, look: Look) -> None:
        super().__init__()
        self._box: pg.ViewBox = plot.getViewBox()
        self._moves, self._hints, self._look = moves, hints, look
        self._font, self._shown = QFont(), ShownScale(0.0, None, None, "")
        self._anchor = 0.0
        self.setParentItem(self._box)
        self.setZValue(30)
        self.hide()
        self.dragged.connect(self._drag)
        self.released.connect(self._release)
        self._box.sigRangeChanged.connect(lambda *_: self._place())
        self._box.sigResized.connect(lambda *_: self._place())

    @property
    def value(self) -> float:
        """The shift."""
        return self._shown.shift

    @property
    def height(self) -> float:
        """Pixels that it takes above the axis, if it is there."""
        return self._metrics.height() + _GAP + _TIP if self.isVisible() else 0.0

    def set_look(self, look: Look, font: QFont) -> None:
        """Draw in other colours, or with larger text."""
        self.prepareGeometryChange()
        self._look, self._font = look, font
        self._place()

    def show_scale(self, shown: ShownScale | None) -> None:
        """Show the scale of a step; None: there is none."""
        self.setVisible(shown is not None)
        if shown is None:
            return
        if self._moves.busy:  # the plan holds the scale by its value, for as long as it is dragged
            shown = replace(shown, anchor=self._shown.anchor)
        self.prepareGeometryChange()
        self._shown = shown
        self.setToolTip(f"{shown.text}\n{shown.words}")
        self._place()

    def paint(self, painter: pg.QtGui.QPainter, *_: object) -> None:
        """Draw; called by Qt."""
        painter.setRenderHint(painter.RenderHint.Antialiasing)
        box, path = self._body, QPainterPath()
        path.addRoundedRect(box, 3.0, 3.0)
        tip = QPainterPath(QPointF(-_TIP, box.top() + 1.0))
        for place in (QPointF(0.0, box.top() - _TIP), QPointF(_TIP, box.top() + 1.0)):
            tip.lineTo(place)
        tip.closeSubpath()
        painter.setPen(pg.mkPen(self._look.accent, width=1))
        painter.setBrush(pg.mkBrush(self._look.ground))
        painter.drawPath(path.united(tip) if self._points else path)
        painter.setFont(self._font)
        painter.setPen(pg.mkPen(self._look.ink))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self.text)

    def boundingRect(self) -> QRectF:
        """Where it is; called by Qt."""
        return self._body.adjusted(-1.0, -_TIP - 1.0, 1.0, 1.0)

    @property
    def _metrics(self) -> QFontMetricsF:
        return QFontMetricsF(self._font)

    @property
    def text(self) -> str:
        """What it says: the error where there is room for it, else the tooltip has it."""
        whole = f"↔ {self._shown.text}"
        if self._metrics.horizontalAdvance(whole) + 4.0 * _GAP <= self._box.width():
            return whole
        return f"↔ {self._shown.value_text}"

    @property
    def _points(self) -> bool:
        """Whether it points at a line that can be seen."""
        return self._shown.anchor is not None and abs(self._body.center().x()) < 1.0

    @property
    def _body(self) -> QRectF:
        """Around the point it stands at; aside where that would leave the plot."""
        wide, high = (
            self._metrics.horizontalAdvance(self.text) + 2.0 * _GAP,
            self._metrics.height(),
        )
        x = self.pos().x()
        aside = max(0.5 * wide + 2.0 - x, 0.0) + min(self._box.width() - 2.0 - 0.5 * wide - x, 0.0)
        return QRectF(aside - 0.5 * wide, -high - 2.0, wide, high + 1.0)

    def _place(self) -> None:
        """Where the line is that fixes the scale, else at the left end."""
        shown, box = self._shown, self._box
        if shown.anchor is not None:
            self._anchor = shown.anchor
        elif not self.held:
            self._anchor = box.mapToView(QPointF(0.0, 0.0)).x() - shown.shift
        x = box.mapFromView(QPointF(self._anchor + shown.shift, 0.0)).x()
        self.prepareGeometryChange()
        self.setPos(min(max(x, 0.0), box.width()), box.height())
        self.update()

    def _drag(self, own: Grip, shift: float, past: bool) -> None:
        del own, past
        moved = self._moves.scale(shift, self._anchor)
        if moved is not None:
            low, high = self._box.viewRange()[1]
            self._hints.show(moved, low + 0.25 * (high - low))

    def _release(self) -> None:
        self._hints.hide()
        self._moves.release()
        self._place()
