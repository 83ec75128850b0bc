"""Every command of the window in one list: menus, keys, the list of commands and tests read it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu

from app.gui.workbench import Workbench
from app.session.project import Project


def always(project: Project) -> bool:
    """Usable whatever is open."""
    del project
    return True


def with_data(project: Project) -> bool:
    """Usable once spectra are open."""
    return bool(project.samples)


def with_plan(project: Project) -> bool:
    """Usable once there is a plan for open spectra."""
    return bool(project.samples) and project.plan is not None


@dataclass(frozen=True)
class Command:
    """One thing the user can do.

    Parameters
    ----------
    menu, text : where it stands and what it is called
    run : does it
    keys : usual shortcut, or empty
    usable : whether it makes sense for a project
    tip : one sentence
    """

    menu: str
    text: str
    run: Callable[[], object]
    keys: str | QKeySequence.StandardKey = ""
    usable: Callable[[Project], bool] = always
    tip: str = ""


class Actions:
    """The commands of a window as menus and shortcuts, enabled as the project allows.

    Parameters
    ----------
    window : whose menu bar is filled
    commands : in the order of the menus
    """

    def __init__(
        self, window: QMainWindow, workbench: Workbench, commands: Iterable[Command]
    ) -> None:
        self.commands = tuple(commands)
        self._by_text: dict[str, QAction] = {}
        menus: dict[str, QMenu] = {}
        for command in self.commands:
            if command.menu not in menus:
                menus[command.menu] = window.menuBar().addMenu(f"&{command.menu}")
            action = QAction(command.text, window)
            action.setShortcut(QKeySequence(command.keys))
            action.setStatusTip(command.tip)
            action.setToolTip(command.tip or command.text)
            action.triggered.connect(lambda _=False, run=command.run: run())
            menus[command.menu].addAction(action)
            self._by_text[command.text] = action
        self._enable(workbench.project)
        workbench.changed.connect(lambda _, after: self._enable(after))

    def action(self, text: str) -> QAction:
        """The action of a command. Raises KeyError."""
        return self._by_text[text]

    def _enable(self, project: Project) -> None:
        for command in self.commands:
            self._by_text[command.text].setEnabled(command.usable(project))
