"""Strategy ``shared``: what a refit costs, and what it gains and loses on known truth.

Six doublets in S 2p (PERFORMANCE.md, sections 1 and 5), Poisson counts and weights, the six
positions, the width and the shape common to the series. Time: everybody starts from the answer of
the whole series with one parameter nudged, results and covariances included.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import median

import numpy as np

from benchmarks.cases import REGION, cases, table_of
from benchmarks.report import Figure, Report, Settings
from fitting.arrays import FloatArray
from fitting.build import build_model
from fitting.chunkfit import fit_steps
from fitting.evaluate import RegionEvaluator
from fitting.model import ModelTable
from fitting.monitor import SilentMonitor
from fitting.plan import Plan
from fitting.result import StepResult
from fitting.sharedfit import fit_shared
from fitting.spectrum import Spectrum

STEPS = 1000
SERIES_STEPS = 200
REPLICAS = 25
FRACTIONS = np.array([0.085, 0.558, 0.22, 0.088, 0.027, 0.023])
OVERLAPPING = slice(0, 4)
MIDDLE_WIDTH, MIDDLE_SHIFT = 1.1 * 1.05, 0.05
"""Where the series of section 1 is half way: its width drifts by 10 %, its positions by 0.1 eV."""

COMMON = ("center", "fwhm", "lorentz_fraction")
NUDGE = 1.05
PEAK = 1e4
DRIFT = 0.1
STIFFNESS = 0.5
MONITOR = SilentMonitor()

Spectra = list[dict[str, Spectrum]]


@dataclass(frozen=True, eq=False)
class Series:
    """Spectra of known truth along an axis from 0 to 1.

    Parameters
    ----------
    truth : (K, F) free parameters
    """

    spectra: Spectra
    position: FloatArray
    truth: FloatArray

    @property
    def labels(self) -> list[str]:
        """A label a step."""
        return [f"step {k}" for k in range(len(self.spectra))]


def model(stiffness: float | None = None) -> ModelTable:
    """The case with what it shares."""
    content = table_of(cases()[0]).plan.model_dump(mode="json")
    content["fit"]["weights"] = "poisson"
    content["series"] |= {"strategy": "shared", "shared": list(COMMON), "stiffness": stiffness}
    return build_model(Plan.from_data(content))


def series_of(table: ModelTable, steps: int, drift: float, change: float, seed: int) -> Series:
    """Poisson counts of a series.

    Parameters
    ----------
    drift : of the width from the first step to the last, and of the positions in eV
    change : relative, of the amounts
    """
    case, rng = cases()[0], np.random.default_rng(seed)
    evaluator = RegionEvaluator(table.regions[0], case.x, np.zeros(case.points))
    position = np.linspace(0.0, 1.0, steps)
    truth = np.array([_truth(table, p, drift, change) for p in position])
    curves = np.array([evaluator.envelope(table.values(free)) for free in truth])
    counts = rng.poisson(curves).astype(float)
    spectra = [{REGION: Spectrum(case.x, own, None, 1.0)} for own in counts]
    return Series(spectra, position, truth)


def _truth(table: ModelTable, part: float, drift: float, change: float) -> FloatArray:
    own = FRACTIONS * (1.0 + change * np.cos(3.0 * part + np.arange(len(FRACTIONS))))
    own /= own.sum()
    width = MIDDLE_WIDTH * (1.0 + drift * (part - 0.5))
    free = table.start.copy()
    for f, index in enumerate(table.free):
        row = table.parameters[index]
        if row.parameter == "area":
            free[f] = 2.0 * PEAK * width * own[int(row.component[1:])]
        elif row.parameter == "fwhm":
            free[f] = width
        elif row.parameter == "center":
            free[f] += MIDDLE_SHIFT + drift * (part - 0.5)
        elif row.component == "background":
            free[f] = 0.15 * PEAK * (1.0 if row.parameter == "level" else 0.2)
    return free


def free_of(table: ModelTable, results: Sequence[StepResult]) -> FloatArray:
    """(K, F) free parameters."""
    return np.array([result.values[table.free] for result in results])


def fractions(table: ModelTable, free: FloatArray) -> FloatArray:
    """(K, Q) shares of the areas."""
    areas = [f for f, i in enumerate(table.free) if table.parameters[i].parameter == "area"]
    return np.asarray(free[:, areas] / free[:, areas].sum(axis=1, keepdims=True))


def alone(table: ModelTable, series: Series) -> list[StepResult]:
    """Every step by itself, from its neighbour."""
    return fit_steps(table, series.spectra, series.labels, None, "chain", MONITOR)


def together(
    table: ModelTable,
    series: Series,
    earlier: Sequence[StepResult],
    first: FloatArray | None = None,
) -> list[StepResult]:
    """All steps around what they share."""
    return fit_shared(
        table, series.spectra, series.labels, series.position, earlier, MONITOR, first
    )


class Refit:
    """A series that is fitted, and then again from there with one parameter nudged."""

    def __init__(self, steps: int) -> None:
        self.table = model()
        self.series = series_of(self.table, steps, 0.0, 0.3, 1)
        self.before = together(self.table, self.series, alone(self.table, self.series))
        names = [self.table.parameters[i].name for i in self.table.free]
        self.start = free_of(self.table, self.before)
        self.start[:, names.index("c0.fwhm")] *= NUDGE
        used = [i for i, row in enumerate(self.table.parameters) if row.parameter == "fwhm"]
        self.nudged = [self._nudged(result, used) for result in self.before]
        shared = [f for f, i in enumerate(self.table.free) if _is_common(self.table, int(i))]
        self.first = self.start[0, shared]

    @staticmethod
    def _nudged(result: StepResult, used: list[int]) -> StepResult:
        values = result.values.copy()
        values[used] *= NUDGE
        return replace(result, values=values)

    def shared(self) -> list[StepResult]:
        """The whole series again."""
        return together(self.table, self.series, self.nudged, self.first)

    def independent(self) -> list[StepResult]:
        """Every step again, from the same nudged place."""
        s = self.series
        return fit_steps(self.table, s.spectra, s.labels, self.start, "given", MONITOR)

    def cold(self) -> list[StepResult]:
        """Every step again, from nothing."""
        s = self.series
        return fit_steps(self.table, s.spectra, s.labels, None, "each", MONITOR)

    def distance(self) -> float:
        """How far the refit ends from where it was, in standard errors."""
        sigma = np.sqrt(np.array([np.diag(result.covariance) for result in self.before]))
        there, here = free_of(self.table, self.before), free_of(self.table, self.shared())
        return float(np.nanmax(np.abs(here - there) / sigma))


def _is_common(table: ModelTable, index: int) -> bool:
    return table.parameters[index].parameter in COMMON


def seconds(work: Callable[[], object]) -> float:
    """Of wall time."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def add_times(report: Report, steps: int, rounds: int) -> None:
    """Refit against independent, interleaved, and cost in steps."""
    refit, double = Refit(steps), Refit(4 * steps)
    spent = []
    for _ in range(rounds):
        works = (refit.shared, refit.independent, refit.cold, double.shared)
        spent.append([seconds(work) for work in works])
    own, warm, cold, longer = (np.array(column) for column in zip(*spent, strict=True))
    ratio = median(own / warm)
    note = f"{steps / median(own):,.0f} steps/s; moved by {refit.distance():.3f} errors at most"
    what = f"refit of {steps:,} steps, over independent from the same nudged start"
    report.add(Figure(what, f"{ratio:.2f}x", "1.0x", ratio <= 1.0, note))
    report.add(Figure("the same over independent from cold starts", f"{median(own / cold):.2f}x"))
    what = f"time a step at {4 * steps:,} steps over that at {steps:,}"
    report.add(Figure(what, f"{median(longer / own) / 4.0:.2f}x"))


def add_gain(report: Report, replicas: int) -> None:
    """Constant shape: errors of fractions against those of independent, and of the bound."""
    table = model()
    errors: list[list[FloatArray]] = [[], []]
    bounds = []
    for seed in range(replicas):
        series = series_of(table, SERIES_STEPS, 0.0, 0.0, seed)
        own = alone(table, series)
        shared = together(table, series, own)
        truth = fractions(table, series.truth)
        for kind, results in enumerate((own, shared)):
            errors[kind].append(fractions(table, free_of(table, results)) - truth)
        if seed == 0:
            bounds = [_spread(table, results) for results in (own, shared)]
    ratio, spread = _ratios(np.array(errors[0]), np.array(errors[1]))
    told = ", ".join(f"{r:.2f}" for r in bounds[0] / bounds[1])
    note = f"ratio of their standard errors {told}; {replicas} series of {SERIES_STEPS}"
    what = "constant shape: error of independent over that of shared, by phase"
    value = ", ".join(f"{r:.2f} ± {s:.2f}" for r, s in zip(ratio, spread, strict=True))
    report.add(Figure(what, value, note=note))
    typical = float(np.median(ratio[OVERLAPPING]))
    what = "constant shape: median gain of the four overlapping phases"
    report.add(Figure(what, f"{typical:.2f}x", "1.8x", typical >= 1.8))


def add_drift(report: Report, replicas: int) -> None:
    """A shape that drifts by 10 %, with the drift allowed and without."""
    for stiffness, name in ((STIFFNESS, "drift on"), (None, "drift off, to show the danger")):
        table = model(stiffness)
        errors: list[list[FloatArray]] = [[], []]
        for seed in range(replicas):
            series = series_of(table, SERIES_STEPS, DRIFT, 0.3, seed)
            own = alone(table, series)
            truth = fractions(table, series.truth)
            for kind, results in enumerate((own, together(table, series, own))):
                errors[kind].append(fractions(table, free_of(table, results)) - truth)
        ratio, spread = _ratios(np.array(errors[0]), np.array(errors[1]))
        value = ", ".join(f"{r:.2f} ± {s:.2f}" for r, s in zip(ratio, spread, strict=True))
        what = f"shape drifting by {DRIFT:.0%}, {name}: error of independent over that of shared"
        worst = int(np.argmin(ratio))
        reached = bool(ratio[worst] >= 1.0 - 2.0 * spread[worst]) if stiffness else None
        report.add(Figure(what, value, "no loss" if stiffness else "", reached))


def _ratios(one: FloatArray, other: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(Q,) root mean squares over each other, with the jackknife error over the series."""

    def of(rows: FloatArray) -> FloatArray:
        return np.sqrt((one[rows] ** 2).mean(axis=(0, 1)) / (other[rows] ** 2).mean(axis=(0, 1)))

    number = len(one)
    left = np.array([of(np.arange(number) != r) for r in range(number)])
    spread = np.sqrt((number - 1) / number * ((left - left.mean(axis=0)) ** 2).sum(axis=0))
    return of(np.ones(number, dtype=bool)), np.asarray(spread)


def _spread(table: ModelTable, results: Sequence[StepResult]) -> FloatArray:
    """(Q,) median standard errors of the fractions."""
    areas = [f for f, i in enumerate(table.free) if table.parameters[i].parameter == "area"]
    found = []
    for result in results:
        own = result.values[table.free][areas]
        total = own.sum()
        slopes = np.eye(len(areas)) / total - own[:, np.newaxis] / total**2
        covariance = result.covariance[np.ix_(areas, areas)]
        found.append(np.sqrt(np.diag(slopes @ covariance @ slopes.T)))
    return np.asarray(np.nanmedian(found, axis=0))


def run(settings: Settings) -> Report:
    """Times, then gains and losses."""
    steps, rounds = settings.size or STEPS, settings.rounds or 7
    replicas = max(2, REPLICAS * steps // STEPS)
    report = Report(
        "Parameters that a series shares",
        "Six doublets in S 2p, 281 points, Poisson; positions, width and shape common to the "
        f"series. One process, all in turn, one thread, median of {rounds} rounds; results and "
        "covariances are in the time. Refit: from the answer of the series, the width nudged "
        "by 5 %.",
    )
    add_times(report, steps, rounds)
    add_gain(report, replicas)
    add_drift(report, replicas)
    return report
