"""Which minimum the program ends in, on simulated series of six doublets in S 2p.

Well posed: chi-square against lmfit at 1e-12, started a tenth of the way to the middle of the
bounds. Hard: three of six phases absent in 40 % of the series, peak 20,000 and 1,000 counts, widths
shared or own. There every spectrum is also fitted from 40 random starts (centers and shapes
anywhere inside their bounds, areas by linear least squares), polished to 1e-9. Counted is who, as
delivered, is within 1e-6 of the lowest of those 40, or below; the lowest of all that anybody found
is in the note. Rates are of all rounds, one thread, errors included; starts are means.
"""

import time
from dataclasses import dataclass

import numpy as np

from benchmarks import peers
from benchmarks.cases import Case, cases, order
from benchmarks.cases import series as easy_series
from benchmarks.cases import table_of as easy_table
from benchmarks.report import Figure, Report, Settings
from fitting.arrays import FloatArray
from fitting.build import build_model
from fitting.engines.compiled import Mode, Wanted, fit_block, lay_out_block
from fitting.engines.flat import FlatBlock
from fitting.evaluate import RegionEvaluator
from fitting.model import ModelTable
from fitting.monitor import SilentMonitor
from fitting.plan import Plan
from fitting.seriesfit import fit_series, free_values
from fitting.spectrum import Spectrum

SPECTRA = 1000
RESTARTS = 40
EQUAL = 1e-6
REGION = "S 2p"
CENTERS = (160.1, 161.6, 162.7, 163.8, 166.6, 168.6)
ABSENT = (0, 3, 5)
WINDOW = (157.0, 171.0)
X = np.linspace(*WINDOW, 281)
QUIET = SilentMonitor()
FINE = Wanted(errors=False, tolerance=1e-9)
LOOK = Wanted(errors=False)

Spectra = list[dict[str, Spectrum]]


@dataclass(frozen=True)
class Hard:
    """A hard series: own or shared widths, peak in counts, what is asked for."""

    name: str
    own_widths: bool
    peak: float
    goal: float


HARD = (
    Hard("shared widths, peak 20,000", False, 2e4, 0.99),
    Hard("shared widths, peak 1,000", False, 1e3, 0.99),
    Hard("own widths, peak 20,000", True, 2e4, 0.95),
    Hard("own widths, peak 1,000", True, 1e3, 0.95),
)


def run(settings: Settings) -> Report:
    """All cases; ``size`` is the number of spectra of each."""
    report = Report("Which minimum", __doc__ or "")
    size = settings.size or SPECTRA
    for case in cases()[:2]:
        _well_posed(case, size, report)
    for hard in HARD:
        _hard(hard, size, report)
    return report


def _well_posed(case: Case, size: int, report: Report) -> None:
    table = easy_table(case)
    spectra = easy_series(case, table, size)
    begun = time.perf_counter()
    results = fit_series(table, spectra, [""] * size, QUIET)
    spent = time.perf_counter() - begun
    judge = peers.lmfit_vectorised(case, analytic=True, tolerance=1e-12)
    place = order(case, table)
    bounded = np.isfinite(case.lower) & np.isfinite(case.upper)
    middle = 0.5 * np.where(bounded, case.lower, 0.0) + 0.5 * np.where(bounded, case.upper, 0.0)
    above = []
    for step, result in zip(spectra, results, strict=True):
        spectrum = step[REGION]
        assert spectrum.sigma is not None
        own = float(result.misfit[0]) * len(spectrum)
        start = np.clip(free_values(table, result)[place], case.lower, case.upper)
        off = np.where(bounded, 0.9 * start + 0.1 * middle, start)
        best = judge(spectrum.intensity, spectrum.sigma, off)
        above.append(own / best - 1.0)
    share = float(np.mean(np.array(above) <= EQUAL))
    note = f"worst {max(above):.1e}, n = {size}, {size / spent:,.0f} spectra/s"
    what = f"{case.name}, well posed: chi-square within 1e-6 of lmfit at 1e-12"
    report.add(Figure(what, f"{share:.2%}", "99.9%", share >= 0.999, note))


def hard_table(hard: Hard) -> ModelTable:
    """Six doublets of pseudo-Voigt lines on a straight background."""
    components = []
    for i, center in enumerate(CENTERS):
        free = hard.own_widths or i == 0
        width = {"value": 1.1, "min": 0.5, "max": 2.5}
        mix = {"value": 0.3, "min": 0.0, "max": 1.0}
        components.append(
            {
                "id": f"c{i}",
                "shape": "pseudo_voigt",
                "center": {"value": center, "min": center - 0.4, "max": center + 0.4},
                "doublet": {"splitting": 1.18, "ratio": 0.5},
                "fwhm": width if free else "c0.fwhm",
                "lorentz_fraction": mix if i == 0 else "c0.lorentz_fraction",
            }
        )
    region = {
        "name": REGION,
        "window": list(WINDOW),
        "background": {"kind": "linear"},
        "components": components,
    }
    return build_model(Plan.from_data({"fit": {"weights": "given"}, "regions": [region]}))


def hard_series(hard: Hard, table: ModelTable, number: int, seed: int = 1) -> Spectra:
    """Counts: fractions change smoothly, drift 0.1 eV and 10 %; three phases come and go."""
    rng = np.random.default_rng(seed)
    evaluator = RegionEvaluator(table.regions[0], X, np.zeros(len(X)))
    found = []
    for part in np.linspace(0.0, 1.0, number):
        phase = np.arange(len(CENTERS))
        share = 0.25 + 0.75 * np.cos(0.5 * np.pi * (phase / len(CENTERS) - part)) ** 2
        share *= np.where(phase % 3 == 1, 1.0, 0.3)
        if 0.3 <= part < 0.7:
            share[list(ABSENT)] = 0.0
        lines = _truth(table, share, float(part), 0.0)
        height = 0.85 * hard.peak / evaluator.envelope(table.values(lines)).max()
        free = _truth(table, share * height, float(part), 0.15 * hard.peak)
        counts = rng.poisson(evaluator.envelope(table.values(free))).astype(float)
        found.append({REGION: Spectrum(X, counts, np.sqrt(np.maximum(counts, 1.0)), 1.0)})
    return found


def _truth(table: ModelTable, areas: FloatArray, part: float, level: float) -> FloatArray:
    free = table.start.copy()
    for f, row in enumerate(table.parameters[i] for i in table.free):
        if row.parameter == "area":
            free[f] = areas[int(row.component[1:])]
        elif row.parameter == "center":
            free[f] += 0.1 * part
        elif row.parameter == "fwhm":
            free[f] *= 1.0 + 0.1 * part
        elif row.component == "background":
            free[f] = level if row.parameter == "level" else 0.2 * level
    return free


class Judge:
    """Deviances of the minima that starts lead to, each polished and drawn once more."""

    def __init__(self, table: ModelTable, spectra: Spectra) -> None:
        layout = lay_out_block(table, [0], np.arange(len(table.free)))
        assert isinstance(layout, FlatBlock)
        self.table, self.layout, self.spectra = table, layout, spectra

    def polished(self, starts: FloatArray) -> FloatArray:
        """(K,) from (K, F) answers."""
        return self.standing(self._moved(starts, "polish", FINE))

    def at_random(self, rng: np.random.Generator) -> FloatArray:
        """(K,) from one random start each."""
        bounded = np.isfinite(self.table.lower) & np.isfinite(self.table.upper)
        low = np.where(bounded, self.table.lower, 0.0)
        high = np.where(bounded, self.table.upper, 0.0)
        starts = np.full((len(self.spectra), len(low)), np.nan)
        starts[:, bounded] = rng.uniform(low, high, starts.shape)[:, bounded]
        return self.polished(self._moved(starts, "given", LOOK))

    def _moved(self, starts: FloatArray, mode: Mode, wanted: Wanted) -> FloatArray:
        rest = np.full_like(starts, np.nan)
        fits = fit_block(self.layout, self.spectra, rest, starts, mode, QUIET, None, wanted)
        return fits.moving

    def standing(self, answers: FloatArray) -> FloatArray:
        """(K,) where (K, F) answers stand."""
        rest = np.full_like(answers, np.nan)
        fits = fit_block(self.layout, self.spectra, rest, answers, "stay", QUIET, None, LOOK)
        deviance = (fits.deviance * fits.points).sum(axis=1)
        return np.where(fits.status <= 1, deviance, np.inf)


def _hard(hard: Hard, size: int, report: Report) -> None:
    table = hard_table(hard)
    spectra = hard_series(hard, table, size)
    judge = Judge(table, spectra)
    begun = time.perf_counter()
    results = fit_series(table, spectra, [""] * size, QUIET)
    spent = time.perf_counter() - begun
    own = judge.standing(np.array([free_values(table, step) for step in results]))
    nothing = np.full((size, len(table.free)), np.nan)
    chain = judge.polished(
        fit_block(judge.layout, spectra, nothing, nothing, "chain", QUIET, None, LOOK).moving
    )
    rng = np.random.default_rng(0)
    random = np.min([judge.at_random(rng) for _ in range(RESTARTS)], axis=0)
    best = np.minimum(np.minimum(random, own), chain)
    share, before = _share(own, random), _share(chain, random)
    tried = float(np.mean([step.tried[0] for step in results]))
    note = (
        f"a chain alone {before:.1%}; of the lowest of all: {_share(own, best):.1%}, the random "
        f"starts {_share(random, best):.1%}; {tried:.1f} starts tried, {size / spent:,.0f} "
        f"spectra/s, n = {size}"
    )
    what = f"{hard.name}: at the best of {RESTARTS} restarts"
    report.add(Figure(what, f"{share:.1%}", f"{hard.goal:.0%}", share >= hard.goal, note))


def _share(own: FloatArray, best: FloatArray) -> float:
    return float(np.mean(own <= best * (1.0 + EQUAL)))
