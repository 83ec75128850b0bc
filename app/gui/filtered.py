"""A list that is narrowed by typing: arrows move the mark while one types."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

_KEY, _WORDS = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
_MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class FilteredList(QWidget):
    """A field and the rows that hold every word typed into it; the first of them is marked.

    Parameters
    ----------
    name : of what is listed, for screen readers
    hint : what may be typed

    Signals
    -------
    narrowed : how many rows are left
    """

    narrowed = Signal(int)

    def __init__(self, name: str, hint: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.filter = QLineEdit()
        self.filter.setPlaceholderText(hint)
        self.filter.setAccessibleName(f"Filter: {name}")
        self.filter.setClearButtonEnabled(True)
        self.list = QTreeWidget()
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setAccessibleName(name)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self.filter)
        box.addWidget(self.list)
        self.setFocusProxy(self.filter)
        self.filter.textChanged.connect(self.narrow)
        self.filter.installEventFilter(self)

    def add(self, key: str, cells: Sequence[str], words: str) -> QTreeWidgetItem:
        """Add a row.

        Parameters
        ----------
        key : what ``selected`` tells
        words : what it is found by
        """
        item = QTreeWidgetItem(list(cells))
        item.setData(0, _KEY, key)
        item.setData(0, _WORDS, words.lower())
        self.list.addTopLevelItem(item)
        return item

    @property
    def selected(self) -> list[str]:
        """Keys of the rows that are marked, can be seen, and can be chosen."""
        marked = self.list.selectedItems()
        return [
            str(one.data(0, _KEY)) for one in marked if not (one.isHidden() or one.isDisabled())
        ]

    def narrow(self, text: str = "") -> None:
        """Leave the rows that hold every word."""
        words, left = text.lower().split(), []
        for item in map(self.list.topLevelItem, range(self.list.topLevelItemCount())):
            if item is not None:
                found = all(word in item.data(0, _WORDS) for word in words)
                item.setHidden(not found)
                left += [item] if found else []
        self.list.clearSelection()
        first = next((item for item in left if not item.isDisabled()), None)
        if first is not None:
            self.list.setCurrentItem(first)
        self.narrowed.emit(len(left))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrows in the field move the mark; called by Qt."""
        if watched is self.filter and isinstance(event, QKeyEvent):
            if event.type() == QEvent.Type.KeyPress and event.key() in _MOVES:
                self.list.keyPressEvent(event)
                return True
        return super().eventFilter(watched, event)
