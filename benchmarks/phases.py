"""Do the errors of whole experiments hold? Replicas of each against its truth.

Every replica is a series of its own, from the archive to the fractions on the way a user's data
take, drift, dead spectra and spikes included. A fraction is well determined in a step if it lies
four of its errors from 0 and from 1. Errors are those of the intervals, which come from the Fisher
matrix with all nuisance parameters and priors: the Cramer-Rao bound as the program sees it.
"""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.batch.figures.collect import FractionCurves
from app.project.ready import ready_plans
from benchmarks.experiments import fitted
from benchmarks.report import Figure, Report, Settings
from fitting.arrays import BoolArray, FloatArray
from fitting.intervals import TWO_SIDED_95
from fitting.quantify import UNASSIGNED
from fitting.region_steps import ALL
from fitting.simulate import simulate

JOINT = ("E1_joint", "E2", "E3", "E4", "E5", "E11")
BY_AREA = ("E6", "E7", "E8", "E9")
SEEDS = 20
FAR = 4.0
MOST_ERROR, COVERED, ELSEWHERE, FALSE = 1.10, (0.93, 0.97), 0.94, 0.02
_ABSENT = 1e-12
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Answers:
    """One phase of one sample in S replicas of K steps; nan where there is no number.

    Parameters
    ----------
    fraction, low, high, truth : (S, K)
    detected : (S, K)
    """

    name: str
    fraction: FloatArray
    low: FloatArray
    high: FloatArray
    truth: FloatArray
    detected: BoolArray

    @property
    def known(self) -> BoolArray:
        """(S, K) where there is a fraction of something that is there."""
        return np.asarray(np.isfinite(self.fraction) & (self.truth > _ABSENT))

    @property
    def well(self) -> BoolArray:
        """(S, K) where it is well determined; by its mean error, so that chance has no say."""
        with np.errstate(invalid="ignore"):
            error = self._typical
            far = (self.truth >= FAR * error) & (self.truth <= 1.0 - FAR * error)
        return np.asarray(self.known & far & np.isfinite(self._error))

    @property
    def _error(self) -> FloatArray:
        return np.asarray((self.high - self.low) / (2.0 * TWO_SIDED_95))

    @property
    def inside(self) -> BoolArray:
        """(S, K) whether the interval holds the truth; an empty one does not."""
        return np.asarray(
            (self.low <= self.truth + _ROUNDING) & (self.truth <= self.high + _ROUNDING)
        )

    def over_bound(self) -> float:
        """Root mean square error over the mean error, where well determined."""
        well = self.well
        pulls = np.where(well, self.fraction - self.truth, 0.0) / self._typical
        return float(np.sqrt((pulls[well] ** 2).mean())) if well.any() else float("nan")

    @property
    def _typical(self) -> FloatArray:
        """(1, K) root of the mean square of the errors; nan where there is none."""
        square = np.nan_to_num(self._error) ** 2
        count = np.isfinite(self._error).sum(axis=0, keepdims=True)
        mean = square.sum(axis=0, keepdims=True) / np.maximum(count, 1)
        return np.where(count > 0, np.sqrt(mean), np.nan)


def run(settings: Settings) -> Report:
    """All experiments; the size is the number of replicas."""
    seeds = settings.size or SEEDS
    report = Report("Errors of whole experiments", f"{__doc__} {seeds} replicas each.")
    for key in (*JOINT, *BY_AREA):
        if key in ready_plans():
            _add(report, key, list(answers_of(key, seeds)))
    return report


def answers_of(key: str, seeds: int) -> Iterator[Answers]:
    """Fractions of every phase of every sample: molar of all regions, or shares of area."""
    region_basis = (ALL, "molar") if key in JOINT else None
    found: dict[str, list[tuple[FractionCurves, int]]] = {}
    for seed in range(seeds):
        made = simulate(key.partition("_")[0], seed=1000 + seed)
        with tempfile.TemporaryDirectory() as folder:
            for sample in fitted(made, Path(folder), key):
                for curves in sample.curves:
                    own = (curves.region, curves.basis)
                    if own == region_basis or (region_basis is None and curves.basis == "area"):
                        for q, name in enumerate(curves.names):
                            if name != UNASSIGNED and not name.startswith("group:"):
                                label = f"{curves.sample}, {curves.region}, {name}"
                                found.setdefault(label, []).append((curves, q))
    for label, replicas in found.items():
        yield _answers(label, replicas)


def _answers(label: str, replicas: Sequence[tuple[FractionCurves, int]]) -> Answers:
    everywhere = max((curves.x for curves, _ in replicas), key=len)
    is_map = len(np.unique(everywhere)) < len(everywhere)
    x = np.arange(len(everywhere)) if is_map else np.unique(everywhere)

    def table(field: str) -> FloatArray:
        rows = np.full((len(replicas), len(x)), np.nan)
        for row, (curves, q) in zip(rows, replicas, strict=True):
            places = np.arange(len(curves.x)) if is_map else np.searchsorted(x, curves.x)
            row[places] = getattr(curves, field)[:, q]
        return rows

    return Answers(
        label,
        fraction=table("fraction"),
        low=table("low95"),
        high=table("high95"),
        truth=table("truth"),
        detected=np.nan_to_num(table("detected")).astype(bool),
    )


def _add(report: Report, key: str, found: Sequence[Answers]) -> None:
    """The figures of one experiment, over all its phases and steps."""
    ratios = {one.name: one.over_bound() for one in found if one.well.any()}
    if ratios:
        worst = max(ratios, key=lambda name: ratios[name])
        report.add(
            Figure(
                f"{key}: error over the bound, worst phase",
                f"{ratios[worst]:.3f} ± {_chance(found, worst, ratios[worst]):.3f}",
                f"at most {MOST_ERROR:.2f}",
                ratios[worst] <= MOST_ERROR,
                f"{worst}; median {np.median(list(ratios.values())):.3f} of {len(ratios)} phases",
            )
        )
    well = [one.well for one in found]
    rest = [one.known & ~one.well for one in found]
    _add_coverage(report, f"{key}: coverage, well determined", found, well, COVERED)
    _add_coverage(report, f"{key}: coverage, elsewhere", found, rest, (ELSEWHERE, 1.0))
    absent = [(o.truth <= _ABSENT) & np.isfinite(o.fraction) for o in found]
    count = sum(int(rows.sum()) for rows in absent)
    if count:
        false = sum(int((o.detected & rows).sum()) for o, rows in zip(found, absent, strict=True))
        report.add(
            Figure(
                f"{key}: absent phases detected",
                f"{100.0 * false / count:.1f} % of {count}",
                "at most 2 %",
                false / count <= FALSE,
            )
        )


def _chance(found: Sequence[Answers], name: str, ratio: float) -> float:
    """Monte Carlo error of a root mean square."""
    count = next(int(one.well.sum()) for one in found if one.name == name)
    return ratio / float(np.sqrt(2.0 * count))


def _add_coverage(
    report: Report,
    what: str,
    found: Sequence[Answers],
    rows: Sequence[BoolArray],
    wanted: tuple[float, float],
) -> None:
    count = sum(int(own.sum()) for own in rows)
    if not count:
        return
    held = sum(int((o.inside & own).sum()) for o, own in zip(found, rows, strict=True))
    shares = {
        o.name: float(o.inside[own].mean())
        for o, own in zip(found, rows, strict=True)
        if own.sum() >= 20
    }
    note = ""
    if shares:
        worst = min(shares, key=lambda name: shares[name])
        note = f"lowest: {worst} {100.0 * shares[worst]:.1f} %"
    share = held / count
    low, high = wanted
    goal = f"{100.0 * low:.0f}-{100.0 * high:.0f} %"
    report.add(Figure(what, f"{100.0 * share:.1f} % of {count}", goal, low <= share <= high, note))
