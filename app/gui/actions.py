"""Every command of the window in one list: menus, keys, the list of commands and tests read it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu

from app.gui.workbench import Workbench
from app.session.project import Project

MENUS = ("File", "Edit", "View", "Plan", "Fit", "Results", "Help")
"""Menus in their order; one of another name comes before Help."""


_BEGIN = frozenset(
    "Save, Close project, First step, Next region, Whole spectrum, Larger text, All notices, "
    "Remove the selected phases, Open plan..., Batch..., Save figure..., About Deconvolyte".split(
        ", "
    )
)
"""Commands that a line in their menu stands before."""


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


def with_anything(project: Project) -> bool:
    """Usable once spectra or charge logs are open."""
    return bool(project.samples) or project.logs is not None


def with_document(project: Project) -> bool:
    """Usable once there is a plan for what is open."""
    return with_plan(project) or project.logs is not None


def with_fits(project: Project) -> bool:
    """Usable once something has been fitted."""
    return any(project.fits.values())


@dataclass(frozen=True)
class Command:
    """One thing the user can do.

    Parameters
    ----------
    menu, text : where it stands and what it is called
    run : does it
    keys : usual shortcut, several, or empty
    usable : whether it makes sense for a project
    tip : one sentence
    is_on : of something that is on or off
    """

    menu: str
    text: str
    run: Callable[[], object]
    keys: str | tuple[str, ...] | QKeySequence.StandardKey = ""
    usable: Callable[[Project], bool] = always
    tip: str = ""
    is_on: Callable[[], bool] | None = None

    @property
    def shortcuts(self) -> list[QKeySequence]:
        """Keys, the first is shown."""
        if isinstance(self.keys, tuple):
            return [QKeySequence(keys) for keys in self.keys]
        if isinstance(self.keys, str):
            return [QKeySequence(self.keys)] if self.keys else []
        return QKeySequence.keyBindings(self.keys)


class Actions:
    """The commands of a window as menus and shortcuts, enabled as the project allows.

    Parameters
    ----------
    window : whose menu bar is filled
    commands : in their order within each menu
    """

    def __init__(
        self, window: QMainWindow, workbench: Workbench, commands: Iterable[Command]
    ) -> None:
        self._window, self._workbench = window, workbench
        self.commands = tuple(commands)
        self._by_text: dict[str, QAction] = {}
        self._menus: dict[str, QMenu] = {}
        own = dict.fromkeys(command.menu for command in self.commands)
        others = [name for name in own if name not in MENUS]
        for name in (*MENUS[:-1], *others, MENUS[-1]):
            if name in own:
                self._menus[name] = window.menuBar().addMenu(f"&{name}")
        for command in self.commands:
            self._add(window, command)
        self._enable(workbench.project)
        workbench.changed.connect(lambda _, after: self._enable(after))

    def extend(self, commands: Iterable[Command]) -> None:
        """Take more commands in, of panels that came later."""
        for command in commands:
            if command.menu not in self._menus:
                self._menus[command.menu] = QMenu(f"&{command.menu}", self._window)
                last = self._menus[MENUS[-1]].menuAction()
                self._window.menuBar().insertMenu(last, self._menus[command.menu])
            self.commands = (*self.commands, command)
            self._add(self._window, command)
        self._enable(self._workbench.project)

    def action(self, text: str) -> QAction:
        """The action of a command. Raises KeyError."""
        return self._by_text[text]

    def menu(self, name: str) -> QMenu:
        """A menu. Raises KeyError."""
        return self._menus[name]

    def _add(self, window: QMainWindow, command: Command) -> None:
        action = QAction(command.text, window)
        action.setShortcuts(command.shortcuts)
        action.setStatusTip(command.tip)
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        tip = command.tip or command.text.replace("...", "")
        action.setToolTip(f"{tip} ({keys})" if keys else tip)
        action.setCheckable(command.is_on is not None)
        action.triggered.connect(lambda _=False, run=command.run: run())
        if command.text in _BEGIN:
            self._menus[command.menu].addSeparator()
        self._menus[command.menu].addAction(action)
        self._by_text[command.text] = action

    def _enable(self, project: Project) -> None:
        for command in self.commands:
            action = self._by_text[command.text]
            action.setEnabled(command.usable(project))
            if command.is_on is not None:
                action.setChecked(command.is_on())
