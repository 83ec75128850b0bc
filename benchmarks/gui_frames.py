"""How fast the spectrum is drawn: stepping through a series, and a drag with its live fit."""

import os
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.report import Figure, Report, Settings

FRAMES = 120
STEPS_GOAL, DRAG_GOAL = 30.0, 20.0
COMPONENTS = 12
STEPS = 26
SETTLED_S = 300.0
"""Long enough for the kernels to be compiled."""


def run(settings: Settings) -> Report:
    """Steps, then drags."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    frames = settings.rounds or FRAMES
    report = Report(
        "Window: frames",
        f"The whole window at 1440 x 900, offscreen, {COMPONENTS} components with residual and "
        f"markers; {frames} frames, each drawn and its events handled before the next.",
    )
    from PySide6.QtWidgets import QApplication

    application = QApplication.instance() or QApplication([])
    window = _window(application.processEvents)
    steps = _stepping(window, application.processEvents, frames)
    drags = _dragging(window, application.processEvents, frames)
    for what, seconds, goal in (
        ("step changes", steps, STEPS_GOAL),
        ("drag with live refit of that spectrum", drags, DRAG_GOAL),
    ):
        rate = 1.0 / float(np.median(seconds))
        note = f"slowest {1e3 * float(np.max(seconds)):.0f} ms"
        asked = f"at least {goal:g} per second"
        report.add(Figure(what, f"{rate:.0f} per second", asked, rate >= goal, note))
    window.workbench.end()
    window.close()
    return report


def _window(events: Callable[[], object]) -> Any:
    """A window on a simulated series whose steps are all fitted."""
    from app.gui.main_window import MainWindow
    from app.project.ready import ready_plan
    from app.session.data import samples_of
    from app.session.project import Project, View, with_fits
    from app.session.session import Session
    from fitting.plan import Plan
    from fitting.simulate import simulate

    samples = samples_of(simulate("E1", steps=STEPS, counts=5000.0, seed=1).series)
    plan = _crowded(Plan.from_toml(ready_plan("E1")))
    view = View(samples[0].name, "S 2p", 8, "ps4_s2p", marked=("Li6PS5Cl", "Li2S"))
    window = MainWindow(Session(Project((), samples, plan, {}, view)))
    window.files.settings = replace(window.files.settings, tour_done=True)
    window.resize(1440, 900)
    window.show()
    bench, name = window.workbench, samples[0].name
    bench.fit_here()
    _until(events, lambda: bool(bench.project.fits))
    fit = bench.project.fits[name][8]
    all_steps = {step: fit for step in samples[0].steps}
    bench.session.apply("Fits", with_fits(bench.project, name, all_steps))
    for _ in range(20):
        events()
    return window


def _crowded(plan: Any) -> Any:
    """The plan with twelve components in S 2p."""
    from app.session.plan_edits import add_component

    own = plan.region("S 2p")
    for number in range(COMPONENTS - len(own.components)):
        center = 163.5 + 0.6 * number
        table = {"id": f"more_{number}", "shape": "pseudo_voigt"}
        numbers = {"center": center, "fwhm": 1.0, "lorentz_fraction": 0.3}
        plan = add_component(plan, "S 2p", {**table, "parameters": numbers})
    return plan


def _until(events: Callable[[], object], done: Callable[[], bool]) -> None:
    began = time.monotonic()
    while not done():
        events()
        time.sleep(0.001)
        if time.monotonic() - began > SETTLED_S:
            raise TimeoutError("the window did not answer")


def _stepping(window: Any, events: Callable[[], object], frames: int) -> list[float]:
    seconds = []
    for frame in range(frames):
        began = time.perf_counter()
        window.workbench.look(step=frame % STEPS)
        _drawn(window, events)
        seconds.append(time.perf_counter() - began)
    return seconds


def _dragging(window: Any, events: Callable[[], object], frames: int) -> list[float]:
    """From a move of the pointer to the new fit on the screen."""
    from app.session.plan_edits import move_to

    bench, seconds = window.workbench, []
    bench.look(step=8, component="more_0")
    _drawn(window, events)
    gesture = bench.new_gesture()
    for frame in range(frames):
        center = 163.5 + 0.4 * float(np.sin(0.2 * frame))
        began = time.perf_counter()
        bench.edit("Move", lambda plan, x=center: move_to(plan, "more_0", "center", x), gesture)
        bench.follow()
        _until(events, lambda: not bench.jobs.is_running("follow"))
        _drawn(window, events)
        seconds.append(time.perf_counter() - began)
    return seconds


def _drawn(window: Any, events: Callable[[], object]) -> None:
    """Let timers that are due fire, then draw."""
    for _ in range(2):
        events()
    window.spectrum.canvas.viewport().repaint()
