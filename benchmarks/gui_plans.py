"""Every ready plan through the window and through the command: the same bytes, the same numbers.

The window without its widgets: preview, open, plan, Fit all, export. What the command writes with
the plan that the window saves is compared file by file, the results tab number by number.
"""

import contextlib
import io
import tempfile
from dataclasses import dataclass
from pathlib import Path

from app.archive.charge_record import write_records
from app.archive.write import write_archive
from app.main import main
from app.project.ready import ready_plan, ready_plans
from app.session.data import load
from app.session.export import export_results
from app.session.plan_document import document_text, with_text
from app.session.preview import preview
from app.session.project import Project, Source, View, with_fits
from app.session.series_fit import Part, fit_series
from app.session.titration import with_logs
from benchmarks.report import Figure, Report, Settings
from benchmarks.shown import shown_otherwise
from fitting.monitor import SilentMonitor
from fitting.plan import Plan
from fitting.simulate import simulate

STEPS, PEAK = 6, 4000.0

ABOUT = (
    "The simulated archive of every ready plan: opened in the window (without widgets), fitted, "
    "exported; and fitted by the command with the plan that the window saves. All CSV tables and "
    "result.h5 are compared byte for byte, and fractions, shifts, lights, tensions, trends and "
    "progress of the results tab with the tables, to nine digits."
)


@dataclass(frozen=True)
class Compared:
    """What came out otherwise: files, and what the results tab shows."""

    files: tuple[str, ...]
    shown: tuple[str, ...]
    written: int


def run(settings: Settings) -> Report:
    """The size is the number of steps."""
    report = Report("Ready plans in the window", ABOUT)
    for key in ready_plans():
        with tempfile.TemporaryDirectory() as folder:
            found = compared(key, settings.size or STEPS, Path(folder))
        other = [*found.files, *found.shown]
        note = "; ".join(other[:3])
        what = f"{len(other)} otherwise" if other else f"{found.written} files and all numbers same"
        report.add(Figure(f"{key}: window against command", what, "all", not other, note))
    return report


def compared(key: str, steps: int, folder: Path) -> Compared:
    """One ready plan in the window and by the command."""
    archive, plan = folder / f"{key}.h5", folder / "plan.toml"
    made = simulate(key.split("_")[0], steps=steps, counts=PEAK, seed=1)
    if made.records:
        write_records(archive, made.records, made.truth)
    else:
        write_archive(archive, made.series, made.truth)
    project = with_text(previewed(archive), ready_plan(key))
    if project.logs is None:
        project = fitted(project, folder / "cache")
    export_results(project, folder / "window", False, SilentMonitor())
    plan.write_text(document_text(project), "utf-8")
    words = ["fit", str(archive), "--plan", str(plan), "-o", str(folder / "command")]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        main(words)
    names = [path.name for path in sorted((folder / "command").glob("*.csv"))]
    names.append("result.h5")
    other = tuple(name for name in names if not _same(folder, name))
    return Compared(other, tuple(shown_otherwise(project, folder / "command")), len(names))


def previewed(archive: Path) -> Project:
    """An archive as the preview takes it over."""
    source = Source((archive,))
    found = preview(source, Project(), lambda _: None, SilentMonitor())
    if found.logs is not None:
        return with_logs(Project(), source, found.logs)
    return opened([archive], None)


def opened(files: list[Path], plan: Plan | None) -> Project:
    """Files that were opened together, with a plan."""
    source = Source(tuple(files))
    samples = load([source], SilentMonitor()).samples
    first = samples[0]
    view = View(first.name, next(iter(first.series)), first.steps[0])
    return Project((source,), samples, plan, view=view)


def fitted(project: Project, folder: Path, begin_at: tuple[str, int] | None = None) -> Project:
    """Fit all, or one sample from a step on."""
    found = project

    def came(part: Part) -> None:
        nonlocal found
        found = with_fits(found, part.sample, part.fits)

    fit_series(project, folder, SilentMonitor(), came, begin_at)
    return found


def _same(folder: Path, name: str) -> bool:
    mine, other = (folder / run / name for run in ("window", "command"))
    return mine.exists() and mine.read_bytes() == other.read_bytes()
