"""What the window asks of its panels."""

from PySide6.QtWidgets import QWidget

from app.gui.actions import Command
from app.gui.look import Look


class Panel(QWidget):
    """A part of the window: listens to ``Workbench.changed``, sends edits to the workbench."""

    def commands(self) -> list[Command]:
        """What the menus and the list of commands offer for it."""
        return []

    def set_look(self, look: Look) -> None:
        """Draw in other colours or with another size of text; called while the window is open."""
        del look
