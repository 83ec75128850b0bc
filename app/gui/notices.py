"""Where every error, warning and note of the window ends: one bar, with a history."""

from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.gui.look import Look

ERROR, WARNING, NOTE = "error", "warning", "note"
_SECONDS = {WARNING: 20.0, NOTE: 8.0}
"""How long a sentence stands; an error stays until it is dismissed."""

_SIGNS = {ERROR: "✖", WARNING: "▲", NOTE: "●"}
_RANK = {NOTE: 0, WARNING: 1, ERROR: 2}
_HISTORY = 500


@dataclass(frozen=True)
class Notice:
    """A sentence for the user, and how bad it is."""

    level: str
    text: str
    when: datetime


class NoticeBar(QFrame):
    """The newest sentence; worse ones stand before milder ones until they are dismissed.

    Signals
    -------
    shown : the notice that stands there now, or None
    """

    shown = Signal(object)

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.history: list[Notice] = []
        self._waiting: list[Notice] = []
        self._look = look
        self._sign, self._text = QLabel(self), QLabel(self)
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(self._text.textInteractionFlags())
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._more = _button("All notices", "Show everything that was said")
        self._more.setCheckable(True)
        self._more.toggled.connect(self._show_history)
        self._away = _button("Dismiss", "Dismiss this notice (Esc)")
        self._away.setShortcut("Esc")
        self._away.clicked.connect(self.dismiss)
        self._list = QListWidget(self)
        self._list.setAccessibleName("All notices")
        self._list.setWordWrap(True)
        self._list.hide()
        self._arrange()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.dismiss)
        self.setAccessibleName("Notices")
        self.set_look(look)
        self.hide()

    @property
    def current(self) -> Notice | None:
        """What stands there."""
        return self._waiting[-1] if self._waiting else None

    @property
    def timed(self) -> bool:
        """Whether what stands there goes by itself."""
        return self._timer.isActive()

    @property
    def lines(self) -> int:
        """How many notices the history shows."""
        return self._list.count()

    def say(self, level: str, text: str) -> None:
        """Take a sentence in. The same one twice stands once."""
        notice = Notice(level, text, datetime.now())
        self.history = [*self.history[-_HISTORY:], notice]
        self._list.insertItem(0, _line(notice))
        self._waiting = [old for old in self._waiting if (old.level, old.text) != (level, text)]
        self._waiting = sorted([*self._waiting, notice], key=lambda one: _RANK[one.level])
        self._refresh()
        event = QAccessibleAnnouncementEvent(self, f"{level}: {text}")
        QAccessible.updateAccessibility(event)

    def dismiss(self) -> None:
        """Take away what stands there; what waited comes up. An open history closes first."""
        if self._more.isChecked():
            self._more.setChecked(False)
            return
        self._waiting = self._waiting[:-1]
        self._refresh()

    def show_all(self) -> None:
        """Everything that was said, with its time."""
        self.show()
        self._more.setChecked(True)
        self._list.setFocus()

    def leave_escape(self, left: bool) -> None:
        """Whether Esc belongs to something else for now."""
        self._away.setShortcut("" if left else "Esc")

    def set_look(self, look: Look) -> None:
        """Draw in other colours."""
        self._look = look
        self._refresh()

    def _arrange(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(12, 4, 8, 4)
        row.setSpacing(8)
        row.addWidget(self._sign)
        row.addWidget(self._text, 1)
        row.addWidget(self._more)
        row.addWidget(self._away)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addLayout(row)
        box.addWidget(self._list)

    def _refresh(self) -> None:
        notice = self.current
        self._timer.stop()
        open_list = self._more.isChecked()
        self.setVisible(notice is not None or open_list)
        self._away.setEnabled(notice is not None or open_list)
        nothing = "Nothing was said yet." if open_list and not self.history else ""
        self._text.setText(nothing if notice is None else notice.text)
        self._sign.setText("" if notice is None else _SIGNS[notice.level])
        if notice is not None:
            self._text.setAccessibleName(f"{notice.level}: {notice.text}")
            colour = self._colour(notice.level)
            self._sign.setStyleSheet(f"color: {colour}")
            if notice.level in _SECONDS and not open_list:
                self._timer.start(round(1000 * _SECONDS[notice.level]))
        self.shown.emit(notice)

    def _colour(self, level: str) -> str:
        look = self._look
        return {ERROR: look.bad, WARNING: look.doubtful, NOTE: look.faint}[level]

    def _show_history(self, shown: bool) -> None:
        self._list.setVisible(shown and bool(self.history))
        self._list.setMaximumHeight(8 * self.fontMetrics().height())
        self._refresh()


def _button(text: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setAutoRaise(True)
    return button


def _line(notice: Notice) -> str:
    return f"{notice.when:%H:%M:%S}  {_SIGNS[notice.level]} {notice.level}: {notice.text}"
