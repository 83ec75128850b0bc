"""What strategy ``shared`` gains over fitting every step for itself, on the same series.

Series of S 2p: with the amounts of PERFORMANCE.md, section 5, in every step, as the goal was set;
with amounts that change along the series; and with a width that drifts by 10 % besides, which the
strategy is allowed to follow. Beside the gain stands the most there is to gain: the bound if the
shape were known, against the bound of a step by itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from benchmarks.bound import truths
from benchmarks.criteria import COVERED
from benchmarks.replicas import Measured, fitted, share
from benchmarks.report import Figure, Report, Settings
from benchmarks.samples import S2P
from benchmarks.trials import Trial
from fitting.arrays import BoolArray, FloatArray
from fitting.plan import Plan
from fitting.series import Series

STEPS = 192
SERIES = 26
"""5,000 steps in all: a root mean square error to 1 %."""

PEAK, LEVEL = 10_000.0, 1_500.0
LAST = {"Li2S": 0.25, "PS4": 0.35, "PSP": 0.20, "S0": 0.13, "sulfite": 0.035, "sulfate": 0.035}
"""Shares at the end of a series in which the amounts change."""

OVERLAPPING = ("Li2S", "PS4", "PSP", "S0")
COMMON = ("center", "fwhm", "lorentz_fraction")
CHARGE = 50.0
STIFFNESS = 20.0


@dataclass(frozen=True)
class Course:
    """How a series goes on.

    Parameters
    ----------
    last : share of the phases at its end; it begins with those of the sample
    drift : of the width, from the first step to the last
    goal : of the gain; None where it is only told
    """

    name: str
    last: Mapping[str, float]
    drift: float
    goal: float | None

    def trials(self) -> list[Trial]:
        """Its K steps."""
        found = []
        for part in np.linspace(0.0, 1.0, STEPS):
            shares = {
                p: s + (self.last.get(p, s) - s) * float(part)
                for p, (_, s, _) in S2P.phases.items()
            }
            broadened = S2P.broadened * (1.0 + self.drift * (float(part) - 0.5))
            step = replace(S2P.sharing(shares), broadened=broadened)
            found.append(step.trial(PEAK, LEVEL))
        return found

    def most(self) -> FloatArray:
        """(Q,) gain if the shape were known."""
        trials = self.trials()
        bounds = [
            [t.bound for t in truths(trial, known)] for known in ((), COMMON) for trial in trials
        ]
        own, known = np.split(np.array(bounds) ** 2, 2)
        return np.asarray(np.sqrt(own.mean(axis=0) / known.mean(axis=0)))


COURSES = (
    Course("shared, constant shape and amounts", {}, 0.0, 1.8),
    Course("shared, constant shape, changing amounts", LAST, 0.0, None),
    Course("shared, width drifting by 10 %, changing amounts", LAST, 0.1, 1.0),
)
"""The goal of the last is no loss."""


@dataclass(frozen=True, eq=False)
class Side:
    """One strategy on all series: R series, K steps, Q phases.

    Parameters
    ----------
    error : (R, K, Q) fraction minus truth
    covered : (R, K, Q) whether the interval holds the truth
    """

    error: FloatArray
    covered: BoolArray


def add_gain(report: Report, settings: Settings) -> None:
    """Figures of the gain with a constant shape, and of the loss with one that drifts."""
    number = max(2, round(settings.size / STEPS)) if settings.size else SERIES
    for course in COURSES:
        own, other = compared(course, number)
        add_course(report, course, own, other)


def compared(course: Course, number: int) -> tuple[Side, Side]:
    """Shared and independent on the same series."""
    series, truth = simulated(course, number)
    words: dict[str, Any] = {"strategy": "shared", "shared": list(COMMON)}
    if course.drift:
        words["stiffness"] = STIFFNESS
    return (
        _fitted(series, plan_with(words), truth),
        _fitted(series, plan_with({"strategy": "independent"}), truth),
    )


def plan_with(words: Mapping[str, Any]) -> Plan:
    """The plan of the sample with other words about its series."""
    content = S2P.plan("poisson").model_dump(mode="json", exclude_unset=True)
    return Plan.from_data({**content, "series": dict(words)})


def simulated(course: Course, number: int, seed: int = 1) -> tuple[list[Series], FloatArray]:
    """Series with their charge, and the (K, Q) true fractions."""
    trials = course.trials()
    curves = np.array([trial.curves()[S2P.region] for trial in trials])
    rng = np.random.default_rng([seed, *course.name.encode()])
    (like,) = trials[0].series(STEPS, seed)
    charge = {"charge_uAh_cm2": np.linspace(0.0, CHARGE, STEPS)}
    counts = rng.poisson(curves, (number, *curves.shape)).astype(float)
    found = [
        replace(like, sample=f"series {r:03d}", intensity=counts[r], columns=charge)
        for r in range(number)
    ]
    return found, np.array([[t.fraction for t in truths(trial)] for trial in trials])


def _fitted(series: list[Series], plan: Plan, truth: FloatArray) -> Side:
    answers = fitted(series, plan)
    errors, covered = [], []
    for q, phase in enumerate(S2P.phases):
        own = answers[S2P.region, phase]
        errors.append(own.fraction.reshape(len(series), STEPS) - truth[:, q])
        low, high = (end.reshape(len(series), STEPS) for end in (own.low, own.high))
        covered.append((low <= truth[:, q]) & (truth[:, q] <= high))
    return Side(np.stack(errors, axis=2), np.stack(covered, axis=2))


def ratio(error: FloatArray, other: FloatArray) -> Measured:
    """Root mean square of ``other`` over that of ``error``; both (R, ...).

    The Monte Carlo error leaves out one series after the other (jackknife): the errors of one
    series belong together.
    """

    def of(rows: BoolArray) -> float:
        return float(np.sqrt(np.mean(other[rows] ** 2) / np.mean(error[rows] ** 2)))

    number = len(error)
    left = np.array([of(np.arange(number) != r) for r in range(number)])
    spread = np.sqrt((number - 1) / number * np.sum((left - left.mean()) ** 2))
    return Measured(of(np.ones(number, dtype=bool)), float(spread))


def add_course(report: Report, course: Course, own: Side, other: Side) -> None:
    """Gain and coverage of one course."""
    names = list(S2P.phases)
    gains = [ratio(own.error[:, :, q], other.error[:, :, q]) for q in range(len(names))]
    triples = zip(names, gains, course.most(), strict=True)
    note = ", ".join(f"{p} {g.value:.2f} ± {g.error:.2f} of {m:.2f}" for p, g, m in triples)
    middle = sorted((gains[names.index(p)] for p in OVERLAPPING), key=lambda g: g.value)[1:3]
    value = 0.5 * (middle[0].value + middle[1].value)
    error = 0.5 * float(np.hypot(middle[0].error, middle[1].error))
    text, goal, reached = f"{value:.2f} ± {error:.2f}x, median of overlapping phases", "", None
    if course.drift:
        worst = min(gains, key=lambda g: g.value)
        text = f"{worst.value:.2f} ± {worst.error:.2f}x, least of all phases"
        goal, reached = "no loss", worst.value >= 1.0
    elif course.goal is not None:
        goal, reached = f"{course.goal}x", value >= course.goal
    report.add(Figure(f"{course.name}: gain", text, goal, reached, f"of what there is: {note}"))
    covered = [share(own.covered[:, :, q].ravel()) for q in range(len(names))]
    worst = min(covered, key=lambda c: c.value)
    reached = COVERED[0] <= worst.value and max(c.value for c in covered) <= COVERED[1]
    told = ", ".join(f"{p} {100 * c.value:.1f}" for p, c in zip(names, covered, strict=True))
    text = f"{100 * worst.value:.1f} ± {100 * worst.error:.1f} %, lowest phase"
    what = f"{course.name}: coverage of 95 % intervals"
    report.add(Figure(what, text, "93 to 97 %", reached, told))
