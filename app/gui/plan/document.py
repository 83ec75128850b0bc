"""The plan as the document that batch runs read: opened, saved, edited as text."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

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

from app.gui.actions import Command, with_data, with_plan
from app.gui.workbench import Workbench
from app.session.plan_document import load_plan, plan_of, plan_text, save_plan
from fitting.errors import DeconvolyteError
from fitting.plan import Plan

_FILTERS = ["Plans (*.toml)", "All files (*)"]


class PlanText(QDialog):
    """Everything a plan can say, as it stands in its file; what is wrong is said below.

    Parameters
    ----------
    plan : as it is now
    use : is given the plan that was written
    """

    def __init__(self, plan: Plan, use: Callable[[Plan], object], parent: QWidget) -> None:
        super().__init__(parent)
        self._plan, self._use = plan, use
        self.setWindowTitle("Plan as text")
        self.text = QPlainTextEdit(plan_text(plan))
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
            plan = plan_of(self.text.toPlainText(), self._plan)
        except DeconvolyteError as error:
            self.wrong.setText(str(error))
            return
        self.accept()
        if plan is not self._plan:
            self._use(plan)


class PlanDocument(QObject):
    """Opens, saves and edits the plan of a window."""

    def __init__(self, workbench: Workbench, window: QWidget) -> None:
        super().__init__(window)
        self._workbench, self._window = workbench, window
        self.dialog: PlanText | None = None

    def commands(self) -> list[Command]:
        """What the menu offers."""
        return [
            Command("Plan", "Open plan...", self.ask_open, "", with_data, "From its file"),
            Command(
                "Plan",
                "Save plan as...",
                self.ask_save,
                "",
                with_plan,
                "A file that deconvolyte fit --plan reads",
            ),
            Command(
                "Plan",
                "Edit as text...",
                self.edit_text,
                "Ctrl+T",
                with_plan,
                "Everything a plan can say: counts, sensitivities, compositions, overlayers",
            ),
        ]

    def edit_text(self) -> None:
        """Show the plan as text."""
        plan = self._workbench.project.plan
        if plan is not None:
            self.dialog = PlanText(plan, lambda new: self._adopt("Edit as text", new), self._window)
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
            "plan", lambda _: load_plan(path), lambda plan: self._adopt(f"Open {path.name}", plan)
        )

    def save(self, path: Path) -> None:
        """Write the plan to a file."""
        plan = self._workbench.project.plan
        if plan is not None:
            self._workbench.jobs.start(
                "plan",
                lambda _: save_plan(path, plan),
                lambda _: self._workbench.said.emit("note", f"plan saved as {path}"),
            )

    def _adopt(self, label: str, plan: Plan) -> None:
        session = self._workbench.session
        session.apply(label, replace(session.project, plan=plan))

    def _dialog(self, title: str, mode: QFileDialog.AcceptMode) -> QFileDialog:
        dialog = QFileDialog(self._window, title)
        dialog.setAcceptMode(mode)
        dialog.setNameFilters(_FILTERS)
        return dialog
