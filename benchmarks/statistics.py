"""Do the errors hold? Replicas of known truth against their intervals and the Cramer-Rao bound.

A well determined trial has at least 1,000 counts in its peak and all its phases at least four
bounds away from 0 and 1; all others are "elsewhere". A phase that is not there is judged by its
upper limit and by how often it is detected; a limit below zero or an empty one does not cover.
"""

from collections.abc import Sequence

from benchmarks.bound import truths
from benchmarks.criteria import CRITERIA, Criterion, Outcome, is_well_determined
from benchmarks.replicas import scores
from benchmarks.report import Figure, Report, Settings
from benchmarks.samples import all_trials
from benchmarks.statistics_plot import draw
from benchmarks.trials import Trial

REPLICAS = {True: 5_000, False: 2_500}
"""Well determined: a root mean square error to 1 %, a coverage to 0.3 %. Elsewhere: to 0.5 %."""


def run(settings: Settings) -> Report:
    """All trials, then how many of them hold what was asked for."""
    report = Report(
        "Errors that hold",
        "Independent replicas of simulated spectra, from the archive to phase_fractions.csv on the "
        "way a user's data take, each from its own start unless `chained` is said; compared with "
        "the truth and with the Cramer-Rao bound of the fractions, all nuisance parameters free. "
        "Values are the worst over the phases, with the Monte Carlo error of that phase; a number "
        "of replicas stands behind.",
    )
    found = []
    for trial in all_trials():
        found.append(measured(trial, settings))
        _print(found[-1])
    for criterion in CRITERIA:
        add_summary(report, criterion, found)
    for outcome in found:
        add_trial(report, outcome)
    report.draw = lambda plot: draw(plot, found)
    return report


def measured(trial: Trial, settings: Settings) -> Outcome:
    """Enough replicas of one trial."""
    well = is_well_determined(trial, [truth.room for truth in truths(trial)])
    return Outcome(trial, tuple(scores(trial, settings.size or REPLICAS[well])))


def add_summary(report: Report, criterion: Criterion, found: Sequence[Outcome]) -> None:
    """One goal over all trials: how many phases hold it, and the worst."""
    pairs = [(o, s) for o in found for s in criterion.scores(o)]
    if not pairs:
        return
    held = sum(criterion.excess(s) <= 0.0 for _, s in pairs)
    outcome, worst = max(pairs, key=lambda pair: criterion.excess(pair[1]))
    value = f"{held} of {len(pairs)} phases, worst {criterion.text(criterion.read(worst))}"
    note = f"worst: {worst.truth.phase} in {outcome.trial.name}"
    report.add(Figure(criterion.name, value, criterion.goal, held == len(pairs), note))


def add_trial(report: Report, outcome: Outcome) -> None:
    """One trial in a row: the worst phase for every goal that it has."""
    parts, missed, asked = [], [], False
    short = {0: "error/bound", 1: "coverage", 2: "coverage", 3: "limits", 4: "false"}
    for number, criterion in enumerate(CRITERIA):
        own = criterion.scores(outcome)
        if not own:
            continue
        asked = True
        worst = max(own, key=criterion.excess)
        parts.append(f"{short[number]} {criterion.text(criterion.read(worst))}")
        missed += [f"{short[number]} of {s.truth.phase}" for s in own if criterion.excess(s) > 0.0]
    bias = max(outcome.present, key=lambda s: abs(s.bias.value))
    note = f"bias up to {bias.bias.value:+.2f} ({bias.truth.phase})"
    if not outcome.trial.efficient:
        note += f", error/bound up to {max(s.efficiency.value for s in outcome.present):.2f}"
    empty = max(s.empty for s in outcome.scores)
    note += f", {100 * empty:.1f} % empty" if empty else ""
    note += f", missed: {', '.join(dict.fromkeys(missed))}" if missed else ""
    name = f"{outcome.trial.name} ({outcome.scores[0].replicas:,})"
    report.add(Figure(name, ", ".join(parts), "", not missed if asked else None, note))


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
