"""Drags of components and of the energy scale: what moves, what stops, what is said, and undo."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.gui.main_window import MainWindow
from app.gui.spectrum.panel import SCALE_LEFT
from app.session.plan_edits import set_option, set_parameter, setting_of
from app.session.scale import shift_of
from app.session.shown import Marker
from fitting.plan import Free, Plan
from fitting.series import AxisKind, Technique
from tests.app.gui.hand import (
    drag,
    fit_of,
    grip_at,
    hold,
    let_go,
    pixels,
    plan_of,
    settle,
)

SHIFT_KEY, CTRL_KEY = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


def become(qtbot: QtBot, window: MainWindow, plan: Plan) -> Plan:
    """Another plan, fitted, as if it had been opened so."""
    bench = window.workbench
    bench.session.apply("Plan", replace(bench.project, plan=plan))
    settle(qtbot, window)
    window.spectrum.show_all()
    QApplication.processEvents()
    return plan_of(window)


def free_center(window: MainWindow, low: float, high: float) -> Plan:
    table = {"value": 161.5, "min": low, "max": high}
    return set_parameter(plan_of(window), "a", "center", table)


def referenced(window: MainWindow) -> Plan:
    """The scale rests on component a."""
    plan = plan_of(window)
    data = {**plan.model_dump(exclude_none=True)}
    data["energy"] |= {"reference": "component", "component": "a", "position_eV": 161.5}
    return Plan.from_data(data)


def words(window: MainWindow) -> str:
    """What stands beside the pointer."""
    text = window.spectrum.hints.text
    return str(text.textItem.toPlainText()) if text.isVisible() else ""


def value_of(window: MainWindow, name: str) -> float:
    fit = fit_of(window)
    assert fit is not None
    from app.session.models import model_of

    return float(fit.result.values[model_of(fit.plan).index[name]])


def test_a_free_component_stays_under_the_pointer_and_is_fitted_when_let_go(
    qtbot: QtBot, fitted: MainWindow
) -> None:
    before = become(qtbot, fitted, free_center(fitted, 160.0, 163.0))
    found = value_of(fitted, "a.center")
    start, by = grip_at(fitted, "a"), pixels(fitted, 0.6)
    hold(qtbot, fitted, start, by)
    assert value_of(fitted, "a.center") == pytest.approx(found + 0.6, abs=0.05)
    assert value_of(fitted, "b.center") == pytest.approx(found + 2.6, abs=0.05)
    assert words(fitted).endswith("free: fitted when you let go")
    let_go(qtbot, fitted, start, by)
    assert words(fitted) == ""
    setting = setting_of(plan_of(fitted), "a", "center")
    assert isinstance(setting, Free)
    assert (setting.min, setting.max) == (160.0, 163.0)
    assert value_of(fitted, "a.center") == pytest.approx(found, abs=1e-4)
    fitted.workbench.session.undo()
    assert plan_of(fitted) is before


def test_bounds_stop_a_drag_and_are_shown_and_ctrl_takes_them_along(
    qtbot: QtBot, fitted: MainWindow
) -> None:
    become(qtbot, fitted, free_center(fitted, 161.0, 162.0))
    start, by = grip_at(fitted, "a"), pixels(fitted, 1.5)
    hold(qtbot, fitted, start, by)
    assert value_of(fitted, "a.center") == 162.0
    assert "its bound" in words(fitted)
    shown = [line.value() for line in fitted.spectrum.hints.bounds if line.isVisible()]
    assert shown == pytest.approx([161.0, 162.0])
    let_go(qtbot, fitted, start, by)
    assert not any(line.isVisible() for line in fitted.spectrum.hints.bounds)
    assert setting_of(plan_of(fitted), "a", "center") == Free(value=162.0, min=161.0, max=162.0)
    drag(qtbot, fitted, grip_at(fitted, "a"), by, CTRL_KEY)
    past = setting_of(plan_of(fitted), "a", "center")
    assert isinstance(past, Free)
    assert past.max is not None
    assert past.max > 162.5
    assert past.value == past.max


def test_a_fixed_one_moves_and_says_so(qtbot: QtBot, fitted: MainWindow) -> None:
    start, by = grip_at(fitted, "a"), pixels(fitted, 0.4)
    hold(qtbot, fitted, start, by)
    said = words(fitted)
    let_go(qtbot, fitted, start, by)
    center = setting_of(plan_of(fitted), "a", "center")
    assert center == pytest.approx(161.9, abs=0.05)
    assert said == f"center {center:.3f} eV\nfixed: stays where you put it"


def test_what_is_linked_goes_with_its_partner_and_alone_changes_the_distance(
    qtbot: QtBot, fitted: MainWindow
) -> None:
    drag(qtbot, fitted, grip_at(fitted, "a"), pixels(fitted, 0.4))
    assert value_of(fitted, "b.center") - value_of(fitted, "a.center") == pytest.approx(2.0)
    start, by = grip_at(fitted, "b"), pixels(fitted, -0.5)
    hold(qtbot, fitted, start, by)
    link = setting_of(plan_of(fitted), "b", "center")
    assert isinstance(link, str)
    assert words(fitted).endswith(f"linked: {link}")
    let_go(qtbot, fitted, start, by)
    assert value_of(fitted, "b.center") - value_of(fitted, "a.center") == pytest.approx(
        1.5, abs=0.05
    )
    assert value_of(fitted, "a.center") == pytest.approx(161.9, abs=0.05)


def test_shift_is_ten_times_finer(qtbot: QtBot, fitted: MainWindow) -> None:
    drag(qtbot, fitted, grip_at(fitted, "a"), pixels(fitted, 1.0), SHIFT_KEY)
    assert setting_of(plan_of(fitted), "a", "center") == pytest.approx(161.6, abs=0.02)


def test_a_width_stops_at_its_bound(qtbot: QtBot, fitted: MainWindow) -> None:
    table = {"value": 1.2, "min": 1.0, "max": 1.5}
    become(qtbot, fitted, set_parameter(plan_of(fitted), "a", "fwhm", table))
    fitted.workbench.look(component="a")
    settle(qtbot, fitted)
    start, by = grip_at(fitted, "a", flank=True), pixels(fitted, 1.0)
    hold(qtbot, fitted, start, by)
    assert value_of(fitted, "a.fwhm") == 1.5
    assert words(fitted) == "FWHM 1.500 eV\nits bound; Ctrl goes on"
    let_go(qtbot, fitted, start, by)
    assert setting_of(plan_of(fitted), "a", "fwhm") == Free(value=1.5, min=1.0, max=1.5)
    assert fitted.workbench.session.undo_label == "Widen a"


def test_a_handle_is_reached_where_a_marker_runs_through_it(
    qtbot: QtBot, fitted: MainWindow
) -> None:
    fitted.spectrum.markers.show([Marker("B", 161.5, "B", "B", "b")], {})
    fitted.workbench.look(component="a")
    drag(qtbot, fitted, grip_at(fitted, "a"), pixels(fitted, 0.3))
    assert fitted.workbench.session.undo_label == "Move a"


def test_a_link_that_cannot_be_moved_is_said_once(
    qtbot: QtBot, fitted: MainWindow, said: list[tuple[str, str]]
) -> None:
    link = "a.center + a.fwhm + 0.8"
    plan = become(qtbot, fitted, set_parameter(plan_of(fitted), "b", "center", link))
    drag(qtbot, fitted, grip_at(fitted, "b"), pixels(fitted, 0.3))
    assert [level for level, _ in said] == ["error"]
    assert "edit it as text" in said[0][1]
    assert plan_of(fitted) is plan


def tab_at(window: MainWindow) -> QPoint:
    """The tab of the energy scale in pixels of the canvas."""
    tab = window.spectrum.scale
    assert tab.isVisible()
    return window.spectrum.canvas.mapFromScene(tab.sceneBoundingRect().center())


def test_the_scale_is_dragged_by_its_tab(qtbot: QtBot, fitted: MainWindow) -> None:
    before = plan_of(fitted)
    assert fitted.spectrum.scale.text == "↔ 0 eV"
    tip = fitted.spectrum.scale.toolTip()
    assert "Drag" in tip
    assert "Alt+Left" in tip
    start, by = tab_at(fitted), pixels(fitted, 0.5)
    hold(qtbot, fitted, start, by)
    assert "all lines move along" in words(fitted)
    let_go(qtbot, fitted, start, by)
    energy = plan_of(fitted).energy
    assert energy.reference == "value"
    assert energy.shift_eV == pytest.approx(0.5, abs=0.05)
    assert value_of(fitted, "a.center") == 161.5
    grip = fitted.spectrum.handles.grip("a")
    assert grip is not None
    assert grip.pos().x() == pytest.approx(161.5 + energy.shift_eV)
    assert fitted.spectrum.scale.text == f"↔ +{energy.shift_eV:g} eV"
    assert fitted.workbench.session.undo_label == "Move the energy scale"
    fitted.workbench.session.undo()
    assert plan_of(fitted) is before


def test_a_fitted_scale_is_held_while_it_is_dragged_and_fitted_again(
    qtbot: QtBot, fitted: MainWindow
) -> None:
    plan = become(qtbot, fitted, referenced(fitted))
    found, fit = value_of(fitted, "energy.shift"), fit_of(fitted)
    assert "±" in fitted.spectrum.scale.text
    start, by = grip_at(fitted, "a"), pixels(fitted, 0.5)
    hold(qtbot, fitted, start, by)
    assert value_of(fitted, "energy.shift") == pytest.approx(found + 0.5, abs=0.05)
    let_go(qtbot, fitted, start, by)
    assert plan_of(fitted) is plan
    assert value_of(fitted, "energy.shift") == pytest.approx(found, abs=1e-4)
    assert fitted.workbench.project.is_current(fit_of(fitted))
    fitted.workbench.session.undo()
    assert fit_of(fitted) is fit


def test_a_scale_dragged_far_widens_its_search(qtbot: QtBot, fitted: MainWindow) -> None:
    become(qtbot, fitted, set_option(referenced(fitted), "energy", "search_eV", 0.5))
    drag(qtbot, fitted, tab_at(fitted), pixels(fitted, 1.0))
    energy = plan_of(fitted).energy
    assert energy.reference == "component"
    assert energy.search_eV == pytest.approx(1.5, abs=0.15)


def test_the_scale_is_moved_by_keys(qtbot: QtBot, fitted: MainWindow) -> None:
    fitted.spectrum.canvas.setFocus()
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Right):
        qtbot.keyClick(fitted.spectrum.canvas, key, Qt.KeyboardModifier.AltModifier)
        settle(qtbot, fitted)
    assert shift_of(fit_of(fitted)) == pytest.approx(0.05)
    assert fitted.workbench.project.view.step == 0
    fitted.workbench.session.undo()
    assert plan_of(fitted).energy.shift_eV == pytest.approx(0.1)
    assert fitted.actions_.action(SCALE_LEFT).shortcut().toString() == "Alt+Left"


def test_a_spectrum_that_is_not_fitted_has_no_scale_to_drag(
    fitted: MainWindow, said: list[tuple[str, str]]
) -> None:
    fitted.workbench.look(step=1)
    fitted.spectrum.refresh()
    assert not fitted.spectrum.scale.isVisible()
    fitted.actions_.action(SCALE_LEFT).trigger()
    assert said[-1] == ("warning", "fit this spectrum before its scale is moved")


def test_a_raman_spectrum_has_no_scale_to_move(
    fitted: MainWindow, said: list[tuple[str, str]]
) -> None:
    sample = fitted.workbench.project.samples[0]
    measured = sample.series["S 2p"]
    raman = replace(measured, technique=Technique.RAMAN, axis_kind=AxisKind.RAMAN_SHIFT)
    project = replace(fitted.workbench.project, samples=(replace(sample, series={"S 2p": raman}),))
    fitted.workbench.session.apply("Raman", project)
    fitted.spectrum.refresh()
    assert not fitted.spectrum.scale.isVisible()
    fitted.actions_.action(SCALE_LEFT).trigger()
    assert said[-1] == ("warning", "a Raman spectrum has no energy scale")


def test_a_drag_is_fitted_even_where_live_fits_are_off(qtbot: QtBot, fitted: MainWindow) -> None:
    fitted.workbench.live = False
    drag(qtbot, fitted, grip_at(fitted, "a"), pixels(fitted, 0.3))
    assert fitted.workbench.project.is_current(fit_of(fitted))


@pytest.mark.parametrize("percent", [100, 200])
def test_hints_stay_inside_the_plot(qtbot: QtBot, fitted: MainWindow, percent: int) -> None:
    fitted.resize(1440, 900)
    fitted.scale.set(percent)
    settle(qtbot, fitted)
    fitted.spectrum.show_all()
    for distance in (-3.4, 2.0):
        start, by = grip_at(fitted, "a"), pixels(fitted, distance)
        hold(qtbot, fitted, start, by)
        text = fitted.spectrum.hints.text
        inside = fitted.spectrum.plot.getViewBox().sceneBoundingRect().adjusted(-1, -1, 1, 1)
        assert inside.contains(text.mapRectToScene(text.boundingRect()))
        let_go(qtbot, fitted, start, by)
        fitted.workbench.session.undo()
        settle(qtbot, fitted)
