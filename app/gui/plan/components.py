"""Components of the region that is looked at: numbers, errors, bounds, links, edited in place."""

from PySide6.QtCore import QModelIndex, QSignalBlocker, Qt
from PySide6.QtGui import QAction, QGuiApplication, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from app.batch.figures.labels import phase_label
from app.gui.look import Look
from app.gui.plan.delegates import Painted
from app.gui.view_models.plan_components import ERROR, NAME, RULE, VALUE, ComponentsModel
from app.gui.workbench import Workbench
from app.session.plan_components import set_component_phase, set_doublet, set_shape
from app.session.plan_edits import remove_component
from app.session.plan_rows import ComponentRow, components_csv
from app.session.project import Project
from fitting.lineshapes.catalogue import LINE_SHAPES, MEASURED

NO_PHASE = "no phase"
_LONGEST = {NAME: "area / counts eV", VALUE: "161.523", ERROR: "± 0.0123", RULE: "159.55–163.55"}
"""What the columns are made for."""

_LEAST_NAME = "splitting / eV"
"""What is left of names where the text is large and the panel is not."""


class ComponentTable(QWidget):
    """The components; the one that is selected is open and stands out in the spectrum."""

    def __init__(self, workbench: Workbench, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self.model = ComponentsModel(workbench.edit, self)
        self.view = ComponentView(self.model, look)
        self.empty = QLabel()
        self.empty.setWordWrap(True)
        self.all = QCheckBox("All parameters")
        self.remove = QPushButton("Remove")
        self.shape, self.phase = QComboBox(), QComboBox()
        self.doublet = QCheckBox("Doublet")
        self._dress()
        self._arrange()
        self.view.selectionModel().currentChanged.connect(self._chosen)
        self.view.painted.mark_clicked.connect(self.model.toggle)
        self.all.toggled.connect(lambda _: self._unfold())
        self.remove.clicked.connect(self.remove_selected)
        self.shape.activated.connect(lambda _: self._set_shape())
        self.phase.activated.connect(lambda _: self._set_phase())
        self.doublet.clicked.connect(self._set_doublet)

    def show_project(self, project: Project) -> None:
        """Take a project over."""
        self.view.painted.show_plan(project.plan)
        current = self.model.cell(self.view.currentIndex())
        column = self.view.currentIndex().column()
        with QSignalBlocker(self.view.selectionModel()):
            fresh = self.model.show(project)
            if fresh:
                for row in range(len(self.model.rows)):
                    self.view.setFirstColumnSpanned(row, QModelIndex(), True)
            kept = None if current is None else (current.component, current.name, column)
            self._select(project, kept)
        self._unfold()
        self.view.viewport().update()
        self._show_details(project)
        self.empty.setText(_why_empty(project))
        self.empty.setVisible(not self.model.rows)
        self.view.setVisible(bool(self.model.rows))

    def copy(self) -> None:
        """All components with their parameters, as CSV, to the clipboard."""
        QGuiApplication.clipboard().setText(components_csv(self.model.rows))
        self._workbench.said.emit("note", f"{len(self.model.rows)} components copied as CSV")

    def remove_selected(self) -> None:
        """Take the selected component out; undo brings it back."""
        name = self._workbench.project.view.component
        if self.model.place_of(name).isValid():
            self._workbench.edit(f"Remove {name}", lambda plan: remove_component(plan, name))

    def _select(self, project: Project, kept: tuple[str, str, int] | None) -> None:
        wanted = project.view.component
        own = self.model.component(self.view.currentIndex())
        if own is not None and own.id == wanted:
            return
        if kept and kept[0] == wanted:
            place = self.model.cell_of(*kept)
            if place.isValid():
                self.view.setCurrentIndex(place)
                return
        place = self.model.place_of(wanted)
        self.view.setCurrentIndex(place)
        if place.isValid():
            self.view.scrollTo(place, QAbstractItemView.ScrollHint.EnsureVisible)

    def _unfold(self) -> None:
        chosen = self._workbench.project.view.component
        known = [one.id for one in self.model.rows]
        wanted = chosen if chosen in known else next(iter(known), "")
        for row, one in enumerate(self.model.rows):
            place = self.model.index(row, 0)
            self.view.setExpanded(place, self.all.isChecked() or one.id == wanted)

    def _chosen(self, index: QModelIndex) -> None:
        row = self.model.component(index)
        if row is not None and row.id != self._workbench.project.view.component:
            self._workbench.look(component=row.id)

    @property
    def _row(self) -> ComponentRow | None:
        place = self.model.place_of(self._workbench.project.view.component)
        return self.model.component(place)

    def _show_details(self, project: Project) -> None:
        row = self._row
        for widget in (self.remove, self.shape, self.phase, self.doublet):
            widget.setEnabled(row is not None)
        phases = () if project.plan is None else tuple(project.plan.phases)
        with QSignalBlocker(self.phase), QSignalBlocker(self.shape), QSignalBlocker(self.doublet):
            wanted = ["", *phases]
            if [self.phase.itemData(k) for k in range(self.phase.count())] != wanted:
                self.phase.clear()
                for name in wanted:
                    self.phase.addItem(phase_label(name) if name else NO_PHASE, name)
            self.phase.setCurrentIndex(-1 if row is None else self.phase.findData(row.phase))
            self.shape.setCurrentIndex(-1 if row is None else self.shape.findData(row.shape))
            self.doublet.setChecked(row is not None and row.parameter("splitting") is not None)

    def _set_shape(self) -> None:
        row, shape = self._row, str(self.shape.currentData())
        if row is not None:
            self._edit(f"Shape of {row.id}", lambda plan: set_shape(plan, row.id, shape))

    def _set_phase(self) -> None:
        row, phase = self._row, str(self.phase.currentData())
        if row is not None:
            self._edit(f"Phase of {row.id}", lambda plan: set_component_phase(plan, row.id, phase))

    def _set_doublet(self, on: bool) -> None:
        row = self._row
        if row is not None:
            self._edit(f"Doublet of {row.id}", lambda plan: set_doublet(plan, row.id, on=on))

    def _edit(self, label: str, change: object) -> None:
        if not self._workbench.edit(label, change):  # type: ignore[arg-type]
            self._show_details(self._workbench.project)

    def _dress(self) -> None:
        self.all.setToolTip("Show the parameters of all components, not only of the selected one")
        self.doublet.setToolTip("The selected component has a spin-orbit partner")
        self.remove.setToolTip("Take the selected component out (Del)")
        for shape in (*LINE_SHAPES, MEASURED):
            self.shape.addItem(shape.replace("_", " "), shape)
        for widget, name in ((self.shape, "Line shape"), (self.phase, "Phase")):
            widget.setAccessibleName(f"{name} of the selected component")
            widget.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
            widget.setMinimumContentsLength(10)
        remove = QAction("Remove", self.view)
        remove.setShortcut(QKeySequence.StandardKey.Delete)
        remove.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        remove.triggered.connect(self.remove_selected)
        self.view.addAction(remove)
        copy = QAction("Copy as CSV", self.view)
        copy.setShortcut(QKeySequence.StandardKey.Copy)
        copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        copy.triggered.connect(self.copy)
        self.view.addAction(copy)

    def _arrange(self) -> None:
        row = QHBoxLayout()
        row.addWidget(self.all)
        row.addStretch(1)
        row.addWidget(self.doublet)
        row.addWidget(self.remove)
        details = QHBoxLayout()
        for text, widget in (("P&hase", self.phase), ("&Shape", self.shape)):
            label = QLabel(text)
            label.setBuddy(widget)
            details.addWidget(label)
            details.addWidget(widget, 1)
        box = QVBoxLayout(self)
        box.setContentsMargins(8, 8, 8, 8)
        box.setSpacing(8)
        box.addWidget(self.view, 1)
        box.addWidget(self.empty, 1, Qt.AlignmentFlag.AlignTop)
        box.addLayout(row)
        box.addLayout(details)


class ComponentView(QTreeView):
    """The tree; Space frees or fixes, F2 and typing edit."""

    def __init__(self, model: ComponentsModel, look: Look) -> None:
        super().__init__()
        self.painted = Painted(look, self)
        self._own = model
        self.setModel(model)
        self.setItemDelegate(self.painted)
        self.setAccessibleName("Components of this region")
        self.setUniformRowHeights(True)
        self.setIndentation(self.fontMetrics().height())
        self.setAllColumnsShowFocus(True)
        self.setAlternatingRowColors(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.AnyKeyPressed
        )
        self.header().setStretchLastSection(True)
        self.header().setSectionsMovable(False)
        self.header().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.set_size()

    def set_size(self) -> None:
        """Columns as wide as the text needs; not by content, that would make them jump."""
        text = self.fontMetrics()
        indent = round(0.8 * text.height())
        self.setIndentation(indent)
        widths = {
            column: text.horizontalAdvance(longest) + text.height() // 2
            for column, longest in _LONGEST.items()
        }
        rule = widths.pop(RULE) + text.height()
        room = self.viewport().width() - widths[VALUE] - widths[ERROR] - rule
        least = text.horizontalAdvance(_LEAST_NAME) + text.height() // 2
        widths[NAME] = 2 * indent + max(min(widths[NAME], room - 2 * indent), least)
        for column, width in widths.items():
            self.setColumnWidth(column, width)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """What is too much is taken from the names; called by Qt."""
        super().resizeEvent(event)
        self.set_size()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space on a row frees or fixes its parameter; Enter edits; called by Qt."""
        index = self.currentIndex()
        cell = self._own.cell(index)
        if self.state() is QAbstractItemView.State.EditingState:
            cell = None  # Enter ends what is being typed, and comes here as well
        if cell is not None and event.key() == Qt.Key.Key_Space:
            self._own.toggle(index)
            return
        if cell is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            column = RULE if index.column() == RULE else VALUE
            self.edit(index.siblingAtColumn(column))
            return
        super().keyPressEvent(event)


def _why_empty(project: Project) -> str:
    if project.plan is None:
        return "There is no plan yet. Add phases: their lines come into every region."
    region = project.view.region
    return (
        f"The plan does not fit {region}. Add a phase with a line there."
        if region
        else "Choose a region on the left."
    )
