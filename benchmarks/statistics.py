"""Do the errors hold? Replicas of known truth against their intervals and the Cramer-Rao bound.

A well determined trial has at least 1,000 counts in its peak and all its phases at least four
bounds away from 0 and 1; all others are "elsewhere". A phase that is not there is judged by its
upper limit and by how often it is detected; a limit below zero or an empty one does not cover.
"""

from collections import Counter
from collections.abc import Sequence

from benchmarks.criteria import CRITERIA, FAR, Criterion, Outcome
from benchmarks.gain import add_gain
from benchmarks.replicas import scores
from benchmarks.report import Figure, Report, Settings
from benchmarks.samples import all_trials
from benchmarks.statistics_plot import draw
from benchmarks.trials import Trial

REPLICAS = 5_000
"""A root mean square error to 1 %, a coverage to 0.3 %."""


def run(settings: Settings) -> Report:
    """All trials, then how many of them hold what was asked for."""
    report = Report(
        "Errors that hold",
        "Independent replicas of simulated spectra, from the archive to phase_fractions.csv on the "
        "way a user's data take, each from its own start unless `chained` is said; compared with "
        "the truth and with the Cramer-Rao bound of the fractions, all nuisance parameters free. "
        "Well determined: at least 1,000 counts in the peak, all phases at least four bounds from "
        "0 and 1. The bound is asked of the default weights only. ± is the Monte Carlo "
        f"error; {settings.size or REPLICAS:,} replicas.",
    )
    found = []
    for trial in all_trials():
        found.append(measured(trial, settings))
        _print(found[-1])
    for criterion in CRITERIA:
        add_summary(report, criterion, found)
    add_gain(report, settings)
    for outcome in found:
        add_trial(report, outcome)
    report.draw = lambda plot: draw(plot, found)
    return report


def measured(trial: Trial, settings: Settings) -> Outcome:
    """Enough replicas of one trial."""
    return Outcome(trial, tuple(scores(trial, settings.size or REPLICAS)))


def add_summary(report: Report, criterion: Criterion, found: Sequence[Outcome]) -> None:
    """One goal over all trials: how many phases hold it, the worst, and where the others are."""
    pairs = [(o, s) for o in found for s in criterion.scores(o)]
    if not pairs:
        return
    missed = [(o, s) for o, s in pairs if criterion.excess(s) > 0.0]
    outcome, worst = max(pairs, key=lambda pair: criterion.excess(pair[1]))
    held = len(pairs) - len(missed)
    value = f"{held} of {len(pairs)} phases; worst {criterion.text(criterion.read(worst))}"
    note = f"worst: {worst.truth.phase} in {outcome.trial.name}"
    if missed:
        beyond = sum(criterion.beyond_chance(s) for _, s in missed)
        note += f"; {beyond} missed by more than three Monte Carlo errors"
        for group, number in Counter(o.trial.group for o, _ in missed).items():
            note += f"; {group}: {number} of {sum(o.trial.group == group for o, _ in pairs)} missed"
    report.add(Figure(criterion.name, value, criterion.goal, not missed, note))


def add_trial(report: Report, outcome: Outcome) -> None:
    """One trial in a row: the worst phase for every goal that it has."""
    parts, missed = [], []
    for criterion in CRITERIA:
        own = criterion.scores(outcome)
        if own:
            worst = max(own, key=criterion.excess)
            parts.append(f"{criterion.short} {criterion.text(criterion.read(worst))}")
        for s in own:
            if criterion.excess(s) > 0.0:
                missed.append(f"{criterion.short} of {s.truth.phase}")
    what = f"{outcome.trial.name} ({outcome.scores[0].replicas:,})"
    note = "; ".join([*_remarks(outcome), *(f"missed: {m}" for m in missed)])
    report.add_detail(Figure(what, ", ".join(parts), "", not missed if parts else None, note))


def _remarks(outcome: Outcome) -> list[str]:
    """What is told beside the goals of a trial."""
    bias = max(outcome.present, key=lambda s: abs(s.bias.value))
    remarks = [f"bias up to {bias.bias.value:+.2f} ({bias.truth.phase})"]
    if not outcome.trial.efficient:
        remarks.append(f"error/bound up to {max(s.efficiency.value for s in outcome.present):.2f}")
    for s in outcome.present:
        if s.truth.room < FAR and s.truth.fraction < 0.5:
            remarks.append(f"{s.truth.phase} detected in {100 * s.detected.value:.0f} %")
    empty = max(s.empty for s in outcome.scores)
    return [*remarks, f"{100 * empty:.1f} % empty"] if empty else remarks


def _print(outcome: Outcome) -> None:
    print(f"\n{outcome.trial.name}, {outcome.scores[0].replicas} replicas")
    for s in outcome.scores:
        print(
            f"  {s.truth.phase:9s} {s.truth.fraction:.4f} ({s.truth.room:6.1f} bounds from 0 or 1) "
            f"error/bound {s.efficiency.value:.3f} ± {s.efficiency.error:.3f} "
            f"bias {s.bias.value:+.3f} ± {s.bias.error:.3f} "
            f"claimed/error {s.claimed:.3f} "
            f"covered {100 * s.coverage.value:.1f} ± {100 * s.coverage.error:.1f} % "
            f"limit {100 * s.limit.value:.1f} % detected {100 * s.detected.value:.1f} % "
            f"empty {100 * s.empty:.1f} %",
            flush=True,
        )
