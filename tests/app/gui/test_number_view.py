"""Tables of numbers: long words leave room for the numbers beside them."""

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.gui.results.table import NumberView
from app.session.numbers import NumberTable

NOTE = "no onset: it is there from the first step on, and nothing was measured before that"
ROWS = (("cellA", "Onset", "–", NOTE), ("cellA", "Saturation", "0.332 ± 0.002", ""))


def test_words_are_cut_and_numbers_stand_right(qtbot: QtBot) -> None:
    view = NumberView()
    qtbot.addWidget(view)
    places = (("cellA", None), ("cellA", None))
    titles = ("Sample", "Quantity", "Value", "Note")
    view.show_numbers(NumberTable(titles, titles, places, ROWS.__getitem__, ROWS.__getitem__))
    assert view.columnWidth(3) < view.fontMetrics().horizontalAdvance(NOTE)
    assert view.columnWidth(2) >= view.fontMetrics().horizontalAdvance(ROWS[1][2])
    note = view.numbers.index(0, 3)
    assert note.data(Qt.ItemDataRole.ToolTipRole) == NOTE
    sides = [view.numbers.index(1, k).data(Qt.ItemDataRole.TextAlignmentRole) for k in (1, 2)]
    assert sides == [None, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter]
