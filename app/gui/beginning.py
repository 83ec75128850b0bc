"""The four steps of the beginning, and where their controls are."""

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from app.gui.tour import Stop, Tour

if TYPE_CHECKING:
    from app.gui.main_window import MainWindow

PHASES = "phases"
"""Object name of the control where phases are added."""


def first_steps(window: "MainWindow") -> Tour:
    """Point at the controls of a window, one after the other."""
    return Tour(window, _stops(window), window.look)


def _stops(window: "MainWindow") -> list[Stop]:
    return [
        Stop(
            "Choose phases: add them from the library; their lines come into every region.",
            lambda: window.findChild(QWidget, PHASES),
        ),
        Stop(
            "Fit this spectrum (Ctrl+F) and look at the residual below it.",
            lambda: _button(window, "Fit this spectrum"),
        ),
        Stop(
            "Fit all steps (Ctrl+Shift+F). The window stays usable; Stop keeps what is done.",
            lambda: _button(window, "Fit all"),
        ),
        Stop(
            "Take tables and figures home (Ctrl+E).",
            lambda: _button(window, "Export..."),
        ),
    ]


def _button(window: "MainWindow", text: str) -> QWidget | None:
    known = {command.text for command in window.actions_.commands}
    if text not in known:
        return None
    found: QWidget | None = window.tools.widgetForAction(window.actions_.action(text))
    return found
