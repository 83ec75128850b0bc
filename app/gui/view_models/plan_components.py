"""Components of the region that is looked at, as a tree that can be edited in place."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QModelIndex, QObject, Qt

from app.batch.figures.labels import phase_label
from app.gui.view_models.two_levels import Index, TwoLevels
from app.session.plan_components import fix, free, type_rule, type_value
from app.session.plan_rows import ComponentRow, Mark, ParameterCell, component_rows
from app.session.project import Project
from fitting.plan import Plan

Edit = Callable[[str, Callable[[Plan], Plan]], bool]
"""``Workbench.edit``."""

NAME, VALUE, ERROR, RULE = range(4)
HEADINGS = ("Component", "Value", "Error", "Bounds or link")
MARK_ROLE = Qt.ItemDataRole.UserRole + 1
"""State of a parameter as a ``Mark``, where its bounds or link stand."""

PHASE_ROLE = Qt.ItemDataRole.UserRole + 2
"""Phase of a component, in the first column; None for a parameter."""

OLD_ROLE = Qt.ItemDataRole.UserRole + 3
"""True where a value is not of a fit of the plan as it is now."""

_SHORT = {"lorentz_fraction": "Lorentz fraction", "fwhm": "FWHM"}
_EDITABLE = (VALUE, RULE)
_LOOSE = (Mark.FREE, Mark.AT_BOUND)
_WORDS = {"free": _LOOSE, "fixed": (Mark.FIXED,)}
"""Words that say the state itself."""

_HOW_TO_TYPE = "Type bounds, as 0.6–1.8 or ≥ 0, or a link, as ps4_s2p.center - 1.4; nothing: none"


class ComponentsModel(TwoLevels):
    """Two levels: components, then their parameters.

    Parameters
    ----------
    edit : changes the plan, says what is wrong, and whether it could
    """

    headings = HEADINGS

    def __init__(self, edit: Edit, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._edit = edit
        self.rows: tuple[ComponentRow, ...] = ()

    def show(self, project: Project) -> bool:
        """Take a project over; True if rows came or went."""
        rows = component_rows(project)
        if _names(rows) == _names(self.rows):
            before, self.rows = self.rows, rows
            self._tell(before)
            return False
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()
        return True

    def place_of(self, component: str) -> QModelIndex:
        """Where a component stands; invalid if it is not there."""
        for row, one in enumerate(self.rows):
            if one.id == component:
                return self.createIndex(row, 0, 0)
        return QModelIndex()

    def cell_of(self, component: str, parameter: str, column: int) -> QModelIndex:
        """Where a parameter stands; invalid if it is not there."""
        place = self.place_of(component)
        names = [] if not place.isValid() else [c.name for c in self.rows[place.row()].parameters]
        if parameter not in names:
            return QModelIndex()
        return self.index(names.index(parameter), column, place)

    def component(self, index: Index) -> ComponentRow | None:
        """Component of a row, or of the parameter that stands there."""
        if not index.isValid():
            return None
        return self.rows[index.internalId() - 1 if index.internalId() else index.row()]

    def cell(self, index: Index) -> ParameterCell | None:
        """Parameter of a row; None for a component."""
        if not index.isValid() or not index.internalId():
            return None
        return self.rows[index.internalId() - 1].parameters[index.row()]

    def toggle(self, index: Index) -> None:
        """Free what is fixed or linked, fix what is free where it stands now."""
        cell = self.cell(index)
        if cell is None:
            return
        own, name, value = cell.component, cell.name, cell.value
        value = None if value is None else float(f"{value:.8g}")
        if cell.mark in _LOOSE:
            self._edit(f"Fix {own}.{name}", lambda plan: fix(plan, own, name, value))
        else:
            self._edit(f"Free {own}.{name}", lambda plan: free(plan, own, name, value))

    def sizes(self) -> list[int]:
        """Parameters of each component."""
        return [len(row.parameters) for row in self.rows]

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Called by Qt."""
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if self.cell(index) is not None and index.column() in _EDITABLE:
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def data(self, index: Index, role: int = 0) -> Any:
        """Called by Qt."""
        row, cell = self.component(index), self.cell(index)
        if row is None:
            return None
        if cell is None:
            return _of_component(row, index.column(), role)
        return _of_parameter(cell, index.column(), role)

    def setData(self, index: Index, value: Any, role: int = 2) -> bool:
        """Called by Qt when a cell was typed in; what is wrong is said and changes nothing."""
        cell, text = self.cell(index), str(value)
        if cell is None or role != Qt.ItemDataRole.EditRole:
            return False
        if text == str(self.data(index, Qt.ItemDataRole.EditRole) or ""):
            return False
        own, name, column = cell.component, cell.name, index.column()
        word = text.strip().lower()
        if column == RULE and word in _WORDS:
            if cell.mark not in _WORDS[word]:
                self.toggle(index)
            return True

        def change(plan: Plan) -> Plan:
            if column == RULE:
                return type_rule(plan, own, name, text, cell.value)
            return type_value(plan, own, name, text)

        what = HEADINGS[column].lower()
        return self._edit(f"Change {what} of {own}.{name}", change)

    def _tell(self, before: tuple[ComponentRow, ...]) -> None:
        for row, (old, one) in enumerate(zip(before, self.rows, strict=True)):
            if old == one:
                continue
            head = self.createIndex(row, 0, 0)
            self.dataChanged.emit(head, head)
            for place, (was, cell) in enumerate(zip(old.parameters, one.parameters, strict=True)):
                if was != cell:
                    first = self.createIndex(place, VALUE, row + 1)
                    self.dataChanged.emit(first, self.createIndex(place, RULE, row + 1))


def _names(rows: tuple[ComponentRow, ...]) -> list[tuple[str, ...]]:
    return [(row.id, *(cell.name for cell in row.parameters)) for row in rows]


def _of_component(row: ComponentRow, column: int, role: int) -> Any:
    if column != NAME:
        return None
    if role == PHASE_ROLE:
        return row.phase
    if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
        return summary(row)
    if role == Qt.ItemDataRole.ToolTipRole:
        reference = "\nfixes the energy scale" if row.is_reference else ""
        phase = phase_label(row.phase) if row.phase else "no phase"
        return f"{row.id}: {phase}, {row.shape.replace('_', ' ')}, {row.region}{reference}"
    return None


def summary(row: ComponentRow) -> str:
    """A component in a line: where it is, and how wide."""
    words = [row.id]
    center = row.parameter("center")
    if center is not None and center.value is not None:
        error = f" {center.error_text}" if center.error is not None else ""
        words.append(f"{center.text}{error} {center.unit}")
    if row.is_reference:
        words.append("energy reference")
    return " · ".join(words)


def _of_parameter(cell: ParameterCell, column: int, role: int) -> Any:
    if role == Qt.ItemDataRole.DisplayRole:
        return _text(cell, column)
    if role == Qt.ItemDataRole.EditRole:
        return _typed(cell, column)
    if role == MARK_ROLE and column == RULE:
        return cell.mark
    if role == OLD_ROLE and column in (VALUE, ERROR):
        return cell.mark is not Mark.FIXED and not cell.fitted
    if role == Qt.ItemDataRole.TextAlignmentRole and column in (VALUE, ERROR):
        return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    if role == Qt.ItemDataRole.ToolTipRole:
        return _tip(cell, column)
    if role == Qt.ItemDataRole.AccessibleTextRole:
        return _spoken(cell, column)
    return None


def _text(cell: ParameterCell, column: int) -> str:
    if column == NAME:
        name = _SHORT.get(cell.name, cell.name.replace("_", " "))
        return f"{name} / {cell.unit}" if cell.unit else name
    return {VALUE: cell.text, ERROR: cell.error_text, RULE: cell.rule}[column]


def _typed(cell: ParameterCell, column: int) -> str:
    if column == VALUE:
        return "" if cell.value is None else f"{cell.value:.8g}"
    return cell.link or str(cell.bounds)


def _spoken(cell: ParameterCell, column: int) -> str:
    words = _text(cell, column) or "none"
    if column == RULE and cell.rule != cell.mark.value:
        words = f"{cell.mark.value}, {words}"
    return f"{cell.component} {cell.name}, {HEADINGS[column]}: {words}"


def _tip(cell: ParameterCell, column: int) -> str:
    if column == RULE:
        turned = "fix it here" if cell.mark in _LOOSE else "let it free"
        said = (
            cell.mark.value if cell.rule == cell.mark.value else f"{cell.mark.value}: {cell.rule}"
        )
        return f"{said}\nSpace, or a click on the sign: {turned}\n{_HOW_TO_TYPE}"
    if column == ERROR and cell.limit is not None:
        return "upper limit, 95 %"
    if column in (VALUE, ERROR) and cell.mark is not Mark.FIXED and not cell.fitted:
        return "not of a fit of the plan as it is now"
    return {
        VALUE: "Type a number: what is fixed stays fixed, what is free starts there",
        ERROR: "standard error of the fit of this step",
    }.get(column, f"{cell.component}.{_text(cell, NAME)}")
