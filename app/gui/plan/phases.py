"""Phases of the plan and their sums."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.batch.figures.labels import phase_label
from app.gui.beginning import PHASES
from app.gui.look import Look
from app.gui.plan.chooser import PhaseChooser
from app.gui.plan.delegates import Painted
from app.gui.view_models.plan_phases import FORMULA, HEADINGS, PHASE, PhasesModel
from app.gui.workbench import Workbench
from app.session.phases import phase_choices
from app.session.plan_edits import remove_phase, set_group
from app.session.project import Project

_NAME = Qt.ItemDataRole.UserRole


class PhaseList(QWidget):
    """Phases with their colour; sums of phases below."""

    def __init__(self, workbench: Workbench, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self.model = PhasesModel(workbench.edit, lambda phases: workbench.look(marked=phases), self)
        self.table = QTableView(self)
        self.painted = Painted(look, self.table)
        self.add = QPushButton("Add phases...")
        self.remove = QPushButton("Remove")
        self.groups = QListWidget()
        self.group_name = QLineEdit()
        self.group_add = QPushButton("Add sum")
        self.group_remove = QPushButton("Remove sum")
        self._dress()
        self._arrange()
        self.add.clicked.connect(self.choose)
        self.remove.clicked.connect(self.remove_selected)
        self.group_add.clicked.connect(self.group_selected)
        self.group_name.returnPressed.connect(self.group_selected)
        self.group_name.textChanged.connect(self._allow)
        self.group_remove.clicked.connect(self.ungroup)
        self.groups.itemSelectionChanged.connect(self._allow)
        self.table.selectionModel().selectionChanged.connect(self._allow)

    @property
    def selected(self) -> tuple[str, ...]:
        """Names of the phases that are selected."""
        rows = {index.row() for index in self.table.selectionModel().selectedIndexes()}
        return tuple(name for row, name in enumerate(self.model.names) if row in rows)

    def show_project(self, project: Project) -> None:
        """Take a project over."""
        self.painted.show_plan(project.plan)
        self.model.show(project)
        self.table.viewport().update()
        self._show_groups(project)
        self._allow()

    def choose(self) -> None:
        """Choose phases from the library."""
        bench = self._workbench
        measured = list(dict.fromkeys(one.region for one in bench.series))
        choices = phase_choices(bench.library, measured, bench.project.plan)
        PhaseChooser(choices, self.take, self).open()

    def take(self, phases: Sequence[str]) -> None:
        """Put phases into the plan, and draw their lines."""
        bench = self._workbench
        for phase in phases:
            bench.add_phase(phase)
        project = bench.project
        planned = () if project.plan is None else tuple(project.plan.phases)
        new = tuple(one for one in phases if one in planned and one not in project.view.marked)
        if new:
            bench.look(marked=(*project.view.marked, *new))

    def remove_selected(self) -> None:
        """Take the selected phases out of the plan; undo brings them back."""
        gesture = self._workbench.new_gesture()
        for name in self.selected:
            self._workbench.edit(f"Remove {name}", partial(remove_phase, phase=name), gesture)

    def group_selected(self) -> None:
        """Report the sum of the selected phases under the name that was typed."""
        name, members = self.group_name.text().strip(), self.selected
        if not name or not members:
            self._workbench.said.emit("warning", "select phases and type a name for their sum")
            return
        if self._workbench.edit(f"Add sum {name}", lambda plan: set_group(plan, name, members)):
            self.group_name.clear()

    def ungroup(self) -> None:
        """Report the selected sum no longer."""
        for item in self.groups.selectedItems():
            name = str(item.data(_NAME))
            change = partial(set_group, name=name, members=())
            self._workbench.edit(f"Remove sum {name}", change)

    def _show_groups(self, project: Project) -> None:
        groups = {} if project.plan is None else project.plan.groups
        lines = [(n, ", ".join(phase_label(one) for one in own)) for n, own in groups.items()]
        texts = [f"{phase_label(name)}  =  {members}" for name, members in lines]
        now = [self.groups.item(row).text() for row in range(self.groups.count())]
        if texts == now:
            return
        self.groups.clear()
        for (name, members), text in zip(lines, texts, strict=True):
            item = QListWidgetItem(text)
            item.setData(_NAME, name)
            item.setToolTip(f"{name}: {members}")
            self.groups.addItem(item)

    def _allow(self) -> None:
        self.remove.setEnabled(bool(self.selected))
        self.group_add.setEnabled(bool(self.selected and self.group_name.text().strip()))
        self.group_remove.setEnabled(bool(self.groups.selectedItems()))

    def set_size(self) -> None:
        """Rows and columns as large as the text needs."""
        text, table = self.fontMetrics(), self.table
        table.verticalHeader().setDefaultSectionSize(round(1.3 * text.height()))
        for column, title in enumerate(HEADINGS):
            words = "Li₆PS₅Cl" if column == FORMULA else title
            table.setColumnWidth(column, text.horizontalAdvance(words) + 2 * text.height())
        self.groups.setMaximumHeight(4 * text.height())

    def _dress(self) -> None:
        table = self.table
        table.setModel(self.model)
        table.setItemDelegate(self.painted)
        table.setAccessibleName("Phases of the plan")
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setShowGrid(False)
        table.setTabKeyNavigation(False)
        table.setWordWrap(False)
        table.verticalHeader().hide()
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        self.set_size()
        header.setSectionResizeMode(PHASE, QHeaderView.ResizeMode.Stretch)
        remove = QAction("Remove", table)
        remove.setShortcut(QKeySequence.StandardKey.Delete)
        remove.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        remove.triggered.connect(self.remove_selected)
        table.addAction(remove)
        self.add.setObjectName(PHASES)
        self.add.setToolTip("Add phases from the library: their lines come into every region")
        self.remove.setToolTip("Take the selected phases out of every region (Del)")
        self.groups.setAccessibleName("Sums of phases")
        self.group_name.setAccessibleName("Name of the sum of the selected phases")
        self.group_name.setPlaceholderText("Name of the sum")
        self.group_add.setToolTip("Report the sum of the selected phases under this name")

    def _arrange(self) -> None:
        buttons = QHBoxLayout()
        buttons.addWidget(self.add)
        buttons.addWidget(self.remove)
        buttons.addStretch(1)
        sums = QHBoxLayout()
        sums.addWidget(self.group_name, 1)
        sums.addWidget(self.group_add)
        sums.addWidget(self.group_remove)
        label = QLabel("S&ums of phases")
        label.setBuddy(self.groups)
        box = QVBoxLayout(self)
        box.setContentsMargins(8, 8, 8, 8)
        box.setSpacing(8)
        box.addLayout(buttons)
        box.addWidget(self.table, 1)
        box.addWidget(label)
        box.addWidget(self.groups)
        box.addLayout(sums)
