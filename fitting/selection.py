"""Which phases a series needs: by an information criterion along all of its steps.

A phase costs in the steps in which it pays: there it must lower the deviance by more than
``log(points)`` for each number it brings. Saying which steps these are, and which phase of those
on offer, costs as well (extended BIC: Schwarz 1978, doi:10.1214/aos/1176344136; Chen and Chen
2008, doi:10.1093/biomet/asn034). So a phase that comes late is kept, and one that fits noise here
and there is not. Deviances are divided by the reduced chi-square of the richest model where that
is above one: what no phase of the plan explains is no evidence for any of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fitting.arrays import BoolArray, FloatArray, IntArray
from fitting.build import build_model
from fitting.chunkfit import fit_steps
from fitting.model import ModelTable
from fitting.monitor import CancelOnly, Monitor, checkpoint
from fitting.plan import Plan
from fitting.reduced_plan import Candidate, candidates, own_amounts, without
from fitting.result import StepResult
from fitting.series_deviance import SeriesPoints
from fitting.seriesfit import fit_series
from fitting.spectrum import Spectrum
from fitting.sweep import ROUGHLY
from fitting.uncertainty import inverse_fisher

SAME = 6.0
"""Difference of BIC below which evidence is not strong: Kass and Raftery 1995,
doi:10.1080/01621459.1995.10476572."""

CORRELATED, RELATED = 0.95, 0.3
"""Correlation of amounts beyond which two phases are one; up to which neither can be the other."""

BAD = 3.0
"""Misfit over the median of the series from which on a spectrum (a spike, a glitch) has no say."""

_LOOKED_AT = 32


@dataclass(frozen=True)
class Worth:
    """What a phase is worth beside the others of a set.

    Parameters
    ----------
    phase : name of the candidate
    delta_bic : BIC without it less BIC with it
    steps : in which it pays; at least one
    found : whether it is in the set; else it is what adding it would bring
    """

    phase: str
    delta_bic: float
    steps: int
    found: bool


@dataclass(frozen=True)
class Alternative:
    """Another set of phases, and how much higher its BIC is."""

    without: str | None
    instead: str | None
    delta_bic: float

    def __str__(self) -> str:
        if self.without and self.instead:
            return f"{self.instead} instead of {self.without}"
        return f"without {self.without}" if self.without else f"{self.instead} as well"


@dataclass(frozen=True)
class Inseparable:
    """Two phases that the data cannot tell apart, and why: ``correlation`` or ``delta_bic``."""

    phases: tuple[str, str]
    correlation: float | None
    delta_bic: float | None


@dataclass(frozen=True)
class Selection:
    """The phases of a series.

    Parameters
    ----------
    candidates : what could be left out, in the order of the plan
    worths : one for each candidate, in that order
    alternatives : sets that were compared, the nearest first; not those of inseparable phases
    inseparable : pairs, each scored as one
    misfit : median reduced chi-square of the richest model; what deviances were divided by
    """

    candidates: tuple[Candidate, ...]
    worths: tuple[Worth, ...]
    alternatives: tuple[Alternative, ...]
    inseparable: tuple[Inseparable, ...]
    misfit: float

    @property
    def found(self) -> tuple[str, ...]:
        """Names of the phases that are needed, in the order of the plan."""
        return tuple(worth.phase for worth in self.worths if worth.found)

    @property
    def left_out(self) -> tuple[str, ...]:
        """All phases to leave out of the plan, with what goes with them."""
        gone = {worth.phase for worth in self.worths if not worth.found}
        return tuple(phase for c in self.candidates if c.name in gone for phase in c.phases)

    @property
    def runner_up(self) -> Alternative | None:
        """The nearest other set; None if nothing could be left out."""
        return self.alternatives[0] if self.alternatives else None


def select(
    plan: Plan,
    spectra: Sequence[Mapping[str, Spectrum]],
    labels: Sequence[str],
    monitor: Monitor,
) -> Selection:
    """Find the phases that a series needs.

    From the richest model backward, the phase that is worth least first; then each phase that was
    left out is tried again, added and in exchange.

    Parameters
    ----------
    plan : with all phases that may be there
    spectra, labels : of the K steps, in order

    Raises
    ------
    FitCancelled
    """
    search = _Search(plan, spectra, labels, monitor)
    gone: frozenset[str] = frozenset()
    for _ in range(2 * len(search.names)):
        step = search.improved(gone)
        if step is None:
            break
        gone = step
    return search.told(gone)


@dataclass(frozen=True, eq=False)
class _Fitted:
    """A model of the series: (K, P) values, (K,) scaled deviance."""

    table: ModelTable
    values: FloatArray
    deviance: FloatArray


class _Search:
    """Fits of the series without some phases, each made once."""

    def __init__(
        self,
        plan: Plan,
        spectra: Sequence[Mapping[str, Spectrum]],
        labels: Sequence[str],
        monitor: Monitor,
    ) -> None:
        self._plan = _alone(plan)
        self._spectra, self._labels, self._monitor = spectra, labels, monitor
        self.table = build_model(self._plan)
        self._candidates = {c.name: c for c in candidates(self.table)}
        self.names = tuple(self._candidates)
        richest = fit_series(self.table, spectra, labels, CancelOnly(monitor))
        self._points = SeriesPoints.of(self.table, spectra, richest)
        values = np.array([result.values for result in richest])
        deviance = self._points.deviance(self.table, values)
        self._scale, self._misfit = _misfit(self.table, self._points, richest, deviance)
        scaled = np.nansum(deviance / self._scale, axis=1)
        self._known = {frozenset[str](): _Fitted(self.table, values, scaled)}
        self._costs = {name: self._cost(name) for name in self.names}
        self._correlation = self._correlations()
        self._floor: dict[str, float] = {}

    def _cost(self, name: str) -> FloatArray:
        """(K,) of a phase in each step: log(points) for each number; 0 where it has no line."""
        left = build_model(without(self._plan, self._candidates[name].phases))
        own = np.zeros(len(self._spectra))
        regions = self.table.influence[:, own_amounts(self.table, name)].any(axis=1)
        count = self._points.count
        points = count @ regions
        numbers = max(len(self.table.free) - len(left.free), 1)
        seen = points > 0
        own[seen] = numbers * np.log(points[seen])
        return own

    def improved(self, gone: frozenset[str]) -> frozenset[str] | None:
        """A set with a lower BIC, or None if there is none next to this one."""
        least, worth = self._least(gone)
        if worth < 0.0:
            return gone | {least}
        best, step = 0.0, None
        for name in self._in_order(gone):
            added = self.worth(name, gone - {name})[0]
            if added > best:
                best, step = added, gone - {name}
        for name, other in self._exchanges(gone):
            exchanged = gone - {name} | {other}
            gain = self.worth(name, exchanged - {name})[0] - self.worth(other, gone)[0]
            if gain > best:
                best, step = gain, exchanged
        return step

    def _least(self, gone: frozenset[str]) -> tuple[str, float]:
        """The phase that is worth least, and what.

        Fewer phases make each of the others worth more: what one was worth before is a floor, and
        only those with a low one are looked at again (lazy evaluation: Minoux 1978,
        doi:10.1007/BFb0006528).
        """
        present = [name for name in self.names if name not in gone]
        fresh: set[str] = set()
        while present:
            least = min(present, key=lambda name: self._floor.get(name, -np.inf))
            if least in fresh:
                return least, self._floor[least]
            self._floor[least] = self.worth(least, gone)[0]
            fresh.add(least)
        return "", np.inf

    def _exchanges(self, gone: frozenset[str]) -> list[tuple[str, str]]:
        """Phases that were left out, each with one that it may stand for."""
        pairs = [(name, other) for name in self._in_order(gone) for other in self.names]
        return [(n, o) for n, o in pairs if o not in gone and self._alike(n, o) > RELATED]

    def _alike(self, one: str, other: str) -> float:
        return self._correlation.get((one, other), self._correlation.get((other, one), 0.0))

    def _in_order(self, phases: frozenset[str]) -> list[str]:
        return [name for name in self.names if name in phases]

    def worth(self, name: str, gone: frozenset[str]) -> tuple[float, int]:
        """What a phase is worth in the set of all but ``gone``, and in how many steps it pays."""
        with_it = self.fitted(gone).deviance
        drop = self.fitted(gone | {name}, gone).deviance - with_it
        worth, steps = worth_of(drop, self._costs[name])
        return worth - 2.0 * np.log(len(self.names)) * (steps > 0), steps

    def fitted(self, gone: frozenset[str], like: frozenset[str] | None = None) -> _Fitted:
        """The series without some phases, from the answers of another model."""
        if gone not in self._known:
            checkpoint(self._monitor, len(self._known), max(60, 2 * len(self._known)))
            near = self._known[like if like in self._known else frozenset()]
            self._known[gone] = self._fit(gone, near)
        return self._known[gone]

    def _fit(self, gone: frozenset[str], near: _Fitted) -> _Fitted:
        phases = [phase for name in gone for phase in self._candidates[name].phases]
        table = build_model(without(self._plan, phases))
        everything = self._known[frozenset()]
        starts = np.full((len(self._spectra), len(table.free)), np.nan)
        for f, i in enumerate(table.free):
            name = table.parameters[i].name
            source = near if name in near.table.index else everything
            if not table.linear[f]:
                starts[:, f] = source.values[:, source.table.index[name]]
        stop = CancelOnly(self._monitor)
        results = fit_steps(table, self._spectra, self._labels, starts, "given", stop, ROUGHLY)
        values = np.array([result.values for result in results])
        deviance = self._points.deviance(table, values) / self._scale
        return _Fitted(table, values, np.nansum(deviance, axis=1))

    def told(self, gone: frozenset[str]) -> Selection:
        """Everything there is to say of a set."""
        worths, alternatives, pairs = [], [], []
        for name in self.names:
            delta, steps = self.worth(name, gone - {name})
            worths.append(Worth(name, delta, steps, name not in gone))
            if name in gone:
                alternatives.append(Alternative(None, name, -delta))
            else:
                alternatives.append(Alternative(name, None, delta))
        own = {worth.phase: worth.delta_bic for worth in worths}
        for name, other in self._exchanges(gone):
            delta = own[other] - self.worth(name, gone - {name} | {other})[0]
            if delta < SAME:
                pairs.append(Inseparable((other, name), None, delta))
            else:
                alternatives.append(Alternative(other, name, delta))
        alternatives.sort(key=lambda one: one.delta_bic)
        strong = [
            Inseparable(pair, r, None) for pair, r in self._correlation.items() if r > CORRELATED
        ]
        names = tuple(self._candidates.values())
        rest = (tuple(alternatives), (*strong, *pairs), self._misfit)
        return Selection(names, tuple(worths), *rest)

    def _correlations(self) -> dict[tuple[str, str], float]:
        """Pairs of phases -> how far the richest model knows only their sum, in most steps."""
        known = self._known[frozenset()]
        steps = np.unique(np.linspace(0, len(self._spectra) - 1, _LOOKED_AT).astype(int))
        found: dict[tuple[str, str], list[float]] = {}
        for k in steps:
            problem = self._points.problem(self.table, int(k), known.values[k])
            if not problem.data or not np.isfinite(problem.rest[problem.moving]).all():
                continue
            inverse = inverse_fisher(problem.jacobian(problem.rest[problem.moving]))
            for pair, r in _correlations(self.table, self.names, problem.moving, inverse).items():
                found.setdefault(pair, []).append(r)
        return {pair: float(np.median(own)) for pair, own in found.items()}


def _alone(plan: Plan) -> Plan:
    """The plan with all numbers free in every step: one in common would depend on the set."""
    update: dict[str, object] = {"shared": (), "stiffness": None}
    if plan.series.strategy == "shared":
        update["strategy"] = "chained"
    held = plan.quantification.model_copy(update={"fit_sensitivities": False})
    series = plan.series.model_copy(update=update)
    return plan.model_copy(update={"series": series, "quantification": held})


def _misfit(
    table: ModelTable,
    points: SeriesPoints,
    results: Sequence[StepResult],
    deviance: FloatArray,
) -> tuple[FloatArray, float]:
    """(K, R) what counts as one, and the median of it: reduced deviance, at least one if known."""
    held = np.array([result.at_bound for result in results])
    moving = (table.influence[np.newaxis] & ~held[:, np.newaxis]).sum(axis=2)
    reduced = deviance / np.maximum(points.count - moving, 1)
    own = np.where(points.absolute > 0.0, np.maximum(reduced, 1.0), reduced)
    usual = [np.median(one[np.isfinite(one)]) if np.isfinite(one).any() else 1.0 for one in own.T]
    bad = own > BAD * np.array(usual)
    own = np.where(np.isfinite(own) & (own > 0.0), own, 1.0)
    own[bad] = np.inf
    return own, float(np.median(reduced[np.isfinite(reduced)])) if reduced.size else 1.0


def worth_of(drop: FloatArray, cost: FloatArray) -> tuple[float, int]:
    """What a phase is worth along a series, and in how many steps it pays.

    The best number of steps is taken, at least one: ``sum(drop - cost)`` of those steps, less
    twice the log of the number of ways to choose them.

    Parameters
    ----------
    drop : (K,) by which the phase lowers the deviance of each step
    cost : (K,) of having it there; 0 where it cannot be seen
    """
    from scipy.special import gammaln

    gain = np.sort((np.maximum(np.nan_to_num(drop), 0.0) - cost)[cost > 0.0])[::-1]
    steps = len(gain)
    if not steps:
        return 0.0, 0
    many = np.arange(1, steps + 1)
    ways = gammaln(steps + 1.0) - gammaln(many + 1.0) - gammaln(steps - many + 1.0)
    worth = np.cumsum(gain) - 2.0 * ways
    best = int(np.argmax(worth))
    return float(worth[best]), best + 1


def _correlations(
    table: ModelTable, names: Sequence[str], moving: IntArray, inverse: FloatArray
) -> dict[tuple[str, str], float]:
    """Pairs of phases -> the correlation of their amounts, where these are seen best apart.

    Where each amount of one has a partner in the other; 1 where not even the sum of their squares
    is known.
    """
    place = {int(f): m for m, f in enumerate(moving)}
    own = {
        name: [place[f] for f in own_amounts(table, name).tolist() if f in place] for name in names
    }
    spread = np.sqrt(np.diag(inverse))
    with np.errstate(invalid="ignore"):
        r = inverse / np.outer(spread, spread)
    unknown: BoolArray = np.isnan(spread)
    r[np.outer(unknown, unknown)] = -1.0
    r = np.nan_to_num(r)
    found = {}
    for i, one in enumerate(names):
        for other in names[i + 1 :]:
            if own[one] and own[other]:
                block = np.abs(r[np.ix_(own[one], own[other])])
                apart = min(block.max(axis=1).min(), block.max(axis=0).min())
                found[one, other] = float(apart)
    return found
