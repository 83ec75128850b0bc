"""What of the results is shown: of which subject, which region, in which basis."""

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QToolButton, QWidget

from app.batch.figures.labels import phase_label
from app.session.looked import Subject
from app.session.progress import Quantity
from app.session.results import Results
from fitting.quantify import UNASSIGNED
from fitting.region_steps import ALL

SUBJECTS = {
    Subject.FRACTIONS: "Fractions",
    Subject.SHIFT: "Shift",
    Subject.TRENDS: "Trends",
    Subject.TENSION: "Tension",
    Subject.PROGRESS: "Progress",
}
JOINT = (Subject.TENSION, Subject.PROGRESS)
"""What there is only where one amount drives the lines of a phase in all regions."""

SUMS = "sums"
_BASES = {
    "area": "Share of area",
    "atomic": "Atomic fraction",
    "molar": "Molar fraction",
    "volume": "Volume fraction",
}
_ALL = "All samples"


_LEAST = 9
"""Letters that a choice shows on a narrow screen."""


class Pick(QWidget):
    """A row of choices.

    Signals
    -------
    changed : something else is to be shown
    copy_wanted : the table is wanted as CSV
    """

    changed = Signal()
    copy_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shown, self.region = QComboBox(self), QComboBox(self)
        self.basis, self.sample = QComboBox(self), QComboBox(self)
        self.phase, self.quantity = QComboBox(self), QComboBox(self)
        self.copy = QToolButton(self)
        self.copy.setText("Copy table")
        self.copy.setToolTip("Copy all numbers of the table as CSV")
        self.copy.clicked.connect(self.copy_wanted)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 8, 4)
        row.setSpacing(8)
        _fill(self.shown, {Subject.FRACTIONS: SUBJECTS[Subject.FRACTIONS]}, "")
        _fill(self.quantity, {one.value: one.value for one in Quantity}, Quantity.EXTENT)
        boxes = {
            "What is shown": self.shown,
            "Region": self.region,
            "Fraction of what": self.basis,
            "Phase": self.phase,
            "Quantity": self.quantity,
            "Sample": self.sample,
        }
        for name, box in boxes.items():
            box.setAccessibleName(name)
            box.setToolTip(name)
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
            box.setMinimumWidth(_LEAST * box.fontMetrics().averageCharWidth())
            box.currentIndexChanged.connect(self.changed)
            row.addWidget(box)
        row.addStretch(1)
        row.addWidget(self.copy)

    @property
    def subject(self) -> Subject:
        """What is shown."""
        return Subject(str(self.shown.currentData()))

    @property
    def samples(self) -> str:
        """The sample that is chosen, or empty for all."""
        return str(self.sample.currentData() or "")

    def shows(self, name: str) -> bool:
        """Whether the curve of a phase or a sum is wanted."""
        wanted = str(self.phase.currentData() or "")
        is_sum = name.startswith("group:") or name == UNASSIGNED
        if wanted in ("", SUMS):
            return is_sum == (wanted == SUMS)
        return name == wanted

    def offer(self, results: Results, samples: Sequence[str], region: str, *, joint: bool) -> None:
        """Fill the choices; what was chosen stays if it is there.

        Parameters
        ----------
        region : that is looked at: chosen at first
        joint : whether regions can be compared with each other
        """
        subjects = {one.value: text for one, text in SUBJECTS.items() if joint or one not in JOINT}
        _fill(self.shown, subjects, Subject.FRACTIONS)
        is_fractions = self.subject in (Subject.FRACTIONS, Subject.TRENDS)
        regions = {name: "All regions" if name == ALL else name for name in results.regions}
        _fill(self.region, regions, region)
        bases = results.bases(str(self.region.currentData()))
        _fill(self.basis, {name: _BASES.get(name, name) for name in bases}, "")
        _fill(self.sample, {"": _ALL, **{name: name for name in samples}}, "")
        chosen = results.chosen(str(self.region.currentData()), str(self.basis.currentData()))
        names = dict.fromkeys(name for one in chosen for name in one.curves.names)
        sums = [name for name in names if name.startswith("group:") or name == UNASSIGNED]
        choices = {"": "All phases", **({SUMS: "Sums and not counted"} if sums else {})}
        _fill(self.phase, {**choices, **{name: phase_label(name) for name in names}}, "")
        self.region.setVisible(is_fractions)
        self.phase.setVisible(self.subject not in (Subject.SHIFT, Subject.PROGRESS))
        self.quantity.setVisible(self.subject is Subject.PROGRESS)
        self.basis.setVisible(is_fractions and len(bases) > 1)
        self.sample.setVisible(len(samples) > 1)

    def go_to(self, region: str) -> None:
        """Choose a region, if it is there."""
        place = self.region.findData(region)
        if place >= 0:
            self.region.setCurrentIndex(place)


def _fill(box: QComboBox, choices: dict[str, str], wanted: str) -> None:
    known = {str(box.itemData(i)): box.itemText(i) for i in range(box.count())}
    if known == choices and list(known) == list(choices):
        return
    before = box.currentData()
    with QSignalBlocker(box):
        box.clear()
        for value, text in choices.items():
            box.addItem(text, value)
        place = box.findData(before if before in choices else wanted)
        box.setCurrentIndex(max(place, 0) if choices else -1)
