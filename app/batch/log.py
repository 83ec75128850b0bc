"""What a process of ours says on stderr besides its results: our warnings, or everything."""

import logging
import sys
import threading
from types import TracebackType

log = logging.getLogger(__name__)

OURS = ("app", "fitting", "reference_lines")


class _Brief(logging.Formatter):
    """One line, like every other sentence for the user; tracebacks are for ``--verbose``."""

    def format(self, record: logging.LogRecord) -> str:
        return f"deconvolyte: {record.getMessage()}"


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] in OURS


def _unraisable(args: "sys.UnraisableHookArgs") -> None:
    log.debug("ignored in %r", args.object, exc_info=args.exc_value)


def _unhandled(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    log.debug("not handled", exc_info=(kind, error, trace))


def _in_thread(args: "threading.ExceptHookArgs") -> None:
    log.debug("stopped a thread", exc_info=args.exc_value)


def configure_log(*, verbose: bool) -> None:
    """Send the log to stderr; called once by each process, the main one and every worker.

    Parameters
    ----------
    verbose : everything, libraries, their warnings and tracebacks included; else only our own
        warnings, a line each
    """
    logging.captureWarnings(True)
    # what goes wrong while something is thrown away is no news; h5py shows it through both
    if sys.unraisablehook is sys.__unraisablehook__:
        sys.unraisablehook = _unraisable
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = _unhandled
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = _in_thread
    handler = logging.StreamHandler(sys.stderr)
    if verbose:
        handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    else:
        handler.setFormatter(_Brief())
        handler.setLevel(logging.WARNING)
        handler.addFilter(_is_ours)
    # does nothing where a program that embeds us has a log of its own
    logging.basicConfig(level=logging.DEBUG if verbose else logging.WARNING, handlers=[handler])


def is_verbose() -> bool:
    """Whether this process logs everything; workers follow it."""
    return logging.getLogger().isEnabledFor(logging.DEBUG)
