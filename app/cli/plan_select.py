"""``deconvolyte plan select``: the phases that a series needs, out of those that a plan offers."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.plan_output import add_plan_output, refuse_overwriting, write_plan
from app.cli.progress import ConsoleMonitor
from app.cli.reading import add_reading_options, read_series

if TYPE_CHECKING:
    from fitting.plan import Plan


def add_select(words: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``select`` to the ``plan`` command."""
    parser = words.add_parser(
        "select",
        help="leave out the phases of a plan that the data do not need",
        description="Compares sets of phases along each whole series by BIC, beginning with all "
        "of\nthe plan. Writes a plan with those that are needed in any sample, and what was\n"
        "compared into its comments. Give it every phase you can think of, not fewer.",
        epilog="example:\n  deconvolyte plan select everything.toml cellA.h5 -o sei.toml",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("plan", type=Path, metavar="P.toml")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    add_plan_output(parser, "P2.toml", required=True)
    add_reading_options(parser)
    parser.set_defaults(run=run_select)


def run_select(args: argparse.Namespace) -> int:
    """Select and write the plan.

    Raises
    ------
    PlanError
        The plan cannot be fitted, or a file would be overwritten.
    ReadError, DataError
        Nothing could be read; nothing can be left out.
    OutputError
        The plan cannot be written.
    FitCancelled
    """
    from app.batch.plan_file import load_plan
    from app.batch.select import plan_of, select_phases, told
    from fitting.plan_text import PlanComments, plan_text

    refuse_overwriting(args.output, [args.plan, *args.files], args.force)
    plan = load_plan(args.plan)
    with ConsoleMonitor("reading") as monitor:
        gathered = read_series(args, args.files, monitor)
        monitor.stage("fitting")
        found = select_phases(plan, gathered.series, monitor)
    head = [
        f"Phases selected out of those of {args.plan.name} by BIC along each series "
        "(deconvolyte plan select):"
    ]
    for one in found:
        first, *others = told(plan, one)
        print("\n  ".join([first, *others]))
        head += [first, *others]
    written = plan_of(_as_written(plan, args.plan, args.output), found)
    write_plan(args.output, plan_text(written, PlanComments({"head": tuple(head)})), args.force)
    print(f"written to {args.output}")
    return 0


def _as_written(plan: "Plan", path: Path, output: Path) -> "Plan":
    """Templates stay names of files where these lie beside the new plan, too."""
    if output.resolve().parent != path.resolve().parent:
        return plan
    from fitting.plan import Plan

    return Plan.from_toml(path.read_text("utf-8"))
