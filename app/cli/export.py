"""``deconvolyte export``: tables and figures again from a result."""

import argparse
from pathlib import Path

from app.cli.progress import ConsoleMonitor
from fitting.errors import PlanError


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the ``export`` command."""
    parser = subparsers.add_parser(
        "export",
        help="write tables and figures from a result",
        description="Tables are the same, byte for byte, as those that fit wrote.",
        epilog="example:\n  deconvolyte export fitted/result.h5 --csv --figures -o paper",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("result", type=Path, metavar="DIR/result.h5")
    parser.add_argument("--csv", action="store_true", help="all tables")
    parser.add_argument(
        "--figures", action="store_true", help="fractions with error bands, every fit"
    )
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR2")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write what was asked for."""
    from app.archive.results import read_results
    from app.batch.export import export_tables, refuse_other_results
    from app.batch.figures import write_figures
    from app.batch.titration import is_titration_result

    if not (args.csv or args.figures):
        raise PlanError("export", "says nothing to write; add --csv, --figures or both")
    if is_titration_result(args.result):
        return _export_titration(args)
    read_results(args.result)
    refuse_other_results(args.result, args.output)
    if args.csv:
        with ConsoleMonitor("tables") as monitor:
            names = export_tables(args.result, args.output, monitor)
        print(f"{', '.join(names)} in {args.output}")
    if args.figures:
        with ConsoleMonitor("drawing") as monitor:
            figures = write_figures(args.result, args.output, monitor)
        print(f"{len(figures)} figure files in {args.output}")
    return 0


def _export_titration(args: argparse.Namespace) -> int:
    """Tables and figure of a result of logs alone."""
    from app.batch.export import refuse_other_results
    from app.batch.figures.side_charge import write_side_charge
    from app.batch.titration import export_titration, side_charges

    refuse_other_results(args.result, args.output)
    if args.csv:
        print(f"{', '.join(export_titration(args.result, args.output))} in {args.output}")
    if args.figures:
        sides, plan = side_charges(args.result)
        figures = write_side_charge(sides, plan.titration.thickness_nm_per_uAh_cm2, args.output)
        print(f"{len(figures)} figure files in {args.output}")
    return 0
