"""A window on plain data, as a user would have it after the first day."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.gui.system import QT_LIBRARIES, missing_packages
from app.session.project import Source
from tests.app.program import PLAN, spectra

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from app.gui.main_window import MainWindow

_MISSING = missing_packages(QT_LIBRARIES) if sys.platform.startswith("linux") else []


if _MISSING:  # importing Qt would fail
    collect_ignore_glob = ["test_*.py"]


def pytest_report_header() -> str:
    """Why the window is not tested, if it is not."""
    return f"tests of the window are skipped: Qt needs {' '.join(_MISSING)}" if _MISSING else ""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings and recovery of one test."""
    folder = tmp_path / "home"
    monkeypatch.setenv("DECONVOLYTE_HOME", str(folder))
    return folder


@pytest.fixture
def qtbot(qtbot: "QtBot", monkeypatch: pytest.MonkeyPatch) -> "QtBot":
    """With more patience than 5 s: the machine may be busy."""
    monkeypatch.setattr(qtbot, "waitUntil", partial(qtbot.waitUntil, timeout=60_000))
    return qtbot


@pytest.fixture
def window(qtbot: "QtBot", home: Path) -> Iterator["MainWindow"]:
    """An empty window of somebody who has seen the first steps."""
    from app.gui.main_window import MainWindow
    from app.session.session import Session

    made = MainWindow(Session())
    made.files.settings = replace(made.files.settings, tour_done=True)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.scale.set(100)  # text has its size in the whole application
    made.workbench.end()
    made.safety.end()


@pytest.fixture
def said(window: "MainWindow") -> list[tuple[str, str]]:
    """Everything the window said."""
    heard: list[tuple[str, str]] = []
    window.workbench.said.connect(lambda level, text: heard.append((level, text)))
    return heard


@pytest.fixture
def load(qtbot: "QtBot", window: "MainWindow") -> Callable[[Path], None]:
    """Reads a file into the window without the preview."""

    def read(path: Path) -> None:
        before = len(window.workbench.project.sources)
        window.workbench.add_files(Source((path,)))
        qtbot.waitUntil(lambda: len(window.workbench.project.sources) > before)

    return read


@pytest.fixture
def matrix(tmp_path: Path) -> Path:
    """Three spectra of S 2p."""
    return spectra(tmp_path, steps=3)


@pytest.fixture
def demo_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A short demo experiment, where the window looks for it."""
    from app.archive.write import write_archive
    from fitting.simulate import simulate

    folder = tmp_path / "demo"
    folder.mkdir()
    made = simulate("E1", steps=3, counts=2000.0, seed=1)
    write_archive(folder / "E1.h5", made.series, made.truth)
    monkeypatch.setattr("app.session.demo.demo_folder", lambda: folder)
    return folder


@pytest.fixture
def fitted(
    qtbot: "QtBot", window: "MainWindow", load: Callable[[Path], None], matrix: Path
) -> "MainWindow":
    """Two components, b linked to a, the first of three steps fitted, a selected."""
    from fitting.plan import Plan

    load(matrix)
    bench = window.workbench
    bench.session.apply("Plan", replace(bench.project, plan=Plan.from_toml(PLAN)))
    bench.look(component="a", region="S 2p")
    bench.fit_here()
    qtbot.waitUntil(lambda: bool(bench.project.fits), timeout=60000)
    window.activateWindow()
    window.plan.refresh()
    window.spectrum.refresh()
    qtbot.wait(1)
    return window
