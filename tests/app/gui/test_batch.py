"""The queue: files one after the other, each with its state, stopped and started again."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from pytestqt.qtbot import QtBot

from app.gui.batch import BatchDialog, State
from app.gui.main_window import MainWindow
from tests.app.program import plan_file, spectra


@pytest.fixture
def dialog(window: MainWindow, tmp_path: Path) -> BatchDialog:
    """Two good files and a broken one, with a plan file."""
    window.actions_.action("Batch...").trigger()
    made = window.findChild(BatchDialog)
    assert made is not None
    broken = tmp_path / "broken.vms"
    broken.write_text("nothing of use\n", "utf-8")
    made.add([spectra(tmp_path, "cellA"), broken, spectra(tmp_path, "cellB")])
    assert not made.begin.isEnabled()  # there is no plan yet
    made.add_plan(plan_file(tmp_path))
    made.folder.setText(str(tmp_path / "out"))
    return made


def states(dialog: BatchDialog) -> list[State]:
    return [entry.state for entry in dialog.entries]


def test_a_queue_goes_on_after_a_broken_file(
    qtbot: QtBot, dialog: BatchDialog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    qtbot.mouseClick(dialog.begin, Qt.MouseButton.LeftButton)
    assert states(dialog)[0] is State.RUNNING
    qtbot.waitUntil(lambda: states(dialog)[2] is State.DONE, timeout=60000)
    assert states(dialog) == [State.DONE, State.FAILED, State.DONE]
    assert "no known kind" in dialog.entries[1].words
    for name in ("cellA__S 2p", "cellB__S 2p"):
        assert (tmp_path / "out" / name / "phase_fractions.csv").exists()
    opened: list[QUrl] = []
    monkeypatch.setattr("app.gui.batch.QDesktopServices.openUrl", opened.append)
    said: list[str] = []
    dialog._bench.said.connect(lambda _, text: said.append(text))
    dialog.table.selectRow(2)
    qtbot.mouseClick(dialog.show_result, Qt.MouseButton.LeftButton)
    assert Path(opened[0].toLocalFile()).name == "cellB__S 2p"
    assert said == [f"The result is in {opened[0].toLocalFile()}"]  # nothing opened it
    dialog.reject()


def test_stopped_and_started_again(qtbot: QtBot, dialog: BatchDialog) -> None:
    dialog.start()
    dialog.stop()
    assert states(dialog) == [State.STOPPED, State.WAITING, State.WAITING]
    qtbot.mouseClick(dialog.begin, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: states(dialog)[2] is State.DONE, timeout=60000)
    assert states(dialog)[0] is State.DONE
    dialog.reject()
