"""The style of the system, with boxes one can see on a dark ground and buttons without pictures."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter, QPalette
from PySide6.QtWidgets import QProxyStyle, QStyle, QStyleHintReturn, QStyleOption, QWidget

_DARK = 128
_BOXES = (
    QStyle.PrimitiveElement.PE_IndicatorCheckBox,
    QStyle.PrimitiveElement.PE_IndicatorItemViewItemCheck,
)
_FRAME_ALPHA, _DISABLED_ALPHA = 150, 70


class VisibleBoxes(QProxyStyle):
    """Fusion draws the frame of a check box darker than its ground, whatever the ground is.

    Pictures stand on buttons that Qt knows, not on ours; none is calmer than some.
    """

    def styleHint(
        self,
        hint: QStyle.StyleHint,
        option: QStyleOption | None = None,
        widget: QWidget | None = None,
        returned: QStyleHintReturn | None = None,
    ) -> int:
        """How widgets behave; called by Qt."""
        if hint is QStyle.StyleHint.SH_DialogButtonBox_ButtonsHaveIcons:
            return 0
        return super().styleHint(hint, option, widget, returned)

    def drawPrimitive(
        self,
        element: QStyle.PrimitiveElement,
        option: QStyleOption,
        painter: QPainter,
        widget: QWidget | None = None,
    ) -> None:
        """Draw a box with a frame of the colour of the text; called by Qt."""
        super().drawPrimitive(element, option, painter, widget)
        ground = option.palette.color(QPalette.ColorRole.Base)
        if element not in _BOXES or ground.lightness() >= _DARK:
            return
        enabled = bool(option.state & QStyle.StateFlag.State_Enabled)
        frame = QColor(option.palette.color(QPalette.ColorRole.Text))
        frame.setAlpha(_FRAME_ALPHA if enabled else _DISABLED_ALPHA)
        painter.save()
        painter.setPen(frame)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(option.rect.adjusted(0, 0, -1, -1))
        painter.restore()
