"""What stands in the window while nothing is open."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

_RECENT = 5


class StartPage(QWidget):
    """What to do, in a sentence, and the buttons that do it.

    Signals
    -------
    chosen : a recent file
    """

    chosen = Signal(object)

    def __init__(
        self,
        open_files: Callable[[], object],
        open_demo: Callable[[], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.title = QLabel("Phase fractions against charge, with errors")
        self.title.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        said = QLabel(
            "Drop spectra here: XPS, HAXPES or Raman files of any spectrometer, a folder, "
            "an archive, or a project."
        )
        said.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        said.setWordWrap(True)
        self.files = QPushButton("Open files...")
        self.files.setDefault(True)
        self.files.clicked.connect(lambda: open_files())
        self.demo = QPushButton("Open the demo experiment")
        self.demo.setToolTip("Lithium plated onto Li6PS5Cl, simulated, with a plan that fits it")
        self.demo.clicked.connect(lambda: open_demo())
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addStretch(1)
        for button in (self.files, self.demo):
            button.setMinimumHeight(round(2.2 * self.fontMetrics().height()))
            row.addWidget(button)
        row.addStretch(1)
        self._recent_title = QLabel("Recent")
        self._recent_title.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._recent = QVBoxLayout()
        self._recent.setSpacing(4)
        box = QVBoxLayout(self)
        box.setSpacing(16)
        box.addStretch(3)
        box.addWidget(self.title)
        box.addWidget(said)
        box.addLayout(row)
        box.addSpacing(16)
        box.addWidget(self._recent_title)
        box.addLayout(self._recent)
        box.addStretch(4)
        self.set_size()

    def set_size(self) -> None:
        """Follow the size of the text."""
        font = QFont(self.font())
        font.setPointSizeF(1.7 * font.pointSizeF())
        self.title.setFont(font)

    def show_recent(self, paths: Sequence[Path]) -> None:
        """Offer files that were open before."""
        while (item := self._recent.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        self._recent_title.setVisible(bool(paths))
        for path in paths[:_RECENT]:
            button = QPushButton(f"{path.name}   ·   {_short(path.parent)}")
            button.setFlat(True)
            button.setToolTip(str(path))
            button.clicked.connect(lambda _=False, path=path: self.chosen.emit(path))
            self._recent.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)


def _short(folder: Path) -> str:
    home = Path.home()
    text = f"~/{folder.relative_to(home)}" if folder.is_relative_to(home) else str(folder)
    return text if len(text) <= 60 else f"...{text[-57:]}"
