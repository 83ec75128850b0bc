"""The spectrum with its residual below: shows what the project holds, tells what was dragged."""

import pyqtgraph as pg
from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.batch.figures.labels import intensity_unit
from app.gui.look import Look
from app.gui.spectrum.drawing import SpectrumItems
from app.gui.spectrum.handles import HandleItems
from app.gui.spectrum.markers import MarkerItems
from app.gui.workbench import Workbench
from app.session.project import Project
from app.session.shown import ShownSpectrum, markers, shown_spectrum
from fitting.result import RegionInfo
from fitting.series import AxisKind

_AXIS_WIDTH = 66
"""Pixels: the two plots have axes of one width, so that their energies line up."""

_RESIDUAL_SHARE = 0.22
_THREE_SIGMA = 3.0


class SpectrumPanel(QWidget):
    """The spectrum that is looked at.

    Signals
    -------
    pointed : axis value, intensity: the user clicked on an empty place while adding
    """

    pointed = Signal(float, float)

    def __init__(self, workbench: Workbench, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workbench, self._look = workbench, look
        self._layout_widget = pg.GraphicsLayoutWidget(parent=self)
        self._layout_widget.setBackground(look.ground)
        self.plot: pg.PlotItem = self._layout_widget.addPlot(row=0, col=0)
        self.residual: pg.PlotItem = self._layout_widget.addPlot(row=1, col=0)
        self._note = QLabel(self)
        self._note.setWordWrap(True)
        self._note.setAccessibleName("State of the fit")
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self._layout_widget, 1)
        box.addWidget(self._note)
        self._dress()
        self._items = SpectrumItems(self.plot, look)
        self._handles = HandleItems(self.plot, workbench, look)
        self._markers = MarkerItems(self.plot, look)
        self._dots = pg.PlotCurveItem(pen=pg.mkPen(look.faint, width=1))
        self.residual.addItem(self._dots)
        self._place: tuple[str, str] | None = None
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self.refresh)
        workbench.changed.connect(self._changed)

    def refresh(self) -> None:
        """Draw what the project holds now."""
        project = self._workbench.project
        shown = shown_spectrum(project)
        colours = self._look.phases(project.plan)
        self._items.show(shown, colours, project.view.component)
        self._handles.show(shown, colours)
        self._markers.show(markers(project, self._workbench.library), colours)
        self._show_residual(shown)
        self._note.setText(_note(shown))
        if shown is None:
            return
        self._label(shown)
        place = (project.view.sample, project.view.region)
        if place != self._place:
            self._place = place
            self.show_all()

    def show_all(self) -> None:
        """The whole spectrum; the view never changes by itself within a region."""
        self.plot.enableAutoRange()
        self.plot.autoRange()
        self.plot.disableAutoRange()

    def _changed(self, before: Project, after: Project) -> None:
        del before, after
        self._later.start(0)

    def _dress(self) -> None:
        layout = self._layout_widget.ci.layout
        layout.setRowStretchFactor(0, round(100 * (1.0 - _RESIDUAL_SHARE)))
        layout.setRowStretchFactor(1, round(100 * _RESIDUAL_SHARE))
        layout.setVerticalSpacing(2)
        for plot in (self.plot, self.residual):
            plot.getAxis("left").setWidth(_AXIS_WIDTH)
            plot.setMenuEnabled(False)
            plot.hideButtons()
            for side in ("left", "bottom"):
                axis = plot.getAxis(side)
                axis.setPen(self._look.faint)
                axis.setTextPen(self._look.ink)
        self.plot.getAxis("bottom").setStyle(showValues=False)
        self.residual.setXLink(self.plot)
        self.residual.setLabel("left", "σ")
        self.residual.setYRange(-5.0, 5.0)
        self.residual.setMouseEnabled(x=True, y=False)
        for level in (-_THREE_SIGMA, 0.0, _THREE_SIGMA):
            line = pg.InfiniteLine(level, angle=0, pen=pg.mkPen(self._look.grid, width=1))
            self.residual.addItem(line)

    def _label(self, shown: ShownSpectrum) -> None:
        series = shown.series
        raman = series.fit_axis_kind is AxisKind.RAMAN_SHIFT
        self.residual.setLabel("bottom", "Raman shift / cm⁻¹" if raman else "Binding energy / eV")
        info = RegionInfo(
            series.region, series.technique, series.fit_axis_kind, series.intensity_unit
        )
        self.plot.setLabel("left", f"Intensity / {intensity_unit(info)}")
        for plot in (self.plot, self.residual):
            plot.getViewBox().invertX(not raman)

    def _show_residual(self, shown: ShownSpectrum | None) -> None:
        if shown is None or shown.curves is None:
            self._dots.setData([], [])
            return
        inside = shown.curves.inside
        self._dots.setData(shown.curves.x[inside], shown.curves.residual[inside])


def _note(shown: ShownSpectrum | None) -> str:
    if shown is None:
        return "No spectrum of this region in this step."
    words = [] if shown.status is None else [shown.status.label.replace("_", " ")]
    if not shown.current and shown.status is not None:
        words.append("fit of an older plan, dashed")
    return "; ".join(filter(None, [*words, shown.message]))
