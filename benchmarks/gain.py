"""What strategy ``shared`` gains over fitting every step for itself, on the same series.

Series of S 2p in which amounts change from step to step. Positions, width and shape are constant,
or the width drifts by 10 % and the strategy is allowed to follow it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from benchmarks.bound import truths
from benchmarks.replicas import Measured, fitted, share
from benchmarks.report import Figure, Report, Settings
from benchmarks.samples import S2P
from fitting.arrays import BoolArray, FloatArray
from fitting.plan import Plan
from fitting.series import Series

STEPS = 192
SERIES = 26
"""5,000 steps in all: a root mean square error to 1 %."""

PEAK, LEVEL = 10_000.0, 1_500.0
LAST = {"Li2S": 0.25, "PS4": 0.35, "PSP": 0.20, "S0": 0.13, "sulfite": 0.035, "sulfate": 0.035}
"""Shares at the end of a series; it begins with those of the sample."""

OVERLAPPING = ("Li2S", "PS4", "PSP", "S0")
COMMON = ("center", "fwhm", "lorentz_fraction")
CHARGE = 50.0
STIFFNESS = 20.0
GAIN = 1.8


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
    for drift in (0.0, 0.1):
        own, other = compared(drift, number)
        _add(report, drift, own, other)


def compared(drift: float, number: int) -> tuple[Side, Side]:
    """Shared and independent on the same series.

    Parameters
    ----------
    drift : of the width, from the first step to the last
    number : of series
    """
    series, truth = simulated(drift, number)
    words: dict[str, Any] = {"strategy": "shared", "shared": list(COMMON)}
    if drift:
        words["stiffness"] = STIFFNESS
    return (
        _fitted(series, plan_with(words), truth),
        _fitted(series, plan_with({"strategy": "independent"}), truth),
    )


def plan_with(words: Mapping[str, Any]) -> Plan:
    """The plan of the sample with other words about its series."""
    content = S2P.plan("poisson").model_dump(mode="json", exclude_unset=True)
    return Plan.from_data({**content, "series": dict(words)})


def simulated(drift: float, number: int, seed: int = 1) -> tuple[list[Series], FloatArray]:
    """Series with their charge, and the (K, Q) true fractions."""
    curves, fractions = [], []
    for part in np.linspace(0.0, 1.0, STEPS):
        shares = {p: s + (LAST[p] - s) * part for p, (_, s, _) in S2P.phases.items()}
        broadened = S2P.broadened * (1.0 + drift * (part - 0.5))
        trial = replace(S2P.sharing(shares), broadened=broadened).trial(PEAK, LEVEL)
        curves.append(trial.curves()[S2P.region])
        fractions.append([t.fraction for t in truths(trial)])
    rng = np.random.default_rng([seed, round(1000 * drift)])
    (like,) = trial.series(STEPS, seed)
    charge = {"charge_uAh_cm2": np.linspace(0.0, CHARGE, STEPS)}
    counts = rng.poisson(np.array(curves), (number, STEPS, len(curves[0]))).astype(float)
    found = [
        replace(like, sample=f"series {r:03d}", intensity=counts[r], columns=charge)
        for r in range(number)
    ]
    return found, np.array(fractions)


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


def _add(report: Report, drift: float, own: Side, other: Side) -> None:
    names = list(S2P.phases)
    gains = [ratio(own.error[:, :, q], other.error[:, :, q]) for q in range(len(names))]
    told = ", ".join(
        f"{p} {g.value:.2f} ± {g.error:.2f}" for p, g in zip(names, gains, strict=True)
    )
    what = f"shared, width drifting by {drift:.0%}" if drift else "shared, constant shape"
    if drift:
        lowest = min(gains, key=lambda g: g.value)
        value = f"{lowest.value:.2f} ± {lowest.error:.2f} (worst phase)"
        reached = lowest.value >= 1.0 - 2.0 * lowest.error
        report.add(
            Figure(f"{what}: error of independent over its own", value, "no loss", reached, told)
        )
    else:
        overlapping = [names.index(phase) for phase in OVERLAPPING]
        scale = np.sqrt(np.mean(other.error**2, axis=(0, 1)))
        gain = ratio(
            (own.error / scale)[:, :, overlapping], (other.error / scale)[:, :, overlapping]
        )
        value = f"{gain.value:.2f} ± {gain.error:.2f}x (overlapping phases together)"
        goal = f"{GAIN}x"
        report.add(Figure(f"{what}: gain", value, goal, gain.value >= GAIN, told))
    covered = [share(own.covered[:, :, q].ravel()) for q in range(len(names))]
    worst = min(covered, key=lambda c: c.value)
    reached = 0.93 <= worst.value and max(c.value for c in covered) <= 0.97
    told = ", ".join(f"{p} {100 * c.value:.1f}" for p, c in zip(names, covered, strict=True))
    value = f"{100 * worst.value:.1f} ± {100 * worst.error:.1f} % (lowest phase)"
    report.add(Figure(f"{what}: coverage of 95 % intervals", value, "93 to 97 %", reached, told))
