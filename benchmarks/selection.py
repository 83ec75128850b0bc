"""Which phases: how often the exact set comes back when five wrong ones are offered as well.

Ready plans of E1 to E9 and E11, the wrong phases added with the positions of the library. A phase
has to be found where its true area is above its detection limit in some step: four standard errors
of the richest fit (Currie 1968, doi:10.1021/ac60259a007). Between that and zero either answer is
right. Of two phases that are named inseparable either will do.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.batch.select import select_phases, spectra_of
from app.project.ready import ready_plan
from benchmarks.report import Figure, Report, Settings
from fitting.arrays import FloatArray, IntArray
from fitting.build import build_model
from fitting.model import ModelTable
from fitting.monitor import SilentMonitor
from fitting.plan import Plan
from fitting.reduced_plan import candidates
from fitting.result import StepResult
from fitting.selection import Selection
from fitting.series import Series
from fitting.seriesfit import fit_series
from fitting.simulate import simulate
from fitting.spectrum import Spectrum

SERIES = 20
"""Seeds of each experiment; every sample is a series."""

WRONG = 5
LIMIT = 4.0
GOAL = 0.95

PLANS = {"E1": "E1_joint"}
"""Experiments with more than one plan."""

EXPERIMENTS = ("E1", "E2", "E3", "E4", "E5", "E6", "E7", "E8", "E9", "E11")

OFFERED: Mapping[str, Mapping[str, float]] = {
    "S0": {"S 2p": 163.8, "S 1s": 2472.0, "Raman": 219.5},
    "SO4": {"S 2p": 168.9, "S 1s": 2478.0, "O 1s": 531.9, "Raman": 1007.0},
    "P0": {"P 2p": 130.0},
    "SO3": {"S 2p": 166.7, "S 1s": 2475.3, "O 1s": 531.9, "Raman": 975.0},
    "Li2Sn": {"S 2p": 162.6, "S 1s": 2471.1, "Raman": 453.0},
    "PO3": {"P 2p": 134.0, "O 1s": 532.9},
    "P2Sx": {"S 2p": 163.4, "P 2p": 133.0, "Raman": 475.0},
    "Li2O": {"O 1s": 528.5, "Li 1s": 53.8, "Raman": 523.0},
    "Li2O2": {"O 1s": 531.1, "Li 1s": 54.5, "Raman": 790.0},
    "P2S6": {"Raman": 380.0},
    "LiCoO2": {"Raman": 595.0},
    "P2S5": {"Raman": 715.0},
    "Li2CO3": {"O 1s": 531.6, "Raman": 1091.0},
    "carbon": {"Raman": 1350.0},
    "LiOH": {"O 1s": 531.2, "Raman": 330.0},
    "S2O3": {"Raman": 448.0},
}
"""Phases -> region -> position, from the reference library; the first five that are not there."""

COUNTS: Mapping[tuple[str, str], float] = {
    ("SO4", "O 1s"): 4.0,
    ("SO3", "O 1s"): 3.0,
    ("PO3", "O 1s"): 3.0,
    ("P2Sx", "S 2p"): 5.0,
    ("P2Sx", "P 2p"): 2.0,
    ("Li2O", "Li 1s"): 2.0,
    ("Li2O2", "O 1s"): 2.0,
    ("Li2O2", "Li 1s"): 2.0,
    ("Li2CO3", "O 1s"): 3.0,
}
SAME = {"SO4": "Li2SO4", "SO3": "Li2SO3", "PO3": "Li3PO4", "P2Sx": "P-S-P", "Li2Sn": "Li2Sx"}
"""Other names under which an experiment may have the phase."""


@dataclass(frozen=True)
class Case:
    """One series and what came out."""

    found: frozenset[str]
    clear: frozenset[str]
    absent: frozenset[str]
    pairs: frozenset[frozenset[str]]
    seconds: float

    @property
    def missing(self) -> frozenset[str]:
        """Phases above their limit that are not in the set, nor what stands for them."""
        stands = {p for pair in self.pairs if pair & self.found for p in pair}
        return self.clear - self.found - stands

    @property
    def false(self) -> frozenset[str]:
        """Phases in the set that are not there, nor stand for one that is."""
        stands = {p for pair in self.pairs if pair & self.clear - self.found for p in pair}
        return (self.absent & self.found) - stands

    @property
    def exact(self) -> bool:
        """Whether it is the exact set."""
        return not self.missing and not self.false


def run(settings: Settings) -> Report:
    """All experiments; ``rounds`` seeds each."""
    report = Report(
        "Which phases are there",
        "Series of the simulated experiments, 10,000 counts, fitted with their ready plans and "
        "five phases more that are not there; `plan select` on each. Exact: every phase above its "
        "detection limit (four standard errors in some step), none that is absent.",
    )
    seeds = settings.rounds or SERIES
    every: list[Case] = []
    for key in EXPERIMENTS:
        cases = [case for seed in range(seeds) for case in measured(key, seed)]
        every += cases
        report.add_detail(_figure(key, cases))
    share = np.mean([case.exact for case in every])
    error = np.sqrt(share * (1.0 - share) / len(every))
    value = f"{100.0 * share:.1f} ± {100.0 * error:.1f} % of {len(every)} series"
    goal = f"at least {100.0 * GOAL:g} %"
    report.add(Figure("exact set found", value, goal, bool(share >= GOAL), "", share / GOAL))
    return report


def _figure(key: str, cases: Sequence[Case]) -> Figure:
    exact = sum(case.exact for case in cases)
    seconds = float(np.median([case.seconds for case in cases]))
    missing = [phase for case in cases for phase in sorted(case.missing)]
    false = [phase for case in cases for phase in sorted(case.false)]
    notes = [f"{seconds:.1f} s each"]
    for word, own in (("missed", missing), ("not there", false)):
        notes += [f"{word}: {p} in {own.count(p)}" for p in dict.fromkeys(own)]
    good = exact >= GOAL * len(cases)
    return Figure(f"{key}, exact", f"{exact} of {len(cases)}", "", good, "; ".join(notes))


def measured(key: str, seed: int, steps: int | None = None) -> list[Case]:
    """All samples of an experiment; of the usual number of steps."""
    made = simulate(key, steps=steps, seed=seed)
    plan = with_wrong(Plan.from_toml(ready_plan(PLANS.get(key, key))), truth_names(made.truth))
    held = plan.quantification.model_copy(update={"fit_sensitivities": False})
    table = build_model(plan.model_copy(update={"quantification": held}))
    found = []
    for sample, truth in made.truth.items():
        own = [series for series in made.series if series.sample == sample]
        begun = time.perf_counter()
        selection = select_phases(plan, own, SilentMonitor())[0].selection
        seconds = time.perf_counter() - begun
        rows, spectra = steps_of(plan, own)
        richest = fit_series(table, spectra, [sample] * len(spectra), SilentMonitor())
        here = {path: values[rows] for path, values in truth.items()}
        found.append(case_of(table, here, richest, selection, seconds))
    return found


def truth_names(truth: Mapping[str, Mapping[str, FloatArray]]) -> set[str]:
    """Phases that an experiment knows, there or not."""
    paths = [path.split("/") for own in truth.values() for path in own]
    return {path[2] for path in paths if path[0] == "area"}


def with_wrong(plan: Plan, known: set[str]) -> Plan:
    """The plan with the first five phases on offer that neither it nor the truth has."""
    data: dict[str, Any] = plan.model_dump(mode="json", exclude_none=True)
    names = known | set(plan.phases)
    added = 0
    for phase, lines in OFFERED.items():
        if added == WRONG or phase in names or SAME.get(phase) in names:
            continue
        here = [_line(region, phase, lines) for region in data["regions"]]
        if not any(here):
            continue
        for region, line in zip(data["regions"], here, strict=True):
            region["components"] += [line] if line else []
        data["phases"][phase] = {"formula": phase} if phase in ("SO4", "SO3") else {}
        added += 1
    return Plan.from_data(data)


def _line(
    region: Mapping[str, Any], phase: str, lines: Mapping[str, float]
) -> dict[str, Any] | None:
    """A line like the first of the region, elsewhere; None if it has no place there."""
    model = region["components"][0]
    name = "Raman" if region["name"].endswith("cm-1") else region["name"]
    center = lines.get(name)
    low, high = region["window"]
    if center is None or not low + 1.0 < center < high - 1.0:
        return None
    links = {
        key: f"{model['id']}.{key}"
        for key, value in model["parameters"].items()
        if key not in ("area", "center") and not isinstance(value, float)
    }
    parameters = {k: v for k, v in model["parameters"].items() if k != "area"} | links
    own = {k: v for k, v in model.items() if k in ("shape", "doublet", "sensitivity")}
    ident = f"wrong_{phase.replace('-', '_')}_{len(region['components'])}_{int(low)}"
    count = COUNTS.get((phase, name), 1.0)
    return {**own, "id": ident, "phase": phase, "count": count, **parameters, "center": center}


def steps_of(plan: Plan, series: Sequence[Series]) -> tuple[IntArray, list[dict[str, Spectrum]]]:
    """Steps, and the spectra of each by region of the plan; without those that are bad."""
    regions = {
        region.name: one
        for region in plan.regions
        for one in series
        if one.region == region.measured
    }
    spectra, labels = spectra_of(plan, "", regions)
    return np.array([int(label.split()[-1]) for label in labels]), spectra


def case_of(
    table: ModelTable,
    truth: Mapping[str, FloatArray],
    richest: Sequence[StepResult],
    selection: Selection,
    seconds: float,
) -> Case:
    """What should have been found, and what was."""
    sizes = {c.name: _size(table, truth, richest, c.name) for c in candidates(table)}
    clear = frozenset(name for name, size in sizes.items() if size >= LIMIT)
    absent = frozenset(name for name, size in sizes.items() if size == 0.0)
    pairs = frozenset(frozenset(pair.phases) for pair in selection.inseparable)
    return Case(frozenset(selection.found), clear, absent, pairs, seconds)


def _size(
    table: ModelTable,
    truth: Mapping[str, FloatArray],
    richest: Sequence[StepResult],
    phase: str,
) -> float:
    """Largest true area of a phase in standard errors, over steps and regions."""
    best = 0.0
    for region in table.regions:
        own = truth.get(f"area/{region.name}/{phase}")
        lines = [c.area for c in region.components if c.phase == phase]
        if own is None or not lines or not np.any(own > 0.0):
            continue
        slope = table.matrix[lines].sum(axis=0)
        for k, step in enumerate(richest):
            spread = _spread(slope, step)
            if own[k] > 0.0 and spread > 0.0:
                best = max(best, float(own[k]) / spread)
    return best


def _spread(slope: FloatArray, step: StepResult) -> float:
    """Standard error of a sum of areas; of what is at zero, that of its limit."""
    used = np.flatnonzero(slope)
    variance = np.diag(step.covariance)[used]
    limit = (step.upper_limit[used] / 1.645) ** 2
    own = np.where(np.isfinite(variance), variance, limit)
    return float(np.sqrt(np.nansum(slope[used] ** 2 * own)))
