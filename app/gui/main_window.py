"""The window: where the panels stand. What they do is theirs, what commands do is Workbench's."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QEvent, Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QMainWindow,
    QMenu,
    QSplitter,
    QStackedWidget,
    QStatusBar,
    QTabWidget,
    QToolBar,
    QVBoxLayout,
    QWidget,
)

from app.gui.actions import Actions
from app.gui.beginning import first_steps
from app.gui.files import Autosave, Files
from app.gui.first_run import StartPage
from app.gui.look import Look, current_look
from app.gui.notices import NoticeBar
from app.gui.opening.opener import Opener
from app.gui.panel import Panel
from app.gui.question import QuestionBar
from app.gui.safety import Safety
from app.gui.scale import TextScale
from app.gui.stepping import Stepping
from app.gui.tour import Tour
from app.gui.window_commands import window_commands
from app.gui.workbench import Workbench
from app.session.project import Project
from app.session.session import Session

if TYPE_CHECKING:
    from app.gui.export import Exporter
    from app.gui.fitting import SeriesFitting
    from app.gui.logs.panel import LogPanel
    from app.gui.plan.document import PlanDocument
    from app.gui.plan.panel import PlanPanel
    from app.gui.results.panel import ResultsPanel
    from app.gui.spectrum.panel import SpectrumPanel
    from app.gui.strip.panel import SeriesStrip
    from app.gui.tree.panel import ExperimentTree

_TOOLBAR = (
    "Open...",
    "Save",
    "",
    "Undo",
    "Redo",
    "",
    "Fit this spectrum",
    "Live fit",
    "Fit all",
    "",
    "Export...",
)
"""Commands that stand in the toolbar, where they exist; empty: a gap."""


class MainWindow(QMainWindow):
    """Tree | spectrum or results, over the series strip | plan.

    Parameters
    ----------
    session : what is open
    whole : with its panels; without them it is shown sooner, and ``complete`` builds them
    """

    spectrum: "SpectrumPanel"
    tree: "ExperimentTree"
    plan: "PlanPanel"
    fitting: "SeriesFitting"
    strip: "SeriesStrip"
    document: "PlanDocument"
    exporter: "Exporter"
    results: "ResultsPanel"
    logs: "LogPanel"
    tools: QToolBar
    stepping: Stepping

    def __init__(self, session: Session, *, whole: bool = True) -> None:
        super().__init__()
        self.is_ready = False
        self._widths: dict[QWidget, int] = {}
        self._usual: dict[QWidget, int] = {}
        self.workbench = Workbench(session, self)
        self.look = current_look()
        self.files = Files(self.workbench, self)
        self.notices = NoticeBar(self.look)
        self.workbench.said.connect(self.notices.say)
        self.question = QuestionBar()
        self.opener = Opener(self.workbench, self.files, self)
        self.start_page = StartPage(self.opener.ask, self.opener.demo)
        self.start_page.chosen.connect(lambda path: self.opener.open([path]))
        self.safety = Safety(self.files, self.question, self.opener, self)
        self._arrange()
        self.actions_ = Actions(self, self.workbench, window_commands(self))
        self._recent = QMenu("Open recent", self)
        self._recent.aboutToShow.connect(self._list_recent)
        self.actions_.menu("File").insertMenu(
            self.actions_.action("Open the demo experiment"), self._recent
        )
        self.scale = TextScale(self)
        self.tour: Tour | None = None
        self.is_complete = False
        self.setAcceptDrops(True)
        self._remembered()
        if whole:
            self.complete()
        self.workbench.changed.connect(self._changed)
        self.files.moved.connect(self.refresh)
        self.refresh()
        self.is_ready = True

    @property
    def panels(self) -> list[Panel]:
        """All panels that stand in the window."""
        return self.findChildren(Panel)

    def complete(self) -> None:
        """Build the panels, unless they are there."""
        if self.is_complete:
            return
        from app.gui.panels import build

        self.is_complete = True
        self.actions_.extend(build(self))
        self.tools = self._toolbar()
        self.stepping = Stepping(self)
        self._restore_splitters()
        self.refresh()

    def put_left(self, panel: QWidget, width: int, usual: int) -> None:
        """Place the experiment tree; at least, and usually so wide."""
        self.across.insertWidget(0, panel)
        self.across.setCollapsible(0, False)
        self._widths[panel], self._usual[panel] = width, usual
        self._weigh()

    def put_right(self, panel: QWidget, width: int, usual: int) -> None:
        """Place the plan; at least, and usually so wide."""
        self.across.addWidget(panel)
        self._widths[panel], self._usual[panel] = width, usual
        self._weigh()

    def put_below(self, panel: QWidget, height: int) -> None:
        """Place the series strip."""
        self.center.addWidget(panel)
        self.center.setStretchFactor(0, 1)
        panel.setMinimumHeight(height)

    def protect(self, folder: Path) -> None:
        """Keep copies for recovery there, offer what a crash left, ask before work is lost."""
        self.safety.protect(Autosave(self.workbench, self.files, folder))

    def show_tour(self) -> None:
        """The four steps that point at the real controls."""
        if self.tour is None:
            self.tour = first_steps(self)
            self.tour.ended.connect(self._tour_ended)

    def refresh(self) -> None:
        """Title, start page, names of undo and redo."""
        project = self.workbench.project
        of_logs = project.logs is not None
        empty = not project.samples and project.plan is None and not of_logs
        self.stack.setCurrentIndex(2 if of_logs else 0 if empty else 1)
        if self.is_complete:
            self.tools.setVisible(not empty)
        if empty:
            self.start_page.show_recent(self.files.settings.recent)
        name = f"{self.files.name}[*] – " if not empty else ""
        self.setWindowTitle(f"{name}Deconvolyte")
        self.setWindowModified(not empty and not self.files.is_saved)
        session = self.workbench.session
        for word, label in (("Undo", session.undo_label), ("Redo", session.redo_label)):
            self.actions_.action(word).setToolTip(f"{word}: {label}" if label else word)

    def share_room(self) -> None:
        """Give the panels at the sides their usual widths for this size of text."""
        usual: dict[QWidget | None, int] = {
            panel: self._scaled(width) for panel, width in self._usual.items()
        }
        rest = self.width() - sum(usual.values())
        places = [self.across.widget(place) for place in range(self.across.count())]
        self.across.setSizes([usual.get(one, rest) for one in places])

    def changeEvent(self, event: QEvent) -> None:
        """Follow the system from light to dark and the size of text; called by Qt."""
        super().changeEvent(event)
        kinds = (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange)
        if event.type() in kinds and self.is_ready:
            self.set_look(current_look())

    def set_look(self, look: Look) -> None:
        """Draw everything in other colours, or anew with another size of text."""
        self.look = look
        self.notices.set_look(look)
        self.start_page.set_size()
        self._weigh()
        for panel in self.panels:
            panel.set_look(look)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files may be dropped; called by Qt."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped; called by Qt."""
        urls = [url for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        self.opener.open([Path(url.toLocalFile()) for url in urls])

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask if work would be lost, then end what runs; called by Qt."""
        if not self.safety.may_close():
            event.ignore()
            return
        self._remember()
        self.workbench.end()
        self.safety.end()
        super().closeEvent(event)

    def createPopupMenu(self) -> QMenu | None:
        """No menu that hides toolbars; called by Qt."""
        return None

    def _arrange(self) -> None:
        self.middle = QTabWidget()
        self.middle.setAccessibleName("Spectrum and results")
        self.middle.setDocumentMode(True)
        self.center = QSplitter(Qt.Orientation.Vertical)
        self.center.addWidget(self.middle)
        self.across = QSplitter(Qt.Orientation.Horizontal)
        self.across.addWidget(self.center)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.start_page)
        self.stack.addWidget(self.across)
        inside = QWidget()
        box = QVBoxLayout(inside)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.question)
        box.addWidget(self.stack, 1)
        box.addWidget(self.notices)
        self.setCentralWidget(inside)
        self.setStatusBar(QStatusBar())
        self.statusBar().setSizeGripEnabled(False)
        self.resize(1440, 900)

    def _weigh(self) -> None:
        """What is left over goes to the middle."""
        for place in range(self.across.count()):
            middle = self.across.widget(place) is self.center
            self.across.setStretchFactor(place, 1 if middle else 0)
        for panel, width in self._widths.items():
            panel.setMinimumWidth(self._scaled(width))

    def _scaled(self, width: int) -> int:
        """Half as fast as the text: large text must leave room for the spectrum."""
        return round(width * (100 + self.scale.percent) / 200)

    def _toolbar(self) -> QToolBar:
        bar = QToolBar("Commands", self)
        bar.setMovable(False)
        bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        known = {command.text for command in self.actions_.commands}
        for text in _TOOLBAR:
            if not text:
                bar.addSeparator()
            elif text in known:
                bar.addAction(self.actions_.action(text))
        self.addToolBar(bar)
        return bar

    def _changed(self, before: Project, after: Project) -> None:
        if after.samples or after.plan is not None or after.logs is not None:
            self.complete()
        self.refresh()
        if after.samples and not before.samples and not self.files.settings.tour_done:
            self.show_tour()

    def _list_recent(self) -> None:
        self._recent.clear()
        for path in self.files.settings.recent:
            action = self._recent.addAction(path.name)
            action.setToolTip(str(path))
            action.triggered.connect(lambda _=False, path=path: self.opener.open([path]))
        if self._recent.isEmpty():
            self._recent.addAction("Nothing yet").setEnabled(False)

    def _tour_ended(self) -> None:
        self.tour = None
        self.files.remember(replace(self.files.settings, tour_done=True))

    def _remembered(self) -> None:
        settings = self.files.settings
        self.workbench.live = settings.live_fit
        if settings.geometry:
            self.restoreGeometry(QByteArray.fromBase64(settings.geometry.encode()))
        if settings.text_percent != 100:
            self.scale.set(settings.text_percent)

    def _restore_splitters(self) -> None:
        settings = self.files.settings
        self.share_room()
        for name, splitter in (("across", self.across), ("center", self.center)):
            if name in settings.splitters:
                splitter.restoreState(QByteArray.fromBase64(settings.splitters[name].encode()))

    def _remember(self) -> None:
        def text(data: QByteArray) -> str:
            return bytes(data.toBase64().data()).decode()

        splitters = {
            "across": text(self.across.saveState()),
            "center": text(self.center.saveState()),
        }
        settings = self.files.settings
        wanted = replace(settings, geometry=text(self.saveGeometry()), splitters=splitters)
        if self.safety.protected and self.is_complete and wanted != settings:
            self.files.remember(wanted)
