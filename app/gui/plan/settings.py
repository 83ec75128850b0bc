"""What is fitted in a region, and how the whole is fitted, as forms."""

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QComboBox, QFormLayout, QGroupBox, QLabel, QVBoxLayout, QWidget

from app.batch.figures.labels import column_label
from app.gui.plan.form import Form
from app.gui.workbench import Workbench
from app.session.plan_edits import set_window
from app.session.plan_forms import (
    TABLES,
    Field,
    Kind,
    background_defaults,
    background_fields,
    background_kinds,
    background_values,
    fields_of,
    set_background_field,
    set_background_kind,
    set_field,
    values_of,
)
from app.session.plan_rows import regions_shown
from app.session.plan_words import matters
from app.session.project import Project
from fitting.errors import PlanError
from fitting.plan import Plan, Region

_TITLES = {
    "series": "Series",
    "fit": "Fit",
    "energy": "Energy scale",
    "quantification": "Sensitivities",
}


class RegionSettings(QWidget):
    """Window and background of the region that is looked at."""

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self.which = QComboBox()
        self.which.setAccessibleName("Region of the plan")
        self.window_form = Form("Window")
        self.kind = QComboBox()
        self.kind.setAccessibleName("Background: kind")
        self.background = Form("Background")
        self._region: Region | None = None
        self._inside = QWidget()
        self._none = QLabel("This region is not in the plan.")
        self._none.setWordWrap(True)
        self._arrange()
        self.which.activated.connect(lambda _: self.show_project(workbench.project))
        self.window_form.filled.connect(self._set_window)
        self.kind.activated.connect(lambda _: self._set_kind())
        self.background.filled.connect(self._set_background)
        for form in (self.window_form, self.background):
            form.wrong.connect(lambda text: workbench.said.emit("error", text))

    def show_project(self, project: Project) -> None:
        """Take a project over."""
        own = regions_shown(project)
        names = [region.name for region in own]
        with QSignalBlocker(self.which):
            if [self.which.itemText(k) for k in range(self.which.count())] != names:
                self.which.clear()
                self.which.addItems(names)
        self.which.setVisible(len(names) > 1)
        self._none.setVisible(not own)
        self._inside.setVisible(bool(own))
        self._region = own[max(self.which.currentIndex(), 0)] if own else None
        if self._region is not None:
            self._show(self._region, project)

    def _show(self, region: Region, project: Project) -> None:
        sample = project.shown
        series = None if sample is None else sample.series.get(region.measured)
        raman = series is not None and series.technique.value == "Raman"
        unit = "cm⁻¹" if raman else "eV"
        fields = [
            Field(name, Kind.NUMBER, meaning=f"{word} end of what is fitted", unit=unit)
            for name, word in (("from", "lower"), ("to", "upper"))
        ]
        low, high = region.window
        self.window_form.show_fields(fields, {"from": low, "to": high}, {})
        technique = "XPS" if series is None else series.technique.value
        self._show_background(region, technique)

    def _show_background(self, region: Region, technique: str) -> None:
        chosen = region.background
        kinds = background_kinds(technique)
        kinds = kinds if chosen.kind in kinds else (*kinds, chosen.kind)
        with QSignalBlocker(self.kind):
            if [self.kind.itemData(k) for k in range(self.kind.count())] != list(kinds):
                self.kind.clear()
                for name in kinds:
                    self.kind.addItem(name.replace("_", " "), name)
            self.kind.setCurrentIndex(self.kind.findData(chosen.kind))
        try:
            fields, hints = background_fields(chosen), background_defaults(chosen)
        except PlanError as error:
            self._workbench.said.emit("error", str(error))
            return
        self.background.show_fields(fields, background_values(chosen), hints)

    def _set_window(self, name: str, value: float) -> None:
        region = self._region
        if region is None:
            return
        low, high = region.window
        low, high = (value, high) if name == "from" else (low, value)
        if not self._workbench.edit(
            f"Window of {region.name}", lambda plan: set_window(plan, region.name, low, high)
        ):
            self.window_form.refresh()

    def _set_kind(self) -> None:
        region, kind = self._region, str(self.kind.currentData())
        if region is not None and not self._workbench.edit(
            f"Background of {region.name}",
            lambda plan: set_background_kind(plan, region.name, kind),
        ):
            self.show_project(self._workbench.project)

    def _set_background(self, name: str, value: Any) -> None:
        region = self._region
        if region is not None and not self._workbench.edit(
            f"Background of {region.name}",
            lambda plan: set_background_field(plan, region.name, name, value),
        ):
            self.background.refresh()

    def _arrange(self) -> None:
        window = QGroupBox("Window that is fitted")
        QVBoxLayout(window).addWidget(self.window_form)
        under = QGroupBox("Background")
        kind = QFormLayout()
        kind.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        kind.addRow("Kind", self.kind)
        box = QVBoxLayout(under)
        box.addLayout(kind)
        box.addWidget(self.background)
        inside = QVBoxLayout(self._inside)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(8)
        inside.addWidget(self.which)
        inside.addWidget(window)
        inside.addWidget(under)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(8, 8, 8, 8)
        whole.addWidget(self._none)
        whole.addWidget(self._inside)
        whole.addStretch(1)


class FitSettings(QWidget):
    """Series, fit, energy scale and sensitivities of the plan."""

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self._said: tuple[object, ...] = ()
        self.forms = {table: Form(_TITLES[table]) for table in TABLES}
        box = QVBoxLayout(self)
        box.setContentsMargins(8, 8, 8, 8)
        box.setSpacing(8)
        for table, form in self.forms.items():
            group = QGroupBox(_TITLES[table])
            QVBoxLayout(group).addWidget(form)
            box.addWidget(group)
            form.filled.connect(lambda name, value, table=table: self._set(table, name, value))
            form.wrong.connect(lambda text: workbench.said.emit("error", text))
        self._none = QLabel("There is no plan yet.")
        box.addWidget(self._none, 0, Qt.AlignmentFlag.AlignTop)
        box.addStretch(1)

    def show_project(self, project: Project) -> None:
        """Take a project over."""
        plan = project.plan
        if plan is not None:
            tables = tuple(getattr(plan, table) for table in TABLES)
            said = (*tables, tuple(plan.components), project.samples)
            if said == self._said:
                return
            self._said = said
        self._none.setVisible(plan is None)
        for table, form in self.forms.items():
            form.setEnabled(plan is not None)
            if plan is not None:
                form.show_fields(_fields(table, plan, project), values_of(plan, table), {})

    def _set(self, table: str, name: str, value: Any) -> None:
        self._said = ()
        if not self._workbench.edit(
            f"Set {table}.{name}", lambda plan: set_field(plan, table, name, value)
        ):
            self.forms[table].refresh()


def _fields(table: str, plan: Plan, project: Project) -> list[Field]:
    """Fields of a table; names that exist are offered where a text stands for one of them."""
    fields = []
    said = {"strategy": plan.series.strategy, **values_of(plan, table)}
    for field in fields_of(table):
        if (table, field.name) == ("energy", "component"):
            ids = tuple(plan.components)
            field = replace(field, kind=Kind.CHOICE, choices=ids, shown=ids)
        elif (table, field.name) == ("series", "axis"):
            axes = _axes(plan, project)
            shown = tuple(column_label(name) for name in axes)
            field = replace(field, kind=Kind.CHOICE, choices=axes, shown=shown)
        if matters(table, field.name, said):
            fields.append(field)
    return fields


def _axes(plan: Plan, project: Project) -> tuple[str, ...]:
    columns = [name for s in project.samples for one in s.series.values() for name in one.columns]
    return tuple(dict.fromkeys([*columns, "step", plan.series.axis]))
