"""Files are previewed, taken over with a click, and remembered."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from app.gui.main_window import MainWindow
from app.gui.opening.dialog import OpenDialog
from app.session.settings import Settings, load_settings, settings_file
from tests.app.program import PLAN, spectra

Said = list[tuple[str, str]]


def drop(window: MainWindow, *paths: Path) -> None:
    """As the system tells it when files are let go over the window."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    how = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton)
    entering = QDragEnterEvent(QPoint(50, 50), *how, Qt.KeyboardModifier.NoModifier)
    window.dragEnterEvent(entering)
    assert entering.isAccepted()
    window.dropEvent(QDropEvent(QPointF(50, 50), *how, Qt.KeyboardModifier.NoModifier))


def previewed(qtbot: QtBot, window: MainWindow) -> OpenDialog:
    """The preview, once it has been read."""
    dialog = window.opener.dialog
    assert dialog is not None
    qtbot.waitUntil(lambda: dialog.found is not None)
    return dialog


def test_two_clicks_open_a_file_that_says_everything(
    qtbot: QtBot, window: MainWindow, matrix: Path
) -> None:
    drop(window, matrix)
    dialog = previewed(qtbot, window)
    assert dialog.table.item(0, 1).text() == "S 2p"
    assert dialog.table.item(0, 2).text() == "3 spectra, 41 points"
    assert not window.workbench.project.samples
    qtbot.mouseClick(dialog.ok, Qt.MouseButton.LeftButton)
    assert [sample.name for sample in window.workbench.project.samples] == ["cellA"]
    assert window.workbench.project.plan is not None
    assert window.stack.currentIndex() == 1
    assert window.files.settings.recent == (matrix,)


def test_a_plan_that_is_dropped_is_used(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    plan = tmp_path / "cell.toml"
    plan.write_text(PLAN)
    drop(window, plan)
    assert window.opener.dialog is None
    qtbot.waitUntil(lambda: window.workbench.project.plan is not None)


def test_a_survey_has_no_plan_and_that_is_no_error(
    qtbot: QtBot, window: MainWindow, said: Said, tmp_path: Path
) -> None:
    energies = range(1, 1200, 2)
    rows = "\n".join(f"{energy},{1000 + energy % 7}" for energy in energies)
    path = tmp_path / "cellA__survey.csv"
    path.write_text(f"binding_energy_eV\\step,0\n{rows}\n")
    drop(window, path)
    qtbot.mouseClick(previewed(qtbot, window).ok, Qt.MouseButton.LeftButton)
    assert [level for level, text in said if "survey" in text] == ["note"]
    qtbot.waitUntil(window.strip.isHidden)


def test_what_was_found_stays_while_something_is_missing(
    qtbot: QtBot, window: MainWindow, matrix: Path, tmp_path: Path
) -> None:
    drop(window, matrix)
    dialog = previewed(qtbot, window)
    qtbot.keyClicks(dialog.form.charge_log, str(tmp_path / "none.csv"))
    qtbot.waitUntil(lambda: "✖" in dialog.told)
    assert dialog.table.rowCount() == 1
    assert not dialog.table.isEnabled()
    assert not dialog.ok.isEnabled()


def test_what_is_said_changes_the_preview_and_is_remembered(
    qtbot: QtBot, window: MainWindow, matrix: Path, tmp_path: Path
) -> None:
    drop(window, matrix)
    dialog = previewed(qtbot, window)
    assert "photon energy" in dialog.told
    qtbot.keyClicks(dialog.form.photon_energy, "1486.6")
    qtbot.keyClicks(dialog.form.sample, "pellet")
    assert dialog.found is None
    qtbot.waitUntil(lambda: dialog.found is not None)
    assert "photon energy" not in dialog.told
    assert dialog.table.item(0, 0).text() == "pellet"
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    (sample,) = window.workbench.project.samples
    assert sample.series["S 2p"].photon_energy_eV == 1486.6

    other = spectra(tmp_path, sample="cellB")
    drop(window, other)
    dialog = previewed(qtbot, window)
    assert dialog.form.photon_energy.text() == "1486.6"
    assert dialog.form.sample.text() == ""
    assert "as last time" in dialog.told
    assert load_settings(settings_file()) == window.files.settings
    dialog.reject()


def test_open_waits_for_what_is_being_read(qtbot: QtBot, window: MainWindow, matrix: Path) -> None:
    drop(window, matrix)
    dialog = window.opener.dialog
    assert dialog is not None
    qtbot.mouseClick(dialog.ok, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(window.workbench.project.samples))
    assert window.opener.dialog is None


def test_a_field_that_makes_no_sense_is_told_where_it_stands(
    qtbot: QtBot, window: MainWindow, matrix: Path
) -> None:
    drop(window, matrix)
    dialog = previewed(qtbot, window)
    qtbot.keyClicks(dialog.form.work_function, "four")
    qtbot.waitUntil(lambda: "no number" in dialog.told)
    assert "“Work function”" in dialog.told
    assert not dialog.ok.isEnabled()
    dialog.reject()


def test_a_log_without_an_area_asks_for_it(
    qtbot: QtBot, window: MainWindow, matrix: Path, tmp_path: Path
) -> None:
    log = tmp_path / "log.csv"
    log.write_text("time/s,current/mA\n0,1\n10,1\n", "utf-8")
    drop(window, matrix)
    dialog = previewed(qtbot, window)
    assert not dialog.form.area.isEnabled()
    dialog.form.charge_log.setText(str(log))
    qtbot.waitUntil(lambda: "“Area”" in dialog.told)
    assert "“Positive current”" in dialog.told
    assert "--" not in dialog.told
    assert dialog.form.area.isEnabled()
    assert not dialog.ok.isEnabled()
    dialog.reject()


def test_the_same_region_twice_needs_another_name(
    qtbot: QtBot, window: MainWindow, matrix: Path, load: Callable[[Path], None]
) -> None:
    load(matrix)
    drop(window, matrix)
    dialog = previewed(qtbot, window)
    assert "another sample name" in dialog.told
    assert not dialog.ok.isEnabled()
    qtbot.keyClicks(dialog.form.sample, "second")
    qtbot.waitUntil(dialog.ok.isEnabled)
    qtbot.mouseClick(dialog.ok, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(window.workbench.project.samples) == 2)
    assert [one.name for one in window.workbench.project.samples] == ["cellA", "second"]


def test_what_is_no_spectrum_is_a_sentence(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear colleague", "utf-8")
    drop(window, path)
    dialog = previewed(qtbot, window)
    assert "letter.txt" in dialog.told
    assert not dialog.ok.isEnabled()
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert window.opener.dialog is None


def test_a_preview_that_was_closed_brings_nothing(
    qtbot: QtBot, window: MainWindow, matrix: Path
) -> None:
    drop(window, matrix)
    dialog = window.opener.dialog
    assert dialog is not None
    dialog.reject()
    window.workbench.jobs.wait()
    qtbot.wait(10)
    assert not window.workbench.project.samples


def test_the_demo_opens_with_its_plan(qtbot: QtBot, window: MainWindow, demo_folder: Path) -> None:
    qtbot.mouseClick(window.start_page.demo, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(window.workbench.project.samples), timeout=20000)
    plan = window.workbench.project.plan
    assert plan is not None
    assert "Li2S" in plan.phases
    assert (demo_folder / "E1.h5").exists()


def test_recent_files_are_in_the_menu(qtbot: QtBot, window: MainWindow, matrix: Path) -> None:
    window.files.remember(Settings().with_recent(matrix))
    window._recent.aboutToShow.emit()
    (action,) = window._recent.actions()
    action.trigger()
    dialog = previewed(qtbot, window)
    assert dialog.table.rowCount() == 1
    dialog.reject()


def test_recent_files_are_offered(qtbot: QtBot, window: MainWindow, matrix: Path) -> None:
    window.files.remember(Settings().with_recent(matrix))
    window.refresh()
    (button,) = [
        one for one in window.start_page.findChildren(QPushButton) if matrix.name in one.text()
    ]
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    dialog = previewed(qtbot, window)
    assert dialog.table.rowCount() == 1
    dialog.reject()
