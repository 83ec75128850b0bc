"""Projects as files: saved, opened, asked about before they are lost, found after a crash."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.gui.main_window import MainWindow
from app.session.plan_edits import set_option
from app.session.recovery import Recovery, left_over, recovery_folder
from app.session.session import Session
from app.session.store import open_project
from benchmarks.gui_recovery import crash
from fitting.monitor import SilentMonitor

Load = Callable[[Path], None]


@pytest.fixture
def copies(home: Path) -> Path:
    return recovery_folder()


@pytest.fixture
def open_work(window: MainWindow, load: Load, matrix: Path, copies: Path) -> MainWindow:
    """A protected window with unsaved work."""
    window.protect(copies)
    load(matrix)
    assert not window.files.is_saved
    return window


def seed(window: MainWindow, value: int) -> None:
    """An edit of the plan that is easy to find again."""
    assert window.workbench.edit("Seed", lambda plan: set_option(plan, "series", "seed", value))


def seed_of(window: MainWindow) -> int:
    plan = window.workbench.project.plan
    assert plan is not None
    return plan.series.seed


def test_saved_and_opened_again(qtbot: QtBot, open_work: MainWindow, tmp_path: Path) -> None:
    seed(open_work, 7)
    open_work.workbench.look(step=2)
    path = tmp_path / "cell.deconvolyte"
    open_work.files.save_to(path)
    qtbot.waitUntil(lambda: open_work.files.is_saved)
    open_work.opener.guard(open_work.files.close)
    assert not open_work.workbench.project.samples
    open_work.opener.open([path])
    qtbot.waitUntil(lambda: bool(open_work.workbench.project.samples))
    assert (seed_of(open_work), open_work.workbench.project.view.step) == (7, 2)
    assert open_work.files.path == path
    assert open_work.files.settings.recent[0] == path
    assert open_work.files.is_saved


def test_a_save_that_fails_is_said_and_nothing_counts_as_saved(
    qtbot: QtBot, open_work: MainWindow, said: list[tuple[str, str]], tmp_path: Path
) -> None:
    open_work.files.save_to(tmp_path / "no folder" / "cell")
    qtbot.waitUntil(lambda: any(level == "error" for level, _ in said))
    assert not open_work.files.is_saved
    assert open_work.files.path is None


def test_closing_asks_only_about_unsaved_work(qtbot: QtBot, open_work: MainWindow) -> None:
    open_work.close()
    assert open_work.isVisible()
    qtbot.mouseClick(open_work.question.answer("Cancel"), Qt.MouseButton.LeftButton)
    assert open_work.isVisible()
    assert not open_work.question.isVisible()
    open_work.close()
    qtbot.mouseClick(open_work.question.answer("Discard"), Qt.MouseButton.LeftButton)
    assert not open_work.isVisible()


def test_closing_can_save_first(qtbot: QtBot, open_work: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "cell.deconvolyte"
    open_work.files.save_to(path)
    qtbot.waitUntil(lambda: open_work.files.is_saved)
    seed(open_work, 9)
    open_work.close()
    qtbot.mouseClick(open_work.question.answer("Save"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not open_work.isVisible())
    saved = open_project(path, SilentMonitor()).project.plan
    assert saved is not None
    assert saved.series.seed == 9


def test_a_saved_window_just_closes_and_leaves_no_copy(
    qtbot: QtBot, window: MainWindow, copies: Path
) -> None:
    window.protect(copies)
    window.close()
    assert not window.isVisible()
    assert list(copies.iterdir()) == []


def test_another_project_asks_before_unsaved_work_goes(
    qtbot: QtBot, open_work: MainWindow, demo_folder: Path
) -> None:
    open_work.opener.demo()
    assert open_work.workbench.project.samples[0].name == "cellA"
    qtbot.mouseClick(open_work.question.answer("Discard"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: open_work.workbench.project.samples[0].name != "cellA")


def test_a_crash_is_offered_and_restored(
    qtbot: QtBot, open_work: MainWindow, window: MainWindow, tmp_path: Path, copies: Path
) -> None:
    dead = Recovery(copies)
    seed(open_work, 11)
    dead.keep(open_work.workbench.project, tmp_path / "cell.deconvolyte")
    dead._lock.close()  # as the system does for a process that dies
    fresh = MainWindow(Session())
    qtbot.addWidget(fresh)
    fresh.show()
    fresh.protect(copies)
    assert "cell.deconvolyte" in fresh.question.accessibleDescription()
    qtbot.mouseClick(fresh.question.answer("Restore"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(fresh.workbench.project.samples))
    assert seed_of(fresh) == 11
    assert not fresh.files.is_saved
    assert fresh.files.path == tmp_path / "cell.deconvolyte"
    qtbot.waitUntil(lambda: dead.path not in copies.iterdir())
    assert left_over(copies) == ()
    assert len(list(copies.glob("*.deconvolyte"))) == 1
    fresh.safety.end()
    fresh.workbench.jobs.wait()


def test_restoring_asks_before_unsaved_work_goes(
    qtbot: QtBot, window: MainWindow, load: Load, matrix: Path, copies: Path
) -> None:
    dead = Recovery(copies)
    dead.keep(window.workbench.project, None)
    dead._lock.close()
    window.protect(copies)
    load(matrix)
    qtbot.mouseClick(window.question.answer("Restore"), Qt.MouseButton.LeftButton)
    assert "Save the changes" in window.question.accessibleDescription()
    assert window.workbench.project.samples
    qtbot.mouseClick(window.question.answer("Cancel"), Qt.MouseButton.LeftButton)
    assert window.workbench.project.samples
    assert dead.path.exists()
    qtbot.mouseClick(window.question.answer("Restore"), Qt.MouseButton.LeftButton)
    qtbot.mouseClick(window.question.answer("Discard"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not window.workbench.project.samples)


def test_saving_takes_the_copy_away(
    qtbot: QtBot, open_work: MainWindow, copies: Path, tmp_path: Path
) -> None:
    assert open_work.safety.autosave is not None
    open_work.safety.autosave.keep()
    open_work.safety.autosave.wait()
    assert list(copies.glob("*.deconvolyte"))
    open_work.files.save_to(tmp_path / "cell.deconvolyte")
    qtbot.waitUntil(lambda: not list(copies.glob("*.deconvolyte")))


def test_a_crash_can_be_discarded(qtbot: QtBot, window: MainWindow, copies: Path) -> None:
    dead = Recovery(copies)
    dead.keep(window.workbench.project, None)
    dead._lock.close()
    window.protect(copies)
    qtbot.mouseClick(window.question.answer("Discard"), Qt.MouseButton.LeftButton)
    assert not dead.path.exists()


def test_a_copy_that_cannot_be_written_is_said_once(
    qtbot: QtBot,
    open_work: MainWindow,
    said: list[tuple[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.session.store.save", full)
    autosave = open_work.safety.autosave
    assert autosave is not None
    for value in (1, 2):
        seed(open_work, value)
        autosave.keep()
        autosave.wait()
        qtbot.wait(5)
    assert [text for _, text in said if "No space left" in text] == [
        "the copy for recovery cannot be written (No space left on device); "
        "save the project yourself"
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="kills as POSIX does")
@pytest.mark.parametrize("save_every", [0, 10])
def test_killed_in_the_middle_little_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, save_every: int
) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    found = crash(tmp_path, 6.5 if save_every == 0 else 2.0, save_every)
    assert found.unreadable == ()
    assert found.lost_s <= 10.0
