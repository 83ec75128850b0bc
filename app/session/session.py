"""The one thing that changes: which project is open, what it was before, who wants to know."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from app.session.project import Project, View

Listener = Callable[[Project, Project], None]
"""Called with the project before and after every change."""

DEPTH = 200
"""Edits that can be undone; each costs a reference to what it changed."""


@dataclass(frozen=True, eq=False)
class _Edit:
    label: str
    before: Project
    gesture: str | None


class Session:
    """An open project with its history.

    Parameters
    ----------
    project : what is open at first
    """

    def __init__(self, project: Project | None = None) -> None:
        self._project = Project() if project is None else project
        self._undo: list[_Edit] = []
        self._redo: list[_Edit] = []
        self._listeners: list[Listener] = []
        self._saved = self._project

    @property
    def project(self) -> Project:
        """What is open."""
        return self._project

    @property
    def undo_label(self) -> str:
        """What undo would take back; empty if there is nothing."""
        return self._undo[-1].label if self._undo else ""

    @property
    def redo_label(self) -> str:
        """What redo would do again; empty if there is nothing."""
        return self._redo[-1].label if self._redo else ""

    @property
    def is_saved(self) -> bool:
        """Whether nothing but the view has changed since the last save."""
        return self._same(self._saved, self._project)

    def mark_saved(self, project: Project | None = None) -> None:
        """The project, as it is now if none is given, stands on the disk."""
        self._saved = self._project if project is None else project

    def apply(self, label: str, after: Project, gesture: str | None = None) -> None:
        """Make an edit.

        Parameters
        ----------
        label : what undo shows, "Change FWHM"
        after : the project after it
        gesture : edits of one gesture (one drag) are undone as one
        """
        if self._same(self._project, after):
            self.look(after.view)
            return
        one_drag = gesture is not None and bool(self._undo) and self._undo[-1].gesture == gesture
        if not one_drag:
            self._undo.append(_Edit(label, self._project, gesture))
            del self._undo[:-DEPTH]
        self._redo.clear()
        self._become(after)

    def amend(self, after: Project) -> None:
        """Change the project without an entry of its own in the history: fits that come back.

        Undoing the edit before it takes it away as well.
        """
        self._become(after)

    def look(self, view: View) -> None:
        """Look at something else."""
        if view != self._project.view:
            self._become(replace(self._project, view=view))

    def open(self, project: Project, *, saved: bool = True) -> None:
        """Open another project; its history begins here.

        Parameters
        ----------
        saved : whether it stands on the disk as the user wants it; a recovered one does not
        """
        self._undo.clear()
        self._redo.clear()
        self._saved = project if saved else Project()
        self._become(project)

    def undo(self) -> None:
        """Take the last edit back; what is looked at stays."""
        self._travel(self._undo, self._redo)

    def redo(self) -> None:
        """Do again what was taken back."""
        self._travel(self._redo, self._undo)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Hear of every change; returns what ends it."""
        self._listeners.append(listener)

        def end() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return end

    def _travel(self, source: list[_Edit], target: list[_Edit]) -> None:
        if not source:
            return
        edit = source.pop()
        target.append(_Edit(edit.label, self._project, None))
        self._become(replace(edit.before, view=self._project.view))

    def _become(self, after: Project) -> None:
        before, self._project = self._project, after
        for listener in tuple(self._listeners):
            listener(before, after)

    @staticmethod
    def _same(one: Project, other: Project) -> bool:
        return (
            one.sources is other.sources
            and one.samples is other.samples
            and one.plan is other.plan
            and one.fits is other.fits
            and one.logs is other.logs
        )
