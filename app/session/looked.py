"""What is computed only for who looks at it."""

from dataclasses import dataclass, field
from enum import StrEnum

from app.session.progress import ProgressSeries, progress_series
from app.session.project import Project
from app.session.tension import TensionSeries, tensions_of
from app.session.trends import Trends, trends_of


class Subject(StrEnum):
    """What the results tab shows."""

    FRACTIONS = "fractions"
    SHIFT = "shift"
    TRENDS = "trends"
    TENSION = "tension"
    PROGRESS = "progress"


@dataclass(frozen=True, eq=False)
class Looked:
    """What belongs to one subject; the rest is empty."""

    subject: Subject = Subject.FRACTIONS
    tensions: tuple[TensionSeries, ...] = ()
    trends: Trends = field(default_factory=Trends)
    progress: tuple[ProgressSeries, ...] = ()


def looked_at(project: Project, subject: Subject) -> Looked:
    """Compute what one subject needs.

    Raises
    ------
    PlanError
        See ``app.session.parts.parts_of``.
    """
    match subject:
        case Subject.TENSION:
            return Looked(subject, tensions=tensions_of(project))
        case Subject.TRENDS:
            return Looked(subject, trends=trends_of(project))
        case Subject.PROGRESS:
            return Looked(subject, progress=progress_series(project))
    return Looked(subject)
