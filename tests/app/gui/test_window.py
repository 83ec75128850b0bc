"""The window as a whole: tree, stepping, commands, notices, text size, first steps."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible, QColor, QGuiApplication, QKeySequence, QPalette
from PySide6.QtWidgets import QApplication, QLineEdit, QTabBar, QWidget
from pytestqt.qtbot import QtBot

from app.gui.command_list import CommandList
from app.gui.help import TextWindow
from app.gui.main_window import MainWindow
from app.gui.tour import Stop, Tour
from app.gui.tree.model import LIGHT_ROLE
from app.session.states import Light
from tests.app.program import counts, write_matrix

Load = Callable[[Path], None]


@pytest.fixture
def loaded(window: MainWindow, load: Load, tmp_path: Path) -> MainWindow:
    """Two regions of one sample, two of another, three steps each."""
    folder = tmp_path / "cells"
    folder.mkdir()
    for name in ("cellA__S 2p", "cellA__P 2p", "cellB__S 2p", "cellB__P 2p"):
        write_matrix(folder / f"{name}.csv", counts(3))
    load(folder)
    window.activateWindow()
    return window


def press(qtbot: QtBot, window: MainWindow, text: str) -> None:
    """The keys of a command, as its action would get them."""
    action = window.actions_.action(text)
    assert action.isEnabled()
    action.trigger()


# --- tree ----------------------------------------------------------------------------------


def test_a_click_in_the_tree_shows_the_region(qtbot: QtBot, loaded: MainWindow) -> None:
    bench, tree = loaded.workbench, loaded.tree
    bench.look(step=2)
    place = tree.view.visualRect(tree.model.place_of("cellB", "P 2p")).center()
    qtbot.mouseClick(tree.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    view = bench.project.view
    assert (view.sample, view.region, view.step) == ("cellB", "P 2p", 2)
    qtbot.keyClick(tree.view, Qt.Key.Key_Down)
    assert bench.project.view.region == "S 2p"


def test_the_tree_follows_what_is_looked_at(loaded: MainWindow) -> None:
    loaded.workbench.look(sample="cellA", region="P 2p")
    assert loaded.tree.model.names(loaded.tree.view.currentIndex()) == ("cellA", "P 2p")
    loaded.workbench.turn_region(1)
    assert loaded.tree.model.names(loaded.tree.view.currentIndex()) == ("cellA", "S 2p")


def test_lights_say_how_far_a_region_is(loaded: MainWindow) -> None:
    place = loaded.tree.model.place_of("cellA", "S 2p")
    assert place.data(LIGHT_ROLE) == Light.OPEN
    assert "0 of 3 steps fitted" in place.data(Qt.ItemDataRole.ToolTipRole)
    loaded.workbench.session.undo()
    assert loaded.workbench.project.plan is None
    place = loaded.tree.model.place_of("cellA", "S 2p")
    assert place.data(LIGHT_ROLE) == Light.EMPTY


def test_removing_can_be_undone_and_survives_a_save(
    qtbot: QtBot, loaded: MainWindow, tmp_path: Path
) -> None:
    bench, tree = loaded.workbench, loaded.tree
    tree.view.setCurrentIndex(tree.model.place_of("cellB", "P 2p"))
    tree.view.setFocus()
    qtbot.keyClick(tree.view, Qt.Key.Key_Delete)
    assert list(bench.project.samples[1].series) == ["S 2p"]
    bench.session.undo()
    assert list(bench.project.samples[1].series) == ["P 2p", "S 2p"]
    bench.session.redo()
    path = tmp_path / "a.deconvolyte"
    loaded.files.save_to(path)
    qtbot.waitUntil(lambda: loaded.files.is_saved)
    loaded.files.close()
    loaded.files.open(path)
    qtbot.waitUntil(lambda: bool(bench.project.samples))
    assert [list(one.series) for one in bench.project.samples] == [["P 2p", "S 2p"], ["S 2p"]]


# --- stepping ------------------------------------------------------------------------------


def test_arrows_step_unless_a_text_field_has_the_keyboard(qtbot: QtBot, loaded: MainWindow) -> None:
    bench = loaded.workbench
    loaded.spectrum.setFocus()
    qtbot.keyClick(loaded, Qt.Key.Key_Right)
    qtbot.keyClick(loaded, Qt.Key.Key_Right)
    qtbot.keyClick(loaded, Qt.Key.Key_Right)
    assert bench.project.view.step == 2
    qtbot.keyClick(loaded, Qt.Key.Key_Left)
    assert bench.project.view.step == 1
    loaded.tree.view.setFocus()
    qtbot.keyClick(loaded.tree.view, Qt.Key.Key_Right)
    assert bench.project.view.step == 2
    field = QLineEdit("12", loaded)
    field.show()
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_Left)
    assert bench.project.view.step == 2
    assert field.cursorPosition() == 1
    field.clearFocus()
    qtbot.keyClick(loaded, Qt.Key.Key_Left)
    assert bench.project.view.step == 1


# --- commands ------------------------------------------------------------------------------


def test_no_two_commands_share_a_name_or_a_key(window: MainWindow) -> None:
    commands = window.actions_.commands
    texts = [command.text for command in commands]
    assert len(set(texts)) == len(texts)
    keys = [key.toString() for command in commands for key in command.shortcuts]
    assert len(set(keys)) == len(keys)
    assert {"Ctrl+O", "Ctrl+S", "Ctrl+F", "Ctrl+Z", "Ctrl+Y", "Ctrl+K", "F1"} <= set(keys)


def test_the_list_of_commands_finds_and_runs(qtbot: QtBot, loaded: MainWindow) -> None:
    press(qtbot, loaded, "All commands...")
    listed = loaded.findChild(CommandList)
    assert listed is not None
    qtbot.keyClicks(listed.filter, "step last")
    shown = [
        listed.list.topLevelItem(row)
        for row in range(listed.list.topLevelItemCount())
        if not listed.list.topLevelItem(row).isHidden()
    ]
    assert [item.text(1) for item in shown] == ["Last step"]
    qtbot.keyClick(listed.filter, Qt.Key.Key_Return)
    assert loaded.workbench.project.view.step == 2
    assert not listed.isVisible()


def test_what_cannot_be_done_now_is_grey(window: MainWindow) -> None:
    for text in ("Save", "Undo", "Redo", "Fit this spectrum", "Next step"):
        assert not window.actions_.action(text).isEnabled()
    for text in ("Open...", "Help", "Quit"):
        assert window.actions_.action(text).isEnabled()


def test_help_holds_the_guide_and_all_keys(qtbot: QtBot, window: MainWindow) -> None:
    press(qtbot, window, "Help")
    press(qtbot, window, "About Deconvolyte")
    shown = [text.text.toPlainText() for text in window.findChildren(TextWindow)]
    assert any("Choose phases" in text and "Ctrl+K" in text for text in shown)
    assert any("GNU General Public License" in text and "numpy" in text for text in shown)
    for text in window.findChildren(TextWindow):
        text.reject()


# --- notices -------------------------------------------------------------------------------


def test_an_error_stands_until_it_is_dismissed(qtbot: QtBot, window: MainWindow) -> None:
    bar = window.notices
    window.workbench.said.emit("error", "a.vms, line 3: is cut")
    window.workbench.said.emit("note", "Saved")
    assert bar.current is not None
    assert bar.current.text == "a.vms, line 3: is cut"
    assert not bar.timed
    bar.dismiss()
    assert bar.current.text == "Saved"
    assert bar.timed
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: bar.current is None)
    assert not bar.isVisible()
    assert [notice.text for notice in bar.history] == ["a.vms, line 3: is cut", "Saved"]
    press(qtbot, window, "All notices")
    assert bar.isVisible()
    assert bar.lines == 2
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not bar.isVisible())


def test_the_same_notice_twice_stands_once(window: MainWindow) -> None:
    for _ in range(3):
        window.workbench.said.emit("warning", "the log ends early")
    window.notices.dismiss()
    assert window.notices.current is None


# --- title, look, text ---------------------------------------------------------------------


def test_the_title_says_what_is_open_and_unsaved(
    qtbot: QtBot, window: MainWindow, load: Load, matrix: Path, tmp_path: Path
) -> None:
    assert window.windowTitle() == "Deconvolyte"
    load(matrix)
    assert window.windowTitle() == "Untitled[*] – Deconvolyte"
    assert window.isWindowModified()
    window.files.save_to(tmp_path / "cell")
    qtbot.waitUntil(lambda: not window.isWindowModified())
    assert window.windowTitle() == "cell[*] – Deconvolyte"
    assert (tmp_path / "cell.deconvolyte").exists()


def test_the_look_follows_the_system(qtbot: QtBot, loaded: MainWindow) -> None:
    before = QGuiApplication.palette()
    dark = QPalette(before)
    dark.setColor(QPalette.ColorRole.Base, QColor("#101010"))
    try:
        QApplication.setPalette(dark)
        qtbot.waitUntil(lambda: loaded.look.dark)
        assert loaded.spectrum.canvas.backgroundBrush().color().name() == loaded.look.ground
    finally:
        QApplication.setPalette(before)
    qtbot.waitUntil(lambda: not loaded.look.dark)


def test_text_grows_and_is_remembered(qtbot: QtBot, window: MainWindow) -> None:
    before = window.font().pointSizeF()
    press(qtbot, window, "Larger text")
    qtbot.waitUntil(lambda: window.font().pointSizeF() > 1.05 * before)
    assert window.files.settings.text_percent == 110
    press(qtbot, window, "Normal text")
    qtbot.waitUntil(lambda: window.font().pointSizeF() == before)


def test_all_buttons_can_be_read_aloud_and_reached(loaded: MainWindow) -> None:
    from PySide6.QtWidgets import QAbstractButton

    for button in loaded.findChildren(QAbstractButton):
        if button.isVisible() and button.focusPolicy() != Qt.FocusPolicy.NoFocus:
            assert button.accessibleName() or button.text(), button


# --- first steps ---------------------------------------------------------------------------


def test_the_tour_comes_once_points_at_controls_and_can_be_skipped(
    qtbot: QtBot, window: MainWindow, load: Load, matrix: Path
) -> None:
    window.files.settings = replace(window.files.settings, tour_done=False)
    load(matrix)
    tour = window.tour
    assert tour is not None
    tour.further()
    fit = window.tools.widgetForAction(window.actions_.action("Fit this spectrum"))
    assert not tour.bubble.geometry().contains(fit.mapTo(window, QPoint(2, 2)))
    assert window.childAt(fit.mapTo(window, QPoint(5, 5))) is fit  # the mouse goes through
    qtbot.mouseClick(tour.bubble.skip, Qt.MouseButton.LeftButton)
    assert window.tour is None
    assert window.files.settings.tour_done
    window.files.close()
    load(matrix)
    assert window.tour is None


def test_doing_what_the_tour_says_takes_it_further(
    qtbot: QtBot, window: MainWindow, load: Load, matrix: Path
) -> None:
    window.files.settings = replace(window.files.settings, tour_done=False)
    load(matrix)
    tour = window.tour
    assert tour is not None
    tour.further()
    fit = window.tools.widgetForAction(window.actions_.action("Fit this spectrum"))
    qtbot.mouseClick(fit, Qt.MouseButton.LeftButton)
    assert tour.place == 2
    window.workbench.jobs.wait()
    window.actions_.action("Fit this spectrum").trigger()
    assert tour.place == 2
    tour.end()


def test_what_tab_reaches_has_a_name(loaded: MainWindow) -> None:
    loaded.strip.refresh()
    loaded.plan.refresh()
    reached: list[QWidget] = [loaded.tree.view]
    for _ in range(60):
        loaded.focusNextChild()
        widget = loaded.focusWidget()
        assert widget is not None
        reached.append(widget)
    assert {loaded.spectrum.canvas, loaded.strip.slider, loaded.plan.components.view} < {*reached}
    for widget in reached:
        spoken = QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)
        assert spoken or isinstance(widget, QTabBar), widget


def test_a_control_that_is_not_there_is_told_in_the_middle(
    qtbot: QtBot, window: MainWindow
) -> None:
    tour = Tour(window, [Stop("one", lambda: None), Stop("two", lambda: window.tools)], window.look)
    assert tour.bubble.isVisible()
    qtbot.mouseClick(tour.bubble.further, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(tour.ended):
        qtbot.mouseClick(tour.bubble.further, Qt.MouseButton.LeftButton)


def test_keys_are_shown_as_the_system_writes_them(window: MainWindow) -> None:
    tip = window.actions_.action("Fit this spectrum").toolTip()
    native = QKeySequence("Ctrl+F").toString(QKeySequence.SequenceFormat.NativeText)
    assert tip.endswith(f"({native})")
