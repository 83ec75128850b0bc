"""A table of numbers; Ctrl+C copies the whole of it as CSV."""

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from app.session.numbers import NumberTable

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()

_LONGEST = 36
"""Characters of a column that are shown at first; a tooltip shows all."""


class NumberModel(QAbstractTableModel):
    """A ``NumberTable`` for Qt."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.table = NumberTable()

    def show(self, table: NumberTable) -> None:
        """Show other numbers."""
        self.beginResetModel()
        self.table = table
        self.endResetModel()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """Called by Qt."""
        return 0 if parent.isValid() else len(self.table.places)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        """Called by Qt."""
        return 0 if parent.isValid() else len(self.table.headers)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Called by Qt."""
        text = self.table.row(index.row())[index.column()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return text
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() > 0 and _is_number(text):
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> object:
        """Called by Qt."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self.table.headers[section]
        return None


class NumberView(QTableView):
    """Rows are chosen whole; going to another row goes to its step."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.numbers = NumberModel(self)
        self.setModel(self.numbers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setAccessibleName("Numbers")
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setResizeContentsPrecision(20)
        self.set_size()

    def set_size(self) -> None:
        """Rows as high as the text asks for."""
        high = self.fontMetrics().height() + 4
        self.verticalHeader().setMinimumSectionSize(high)
        self.verticalHeader().setDefaultSectionSize(high)

    def show_numbers(self, table: NumberTable) -> None:
        """Show other numbers; columns as wide as they need, once where rows are steps."""
        of_steps = bool(table.places) and table.places[0][1] is not None
        same = of_steps and table.headers == self.numbers.table.headers
        self.numbers.show(table)
        if not same:
            self.resizeColumnsToContents()
            most = _LONGEST * self.fontMetrics().averageCharWidth()
            for column in range(len(table.headers)):
                self.setColumnWidth(column, min(self.columnWidth(column), most))

    def copy(self) -> None:
        """All numbers as CSV."""
        QGuiApplication.clipboard().setText(self.numbers.table.csv)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy; called by Qt."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
            return
        super().keyPressEvent(event)


def _is_number(text: str) -> bool:
    return text[:1].isdigit() or text[:1] in ("-", "<", "±", "–")
