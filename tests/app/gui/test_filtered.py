"""A list narrowed by typing: what is left, what is marked, arrows, what cannot be chosen."""

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.gui.filtered import FilteredList


def made(qtbot: QtBot) -> FilteredList:
    rows = FilteredList("Things", "type")
    qtbot.addWidget(rows)
    for key, words in (("a", "red Apple"), ("b", "green apple"), ("c", "red cherry")):
        rows.add(key, [words], words)
    rows.add("d", ["red wine"], "red wine").setDisabled(True)
    rows.show()
    rows.narrow()
    return rows


def test_every_word_counts_and_the_first_is_marked(qtbot: QtBot) -> None:
    rows = made(qtbot)
    left: list[int] = []
    rows.narrowed.connect(left.append)
    assert rows.selected == ["a"]
    qtbot.keyClicks(rows.filter, "apple gr")
    assert rows.selected == ["b"]
    assert left[-1] == 1
    rows.filter.setText("nothing of that")
    assert rows.selected == []
    assert left[-1] == 0


def test_arrows_move_the_mark_while_one_types(qtbot: QtBot) -> None:
    rows = made(qtbot)
    qtbot.keyClicks(rows.filter, "RED")
    assert rows.selected == ["a"]
    qtbot.keyClick(rows.filter, Qt.Key.Key_Down)
    assert rows.selected == ["c"]
    qtbot.keyClick(rows.filter, Qt.Key.Key_Up)
    assert rows.selected == ["a"]
    assert rows.filter.text() == "RED"


def test_what_is_disabled_is_seen_and_never_chosen(qtbot: QtBot) -> None:
    rows = made(qtbot)
    qtbot.keyClicks(rows.filter, "wine")
    item = rows.list.topLevelItem(3)
    assert item is not None
    assert not item.isHidden()
    assert rows.selected == []
