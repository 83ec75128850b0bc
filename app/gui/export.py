"""Export: results of the batch into a folder, plots as figures and pictures."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.gui.actions import Command, with_anything, with_document
from app.gui.workbench import Workbench
from app.session.export import Exported, export_results, suggested_folder
from app.session.figures import KINDS, WIDTHS_MM, Plot, draw, figure_name, plots_of
from app.session.looked import Subject

if TYPE_CHECKING:
    from app.gui.main_window import MainWindow

JOB = "export"
_TOLD = 3


class ExportDialog(QDialog):
    """Where results go, and whether all figures are drawn as well."""

    def __init__(self, exporter: "Exporter", folder: Path, parent: QWidget) -> None:
        super().__init__(parent)
        self._exporter = exporter
        self.setWindowTitle("Export results")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.folder = QLineEdit(str(folder), self)
        self.folder.setAccessibleName("Folder")
        self.browse = QPushButton("Choose...", self)
        self.browse.setAutoDefault(False)
        self.browse.clicked.connect(self._ask)
        self.figures = QCheckBox("Draw all figures as well (PDF, PNG, SVG)", self)
        about = QLabel(
            "Writes phase_fractions.csv, all other tables, result.h5 and run.json: "
            "the same as deconvolyte fit with these files and this plan.",
            self,
        )
        about.setWordWrap(True)
        row = QHBoxLayout()
        row.addWidget(self.folder, 1)
        row.addWidget(self.browse)
        form = QFormLayout()
        label = QLabel("&Folder", self)
        label.setBuddy(self.folder)
        form.addRow(label, row)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.export = buttons.addButton("Export", QDialogButtonBox.ButtonRole.AcceptRole)
        self.export.setDefault(True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        box = QVBoxLayout(self)
        box.addWidget(about)
        box.addLayout(form)
        box.addWidget(self.figures)
        box.addWidget(buttons)
        self.folder.textChanged.connect(lambda text: self.export.setEnabled(bool(text.strip())))
        self.resize(72 * self.fontMetrics().averageCharWidth(), self.sizeHint().height())
        self.export.setFocus()

    def accept(self) -> None:
        """Begin, and go."""
        super().accept()
        folder = Path(self.folder.text().strip()).expanduser()
        self._exporter.export(folder, figures=self.figures.isChecked())

    def _ask(self) -> None:
        dialog = QFileDialog(self, "Folder for results", self.folder.text())
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(self.folder.setText)
        dialog.open()


class FigureDialog(QDialog):
    """Which plot, how wide, what kind of file."""

    def __init__(self, exporter: "Exporter", plot: Plot, parent: QWidget) -> None:
        super().__init__(parent)
        self._exporter = exporter
        self.setWindowTitle("Save figure")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.plot, self.width_mm, self.kind = QComboBox(self), QComboBox(self), QComboBox(self)
        for one in exporter.plots:
            self.plot.addItem(one.value, one)
        self.plot.setCurrentIndex(self.plot.findData(plot))
        for width, words in WIDTHS_MM.items():
            self.width_mm.addItem(words, width)
        for kind in KINDS:
            self.kind.addItem(kind.upper(), kind)
        form = QFormLayout()
        form.addRow("&Plot", self.plot)
        form.addRow("&Width", self.width_mm)
        form.addRow("&File", self.kind)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel, self
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        box = QVBoxLayout(self)
        box.addLayout(form)
        box.addWidget(buttons)

    def accept(self) -> None:
        """Ask where to, and draw."""
        super().accept()
        kind = str(self.kind.currentData())
        plot, width = self.plot.currentData(), float(self.width_mm.currentData())
        dialog = QFileDialog(self.parentWidget(), "Save figure")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(f"{kind.upper()} (*.{kind})")
        dialog.setDefaultSuffix(kind)
        dialog.selectFile(str(self._exporter.suggested_figure(Plot(plot), kind)))
        dialog.fileSelected.connect(
            lambda name: self._exporter.save_figure(Plot(plot), Path(name), width)
        )
        dialog.open()


class Exporter(QObject):
    """What leaves the window."""

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window = window
        self._bench: Workbench = window.workbench

    def commands(self) -> list[Command]:
        """What the menus offer."""
        return [
            Command(
                "Results",
                "Export...",
                self.ask,
                "Ctrl+E",
                with_document,
                "Fractions, all tables and result.h5 into a folder",
            ),
            Command("Results", "Save figure...", self.ask_figure, "Ctrl+Shift+E", with_anything),
            Command(
                "Results",
                "Copy picture",
                self.copy_picture,
                "Ctrl+Alt+C",
                with_anything,
                "Copy the plot that is shown to the clipboard",
            ),
        ]

    def ask(self) -> None:
        """Ask for the folder."""
        folder = suggested_folder(self._bench.project, self._window.files.path)
        ExportDialog(self, folder, self._window).open()

    def ask_figure(self) -> None:
        """Ask which plot."""
        FigureDialog(self, self.plot_in_front, self._window).open()

    @property
    def plots(self) -> tuple[Plot, ...]:
        """What can be drawn of what is open."""
        return plots_of(self._bench.project)

    @property
    def plot_in_front(self) -> Plot:
        """What a figure most likely should be of: what is looked at."""
        window = self._window
        if self._bench.project.logs is not None:
            return Plot.SIDE_CHARGE
        if window.middle.currentWidget() is not window.results:
            return Plot.SPECTRUM
        pick = window.results.pick
        if pick.subject is Subject.PROGRESS:
            return Plot(str(pick.quantity.currentData()))
        special = {
            Subject.SHIFT: Plot.SHIFTS,
            Subject.TRENDS: Plot.TRENDS,
            Subject.TENSION: Plot.TENSION,
        }
        if pick.subject in special:
            return special[pick.subject]
        return Plot.COMPARED if len(self._bench.project.samples) > 1 else Plot.FRACTIONS

    def suggested_figure(self, plot: Plot, kind: str) -> Path:
        """A file beside the project or its data, named after what is drawn."""
        project = self._bench.project
        folder = suggested_folder(project, self._window.files.path).parent
        return folder / figure_name(project, plot, kind)

    def export(self, folder: Path, *, figures: bool) -> None:
        """Write results into a folder."""
        project = self._bench.project
        work = partial(export_results, project, folder, figures)
        self._bench.jobs.start(JOB, work, self._exported)

    def save_figure(self, plot: Plot, path: Path, width_mm: float) -> None:
        """Write one figure."""
        project, pick = self._bench.project, self._window.results.pick
        basis = str(pick.basis.currentData() or "area")
        self._bench.jobs.start(
            JOB,
            lambda _: draw(project, plot, basis, path, width_mm),
            lambda done: self._bench.said.emit("note", f"Figure written to {done}"),
        )

    def copy_picture(self) -> None:
        """The plot that is shown, to the clipboard."""
        window = self._window
        shown = window.middle.currentWidget()
        if self._bench.project.logs is not None:
            shown = window.logs.canvas_in_front
        picture = (window.results.canvas if shown is window.results else shown).grab()
        QGuiApplication.clipboard().setPixmap(picture)
        self._bench.said.emit("note", "Picture copied")

    def _exported(self, exported: Exported) -> None:
        for sentence in exported.warnings[:_TOLD]:
            self._bench.said.emit("warning", sentence)
        more = len(exported.warnings) - _TOLD
        if more > 0:
            self._bench.said.emit("warning", f"{more} more are in {exported.folder / 'run.json'}")
        self._bench.said.emit("note", f"{', '.join(exported.files)} in {exported.folder}")
