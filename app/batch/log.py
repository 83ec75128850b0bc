"""What a process of ours says on stderr besides its results: our warnings, or everything."""

import logging
import sys

OURS = ("app", "fitting", "reference_lines")


class _Brief(logging.Formatter):
    """One line, like every other sentence for the user; tracebacks are for ``--verbose``."""

    def format(self, record: logging.LogRecord) -> str:
        return f"deconvolyte: {record.getMessage()}"


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] in OURS


def configure_log(*, verbose: bool) -> None:
    """Send the log to stderr; called once by each process, the main one and every worker.

    Parameters
    ----------
    verbose : everything, libraries, their warnings and tracebacks included; else only our own
        warnings, a line each
    """
    logging.captureWarnings(True)
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
