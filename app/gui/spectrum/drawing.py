"""Items of the spectrum plot; they are made once and then only given other numbers."""

from collections.abc import Mapping

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF
from PySide6.QtGui import QBrush, QColor, QPen

from app.gui.look import Look
from app.session.shown import ShownSpectrum
from fitting.arrays import FloatArray

_ALPHA, _FAINT_ALPHA = 110, 45
_NO_PHASE = "#8c8c8c"


class SpectrumItems:
    """Data points, background, components down to the background, envelope.

    Parameters
    ----------
    plot : where they are drawn
    """

    def __init__(self, plot: pg.PlotItem, look: Look) -> None:
        self._plot, self._look = plot, look
        self._points = pg.ScatterPlotItem(
            size=4, pen=None, brush=pg.mkBrush(look.ink), pxMode=True, useCache=True
        )
        self._background = pg.PlotCurveItem(pen=_pen(look.faint, 1, dashed=True))
        self._envelope = pg.PlotCurveItem(pen=_pen(look.ink, 1))
        self._fills: list[_Fill] = []
        for item, depth in ((self._background, 5), (self._points, 10), (self._envelope, 15)):
            item.setZValue(depth)
            plot.addItem(item)

    def set_look(self, look: Look) -> None:
        """Draw in other colours."""
        self._look = look
        self._points.setBrush(pg.mkBrush(look.ink))
        self._background.setPen(_pen(look.faint, 1, dashed=True))
        self._envelope.setPen(_pen(look.ink, 1))

    def component_at(self, point: QPointF) -> str:
        """Component whose area holds a point of the plot, the smallest one; or empty."""
        hits = [fill for fill in self._fills if fill.isVisible() and fill.contains_point(point)]
        return min(hits, key=lambda fill: fill.size).component if hits else ""

    def show(self, shown: ShownSpectrum | None, colours: Mapping[str, str], selected: str) -> None:
        """Draw a spectrum; None: nothing."""
        if shown is None:
            self._points.setData([], [])
            self._curves(np.zeros(0), np.zeros(0), np.zeros(0))
            self._components([], np.zeros(0), np.zeros(0), np.zeros((0, 0)))
            return
        self._points.setData(shown.x, shown.intensity)
        curves = shown.curves
        if curves is None:
            self._curves(np.zeros(0), np.zeros(0), np.zeros(0))
            self._components([], np.zeros(0), np.zeros(0), np.zeros((0, 0)))
            return
        inside = curves.inside
        x, background = curves.x[inside], curves.background[inside]
        self._curves(x, background, curves.envelope[inside])
        self._envelope.setPen(_pen(self._look.ink, 1, dashed=not shown.current))
        styles = [
            (name, colours.get(phase, _NO_PHASE), name == selected)
            for name, phase in zip(curves.names, curves.phases, strict=True)
        ]
        self._components(styles, x, background, curves.components[:, inside])

    def _curves(self, x: FloatArray, background: FloatArray, envelope: FloatArray) -> None:
        self._background.setData(x, background)
        self._envelope.setData(x, envelope)

    def _components(
        self,
        styles: list[tuple[str, str, bool]],
        x: FloatArray,
        background: FloatArray,
        components: FloatArray,
    ) -> None:
        while len(self._fills) < len(styles):
            fill = _Fill()
            self._fills.append(fill)
            self._plot.addItem(fill)
        for place, fill in enumerate(self._fills):
            if place < len(styles):
                fill.component, colour, strong = styles[place]
                fill.draw(x, background, background + components[place], colour, strong)
            fill.setVisible(place < len(styles))


class _Fill(pg.GraphicsObject):
    """The area between a component and the background, as one polygon."""

    def __init__(self) -> None:
        super().__init__()
        self._path, self._top = pg.QtGui.QPainterPath(), pg.QtGui.QPainterPath()
        self._pen, self._brush = QPen(), QBrush()
        self._bounds = pg.QtCore.QRectF()
        self.component, self.size = "", 0.0

    def draw(
        self, x: FloatArray, low: FloatArray, high: FloatArray, colour: str, strong: bool
    ) -> None:
        """Fill between two curves; a component that is selected stands out."""
        there, back = np.concatenate([x, x[::-1]]), np.concatenate([high, low[::-1]])
        self.prepareGeometryChange()
        self._path, self._top = pg.arrayToQPath(there, back), pg.arrayToQPath(x, high)
        self._bounds = self._path.boundingRect()
        self.size = float((high - low).sum())
        ground = QColor(colour)
        ground.setAlpha(_ALPHA if strong else _FAINT_ALPHA)
        self._brush = QBrush(ground)
        self._pen = _pen(colour, 2 if strong else 1)
        self.update()

    def paint(self, painter: pg.QtGui.QPainter, *_: object) -> None:
        """Draw; called by Qt."""
        painter.fillPath(self._path, self._brush)
        painter.strokePath(self._top, self._pen)

    def boundingRect(self) -> pg.QtCore.QRectF:
        """Where it is; called by Qt."""
        return self._bounds

    def contains_point(self, point: QPointF) -> bool:
        """Whether a point of the plot lies on it."""
        return bool(self._path.contains(point))


def _pen(colour: str, width: int, *, dashed: bool = False) -> QPen:
    style = pg.QtCore.Qt.PenStyle.DashLine if dashed else pg.QtCore.Qt.PenStyle.SolidLine
    return pg.mkPen(colour, width=width, style=style)
