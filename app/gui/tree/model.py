"""Samples and their regions as a tree model; no widget."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QModelIndex, QObject, Qt

from app.gui.view_models.two_levels import Index, TwoLevels
from app.session.project import Project, Sample
from app.session.states import Light, RegionState, region_states

LIGHT_ROLE = Qt.ItemDataRole.UserRole + 1
"""State of a region as a ``Light``; None for a sample."""

_HEADINGS = ("Sample, region", "Steps")


class ExperimentModel(TwoLevels):
    """Two levels: samples, then their regions with the number of steps and a light."""

    headings = _HEADINGS

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._samples: tuple[Sample, ...] = ()
        self._states: Mapping[str, Mapping[str, RegionState]] = {}
        self._shown: Project | None = None

    def show(self, project: Project) -> bool:
        """Take a project over; True if rows came or went."""
        before, self._shown = self._shown, project
        same = before is not None and project.samples is before.samples
        states = {}
        for sample in project.samples:
            kept = same and before is not None and _same_fits(before, project, sample.name)
            states[sample.name] = (
                self._states[sample.name] if kept else region_states(project, sample)
            )
        if same:
            before_states, self._states = self._states, states
            self._tell_changes(before_states)
            return False
        self.beginResetModel()
        self._samples, self._states = project.samples, states
        self.endResetModel()
        return True

    def place_of(self, sample: str, region: str) -> QModelIndex:
        """Where a region stands; invalid if it is not there."""
        for row, one in enumerate(self._samples):
            if one.name == sample:
                regions = list(one.series)
                if region in regions:
                    return self.createIndex(regions.index(region), 0, row + 1)
                return self.createIndex(row, 0, 0)
        return QModelIndex()

    def names(self, index: Index) -> tuple[str, str]:
        """Sample and region of a row; the region of a sample is empty."""
        if not index.isValid():
            return "", ""
        if index.internalId() == 0:
            return self._samples[index.row()].name, ""
        sample = self._samples[index.internalId() - 1]
        return sample.name, list(sample.series)[index.row()]

    def state(self, index: Index) -> RegionState | None:
        """State of a region; None for a sample."""
        sample, region = self.names(index)
        return self._states[sample][region] if region else None

    def sizes(self) -> list[int]:
        """Regions of each sample."""
        return [len(sample.series) for sample in self._samples]

    def data(self, index: Index, role: int = 0) -> Any:
        """Called by Qt."""
        sample, region = self.names(index)
        state = self.state(index)
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(index, sample, region, state)
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() == 1:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if state is None:
            return sample if role == Qt.ItemDataRole.ToolTipRole else None
        if role == LIGHT_ROLE and index.column() == 0:
            return state.light
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{region}: {state.words}"
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{region}, {state.words}"
        return None

    def _text(self, index: Index, sample: str, region: str, state: RegionState | None) -> str:
        if index.column() == 0:
            return region or sample
        if state is None:
            one = self._samples[index.row()]
            return str(len(one.steps))
        counted = state.light in (Light.PARTLY, Light.STALE, Light.DOUBTFUL)
        return f"{state.fitted} / {state.steps}" if counted else str(state.steps)

    def _tell_changes(self, before: Mapping[str, Mapping[str, RegionState]]) -> None:
        """Cell by cell: of more than one at a time a view paints everything."""
        for row, sample in enumerate(self._samples):
            for place, region in enumerate(sample.series):
                if self._states[sample.name][region] != before[sample.name][region]:
                    for column in range(len(_HEADINGS)):
                        cell = self.createIndex(place, column, row + 1)
                        self.dataChanged.emit(cell, cell)


def _same_fits(before: Project, after: Project, sample: str) -> bool:
    """Whether nothing that a state tells can have changed."""
    same_plan = before.plan is after.plan
    return same_plan and before.fits.get(sample) is after.fits.get(sample)
