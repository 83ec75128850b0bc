"""How rows of the plan are painted: colours of phases, signs of states."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QIcon, QMouseEvent, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLineEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.gui.look import Look
from app.gui.plan.marks import mark_icon, swatch
from app.gui.view_models.plan_components import MARK_ROLE, OLD_ROLE, PHASE_ROLE
from app.session.plan_rows import Mark
from fitting.plan import Plan


class Painted(QStyledItemDelegate):
    """Phases with their colour, states with their sign, old numbers fainter.

    Signals
    -------
    mark_clicked : index whose sign of a state was clicked
    """

    mark_clicked = Signal(object)

    def __init__(self, look: Look, view: QAbstractItemView) -> None:
        super().__init__(view)
        self.look = look
        self._view = view
        self._colours: Mapping[str, str] = {}
        self._marks: dict[tuple[Mark, str, int, float], QIcon] = {}
        self._swatches: dict[tuple[str, int, float], QIcon] = {}

    def show_plan(self, plan: Plan | None) -> None:
        """Take the colours of a plan over."""
        self._colours = self.look.phases(plan)

    def initStyleOption(self, option: QStyleOptionViewItem, index: Any) -> None:
        """Called by Qt."""
        super().initStyleOption(option, index)
        phase, mark = index.data(PHASE_ROLE), index.data(MARK_ROLE)
        if phase is not None:
            colour = self._colours.get(phase, self.look.faint)
            self._decorate(option, self._swatch(colour))
            if index.column() == 0 and index.model().rowCount(index) > 0:
                option.font.setWeight(QFont.Weight.DemiBold)
        if mark is not None:
            self._decorate(option, self._mark(Mark(mark), option.palette))
            option.text = _cut(
                option.text, option.fontMetrics, option.rect.width() - 1.8 * self._size[0]
            )
        if index.data(OLD_ROLE):
            option.palette.setColor(QPalette.ColorRole.Text, QColor(self.look.faint))

    def editorEvent(
        self, event: QEvent, model: Any, option: QStyleOptionViewItem, index: Any
    ) -> bool:
        """A click on the sign of a state is told and selects; called by Qt."""
        kinds = (QEvent.Type.MouseButtonRelease, QEvent.Type.MouseButtonDblClick)
        if index.data(MARK_ROLE) is None or event.type() not in kinds:
            return super().editorEvent(event, model, option, index)
        assert isinstance(event, QMouseEvent)
        beside = event.position().x() - option.rect.left()
        if event.button() is not Qt.MouseButton.LeftButton or beside > 1.5 * self._size[0]:
            return super().editorEvent(event, model, option, index)
        self.mark_clicked.emit(index)
        return True

    def setEditorData(self, editor: QWidget, index: Any) -> None:
        """What is being typed is left alone when a fit comes in; called by Qt."""
        if isinstance(editor, QLineEdit) and editor.isModified():
            return
        super().setEditorData(editor, index)
        if isinstance(editor, QLineEdit) and index.data(MARK_ROLE) is not None:
            editor.setPlaceholderText("0.6–1.8, or a link")

    @property
    def _size(self) -> tuple[int, float]:
        return self._view.fontMetrics().height(), self._view.devicePixelRatioF()

    def _decorate(self, option: QStyleOptionViewItem, icon: QIcon) -> None:
        option.icon = icon
        option.features |= QStyleOptionViewItem.ViewItemFeature.HasDecoration
        option.decorationSize = QSize(self._size[0], self._size[0])
        option.decorationAlignment = Qt.AlignmentFlag.AlignCenter

    def _swatch(self, colour: str) -> QIcon:
        key = (colour, *self._size)
        if key not in self._swatches:
            self._swatches[key] = QIcon(swatch(*key))
        return self._swatches[key]

    def _mark(self, mark: Mark, palette: QPalette) -> QIcon:
        size, ratio = self._size
        colour = self.look.doubtful if mark is Mark.AT_BOUND else self.look.ink
        key = (mark, colour, size, ratio)
        if key not in self._marks:
            icon = QIcon(mark_icon(mark, colour, size, ratio))
            marked = palette.color(QPalette.ColorRole.HighlightedText).name()
            icon.addPixmap(mark_icon(mark, marked, size, ratio), QIcon.Mode.Selected)
            self._marks[key] = icon
        return self._marks[key]


def _cut(link: str, metrics: QFontMetrics, room: float) -> str:
    """A link that fits: its name is cut, never its sign and number."""
    if metrics.horizontalAdvance(link) <= room:
        return link
    name, gap, number = link.partition(" ")
    left = room - metrics.horizontalAdvance(gap + number)
    return metrics.elidedText(name, Qt.TextElideMode.ElideRight, round(left)) + gap + number
