"""The shift of every step: how far it is from the truth, and whether its error says so.

Simulated photoemission experiments with their ready plans: drift, widths that change, spectra that
are dead, missing or struck by a spike. ``jumps``: every region of a step is moved by the same
number besides, anywhere within 2.5 eV, so that no neighbour knows where the next step stands.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.project.ready import ready_plan, ready_plans
from benchmarks.report import Figure, Report, Settings
from fitting.arrays import FloatArray
from fitting.build import build_model
from fitting.energy_scale import SHIFT_ROW
from fitting.model import SHIFT, ModelTable
from fitting.monitor import SilentMonitor
from fitting.plan import Plan
from fitting.result import FitStatus, StepResult
from fitting.screen import reasons_of
from fitting.series import Series
from fitting.seriesfit import fit_series
from fitting.simulate import simulate
from fitting.spectrum import Spectrum

KEYS = ("E1", "E2", "E3", "E5", "E11")
"""Those with S 2p."""

PEAK = 10_000.0
SEEDS = 3
JUMP_EV = 2.5
WANTED_EV = 0.02

ABOUT = (
    "Photoemission experiments with S 2p, its strongest line 10,000 counts high in the first step, "
    "fitted with their ready plans. "
    "Pull: distance from the truth over the error given, rms. "
    "jumps: all regions of a step are moved besides, at random within 2.5 eV."
)


@dataclass(frozen=True, eq=False)
class Found:
    """Shifts of the steps of one series that were fitted, their errors, and the truth; eV."""

    shift: FloatArray
    stderr: FloatArray
    truth: FloatArray

    @property
    def rms(self) -> float:
        """Distance from the truth."""
        return float(np.sqrt(np.mean((self.shift - self.truth) ** 2)))

    @property
    def pull(self) -> float:
        """The same in units of the errors given."""
        pulls = (self.shift - self.truth) / self.stderr
        return float(np.sqrt(np.nanmean(pulls**2)))


def run(settings: Settings) -> Report:
    """Rounds are seeds, the size is the number of steps."""
    report = Report("The shift of every step", ABOUT)
    for key in (key for key in KEYS if key in ready_plans()):
        plan = Plan.from_toml(ready_plan(key))
        for jumps in (False, True):
            seeds = range(settings.rounds or SEEDS)
            found = [one for s in seeds for one in measured(plan, key, s, settings.size, jumps)]
            report.add(_figure(f"{key}, jumps" if jumps else key, found))
    return report


def measured(plan: Plan, key: str, seed: int, steps: int | None, jumps: bool) -> list[Found]:
    """Fit all samples of an experiment."""
    made = simulate(key, steps=steps, counts=PEAK, seed=seed)
    table = build_model(plan)
    found = []
    for sample, truth in made.truth.items():
        own = {one.region: one for one in made.series if one.sample == sample}
        rng = np.random.default_rng([seed, len(found)])
        count = len(truth["shift_eV"])
        moves = rng.uniform(-JUMP_EV, JUMP_EV, count) if jumps else np.zeros(count)
        spectra = _spectra(plan, own, moves)
        labels = [f"{sample}, step {k}" for k in range(count)]
        results = fit_series(table, spectra, labels, SilentMonitor())
        found.append(_found(table, results, truth["shift_eV"] + moves))
    return found


def _spectra(plan: Plan, own: Mapping[str, Series], moves: FloatArray) -> list[dict[str, Spectrum]]:
    """Spectra step by step, without those that are screened out; axes moved."""
    regions = {r.name: own[r.measured] for r in plan.regions if r.measured in own}
    reasons = reasons_of(plan, regions, np.arange(len(moves)))
    found = []
    for k, (move, without) in enumerate(zip(moves, reasons, strict=True)):
        step = {}
        for name, series in regions.items():
            row = np.flatnonzero(series.steps == k)
            if len(row) and name not in without:
                spectrum = series.spectrum(int(row[0]))
                step[name] = replace(spectrum, x=spectrum.x + move)
        found.append(step)
    return found


def _found(table: ModelTable, results: Sequence[StepResult], truth: FloatArray) -> Found:
    place = int(np.flatnonzero(table.free == table.index[SHIFT_ROW])[0])
    fitted = [bool((one.status <= FitStatus.NOT_CONVERGED).any()) for one in results]
    shift = np.array([one.values[SHIFT] for one in results])
    error = np.sqrt(np.array([one.covariance[place, place] for one in results]))
    known = np.array(fitted) & np.isfinite(shift)
    return Found(shift[known], error[known], truth[known])


def _figure(name: str, found: Sequence[Found]) -> Figure:
    parts = ("shift", "stderr", "truth")
    whole = Found(*(np.concatenate([getattr(one, part) for one in found]) for part in parts))
    worst = float(np.abs(whole.shift - whole.truth).max())
    return Figure(
        f"{name}: shift",
        f"{1000.0 * whole.rms:.1f} meV rms",
        f"at most {1000.0 * WANTED_EV:.0f} meV",
        whole.rms <= WANTED_EV,
        f"{len(whole.shift)} steps, worst {1000.0 * worst:.0f} meV, pull {whole.pull:.2f}",
        WANTED_EV / max(whole.rms, 1e-9),
    )
