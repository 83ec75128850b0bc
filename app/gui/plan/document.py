"""The plan as the document that batch runs read: opened, saved, edited as text."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QFontDatabase, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QLabel,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from app.gui.actions import Command, with_anything, with_document
from app.gui.workbench import Workbench
from app.session.plan_document import (
    document_text,
    read_document,
    save_document,
    with_plan,
    with_text,
)
from app.session.project import Project
from fitting.errors import DeconvolyteError

if TYPE_CHECKING:
    from fitting.plan import Plan
    from fitting.titration_plan import TitrationPlan

_FILTERS = ["Plans (*.toml)", "All files (*)"]


class PlanText(QDialog):
    """Everything a plan can say, as it stands in its file; what is wrong is said below.

    Parameters
    ----------
    project : as it is now
    use : is given the project with the plan that was written
    """

    def __init__(self, project: Project, use: Callable[[Project], object], parent: QWidget) -> None:
        super().__init__(parent)
        self._project, self._use = project, use
        self.setWindowTitle("Plan as text")
        self.text = QPlainTextEdit(document_text(project))
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setAccessibleName("Plan as text")
        self.wrong = QLabel()
        self.wrong.setWordWrap(True)
        self.wrong.setAccessibleName("What is wrong")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.button = buttons.addButton("Use this plan", QDialogButtonBox.ButtonRole.AcceptRole)
        self.button.setToolTip("Ctrl+Enter")
        buttons.accepted.connect(self.take)
        buttons.rejected.connect(self.reject)
        QShortcut(QKeySequence("Ctrl+Return"), self, self.take)
        box = QVBoxLayout(self)
        for widget in (self.text, self.wrong, buttons):
            box.addWidget(widget)
        letters = self.fontMetrics()
        self.resize(110 * letters.averageCharWidth(), 40 * letters.height())

    def take(self) -> None:
        """Use what was written, unless something is wrong with it."""
        try:
            after = with_text(self._project, self.text.toPlainText())
        except DeconvolyteError as error:
            self.wrong.setText(str(error))
            return
        self.accept()
        if after is not self._project:
            self._use(after)


class PlanDocument(QObject):
    """Opens, saves and edits the plan of a window."""

    def __init__(self, workbench: Workbench, window: QWidget) -> None:
        super().__init__(window)
        self._workbench, self._window = workbench, window
        self.dialog: PlanText | None = None

    def commands(self) -> list[Command]:
        """What the menu offers."""
        return [
            Command("Plan", "Open plan...", self.ask_open, "", with_anything, "From its file"),
            Command(
                "Plan",
                "Save plan as...",
                self.ask_save,
                "",
                with_document,
                "A file that deconvolyte fit --plan reads",
            ),
            Command(
                "Plan",
                "Edit as text...",
                self.edit_text,
                "Ctrl+T",
                with_document,
                "Everything a plan can say: counts, sensitivities, compositions, overlayers",
            ),
        ]

    def edit_text(self) -> None:
        """Show the plan as text."""
        project, session = self._workbench.project, self._workbench.session
        if document_text(project):
            self.dialog = PlanText(
                project, lambda after: session.apply("Edit as text", after), self._window
            )
            self.dialog.open()

    def ask_open(self) -> None:
        """Ask for a plan and use it."""
        dialog = self._dialog("Open plan", QFileDialog.AcceptMode.AcceptOpen)
        dialog.fileSelected.connect(lambda name: self.open(Path(name)))
        dialog.open()

    def ask_save(self) -> None:
        """Ask where the plan goes."""
        dialog = self._dialog("Save plan", QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("toml")
        dialog.fileSelected.connect(lambda name: self.save(Path(name)))
        dialog.open()

    def open(self, path: Path) -> None:
        """Use the plan of a file."""
        self._workbench.jobs.start(
            "plan",
            lambda _: read_document(path),
            lambda plan: self._adopt(f"Open {path.name}", plan),
        )

    def save(self, path: Path) -> None:
        """Write the plan to a file."""
        project = self._workbench.project
        if document_text(project):
            self._workbench.jobs.start(
                "plan",
                lambda _: save_document(path, project),
                lambda _: self._workbench.said.emit("note", f"plan saved as {path}"),
            )

    def _adopt(self, label: str, plan: "Plan | TitrationPlan") -> None:
        session = self._workbench.session
        try:
            session.apply(label, with_plan(session.project, plan))
        except DeconvolyteError as error:
            self._workbench.said.emit("error", str(error))

    def _dialog(self, title: str, mode: QFileDialog.AcceptMode) -> QFileDialog:
        dialog = QFileDialog(self._window, title)
        dialog.setAcceptMode(mode)
        dialog.setNameFilters(_FILTERS)
        return dialog
