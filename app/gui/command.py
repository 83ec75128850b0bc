"""``deconvolyte gui``: opens the window. Qt is imported when it runs, not before."""

import argparse
import sys
from pathlib import Path

NO_WINDOW = 69
"""Exit status where this machine cannot show one."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the ``gui`` command."""
    parser = subparsers.add_parser(
        "gui",
        help="open the window, with files if some are given (the same as no command)",
        description="Opens the window. Files may be archives, files of spectrometers, folders, "
        "or a project.",
        epilog="example:\n  deconvolyte gui cell.deconvolyte",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Open the window; the exit status is that of Qt, or 69 where there can be none."""
    from app.gui.system import why_no_window

    problem = why_no_window()
    if not problem:
        try:
            from app.gui.start import run_window
        except ImportError as error:
            problem = f"the window cannot be opened: {error}"
        else:
            return run_window([path.absolute() for path in args.files])
    sys.stderr.write(f"deconvolyte: {problem}\n")
    return NO_WINDOW
