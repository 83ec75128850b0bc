"""How far the fits of a region are: the traffic light of the experiment tree."""

from dataclasses import dataclass
from enum import StrEnum

from app.session.project import Project, Sample, StepFit
from fitting.plan import Plan
from fitting.result import FitStatus


class Light(StrEnum):
    """What a region looks like at a glance."""

    EMPTY = "not in the plan"
    OPEN = "not fitted"
    STALE = "fit of an older plan"
    PARTLY = "partly fitted"
    DOUBTFUL = "some steps did not converge"
    FITTED = "fitted"


_FAILED = frozenset({int(FitStatus.FAILED), int(FitStatus.NOT_CONVERGED)})


@dataclass(frozen=True)
class RegionState:
    """Steps of a region, counted.

    Parameters
    ----------
    steps : measured
    fitted : with the plan as it is now
    stale : with an older plan
    failed : of the fitted ones, those that failed or did not converge
    planned : whether the region is in the plan
    """

    steps: int
    fitted: int
    stale: int
    failed: int
    planned: bool

    @property
    def light(self) -> Light:
        """The worst that has to be known."""
        if not self.planned:
            return Light.EMPTY
        if self.failed:
            return Light.DOUBTFUL
        if self.stale:
            return Light.STALE
        if not self.fitted:
            return Light.OPEN
        return Light.FITTED if self.fitted == self.steps else Light.PARTLY

    @property
    def words(self) -> str:
        """In a sentence, for tooltips and screen readers."""
        if not self.planned:
            return f"{self.steps} steps; this region is not in the plan"
        parts = [f"{self.fitted} of {self.steps} steps fitted"]
        if self.stale:
            parts.append(f"{self.stale} with an older plan")
        if self.failed:
            parts.append(f"{self.failed} did not converge")
        return ", ".join(parts)


def region_states(project: Project, sample: Sample) -> dict[str, RegionState]:
    """State of every region of a sample."""
    fits = project.fits.get(sample.name, {})
    current = _Current(project.plan)
    made: dict[str, RegionState] = {}
    planned = set() if project.plan is None else {r.measured for r in project.plan.regions}
    places: dict[int, dict[str, int]] = {}
    for plan in {id(fit.plan): fit.plan for fit in fits.values()}.values():
        places[id(plan)] = {region.measured: i for i, region in enumerate(plan.regions)}
    for name, series in sample.series.items():
        fitted = stale = failed = 0
        for step in series.steps.tolist():
            fit = fits.get(step)
            place = None if fit is None else places[id(fit.plan)].get(name)
            if fit is None or place is None:
                continue
            if current.holds(fit):
                fitted += 1
                failed += int(fit.result.status[place]) in _FAILED
            else:
                stale += 1
        made[name] = RegionState(len(series), fitted, stale, failed, name in planned)
    return made


class _Current:
    """Whether fits are of the plan as it is now; plans are compared once each."""

    def __init__(self, plan: Plan | None) -> None:
        self._plan = plan
        self._known: dict[int, bool] = {}

    def holds(self, fit: StepFit) -> bool:
        key = id(fit.plan)
        if key not in self._known:
            self._known[key] = fit.is_of(self._plan)
        return self._known[key]
