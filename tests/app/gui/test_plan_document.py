"""The plan as the document that batch runs read."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.batch.plan_file import load_plan
from app.gui.main_window import MainWindow
from fitting.plan import Plan
from tests.app.program import PLAN


@pytest.fixture
def planned(
    qtbot: QtBot,
    window: MainWindow,
    load: Callable[[Path], None],
    matrix: Path,
    tmp_path: Path,
) -> MainWindow:
    """A window whose plan came from a file."""
    load(matrix)
    path = tmp_path / "given.toml"
    path.write_text(PLAN, "utf-8")
    window.document.open(path)
    qtbot.waitUntil(lambda: window.workbench.project.plan == Plan.from_toml(PLAN))
    return window


def written(window: MainWindow) -> str:
    assert window.document.dialog is not None
    return window.document.dialog.text.toPlainText()


def test_saved_it_is_what_batch_runs_read(
    qtbot: QtBot, planned: MainWindow, tmp_path: Path
) -> None:
    path = tmp_path / "saved.toml"
    planned.document.save(path)
    qtbot.waitUntil(path.exists)
    assert load_plan(path) == planned.workbench.project.plan


def test_typed_text_is_one_edit(qtbot: QtBot, planned: MainWindow) -> None:
    planned.actions_.action("Edit as text...").trigger()
    dialog = planned.document.dialog
    assert dialog is not None
    before = planned.workbench.project.plan
    dialog.text.setPlainText(written(planned).replace("seed = 0", "seed = 7"))
    qtbot.mouseClick(dialog.button, Qt.MouseButton.LeftButton)
    plan = planned.workbench.project.plan
    assert plan is not None
    assert plan.series.seed == 7
    planned.actions_.action("Undo").trigger()
    assert planned.workbench.project.plan is before


def test_what_is_wrong_is_said_and_the_text_stays(qtbot: QtBot, planned: MainWindow) -> None:
    planned.document.edit_text()
    dialog = planned.document.dialog
    assert dialog is not None
    before = planned.workbench.project.plan
    dialog.text.setPlainText(written(planned).replace("format = 1", "format = 99"))
    dialog.activateWindow()
    qtbot.waitUntil(dialog.isActiveWindow)
    qtbot.keyClick(dialog.text, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert "format" in dialog.wrong.text()
    assert dialog.isVisible()
    assert planned.workbench.project.plan is before
    dialog.reject()


def test_a_file_that_is_no_plan_is_a_sentence(
    qtbot: QtBot, planned: MainWindow, said: list[tuple[str, str]], tmp_path: Path
) -> None:
    path = tmp_path / "broken.toml"
    path.write_text("format = ", "utf-8")
    before = planned.workbench.project.plan
    planned.document.open(path)
    qtbot.waitUntil(lambda: any(level == "error" and "broken.toml" in text for level, text in said))
    assert planned.workbench.project.plan is before
