"""Charge logs alone: their traces, the plan that says what they mean, what they say."""

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSplitter,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.gui.logs.drawing import growth_items, log_colours, log_items, log_legend, potential_items
from app.gui.look import Look
from app.gui.panel import Panel
from app.gui.plan.form import Form
from app.gui.results.table import NumberView
from app.gui.strip.maps import axis_width, dress
from app.gui.workbench import Workbench
from app.session.long_tables import side_table, trend_table
from app.session.project import Project
from app.session.titration import (
    LOG_FIELDS,
    LogResults,
    log_results,
    log_values,
    records_of,
    with_log_value,
)
from fitting.errors import DeconvolyteError

JOB = "log results"
_TABLES = ("Growth and thickness", "Points")
_HINTS = {"area_cm2": "as the file says", "thickness_nm_per_uAh_cm2": "Li3P = 9.1, P0 = 12.9"}
_ABOUT = (
    "No spectra: the side-reaction charge is read off the log. When a portion of lithium is gone, "
    "all that was plated so far has reacted."
)


class LogPanel(Panel):
    """Stands in the window in place of all else while charge logs are open."""

    def __init__(self, workbench: Workbench, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workbench, self._look = workbench, look
        self._shown: object = None
        self._seen: object = None
        self._drawn = False
        self.results = LogResults()
        self.canvas, self.growth = (pg.GraphicsLayoutWidget(parent=self) for _ in range(2))
        self.canvas.setAccessibleName("Charge log")
        self.growth.setAccessibleName("What grew from it")
        self.charge: pg.PlotItem = self.canvas.addPlot(row=0, col=0)
        self.potential: pg.PlotItem = self.canvas.addPlot(row=1, col=0)
        self.plot: pg.PlotItem = self.growth.addPlot()
        self.legends = QLabel(self), QLabel(self)
        self.problem = QLabel(self)
        self.problem.setWordWrap(True)
        self.problem.setAccessibleName("What is not known")
        self.which = QComboBox(self)
        self.which.addItems(_TABLES)
        self.which.setAccessibleName("Table")
        self.which.currentIndexChanged.connect(self._number)
        self.copy = QToolButton(self)
        self.copy.setText("Copy table")
        self.copy.setToolTip("Copy all numbers of the table as CSV")
        self.table = NumberView(self)
        self.copy.clicked.connect(self.table.copy)
        self.form = Form("Charge log", self)
        self.form.filled.connect(self._filled)
        self.form.wrong.connect(lambda text: workbench.said.emit("error", text))
        self.tabs = QTabWidget(self)
        self.tabs.setAccessibleName("Charge log and results")
        self._arrange()
        self._dress()
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self.refresh)
        workbench.changed.connect(self._changed)

    def set_look(self, look: Look) -> None:
        """Draw in other colours or sizes."""
        self._look = look
        self.table.set_size()
        self._dress()

    @property
    def canvas_in_front(self) -> QWidget:
        """The plots that are looked at."""
        return self.growth if self.tabs.currentIndex() == 1 else self.canvas

    def show_results(self) -> None:
        """What the logs say, on top."""
        self.tabs.setCurrentIndex(1)

    def showEvent(self, event: QShowEvent) -> None:
        """What was not drawn while nobody looked is drawn now; called by Qt."""
        super().showEvent(event)
        self._later.start(0)

    def refresh(self) -> None:
        """Draw the logs and the plan, and compute what they say beside the window."""
        project = self._workbench.project
        if project.logs is None or project.logs is self._shown or not self.isVisible():
            return
        self._shown = project.logs
        self.form.show_fields(LOG_FIELDS, log_values(project.logs.plan), _HINTS)
        self._draw_logs(project)
        self._workbench.jobs.start(JOB, lambda _: log_results(project), self._take)

    def _take(self, results: LogResults) -> None:
        self.results = results
        self.problem.setText(results.problem or "\n".join(results.warnings))
        self.problem.setVisible(bool(self.problem.text()))
        colours = log_colours([one.sample for one in results.curves])
        self.plot.clear()
        for item in growth_items(results.curves, colours):
            self.plot.addItem(item)
        if not self._drawn and results.curves:
            self._drawn = True
            top = max(float(one.charge.max()) for one in results.curves if len(one.charge))
            far = max(float(one.root_h.max()) for one in results.curves if len(one.root_h))
            self.plot.setRange(xRange=(0.0, far), yRange=(0.0, top), padding=0.03)
        self.legends[1].setText(log_legend(colours, "line:&nbsp;growth&nbsp;with&nbsp;√time"))
        self._number()

    def _number(self) -> None:
        growth = self.which.currentIndex() == 0
        rows = self.results.trends if growth else self.results.points
        self.table.show_numbers(trend_table(rows) if growth else side_table(rows))

    def _draw_logs(self, project: Project) -> None:
        records = records_of(project)
        colours = log_colours([one.sample for one in records])
        known = all(one.area_cm2 and one.charge_sign for one in records)
        for plot in (self.charge, self.potential):
            plot.clear()
        for item in log_items(records, colours, per_area=known):
            self.charge.addItem(item)
        level = None if project.logs is None else project.logs.plan.titration.depleted_above_V
        for item in potential_items(records, colours, level):
            self.potential.addItem(item)
        self.charge.setLabel(
            "left", "Lithium passed / µAh cm⁻²" if known else "Charge in the log / mAh"
        )
        seen = (project.logs and project.logs.records, known)
        if seen != self._seen:  # the view never changes by itself
            self._seen, self._drawn = seen, False
            for plot in (self.charge, self.potential):
                plot.autoRange()
        counts = [f"{one.sample}: {len(one.time_s)} records" for one in records]
        self.legends[0].setText(log_legend(colours, ", ".join(counts)))

    def _filled(self, name: str, value: Any) -> None:
        project = self._workbench.project
        try:
            after = with_log_value(project, name, value)
        except DeconvolyteError as error:
            self._workbench.said.emit("error", str(error))
            self.form.refresh()
            return
        self._workbench.session.apply("Change what the log means", after)

    def _changed(self, before: Project, after: Project) -> None:
        del before
        if after.logs is not None and not self._later.isActive():
            self._later.start(0)

    def _arrange(self) -> None:
        for label in (*self.legends, self.problem):
            label.setContentsMargins(12, 4, 12, 4)
            label.setWordWrap(True)
        for label in self.legends:
            label.setTextFormat(Qt.TextFormat.RichText)
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(_column(self.legends[0], self.canvas), "Charge log")
        row = QHBoxLayout()
        row.setContentsMargins(8, 4, 8, 4)
        row.addWidget(self.which)
        row.addStretch(1)
        row.addWidget(self.copy)
        below = QWidget()
        box = QVBoxLayout(below)
        box.setContentsMargins(0, 0, 0, 0)
        box.addLayout(row)
        box.addWidget(self.table)
        upper = QSplitter(Qt.Orientation.Vertical)
        upper.addWidget(_column(self.problem, self.legends[1], self.growth))
        upper.addWidget(below)
        upper.setSizes([500, 300])
        self.tabs.addTab(upper, "Results")
        about = QLabel(_ABOUT)
        about.setWordWrap(True)
        plan = QWidget()
        side = QVBoxLayout(plan)
        side.setContentsMargins(12, 12, 12, 12)
        side.setSpacing(12)
        side.addWidget(about)
        side.addWidget(self.form)
        side.addStretch(1)
        across = QSplitter(Qt.Orientation.Horizontal, self)
        across.addWidget(self.tabs)
        across.addWidget(plan)
        across.setStretchFactor(0, 1)
        across.setSizes([960, 440])
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(across)

    def _dress(self) -> None:
        for canvas in (self.canvas, self.growth):
            canvas.setBackground(self._look.ground)
            canvas.setMinimumHeight(12 * self.fontMetrics().height())
        for plot in (self.charge, self.potential, self.plot):
            dress(plot, self._look)
            plot.getAxis("left").setWidth(axis_width(self))
            for side in ("left", "bottom"):
                plot.getAxis(side).enableAutoSIPrefix(False)
        self.potential.setXLink(self.charge)
        self.potential.setLabel("left", "Potential / V")
        self.potential.setLabel("bottom", "Time / h")
        self.plot.setLabel("left", "Side-reaction charge / µAh cm⁻²")
        self.plot.setLabel("bottom", "√(time since the first portion) / √h")


def _column(*parts: QWidget) -> QWidget:
    made = QWidget()
    box = QVBoxLayout(made)
    box.setContentsMargins(0, 0, 0, 0)
    box.setSpacing(0)
    for part in parts:
        box.addWidget(part, 1 if isinstance(part, pg.GraphicsLayoutWidget) else 0)
    return made
