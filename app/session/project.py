"""The project that is open: data, plan, fits, view. It never changes; edits make another one."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.archive.reading import Reading
from fitting.series import Series

if TYPE_CHECKING:
    from fitting.plan import Plan
    from fitting.result import StepResult
    from fitting.titration import ChargeRecord
    from fitting.titration_plan import TitrationPlan

NOTHING_SAID = Reading()


@dataclass(frozen=True)
class Source:
    """Files that were read together, and what the user said about them.

    Parameters
    ----------
    paths : the files
    reading : what they do not say themselves
    """

    paths: tuple[Path, ...]
    reading: Reading = NOTHING_SAID


@dataclass(frozen=True, eq=False)
class Sample:
    """The spectra of one sample.

    Parameters
    ----------
    name : of the sample
    series : region -> its spectra
    steps : numbers of all steps that any region has, increasing
    """

    name: str
    series: Mapping[str, Series]
    steps: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Logs:
    """Charge logs without spectra, and what they mean.

    Parameters
    ----------
    records : as they stand in the files
    plan : of logs alone
    """

    records: "tuple[ChargeRecord, ...]"
    plan: "TitrationPlan"


@dataclass(frozen=True, eq=False)
class StepFit:
    """What one plan made of one step.

    Parameters
    ----------
    plan : exactly what was fitted
    result : what came out
    asked : the plan of the user, where it leaves numbers to files or pristine steps; None where
        it leaves none
    """

    plan: "Plan"
    result: "StepResult"
    asked: "Plan | None" = None

    def is_of(self, plan: "Plan | None") -> bool:
        """Whether it was made with a plan of the user."""
        asked = self.plan if self.asked is None else self.asked
        return asked is plan or asked == plan


@dataclass(frozen=True)
class View:
    """What is looked at; moving about is no edit and cannot be undone.

    Parameters
    ----------
    sample, region : names, or empty
    step : number of the step
    component : id of the selected component, or empty
    tab, basis : of the results
    marked : phases whose reference lines are drawn
    """

    sample: str = ""
    region: str = ""
    step: int = 0
    component: str = ""
    tab: str = "fractions"
    basis: str = "area"
    marked: tuple[str, ...] = ()


Fits = Mapping[str, Mapping[int, StepFit]]
"""Sample -> step -> its fit. Fits of an older plan stay until they are made again."""


@dataclass(frozen=True, eq=False)
class Project:
    """Everything that is open.

    Parameters
    ----------
    sources : where the data are from
    samples : the data, in the order of the tables
    plan : None until there is one
    fits : what has been fitted
    view : what is looked at
    left_out : (sample, region) that were removed; an empty region is the whole sample
    logs : charge logs, in a project that has no spectra
    """

    sources: tuple[Source, ...] = ()
    samples: tuple[Sample, ...] = ()
    plan: "Plan | None" = None
    fits: Fits = field(default_factory=dict)
    view: View = View()
    left_out: tuple[tuple[str, str], ...] = ()
    logs: Logs | None = None

    def sample(self, name: str) -> Sample | None:
        """The sample of that name, or None."""
        return next((sample for sample in self.samples if sample.name == name), None)

    @property
    def shown(self) -> Sample | None:
        """The sample that is looked at."""
        return self.sample(self.view.sample)

    def fit_of(self, sample: str, step: int) -> StepFit | None:
        """The newest fit of a step, whatever plan it was made with."""
        return self.fits.get(sample, {}).get(step)

    def is_current(self, fit: StepFit | None) -> bool:
        """Whether a fit was made with the plan as it is now."""
        return fit is not None and fit.is_of(self.plan)

    @property
    def unfitted(self) -> int:
        """How many steps have no fit with the plan as it is now."""
        return sum(
            not self.is_current(self.fit_of(sample.name, step))
            for sample in self.samples
            for step in sample.steps
        )


def with_fits(project: Project, sample: str, found: Mapping[int, StepFit]) -> Project:
    """The project with some steps of a sample fitted again."""
    own = {**project.fits.get(sample, {}), **found}
    return replace(project, fits={**project.fits, sample: own})
