"""Nothing is lost: what a crash left is offered, and closing asks only if work is unsaved."""

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.gui.files import Autosave, Files, nothing
from app.gui.opening.opener import Opener
from app.gui.question import QuestionBar
from app.session.recovery import Copy, discard


class Safety(QObject):
    """Asks before anything unsaved is replaced or closed.

    Until ``protect`` is called there are no copies and no questions.
    """

    def __init__(
        self, files: Files, question: QuestionBar, opener: Opener, window: QWidget
    ) -> None:
        super().__init__(window)
        self._files, self._question, self._opener = files, question, opener
        self._window = window
        self.autosave: Autosave | None = None
        self._close_now = False
        opener.guard = self.guard

    @property
    def protected(self) -> bool:
        """Whether copies are kept."""
        return self.autosave is not None

    def protect(self, autosave: Autosave) -> None:
        """Keep copies from now on, and offer what crashes left."""
        self.autosave = autosave
        self._offer(list(autosave.left_over()))

    def guard(self, act: Callable[[], object]) -> None:
        """Do something that replaces the project, after asking if that loses work."""
        self._guard(act, nothing)

    def _guard(self, act: Callable[[], object], cancelled: Callable[[], object]) -> None:
        if not self.protected or self._files.is_saved:
            act()
            return
        self._ask("Save the changes to {name} first?", act, cancelled)

    def may_close(self) -> bool:
        """Whether the window can go; if not, the user is being asked."""
        if self._close_now or not self.protected or self._files.is_saved:
            return True
        self._ask("Save the changes to {name} before closing?", self._close, nothing)
        return False

    def end(self) -> None:
        """The window goes."""
        if self.autosave is not None:
            self.autosave.end()
            self.autosave = None

    def _close(self) -> None:
        self._close_now = True
        self._window.close()

    def _ask(self, text: str, act: Callable[[], object], cancelled: Callable[[], object]) -> None:
        self._question.ask(
            text.format(name=self._files.name),
            {
                "Save": lambda: self._opener.save(act),
                "Discard": act,
                "Cancel": cancelled,
            },
        )

    def _offer(self, copies: list[Copy]) -> None:
        if not copies:
            return
        copy, others = copies[0], copies[1:]
        when = f"{datetime.fromtimestamp(copy.when):%a %d %b, %H:%M}"
        fitted = "1 fitted step" if copy.fits == 1 else f"{copy.fits} fitted steps"
        name = copy.name or "an unnamed project"
        more = f" ({len(others)} older)" if others else ""
        later = " It was saved after that." if copy.outdated else ""
        self._question.ask(
            f"The program ended unexpectedly. Kept on {when}: {name}, {fitted}{more}.{later}",
            {
                "Restore": lambda: self._guard(
                    lambda: self._files.restore(copy, lambda: self._adopt(copy)),
                    lambda: self._offer(copies),
                ),
                "Discard": lambda: self._discard(copy, others),
                "Later": nothing,
            },
        )

    def _adopt(self, copy: Copy) -> None:
        if self.autosave is not None:
            self.autosave.adopt(copy)

    def _discard(self, copy: Copy, others: list[Copy]) -> None:
        discard(copy.path)
        self._offer(others)
