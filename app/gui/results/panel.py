"""The results tab: what the whole series says, step by step."""

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QItemSelectionModel, QPointF, QSignalBlocker, Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from app.batch.figures.labels import basis_label, column_label
from app.gui.actions import Command, with_fits
from app.gui.look import Look
from app.gui.panel import Panel
from app.gui.results.drawing import (
    fraction_items,
    legend,
    palette,
    shift_colours,
    shift_items,
    shift_legend,
    tension_items,
    tension_legend,
    verdict_items,
)
from app.gui.results.pick import Pick
from app.gui.results.table import NumberView
from app.gui.results.trend_drawing import (
    progress_colours,
    progress_items,
    progress_legend,
    trend_items,
    trend_legend,
)
from app.gui.strip.maps import axis_width, dress
from app.gui.workbench import Workbench
from app.session.long_tables import progress_table, trend_table
from app.session.looked import Looked, Subject, looked_at
from app.session.numbers import NumberTable, fraction_table, shift_table, tension_table
from app.session.progress import ProgressSeries, Quantity
from app.session.project import Project
from app.session.results import FractionSeries, Results, results_of
from app.session.shifts import ShiftSeries
from app.session.tension import TensionSeries
from fitting.monitor import Monitor

JOB = "results"
_PATIENCE_MS = 1500
_COMPUTING = "Computing ..."
_EMPTY = "Nothing is fitted yet. Fit all (Ctrl+Shift+F) fits every step of every sample."


class ResultsPanel(Panel):
    """Fractions with error bands, shifts, checks as lights, and their numbers."""

    def __init__(self, workbench: Workbench, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workbench, self._look = workbench, look
        self.results = Results()
        self.looked = Looked()
        self._asked: tuple[object, ...] = ()
        self._view: tuple[object, ...] = ()
        self.pick = Pick(self)
        self.words = QLabel(self)
        self.words.setWordWrap(True)
        self.words.setTextFormat(Qt.TextFormat.RichText)
        self.words.setAccessibleName("Legend")
        self.words.setContentsMargins(12, 0, 12, 4)
        self.canvas = pg.GraphicsLayoutWidget(parent=self)
        self.canvas.setAccessibleName("Results along the series")
        self.plot: pg.PlotItem = self.canvas.addPlot(row=0, col=0)
        self.lights: pg.PlotItem = self.canvas.addPlot(row=1, col=0)
        self._marks = [pg.InfiniteLine(angle=90) for _ in range(2)]
        self.check = QLabel(self)
        self.check.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.check.setAccessibleName("Checks of this step")
        self.check.setContentsMargins(12, 4, 12, 4)
        self.table = NumberView(self)
        self.empty = QLabel(_EMPTY, self)
        self.empty.setWordWrap(True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._arrange()
        self._dress()
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self.refresh)
        self.pick.changed.connect(self._picked)
        self.pick.copy_wanted.connect(self.copy_table)
        self.table.selectionModel().currentRowChanged.connect(lambda new, _: self._row(new.row()))
        self.canvas.scene().sigMouseClicked.connect(self._clicked)
        workbench.changed.connect(self._changed)

    def commands(self) -> list[Command]:
        """What the menu offers."""
        return [
            Command(
                "Results",
                "Copy table of results",
                self.copy_table,
                "Ctrl+Shift+C",
                with_fits,
                "Copy all numbers of the results as CSV",
            )
        ]

    def set_look(self, look: Look) -> None:
        """Draw in other colours or sizes."""
        self._look = look
        self.table.set_size()
        self._dress()
        self._draw()

    def copy_table(self) -> None:
        """The table, as CSV, to the clipboard."""
        if not self.isVisible():
            self._take(results_of(self._workbench.project))
        self.table.copy()
        count = len(self.table.numbers.table.places)
        self._workbench.said.emit("note", f"{count} rows copied as CSV")

    def showEvent(self, event: QShowEvent) -> None:
        """What was not drawn while nobody looked is drawn now; called by Qt."""
        super().showEvent(event)
        self.pick.go_to(self._workbench.project.view.region)
        self._later.start(0)

    def refresh(self) -> None:
        """Compute what the fits say, beside the window, if they are others now."""
        project = self._workbench.project
        subject = self.pick.subject
        asked = (project.fits, project.plan, project.samples, subject)
        if len(self._asked) == len(asked) and all(map(_is, asked, self._asked)):
            self._mark()
            return
        if not any(project.fits.values()):
            self._asked = asked
            self._take(Results())
            return
        if self._workbench.jobs.is_running(JOB):
            return
        self._asked = asked

        def work(_: Monitor) -> _Found:
            return results_of(project), looked_at(project, subject)

        self.empty.setText(_COMPUTING)
        self._workbench.jobs.start(JOB, work, self._arrived)

    def _picked(self) -> None:
        """Something else is wanted; what takes time is computed only for who looks at it."""
        self._draw()
        self._later.start(0)

    def _arrived(self, found: "_Found") -> None:
        self._take(*found)
        self._wait()  # there may be newer fits by now

    def _take(self, results: Results, looked: Looked | None = None) -> None:
        self.results, self.looked = results, looked or Looked()
        self.empty.setText(_EMPTY)
        self._draw()

    def _changed(self, before: Project, after: Project) -> None:
        del before, after
        if self.isVisible() and not self._later.isActive():
            self._wait()

    def _wait(self) -> None:
        """Fits of a long series come in one after the other: not each of them is drawn."""
        many = self._workbench.jobs.is_running("fit all") and bool(self.results.verdicts)
        self._later.start(_PATIENCE_MS if many else 0)

    def _draw(self) -> None:
        results, project = self.results, self._workbench.project
        self.stack.setCurrentIndex(0 if results.verdicts else 1)
        samples = [one.sample for one in results.along]
        joint = project.plan is not None and project.plan.series.strategy == "joint"
        self.pick.offer(results, samples, project.view.region, joint=joint)
        wanted = [self.pick.samples] if self.pick.samples else samples
        shifts = [one for one in results.along if one.sample in wanted]
        for plot in (self.plot, self.lights):
            plot.clear()
        for plot, mark in zip((self.plot, self.lights), self._marks, strict=True):
            plot.addItem(mark, ignoreBounds=True)
        if not results.verdicts:
            return
        self._show(wanted)
        verdicts = [one for one in results.verdicts if one.sample in wanted]
        for item in verdict_items(verdicts, wanted, self._look):
            self.lights.addItem(item)
        self.lights.setYRange(0.6 - len(wanted), 0.4, padding=0.0)
        text = self.fontMetrics().height()
        self.lights.setMaximumHeight(3 * text + 16 * len(wanted))
        if shifts:
            self.lights.setLabel("bottom", column_label(shifts[0].column))
        self._reset_view(shifts)
        self._mark()

    def _show(self, samples: list[str]) -> None:
        """The plot, the legend and the numbers of what is chosen."""
        region, basis = str(self.pick.region.currentData()), str(self.pick.basis.currentData())
        subject, looked = self.pick.subject, self.looked
        if subject not in (Subject.FRACTIONS, Subject.SHIFT, looked.subject):
            self.words.setText(_COMPUTING)
            self._number(NumberTable())
            return
        match subject:
            case Subject.FRACTIONS:
                own = self.results.chosen(region, basis)
                chosen = [one for one in own if one.curves.sample in samples]
                self._show_fractions(chosen, samples, basis_label(basis, region))
            case Subject.TRENDS:
                self._show_trends(region, basis, samples)
            case Subject.TENSION:
                self._show_tensions([one for one in looked.tensions if one.sample in samples])
            case Subject.PROGRESS:
                self._show_progress([o for o in looked.progress if o.sample in samples], samples)
            case Subject.SHIFT:
                self._show_shifts([o for o in self.results.shifts if o.sample in samples], samples)

    def _show_trends(self, region: str, basis: str, samples: list[str]) -> None:
        trends = self.looked.trends
        own = trends.chosen(region, basis, samples)
        names = list(dict.fromkeys(one.name for one in own))
        colours = palette(self._look, self._look.phases(self._workbench.project.plan), names)
        chosen = [one for one in own if self.pick.shows(one.name)]
        for item in trend_items(chosen, samples, colours, self._look):
            self.plot.addItem(item)
        self.plot.setLabel("left", basis_label(basis, region))
        self.words.setText(trend_legend(chosen, samples, colours))
        rows = trends.rows_of(region, basis, self.pick.samples, self.pick.shows)
        self._number(trend_table(rows))

    def _show_progress(self, chosen: list[ProgressSeries], samples: list[str]) -> None:
        kind = Quantity(str(self.pick.quantity.currentData()))
        colours = progress_colours(self._look, chosen, kind)
        for item in progress_items(chosen, kind, samples, colours):
            self.plot.addItem(item)
        self.plot.setLabel("left", kind.value)
        self.words.setText(progress_legend(chosen, kind, samples, colours))
        self._number(progress_table(chosen, kind))

    def _show_fractions(self, chosen: list[FractionSeries], samples: list[str], label: str) -> None:
        names = list(dict.fromkeys(name for one in chosen for name in one.curves.names))
        colours = palette(self._look, self._look.phases(self._workbench.project.plan), names)
        hidden = frozenset(name for name in names if not self.pick.shows(name))
        for item in fraction_items(chosen, colours, hidden):
            self.plot.addItem(item)
        self.plot.setLabel("left", label)
        shown = [name for name in names if name not in hidden]
        self.words.setText(legend(shown, samples, colours, self.results.stale))
        self._number(fraction_table(chosen))

    def _show_shifts(self, chosen: list[ShiftSeries], samples: list[str]) -> None:
        colours = shift_colours(self._look, chosen)
        for item in shift_items(chosen, samples, colours):
            self.plot.addItem(item)
        unit = chosen[0].unit.replace("cm-1", "cm⁻¹") if chosen else "eV"
        self.plot.setLabel("left", f"Shift of the axis / {unit}")
        self.words.setText(shift_legend(samples, colours, self.results.stale))
        self._number(shift_table(chosen))

    def _show_tensions(self, chosen: list[TensionSeries]) -> None:
        names = list(dict.fromkeys(phase for one in chosen for phase, _ in one.pairs))
        colours = palette(self._look, self._look.phases(self._workbench.project.plan), names)
        hidden = frozenset(name for name in names if not self.pick.shows(name))
        for item in tension_items(chosen, colours, hidden):
            self.plot.addItem(item)
        self.plot.setLabel("left", "Region alone against all / σ")
        self.words.setText(tension_legend(chosen, colours, hidden))
        self._number(tension_table(chosen))

    def _number(self, table: NumberTable) -> None:
        with QSignalBlocker(self.table.selectionModel()):
            self.table.show_numbers(table)

    def _reset_view(self, shifts: list[ShiftSeries]) -> None:
        """The whole of it when something else is shown, or what was computed for it has arrived.

        The view never changes by itself else.
        """
        pick = self.pick
        boxes = (pick.shown, pick.region, pick.basis, pick.sample, pick.phase, pick.quantity)
        view = (self.looked.subject, *(box.currentData() for box in boxes))
        x = np.concatenate([one.x for one in shifts]) if shifts else np.zeros(0)
        x = x[np.isfinite(x)]
        ends = (float(x.min()), float(x.max())) if len(x) else (0.0, 1.0)
        if (view, ends) == self._view:
            return
        self._view = (view, ends)
        self.plot.setXRange(*ends, padding=0.03)
        self.plot.enableAutoRange(axis="y")
        if pick.subject in (Subject.FRACTIONS, Subject.TRENDS):
            self.plot.vb.updateAutoRange()
            top = min(max(self.plot.vb.viewRange()[1][1], 0.05), 1.05)
            self.plot.setYRange(-0.02 * top, top, padding=0.0)
        self.plot.disableAutoRange()

    def _clicked(self, event: object) -> None:
        """Go to the step that was pointed at."""
        place = event.scenePos()  # type: ignore[attr-defined]
        for plot in (self.plot, self.lights):
            if plot.vb.sceneBoundingRect().contains(place):
                self._point(plot is self.lights, plot.vb.mapSceneToView(place))

    def _point(self, in_lights: bool, place: QPointF) -> None:
        shown = [one for one in self.results.along if self.pick.samples in ("", one.sample)]
        if in_lights and len(shown) > 1:
            row = min(max(round(-place.y()), 0), len(shown) - 1)
            shown = [shown[row]]
        candidates = [
            (self._distance(place, in_lights, one.sample, k), one.sample, int(step))
            for one in shown
            for k, step in _near(one, place.x())
        ]
        if candidates:
            _, sample, step = min(candidates)
            self._go(sample, step)

    def _distance(self, place: QPointF, in_lights: bool, sample: str, k: int) -> float:
        """How far the nearest curve of a sample passes, as drawn; steps alone count in lights."""
        if in_lights:
            return 0.0
        region, basis = self.pick.region.currentData(), self.pick.basis.currentData()
        found = [np.inf]
        if self.pick.subject in (Subject.FRACTIONS, Subject.TRENDS):
            step = next(o for o in self.results.along if o.sample == sample).steps[k]
            for one in self.results.chosen(str(region), str(basis)):
                if one.curves.sample == sample:
                    rows = np.flatnonzero(one.steps == step)
                    values = one.curves.fraction[rows].ravel()
                    found += np.abs(values[np.isfinite(values)] - place.y()).tolist()
        else:
            own = [one.shift[k] for one in self.results.shifts if one.sample == sample]
            found += np.nan_to_num(np.abs(np.array(own) - place.y()), nan=np.inf).tolist()
        return min(found)

    def _row(self, row: int) -> None:
        places = self.table.numbers.table.places
        sample, step = places[row] if 0 <= row < len(places) else ("", None)
        if step is not None:
            self._go(sample, step)

    def _go(self, sample: str, step: int) -> None:
        self._workbench.look(sample=sample, step=step)

    def _mark(self) -> None:
        """The step that is looked at: in the plots, in the table, its checks in words."""
        view = self._workbench.project.view
        mine = [o for o in self.results.verdicts if (o.sample, o.step) == (view.sample, view.step)]
        known = bool(mine) and bool(np.isfinite(mine[0].x))
        for mark in self._marks:
            mark.setVisible(known)
            if known:
                mark.setValue(mine[0].x)
        words = mine[0].words if mine else "not fitted"
        said = f"Step {view.step}, {view.sample}: {words or 'all checks are good'}"
        self.check.setText(said)
        self.check.setToolTip(said)
        places = self.table.numbers.table.places
        if (view.sample, view.step) in places:
            index = self.table.numbers.index(places.index((view.sample, view.step)), 0)
            with QSignalBlocker(self.table.selectionModel()):
                flag = QItemSelectionModel.SelectionFlag
                self.table.selectionModel().setCurrentIndex(index, flag.ClearAndSelect | flag.Rows)
            self.table.scrollTo(index)
            self.table.viewport().update()

    def _arrange(self) -> None:
        upper = QWidget(self)
        box = QVBoxLayout(upper)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        for part, stretch in ((self.pick, 0), (self.words, 0), (self.canvas, 1), (self.check, 0)):
            box.addWidget(part, stretch)
        across = QSplitter(Qt.Orientation.Vertical, self)
        across.addWidget(upper)
        across.addWidget(self.table)
        across.setStretchFactor(0, 3)
        across.setStretchFactor(1, 1)
        self.stack = QStackedWidget(self)
        self.stack.addWidget(across)
        self.stack.addWidget(self.empty)
        self.stack.setCurrentIndex(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.stack)

    def _dress(self) -> None:
        self.canvas.setBackground(self._look.ground)
        self.canvas.setMinimumHeight(12 * self.fontMetrics().height())
        width = axis_width(self)
        for plot in (self.plot, self.lights):
            dress(plot, self._look)
            plot.getAxis("left").setWidth(width)
            plot.getAxis("bottom").enableAutoSIPrefix(False)
            plot.getAxis("left").enableAutoSIPrefix(False)
        self.plot.getAxis("bottom").setStyle(showValues=False)
        self.lights.getAxis("left").setStyle(showValues=False, tickLength=0)
        self.lights.setXLink(self.plot)
        self.lights.setMouseEnabled(x=True, y=False)
        for mark in self._marks:
            mark.setPen(pg.mkPen(self._look.accent, width=1))


_Found = tuple[Results, Looked]


def _near(one: ShiftSeries, x: float) -> list[tuple[int, int]]:
    """Row and number of the step that stands nearest; none where no step has a place."""
    away = np.abs(one.x - x)
    if not np.isfinite(away).any():
        return []
    k = int(np.nanargmin(away))
    return [(k, int(one.steps[k]))]


def _is(one: object, other: object) -> bool:
    return one is other
