"""Fields for what files do not say."""

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal, cast

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFormLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.archive.reading import Reading
from app.io.charge_log import LogColumns
from app.io.options import ReadOptions
from app.session.preview import FIELDS
from app.session.settings import Usual
from fitting.errors import PlanError
from fitting.series import IntensityUnit

_AXES = ("binding_energy_eV", "kinetic_energy_eV", "raman_shift_cm-1")
_STEPS = ("charge_uAh_cm2", "time_s", "time_h", "potential_V", "etch_time_s", "depth_nm")
_UNITS = {
    "": None,
    "counts": IntensityUnit.COUNTS,
    "counts/s": IntensityUnit.COUNTS_PER_SECOND,
    "arbitrary": IntensityUnit.ARBITRARY,
}
_SIGNS = {"": None, "reduces the interface (+)": "+", "oxidises the interface (-)": "-"}
_ZONES = ("UTC", "Europe/Berlin", "Europe/London", "America/New_York", "Asia/Shanghai")


class ReadingForm(QWidget):
    """What the user says about files.

    Signals
    -------
    edited : something was changed
    """

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._logs_alone = False
        self._labels: dict[str, QLabel] = {}
        self._files_box()
        self._energies_box()
        self._charge_box()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        for group in (self._files, self._energies, self._charge):
            box.addWidget(group)
        box.addStretch(1)

    def reading(self) -> Reading:
        """What the fields say.

        Raises
        ------
        PlanError, DataError
            A field that is no number, or cannot be.
        """
        log, table = _path(self.charge_log), _path(self.steps)
        with_log = log is not None or self._logs_alone
        with_beam = bool(self.beam_current.text().strip())
        sign = cast(Literal["+", "-"] | None, _SIGNS[self.charge_sign.currentText()])
        return Reading(
            self._options(),
            steps=table,
            charge_log=log,
            log_columns=self._columns() if with_log else None,
            area_cm2=_number(self.area, "--area", above=0.0) if with_log or with_beam else None,
            charge_sign=sign if with_log else None,
            clock_offset_s=(_number(self.clock_offset, "--clock-offset") or 0.0) if with_log else 0,
            beam_current_uA=_number(self.beam_current, "--beam-current"),
        )

    def show_logs_alone(self, alone: bool) -> None:
        """Whether the files are charge logs themselves: then one can say what those mean."""
        self._logs_alone = alone
        self._settle()

    def put(self, options: ReadOptions, usual: Usual) -> None:
        """Fill the fields in without telling."""
        with QSignalBlocker(self):
            self.photon_energy.setText(_text(options.photon_energy_eV))
            self.work_function.setText(_text(options.work_function_eV))
            self.laser.setText(_text(options.laser_wavelength_nm))
            self.axis.setCurrentText(options.axis or "")
            self.step_column.setCurrentText(options.step_column or "")
            self.timezone.setCurrentText(options.timezone or "")
            self.unit.setCurrentText(_key(_UNITS, options.intensity_unit))
            self.area.setText(_text(usual.area_cm2))
            self.charge_sign.setCurrentText(_key(_SIGNS, usual.charge_sign))
            self.clock_offset.setText(_text(usual.clock_offset_s or None))
        self._settle()

    def _options(self) -> ReadOptions:
        return ReadOptions(
            region=_word(self.region.text()),
            sample=_word(self.sample.text()),
            axis=_word(self.axis.currentText()),
            step_column=_word(self.step_column.currentText()),
            intensity_unit=_UNITS[self.unit.currentText()],
            photon_energy_eV=_number(self.photon_energy, "--photon-energy", above=0.0),
            work_function_eV=_number(self.work_function, "--work-function"),
            laser_wavelength_nm=_number(self.laser, "--laser", above=0.0),
            timezone=_zone(self.timezone.currentText()),
        )

    def _columns(self) -> LogColumns | None:
        found = LogColumns()
        for what, field in self.log_columns.items():
            name = field.text().strip()
            if name:
                found = replace(found, **{what: name})
        return None if found == LogColumns() else found

    def _files_box(self) -> None:
        self._files = QGroupBox("Names and tables")
        form = _form(self._files)
        self.sample = self._line(form, "--sample", "as the file or its name says")
        self.region = self._line(form, "--region", "as the file or its name says")
        self.axis = self._choice(form, "--axis", ("", *_AXES), editable=True)
        self.step_column = self._choice(form, "--step-column", ("", *_STEPS), editable=True)
        self.unit = self._choice(form, "--intensity-unit", tuple(_UNITS))
        self.timezone = self._choice(form, "--timezone", ("", *_ZONES), editable=True)

    def _energies_box(self) -> None:
        self._energies = QGroupBox("Energies")
        form = _form(self._energies)
        self.photon_energy = self._line(form, "--photon-energy", "eV, e.g. 1486.6")
        self.work_function = self._line(form, "--work-function", "eV, subtracted; 0")
        self.laser = self._line(form, "--laser", "nm, for Raman axes that need it")

    def _charge_box(self) -> None:
        self._charge = QGroupBox("Steps and charge passed")
        form = _form(self._charge)
        self.steps = self._file(form, "--steps", "CSV: step or file, charge_uAh_cm2, ...")
        self.charge_log = self._file(form, "--charge-log", ".mpr, .mpt or CSV of a potentiostat")
        self.beam_current = self._line(form, "--beam-current", "µA, of a virtual electrode")
        self.area = self._line(form, "--area", "cm², electrode or irradiated spot")
        self.charge_sign = self._choice(form, "--charge-sign", tuple(_SIGNS))
        self.clock_offset = self._line(form, "--clock-offset", "s ahead of the spectrometer; 0")
        row = QHBoxLayout()
        row.setSpacing(4)
        self.log_columns = {
            what: QLineEdit() for what in ("time", "current", "potential", "charge")
        }
        for what, field in self.log_columns.items():
            field.setPlaceholderText(what)
            field.setAccessibleName(f"Column of the log with the {what}")
            field.textEdited.connect(self._changed)
            row.addWidget(field)
        self._row(form, "--log-columns", row)
        self._settle()

    def _line(self, form: QFormLayout, option: str, hint: str) -> QLineEdit:
        field = QLineEdit()
        field.setPlaceholderText(hint)
        field.setToolTip(hint)
        field.textEdited.connect(self._changed)
        self._row(form, option, field)
        return field

    def _choice(
        self, form: QFormLayout, option: str, choices: tuple[str, ...], *, editable: bool = False
    ) -> QComboBox:
        field = QComboBox()
        field.addItems(list(choices))
        field.setEditable(editable)
        field.setMinimumContentsLength(12)
        field.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        field.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        edit = field.lineEdit()
        if edit is not None:
            edit.setPlaceholderText("as the file says")
        field.currentTextChanged.connect(self._changed)
        self._row(form, option, field)
        return field

    def _file(self, form: QFormLayout, option: str, hint: str) -> QLineEdit:
        field, button = QLineEdit(), QToolButton()
        field.setPlaceholderText(hint)
        field.setToolTip(hint)
        field.textChanged.connect(self._changed)
        button.setText("...")
        button.setAccessibleName(f"Choose a file: {FIELDS[option]}")
        button.clicked.connect(lambda: self._choose(field, FIELDS[option]))
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(field, 1)
        row.addWidget(button)
        self._row(form, option, row)
        field.setAccessibleName(FIELDS[option])
        return field

    def _choose(self, field: QLineEdit, title: str) -> None:
        dialog = QFileDialog(self, title)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(field.setText)
        dialog.open()

    def _row(self, form: QFormLayout, option: str, field: QWidget | QHBoxLayout) -> None:
        label = QLabel(FIELDS[option])
        form.addRow(label, field)
        self._labels[option] = label
        if isinstance(field, QWidget):
            field.setAccessibleName(FIELDS[option])
            label.setBuddy(field)

    def _changed(self) -> None:
        self._settle()
        self.edited.emit()

    def _settle(self) -> None:
        """Only fields that can matter can be filled in."""
        if not hasattr(self, "log_columns"):
            return
        with_log = bool(self.charge_log.text().strip()) or self._logs_alone
        with_beam = bool(self.beam_current.text().strip())
        self._enable(self.area, "--area", with_log or with_beam)
        self._enable(self.charge_sign, "--charge-sign", with_log)
        self._enable(self.clock_offset, "--clock-offset", with_log)
        self._labels["--log-columns"].setEnabled(with_log)
        for field in self.log_columns.values():
            field.setEnabled(with_log)

    def _enable(self, field: QWidget, option: str, usable: bool) -> None:
        field.setEnabled(usable)
        self._labels[option].setEnabled(usable)


def _form(group: QGroupBox) -> QFormLayout:
    form = QFormLayout(group)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
    form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.DontWrapRows)
    form.setVerticalSpacing(4)
    return form


def _word(text: str) -> str | None:
    return text.strip() or None


def _path(field: QLineEdit) -> Path | None:
    text = field.text().strip()
    return Path(text) if text else None


def _text(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _key(choices: Mapping[str, object], value: object) -> str:
    return next((key for key, own in choices.items() if own == value), "")


def _number(field: QLineEdit, option: str, above: float = -math.inf) -> float | None:
    text = field.text().strip()
    if not text:
        return None
    try:
        value = float(text)
    except ValueError as error:
        raise PlanError(option, f"{text!r} is no number; write it like 4.36") from error
    if not (math.isfinite(value) and value > above):
        raise PlanError(option, f"{text} must be above {above:g}")
    return value


def _zone(text: str) -> str | None:
    from app.io.clock import localise

    zone = _word(text)
    if zone is not None:
        localise(0.0, zone)
    return zone
