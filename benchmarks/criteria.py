"""What is asked of the errors, and of which phases of which trials."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.replicas import Measured, Score
from benchmarks.trials import Trial

FEW = 1_000.0
FAR = 4.0
MOST_ERROR = 1.05
COVERED = (0.93, 0.97)
COVERED_ELSEWHERE = 0.94
LIMITS_HOLD = 0.94
FALSE = 0.02


@dataclass(frozen=True, eq=False)
class Outcome:
    """A trial and what came out."""

    trial: Trial
    scores: tuple[Score, ...]

    @property
    def well_determined(self) -> bool:
        """Whether it has the counts, and every phase its distance from 0 and 1."""
        return self.trial.peak >= FEW and min(s.truth.room for s in self.scores) >= FAR

    @property
    def present(self) -> list[Score]:
        """Phases that are there."""
        return [s for s in self.scores if not s.absent]

    @property
    def absent(self) -> list[Score]:
        """Phases that are not."""
        return [s for s in self.scores if s.absent]


@dataclass(frozen=True)
class Criterion:
    """A goal: which scores it is about, what is read from them, what is allowed."""

    name: str
    short: str
    goal: str
    read: Callable[[Score], Measured]
    scores: Callable[[Outcome], Sequence[Score]]
    lowest: float
    highest: float
    percent: bool = True

    def excess(self, score: Score) -> float:
        """How far a score is outside what is allowed; negative inside."""
        value = self.read(score).value
        return max(self.lowest - value, value - self.highest)

    def beyond_chance(self, score: Score) -> bool:
        """Whether a score is outside by more than three Monte Carlo errors."""
        return self.excess(score) > 3.0 * self.read(score).error

    def text(self, measured: Measured) -> str:
        """Value with its Monte Carlo error."""
        if self.percent:
            return f"{100 * measured.value:.1f} ± {100 * measured.error:.1f} %"
        return f"{measured.value:.3f} ± {measured.error:.3f}"


CRITERIA = (
    Criterion(
        "error over the Cramer-Rao bound, well determined",
        "error/bound",
        "at most 1.05",
        lambda s: s.efficiency,
        lambda o: o.present if o.well_determined and o.trial.efficient else (),
        0.0,
        MOST_ERROR,
        percent=False,
    ),
    Criterion(
        "coverage of 95 % intervals, well determined",
        "coverage",
        "93 to 97 %",
        lambda s: s.coverage,
        lambda o: o.present if o.well_determined else (),
        *COVERED,
    ),
    Criterion(
        "coverage of 95 % intervals elsewhere",
        "coverage",
        "at least 94 %",
        lambda s: s.coverage,
        lambda o: () if o.well_determined else o.scores,
        COVERED_ELSEWHERE,
        1.0,
    ),
    Criterion(
        "coverage of upper limits, phases absent or below four bounds",
        "limits",
        "at least 94 %",
        lambda s: s.limit,
        lambda o: [s for s in o.scores if s.truth.fraction < FAR * s.truth.bound],
        LIMITS_HOLD,
        1.0,
    ),
    Criterion(
        "false detections of absent phases",
        "false",
        "at most 2 %",
        lambda s: s.detected,
        lambda o: o.absent,
        0.0,
        FALSE,
    ),
)
