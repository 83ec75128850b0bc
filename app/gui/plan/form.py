"""A form for fields of a plan: one control a field, nothing taken over that is no number."""

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QWidget,
)

from app.session.plan_forms import Field, Kind
from app.session.typed import number_of
from fitting.errors import PlanError


class Form(QWidget):
    """Controls for fields.

    Signals
    -------
    filled : name, value; None for an empty field
    wrong : a sentence
    """

    filled = Signal(str, object)
    wrong = Signal(str)

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.controls: dict[str, QWidget] = {}
        self._title = title
        self._fields: tuple[Field, ...] = ()
        self._values: dict[str, Any] = {}
        self._layout = QFormLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setHorizontalSpacing(8)
        self._layout.setVerticalSpacing(4)
        self._layout.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)

    def show_fields(
        self, fields: Sequence[Field], values: Mapping[str, Any], hints: Mapping[str, str]
    ) -> None:
        """Ask for these fields; what is being typed is left alone.

        Parameters
        ----------
        hints : name -> what holds where it is empty
        """
        if tuple(fields) != self._fields:
            self._make(tuple(fields))
        self._values = dict(values)
        for field in self._fields:
            with QSignalBlocker(self.controls[field.name]):
                _fill(self.controls[field.name], field, values.get(field.name))
            control = self.controls[field.name]
            if isinstance(control, QLineEdit):
                control.setPlaceholderText(hints.get(field.name, ""))

    def refresh(self) -> None:
        """Show again what holds: after something was refused."""
        for field in self._fields:
            control = self.controls[field.name]
            if isinstance(control, QLineEdit):
                control.setModified(False)
        hints = {
            name: control.placeholderText()
            for name, control in self.controls.items()
            if isinstance(control, QLineEdit)
        }
        self.show_fields(self._fields, self._values, hints)

    def _make(self, fields: tuple[Field, ...]) -> None:
        while self._layout.rowCount():
            self._layout.removeRow(0)
        self._fields, self.controls = fields, {}
        for field in fields:
            control = self._control(field)
            control.setAccessibleName(f"{self._title}: {field.label}")
            control.setToolTip(field.meaning)
            self.controls[field.name] = control
            self._layout.addRow(field.label, control)
            self._layout.labelForField(control).setToolTip(field.meaning)

    def _control(self, field: Field) -> QWidget:
        if field.kind is Kind.CHOICE:
            combo = QComboBox()
            for word in (*([""] if field.optional else []), *field.choices):
                combo.addItem(field.written(word), word)
            combo.activated.connect(
                lambda _: self.filled.emit(field.name, combo.currentData() or None)
            )
            return combo
        if field.kind is Kind.FLAG:
            box = QCheckBox()
            box.clicked.connect(lambda on: self.filled.emit(field.name, on))
            return box
        if field.kind is Kind.CHOICES:
            return _Several(field, lambda words: self.filled.emit(field.name, words))
        line = QLineEdit()
        line.editingFinished.connect(lambda: self._typed(field, line))
        return line

    def _typed(self, field: Field, line: QLineEdit) -> None:
        if not line.isModified():
            return
        line.setModified(False)
        try:
            value = _value(field, line.text())
        except PlanError as error:
            self.wrong.emit(f"{field.label}: {error.problem}")
            self.refresh()
            return
        if value == self._values.get(field.name):
            self.refresh()
            return
        self.filled.emit(field.name, value)


class _Several(QWidget):
    """A tick for each word."""

    def __init__(self, field: Field, changed: Any) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        self._boxes = {word: QCheckBox(word) for word in field.choices}
        for word, box in self._boxes.items():
            box.setAccessibleName(f"{field.label}: {word}")
            box.clicked.connect(lambda _: changed(self.words))
            row.addWidget(box)
        row.addStretch(1)

    @property
    def words(self) -> tuple[str, ...]:
        """What is ticked."""
        return tuple(word for word, box in self._boxes.items() if box.isChecked())

    def show_words(self, words: Sequence[str]) -> None:
        """Tick these."""
        for word, box in self._boxes.items():
            with QSignalBlocker(box):
                box.setChecked(word in words)


def _fill(control: QWidget, field: Field, value: Any) -> None:
    if isinstance(control, QComboBox):
        word = "" if value is None else str(value)
        if control.findData(word) < 0:
            control.addItem(word, word)
        control.setCurrentIndex(control.findData(word))
    elif isinstance(control, QCheckBox):
        control.setChecked(bool(value))
    elif isinstance(control, _Several):
        control.show_words(value or ())
    elif isinstance(control, QLineEdit) and not (control.hasFocus() and control.isModified()):
        text = _text(field, value)
        if text != control.text():
            control.setText(text)


def _text(field: Field, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, (int, float)):
        return f"{value:.8g}"
    if isinstance(value, str):
        return value
    if isinstance(value, (tuple, list)):
        return ", ".join(str(one) for one in value)
    free = value if isinstance(value, Mapping) else value.model_dump(exclude_none=True)
    return ", ".join(f"{name} {number:g}" for name, number in free.items()) or "free"


def _value(field: Field, text: str) -> Any:
    """What was typed, in the type of the field; None where it is empty."""
    if not text.strip():
        if field.optional:
            return None
        raise PlanError(field.name, "must not be empty")
    if field.kind is Kind.TEXT:
        return text.strip()
    if field.kind in (Kind.WORDS, Kind.WHOLES):
        words = tuple(word.strip() for word in text.split(",") if word.strip())
        return words if field.kind is Kind.WORDS else tuple(int(number_of(w)) for w in words)
    number = number_of(text)
    if field.kind is Kind.NUMBER:
        return number
    if number != int(number):
        raise PlanError(field.name, f"{text.strip()} is no whole number")
    return int(number)
