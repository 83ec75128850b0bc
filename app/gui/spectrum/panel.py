"""The spectrum with its residual below: shows what the project holds, tells what was dragged."""

import numpy as np
import pyqtgraph as pg
from pyqtgraph.GraphicsScene.mouseEvents import MouseClickEvent
from PySide6.QtCore import QEvent, QObject, QPointF, Qt, QTimer
from PySide6.QtGui import QFontMetrics, QKeyEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.batch.figures.labels import intensity_unit
from app.gui.actions import Command, with_plan
from app.gui.look import Look
from app.gui.panel import Panel
from app.gui.spectrum.adding import AddBar
from app.gui.spectrum.drawing import SpectrumItems
from app.gui.spectrum.handles import HandleItems
from app.gui.spectrum.hints import DragHints
from app.gui.spectrum.markers import MarkerItems
from app.gui.spectrum.moves import Moves, shift_here
from app.gui.spectrum.scale_tab import ScaleTab
from app.gui.strip.maps import QuietAxis, dress
from app.gui.workbench import Workbench
from app.session.plan_components import place_component
from app.session.project import Project
from app.session.scale import shown_scale
from app.session.shown import ShownSpectrum, markers, shown_spectrum
from fitting.plan import Plan
from fitting.result import RegionInfo
from fitting.series import AxisKind

_RESIDUAL_SHARE = 0.22
_THREE_SIGMA = 3.0
_LEAST_SIGMA = 5.0
_HEADROOM = 0.06
"""Share of the height that is left above the spectrum."""

_PATIENCE_MS = 25
SCALE_LEFT, SCALE_RIGHT = "Energy scale to the left", "Energy scale to the right"


class SpectrumPanel(Panel):
    """The spectrum that is looked at. Its view changes by the wheel, drags and double clicks."""

    def __init__(self, workbench: Workbench, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workbench, self._look = workbench, look
        self.canvas = pg.GraphicsLayoutWidget(parent=self)
        self.canvas.setAccessibleName("Spectrum, its fit and the residual")
        self.plot: pg.PlotItem = self.canvas.addPlot(row=1, col=0)
        low = {"left": QuietAxis("left")}
        self.residual: pg.PlotItem = self.canvas.addPlot(row=2, col=0, axisItems=low)
        self._levels: list[pg.InfiniteLine] = []
        self.adding = AddBar(self)
        self.note = QLabel(self)
        self.note.setWordWrap(True)
        self.note.setContentsMargins(8, 4, 8, 4)
        self.note.setAccessibleName("State of the fit")
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        for widget, stretch in ((self.adding, 0), (self.canvas, 1), (self.note, 0)):
            box.addWidget(widget, stretch)
        self._dress()
        self._moves = Moves(workbench)
        self.items = SpectrumItems(self.plot, look)
        self.hints = DragHints(self.plot, look)
        self.handles = HandleItems(self.plot, workbench, self._moves, self.hints, look)
        self.scale = ScaleTab(self.plot, self._moves, self.hints, look)
        self.markers = MarkerItems(self.plot, look, self)
        self.canvas.addItem(self.markers.strip, row=0, col=0)
        self.markers.dragged.connect(self._marker_dragged)
        self.markers.released.connect(self._released)
        self._dots = pg.PlotCurveItem(pen=pg.mkPen(look.faint, width=1))
        self.residual.addItem(self._dots)
        self._place: tuple[str, str] | None = None
        self._labelled: tuple[AxisKind, str] | None = None
        self._shown: ShownSpectrum | None = None
        self._fresh = False
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self._due)
        self.canvas.scene().sigMouseClicked.connect(self._clicked)
        self.canvas.installEventFilter(self)
        self.adding.ended.connect(lambda: self._point(False))
        workbench.changed.connect(self._changed)
        self.set_look(look)

    def commands(self) -> list[Command]:
        """Adding a component with the mouse."""
        tip = "Click in the spectrum where the new component is"
        scale = "Move the energy scale of this spectrum, with all lines"
        return [
            Command("Plan", "Add a component", self.start_adding, "A", with_plan, tip),
            Command("Plan", SCALE_LEFT, lambda: self._nudge(-1), "Alt+Left", with_plan, scale),
            Command("Plan", SCALE_RIGHT, lambda: self._nudge(1), "Alt+Right", with_plan, scale),
        ]

    def set_look(self, look: Look) -> None:
        """Draw in other colours, or with another size of text."""
        self._look = look
        self.canvas.setBackground(look.ground)
        for part in (self.items, self.handles):
            part.set_look(look)
        self.markers.set_look(look, self.font())
        self.hints.set_look(look, self.font())
        self.scale.set_look(look, self.font())
        self._dots.setPen(pg.mkPen(look.faint, width=1))
        for line in self._levels:
            dashed = Qt.PenStyle.SolidLine if line.value() == 0.0 else Qt.PenStyle.DashLine
            line.setPen(pg.mkPen(look.faint, width=1, style=dashed))
        wide = QFontMetrics(self.font()).horizontalAdvance("00000")
        for plot in (self.plot, self.residual):
            dress(plot, look)
            plot.getAxis("left").setWidth(wide + 2 * self.fontMetrics().height())
        self._labelled = None
        self._label_residual()
        self.refresh()

    def refresh(self) -> None:
        """Draw what the project holds now."""
        project = self._workbench.project
        shown = self._shown = shown_spectrum(project)
        colours = self._look.phases(project.plan)
        self.items.show(shown, colours, project.view.component)
        self.handles.show(shown, colours)
        self.scale.show_scale(shown_scale(project))
        lines = markers(project, self._workbench.library) if project.view.marked else ()
        self.markers.show(lines, colours)
        self._show_residual(shown)
        missing = "No spectrum of this region in this step." if project.samples else ""
        self.note.setText(missing if shown is None else shown.sentence)
        if shown is None:
            return
        self._label(shown)
        place = (project.view.sample, project.view.region)
        if place != self._place:
            self._place = place
            self.show_all()

    def show_all(self) -> None:
        """The whole spectrum; the view never changes by itself within a region."""
        shown = self._shown
        if shown is None or not len(shown.x):
            return
        low, high = float(np.min(shown.intensity)), float(np.max(shown.intensity))
        span = (high - low) or 1.0
        self.plot.setXRange(float(shown.x[0]), float(shown.x[-1]), padding=0.02)
        self.markers.arrange()
        foot = 0.04 + self.scale.height / max(self.plot.getViewBox().height(), 1.0)
        self.plot.setYRange(low - foot * span, high + _HEADROOM * span, padding=0.0)
        reach = _LEAST_SIGMA
        if shown.curves is not None:
            residual = shown.curves.residual[shown.curves.inside]
            worst = np.max(np.abs(residual[np.isfinite(residual)]), initial=0.0)
            reach = max(reach, 1.1 * float(worst))
        self.residual.setYRange(-reach, reach, padding=0.0)

    def start_adding(self) -> None:
        """The next click makes a component; Esc ends it."""
        self.adding.start(self._workbench.project)
        self._point(True)
        self.canvas.setFocus()

    def add_at(self, x: float, phase: str = "") -> None:
        """Put a component at a measured energy and fit."""
        bench = self._workbench
        region, center = bench.project.view.region, x - shift_here(bench.project)
        made: list[str] = []

        def change(plan: Plan) -> Plan:
            placed = place_component(plan, region, round(center, 3), phase)
            made.append(placed.component)
            return placed.plan

        if bench.edit(f"Add a component at {x:.2f}", change):
            bench.look(component=made[-1])
            bench.follow()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Esc ends adding, before anything else that listens to it; called by Qt."""
        if self.adding.isVisible() and isinstance(event, QKeyEvent):
            escape = event.key() == Qt.Key.Key_Escape
            if escape and event.type() == QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if escape and event.type() == QEvent.Type.KeyPress:
                self.adding.end()
                return True
        return super().eventFilter(watched, event)

    def _clicked(self, event: MouseClickEvent) -> None:
        inside = any(
            plot.getViewBox().sceneBoundingRect().contains(event.scenePos())
            for plot in (self.plot, self.residual)
        )
        if event.button() is not Qt.MouseButton.LeftButton or not inside:
            return
        if event.double():
            self.show_all()
            return
        point: QPointF = self.plot.getViewBox().mapSceneToView(event.scenePos())
        if self.adding.isVisible():
            phase = self.adding.phase
            self.adding.end()
            self.add_at(float(point.x()), phase)
        elif not event.isAccepted():
            self._workbench.look(component=self.items.component_at(point))

    def _point(self, on: bool) -> None:
        if on:
            self.canvas.viewport().setCursor(Qt.CursorShape.CrossCursor)
        else:
            self.canvas.viewport().unsetCursor()

    def _nudge(self, to_the_right: int) -> None:
        inverted = self.plot.getViewBox().xInverted()
        self._moves.nudge_scale(-to_the_right if inverted else to_the_right)

    def _marker_dragged(self, component: str, x: float) -> None:
        moved = self._moves.center(component, x)
        if moved is not None:
            top = self.plot.getViewBox().viewRange()[1][1]
            self.hints.show(moved, 0.9 * top)

    def _released(self) -> None:
        self.hints.hide()
        self._moves.release()
        self.refresh()

    def _changed(self, before: Project, after: Project) -> None:
        if self.adding.isVisible() and after.plan is None:
            self.adding.end()
        self._fresh = self._fresh or before.fits is not after.fits
        self._later.start(0)

    def _due(self) -> None:
        """Draw; a plan whose fit is on its way is drawn once, with it, unless that takes long."""
        if not self._fresh and self._workbench.jobs.is_running("follow"):
            self._fresh = True
            self._later.start(_PATIENCE_MS)
            return
        self._fresh = False
        self.refresh()

    def _dress(self) -> None:
        layout = self.canvas.ci.layout
        layout.setRowStretchFactor(1, round(100 * (1.0 - _RESIDUAL_SHARE)))
        layout.setRowStretchFactor(2, round(100 * _RESIDUAL_SHARE))
        layout.setVerticalSpacing(2)
        for plot in (self.plot, self.residual):
            plot.setMenuEnabled(False)
            plot.hideButtons()
            plot.disableAutoRange()
        self.plot.getAxis("bottom").setStyle(showValues=False)
        self.residual.setXLink(self.plot)
        self.residual.getViewBox().sigResized.connect(self._label_residual)
        self.residual.setYRange(-_LEAST_SIGMA, _LEAST_SIGMA, padding=0.0)
        self.residual.setMouseEnabled(x=True, y=False)
        for level in (-_THREE_SIGMA, 0.0, _THREE_SIGMA):
            line = pg.InfiniteLine(level, angle=0)
            self._levels.append(line)
            self.residual.addItem(line, ignoreBounds=True)

    def _label(self, shown: ShownSpectrum) -> None:
        series = shown.series
        info = RegionInfo(
            series.region, series.technique, series.fit_axis_kind, series.intensity_unit
        )
        wanted = (series.fit_axis_kind, intensity_unit(info))
        if wanted == self._labelled:
            return
        self._labelled = wanted
        raman = series.fit_axis_kind is AxisKind.RAMAN_SHIFT
        self.residual.setLabel("bottom", "Raman shift / cm⁻¹" if raman else "Binding energy / eV")
        self.plot.setLabel("left", f"Intensity / {wanted[1]}")
        for plot in (self.plot, self.residual):
            plot.getViewBox().invertX(not raman)

    def _label_residual(self) -> None:
        """The label in full where there is room for it."""
        whole, room = "Residual / σ", self.residual.getViewBox().height()
        axis = self.residual.getAxis("left")
        margins = 2.0 * axis.label.document().documentMargin()
        long = QFontMetrics(self.font()).horizontalAdvance(whole) + margins
        wanted = whole if long <= room else "σ"
        if axis.labelText != wanted:
            axis.setLabel(wanted)
            axis.resizeEvent()  # places the label, and shows it if it fits now

    def _show_residual(self, shown: ShownSpectrum | None) -> None:
        if shown is None or shown.curves is None:
            self._dots.setData([], [])
            return
        inside = shown.curves.inside
        self._dots.setData(shown.curves.x[inside], shown.curves.residual[inside])
