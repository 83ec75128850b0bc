"""Choosing phases from the library: found by typing, with where their lines are."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.batch.figures.labels import phase_label
from app.gui.filtered import FilteredList
from app.session.phases import PhaseChoice

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
        hint = "Name, formula, element or core level, as Li2S or S 2p"
        self.rows = FilteredList("Phases of the library", hint)
        self.filter, self.list = self.rows.filter, self.rows.list
        self.list.setHeaderLabels(_COLUMNS)
        self.list.setAllColumnsShowFocus(True)
        self.list.setAlternatingRowColors(True)
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
        for widget in (self.rows, self.none, buttons):
            box.addWidget(widget)
        self._fill(choices)
        self.rows.narrowed.connect(self._narrowed)
        self.list.itemDoubleClicked.connect(lambda *_: self.add())
        self.list.itemSelectionChanged.connect(self._allow)
        text = self.fontMetrics()
        self.resize(120 * text.averageCharWidth(), 30 * text.height())
        self.rows.narrow()

    def add(self) -> None:
        """Take what is marked over, after the dialog has gone."""
        keys = self.rows.selected
        if keys:
            self.accept()
            self._add(keys)

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
            item = self.rows.add(one.key, cells, one.words)
            item.setToolTip(0, one.name)
            item.setToolTip(3, "Where the positions were read: primary is best")
            item.setDisabled(one.planned)
        header = self.list.header()
        header.setStretchLastSection(True)
        for column in range(4):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)

    def _narrowed(self, left: int) -> None:
        self.none.setVisible(left == 0)
        self._allow()

    def _allow(self) -> None:
        count = len(self.rows.selected)
        self.button.setEnabled(count > 0)
        self.button.setText(f"Add {count} phases" if count > 1 else "Add")
