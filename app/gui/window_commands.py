"""Commands that belong to the window itself: files, undo, moving about, help."""

from dataclasses import replace
from typing import TYPE_CHECKING

from app.gui.actions import Command, with_data, with_plan
from app.gui.command_list import CommandList
from app.gui.help import TextWindow, about_text, help_text
from app.gui.stepping import NEXT, PREVIOUS
from app.session.project import Project

if TYPE_CHECKING:
    from app.gui.main_window import MainWindow


LIVE = "Live fit"


def window_commands(window: "MainWindow") -> list[Command]:
    """All of them, in the order of the menus."""
    return [*_files(window), *_edits(window), *_views(window), *_plans(window), *_help(window)]


def _files(window: "MainWindow") -> list[Command]:
    opener = window.opener
    return [
        Command("File", "Open...", opener.ask, "Ctrl+O", tip="Open spectra or a project"),
        Command("File", "Open folder...", opener.ask_folder, "Ctrl+Shift+O"),
        Command("File", "Open the demo experiment", opener.demo),
        Command("File", "Save", opener.save, "Ctrl+S", _something, "Save the project"),
        Command("File", "Save as...", opener.save_as, "Ctrl+Shift+S", _something),
        Command(
            "File", "Close project", lambda: opener.guard(window.files.close), "Ctrl+W", _something
        ),
        Command("File", "Quit", window.close, "Ctrl+Q"),
    ]


def _edits(window: "MainWindow") -> list[Command]:
    session = window.workbench.session
    return [
        Command("Edit", "Undo", session.undo, "Ctrl+Z", lambda _: bool(session.undo_label)),
        Command(
            "Edit",
            "Redo",
            session.redo,
            ("Ctrl+Y", "Ctrl+Shift+Z"),
            lambda _: bool(session.redo_label),
        ),
    ]


def _views(window: "MainWindow") -> list[Command]:
    bench = window.workbench
    return [
        Command("View", NEXT, lambda: bench.step(1), "Right", with_data),
        Command("View", PREVIOUS, lambda: bench.step(-1), "Left", with_data),
        Command("View", "Ten steps on", lambda: bench.step(10), "Shift+Right", with_data),
        Command("View", "Ten steps back", lambda: bench.step(-10), "Shift+Left", with_data),
        Command("View", "First step", lambda: bench.step(-(10**9)), "Ctrl+Home", with_data),
        Command("View", "Last step", lambda: bench.step(10**9), "Ctrl+End", with_data),
        Command("View", "Next region", lambda: bench.turn_region(1), "Ctrl+Down", with_data),
        Command("View", "Previous region", lambda: bench.turn_region(-1), "Ctrl+Up", with_data),
        Command("View", "Whole spectrum", lambda: window.spectrum.show_all(), "Ctrl+0", with_data),
        Command("View", "Larger text", lambda: window.scale.larger(), ("Ctrl++", "Ctrl+=")),
        Command("View", "Smaller text", lambda: window.scale.smaller(), "Ctrl+-"),
        Command("View", "Normal text", lambda: window.scale.normal()),
        Command("View", "All notices", window.notices.show_all, "Ctrl+Shift+N"),
    ]


def _plans(window: "MainWindow") -> list[Command]:
    bench = window.workbench
    return [
        Command("Plan", "New plan from the library", bench.propose, usable=with_data),
        Command("Fit", "Fit this spectrum", bench.fit_here, "Ctrl+F", with_plan),
        Command(
            "Fit",
            LIVE,
            lambda: _turn_live(window),
            "Ctrl+L",
            with_plan,
            "Fit a spectrum again whenever the plan changes, once it has been fitted",
            lambda: bench.live,
        ),
    ]


def _turn_live(window: "MainWindow") -> None:
    bench, files = window.workbench, window.files
    bench.live = not bench.live
    files.remember(replace(files.settings, live_fit=bench.live))


def _help(window: "MainWindow") -> list[Command]:
    return [
        Command("Help", "All commands...", lambda: _list(window), "Ctrl+K"),
        Command("Help", "Help", lambda: _guide(window), "F1"),
        Command("Help", "First steps", window.show_tour, usable=with_data),
        Command("Help", "About Deconvolyte", lambda: _about(window)),
    ]


def _something(project: Project) -> bool:
    return bool(project.samples) or project.plan is not None or project.logs is not None


def _list(window: "MainWindow") -> None:
    CommandList(window.actions_, window).open()


def _guide(window: "MainWindow") -> None:
    TextWindow("Help", help_text(window.actions_.commands), window).show()


def _about(window: "MainWindow") -> None:
    TextWindow("About Deconvolyte", about_text(), window).show()
