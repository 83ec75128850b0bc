"""``deconvolyte import``: vendor files into one archive."""

import argparse
from pathlib import Path

from app.cli.numbers import counted
from app.cli.progress import ConsoleMonitor
from app.cli.reading import add_reading_options, read_series


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the ``import`` command."""
    parser = subparsers.add_parser(
        "import",
        help="put files of spectrometers, and the charge, into one archive",
        description="Reads files of any known kind, puts regions of one sample together, reads "
        "the charge log at the middle of each acquisition, and writes one HDF5 archive.",
        epilog="example:\n  deconvolyte import run1.vms -o run1.h5 --charge-log cell.mpr "
        "--area 0.785 --charge-sign - --timezone Europe/Berlin --clock-offset 12",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="A.h5")
    add_reading_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the archive; 1 if some files could not be read."""
    from app.archive.write import write_archive
    from app.cli.output import refuse_archive_path, writing

    beside = [path for path in (args.steps, args.charge_log) if path is not None]
    refuse_archive_path(args.output, [*args.files, *beside])
    with ConsoleMonitor("reading") as monitor:
        gathered = read_series(args, args.files, monitor)
    with writing(args.output):
        write_archive(args.output, gathered.series)
    for series in gathered.series:
        print(f"{series.sample}/{series.region}: {counted(len(series), 'spectrum', 'spectra')}")
    print(f"written to {args.output}")
    return 1 if gathered.errors else 0
