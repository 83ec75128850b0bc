"""Strategy ``joint``: what it costs beside separate fits of the regions, and what it gains.

Argyrodite, Li2S, Li3P, LiCl and Li2O in five regions; Poisson counts and weights. Products grow
along the series while the argyrodite goes. What a link is worth is measured on E1.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np

from app.project.ready import ready_plan
from benchmarks.report import Figure, Report, Settings
from fitting.arrays import FloatArray
from fitting.build import build_model
from fitting.engines.compile_apart import make_ready
from fitting.evaluate import RegionEvaluator
from fitting.joint_errors import counting_covariance
from fitting.model import ModelTable
from fitting.monitor import SilentMonitor
from fitting.plan import Plan
from fitting.result import StepResult
from fitting.seriesfit import fit_series, has_shared_rounds
from fitting.sharedfit import fit_shared
from fitting.simulate import simulate
from fitting.spectrum import Spectrum

STEPS = 1000
GAIN_STEPS = 400
SEEDS = 4
LEVEL = 400.0
AMOUNT = 4000.0
MONITOR = SilentMonitor()
WIDTH = {"value": 1.2, "min": 0.8, "max": 1.8}

Steps = list[dict[str, Spectrum]]
Lines = Sequence[tuple[str, float, float]]

REGIONS: Mapping[str, tuple[float, float, float, Lines]] = {
    "S 2p": (157.0, 168.0, 1.18, [("LPSCl", 4, 161.5), ("LPSCl", 1, 160.1), ("Li2S", 1, 160.2)]),
    "P 2p": (122.0, 136.0, 0.86, [("LPSCl", 1, 131.7), ("Li3P", 1, 126.0)]),
    "Cl 2p": (194.0, 205.0, 1.6, [("LPSCl", 1, 198.4), ("LiCl", 1, 198.8)]),
    "O 1s": (524.0, 537.0, 0.0, [("Li2O", 1, 528.3)]),
    "Li 1s": (
        49.0,
        62.0,
        0.0,
        [
            ("LPSCl", 6, 55.6),
            ("Li2S", 2, 54.6),
            ("Li3P", 3, 54.4),
            ("LiCl", 1, 56.2),
            ("Li2O", 2, 53.7),
        ],
    ),
}
"""Window, splitting, and lines: phase, count, position."""


def plan_of(names: Sequence[str], **tables: Any) -> Plan:
    """A plan of some of the regions; the first line of each is free in place and width."""
    regions = []
    for name in names:
        low, high, splitting, lines = REGIONS[name]
        first = f"{name[0].lower()}0"
        parts = []
        for i, (phase, count, center) in enumerate(lines):
            line: dict[str, Any] = {"id": f"{name[0].lower()}{i}", "phase": phase, "count": count}
            away = center - lines[0][2]
            room = {"value": center, "min": center - 0.4, "max": center + 0.4}
            line["center"] = f"{first}.center + {away:.2f}" if i else room
            line["fwhm"] = f"{first}.fwhm" if i else WIDTH
            parts.append(line)
        doublet = {"doublet": {"splitting": splitting}} if splitting else {}
        regions.append(
            {
                "name": name,
                "window": [low, high],
                "background": {"kind": "shirley", "active": True},
                "defaults": {"shape": "pseudo_voigt", "lorentz_fraction": 0.3, **doublet},
                "components": parts,
            }
        )
    phases = {phase: {} for name in names for phase, _, _ in REGIONS[name][3]}
    energy = {"photon_energy_eV": 1486.6}
    return Plan.from_data({"energy": energy, "phases": phases, "regions": regions, **tables})


@dataclass(frozen=True, eq=False)
class Known:
    """A joint model, spectra of it, and the (K, F) truth."""

    table: ModelTable
    spectra: Steps
    truth: FloatArray


def series_of(names: Sequence[str], steps: int, seed: int, **tables: Any) -> Known:
    """Poisson counts of a series in which products grow."""
    table = build_model(plan_of(names, series={"strategy": "joint"}, **tables))
    truth = np.array([_truth(table, part) for part in np.linspace(0.0, 1.0, steps)])
    rng, columns = np.random.default_rng(seed), {}
    for region in table.regions:
        low, high = region.window
        x = np.linspace(low, high, round((high - low) / 0.05) + 1)
        evaluator = RegionEvaluator(region, x, np.zeros(len(x)))
        curves = np.array([evaluator.envelope(table.values(free)) for free in truth])
        counts = rng.poisson(curves).astype(float)
        columns[region.name] = [Spectrum(x, own, None, 1.0) for own in counts]
    spectra = [{name: own[k] for name, own in columns.items()} for k in range(steps)]
    return Known(table, spectra, truth)


def _truth(table: ModelTable, part: float) -> FloatArray:
    shares = {"LPSCl": 1.0 - 0.6 * part, "Li2S": 2.0 * part, "Li3P": 0.5 * part}
    free = table.start.copy()
    for f, index in enumerate(table.free):
        row = table.parameters[index]
        if row.parameter == "amount":
            free[f] = AMOUNT * shares.get(row.phase, 0.2 + 0.5 * part)
        elif row.parameter == "level":
            free[f] = LEVEL
        elif row.parameter == "k":
            free[f] = 0.02
    return free


def fitted(plan: Plan, spectra: Steps) -> tuple[ModelTable, list[StepResult]]:
    """All rounds of a plan over a series."""
    table, labels = build_model(plan), [""] * len(spectra)
    own = fit_series(table, spectra, labels, MONITOR)
    if not has_shared_rounds(plan):
        return table, own
    return table, fit_shared(table, spectra, labels, np.arange(float(len(own))), own, MONITOR)


def separate(known: Known) -> None:
    """Every region by itself."""
    for name in REGIONS:
        fitted(plan_of([name]), [{name: step[name]} for step in known.spectra])


def seconds(plan: Plan, spectra: Steps) -> float:
    """Of wall time."""
    begun = time.perf_counter()
    fitted(plan, spectra)
    return time.perf_counter() - begun


def add_times(report: Report, steps: int, rounds: int) -> None:
    """Joint, with sensitivities fitted and without, over five separate fits."""
    known = series_of(tuple(REGIONS), steps, 1)
    held = plan_of(
        tuple(REGIONS),
        series={"strategy": "joint"},
        quantification={"fit_sensitivities": False},
    )
    spent = []
    for _ in range(rounds):
        begun = time.perf_counter()
        separate(known)
        apart = time.perf_counter() - begun
        times = (seconds(plan, known.spectra) for plan in (known.table.plan, held))
        spent.append([apart, *times])
    apart, joint, alone = (np.array(column) for column in zip(*spent, strict=True))
    ratio = median(joint / apart)
    note = f"{steps / median(joint):,.0f} steps/s; separate {steps / median(apart):,.0f}"
    what = f"{steps:,} steps x 5 regions joint, over 5 separate compiled fits"
    report.add(Figure(what, f"{ratio:.2f}x", "2x", ratio <= 2.0, note, 2.0 / ratio))
    what = "the same with sensitivities held"
    report.add(Figure(what, f"{median(alone / apart):.2f}x"))


def add_link(report: Report, seeds: int) -> None:
    """E1: Li2S in S 2p with the 1 : 4 link, and by its position 0.1 eV away alone."""
    linked = _sulfur(Plan.from_toml(ready_plan("E1")), tied=True)
    loose = _sulfur(linked, tied=False)
    off: dict[bool, list[FloatArray]] = {True: [], False: []}
    for seed in range(seeds):
        made = simulate("E1", steps=None, counts=1e4, seed=seed)
        for sample, truth in made.truth.items():
            own = next(s for s in made.series if (s.sample, s.region) == (sample, "S 2p"))
            spectra = [{"S 2p": own.spectrum(k)} for k in range(len(own))]
            for tied, plan in ((True, linked), (False, loose)):
                table, results = fitted(plan, spectra)
                found = [result.values[table.index["li2s_s2p.area"]] for result in results]
                off[tied].append(np.array(found) - truth["component_area/S 2p/li2s_s2p"])
    square = {tied: np.concatenate(own) ** 2 for tied, own in off.items()}
    ratio = float(np.sqrt(square[True].mean() / square[False].mean()))
    spread = ratio / np.sqrt(len(square[True]))
    what = "E1, Li2S beside argyrodite: error with the 1 : 4 link against S 2p without it"
    note = f"rms of {len(square[True])} steps"
    value = f"{ratio:.3f} ± {spread:.3f}"
    report.add(Figure(what, value, "0.15", ratio <= 0.15, note, 0.15 / ratio))


def _sulfur(plan: Plan, *, tied: bool) -> Plan:
    """S 2p of E1 alone; the free sulfide of the argyrodite tied to PS4 or not."""
    data = plan.model_dump(mode="json")
    data["regions"] = [region for region in data["regions"] if region["name"] == "S 2p"]
    data["series"]["strategy"], data["groups"] = "chained", {}
    for component in data["regions"][0]["components"]:
        if component["id"] == "free_s2p" and not tied:
            component["parameters"]["area"] = {"min": 0.0}
    return Plan.from_data(data)


def add_gain(report: Report, steps: int) -> None:
    """Li2S of the series above: by position alone, with the 1 : 4 link, and joint."""
    known = series_of(("S 2p", "P 2p", "Cl 2p", "Li 1s"), steps, 2)
    sulfur = [{"S 2p": step["S 2p"]} for step in known.spectra]
    linked = plan_of(["S 2p"])
    loose = plan_of(["S 2p"]).model_dump(mode="json")
    loose["regions"][0]["components"][1]["parameters"]["area"] = {"min": 0.0}
    rms = []
    for plan, spectra in ((Plan.from_data(loose), sulfur), (linked, sulfur)):
        rms.append(_rms(*fitted(plan, spectra), known, "s2.area"))
    table, results = fitted(known.table.plan, known.spectra)
    rms.append(_rms(table, results, known, "s2.area"))
    gain = rms[2] / rms[1]
    spread = gain / np.sqrt(2.0 * steps)
    what = "Li2S joint, over linked S 2p alone: error of its area in S 2p"
    good = bool(gain <= 1.0 + 2.0 * spread)
    note = f"{steps} steps; linked S 2p over S 2p without the link here {rms[1] / rms[0]:.3f}"
    report.add(Figure(what, f"{gain:.3f} ± {spread:.3f}", "no worse", good, note, share=1.0 / gain))
    report.add(Figure("pull of joint amounts of Li2S, rms", f"{_pull(table, results, known):.2f}"))


def _rms(table: ModelTable, results: Sequence[StepResult], known: Known, name: str) -> float:
    found = np.array([result.values[table.index[name]] for result in results])
    true = np.array([known.table.values(free)[known.table.index[name]] for free in known.truth])
    return float(np.sqrt(np.mean((found - true) ** 2)))


def _pull(table: ModelTable, results: Sequence[StepResult], known: Known) -> float:
    """Of the amount over its counting error, where sensitivities are those of the plan."""
    place = [table.parameters[i].name for i in table.free].index("amount.Li2S")
    inside = [k for k, r in enumerate(results) if not r.at_bound[place]]
    covariance = counting_covariance(np.array([results[k].covariance for k in inside]), table)
    found = np.array([results[k].values[table.free][place] for k in inside])
    # the scale that sensitivities have in common is open: take it from the mean
    true = known.truth[inside, place]
    scale = float(found @ true / (true @ true))
    pull = (found - scale * true) / np.sqrt(covariance[:, place, place])
    return float(np.sqrt(np.mean(pull**2)))


def run(settings: Settings) -> Report:
    """Times, then gains."""
    steps, rounds = settings.size or STEPS, settings.rounds or 3
    report = Report(
        "Joint fits",
        "Argyrodite, Li2S, Li3P, LiCl and Li2O in five regions of 221 to 281 points, Poisson; one "
        "center and one width a region are free. All rounds of both strategies, errors included; "
        f"one process, all in turn, one thread, median of {rounds} rounds.",
    )
    make_ready("kernels_steps")
    make_ready("kernels_shared")
    add_times(report, steps, rounds)
    add_link(report, max(1, SEEDS * steps // STEPS))
    add_gain(report, GAIN_STEPS * steps // STEPS)
    return report
