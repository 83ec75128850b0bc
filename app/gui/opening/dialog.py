"""The preview: what files hold, and what may be said about them before they are loaded."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QScrollArea,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.gui.files import Files
from app.gui.look import Look
from app.gui.opening.form import ReadingForm
from app.gui.workbench import Workbench, names_of
from app.session.preview import Preview, Row, in_words, preview, usual_of
from app.session.project import Source
from app.session.settings import Usual
from fitting.errors import DeconvolyteError

_SETTLE_MS = 300
_SHARE = 0.95
"""Of the window, at most."""

_COLUMNS = ("Sample", "Region", "Spectra", "Axis", "Intensity", "Steps")


class OpenDialog(QDialog):
    """Reads files in a job, shows what is in them, reads again when something is said.

    Signals
    -------
    previewed : the preview that is shown
    """

    previewed = Signal(object)

    def __init__(
        self, workbench: Workbench, files: Files, paths: Sequence[Path], look: Look, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._workbench, self._files, self._look = workbench, files, look
        self._window, self._paths = parent, tuple(paths)
        self.found: Preview | None = None
        self.setWindowTitle(f"Open {names_of(self._paths)}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.form = ReadingForm()
        self._recalled: Usual | None = None
        self._at_once = False
        self._make()
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.timeout.connect(self.read)
        self.form.edited.connect(self._edited)
        self.finished.connect(lambda _: workbench.jobs.cancel("preview"))
        self._start(Source(self._paths), files.settings.usual_for)

    @property
    def told(self) -> str:
        """What stands below the table."""
        return self._told.text()

    def read(self) -> None:
        """Read the files as the fields say now."""
        try:
            reading = self.form.reading()
        except DeconvolyteError as error:
            self._workbench.jobs.cancel("preview")
            self.ok.setEnabled(False)
            self._at_once = False
            self._told.setText(self._red(in_words(str(error))))
            return
        self._start(Source(self._paths, reading), _nothing_usual)

    def accept(self) -> None:
        """Take over what the preview shows; called by Open and Enter."""
        found = self.found
        if found is None:
            self._at_once = self.ok.isEnabled()  # as soon as it has been read
            return
        if not found.is_good:
            return
        files, reading = self._files, found.source.reading
        settings = files.settings
        for path in self._paths:
            settings = settings.with_recent(path)
        if not reading.plain or self._recalled is not None:
            settings = settings.with_usual(found.kind, usual_of(reading))
        if settings != files.settings:
            files.remember(settings)
        super().accept()
        if found.loaded is not None:
            self._workbench.take(found.source, found.loaded)
        elif found.logs is not None:
            self._workbench.take_logs(found.source, found.logs)

    def _start(self, source: Source, usual: Callable[[str], Usual | None]) -> None:
        self.found = None
        self.ok.setEnabled(True)
        self._told.setText("Reading ...")
        beside = self._workbench.project
        self._workbench.jobs.start(
            "preview", lambda monitor: preview(source, beside, usual, monitor), self._show
        )

    def _edited(self) -> None:
        self.found = None
        self._workbench.jobs.cancel("preview")
        self._again.start(_SETTLE_MS)

    def _show(self, found: Preview) -> None:
        self.found = found
        if found.recalled is not None:
            self._recalled = found.recalled
            self.form.put(found.source.reading.options, found.recalled)
        self.form.show_logs_alone(found.logs is not None)
        self.table.setEnabled(found.is_good)
        if found.rows or found.is_good:
            self.table.setRowCount(len(found.rows))
        for r, row in enumerate(found.rows):
            for c, text in enumerate(_cells(row)):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                self.table.setItem(r, c, item)
        self._told.setText(self._words(found))
        self.ok.setEnabled(found.is_good)
        if found.is_good and not self.form.isAncestorOf(self.focusWidget()):
            self.ok.setFocus()
        self.previewed.emit(found)
        if self._at_once:
            self._at_once = False
            self.accept()

    def _words(self, found: Preview) -> str:
        parts = [] if not found.problem else [self._red(found.problem)]
        samples = len({row.sample for row in found.rows})
        if found.rows:
            kind = f"{found.kind}: " if found.kind else ""
            parts.append(
                f"{_escaped(kind)}{_counted(samples, 'sample')}, "
                f"{_counted(len(found.rows), 'region')}"
            )
        if self._recalled is not None and self._recalled != Usual():
            parts.append("Fields are filled in as last time for this kind of file.")
        parts += [f"▲ {_escaped(sentence)}" for sentence in found.notices]
        lacking = dict.fromkeys(word for row in found.rows for word in row.lacks)
        if lacking:
            parts.append("Not known: " + _escaped("; ".join(lacking)))
        return "<br>".join(parts)

    def _red(self, sentence: str) -> str:
        return f'<span style="color:{self._look.bad}">✖</span> {_escaped(sentence)}'

    def _make(self) -> None:
        self.table = _table(self)
        self._told = QLabel()
        self._told.setWordWrap(True)
        self._told.setTextFormat(Qt.TextFormat.RichText)
        self._told.setAccessibleName("What was found")
        self._told.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        told = _scrolled(self._told)
        told.setMaximumHeight(8 * self.fontMetrics().height())
        wide = self.fontMetrics().averageCharWidth()
        fields = _scrolled(self.form)
        fields.setFixedWidth(max(66 * wide, self.form.minimumSizeHint().width() + 24))
        self.ok = QPushButton("Open")
        self.ok.setDefault(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        buttons.addButton(self.ok, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        left = QVBoxLayout()
        left.addWidget(self.table, 1)
        left.addWidget(told)
        across = QHBoxLayout()
        across.addLayout(left, 1)
        across.addWidget(fields)
        box = QVBoxLayout(self)
        box.addLayout(across, 1)
        box.addWidget(buttons)
        most = self._window.size() * _SHARE
        self.resize(QSize(224 * wide, 48 * self.fontMetrics().height()).boundedTo(most))


def _table(parent: QWidget) -> QTableWidget:
    table = QTableWidget(0, len(_COLUMNS), parent)
    table.setHorizontalHeaderLabels(list(_COLUMNS))
    table.setAccessibleName("What was found in the files")
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setTabKeyNavigation(False)
    table.setShowGrid(False)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(round(1.6 * parent.fontMetrics().height()))
    header = table.horizontalHeader()
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    header.setStretchLastSection(True)
    return table


def _scrolled(inside: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidget(inside)
    area.setWidgetResizable(True)
    area.setFrameShape(QScrollArea.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return area


def _cells(row: Row) -> tuple[str, ...]:
    return (row.sample, row.region, row.spectra, row.axis, row.intensity, row.steps)


def _counted(count: int, what: str) -> str:
    return f"1 {what}" if count == 1 else f"{count} {what}s"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _nothing_usual(kind: str) -> None:
    del kind
