"""All commands in one list, found by typing: Ctrl+K."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHeaderView,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.gui.actions import Actions

_COMMAND = Qt.ItemDataRole.UserRole


class CommandList(QDialog):
    """What was typed filters; Enter runs the command that is marked."""

    def __init__(self, actions: Actions, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Commands")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._actions = actions
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Type a part of a command")
        self.filter.setAccessibleName("Filter of the commands")
        self.filter.setClearButtonEnabled(True)
        self.list = QTreeWidget()
        self.list.setColumnCount(3)
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setAccessibleName("Commands")
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        header = self.list.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)
        box = QVBoxLayout(self)
        box.addWidget(self.filter)
        box.addWidget(self.list)
        self._fill()
        self.filter.textChanged.connect(self._narrow)
        self.filter.installEventFilter(self)
        self.filter.returnPressed.connect(self.run)
        self.list.itemActivated.connect(lambda *_: self.run())
        text = self.fontMetrics()
        self.resize(84 * text.averageCharWidth(), 30 * text.height())
        self._narrow("")

    def run(self) -> None:
        """Do what is marked, after the list has gone."""
        item = self.list.currentItem()
        if item is None or item.isHidden() or item.isDisabled():
            return
        action = self._actions.action(item.data(0, _COMMAND))
        self.accept()
        action.trigger()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrows move the mark while one types; called by Qt."""
        if watched is self.filter and isinstance(event, QKeyEvent):
            moves = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
            if event.type() == QEvent.Type.KeyPress and event.key() in moves:
                self.list.keyPressEvent(event)
                return True
        return super().eventFilter(watched, event)

    def _fill(self) -> None:
        for command in self._actions.commands:
            action = self._actions.action(command.text)
            keys = ", ".join(
                one.toString(QKeySequence.SequenceFormat.NativeText) for one in action.shortcuts()
            )
            item = QTreeWidgetItem([command.menu, action.text().replace("&", ""), keys])
            item.setData(0, _COMMAND, command.text)
            item.setToolTip(1, command.tip)
            item.setDisabled(not action.isEnabled())
            self.list.addTopLevelItem(item)

    def _narrow(self, text: str) -> None:
        words = text.lower().split()
        first: QTreeWidgetItem | None = None
        for row in range(self.list.topLevelItemCount()):
            item = self.list.topLevelItem(row)
            if item is None:
                continue
            said = f"{item.text(0)} {item.text(1)}".lower()
            found = all(word in said for word in words)
            item.setHidden(not found)
            if found and first is None and not item.isDisabled():
                first = item
        self.list.setCurrentItem(first) if first else self.list.clearSelection()
