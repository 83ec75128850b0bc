"""Live fits on the real window: what follows an edit, what does not, and what undo takes back."""

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from app.gui.main_window import MainWindow
from app.gui.view_models.plan_components import RULE, VALUE
from app.gui.window_commands import LIVE
from app.session.plan_edits import move_to, setting_of
from app.session.settings import load_settings, settings_file
from fitting.plan import Free
from tests.app.gui.hand import FIT_MS, begin_typing, fit_of, plan_of, type_into


@contextmanager
def fit_follows(qtbot: QtBot, window: MainWindow) -> Iterator[None]:
    """What is done within changes the plan, and the fit of the step comes up to it by itself."""
    plan, fit = plan_of(window), fit_of(window)
    yield
    assert plan_of(window) is not plan
    jobs, bench = window.workbench.jobs, window.workbench
    qtbot.waitUntil(lambda: not jobs.is_running("follow"), timeout=FIT_MS)
    assert fit_of(window) is not fit
    assert bench.project.is_current(fit_of(window))
    window.plan.refresh()


def type_cell(qtbot: QtBot, window: MainWindow, parameter: str, column: int, text: str) -> None:
    window.plan.refresh()
    type_into(qtbot, window, window.plan.components.model.cell_of("a", parameter, column), text)


def test_a_typed_value_is_fitted_and_both_are_one_undo_step(
    qtbot: QtBot, fitted: MainWindow
) -> None:
    before, plan = fit_of(fitted), plan_of(fitted)
    with fit_follows(qtbot, fitted):
        type_cell(qtbot, fitted, "center", VALUE, "161.7")
    after, session = fit_of(fitted), fitted.workbench.session
    session.undo()
    assert plan_of(fitted) is plan
    assert fit_of(fitted) is before
    assert not fitted.workbench.jobs.is_running("follow")
    session.redo()
    assert fit_of(fitted) is after
    assert not fitted.workbench.jobs.is_running("follow")


def test_bounds_links_and_states_are_fitted(qtbot: QtBot, fitted: MainWindow) -> None:
    with fit_follows(qtbot, fitted):
        type_cell(qtbot, fitted, "fwhm", RULE, "0.8-1.6")
    assert fitted.plan.components.model.cell_of("a", "fwhm", 2).data().startswith("± ")
    view = fitted.plan.components.view
    view.setCurrentIndex(fitted.plan.components.model.cell_of("a", "center", VALUE))
    with fit_follows(qtbot, fitted):
        qtbot.keyClick(view, Qt.Key.Key_Space)
    assert isinstance(setting_of(plan_of(fitted), "a", "center"), Free)
    rect = view.visualRect(fitted.plan.components.model.cell_of("a", "fwhm", RULE))
    sign = QPoint(rect.left() + 8, rect.center().y())
    with fit_follows(qtbot, fitted):
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=sign)
    assert isinstance(setting_of(plan_of(fitted), "a", "fwhm"), float)


def test_window_background_and_removal_are_fitted(qtbot: QtBot, fitted: MainWindow) -> None:
    fitted.plan.tabs.setCurrentIndex(1)
    edge = fitted.plan.region.window_form.controls["from"]
    assert isinstance(edge, QLineEdit)
    edge.setFocus()
    edge.selectAll()
    with fit_follows(qtbot, fitted):
        qtbot.keyClicks(edge, "159")
        qtbot.keyClick(edge, Qt.Key.Key_Return)
    kind = fitted.plan.region.kind
    kind.setCurrentIndex(kind.findData("shirley"))
    with fit_follows(qtbot, fitted):
        kind.activated.emit(kind.currentIndex())
    fitted.plan.tabs.setCurrentIndex(0)
    fitted.plan.components.view.setFocus()
    with fit_follows(qtbot, fitted):
        qtbot.keyClick(fitted.plan.components.view, Qt.Key.Key_Delete)
    assert list(plan_of(fitted).components) == ["b"]


def test_what_is_not_fitted_yet_waits_and_stepping_fits_nothing(
    qtbot: QtBot, fitted: MainWindow
) -> None:
    fitted.workbench.look(step=1)
    type_cell(qtbot, fitted, "center", VALUE, "161.7")
    assert not fitted.workbench.jobs.is_running("follow")
    assert fit_of(fitted) is None
    fitted.workbench.look(step=0)
    assert not fitted.workbench.jobs.is_running("follow")
    assert not fitted.workbench.project.is_current(fit_of(fitted))


def test_live_fits_can_be_turned_off_and_stay_off(qtbot: QtBot, fitted: MainWindow) -> None:
    action = fitted.actions_.action(LIVE)
    assert action.isChecked()
    qtbot.keyClick(fitted, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    assert not action.isChecked()
    assert not load_settings(settings_file()).live_fit
    type_cell(qtbot, fitted, "center", VALUE, "161.7")
    assert not fitted.workbench.jobs.is_running("follow")
    button = fitted.tools.widgetForAction(action)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert fitted.workbench.live
    with fit_follows(qtbot, fitted):
        type_cell(qtbot, fitted, "center", VALUE, "161.6")


def test_a_fit_that_comes_after_undo_is_dropped(qtbot: QtBot, fitted: MainWindow) -> None:
    before, bench = fit_of(fitted), fitted.workbench
    assert bench.edit("Move", lambda plan: move_to(plan, "a", "center", 161.7))
    assert bench.jobs.is_running("follow")
    bench.session.undo()
    qtbot.waitUntil(lambda: not bench.jobs.is_running("follow"), timeout=FIT_MS)
    assert fit_of(fitted) is before


def test_a_fit_that_comes_in_leaves_what_is_typed_alone(qtbot: QtBot, fitted: MainWindow) -> None:
    editor = begin_typing(fitted, fitted.plan.components.model.cell_of("a", "area", VALUE))
    qtbot.keyClicks(editor, "12")
    with fit_follows(qtbot, fitted):
        assert fitted.workbench.edit("Move", lambda plan: move_to(plan, "a", "center", 161.7))
    qtbot.keyClicks(editor, "34")
    assert editor.text() == "1234"


def test_edits_in_quick_succession_end_with_the_last(qtbot: QtBot, fitted: MainWindow) -> None:
    with fit_follows(qtbot, fitted):
        for text in ("161.7", "161.8", "161.6"):
            type_cell(qtbot, fitted, "center", VALUE, text)
    fit = fit_of(fitted)
    assert fit is not None
    assert fit.plan.components["a"][1].parameters["center"] == 161.6
