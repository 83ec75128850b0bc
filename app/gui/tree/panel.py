"""The experiment tree: which sample, which region, how far its fits are."""

from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QSignalBlocker, QSize, Qt
from PySide6.QtGui import QAction, QIcon, QKeySequence, QPalette
from PySide6.QtWidgets import (
    QHeaderView,
    QMenu,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from app.gui.look import Look
from app.gui.panel import Panel
from app.gui.tree.lights import light_colour, light_icon
from app.gui.tree.model import LIGHT_ROLE, ExperimentModel
from app.gui.workbench import Workbench
from app.session.project import Project
from app.session.samples import without_region, without_sample
from app.session.states import Light

_CELL_MARGINS = 16
_INDENT = 14


class ExperimentTree(Panel):
    """Samples over regions; a click shows a region, the step stays."""

    def __init__(self, workbench: Workbench, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self.model = ExperimentModel(self)
        self.view = QTreeView(self)
        self.view.setAccessibleName("Experiment: samples and regions")
        self.view.setModel(self.model)
        self.view.setUniformRowHeights(True)
        self.view.setIndentation(_INDENT)
        self.view.setFrameShape(QTreeView.Shape.NoFrame)
        self._lights = _Lights(look, self.view)
        self.view.setItemDelegate(self._lights)
        header = self.view.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Fixed)
        self._fit_column()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.view, 1)
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.view.customContextMenuRequested.connect(self._menu)
        self.view.selectionModel().currentChanged.connect(self._chosen)
        self._remove = QAction("Remove", self.view)
        self._remove.setShortcut(QKeySequence.StandardKey.Delete)
        self._remove.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self._remove.triggered.connect(lambda: self.remove(self.view.currentIndex()))
        self.view.addAction(self._remove)
        workbench.changed.connect(self._changed)
        self._show(workbench.project, fresh=True)

    def set_look(self, look: Look) -> None:
        """Draw in other colours."""
        self._lights.look = look
        self._fit_column()
        self.view.viewport().update()

    def remove(self, index: QModelIndex) -> None:
        """Take a region or a sample out of the project; undo brings it back."""
        sample, region = self.model.names(index)
        project = self._workbench.project
        if region:
            after = without_region(project, sample, region)
        elif sample:
            after = without_sample(project, sample)
        else:
            return
        self._workbench.session.apply(f"Remove {region or sample}", after)

    def _changed(self, before: Project, after: Project) -> None:
        same = before.samples is after.samples and before.plan is after.plan
        self._show(after, fresh=not (same and before.fits is after.fits))

    def _fit_column(self) -> None:
        width = self.view.fontMetrics().horizontalAdvance("100 / 100") + _CELL_MARGINS
        self.view.header().resizeSection(1, width)

    def _show(self, project: Project, *, fresh: bool) -> None:
        with QSignalBlocker(self.view.selectionModel()):
            if fresh and self.model.show(project):
                self.view.expandAll()
            place = self.model.place_of(project.view.sample, project.view.region)
            moved = place.isValid() and place != self.view.currentIndex()
            if moved:
                self.view.setCurrentIndex(place)
        if moved:
            self.view.viewport().update()

    def _chosen(self, index: QModelIndex) -> None:
        sample, region = self.model.names(index)
        project = self._workbench.project
        found = project.sample(sample)
        if found is None:
            return
        wanted = region or (
            project.view.region if project.view.region in found.series else next(iter(found.series))
        )
        step = project.view.step if project.view.step in found.steps else found.steps[0]
        self._workbench.look(sample=sample, region=wanted, step=step)

    def _menu(self, place: QPoint) -> None:
        index = self.view.indexAt(place)
        if not index.isValid():
            return
        sample, region = self.model.names(index)
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        action = menu.addAction(f"Remove {region or sample}")
        kept = QPersistentModelIndex(index)
        action.triggered.connect(lambda: self.remove(_plain(kept, self.model)))
        menu.popup(self.view.viewport().mapToGlobal(place))


class _Lights(QStyledItemDelegate):
    """Rows with the sign of their state."""

    def __init__(self, look: Look, view: QTreeView) -> None:
        super().__init__(view)
        self.look = look
        self._view = view
        self._icons: dict[tuple[object, ...], QIcon] = {}

    def initStyleOption(self, option: QStyleOptionViewItem, index: Any) -> None:
        super().initStyleOption(option, index)
        light = index.data(LIGHT_ROLE)
        if light is not None:
            option.icon = self._icon(Light(light), option.palette)
            option.features |= QStyleOptionViewItem.ViewItemFeature.HasDecoration
            size = self._view.fontMetrics().height()
            option.decorationSize = QSize(size, size)

    def sizeHint(self, option: QStyleOptionViewItem, index: Any) -> QSize:
        hint = super().sizeHint(option, index)
        return QSize(hint.width(), round(1.5 * self._view.fontMetrics().height()))

    def _icon(self, light: Light, palette: QPalette) -> QIcon:
        size, ratio = self._view.fontMetrics().height(), self._view.devicePixelRatioF()
        colour = light_colour(light, self.look)
        ground = palette.color(QPalette.ColorRole.Base).name()
        key = (light, colour, ground, size, ratio)
        if key not in self._icons:
            icon = QIcon(light_icon(light, colour, size, ratio))
            selected = light_icon(light, colour, size, ratio, ground)
            icon.addPixmap(selected, QIcon.Mode.Selected)
            self._icons[key] = icon
        return self._icons[key]


def _plain(kept: QPersistentModelIndex, model: ExperimentModel) -> QModelIndex:
    return model.index(kept.row(), 0, kept.parent()) if kept.isValid() else QModelIndex()
