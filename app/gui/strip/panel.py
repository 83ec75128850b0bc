"""The series strip: heat map or waterfall, a slider through the steps."""

from PySide6.QtCore import QSignalBlocker, QSize, Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSlider,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.batch.figures.labels import column_label, step_text
from app.gui.actions import Command, with_data
from app.gui.look import Look
from app.gui.panel import Panel
from app.gui.strip.maps import MapPlot, WaterfallPlot
from app.gui.workbench import Workbench
from app.session.project import Project
from app.session.shown import measured_row
from app.session.strip import STEP, SeriesMap, alongs, series_map, waterfall
from fitting.errors import DeconvolyteError
from fitting.series import Series

_KINDS = ("Heat map", "Waterfall")
_HIGH = 260
_LETTERS = 70


class SeriesStrip(Panel):
    """The series that is looked at, at one glance; a click or the slider goes to a step.

    A single spectrum is no series and needs no strip.
    """

    def __init__(self, workbench: Workbench, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self._drawn: tuple[Series, str, int] | None = None
        self._map: SeriesMap | None = None
        self.kind, self.along = QComboBox(self), QComboBox(self)
        self.kind.addItems(_KINDS)
        self.kind.setAccessibleName("Kind of picture")
        self.along.setAccessibleName("Along")
        self.along.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.along.setMinimumContentsLength(8)
        self.slider = QSlider(Qt.Orientation.Horizontal, self)
        self.slider.setAccessibleName("Step")
        self.slider.setPageStep(10)
        self.text = QLabel(self)
        self.text.setContentsMargins(8, 0, 8, 0)
        self.map, self.fall = MapPlot(look, self), WaterfallPlot(look, self)
        self.map.setAccessibleName("Series as a heat map")
        self.fall.setAccessibleName("Series as a waterfall")
        self.note = QLabel(self)
        self.note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.note.setWordWrap(True)
        self.stack = QStackedWidget(self)
        for page in (self.map, self.fall, self.note):
            self.stack.addWidget(page)
        self._arrange()
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self.refresh)
        self.kind.currentIndexChanged.connect(self.refresh)
        self.along.currentIndexChanged.connect(self.refresh)
        self.slider.valueChanged.connect(self._slid)
        self.map.pointed.connect(self._pointed)
        workbench.changed.connect(self._changed)
        self.refresh()

    def commands(self) -> list[Command]:
        """What the menu offers."""
        return [
            Command(
                "View",
                "Heat map or waterfall",
                lambda: self.kind.setCurrentIndex(1 - self.kind.currentIndex()),
                "Ctrl+Shift+W",
                with_data,
                "The series strip as a heat map or as curves above each other",
            )
        ]

    def sizeHint(self) -> QSize:
        """High enough for the map and the traces; called by Qt."""
        return QSize(800, min(16 * self.fontMetrics().height(), _HIGH))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where the slider would have no room the words go below it; called by Qt."""
        super().resizeEvent(event)
        wide = _LETTERS * self.fontMetrics().averageCharWidth()
        if event.size().width() >= wide:
            self._row.addWidget(self.text)
        else:
            self._box.insertWidget(1, self.text)

    def set_look(self, look: Look) -> None:
        """Draw in other colours or sizes."""
        self.map.set_look(look)
        self.fall.set_look(look)

    def refresh(self) -> None:
        """Draw the series that is looked at, if it is another one, and mark the step."""
        project = self._workbench.project
        sample = project.shown
        series = None if sample is None else sample.series.get(project.view.region)
        self.setVisible(sample is None or len(sample.steps) > 1)
        if sample is None or series is None:
            self._say("No series.")
            return
        self._offer(alongs(series))
        along, kind = str(self.along.currentData()), self.kind.currentIndex()
        drawn = self._drawn
        if drawn is None or drawn[0] is not series or drawn[1:] != (along, kind):
            try:
                self._draw(series, along, kind)
            except DeconvolyteError as error:
                self._say(str(error))
                return
            self._drawn = (series, along, kind)
        self.stack.setCurrentIndex(kind)
        self._mark(project, series)

    def _say(self, sentence: str) -> None:
        self._drawn = None
        self.note.setText(sentence)
        self.stack.setCurrentWidget(self.note)
        self.text.setText("")

    def _draw(self, series: Series, along: str, kind: int) -> None:
        self._map = series_map(series, along)
        if kind == 0:
            self.map.show_map(self._map, series)
        else:
            self.fall.show_curves(waterfall(series), series)
        self.along.setEnabled(kind == 0)

    def _mark(self, project: Project, series: Series) -> None:
        sample, step = project.shown, project.view.step
        assert sample is not None
        assert self._map is not None
        row = measured_row(sample, project.view.region, step)
        if self.kind.currentIndex() == 0:
            self.map.mark(self._map.position_of(step))
        else:
            self.fall.mark(series, row)
        with QSignalBlocker(self.slider):
            self.slider.setRange(0, len(sample.steps) - 1)
            self.slider.setValue(sample.steps.index(step) if step in sample.steps else 0)
        axis = STEP if project.plan is None else project.plan.series.axis
        known = row is not None and axis in series.columns
        value = float(series.columns[axis][row]) if known else float("nan")
        lacking = ", not measured in this region" if row is None else ""
        self.text.setText(step_text(step, axis, value) + lacking)

    def _offer(self, names: tuple[str, ...]) -> None:
        if names == tuple(self.along.itemData(i) for i in range(self.along.count())):
            return
        before = self.along.currentData()
        with QSignalBlocker(self.along):
            self.along.clear()
            for name in names:
                self.along.addItem(column_label(name), name)
            place = self.along.findData(before)
            self.along.setCurrentIndex(max(place, 0))

    def _slid(self, place: int) -> None:
        sample = self._workbench.project.shown
        if sample is not None and place < len(sample.steps):
            self._workbench.look(step=sample.steps[place])

    def _pointed(self, position: float) -> None:
        if self._map is not None:
            self._workbench.look(step=self._map.step_at(position))

    def _changed(self, before: Project, after: Project) -> None:
        del before, after
        self._later.start(0)

    def _arrange(self) -> None:
        row = self._row = QHBoxLayout()
        row.setContentsMargins(8, 4, 8, 0)
        row.setSpacing(8)
        row.addWidget(self.kind)
        row.addWidget(self.along)
        row.addWidget(self.slider, 1)
        row.addWidget(self.text)
        box = self._box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addLayout(row)
        box.addWidget(self.stack, 1)
