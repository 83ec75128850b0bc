"""Arrows step through the series, unless what has the keyboard needs them itself."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTabBar,
    QTextEdit,
    QWidget,
)

if TYPE_CHECKING:
    from app.gui.main_window import MainWindow

NEXT, PREVIOUS = "Next step", "Previous step"
_OWN_ARROWS = (
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTabBar,
    QTextEdit,
)


class Stepping(QObject):
    """Takes the arrow keys away from the commands while a text field or table has the focus."""

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window = window
        self._actions: list[QAction] = [window.actions_.action(text) for text in (NEXT, PREVIOUS)]
        self._keys = [action.shortcuts() for action in self._actions]
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._focus)

    def _focus(self, old: QWidget | None, now: QWidget | None) -> None:
        del old
        tree = self._window.tree.view
        wanted = isinstance(now, _OWN_ARROWS) and now is not tree
        for action, keys in zip(self._actions, self._keys, strict=True):
            action.setShortcuts([] if wanted else keys)
