"""The program: which command, where the log goes, and what the exit status says.

Nothing heavy is imported before the command that needs it.
"""

import argparse
import importlib
import logging
import signal
import sys
from collections.abc import Sequence
from importlib.metadata import version

from fitting.errors import DeconvolyteError, FitCancelled, PlanError

COMMANDS = (
    "demo",
    "info",
    "import_files",
    "plan",
    "fit",
    "export",
    "lines",
    "simulate",
)
"""Modules of ``app.cli``, in the order in which help shows them."""

WRONG_COMMAND = 2
NOTHING_READ = 3
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status documented in ``--help``."""
    parser = _parser()
    known = parser.parse_args(arguments)
    logging.basicConfig(
        level=logging.DEBUG if known.verbose else logging.WARNING,
        format="%(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    if "run" not in known:
        parser.print_help()
        return WRONG_COMMAND if arguments or len(sys.argv) > 1 else 0
    try:
        return int(known.run(known))
    except PlanError as error:
        return _say(error, WRONG_COMMAND)
    except DeconvolyteError as error:
        return _say(error, NOTHING_READ)
    except (FitCancelled, KeyboardInterrupt):
        sys.stderr.write("deconvolyte: interrupted; what was done is kept\n")
        return INTERRUPTED
    except BrokenPipeError:
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        return 0


def _say(error: DeconvolyteError, status: int) -> int:
    sys.stderr.write(f"deconvolyte: {error}\n")
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="deconvolyte",
        description="Phase fractions against charge, with errors, from XPS, HAXPES and Raman "
        "series of battery interfaces.",
        epilog="Exit status: 0 all fitted; 1 some spectra or files failed, all others are "
        "written; 2 wrong command or plan; 3 nothing could be read; 69 set-up failed; "
        "130 interrupted, what was done is kept.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {version('deconvolyte')}")
    parser.add_argument("--verbose", action="store_true", help="log what happens to stderr")
    commands = parser.add_subparsers(metavar="COMMAND")
    for name in COMMANDS:
        importlib.import_module(f"app.cli.{name}").add_parser(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
