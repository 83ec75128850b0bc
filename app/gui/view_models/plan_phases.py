"""Phases of the plan as a table that can be edited in place."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from app.batch.figures.labels import phase_label
from app.gui.view_models.plan_components import Edit
from app.session.plan_edits import set_phase
from app.session.project import Project
from fitting.plan import Plan

Index = QModelIndex | QPersistentModelIndex
PHASE, FORMULA, COUNTED, LINES = range(4)
HEADINGS = ("Phase", "Formula", "Counted", "Lines")
PHASE_ROLE = Qt.ItemDataRole.UserRole + 2
_NOWHERE = QModelIndex()
_TIPS = {
    COUNTED: "Counts in the fractions",
    LINES: "Draw its published lines in the spectrum",
}
_CHECKED, _UNCHECKED = Qt.CheckState.Checked.value, Qt.CheckState.Unchecked.value


class PhasesModel(QAbstractTableModel):
    """One row a phase.

    Parameters
    ----------
    edit : changes the plan
    mark : is given the phases whose lines are drawn
    """

    def __init__(
        self, edit: Edit, mark: Callable[[tuple[str, ...]], None], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._edit, self._mark = edit, mark
        self.names: tuple[str, ...] = ()
        self._plan: Plan | None = None
        self._marked: tuple[str, ...] = ()

    def show(self, project: Project) -> None:
        """Take a project over."""
        names = () if project.plan is None else tuple(project.plan.phases)
        same = self._plan is not None and project.plan is not None
        if same and self._plan.phases == project.plan.phases:  # type: ignore[union-attr]
            if self._marked == project.view.marked:
                return
        fresh = names != self.names
        if fresh:
            self.beginResetModel()
        self.names, self._plan, self._marked = names, project.plan, project.view.marked
        if fresh:
            self.endResetModel()
        elif names:
            self.dataChanged.emit(self.index(0, 0), self.index(len(names) - 1, LINES))

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        """Called by Qt."""
        return 0 if parent.isValid() else len(self.names)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        """Called by Qt."""
        return 0 if parent.isValid() else len(HEADINGS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        """Called by Qt."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return HEADINGS[section]
        return _TIPS.get(section) if role == Qt.ItemDataRole.ToolTipRole else None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Called by Qt."""
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsUserCheckable if index.column() >= COUNTED else flags

    def data(self, index: Index, role: int = 0) -> Any:
        """Called by Qt."""
        if not index.isValid() or self._plan is None:
            return None
        name = self.names[index.row()]
        column, phase = index.column(), self._plan.phases[name]
        if role == PHASE_ROLE:
            return name if column == PHASE else None
        if role == Qt.ItemDataRole.CheckStateRole and column >= COUNTED:
            on = phase.counted if column == COUNTED else name in self._marked
            return _CHECKED if on else _UNCHECKED
        if role == Qt.ItemDataRole.DisplayRole:
            formula = phase_label(phase.formula) if phase.formula else ""
            return {PHASE: phase_label(name), FORMULA: formula}.get(column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return _TIPS.get(column, name)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._spoken(name, column)
        return None

    def setData(self, index: Index, value: Any, role: int = 2) -> bool:
        """Called by Qt when a box was ticked."""
        if role != Qt.ItemDataRole.CheckStateRole or not index.isValid():
            return False
        name = self.names[index.row()]
        on = Qt.CheckState(value) is Qt.CheckState.Checked
        if index.column() == COUNTED:
            word = "Count" if on else "Leave out"
            return self._edit(f"{word} {name}", lambda plan: set_phase(plan, name, counted=on))
        rest = tuple(one for one in self._marked if one != name)
        self._mark((*rest, name) if on else rest)
        return True

    def _spoken(self, name: str, column: int) -> str:
        assert self._plan is not None
        if column == COUNTED:
            return f"{name}: {'' if self._plan.phases[name].counted else 'not '}counted"
        if column == LINES:
            return f"{name}: lines {'' if name in self._marked else 'not '}drawn"
        return f"{name}, {HEADINGS[column].lower()} {self._plan.phases[name].formula or 'unknown'}"
