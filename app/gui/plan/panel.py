"""The plan: phases and components, the region, how it is fitted."""

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtWidgets import QScrollArea, QSplitter, QTabWidget, QVBoxLayout, QWidget

from app.gui.actions import Command, with_data, with_plan
from app.gui.look import Look
from app.gui.panel import Panel
from app.gui.plan.components import ComponentTable
from app.gui.plan.phases import PhaseList
from app.gui.plan.settings import FitSettings, RegionSettings
from app.gui.workbench import Workbench
from app.session.project import Project


class PlanPanel(Panel):
    """Everything decided before a fit; a selected component stands out in the spectrum."""

    def __init__(self, workbench: Workbench, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self.phases = PhaseList(workbench, look)
        self.components = ComponentTable(workbench, look)
        self.region = RegionSettings(workbench)
        self.options = FitSettings(workbench)
        self.tabs = QTabWidget(self)
        self.tabs.setDocumentMode(True)
        both = QSplitter(Qt.Orientation.Vertical)
        both.addWidget(self.components)
        both.addWidget(self.phases)
        both.setSizes([600, 400])
        both.setChildrenCollapsible(False)
        self.tabs.addTab(both, "Model")
        self.tabs.addTab(_scrolled(self.region), "Region")
        self.tabs.addTab(_scrolled(self.options), "Options")
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self.tabs)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self.refresh)
        workbench.changed.connect(self._changed)
        self.refresh()

    def commands(self) -> list[Command]:
        """Add, remove."""
        return [
            Command("Plan", "Add phases...", self.phases.choose, "Ctrl+Shift+P", with_data),
            Command(
                "Plan", "Remove the selected phases", self.phases.remove_selected, "", with_plan
            ),
            Command(
                "Plan",
                "Remove the selected component",
                self.components.remove_selected,
                "",
                _chosen,
            ),
        ]

    def set_look(self, look: Look) -> None:
        """Draw in other colours."""
        for painted in (self.phases.painted, self.components.view.painted):
            painted.look = look
        self.refresh()

    def sizeHint(self) -> QSize:
        """Wide enough for the numbers; called by Qt."""
        return QSize(58 * self.fontMetrics().averageCharWidth(), 400)

    def refresh(self) -> None:
        """Show what the project holds now."""
        project = self._workbench.project
        for part in (self.phases, self.components, self.region, self.options):
            part.show_project(project)

    def _changed(self, before: Project, after: Project) -> None:
        del before, after
        self._later.start(0)


def _chosen(project: Project) -> bool:
    return project.plan is not None and project.view.component in project.plan.components


def _scrolled(widget: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QScrollArea.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(widget)
    return area
