"""Out of the window: the files of the command, figures, pictures, few clicks."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.gui.export import ExportDialog, FigureDialog
from app.gui.main_window import MainWindow
from app.session.figures import KINDS, Plot
from fitting.errors import DataError
from fitting.plan import Plan
from tests.app.gui.test_opening import drop, previewed
from tests.app.program import PLAN, call, counts, plan_file, tables, write_matrix

Load = Callable[[Path], None]


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.gui.fitting.fits_folder", lambda: tmp_path / "cache")


@pytest.fixture
def planned(window: MainWindow, load: Load, tmp_path: Path) -> MainWindow:
    """Three steps of two samples with a plan."""
    for name in ("cellA", "cellB"):
        load(write_matrix(tmp_path / f"{name}__S 2p.csv", counts(3)))
    session = window.workbench.session
    session.apply("Plan", replace(session.project, plan=Plan.from_toml(PLAN)))
    return window


def ended(qtbot: QtBot, window: MainWindow, job: str) -> None:
    qtbot.waitUntil(lambda: not window.workbench.jobs.is_running(job), timeout=60000)


def test_the_same_bytes_as_the_command(
    qtbot: QtBot, planned: MainWindow, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    planned.exporter.export(tmp_path / "mine", figures=False)
    ended(qtbot, planned, "export")
    files = [tmp_path / f"{name}__S 2p.csv" for name in ("cellA", "cellB")]
    plan = plan_file(tmp_path)
    assert call(capsys, "fit", *files, "--plan", plan, "-o", tmp_path / "out").status == 0
    assert tables(tmp_path / "mine") == tables(tmp_path / "out")
    assert (tmp_path / "mine/result.h5").read_bytes() == (tmp_path / "out/result.h5").read_bytes()


def test_what_was_taken_out_is_not_exported(
    qtbot: QtBot, planned: MainWindow, tmp_path: Path, said: list[tuple[str, str]]
) -> None:
    from app.session.samples import without_sample

    session = planned.workbench.session
    session.apply("Remove", without_sample(session.project, "cellA"))
    planned.exporter.export(tmp_path / "mine", figures=False)
    ended(qtbot, planned, "export")
    text = (tmp_path / "mine" / "phase_fractions.csv").read_text("utf-8")
    assert "cellB" in text
    assert "cellA" not in text
    assert any("spectra.h5" in sentence for _, sentence in said)


def test_a_folder_of_other_results_is_left_alone(
    qtbot: QtBot, planned: MainWindow, tmp_path: Path, said: list[tuple[str, str]]
) -> None:
    planned.exporter.export(tmp_path / "mine", figures=False)
    ended(qtbot, planned, "export")
    before = tables(tmp_path / "mine")
    session = planned.workbench.session
    other = Plan.from_toml(PLAN.replace("chained", "independent"))
    session.apply("Plan", replace(session.project, plan=other))
    planned.exporter.export(tmp_path / "mine", figures=False)
    ended(qtbot, planned, "export")
    assert said[-1][0] == "error"
    assert "another job" in said[-1][1]
    assert tables(tmp_path / "mine") == before


class Hand:
    """Everything the user does, counted: a drop is one, a key with its modifiers one each."""

    def __init__(self, qtbot: QtBot) -> None:
        self.done = 0
        self._qtbot = qtbot

    def drop(self, window: MainWindow, path: Path) -> None:
        drop(window, path)
        self.done += 1

    def key(self, widget: QWidget, key: Qt.Key) -> None:
        self._qtbot.keyClick(widget, key)
        self.done += 1

    def command(self, window: MainWindow, text: str) -> None:
        """By its keys, each of them counted."""
        action = window.actions_.action(text)
        assert action.isEnabled()
        keys = action.shortcut()
        self.done += keys.toString(QKeySequence.SequenceFormat.PortableText).count("+") + 1
        action.trigger()


def test_few_steps_from_a_file_to_its_fractions(
    qtbot: QtBot, window: MainWindow, demo_folder: Path
) -> None:
    hand = Hand(qtbot)
    hand.drop(window, demo_folder / "E1.h5")
    dialog = previewed(qtbot, window)
    hand.key(dialog, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.workbench.project.plan is not None, timeout=20000)
    hand.command(window, "Fit all")
    ended(qtbot, window, "fit all")
    assert window.workbench.project.unfitted == 0
    hand.command(window, "Export...")
    export = window.findChild(ExportDialog)
    assert export is not None
    folder = Path(export.folder.text())
    hand.key(export, Qt.Key.Key_Return)
    ended(qtbot, window, "export")
    assert (folder / "phase_fractions.csv").read_text("utf-8").count("\n") > 10
    assert hand.done <= 12, hand.done


def test_figures_of_every_plot_and_kind(
    qtbot: QtBot, planned: MainWindow, tmp_path: Path, said: list[tuple[str, str]]
) -> None:
    planned.fitting.fit_all()
    ended(qtbot, planned, "fit all")
    drawn = (Plot.SPECTRUM, Plot.FRACTIONS, Plot.COMPARED, Plot.MAP)  # trends want six steps
    for number, plot in enumerate(drawn):
        kind = KINDS[number % len(KINDS)]
        path = tmp_path / f"{number}.{kind}"
        planned.exporter.save_figure(plot, path, 85.0)
        ended(qtbot, planned, "export")
        assert path.stat().st_size > 1000, said
    text = (tmp_path / "1.svg").read_text("utf-8")
    assert "<text" in text
    assert 'width="240.9' in text  # points: 85 mm


def test_stale_fractions_are_not_drawn(qtbot: QtBot, planned: MainWindow, tmp_path: Path) -> None:
    from app.session.figures import draw

    planned.fitting.fit_all()
    ended(qtbot, planned, "fit all")
    session = planned.workbench.session
    other = Plan.from_toml(PLAN.replace("chained", "independent"))
    session.apply("Plan", replace(session.project, plan=other))
    with pytest.raises(DataError, match="older plan"):
        draw(session.project, Plot.COMPARED, "area", tmp_path / "a.pdf", 85.0)


def test_copies(qtbot: QtBot, planned: MainWindow) -> None:
    planned.fitting.fit_all()
    ended(qtbot, planned, "fit all")
    planned.actions_.action("Copy picture").trigger()
    assert not QGuiApplication.clipboard().image().isNull()
    planned.actions_.action("Copy table of results").trigger()
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0].startswith("sample,step,charge_uAh_cm2,A,A_stderr")
    assert len(lines) == 7
    planned.actions_.action("Save figure...").trigger()
    dialog = planned.findChild(FigureDialog)
    assert dialog is not None
    assert dialog.plot.currentData() == Plot.SPECTRUM
    dialog.reject()
    planned.middle.setCurrentWidget(planned.results)
    assert planned.exporter.plot_in_front is Plot.COMPARED
    name = planned.exporter.suggested_figure(Plot.SPECTRUM, "pdf").name
    assert name == "cellB S 2p step 0.pdf"
