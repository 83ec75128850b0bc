"""Do the errors hold on whole experiments? Seeds of E1 to E9 and E11 against their truth.

E1 to E5 and E11 are joint fits, judged by molar fractions; E6 to E9 by shares of area. The bound of
a fraction is what the inverse Fisher matrix of the plan gives where the fit ended, everything free
and priors included, in the mean over all seeds; sensitivities are part of it (``systematics.csv``).
Steps with a planted glitch are left out; shares are of the phases that the plan has amounts of.
"""

import csv
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from app.archive.gather import Reading
from app.archive.read_results import read_results
from app.archive.write import write_archive
from app.batch.fit import Running, fit_files
from app.project.ready import ready_plan
from benchmarks.criteria import COVERED, COVERED_ELSEWHERE, FALSE, FAR
from benchmarks.replicas import Measured, share
from benchmarks.report import Figure, Report, Settings
from fitting.arrays import BoolArray, FloatArray
from fitting.build import build_model
from fitting.monitor import SilentMonitor
from fitting.plan import Plan
from fitting.quantify import quantify
from fitting.region_steps import ALL
from fitting.simulate import Simulation, simulate

SEEDS = 3
MOST_ERROR = 1.10
SHIFT_EV = 0.02
JOINT = {"E1": "E1_joint", **{key: key for key in ("E2", "E3", "E4", "E5", "E11")}}
"""Experiment -> its plan."""

BY_AREA = ("E6", "E7", "E8", "E9")

_TWO_SIDED = 1.96
_ROUNDING = 1e-9

Key = tuple[str, str, int, str]
"""Sample, region, step, phase."""


@dataclass(frozen=True, eq=False)
class Tally:
    """N fractions in S seeds, all (S, N); truth (N,).

    Parameters
    ----------
    stderr : from the inverse Fisher matrix, what sits at a bound held there
    systematic : part of the standard error that sensitivities have; 0 without
    """

    truth: FloatArray
    fraction: FloatArray
    stderr: FloatArray
    systematic: FloatArray
    low: FloatArray
    high: FloatArray
    detected: FloatArray

    @property
    def bound(self) -> FloatArray:
        """(N,) standard error that the plan allows; nan where no seed has one."""
        square = self.stderr**2 + self.systematic**2
        known = np.isfinite(square)
        total = np.where(known, square, 0.0).sum(axis=0)
        with np.errstate(invalid="ignore"):
            return np.asarray(np.sqrt(total / known.sum(axis=0)))

    @property
    def far(self) -> BoolArray:
        """(N,) fractions at least four bounds from 0 and 1."""
        room = np.minimum(self.truth, 1.0 - self.truth)
        return np.asarray(room >= FAR * self.bound)

    def efficiency(self) -> Measured:
        """Root mean square error over the bound, of those far from 0 and 1."""
        square = (((self.fraction - self.truth) / self.bound) ** 2)[:, self.far]
        by_seed = np.nanmean(square, axis=1)
        value = float(np.sqrt(by_seed.mean()))
        spread = by_seed.std(ddof=1) / np.sqrt(len(by_seed)) if len(by_seed) > 1 else np.nan
        return Measured(value, float(spread / (2.0 * value)))

    def coverage(self, which: BoolArray, *, systematic: bool) -> Measured:
        """Share of intervals with the truth inside, of counting alone or of both."""
        more = _TWO_SIDED * np.nan_to_num(self.systematic) * systematic
        low = self.fraction - np.hypot(self.fraction - self.low, more)
        high = self.fraction + np.hypot(self.high - self.fraction, more)
        inside = (low <= self.truth + _ROUNDING) & (self.truth <= high + _ROUNDING)
        known = np.isfinite(self.fraction[:, which])
        return share(inside[:, which][known]) if known.any() else Measured(np.nan, np.nan)

    def false(self) -> Measured:
        """Share of fractions of what is not there that are detected."""
        absent = self.truth <= 0.0
        if not absent.any():
            return Measured(np.nan, np.nan)
        return share(self.detected[:, absent].ravel() > 0.0)


def run(settings: Settings) -> Report:
    """All experiments; rounds: seeds of each, size: steps of each."""
    seeds = settings.rounds or SEEDS
    report = Report("Errors that hold on whole experiments", f"{__doc__} {seeds} seeds of each.")
    for key in (*JOINT, *BY_AREA):
        tally, shifts = measured(key, seeds, settings.size)
        _add(report, key, tally)
        if key in JOINT:
            off = float(np.sqrt(np.mean(shifts**2)))
            what = f"{key}: shift per step, rms"
            goal = f"{SHIFT_EV:g} eV"
            report.add(Figure(what, f"{off:.4f} eV", goal, off <= SHIFT_EV, share=SHIFT_EV / off))
    return report


def measured(key: str, seeds: int, steps: int | None) -> tuple[Tally, FloatArray]:
    """An experiment again and again: its fractions, and errors of its shifts in eV."""
    rows: list[dict[Key, FloatArray]] = []
    shifts: list[float] = []
    for seed in range(seeds):
        made = simulate(key, steps=steps, seed=seed)
        with tempfile.TemporaryDirectory() as place:
            folder = _fitted(made, Path(place))
            rows.append(dict(_rows(folder, made, joint=key in JOINT)))
            shifts += _shift_errors(folder, made)
    keys = [one for one in rows[0] if all(one in other for other in rows)]
    truth = {one: _truth(made, one, joint=key in JOINT) for one in keys}
    truth = {one: value for one, value in truth.items() if np.isfinite(value)}
    whole: dict[tuple[str, str, int], float] = {}
    for one, value in truth.items():
        whole[one[:3]] = whole.get(one[:3], 0.0) + value
    shares = np.array([value / whole[one[:3]] for one, value in truth.items()])
    cells = np.array([[own[one] for one in truth] for own in rows])
    return Tally(shares, *np.moveaxis(cells, 2, 0)), np.array(shifts)


def _fitted(made: Simulation, folder: Path) -> Path:
    plan = Plan.from_toml(ready_plan(JOINT.get(made.key, made.key)))
    write_archive(folder / "a.h5", made.series)
    out = folder / "fitted"
    fit_files([folder / "a.h5"], plan, out, Reading(), Running(), SilentMonitor())
    return out


def _rows(folder: Path, made: Simulation, *, joint: bool) -> Iterator[tuple[Key, FloatArray]]:
    """Fractions of counted phases in steps without a glitch: six numbers each."""
    basis = "molar" if joint else "area"
    fisher = _fisher(folder / "result.h5", basis)
    systematic = {
        _key(row): _number(row["systematic_stderr"])
        for row in _read(folder, "systematics.csv")
        if row["basis"] == basis
    }
    for row in _read(folder, "phase_fractions.csv"):
        key = _key(row)
        wanted = row["basis"] == basis and ":" not in row["phase"] and row["phase"] != "unassigned"
        if not wanted or _is_glitch(made.truth[row["sample"]], int(row["step"])):
            continue
        numbers = [_number(row["fraction"]), fisher[key]]
        ends = [_number(row[name]) for name in ("fraction_low95", "fraction_high95")]
        part = np.nan_to_num(systematic.get(key, 0.0))
        yield key, np.array([*numbers, part, *ends, float(row["detected"] == "true")])


def _fisher(path: Path, basis: str) -> dict[Key, float]:
    """Standard errors of an unbiased estimator: with nothing of what a bound leaves open."""
    found = {}
    for handle in read_results(path):
        result = handle.rows(0, handle.n_steps)
        nowhere = np.full_like(result.lower95, np.nan)
        held = replace(result, lower95=nowhere, upper95=nowhere)
        for own in quantify(held, build_model(handle.plan)):
            if own.basis == basis:
                for (k, q), value in np.ndenumerate(own.stderr):
                    key = (handle.sample, own.region, int(result.steps[k]), own.names[q])
                    found[key] = float(value)
    return found


def _truth(made: Simulation, key: Key, *, joint: bool) -> float:
    sample, region, step, phase = key
    where = "" if region == ALL else f"{region}/"
    values = made.truth[sample].get(f"{'molar' if joint else 'area'}_fraction/{where}{phase}")
    return float("nan") if values is None else float(values[step])


def _shift_errors(folder: Path, made: Simulation) -> list[float]:
    """Of the first electrical group, steps without a glitch."""
    errors, seen = [], set()
    for row in _read(folder, "shifts.csv"):
        sample, step = row["sample"], int(row["step"])
        truth = made.truth[sample].get("shift_eV")
        if truth is None or (sample, step) in seen or _is_glitch(made.truth[sample], step):
            continue
        seen.add((sample, step))
        errors.append(_number(row["shift"]) - float(truth[step]))
    return [error for error in errors if np.isfinite(error)]


def _is_glitch(truth: Mapping[str, FloatArray], step: int) -> bool:
    return any(values[step] for path, values in truth.items() if path.startswith("glitch/"))


def _key(row: Mapping[str, str]) -> Key:
    return row["sample"], row["region"], int(row["step"]), row["phase"]


def _number(cell: str) -> float:
    return float(cell or "nan")


def _read(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _add(report: Report, key: str, tally: Tally) -> None:
    far = tally.far
    number = f"{int(far.sum())} fractions at least {FAR:g} bounds from 0 and 1"
    if far.any():
        found = tally.efficiency()
        value, ok = f"{found.value:.3f} ± {found.error:.3f}", found.value <= MOST_ERROR
        what = f"{key}: rms error over bound"
        report.add(Figure(what, value, f"{MOST_ERROR:.2f}", ok, number, MOST_ERROR / found.value))
        both = tally.coverage(far, systematic=True)
        alone = tally.coverage(far, systematic=False)
        note = f"of counting alone {100.0 * alone.value:.1f} %"
        low, high = COVERED
        goal, ok = f"{100 * low:.0f}-{100 * high:.0f} %", low <= both.value <= high
        report.add(Figure(f"{key}: coverage there", _percent(both), goal, ok, note))
    elsewhere = tally.coverage(~far, systematic=True)
    if np.isfinite(elsewhere.value):
        goal, ok = f"{100 * COVERED_ELSEWHERE:.0f} %", elsewhere.value >= COVERED_ELSEWHERE
        report.add(Figure(f"{key}: coverage elsewhere", _percent(elsewhere), goal, ok))
    false = tally.false()
    if np.isfinite(false.value):
        ok = false.value <= FALSE
        what = f"{key}: absent phases detected"
        report.add(Figure(what, _percent(false), f"{100 * FALSE:.0f} %", ok))


def _percent(found: Measured) -> str:
    return f"{100.0 * found.value:.1f} ± {100.0 * found.error:.1f} %"
