"""``deconvolyte fit``: spectra and a plan in, phase fractions out."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.numbers import at_least_one, counted
from app.cli.progress import ConsoleMonitor
from app.cli.reading import add_reading_options, reading_of, say_all
from fitting.errors import FitCancelled

if TYPE_CHECKING:
    from app.batch.fit import Outcome
    from fitting.plan import Plan
    from fitting.titration_plan import TitrationPlan


_ENDS = {
    "converged": "converged",
    "absent": "with an absent line (area zero)",
    "at_bound": "with another parameter at its bound",
    "not_converged": "not converged",
    "failed": "failed",
    "excluded": "excluded",
}
"""Status in the tables -> how it is said at the end; of at_bound, absent lines are apart."""

_SAID_ELSEWHERE = ("fit", "convergence", "metadata")
"""Checks that the problems of a run name one by one, and what is no fault of the fit."""

_KINDS = 5


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the ``fit`` command."""
    parser = subparsers.add_parser(
        "fit",
        help="fit archives or files of spectrometers with a plan; a charge log with its own",
        description="Writes result.h5, phase_fractions.csv and further tables into a folder. "
        "Interrupted, it keeps what was done; --resume goes on from there.",
        epilog="example:\n  deconvolyte fit cellA.h5 cellB.h5 --plan sei.toml -o fitted "
        "--workers 2",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--plan", type=Path, required=True, metavar="P.toml")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR")
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--workers", type=at_least_one, default=1, metavar="N", help="processes (default: 1)"
    )
    where.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="workers of a Dask scheduler, such as tcp://host:8786, instead of processes here; "
        "they need the same program and must see the inputs and DIR under the same paths",
    )
    parser.add_argument("--resume", action="store_true", help="go on from an interrupted run")
    parser.add_argument(
        "--strategy",
        choices=["independent", "chained", "shared", "joint"],
        help="instead of the plan's",
    )
    add_reading_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Fit; 0 if every spectrum was fitted, 1 if some were not."""
    from app.batch.fit import FitStopped, Running, fit_files
    from app.batch.folder import refuse_inputs_as_outputs
    from app.batch.plan_file import load_plan, load_titration_plan

    refuse_inputs_as_outputs(args.output, [args.plan])
    log_plan = load_titration_plan(args.plan)
    if log_plan is not None:
        return _fit_logs(args, log_plan)
    plan = _with_strategy(load_plan(args.plan), args.strategy)
    overrides = {} if args.strategy is None else {"strategy": args.strategy}
    with ConsoleMonitor("reading") as monitor:
        try:
            outcome = fit_files(
                args.files,
                plan,
                args.output,
                reading_of(args),
                Running(args.workers, args.cluster, args.resume, overrides),
                monitor,
            )
        except FitStopped as stop:
            raise FitCancelled(_kept(stop.kept, stop.chunks)) from stop
        except (FitCancelled, KeyboardInterrupt) as stop:
            raise FitCancelled("nothing was fitted yet, nothing of this run is kept") from stop
    report(outcome, args.output)
    return 0 if outcome.complete else 1


def _fit_logs(args: argparse.Namespace, plan: "TitrationPlan") -> int:
    """A plan of logs alone: no spectra, so no chunks and nothing to wait for."""
    from app.batch.fit import listed
    from app.batch.titration import fit_titration

    files, errors = listed(args.files)
    outcome = fit_titration(files, plan, args.output, reading_of(args))
    say_all(map(str, [*errors, *outcome.errors]))
    say_all(outcome.warnings)
    for sample, points in outcome.points.items():
        print(f"{sample}: {counted(points, 'point')} of side-reaction charge")
    print(f"side_charge.csv, trends.csv and result.h5 in {args.output}")
    return 1 if errors or outcome.errors else 0


def _kept(kept: int, chunks: int) -> str:
    if kept == 0:
        return "no chunk was finished, nothing is kept"
    are = "is" if kept == 1 else "are"
    return f"{kept} of {chunks} chunks {are} kept; the same command with --resume goes on"


def _with_strategy(plan: "Plan", strategy: str | None) -> "Plan":
    from fitting.plan_options import JOINT_BASES

    if strategy is None:
        return plan
    # what only these strategies know would make another one a plan that cannot be read again
    own = {} if strategy in ("shared", "joint") else {"shared": (), "stiffness": None}
    series = plan.series.model_copy(update={"strategy": strategy, **own})
    kept = tuple(b for b in plan.fit.basis if strategy == "joint" or b not in JOINT_BASES)
    fit = plan.fit.model_copy(update={"basis": kept or ("area",)})
    return plan.model_copy(update={"series": series, "fit": fit})


def report(outcome: "Outcome", folder: Path) -> None:
    """Say how it ended: counts on stdout, problems on stderr."""
    say_all(map(str, outcome.errors))
    say_all(outcome.warnings)
    say_all(outcome.summary.problems)
    counts = dict(outcome.summary.counts)
    counts["absent"] = outcome.summary.absent_only
    counts["at_bound"] = counts.get("at_bound", 0) - counts["absent"]
    said = ", ".join(f"{counts[name]} {words}" for name, words in _ENDS.items() if counts.get(name))
    print(f"{counted(sum(counts.values()), 'fit')}: {said}; tables and result.h5 in {folder}")
    sys.stdout.flush()
    troubles = [t for t in outcome.summary.troubles if t.check not in _SAID_ELSEWHERE]
    say_all(map(str, troubles[:_KINDS]))
