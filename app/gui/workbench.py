"""What the window can do: every command of the user ends here, and every error in one place."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.gui.jobs import Jobs
from app.session.project import Logs, Project, Source, StepFit, with_fits
from app.session.session import Session
from fitting.errors import DeconvolyteError
from fitting.series import Series

if TYPE_CHECKING:
    from app.session.apart import Apart
    from app.session.data import Loaded
    from app.session.phases import Added
    from fitting.plan import Plan
    from reference_lines import Library


class Workbench(QObject):
    """Session, library and jobs of one window.

    ``live``: a spectrum that has been fitted is fitted again whenever the plan changes.

    Signals
    -------
    changed : project before, project after
    said : sentences for the user; the first word says how bad: "error", "warning", "note"
    """

    changed = Signal(object, object)
    said = Signal(str, str)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.jobs = Jobs(self)
        self.jobs.failed.connect(lambda _, sentence: self.said.emit("error", sentence))
        self._library: Library | None = None
        self._apart: Apart | None = None
        self._gestures = itertools.count()
        self.live = True
        self._wanted: Project | None = None
        session.subscribe(self.changed.emit)
        session.subscribe(self._keep_fitted)

    @property
    def project(self) -> Project:
        """What is open."""
        return self.session.project

    @property
    def library(self) -> "Library":
        """Reference lines, the user's own included; read when first asked for."""
        from app.project.user_lines import load_library

        if self._library is None:
            self._library = load_library(None)
        return self._library

    @property
    def apart(self) -> "Apart":
        """The process that lmfit works in."""
        from app.session.apart import Apart

        if self._apart is None:
            self._apart = Apart()
        return self._apart

    def end(self) -> None:
        """Let everything end that runs beside the window."""
        self.jobs.wait()
        if self._apart is not None:
            self._apart.end()

    @property
    def series(self) -> list[Series]:
        """All series that are open."""
        return [one for sample in self.project.samples for one in sample.series.values()]

    def look(self, **change: object) -> None:
        """Look at another step, region, sample ...; see ``View``."""
        self.session.look(replace(self.project.view, **change))  # type: ignore[arg-type]

    def new_gesture(self) -> str:
        """A name for a drag: all edits made under it are undone as one."""
        return f"gesture {next(self._gestures)}"

    def edit(
        self, label: str, change: "Callable[[Plan], Plan]", gesture: str | None = None
    ) -> bool:
        """Change the plan; what cannot be is said and changes nothing.

        Parameters
        ----------
        label : what undo shows
        change : one of ``app.session.plan_edits``
        """
        if self.project.plan is None:
            self.said.emit("warning", "there is no plan yet; open spectra first")
            return False
        try:
            plan = change(self.project.plan)
        except DeconvolyteError as error:
            self.said.emit("error", str(error))
            return False
        self._say_new(self.project.plan, plan)
        self.session.apply(label, replace(self.project, plan=plan), gesture)
        return True

    def _say_new(self, before: "Plan | None", after: "Plan") -> None:
        """Say what is seldom right about an energy scale, once it has become so."""
        from fitting.energy_notes import energy_notes

        known = [] if before is None else energy_notes(before)
        for note in energy_notes(after):
            if note not in known:
                self.said.emit("warning", note)

    def fit_here(self) -> None:
        """Fit the step that is looked at."""
        from app.session.live import fit_one

        project, sample, step = self.project, self.project.shown, self.project.view.step
        apart = self.apart
        if sample is None or project.plan is None:
            self.said.emit("warning", "open spectra and choose phases first")
            return
        self.jobs.start(
            "fit",
            lambda monitor: fit_one(project, sample, step, monitor, apart),
            lambda fit: self._keep(project, "Fit", sample.name, {step: fit}),
        )

    def follow(self) -> None:
        """Fit the step that is looked at again, from where it stands: the plan has changed.

        A fit that is still running goes on; what changed meanwhile is taken up after it. What
        comes belongs to the edit before it: undo takes both back.
        """
        project = self.project
        if project.shown is None or project.plan is None:
            return
        running = self.jobs.is_running("follow")
        if running and self._wanted is not None and self._wanted.plan is project.plan:
            return
        self._wanted = project
        if not running:
            self._follow(project)

    def _follow(self, project: Project) -> None:
        from app.session.live import follow

        sample, step, apart = project.shown, project.view.step, self.apart
        assert sample is not None
        self.jobs.start(
            "follow",
            lambda monitor: follow(project, sample, step, monitor, apart),
            lambda fit: self._followed(project, fit),
        )

    def _followed(self, asked: Project, fit: StepFit) -> None:
        wanted, view = self._wanted, asked.view
        if wanted is None or wanted.plan is not self.project.plan:
            return  # it was undone meanwhile
        # a drag goes on while its fits come in: each belongs to the plan it was made with
        self.session.amend(with_fits(self.project, view.sample, {view.step: fit}))
        if asked.plan is not wanted.plan:
            self._follow(replace(wanted, fits=self.project.fits))

    def _keep_fitted(self, before: Project, after: Project) -> None:
        """The rule of live fits; what is opened or looked at is left as it was."""
        fit = after.fit_of(after.view.sample, after.view.step)
        edited = before.plan is not after.plan and before.samples is after.samples
        if self.live and edited and fit is not None and not after.is_current(fit):
            self.follow()

    def _keep(self, asked: Project, label: str, sample: str, fits: Mapping[int, StepFit]) -> None:
        """Take fits over, unless the plan has changed since they were asked for."""
        if asked.plan is not self.project.plan:
            self.said.emit("note", f"{label}: dropped, the plan has changed meanwhile")
            return
        self.session.apply(label, with_fits(self.project, sample, fits))

    def add_files(self, source: Source) -> None:
        """Read files beside what is open; a first plan is proposed if there is none."""
        from app.session.data import load

        self.jobs.start(
            "reading",
            lambda monitor: load([source], monitor),
            lambda loaded: self.take(source, loaded),
        )

    def take(self, source: Source, loaded: "Loaded") -> None:
        """Put what was read beside what is open; a first plan is proposed if there is none."""
        from app.session.data import joined
        from app.session.samples import settled

        for error in loaded.errors:
            self.said.emit("error", str(error))
        for sentence in loaded.warnings:
            self.said.emit("warning", sentence)
        if not loaded.samples:
            return
        project = self.project
        try:
            samples = joined(project.samples, loaded.samples)
        except DeconvolyteError as error:
            self.said.emit("error", str(error))
            return
        view = settled(replace(project.view, sample=loaded.samples[0].name), samples)
        after = replace(project, sources=(*project.sources, source), samples=samples, view=view)
        self.session.apply(f"Open {names_of(source.paths)}", after)
        if project.plan is None:
            self.propose(failed="note")

    def take_logs(self, source: Source, logs: "Logs") -> None:
        """Put charge logs beside those that are open."""
        from app.session.titration import with_logs

        try:
            after = with_logs(self.project, source, logs)
        except DeconvolyteError as error:
            self.said.emit("error", str(error))
            return
        self.session.apply(f"Open {names_of(source.paths)}", after)

    def step(self, by: int) -> None:
        """Look some steps on or back."""
        from app.session.samples import stepped

        self.session.look(stepped(self.project, by))

    def turn_region(self, by: int) -> None:
        """Look at the next region or the one before."""
        from app.session.samples import region_turned

        self.session.look(region_turned(self.project, by))

    def propose(self, phases: Sequence[str] | None = None, failed: str = "error") -> None:
        """A plan from the library for what is open.

        Parameters
        ----------
        failed : how bad it is if there can be none: nothing, if nobody asked for it
        """
        from app.session.phases import new_plan

        try:
            added = new_plan(self.series, self.library, phases)
        except DeconvolyteError as error:
            self.said.emit(failed, f"No plan is proposed. {error}")
            return
        self._adopt("New plan", added)

    def add_phase(self, phase: str) -> None:
        """Its lines in every region at once."""
        from app.session.phases import add_phase

        if self.project.plan is None:
            self.propose([phase])
            return
        try:
            added = add_phase(self.project.plan, phase, self.series, self.library)
        except DeconvolyteError as error:
            self.said.emit("error", str(error))
            return
        self._adopt(f"Add {phase}", added)

    def _adopt(self, label: str, added: "Added") -> None:
        self._say_new(self.project.plan, added.plan)
        self.session.apply(label, replace(self.project, plan=added.plan))
        for sentence in added.notices:
            self.said.emit("note", sentence)


def names_of(paths: Sequence[Path]) -> str:
    """Files in a word or two."""
    return paths[0].name if len(paths) == 1 else f"{len(paths)} files"
