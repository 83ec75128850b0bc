"""What a hand does in the spectrum: points, drags with keys held, waits for the fit."""

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QModelIndex, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from app.gui.main_window import MainWindow
from app.session.project import StepFit
from fitting.plan import Plan

FIT_MS = 60000
LEFT, NO_KEY = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def plan_of(window: MainWindow) -> Plan:
    """The plan that is open."""
    plan = window.workbench.project.plan
    assert plan is not None
    return plan


def fit_of(window: MainWindow) -> StepFit | None:
    """The fit of the step that is looked at."""
    project = window.workbench.project
    return project.fit_of(project.view.sample, project.view.step)


def settle(qtbot: QtBot, window: MainWindow) -> None:
    """Wait for fits that follow, then draw."""
    jobs = window.workbench.jobs
    qtbot.waitUntil(lambda: not jobs.is_running("follow"), timeout=FIT_MS)
    QApplication.processEvents()
    window.spectrum.refresh()
    window.plan.refresh()


def at(window: MainWindow, x: float, y: float) -> QPoint:
    """A point of the plot in pixels of the canvas."""
    spectrum = window.spectrum
    scene = spectrum.plot.getViewBox().mapViewToScene(QPointF(x, y))
    return spectrum.canvas.mapFromScene(scene)


def grip_at(window: MainWindow, component: str, *, flank: bool = False) -> QPoint:
    """The handle of a component in pixels of the canvas."""
    grip = window.spectrum.handles.grip(component, flank=flank)
    assert grip is not None
    return at(window, grip.pos().x(), grip.pos().y())


def pixels(window: MainWindow, distance: float) -> int:
    """A distance on the axis, to the right positive, in pixels."""
    return at(window, 162.0 + distance, 0.0).x() - at(window, 162.0, 0.0).x()


def hold(
    qtbot: QtBot, window: MainWindow, start: QPoint, by: int, keys: Qt.KeyboardModifier = NO_KEY
) -> None:
    """Go there, press, and move in steps; the button stays down."""
    port = window.spectrum.canvas.viewport()
    pg.setConfigOption("mouseRateLimit", -1)
    _move(window, start, Qt.MouseButton.NoButton, keys)
    qtbot.mousePress(port, LEFT, keys, start)
    for part in range(1, 6):
        _move(window, start + QPoint(by * part // 5, 0), LEFT, keys)
        qtbot.wait(2)
    settle(qtbot, window)


def let_go(
    qtbot: QtBot, window: MainWindow, start: QPoint, by: int, keys: Qt.KeyboardModifier = NO_KEY
) -> None:
    """Release, and wait for the fit."""
    port = window.spectrum.canvas.viewport()
    qtbot.mouseRelease(port, LEFT, keys, start + QPoint(by, 0))
    settle(qtbot, window)


def drag(
    qtbot: QtBot, window: MainWindow, start: QPoint, by: int, keys: Qt.KeyboardModifier = NO_KEY
) -> None:
    """Press, move in steps, release; the fits that follow are awaited."""
    hold(qtbot, window, start, by, keys)
    let_go(qtbot, window, start, by, keys)


def _move(
    window: MainWindow, place: QPoint, held: Qt.MouseButton, keys: Qt.KeyboardModifier
) -> None:
    port = window.spectrum.canvas.viewport()
    everywhere = QPointF(port.mapToGlobal(place))
    none = Qt.MouseButton.NoButton
    move = QMouseEvent(QEvent.Type.MouseMove, QPointF(place), everywhere, none, held, keys)
    QApplication.sendEvent(port, move)


def begin_typing(window: MainWindow, place: QModelIndex) -> QLineEdit:
    """Open a cell of the components as with the keyboard; all of its text is selected."""
    view = window.plan.components.view
    view.setFocus()
    view.setCurrentIndex(place)
    view.edit(place)
    editor = QApplication.focusWidget()
    assert isinstance(editor, QLineEdit)
    editor.selectAll()
    return editor


def type_into(qtbot: QtBot, window: MainWindow, place: QModelIndex, text: str) -> None:
    """Go to a cell of the components, type, Enter."""
    editor = begin_typing(window, place)
    qtbot.keyClicks(editor, text)
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    QApplication.processEvents()
    window.plan.refresh()
