"""The demo experiment: lithium plated onto Li6PS5Cl, simulated, with its ready plan."""

from dataclasses import dataclass
from pathlib import Path

import platformdirs

from app.archive.write import write_archive
from app.project.ready import ready_plan
from app.session.data import load
from app.session.project import Project, Source, View
from fitting.monitor import Monitor, stop_if_cancelled
from fitting.plan import Plan

KEY = "E1"


@dataclass(frozen=True, eq=False)
class Demo:
    """What is opened: a project, and what the user should know."""

    project: Project
    notices: tuple[str, ...]


def demo_folder() -> Path:
    """Where the demo archive is kept."""
    return platformdirs.user_cache_path("deconvolyte", appauthor=False) / "demo"


def open_demo(folder: Path, monitor: Monitor) -> Demo:
    """Simulate the demo experiment, unless it is there already, and read it.

    Raises
    ------
    OSError
        The folder cannot be written.
    FitCancelled
    """
    path = folder / f"{KEY}.h5"
    if not path.exists():
        from fitting.simulate import simulate

        made = simulate(KEY)
        stop_if_cancelled(monitor)
        folder.mkdir(parents=True, exist_ok=True)
        write_archive(path, made.series, made.truth)
    source = Source((path,))
    loaded = load([source], monitor)
    first = loaded.samples[0]
    view = View(sample=first.name, region=next(iter(first.series)), step=first.steps[0])
    plan = Plan.from_toml(ready_plan(KEY))
    return Demo(Project((source,), loaded.samples, plan, {}, view), loaded.warnings)
