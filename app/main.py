"""The program: which command, where the log goes, and what the exit status says.

Nothing heavy is imported before the command that needs it.
"""

import argparse
import importlib
import logging
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import NoReturn

from app.batch.log import configure_log
from fitting.errors import DeconvolyteError, FitCancelled, OutputError, PlanError

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

WINDOW = "app.gui.command"
"""The command that is run where none is given; importing it imports no Qt."""

VERBOSE = "--verbose"

NOT_ALL = 1
WRONG_COMMAND = 2
NOTHING_READ = 3
INTERRUPTED = 130

log = logging.getLogger("app.main")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status documented in ``--help``."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    configure_log(verbose=VERBOSE in given)
    given = [word for word in given if word != VERBOSE]
    try:
        return _run(given)
    except PlanError as error:
        return _say(error, WRONG_COMMAND)
    except OutputError as error:
        return _say(error, NOT_ALL)
    except DeconvolyteError as error:
        return _say(error, NOTHING_READ)
    except (FitCancelled, KeyboardInterrupt) as stop:
        return _say("; ".join(filter(None, ("interrupted", str(stop)))), INTERRUPTED)
    except BrokenPipeError:
        # whoever read our output has seen enough; nothing may complain at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        log.debug("stopped", exc_info=True)
        place = f"{error.filename}: " if error.filename else ""
        return _say(f"{place}{error.strerror or error}", NOT_ALL)
    except Exception as error:
        log.debug("stopped", exc_info=True)
        return _say(
            f"stopped by an error of its own ({type(error).__name__}: {error}); "
            "please report it with what --verbose says",
            NOT_ALL,
        )


def _run(given: Sequence[str]) -> int:
    parser = _parser()
    known = parser.parse_args(given or ["gui"])
    if "run" not in known:
        parser.print_help()
        return WRONG_COMMAND
    return int(known.run(known))


def _say(problem: object, status: int) -> int:
    text = " ".join(str(problem).split())
    sys.stderr.write(f"deconvolyte: {text}\n")
    return status


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line instead of the whole usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(WRONG_COMMAND, f"{self.prog}: {message}; see {self.prog} --help\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="deconvolyte",
        description="Phase fractions against charge, with errors, from XPS, HAXPES and Raman "
        "series of battery interfaces.",
        epilog="examples:\n  deconvolyte                  opens the window\n"
        "  deconvolyte demo -o demo\n\n"
        "Each command has help of its own: deconvolyte COMMAND --help\n\n"
        "exit status:\n"
        "  0    all fitted\n"
        "  1    some spectra or files failed or did not converge; all others are written\n"
        "  2    wrong command or plan\n"
        "  3    nothing could be read\n"
        "  69   set-up failed, or no window can be shown here\n"
        "  130  interrupted; fit keeps finished chunks, --resume goes on from them",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {version('deconvolyte')}")
    parser.add_argument(
        VERBOSE, action="store_true", help="log what happens to stderr; may stand anywhere"
    )
    commands = parser.add_subparsers(metavar="COMMAND")
    for module in (WINDOW, *(f"app.cli.{name}" for name in COMMANDS)):
        importlib.import_module(module).add_parser(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
