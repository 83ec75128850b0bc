"""Choosing phases from the library: found by typing, with where their lines are."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.batch.figures.labels import phase_label
from app.session.phases import PhaseChoice

_KEY = Qt.ItemDataRole.UserRole
_COLUMNS = ("Phase", "Formula", "Lines in what is open", "Evidence", "Other lines")


class PhaseChooser(QDialog):
    """What was typed filters; Enter adds what is marked.

    Parameters
    ----------
    choices : in their order
    add : is given the keys that were chosen
    """

    def __init__(
        self,
        choices: Sequence[PhaseChoice],
        add: Callable[[Sequence[str]], object],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Add phases")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._add = add
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Name, formula, element or core level, as Li2S or S 2p")
        self.filter.setAccessibleName("Filter of the phases")
        self.filter.setClearButtonEnabled(True)
        self.list = QTreeWidget()
        self.list.setHeaderLabels(_COLUMNS)
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setAllColumnsShowFocus(True)
        self.list.setAlternatingRowColors(True)
        self.list.setAccessibleName("Phases of the library")
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.none = QLabel("Nothing in the library is called that.")
        self.none.hide()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.button: QPushButton = buttons.addButton("Add", QDialogButtonBox.ButtonRole.AcceptRole)
        cancel = buttons.button(QDialogButtonBox.StandardButton.Cancel)
        cancel.setAutoDefault(False)
        self.button.setDefault(True)
        buttons.accepted.connect(self.add)
        buttons.rejected.connect(self.reject)
        box = QVBoxLayout(self)
        for widget in (self.filter, self.list, self.none, buttons):
            box.addWidget(widget)
        self._fill(choices)
        self.filter.textChanged.connect(self._narrow)
        self.filter.installEventFilter(self)
        self.list.itemDoubleClicked.connect(lambda *_: self.add())
        self.list.itemSelectionChanged.connect(self._allow)
        text = self.fontMetrics()
        self.resize(120 * text.averageCharWidth(), 30 * text.height())
        self._narrow("")

    def add(self) -> None:
        """Take what is marked over, after the dialog has gone."""
        keys = [item.data(0, _KEY) for item in self.list.selectedItems() if not item.isHidden()]
        if keys:
            self.accept()
            self._add(keys)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrows move the mark while one types; called by Qt."""
        if watched is self.filter and isinstance(event, QKeyEvent):
            moves = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
            if event.type() == QEvent.Type.KeyPress and event.key() in moves:
                self.list.keyPressEvent(event)
                return True
        return super().eventFilter(watched, event)

    def _fill(self, choices: Sequence[PhaseChoice]) -> None:
        for one in choices:
            label = phase_label(one.key)
            name = f"{label} (in the plan)" if one.planned else label
            cells = [
                name,
                phase_label(one.formula) if one.formula else "",
                ", ".join(one.here),
                ", ".join(one.evidence),
                ", ".join(one.elsewhere),
            ]
            item = QTreeWidgetItem(cells)
            item.setData(0, _KEY, one.key)
            item.setData(1, _KEY, one.words)
            item.setToolTip(0, one.name)
            item.setToolTip(3, "Where the positions were read: primary is best")
            item.setDisabled(one.planned)
            self.list.addTopLevelItem(item)
        header = self.list.header()
        header.setStretchLastSection(True)
        for column in range(4):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)

    def _narrow(self, text: str) -> None:
        words = text.lower().split()
        first: QTreeWidgetItem | None = None
        shown = 0
        for row in range(self.list.topLevelItemCount()):
            item = self.list.topLevelItem(row)
            if item is None:
                continue
            found = all(word in item.data(1, _KEY) for word in words)
            item.setHidden(not found)
            shown += found
            if found and first is None and not item.isDisabled():
                first = item
        self.list.clearSelection()
        if first is not None:
            self.list.setCurrentItem(first)
        self.none.setVisible(shown == 0)
        self._allow()

    def _allow(self) -> None:
        count = sum(not item.isHidden() for item in self.list.selectedItems())
        self.button.setEnabled(count > 0)
        self.button.setText(f"Add {count} phases" if count > 1 else "Add")
