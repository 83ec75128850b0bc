"""Spectra per second of the lmfit engine on the 6-doublet S 2p of PERFORMANCE.md, section 1.

281 points, 6 doublets (1.18 eV, 2 : 1, pseudo-Voigt), 16 free parameters (6 areas >= 0, 6 centers
within 0.4 eV, one width, one Lorentzian share, two of the line under them), Poisson counts and
Poisson weights that follow the model, each spectrum from its neighbour. One BLAS thread, median
of five rounds. Beside it: how far chi-square lies above that of a minimisation to 1e-12 from
the same end point, with the same weights.
"""

import time
from statistics import median

import numpy as np

from benchmarks.report import Figure, Report, Settings
from fitting.active_set import minimise_within
from fitting.arrays import FloatArray
from fitting.build import build_model
from fitting.engines.reference import Minimum, minimise
from fitting.evaluate import RegionEvaluator
from fitting.model import ModelTable
from fitting.monitor import SilentMonitor
from fitting.plan import Plan
from fitting.problem import Problem, RegionData
from fitting.seriesfit import free_values
from fitting.spectrum import Spectrum
from fitting.stepfit import fit_step

WINDOW = (157.0, 171.0)
POINTS = 281
CENTERS = (160.1, 161.6, 162.7, 163.8, 166.6, 168.6)
FRACTIONS = ((0.02, 0.15), (0.70, 0.40), (0.15, 0.25), (0.05, 0.12), (0.04, 0.03), (0.04, 0.05))
HEIGHT = 1.5e4
GOAL = 50.0
MONITOR = SilentMonitor()


def model() -> ModelTable:
    """The plan of the case."""
    components = []
    for i, center in enumerate(CENTERS):
        shared = i > 0
        components.append(
            {
                "id": f"s{i}",
                "center": {"value": center, "min": center - 0.4, "max": center + 0.4},
                "fwhm": "s0.fwhm" if shared else {"value": 1.1, "min": 0.5, "max": 2.5},
                "lorentz_fraction": "s0.lorentz_fraction"
                if shared
                else {"value": 0.3, "min": 0.0, "max": 1.0},
            }
        )
    region = {
        "name": "S 2p",
        "window": list(WINDOW),
        "background": {"kind": "linear"},
        "defaults": {"shape": "pseudo_voigt", "doublet": {"splitting": 1.18, "ratio": 0.5}},
        "components": components,
    }
    return build_model(Plan.from_data({"regions": [region]}))


def true_parameters(table: ModelTable, part: float) -> FloatArray:
    """Free parameters at a place 0 .. 1 along the series: fractions, 0.1 eV and 10 % of drift."""
    free = table.start.copy()
    width = 1.1 * (1.0 + 0.1 * part)
    total = HEIGHT * width * 2.0
    for f, index in enumerate(table.free):
        row = table.parameters[index]
        if row.parameter == "area":
            first, last = FRACTIONS[int(row.component[1:])]
            free[f] = total * (first + (last - first) * part)
        elif row.parameter == "center":
            free[f] += 0.1 * part
        elif row.parameter == "fwhm":
            free[f] = width
        elif row.component == "background":
            free[f] = 0.15 * HEIGHT * (1.0 if row.parameter == "level" else 0.2)
    return free


def spectra_of(table: ModelTable, number: int) -> list[dict[str, Spectrum]]:
    """Poisson counts of a smoothly changing series."""
    rng = np.random.default_rng(1)
    x = np.linspace(*WINDOW, POINTS)
    evaluator = RegionEvaluator(table.regions[0], x, np.zeros(POINTS))
    curves = [
        evaluator.envelope(table.values(true_parameters(table, part)))
        for part in np.linspace(0.0, 1.0, number)
    ]
    return [{"S 2p": Spectrum(x, rng.poisson(c).astype(float), None, 1.0)} for c in curves]


def chain(table: ModelTable, spectra: list[dict[str, Spectrum]]) -> list[FloatArray]:
    """Free parameters of every spectrum, each started from the one before."""
    start, found = true_parameters(table, 0.0), []
    for step in spectra:
        result = fit_step(table, step, start, MONITOR)
        start = free_values(table, result)
        found.append(start)
    return found


def excess(table: ModelTable, step: dict[str, Spectrum], free: FloatArray) -> float:
    """Relative height of chi-square above that of a minimisation to 1e-12, weights held."""
    spectrum = step["S 2p"]
    evaluator = RegionEvaluator(table.regions[0], spectrum.x, np.zeros(len(spectrum)))
    sigma = np.sqrt(np.maximum(evaluator.envelope(table.values(free)), 0.1))
    data = RegionData(evaluator, spectrum.intensity, sigma)
    problem = Problem(table, (data,), np.arange(len(free)), free)

    def engine(inner: Problem, start: FloatArray, tolerance: float) -> Minimum:
        return minimise(inner, start, MONITOR, tolerance=tolerance)

    best, _ = minimise_within(problem, free, engine, finest=1e-12)
    return problem.chi_square(free) / best.chi_square - 1.0


def run(settings: Settings) -> Report:
    """Time the rounds, then compare with the exact minima."""
    number, rounds = settings.size or 100, settings.rounds or 5
    report = Report(
        "One spectrum at a time (lmfit engine)",
        f"Six doublets in S 2p, 281 points, 16 free parameters, Poisson weights to their fixed "
        f"point, bounds settled, errors included, chained, one thread; {number} spectra, median "
        f"of {rounds} rounds.",
    )
    table = model()
    spectra = spectra_of(table, number)
    found = chain(table, spectra)  # imports and caches
    rates, own = [], []
    for _ in range(rounds):
        begun, worked = time.perf_counter(), time.process_time()
        found = chain(table, spectra)
        rates.append(number / (time.perf_counter() - begun))
        own.append(number / (time.process_time() - worked))
    rate, span = median(rates), f"from {min(rates):.0f} to {max(rates):.0f}"
    goal, reached = f"{GOAL:.0f}", rate >= GOAL
    report.add(Figure("spectra per second", f"{rate:.0f}", goal, reached, span, share=rate / GOAL))
    report.add(Figure("per second of processor time", f"{median(own):.0f}"))
    above = [excess(table, s, free) for s, free in zip(spectra, found, strict=True)]
    close = float(np.mean(np.array(above) < 1e-6))
    what = "chi-square within 1e-6 of a minimisation to 1e-12"
    report.add(Figure(what, f"{close:.1%}", "99.9%", close >= 0.999, f"worst {max(above):.1e}"))
    return report
