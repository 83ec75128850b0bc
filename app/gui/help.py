"""Help and About: texts in windows of their own."""

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files

from PySide6.QtCore import Qt, qVersion
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QTextBrowser, QVBoxLayout, QWidget

from app.gui.actions import Command

_LIBRARIES = ("numpy", "scipy", "lmfit", "numba", "h5py", "pyqtgraph", "matplotlib", "xraylib")


class TextWindow(QDialog):
    """A text that can be read, searched by the eye, and closed with Escape."""

    def __init__(self, title: str, markdown: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.text = QTextBrowser()
        self.text.setMarkdown(markdown)
        self.text.setOpenExternalLinks(True)
        self.text.setAccessibleName(title)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        box = QVBoxLayout(self)
        box.addWidget(self.text)
        box.addWidget(buttons)
        metrics = self.fontMetrics()
        self.resize(104 * metrics.averageCharWidth(), 36 * metrics.height())


def help_text(commands: Sequence[Command]) -> str:
    """The guide, and all keys."""
    guide = (files("app.gui") / "help.md").read_text("utf-8")
    rows = ["| key | does |", "|---|---|"]
    for command in commands:
        keys = ", ".join(
            one.toString(QKeySequence.SequenceFormat.NativeText) for one in command.shortcuts
        )
        if keys:
            rows.append(f"| {keys} | {command.text.replace('...', '')} |")
    return "\n".join([guide, "", "## Keys", "", *rows, ""])


def about_text() -> str:
    """Versions and licence."""
    lines = [f"- {name} {_version(name)}" for name in _LIBRARIES]
    return "\n".join(
        [
            f"## Deconvolyte {_version('deconvolyte')}",
            "",
            "Phase fractions against charge, with errors, from XPS, HAXPES and Raman series of "
            "battery interfaces.",
            "",
            "Free software under the GNU General Public License, version 3 or later, without any "
            "warranty.",
            "",
            "It stands on",
            "",
            f"- Qt {qVersion()} through PySide6 {_version('PySide6-Essentials')} (LGPL)",
            *lines,
            "",
        ]
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "(not installed)"
