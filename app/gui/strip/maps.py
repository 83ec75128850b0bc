"""Plots of the strip: heat map with traces below, waterfall."""

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtWidgets import QApplication, QWidget

from app.batch.figures.labels import column_label
from app.gui.look import Look
from app.session.strip import SeriesMap, Waterfall
from fitting.arrays import FloatArray
from fitting.series import AxisKind, Series

_TRACE_SHARE = 0.44
_CHARGE, _POTENTIAL = "charge_uAh_cm2", "potential_V"


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
    """An axis that leaves its label out where it is too short for it."""

    def resizeEvent(self, event: object = None) -> None:
        """Place the label; called by Qt."""
        super().resizeEvent(event)
        if self.label is not None:
            long = self.label.boundingRect().width()
            self.label.setOpacity(1.0 if long <= self.size().height() else 0.0)


def quiet_axes() -> dict[str, pg.AxisItem]:
    """Axes for a plot that may become low."""
    return {"left": QuietAxis("left"), "right": QuietAxis("right")}


class MapPlot(pg.GraphicsLayoutWidget):
    """The heat map, charge and potential under it, a mark at the step that is looked at.

    Signals
    -------
    pointed : a position along the series was clicked
    """

    pointed = Signal(float)

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.map: pg.PlotItem = self.addPlot(row=0, col=0, axisItems=quiet_axes())
        self.trace: pg.PlotItem = self.addPlot(row=1, col=0, axisItems=quiet_axes())
        self.image = pg.ImageItem(axisOrder="col-major", autoDownsample=True)
        self.image.setColorMap(pg.colormap.get("viridis"))
        self.map.addItem(self.image)
        self._charge = pg.PlotCurveItem()
        self.trace.addItem(self._charge)
        self._right = pg.ViewBox(enableMenu=False)
        self._potential = pg.PlotCurveItem()
        self._right.addItem(self._potential)
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
        self._charge.setPen(pg.mkPen(look.ink, width=1))
        self._potential.setPen(pg.mkPen(look.bad, width=1, style=Qt.PenStyle.DashLine))
        self.trace.getAxis("right").setTextPen(look.bad)
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
        self.trace.setLabel("bottom", column_label(made.column))
        charge = _CHARGE if made.column != _CHARGE else "time_s"
        self._show_trace(made, series, charge)
        empty = np.full(len(series), np.nan)
        potential = series.columns.get(_POTENTIAL, empty)
        self._draw(self._potential, made.positions, potential)
        known = bool(np.isfinite(potential).any())
        self.trace.getAxis("right").setLabel("U / V" if known else "")
        self.trace.getAxis("right").setStyle(showValues=known, tickLength=-5 if known else 0)
        if known:
            self._right.setYRange(float(np.nanmin(potential)), float(np.nanmax(potential)))

    def mark(self, position: float | None) -> None:
        """Put the mark at the step that is looked at."""
        for mark in self._marks:
            mark.setVisible(position is not None)
            if position is not None:
                mark.setValue(position)

    def _show_trace(self, made: SeriesMap, series: Series, column: str) -> None:
        values = series.columns.get(column, np.full(len(series), np.nan))
        known = bool(np.isfinite(values).any())
        self._draw(self._charge, made.positions, values)
        words = {"time_s": "t / s", _CHARGE: "Q / µAh cm⁻²"}[column]
        self.trace.getAxis("left").setLabel(words if known else "")
        self.trace.getAxis("left").enableAutoSIPrefix(False)
        self.trace.getAxis("left").setStyle(showValues=known)
        if known:
            self.trace.setYRange(float(np.nanmin(values)), float(np.nanmax(values)))

    def _draw(self, curve: pg.PlotCurveItem, x: FloatArray, y: FloatArray) -> None:
        good = np.isfinite(y)
        curve.setData(x[good], y[good])

    def _follow(self) -> None:
        self._right.setGeometry(self.trace.vb.sceneBoundingRect())

    def _clicked(self, event: object) -> None:
        place = event.scenePos()  # type: ignore[attr-defined]
        for plot in (self.map, self.trace):
            if plot.vb.sceneBoundingRect().contains(place):
                self.pointed.emit(float(plot.vb.mapSceneToView(place).x()))
                return


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
