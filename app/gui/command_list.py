"""All commands in one list, found by typing: Ctrl+K."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QDialog, QHeaderView, QVBoxLayout, QWidget

from app.gui.actions import Actions
from app.gui.filtered import FilteredList


class CommandList(QDialog):
    """What was typed filters; Enter runs the command that is marked."""

    def __init__(self, actions: Actions, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Commands")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._actions = actions
        self.rows = FilteredList("Commands", "Type a part of a command")
        self.filter, self.list = self.rows.filter, self.rows.list
        self.list.setColumnCount(3)
        self.list.setHeaderHidden(True)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        header = self.list.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)
        QVBoxLayout(self).addWidget(self.rows)
        self._fill()
        self.filter.returnPressed.connect(self.run)
        self.list.itemActivated.connect(lambda *_: self.run())
        text = self.fontMetrics()
        self.resize(84 * text.averageCharWidth(), 30 * text.height())
        self.rows.narrow()

    def run(self) -> None:
        """Do what is marked, after the list has gone."""
        for key in self.rows.selected:
            action = self._actions.action(key)
            self.accept()
            action.trigger()

    def _fill(self) -> None:
        for command in self._actions.commands:
            action = self._actions.action(command.text)
            keys = ", ".join(
                one.toString(QKeySequence.SequenceFormat.NativeText) for one in action.shortcuts()
            )
            text = action.text().replace("&", "")
            item = self.rows.add(command.text, (command.menu, text, keys), f"{command.menu} {text}")
            item.setToolTip(1, command.tip)
            item.setDisabled(not action.isEnabled())
