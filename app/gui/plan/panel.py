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

_PAUSE_MS = 100
"""Tables follow a drag or a slider this often; the spectrum comes first."""


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
        self.tabs.setAccessibleName("Plan")
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
        self._shown: Project | None = None
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
            Command(
                "Plan",
                "Copy table of components",
                self.components.copy,
                "",
                with_plan,
                "Copy all parameters of this region as CSV",
            ),
        ]

    def set_look(self, look: Look) -> None:
        """Draw in other colours."""
        for painted in (self.phases.painted, self.components.view.painted):
            painted.look = look
        self.components.view.set_size()
        self.phases.set_size()
        self._shown = None
        self.refresh()

    def sizeHint(self) -> QSize:
        """Wide enough for the numbers; called by Qt."""
        return QSize(60 * self.fontMetrics().averageCharWidth(), 400)

    def refresh(self) -> None:
        """Show what the project holds now."""
        self._later.stop()
        project, before = self._workbench.project, self._shown
        self._shown = project
        self.components.show_project(project)
        same = before is not None and (
            before.plan is project.plan
            and before.samples is project.samples
            and before.view.region == project.view.region
            and before.view.marked == project.view.marked
        )
        if not same:
            for part in (self.phases, self.region, self.options):
                part.show_project(project)

    def _changed(self, before: Project, after: Project) -> None:
        del before, after
        if not self._later.isActive():
            self._later.start(_PAUSE_MS)


def _chosen(project: Project) -> bool:
    return project.plan is not None and project.view.component in project.plan.components


def _scrolled(widget: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QScrollArea.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(widget)
    return area
