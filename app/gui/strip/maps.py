"""Plots of the strip: heat map with traces below, waterfall."""

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QApplication, QWidget

from app.batch.figures.labels import column_label
from app.gui.look import Look
from app.session.strip import STEP, SeriesMap, Waterfall, beside
from fitting.series import AxisKind, Series

_TRACE_SHARE = 0.44
_POTENTIAL = "potential_V"
_MOST = 10_000


def dress(plot: pg.PlotItem, look: Look) -> None:
    """Colours of a plot; no menu of its own."""
    plot.setMenuEnabled(False)
    plot.hideButtons()
    font = QApplication.font()
    for side in ("left", "right", "bottom"):
        axis = plot.getAxis(side)
        axis.label.setFont(font)
        axis.setTickFont(font)
        axis.setPen(look.faint)
        axis.setTextPen(look.ink)


def axis_width(widget: QWidget) -> int:
    """Pixels that an axis with its label needs."""
    return 9 * widget.fontMetrics().averageCharWidth() + widget.fontMetrics().height()


class QuietAxis(pg.AxisItem):
    """An axis that leaves its label out where it is too short for it, and ticks too."""

    def resizeEvent(self, event: object = None) -> None:
        """Place the label; called by Qt."""
        super().resizeEvent(event)
        if self.label is not None:
            long = self.label.boundingRect().width()
            self.label.setOpacity(1.0 if long <= self.size().height() else 0.0)

    def tickSpacing(self, low: float, high: float, size: float) -> list[tuple[float, float]]:
        """Distances of ticks, at least a line of text apart; called by pyqtgraph."""
        levels: list[tuple[float, float]] = super().tickSpacing(low, high, size)
        apart = levels[0][0]
        least = QFontMetrics(QApplication.font()).height() * (high - low) / max(size, 1.0)
        if apart >= least:
            return levels
        while apart < least:
            apart *= 2.0
        return [(apart, 0.0)]


class StepAxis(pg.AxisItem):
    """The axis along a series; steps are whole numbers."""

    whole = False

    def tickSpacing(self, low: float, high: float, size: float) -> list[tuple[float, float]]:
        """Distances of ticks; called by pyqtgraph."""
        levels: list[tuple[float, float]] = super().tickSpacing(low, high, size)
        if not self.whole:
            return levels
        return [(apart, 0.0) for apart, _ in levels if apart >= 1.0] or [(1.0, 0.0)]


def low_axes() -> dict[str, pg.AxisItem]:
    """Axes for a plot that may become low."""
    return {"left": QuietAxis("left"), "right": QuietAxis("right"), "bottom": StepAxis("bottom")}


class MapPlot(pg.GraphicsLayoutWidget):
    """The heat map, charge and potential under it, a mark at the step that is looked at.

    What the curves are is written into their plot: beside it there is no room for a label.

    Signals
    -------
    pointed : a position along the series was clicked
    """

    pointed = Signal(float)

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.map: pg.PlotItem = self.addPlot(row=0, col=0, axisItems=low_axes())
        self.trace: pg.PlotItem = self.addPlot(row=1, col=0, axisItems=low_axes())
        self.image = pg.ImageItem(axisOrder="col-major", autoDownsample=True)
        self.image.setColorMap(pg.colormap.get("viridis"))
        self.map.addItem(self.image)
        self._passed = pg.PlotCurveItem()
        self.trace.addItem(self._passed)
        self._right = pg.ViewBox(enableMenu=False)
        self._potential = pg.PlotCurveItem()
        self._right.addItem(self._potential)
        self.words = pg.TextItem(anchor=(0.0, 0.0)), pg.TextItem(anchor=(1.0, 0.0))
        for words in self.words:
            words.setParentItem(self.trace.vb)
            words.setZValue(20)
        self._marks = [pg.InfiniteLine(angle=90) for _ in range(2)]
        for plot, mark in zip((self.map, self.trace), self._marks, strict=True):
            plot.addItem(mark, ignoreBounds=True)
            plot.setMouseEnabled(x=True, y=False)
        self.trace.showAxis("right")
        self.trace.scene().addItem(self._right)
        self.trace.getAxis("right").linkToView(self._right)
        self._right.setXLink(self.trace)
        self._right.setMouseEnabled(x=False, y=False)
        self.trace.setXLink(self.map)
        self.map.showAxis("right")
        self.map.getAxis("right").setStyle(showValues=False, tickLength=0)
        self.trace.vb.sigResized.connect(self._follow)
        layout = self.ci.layout
        layout.setRowStretchFactor(0, round(100 * (1.0 - _TRACE_SHARE)))
        layout.setRowStretchFactor(1, round(100 * _TRACE_SHARE))
        layout.setVerticalSpacing(0)
        self.ci.layout.setContentsMargins(4, 4, 4, 0)
        self.scene().sigMouseClicked.connect(self._clicked)
        self.set_look(look)

    def set_look(self, look: Look) -> None:
        """Draw in other colours, or with another size of text."""
        self.setBackground(look.ground)
        width = axis_width(self)
        for plot in (self.map, self.trace):
            dress(plot, look)
            plot.getAxis("left").setWidth(width)
            plot.getAxis("right").setWidth(width // 2)
        self.map.getAxis("bottom").setStyle(showValues=False)
        self.map.getAxis("bottom").setHeight(2)
        self._passed.setPen(pg.mkPen(look.ink, width=1))
        self._potential.setPen(pg.mkPen(look.bad, width=1, style=Qt.PenStyle.DashLine))
        self.trace.getAxis("right").setTextPen(look.bad)
        for words, colour in zip(self.words, (look.ink, look.bad), strict=True):
            words.setFont(QApplication.font())
            words.setColor(colour)
            words.fill = pg.mkBrush(f"{look.ground}b0")
        for mark, colour in zip(self._marks, ("#ffffff", look.accent), strict=True):
            mark.setPen(pg.mkPen(colour, width=2))

    def show_map(self, made: SeriesMap, series: Series) -> None:
        """Draw another series."""
        self.image.setImage(made.image, levels=(made.low, made.high))
        self.image.setRect(QRectF(made.left, made.bottom, made.width, made.height))
        raman = series.fit_axis_kind is AxisKind.RAMAN_SHIFT
        self.map.setLabel("left", "Shift / cm⁻¹" if raman else "E<sub>B</sub> / eV")
        self.map.setXRange(made.left, made.left + made.width, padding=0.0)
        self.map.setYRange(made.bottom, made.bottom + made.height, padding=0.0)
        bottom = self.trace.getAxis("bottom")
        bottom.whole = made.column == STEP
        bottom.enableAutoSIPrefix(False)
        self.trace.setLabel("bottom", column_label(made.column))
        under = beside(series, made.column)
        self.setToolTip(_tip(series, under))
        drawn = [
            self._show_curve(side, made, series, column)
            for side, column in enumerate((under, _POTENTIAL))
        ]
        self.trace.setMaximumHeight(bottom.height() + (_MOST if any(drawn) else 0))

    def mark(self, position: float | None) -> None:
        """Put the mark at the step that is looked at."""
        for mark in self._marks:
            mark.setVisible(position is not None)
            if position is not None:
                mark.setValue(position)

    def _show_curve(self, side: int, made: SeriesMap, series: Series, column: str) -> bool:
        """Draw a column on the left or right axis; whether anything of it is known."""
        curve, box = ((self._passed, self.trace.vb), (self._potential, self._right))[side]
        values = series.columns.get(column, np.full(len(series), np.nan))
        good = np.isfinite(values)
        known = bool(good.any())
        curve.setData(made.positions[good], values[good])
        axis = self.trace.getAxis(("left", "right")[side])
        axis.enableAutoSIPrefix(False)
        axis.setStyle(showValues=known, tickLength=-5 if known else 0)
        self.words[side].setVisible(known)
        if known:
            self.words[side].setText(column_label(column))
            box.setYRange(float(values[good].min()), float(values[good].max()))
        return known

    def _follow(self) -> None:
        """The potential stands on the same place; words go where they would cover the curves."""
        self._right.setGeometry(self.trace.vb.sceneBoundingRect())
        self.words[1].setPos(self.trace.vb.rect().width(), 0.0)
        room = self.trace.vb.rect().height() > 2.5 * self.fontMetrics().height()
        for words in self.words:
            words.setOpacity(1.0 if room else 0.0)

    def _clicked(self, event: object) -> None:
        place = event.scenePos()  # type: ignore[attr-defined]
        for plot in (self.map, self.trace):
            if plot.vb.sceneBoundingRect().contains(place):
                self.pointed.emit(float(plot.vb.mapSceneToView(place).x()))
                return


def _tip(series: Series, under: str) -> str:
    named = [column_label(name) for name in (under, _POTENTIAL) if name in series.columns]
    return f"Below: {', dashed: '.join(named)}" if named else ""


class WaterfallPlot(pg.PlotWidget):
    """All curves above each other, the one that is looked at in colour."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.curves = pg.PlotCurveItem()
        self.chosen = pg.PlotCurveItem()
        self.chosen.setZValue(10)
        self.addItem(self.curves)
        self.addItem(self.chosen)
        self.getPlotItem().hideAxis("left")
        self._rise = 0.0
        self.set_look(look)

    def set_look(self, look: Look) -> None:
        """Draw in other colours."""
        self.setBackground(look.ground)
        dress(self.getPlotItem(), look)
        self.curves.setPen(pg.mkPen(look.faint, width=1))
        self.chosen.setPen(pg.mkPen(look.accent, width=2))

    def show_curves(self, made: Waterfall, series: Series) -> None:
        """Draw another series."""
        self.curves.setData(made.x, made.y, connect=made.joined)
        raman = series.fit_axis_kind is AxisKind.RAMAN_SHIFT
        self.setLabel("bottom", "Raman shift / cm⁻¹" if raman else "Binding energy / eV")
        self.getPlotItem().getViewBox().invertX(not raman)
        self._rise = made.rise
        self.getPlotItem().autoRange()
        self.getPlotItem().disableAutoRange()

    def mark(self, series: Series, row: int | None) -> None:
        """Draw the step that is looked at in colour."""
        if row is None:
            self.chosen.setData([], [])
            return
        spectrum = series.spectrum(row)
        self.chosen.setData(spectrum.x, spectrum.intensity + self._rise * row)
