"""``deconvolyte simulate``: an experiment with its truth inside."""

import argparse
from pathlib import Path

from app.cli.numbers import above_zero, at_least_one, whole


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the ``simulate`` command."""
    parser = subparsers.add_parser(
        "simulate",
        help="make an experiment with known truth",
        description="Writes simulated spectra, and what is true of them, into an archive.",
        epilog="example:\n  deconvolyte simulate E1 -o e1.h5 --counts 10000 --seed 3",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("experiment", help="key of the experiment, such as E1")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="A.h5")
    parser.add_argument("--steps", type=at_least_one, help="steps of each sample")
    parser.add_argument("--counts", type=above_zero, default=10_000.0, help="at the strongest line")
    parser.add_argument("--seed", type=whole, default=0, help="of the noise")
    parser.add_argument(
        "--mismatch",
        metavar="TWIN",
        help="layered, sensitivities or shape: break what the ready plan takes for granted",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the archive."""
    from app.archive.charge_record import write_records
    from app.archive.write import write_archive
    from app.cli.output import refuse_archive_path, writing
    from fitting.simulate import simulate

    refuse_archive_path(args.output)
    made = simulate(
        args.experiment,
        steps=args.steps,
        counts=args.counts,
        seed=args.seed,
        mismatch=args.mismatch,
    )
    with writing(args.output):
        if made.records:
            write_records(args.output, made.records, made.truth)
        else:
            write_archive(args.output, made.series, made.truth)
    for record in made.records:
        print(f"{record.sample}: charge log of {len(record.time_s)} records")
    for series in made.series:
        print(f"{series.sample}/{series.region}: {len(series)} spectra")
    print(f"written to {args.output}, with the truth inside")
    return 0
