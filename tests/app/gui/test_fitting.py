"""Fit all: the batch's numbers, bit for bit; progress; stopped without losing what is done."""

import time
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from app.archive.results import read_results
from app.batch import pool
from app.batch.job import ChunkTask
from app.gui.fitting import JobProgress
from app.gui.main_window import MainWindow
from app.session.plan_edits import set_option
from app.session.project import Project
from app.session.shown import result_of
from fitting.monitor import Monitor
from fitting.plan import Plan
from fitting.result import SeriesResult
from tests.app.program import PLAN, call, counts, plan_file, write_matrix

Load = Callable[[Path], None]


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.gui.fitting.fits_folder", lambda: tmp_path / "cache")


@pytest.fixture
def planned(window: MainWindow, load: Load, tmp_path: Path) -> MainWindow:
    """70 steps of one sample (two chunks) and three of another, with a chained plan."""
    for name, steps in (("cellA", 70), ("cellB", 3)):
        load(write_matrix(tmp_path / f"{name}__S 2p.csv", counts(steps)))
    set_plan(window, Plan.from_toml(PLAN))
    return window


def set_plan(window: MainWindow, plan: Plan) -> None:
    session = window.workbench.session
    session.apply("Plan", replace(session.project, plan=plan))


def fit_all(qtbot: QtBot, window: MainWindow) -> None:
    window.actions_.action("Fit all").trigger()
    qtbot.waitUntil(lambda: not window.workbench.jobs.is_running("fit all"), timeout=60000)


def same(one: SeriesResult, other: SeriesResult) -> None:
    """Every array bit for bit."""
    for field in fields(one):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if isinstance(a, np.ndarray):
            assert a.dtype == b.dtype
            assert a.tobytes() == b.tobytes(), field.name
    assert one.message == other.message
    assert one.sigma_source == other.sigma_source


@pytest.mark.parametrize("strategy", ["chained", "independent", "shared"])
def test_the_windows_fit_is_that_of_the_command(
    qtbot: QtBot,
    planned: MainWindow,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    strategy: str,
) -> None:
    words = f'"{strategy}"\nshared = ["fwhm"]' if strategy == "shared" else f'"{strategy}"'
    text = PLAN.replace('"chained"', words)
    if strategy == "shared":
        text = text.replace("fwhm=1.2", "fwhm={value=1.2, min=0.8, max=2.0}")
        text = text.replace('id="b",', 'id="b", fwhm="a.fwhm",')
    set_plan(planned, Plan.from_toml(text))
    for _ in range(2):  # the second finds nothing of the first
        fit_all(qtbot, planned)
    files = [tmp_path / f"{name}__S 2p.csv" for name in ("cellA", "cellB")]
    out = tmp_path / "out"
    assert call(capsys, "fit", *files, "--plan", plan_file(tmp_path, text), "-o", out).status == 0
    project = planned.workbench.project
    assert project.unfitted == 0
    for handle in read_results(out / "result.h5"):
        sample = project.sample(handle.sample)
        assert sample is not None
        assert project.plan is not None
        mine = result_of(sample, project.plan, dict(project.fits[handle.sample]))
        same(mine, handle.rows(0, handle.n_steps))


def test_one_edit_whatever_the_number_of_parts(qtbot: QtBot, planned: MainWindow) -> None:
    session = planned.workbench.session
    fit_all(qtbot, planned)
    assert session.undo_label == "Fit all"
    session.undo()
    assert not session.project.fits


def test_from_here_on_leaves_what_comes_before(qtbot: QtBot, planned: MainWindow) -> None:
    bench = planned.workbench
    bench.look(sample="cellA", step=60)
    planned.actions_.action("Fit from here on").trigger()
    qtbot.waitUntil(lambda: not bench.jobs.is_running("fit all"), timeout=60000)
    assert {name: sorted(own) for name, own in bench.project.fits.items()} == {
        "cellA": list(range(60, 70))
    }


def test_what_comes_back_for_another_plan_is_dropped(
    qtbot: QtBot,
    planned: MainWindow,
    said: list[tuple[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = planned.workbench
    run_chunk = pool.run_chunk

    def slowly(task: ChunkTask, monitor: Monitor) -> None:
        time.sleep(0.3)  # longer than steps wait for others before they are shown
        run_chunk(task, monitor)

    monkeypatch.setattr(pool, "run_chunk", slowly)

    def edited(before: Project, after: Project) -> None:
        if after.fits and after.plan is before.plan:
            bench.edit("Seed", lambda plan: set_option(plan, "series", "seed", 3))

    end = bench.session.subscribe(edited)
    planned.actions_.action("Fit all").trigger()
    qtbot.waitUntil(lambda: not bench.jobs.is_running("fit all"), timeout=60000)
    end()
    assert bench.project.unfitted == 73
    assert any("the plan has changed" in text for _, text in said)


@pytest.mark.parametrize("with_key", [True, False])
def test_stopping_keeps_what_is_done(
    qtbot: QtBot,
    planned: MainWindow,
    said: list[tuple[str, str]],
    monkeypatch: pytest.MonkeyPatch,
    with_key: bool,
) -> None:
    bench = planned.workbench
    progress = planned.findChild(JobProgress)
    assert progress is not None

    def press(before: Project, after: Project) -> None:
        if len(after.fits.get("cellA", {})) == 64 and bench.jobs.is_running("fit all"):
            progress.show()
            if with_key:
                qtbot.keyClick(planned, Qt.Key.Key_Escape)
            else:
                qtbot.mouseClick(progress.button, Qt.MouseButton.LeftButton)

    slow = pool.run_chunk

    def chunk(task, monitor):  # type: ignore[no-untyped-def]
        if len(task.steps) < 64:
            while not monitor.cancelled():
                pass
        slow(task, monitor)

    monkeypatch.setattr(pool, "run_chunk", chunk)
    end = bench.session.subscribe(press)
    planned.activateWindow()
    planned.actions_.action("Fit all").trigger()
    qtbot.waitUntil(lambda: not bench.jobs.is_running("fit all"), timeout=60000)
    end()
    assert sorted(bench.project.fits["cellA"]) == list(range(64))
    assert any(text.startswith("stopped") for _, text in said)
    assert not any(level == "error" for level, _ in said)
    monkeypatch.setattr(pool, "run_chunk", slow)
    fit_all(qtbot, planned)
    assert bench.project.unfitted == 0
    dismiss = [b for b in planned.notices.findChildren(QToolButton) if b.text() == "Dismiss"]
    assert dismiss[0].shortcut().toString() == "Esc"


def test_nothing_to_fit_is_said(
    qtbot: QtBot, window: MainWindow, load: Load, matrix: Path, said: list[tuple[str, str]]
) -> None:
    load(matrix)
    set_plan(window, Plan.from_toml(PLAN.replace('"S 2p"', '"O 1s"')))
    fit_all(qtbot, window)
    assert ("error", "no region of the plan was measured") in said
