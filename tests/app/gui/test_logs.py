"""Charge logs alone in the window: dropped, explained, fitted, exported, undone."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from app.archive.charge_record import write_records
from app.gui.main_window import MainWindow
from app.session.figures import Plot
from fitting.simulate import simulate
from tests.app.gui.test_opening import drop, previewed


@pytest.fixture
def opened(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> MainWindow:
    """Twelve portions of lithium of two samples."""
    write_records(tmp_path / "e10.h5", simulate("E10", steps=12, seed=1).records)
    drop(window, tmp_path / "e10.h5")
    dialog = previewed(qtbot, window)
    assert dialog.table.item(0, 1).text() == "charge log"
    assert dialog.form.area.isEnabled()
    qtbot.keyClick(dialog.ok, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(window.logs.results.curves) == 2)
    return window


def fill(qtbot: QtBot, window: MainWindow, name: str, text: str) -> None:
    field = window.logs.form.controls[name]
    assert isinstance(field, QLineEdit)
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Return)


def test_what_is_said_of_a_log_changes_its_results(qtbot: QtBot, opened: MainWindow) -> None:
    panel = opened.logs
    assert opened.stack.currentWidget() is panel
    assert "2 samples" not in panel.problem.text()
    before = panel.results.trends
    fill(qtbot, opened, "depleted_above_V", "0.08")
    fill(qtbot, opened, "thickness_nm_per_uAh_cm2", "Li3P = 9.1")
    qtbot.waitUntil(lambda: len(panel.results.trends) > len(before))
    opened.actions_.action("Fit all").trigger()
    assert panel.tabs.currentIndex() == 1
    cells = [panel.table.numbers.table.row(k) for k in range(len(panel.results.trends))]
    assert any("Thickness to Li3P" in row for row in cells)
    qtbot.mouseClick(panel.copy, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text().startswith("source,sample,region")
    panel.which.setCurrentIndex(1)
    qtbot.mouseClick(panel.copy, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text().startswith("source,sample,step,time_s")
    for _ in range(2):
        opened.actions_.action("Undo").trigger()
    qtbot.waitUntil(lambda: repr(panel.results.trends) == repr(before))
    assert panel.form.controls["depleted_above_V"].text() == ""  # type: ignore[attr-defined]


def test_what_cannot_be_is_said_and_changes_nothing(
    qtbot: QtBot, opened: MainWindow, said: list[tuple[str, str]]
) -> None:
    logs = opened.workbench.project.logs
    fill(qtbot, opened, "area_cm2", "-1")
    assert "greater than 0" in said[-1][1]
    fill(qtbot, opened, "thickness_nm_per_uAh_cm2", "much")
    assert "Li3P = 9.1" in said[-1][1]
    assert opened.workbench.project.logs is logs


def test_export_writes_the_files_of_the_command(
    qtbot: QtBot, opened: MainWindow, tmp_path: Path
) -> None:
    assert opened.actions_.action("Export...").isEnabled()
    opened.exporter.copy_picture()
    assert not QGuiApplication.clipboard().pixmap().isNull()
    assert opened.exporter.plot_in_front is Plot.SIDE_CHARGE
    opened.exporter.export(tmp_path / "out", figures=False)
    jobs = opened.workbench.jobs
    qtbot.waitUntil(lambda: not jobs.is_running("export"), timeout=30000)
    found = {path.name for path in (tmp_path / "out").iterdir()}
    assert found == {"side_charge.csv", "trends.csv", "result.h5", "run.json"}


def test_spectra_beside_logs_are_refused(qtbot: QtBot, opened: MainWindow, matrix: Path) -> None:
    drop(opened, matrix)
    dialog = previewed(qtbot, opened)
    assert "charge logs are open" in dialog.told
    assert not dialog.ok.isEnabled()
    dialog.reject()
