"""A question in the window itself: nothing is blocked while it waits for its answer."""

from collections.abc import Callable, Mapping

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget


class QuestionBar(QFrame):
    """A sentence and its answers, on top of the window."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Question")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._text = QLabel(self)
        self._text.setWordWrap(True)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 8, 12, 8)
        self._row.setSpacing(8)
        self._row.addWidget(self._text, 1)
        self._buttons: list[QPushButton] = []
        self.hide()

    def ask(self, text: str, answers: Mapping[str, Callable[[], object]]) -> None:
        """Ask; the first answer is the one that Enter gives. A question before it is dropped."""
        self._clear()
        self._text.setText(text)
        self.setAccessibleDescription(text)
        for label, act in answers.items():
            button = QPushButton(label, self)
            button.setAccessibleDescription(text)
            button.clicked.connect(lambda _=False, act=act: self._answer(act))
            button.setAutoDefault(True)
            self._row.addWidget(button)
            self._buttons.append(button)
        self.show()
        if self._buttons:
            self._buttons[0].setFocus()

    def answer(self, label: str) -> QPushButton:
        """The button of an answer. Raises KeyError."""
        for button in self._buttons:
            if button.text() == label:
                return button
        raise KeyError(label)

    def _answer(self, act: Callable[[], object]) -> None:
        self._clear()
        act()

    def _clear(self) -> None:
        for button in self._buttons:
            self._row.removeWidget(button)
            button.deleteLater()
        self._buttons = []
        self.hide()
