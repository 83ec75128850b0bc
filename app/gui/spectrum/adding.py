"""What is said while a click makes a component, and of which phase it will be."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLabel, QToolButton, QWidget

from app.batch.figures.labels import phase_label
from app.session.project import Project


class AddBar(QFrame):
    """Shown as long as the next click makes a component.

    Signals
    -------
    ended : it is over
    """

    ended = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.phases = QComboBox()
        self.phases.setAccessibleName("Phase of the new component")
        self.phases.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        label = QLabel("&Phase")
        label.setBuddy(self.phases)
        away = QToolButton()
        away.setText("Cancel")
        away.setToolTip("Add nothing (Esc)")
        away.clicked.connect(self.end)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 8, 4)
        row.setSpacing(8)
        row.addWidget(QLabel("Click where the new component is."))
        row.addStretch(1)
        for widget in (label, self.phases, away):
            row.addWidget(widget)
        self.hide()

    @property
    def phase(self) -> str:
        """What was chosen; empty: none."""
        return str(self.phases.currentData() or "")

    def start(self, project: Project) -> None:
        """Show the phases of the plan."""
        kept = self.phase
        self.phases.clear()
        self.phases.addItem("none", "")
        for name in () if project.plan is None else project.plan.phases:
            self.phases.addItem(phase_label(name), name)
        self.phases.setCurrentIndex(max(self.phases.findData(kept), 0))
        self.show()

    def end(self) -> None:
        """Hide it."""
        self.hide()
        self.ended.emit()
