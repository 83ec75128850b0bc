"""The panels of the window, built once it is shown: their imports take longer than the window."""

from typing import TYPE_CHECKING

from app.gui.actions import Command
from app.gui.batch import batch_command
from app.gui.export import Exporter
from app.gui.fitting import put_fitting
from app.gui.logs.panel import LogPanel
from app.gui.plan.document import PlanDocument
from app.gui.plan.panel import PlanPanel
from app.gui.results.panel import ResultsPanel
from app.gui.spectrum.panel import SpectrumPanel
from app.gui.strip.panel import SeriesStrip
from app.gui.tree.panel import ExperimentTree

if TYPE_CHECKING:
    from app.gui.main_window import MainWindow


def build(window: "MainWindow") -> list[Command]:
    """Make all panels, put them into their places, and tell what they can do."""
    bench, look = window.workbench, window.look
    window.spectrum = SpectrumPanel(bench, look)
    window.middle.addTab(window.spectrum, "Spectrum")
    window.tree = ExperimentTree(bench, look)
    window.put_left(window.tree, 168, 220)
    window.plan = PlanPanel(bench, look)
    window.put_right(window.plan, 300, 440)
    window.fitting = put_fitting(window)
    window.results = ResultsPanel(bench, look)
    window.middle.addTab(window.results, "Results")
    window.strip = SeriesStrip(bench, look)
    window.put_below(window.strip, 200)
    window.logs = LogPanel(bench, look)
    window.stack.addWidget(window.logs)
    window.fitting.logs_wanted.connect(window.logs.show_results)
    window.exporter = Exporter(window)
    window.document = PlanDocument(bench, window)
    window.opener.open_plan = window.document.open
    own = [command for panel in window.panels for command in panel.commands()]
    own += window.document.commands()
    return [*own, batch_command(window), *window.exporter.commands()]
