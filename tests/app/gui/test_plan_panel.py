"""The plan panel on the real window: phases, components edited in place, forms, sums."""

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex, QPoint, QRect, Qt
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QStyleOptionViewItem
from pytestqt.qtbot import QtBot

from app.gui.beginning import PHASES
from app.gui.main_window import MainWindow
from app.gui.plan.chooser import PhaseChooser
from app.gui.view_models.plan_components import ERROR, NAME, RULE, VALUE
from app.gui.view_models.plan_phases import COUNTED, LINES
from app.session.plan_edits import setting_of
from fitting.plan import Free, Plan
from tests.app.gui.hand import type_into
from tests.app.program import PLAN

Said = list[tuple[str, str]]


@pytest.fixture
def panel(window: MainWindow, load: Callable[[Path], None], matrix: Path) -> MainWindow:
    """Three spectra with a plan of two components; lmfit, so that nothing is compiled."""
    load(matrix)
    bench = window.workbench
    plan = Plan.from_toml(PLAN.replace("[series]", '[fit]\nengine = "lmfit"\n[series]'))
    bench.session.apply("Plan", replace(bench.project, plan=plan))
    bench.look(component="a", region="S 2p")
    window.activateWindow()
    window.plan.refresh()
    window.spectrum.refresh()
    return window


def plan_of(window: MainWindow) -> Plan:
    plan = window.workbench.project.plan
    assert plan is not None
    return plan


def cell(window: MainWindow, component: str, parameter: str, column: int) -> QModelIndex:
    window.plan.refresh()
    place = window.plan.components.model.cell_of(component, parameter, column)
    assert place.isValid()
    return place


def test_a_number_is_typed_into_its_cell_and_undone(qtbot: QtBot, panel: MainWindow) -> None:
    type_into(qtbot, panel, cell(panel, "a", "center", VALUE), "161.2")
    assert setting_of(plan_of(panel), "a", "center") == 161.2
    assert panel.workbench.session.undo_label == "Change value of a.center"
    panel.workbench.session.undo()
    assert cell(panel, "a", "center", VALUE).data() == "161.5"


def test_what_is_wrong_is_said_and_the_old_value_stays(
    qtbot: QtBot, panel: MainWindow, said: Said
) -> None:
    type_into(qtbot, panel, cell(panel, "a", "fwhm", VALUE), "wide")
    assert said[-1] == ("error", "'wide' is no number")
    assert cell(panel, "a", "fwhm", VALUE).data() == "1.2"
    type_into(qtbot, panel, cell(panel, "a", "center", RULE), "b.center - 2")
    assert said[-1][0] == "error"
    assert setting_of(plan_of(panel), "a", "center") == 161.5


def test_space_frees_and_a_click_on_the_sign_fixes(qtbot: QtBot, panel: MainWindow) -> None:
    view = panel.plan.components.view
    view.setCurrentIndex(cell(panel, "a", "fwhm", VALUE))
    qtbot.keyClick(view, Qt.Key.Key_Space)
    assert setting_of(plan_of(panel), "a", "fwhm") == Free(value=1.2, min=0.6, max=2.4)
    assert cell(panel, "a", "fwhm", RULE).data() == "0.6–2.4"
    rect = view.visualRect(cell(panel, "a", "fwhm", RULE))
    beside, sign = rect.center(), QPoint(rect.left() + 8, rect.center().y())
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=beside)
    assert cell(panel, "a", "fwhm", RULE).data() == "0.6–2.4"
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=sign)
    assert setting_of(plan_of(panel), "a", "fwhm") == 1.2
    assert cell(panel, "a", "fwhm", RULE).data() == "fixed"


def test_bounds_links_and_words_are_typed(qtbot: QtBot, panel: MainWindow) -> None:
    type_into(qtbot, panel, cell(panel, "a", "fwhm", RULE), "0.8-1.5")
    assert setting_of(plan_of(panel), "a", "fwhm") == Free(value=1.2, min=0.8, max=1.5)
    assert cell(panel, "a", "fwhm", RULE).data() == "0.8–1.5"
    panel.workbench.look(component="b")
    type_into(qtbot, panel, cell(panel, "b", "fwhm", RULE), "a.fwhm")
    assert setting_of(plan_of(panel), "b", "fwhm") == "a.fwhm"
    spoken = cell(panel, "b", "fwhm", RULE).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "b fwhm, Bounds or link: linked, a.fwhm"
    type_into(qtbot, panel, cell(panel, "b", "center", RULE), "free")
    assert isinstance(setting_of(plan_of(panel), "b", "center"), Free)


@pytest.mark.parametrize("percent", [100, 200])
def test_all_columns_are_seen_without_scrolling(panel: MainWindow, percent: int) -> None:
    panel.resize(1440, 900)
    panel.scale.set(percent)
    QApplication.processEvents()
    view, text = panel.plan.components.view, panel.plan.components.view.fontMetrics()
    head = view.header()
    widths = [head.sectionSize(column) for column in (NAME, VALUE, ERROR, RULE)]
    assert sum(widths) <= view.viewport().width()
    assert widths[VALUE] > text.horizontalAdvance("161.523")
    assert widths[RULE] > text.height() + text.horizontalAdvance("160.5–162.5")
    indent = 2 * view.indentation()
    wanted = "area / counts eV" if percent == 100 else "splitting / eV"
    assert widths[NAME] - indent > text.horizontalAdvance(wanted)


def test_a_link_without_room_keeps_its_sign_and_number(panel: MainWindow) -> None:
    panel.workbench.look(component="b")
    place = cell(panel, "b", "center", RULE)
    painted, option = panel.plan.components.view.painted, QStyleOptionViewItem()
    for width, end in ((400, "a.center + 2.0"), (90, "… + 2.0")):
        option.rect = QRect(0, 0, width, 20)
        painted.initStyleOption(option, place)
        assert option.text.endswith(end)


def test_errors_of_the_fit_stand_beside_the_values(qtbot: QtBot, panel: MainWindow) -> None:
    assert cell(panel, "a", "area", VALUE).data() == "–"
    panel.workbench.fit_here()
    qtbot.waitUntil(lambda: bool(panel.workbench.project.fits), timeout=60000)
    assert cell(panel, "a", "area", ERROR).data().startswith("± ")
    assert float(cell(panel, "a", "area", VALUE).data()) > 0.0
    assert "counts eV" in cell(panel, "a", "area", 0).data()


def test_a_click_selects_in_the_table_and_in_the_spectrum(qtbot: QtBot, panel: MainWindow) -> None:
    view, model = panel.plan.components.view, panel.plan.components.model
    place = view.visualRect(model.place_of("b")).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert panel.workbench.project.view.component == "b"
    panel.plan.refresh()
    assert view.isExpanded(model.place_of("b"))
    assert not view.isExpanded(model.place_of("a"))
    panel.workbench.look(component="a")
    panel.plan.refresh()
    assert model.component(view.currentIndex()) == model.rows[0]


def test_delete_takes_the_component_out(qtbot: QtBot, panel: MainWindow) -> None:
    panel.workbench.look(component="b")
    panel.plan.refresh()
    panel.plan.components.view.setFocus()
    qtbot.keyClick(panel.plan.components.view, Qt.Key.Key_Delete)
    assert list(plan_of(panel).components) == ["a"]
    panel.workbench.session.undo()
    assert list(plan_of(panel).components) == ["a", "b"]


def test_shape_phase_and_doublet_of_the_selected_component(qtbot: QtBot, panel: MainWindow) -> None:
    own = panel.plan.components
    _choose(own.shape, "voigt")
    _choose(own.phase, "B")
    panel.plan.refresh()
    qtbot.mouseClick(own.doublet, Qt.MouseButton.LeftButton)
    component = plan_of(panel).components["a"][1]
    assert (component.shape, component.phase) == ("voigt", "B")
    assert component.doublet is not None


def test_phases_come_from_the_library_by_typing(qtbot: QtBot, panel: MainWindow) -> None:
    button = panel.plan.phases.add
    assert button.objectName() == PHASES
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    chooser = panel.findChild(PhaseChooser)
    assert chooser is not None
    qtbot.keyClicks(chooser.filter, "nothing is called this")
    assert chooser.none.isVisible()
    assert not chooser.button.isEnabled()
    chooser.filter.clear()
    qtbot.keyClicks(chooser.filter, "li2s sulfide"[:4])
    item = chooser.list.currentItem()
    assert item is not None
    wanted = item.data(0, Qt.ItemDataRole.UserRole)
    assert "S 2p" in item.text(2)
    qtbot.keyClick(chooser.filter, Qt.Key.Key_Return)
    assert wanted in plan_of(panel).phases
    assert any(c.phase == wanted for _, c in plan_of(panel).components.values())
    assert panel.workbench.project.view.marked == (wanted,)


def test_counted_lines_and_removal_of_phases(qtbot: QtBot, panel: MainWindow) -> None:
    table, model = panel.plan.phases.table, panel.plan.phases.model
    for column in (COUNTED, LINES):
        table.setCurrentIndex(model.index(1, column))
        qtbot.keyClick(table, Qt.Key.Key_Space)
    assert not plan_of(panel).phases["B"].counted
    assert panel.workbench.project.view.marked == ("B",)
    table.selectRow(1)
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_Delete)
    assert list(plan_of(panel).phases) == ["A"]


def test_sums_of_selected_phases(qtbot: QtBot, panel: MainWindow) -> None:
    own = panel.plan.phases
    own.table.selectAll()
    qtbot.keyClicks(own.group_name, "both")
    qtbot.mouseClick(own.group_add, Qt.MouseButton.LeftButton)
    assert plan_of(panel).groups == {"both": ("A", "B")}
    panel.plan.refresh()
    assert own.groups.item(0).text() == "both  =  A, B"
    own.groups.setCurrentRow(0)
    qtbot.mouseClick(own.group_remove, Qt.MouseButton.LeftButton)
    assert plan_of(panel).groups == {}


def test_window_and_background_of_the_region(qtbot: QtBot, panel: MainWindow, said: Said) -> None:
    panel.plan.tabs.setCurrentIndex(1)
    own = panel.plan.region
    _fill(qtbot, own.window_form.controls["from"], "159")
    assert plan_of(panel).regions[0].window == (159.0, 165.5)
    panel.plan.refresh()
    _fill(qtbot, own.window_form.controls["to"], "120")
    assert said[-1][0] == "error"
    assert own.window_form.controls["to"].text() == "165.5"  # type: ignore[attr-defined]
    _choose(own.kind, "shirley")
    panel.plan.refresh()
    _fill(qtbot, own.background.controls["k"], "0.01")
    assert plan_of(panel).regions[0].background.settings == {"k": 0.01}


def test_options_of_the_fit(qtbot: QtBot, panel: MainWindow, said: Said) -> None:
    panel.plan.tabs.setCurrentIndex(2)
    forms = panel.plan.options.forms
    weights = forms["fit"].controls["weights"]
    assert isinstance(weights, QComboBox)
    _choose(weights, "uniform")
    assert plan_of(panel).fit.weights == "uniform"
    _fill(qtbot, forms["series"].controls["seed"], "1.5")
    assert "no whole number" in said[-1][1]
    _fill(qtbot, forms["series"].controls["seed"], "7")
    assert plan_of(panel).series.seed == 7
    reference = forms["energy"].controls["reference"]
    assert isinstance(reference, QComboBox)
    _choose(reference, "component")
    panel.plan.refresh()
    assert "position_eV" in forms["energy"].controls


def test_every_control_has_a_name_for_screen_readers(panel: MainWindow) -> None:
    for kind in (QComboBox, QLineEdit):
        for control in panel.plan.findChildren(kind):
            if control.objectName() == "qt_spinbox_lineedit" or control.parent() is None:
                continue
            assert control.accessibleName(), control


def _choose(combo: QComboBox, word: str) -> None:
    place = combo.findData(word)
    assert place >= 0
    combo.setCurrentIndex(place)
    combo.activated.emit(place)


def _fill(qtbot: QtBot, control: object, text: str) -> None:
    assert isinstance(control, QLineEdit)
    control.setFocus()
    control.selectAll()
    qtbot.keyClicks(control, text)
    qtbot.keyClick(control, Qt.Key.Key_Return)


def test_the_table_of_components_is_copied_as_csv(qtbot: QtBot, panel: MainWindow) -> None:
    view = panel.plan.components.view
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    rows = list(csv.DictReader(io.StringIO(QApplication.clipboard().text())))
    own = next(r for r in rows if (r["component"], r["parameter"]) == ("a", "center"))
    assert own["region"] == "S 2p"
    assert float(own["value"]) == float(cell(panel, "a", "center", VALUE).data())
    assert own["stderr"] == ""
    assert {row["component"] for row in rows} == {"a", "b"}
