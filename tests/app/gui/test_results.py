"""Results and strip: what is drawn, where clicks go, what is said of older fits."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from app.gui.look import DARK, LIGHT
from app.gui.main_window import MainWindow
from app.gui.results.drawing import legend
from app.gui.results.panel import JOB
from app.session.looked import Subject
from app.session.parts import Verdict
from app.session.plan_edits import set_option
from app.session.results import results_of
from app.session.series_fit import left_words
from app.session.strip import STEP, alongs, series_map, waterfall
from fitting.plan import Plan
from tests.app.program import PLAN, counts, write_matrix
from tests.app.session.test_tension import project as disagreeing

Load = Callable[[Path], None]


@pytest.fixture
def fitted(
    qtbot: QtBot,
    window: MainWindow,
    load: Load,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> MainWindow:
    """Five steps of two samples, fitted, the results on top."""
    monkeypatch.setattr("app.gui.fitting.fits_folder", lambda: tmp_path / "cache")
    for name, seed in (("cellA", 0), ("cellB", 1)):
        load(write_matrix(tmp_path / f"{name}__S 2p.csv", counts(5, seed)))
    session = window.workbench.session
    session.apply("Plan", replace(session.project, plan=Plan.from_toml(PLAN)))
    window.fitting.fit_all()
    qtbot.waitUntil(lambda: session.project.unfitted == 0, timeout=60000)
    window.middle.setCurrentWidget(window.results)
    shown(qtbot, window)
    return window


def shown(qtbot: QtBot, window: MainWindow) -> None:
    """Until the results are those of the project."""
    panel = window.results
    panel.refresh()
    qtbot.waitUntil(
        lambda: not window.workbench.jobs.is_running(JOB) and bool(panel.results.verdicts)
    )
    qtbot.wait(5)


def click(qtbot: QtBot, canvas: object, plot: object, x: float, y: float) -> None:
    """With the mouse, on a point of a plot."""
    scene = plot.vb.mapViewToScene(QPointF(x, y))  # type: ignore[attr-defined]
    place = canvas.mapFromScene(scene)  # type: ignore[attr-defined]
    view = canvas.viewport()  # type: ignore[attr-defined]
    qtbot.mouseMove(view, place)
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=place)


def test_fractions_are_those_of_the_fits(fitted: MainWindow) -> None:
    results = results_of(fitted.workbench.project)
    assert results.regions == ("S 2p",)
    (a, b) = results.chosen("S 2p", "area")
    assert (a.curves.sample, b.curves.sample) == ("cellA", "cellB")
    assert a.curves.column == "charge_uAh_cm2"
    np.testing.assert_allclose(a.curves.x, 0.25 * np.arange(5))
    np.testing.assert_allclose(a.curves.fraction.sum(axis=1), 1.0, atol=1e-9)
    assert a.curves.fraction[0, 0] > 0.95 > a.curves.fraction[-1, 0]
    assert a.current.all()
    assert {one.verdict for one in results.verdicts} <= set(Verdict)


def test_a_click_on_a_point_goes_to_its_step(qtbot: QtBot, fitted: MainWindow) -> None:
    panel, bench = fitted.results, fitted.workbench
    b = panel.results.chosen("S 2p", "area")[1]
    click(qtbot, panel.canvas, panel.plot, b.curves.x[3], b.curves.fraction[3, 0])
    assert bench.project.view.step == 3
    click(qtbot, panel.canvas, panel.lights, 0.25, -1.0)
    assert (bench.project.view.sample, bench.project.view.step) == ("cellB", 1)
    qtbot.waitUntil(lambda: panel.check.text().startswith("Step 1, cellB"))


def test_rows_of_the_table_lead_to_steps_and_are_copied(qtbot: QtBot, fitted: MainWindow) -> None:
    panel, bench = fitted.results, fitted.workbench
    table = panel.table
    place = table.visualRect(table.numbers.index(6, 1)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert (bench.project.view.sample, bench.project.view.step) == ("cellB", 1)
    qtbot.keyClick(table, Qt.Key.Key_Down)
    assert bench.project.view.step == 2
    qtbot.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0].split(",")[:5] == ["sample", "step", "charge_uAh_cm2", "A", "A_stderr"]
    assert len(lines) == 11


def test_shifts_one_sample_and_one_phase(qtbot: QtBot, fitted: MainWindow) -> None:
    panel = fitted.results
    panel.pick.shown.setCurrentIndex(1)
    assert panel.table.numbers.table.headers[3] == "Shift / eV"
    panel.pick.sample.setCurrentIndex(2)
    assert {place[0] for place in panel.table.numbers.table.places} == {"cellB"}
    panel.pick.shown.setCurrentIndex(0)
    before = len(panel.plot.items)
    panel.pick.phase.setCurrentIndex(1)
    assert len(panel.plot.items) < before
    for look in (DARK, LIGHT):
        panel.set_look(look)
        fitted.strip.set_look(look)


def test_trends_are_computed_when_they_are_looked_at(qtbot: QtBot, fitted: MainWindow) -> None:
    panel, bench = fitted.results, fitted.workbench
    assert panel.looked.trends.rows == ()
    panel.pick.shown.setCurrentIndex(panel.pick.shown.findData("trends"))
    assert panel.words.text() == "Computing ..."
    qtbot.waitUntil(lambda: panel.looked.subject is Subject.TRENDS, timeout=20000)
    assert panel.pick.shown.findData("progress") < 0
    table = panel.table
    assert table.numbers.table.headers[:4] == ("Sample", "Of what", "Quantity", "Value")
    before = bench.project.view.step
    place = table.visualRect(table.numbers.index(1, 1)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text().startswith("source,sample,region,phase,basis,axis")
    assert bench.project.view.step == before
    click(qtbot, panel.canvas, panel.lights, 0.25, -1.0)
    assert (bench.project.view.sample, bench.project.view.step) == ("cellB", 1)


def test_what_arrives_later_is_seen_whole(qtbot: QtBot, window: MainWindow) -> None:
    window.workbench.session.open(disagreeing(1.2))
    panel = window.results
    window.middle.setCurrentWidget(panel)
    panel.refresh()
    assert panel.empty.text() == "Computing ..."
    qtbot.waitUntil(lambda: panel.pick.shown.findData("tension") >= 0)
    panel.pick.shown.setCurrentIndex(panel.pick.shown.findData("tension"))
    qtbot.waitUntil(lambda: bool(panel.looked.tensions))
    values = panel.looked.tensions[0].tension
    low, high = panel.plot.vb.viewRange()[1]
    assert low < np.nanmin(values) < 0.0
    assert high > np.nanmax(values) > 1.0


def test_fits_of_an_older_plan_are_said(qtbot: QtBot, fitted: MainWindow) -> None:
    bench = fitted.workbench
    bench.live = False
    bench.edit("Seed", lambda plan: set_option(plan, "series", "seed", 3))
    qtbot.waitUntil(lambda: fitted.results.results.stale == 10)
    assert "10 steps fitted with an older plan" in fitted.results.words.text()
    assert fitted.results.table.numbers.table.row(1)[-1] == "older plan"
    assert "older" not in legend(["A"], ["cellA"], {"A": "#000000"}, 0)


def test_nothing_fitted_says_what_to_do(window: MainWindow, load: Load, matrix: Path) -> None:
    load(matrix)
    window.middle.setCurrentWidget(window.results)
    window.results.refresh()
    assert "Fit all" in window.results.empty.text()
    assert window.results.stack.currentWidget() is window.results.empty


# --- strip ---------------------------------------------------------------------------------


def test_clicks_and_the_slider_go_to_steps(qtbot: QtBot, fitted: MainWindow) -> None:
    strip, bench = fitted.strip, fitted.workbench
    strip.refresh()
    click(qtbot, strip.map, strip.map.map, 3.2, 162.0)
    assert bench.project.view.step == 3
    strip.along.setCurrentIndex(strip.along.findData("charge_uAh_cm2"))
    click(qtbot, strip.map, strip.map.trace, 0.27, 0.0)
    assert bench.project.view.step == 1
    strip.slider.setFocus()
    qtbot.keyClick(strip.slider, Qt.Key.Key_End)
    assert bench.project.view.step == 4
    bench.look(step=2)
    qtbot.waitUntil(lambda: strip.slider.value() == 2)
    assert strip.text.text().startswith("Step 2")


def test_the_map_is_drawn_once(qtbot: QtBot, fitted: MainWindow) -> None:
    strip, bench = fitted.strip, fitted.workbench
    strip.refresh()
    image = strip.map.image.image
    for step in range(5):
        bench.look(step=step)
        strip.refresh()
    assert strip.map.image.image is image
    fitted.actions_.action("Heat map or waterfall").trigger()
    assert strip.stack.currentWidget() is strip.fall
    assert len(strip.fall.chosen.getData()[0]) == 41


def test_uneven_steps_stand_where_they_belong(fitted: MainWindow) -> None:
    series = fitted.workbench.project.samples[0].series["S 2p"]
    uneven = replace(
        series,
        columns={
            "charge_uAh_cm2": np.array([0.0, 1.0, 2.0, 6.0, 7.0]),
            "time_s": np.array([0.0, np.nan, 2.0, 3.0, 4.0]),
        },
    )
    assert alongs(uneven) == (STEP, "charge_uAh_cm2")
    made = series_map(uneven, "charge_uAh_cm2")
    assert len(made.image) == 8
    assert made.step_at(4.5) == 3
    np.testing.assert_array_equal(made.image[4], made.image[2])
    np.testing.assert_array_equal(made.image[5], made.image[6])
    fall = waterfall(uneven)
    assert fall.joined.sum() == 5 * 40


@pytest.mark.parametrize(
    ("done", "seconds", "words"),
    [(0, 1.0, "0 of 10"), (5, 7.0, "5 of 10, 7 s left"), (1, 20.0, "1 of 10, 3 min 00 s left")],
)
def test_how_long_it_will_take(done: int, seconds: float, words: str) -> None:
    assert left_words(done, 10, seconds) == words
