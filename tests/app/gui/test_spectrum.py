"""The spectrum on the real window: drags, clicks, markers, what never moves by itself."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.gui.look import DARK, LIGHT, Look
from app.gui.main_window import MainWindow
from app.session.plan_edits import setting_of
from app.session.shown import Marker, shown_spectrum
from fitting.plan import Free
from tests.app.gui.hand import FIT_MS, LEFT, at, drag, plan_of


def double_click(qtbot: QtBot, port: QWidget, place: QPoint) -> None:
    """As the system sends it: the second press comes as a double click."""
    qtbot.mouseClick(port, LEFT, pos=place)
    kind, none = QEvent.Type.MouseButtonDblClick, Qt.KeyboardModifier.NoModifier
    everywhere = QPointF(port.mapToGlobal(place))
    QApplication.sendEvent(port, QMouseEvent(kind, QPointF(place), everywhere, LEFT, LEFT, none))
    qtbot.mouseRelease(port, LEFT, pos=place)


def ranges(window: MainWindow) -> np.ndarray:
    return np.array(window.spectrum.plot.viewRange())


def test_dragging_the_top_moves_and_is_one_undo_step(qtbot: QtBot, fitted: MainWindow) -> None:
    before, seen = plan_of(fitted), ranges(fitted)
    grip = fitted.spectrum.handles.grip("a")
    assert grip is not None
    drag(qtbot, fitted, at(fitted, grip.pos().x(), grip.pos().y()), -60)
    center = setting_of(plan_of(fitted), "a", "center")
    assert isinstance(center, float)
    assert center > 161.6  # to the left is to higher binding energy
    sample = fitted.workbench.project.view.sample
    fit = fitted.workbench.project.fit_of(sample, 0)
    assert fitted.workbench.project.is_current(fit)
    assert np.array_equal(ranges(fitted), seen)
    assert fitted.workbench.session.undo_label == "Move a"
    fitted.workbench.session.undo()
    assert plan_of(fitted) is before


def test_dragging_the_flank_widens(qtbot: QtBot, fitted: MainWindow) -> None:
    grip = fitted.spectrum.handles.grip("a", flank=True)
    assert grip is not None
    drag(qtbot, fitted, at(fitted, grip.pos().x(), grip.pos().y()), -30)
    width = setting_of(plan_of(fitted), "a", "fwhm")
    assert isinstance(width, float)
    assert width > 1.25
    assert fitted.workbench.session.undo_label == "Widen a"
    fitted.workbench.session.undo()
    assert setting_of(plan_of(fitted), "a", "fwhm") == 1.2


def test_key_and_click_add_a_component_that_is_fitted(qtbot: QtBot, fitted: MainWindow) -> None:
    qtbot.keyClick(fitted, Qt.Key.Key_A)
    adding = fitted.spectrum.adding
    assert adding.isVisible()
    adding.phases.setCurrentIndex(adding.phases.findData("B"))
    port = fitted.spectrum.canvas.viewport()
    place = at(fitted, 160.0, ranges(fitted)[1].mean())
    qtbot.mouseClick(port, LEFT, pos=place)
    jobs = fitted.workbench.jobs
    qtbot.waitUntil(lambda: not jobs.is_running("follow"), timeout=FIT_MS)
    assert not adding.isVisible()
    name = fitted.workbench.project.view.component
    region, component = plan_of(fitted).components[name]
    center = component.parameters["center"]
    assert (region.name, component.phase) == ("S 2p", "B")
    assert isinstance(center, Free)
    assert center.value == pytest.approx(160.0, abs=0.05)
    project = fitted.workbench.project
    assert project.is_current(project.fit_of(project.view.sample, 0))
    fitted.workbench.session.undo()
    assert name not in plan_of(fitted).components


def test_escape_ends_adding(qtbot: QtBot, fitted: MainWindow) -> None:
    fitted.spectrum.start_adding()
    qtbot.keyClick(fitted.spectrum.canvas, Qt.Key.Key_Escape)
    assert not fitted.spectrum.adding.isVisible()
    assert len(plan_of(fitted).components) == 2


def test_a_click_on_an_area_selects_it(qtbot: QtBot, fitted: MainWindow) -> None:
    grip = fitted.spectrum.handles.grip("b")
    assert grip is not None
    shown = shown_spectrum(fitted.workbench.project)
    assert shown is not None
    assert shown.curves is not None
    background = float(np.nanmean(shown.curves.background))
    place = at(fitted, grip.pos().x(), 0.5 * (grip.pos().y() + background))
    qtbot.mouseClick(fitted.spectrum.canvas.viewport(), LEFT, pos=place)
    assert fitted.workbench.project.view.component == "b"


def test_wheel_zooms_steps_keep_the_view_double_click_shows_all(
    qtbot: QtBot, fitted: MainWindow
) -> None:
    whole, port = ranges(fitted), fitted.spectrum.canvas.viewport()
    place = at(fitted, 162.0, whole[1].mean())
    wheel = QWheelEvent(
        QPointF(place),
        QPointF(port.mapToGlobal(place)),
        QPoint(0, 0),
        QPoint(0, 240),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(port, wheel)
    zoomed = ranges(fitted)
    assert np.ptp(zoomed[0]) < np.ptp(whole[0])
    fitted.spectrum.canvas.setFocus()
    qtbot.keyClick(fitted.spectrum.canvas, Qt.Key.Key_Right)
    fitted.spectrum.refresh()
    assert fitted.workbench.project.view.step == 1
    assert np.array_equal(ranges(fitted), zoomed)
    qtbot.keyClick(fitted.spectrum.canvas, Qt.Key.Key_Left)
    fitted.spectrum.refresh()
    double_click(qtbot, port, place)
    assert ranges(fitted)[0] == pytest.approx(whole[0])


def test_dragging_a_marker_moves_what_fits_it_and_the_line_comes_back(
    qtbot: QtBot, fitted: MainWindow
) -> None:
    spectrum = fitted.spectrum
    marker = Marker("B", 163.5, "B", "B\n163.5 eV", "a")
    spectrum.markers.show([marker], {})
    line = spectrum.markers.line_of("a")
    assert line is not None
    start = at(fitted, 163.5, ranges(fitted)[1][0] + 0.3 * np.ptp(ranges(fitted)[1]))
    drag(qtbot, fitted, start, 40)
    center = setting_of(plan_of(fitted), "a", "center")
    assert isinstance(center, float)
    assert 162.0 < center < 163.4
    assert line.value() == 163.5
    assert fitted.workbench.session.undo_label == "Move a"


@pytest.mark.parametrize("percent", [100, 200])
@pytest.mark.parametrize("look", [LIGHT, DARK])
def test_labels_lie_over_no_peak_and_no_other_label(
    fitted: MainWindow, percent: int, look: Look
) -> None:
    spectrum = fitted.spectrum
    fitted.scale.set(percent)
    spectrum.set_look(look)
    QApplication.processEvents()
    low, high = ranges(fitted)[0]
    places = [low + 0.01, 161.0, 161.05, 161.1, 161.1, 161.3, 164.0, high - 0.01]
    found = [Marker("A", x, f"Li₆PS₅Cl number {k}", f"tip {k}", "") for k, x in enumerate(places)]
    spectrum.markers.show(found, {})
    QApplication.processEvents()
    boxes, strip = spectrum.markers.labels, spectrum.markers.strip
    assert boxes
    frame = strip.sceneBoundingRect().adjusted(-1, -1, 1, 1)
    inside = spectrum.plot.getViewBox().sceneBoundingRect()
    for k, box in enumerate(boxes):
        assert frame.contains(box)
        assert inside.left() - 1 <= box.left() < box.right() <= inside.right() + 1
        assert not box.adjusted(1, 1, -1, -1).intersects(inside)
        assert not any(box.adjusted(1, 1, -1, -1).intersects(other) for other in boxes[k + 1 :])
    tips = "\n".join(item.toolTip() for item in strip.childItems())
    assert all(f"tip {k}" in tips for k in range(len(places)))
    whole = spectrum.canvas.height()
    assert spectrum.plot.getViewBox().height() > 0.3 * whole


def test_labels_go_with_their_lines_and_leave_no_room_behind(fitted: MainWindow) -> None:
    markers = fitted.spectrum.markers
    markers.show([Marker("A", 162.0, "A", "", "")], {})
    (before,) = markers.labels
    fitted.spectrum.plot.setXRange(161.5, 164.0, padding=0.0)
    (after,) = markers.labels
    assert after.center().x() > before.center().x() + 20
    fitted.spectrum.plot.setXRange(157.0, 160.0, padding=0.0)
    assert not markers.labels
    markers.show([], {})
    assert markers.strip.maximumHeight() == 0.0


def test_the_note_says_how_the_fit_stands(fitted: MainWindow) -> None:
    assert "reduced χ²" in fitted.spectrum.note.text()
    fitted.workbench.look(step=1)
    fitted.spectrum.refresh()
    assert fitted.spectrum.note.text() == "Not fitted yet"


def test_light_and_dark(fitted: MainWindow) -> None:
    for look in (DARK, LIGHT):
        fitted.spectrum.set_look(look)
        corner = fitted.spectrum.canvas.grab().toImage().pixelColor(2, 2).name()
        assert corner == look.ground


def test_the_residual_says_its_unit_at_every_height(qtbot: QtBot, fitted: MainWindow) -> None:
    said = set()
    axis = fitted.spectrum.residual.getAxis("left")
    for height in (600, 450, 400, 350, 300):
        fitted.spectrum.canvas.resize(700, height)
        qtbot.wait(5)
        long = axis.mapRectFromItem(axis.label, axis.label.boundingRect()).height()
        assert axis.label.opacity() == 1.0
        assert long <= axis.size().height()
        said.add(axis.label.toPlainText().strip())
    assert said == {"Residual / σ", "σ"}
