"""Tree models of two levels: rows, and what belongs to each."""

from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, Qt

Index = QModelIndex | QPersistentModelIndex
NOWHERE = QModelIndex()


class TwoLevels(QAbstractItemModel):
    """Says where rows stand; ``headings`` name the columns.

    The internal id of a lower row is one more than the row that it belongs to; of others it is 0.
    """

    headings: tuple[str, ...] = ()

    def sizes(self) -> list[int]:
        """How many rows stand below each of the upper ones."""
        raise NotImplementedError

    def index(self, row: int, column: int, parent: Index = NOWHERE) -> QModelIndex:
        """Called by Qt."""
        if not self.hasIndex(row, column, parent):
            return QModelIndex()
        return self.createIndex(row, column, parent.row() + 1 if parent.isValid() else 0)

    def parent(self, index: Index) -> QModelIndex:  # type: ignore[override]
        """Called by Qt."""
        if not index.isValid() or index.internalId() == 0:
            return QModelIndex()
        return self.createIndex(index.internalId() - 1, 0, 0)

    def rowCount(self, parent: Index = NOWHERE) -> int:
        """Called by Qt."""
        if not parent.isValid():
            return len(self.sizes())
        if parent.internalId() or parent.column():
            return 0
        return self.sizes()[parent.row()]

    def columnCount(self, parent: Index = NOWHERE) -> int:
        """Called by Qt."""
        del parent
        return len(self.headings)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        """Called by Qt."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self.headings[section]
        return None
