"""Larger and smaller text, everywhere at once."""

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication

if TYPE_CHECKING:
    from app.gui.main_window import MainWindow

SIZES = (75, 90, 100, 110, 125, 150, 175, 200)
"""Percent of the system's size."""


class TextScale(QObject):
    """The size of text in percent of what the system says."""

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window = window
        self._system = QFont(QApplication.font())
        self.percent = 100

    def larger(self) -> None:
        """One size up."""
        self._keep(next((size for size in SIZES if size > self.percent), SIZES[-1]))

    def smaller(self) -> None:
        """One size down."""
        self._keep(next((size for size in reversed(SIZES) if size < self.percent), SIZES[0]))

    def normal(self) -> None:
        """As the system says."""
        self._keep(100)

    def set(self, percent: int) -> None:
        """Set a size without remembering it."""
        self.percent = min(max(percent, SIZES[0]), SIZES[-1])
        font = QFont(self._system)
        font.setPointSizeF(self._system.pointSizeF() * self.percent / 100.0)
        QApplication.setFont(font)
        self._window.set_look(self._window.look)
        self._window.share_room()

    def _keep(self, percent: int) -> None:
        self.set(percent)
        files = self._window.files
        files.remember(replace(files.settings, text_percent=percent))
