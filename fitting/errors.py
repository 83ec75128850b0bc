"""Everything that can go wrong and be the user's to mend.

Each error reads as one sentence: the thing, its value, and what would be right.
"""

from pathlib import Path


class DeconvolyteError(Exception):
    """Root of all errors that end in one sentence for the user."""


class PlanError(DeconvolyteError):
    """A plan that cannot be fitted.

    Parameters
    ----------
    key : dotted place in the plan, e.g. ``regions["S 2p"].components["li2s"].center``
    problem : what is wrong, with the value, and what would be right
    """

    def __init__(self, key: str, problem: str) -> None:
        super().__init__(f"{key}: {problem}" if key else problem)
        self.key = key
        self.problem = problem

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return type(self), (self.key, self.problem)


class DataError(DeconvolyteError):
    """Measured data that cannot be used: negative counts, no points in a window."""


class ReadError(DeconvolyteError):
    """A file that could not be read.

    Parameters
    ----------
    path : the file
    place : line, byte, block or dataset inside it; empty if the whole file
    problem : what was found there and what would be right
    """

    def __init__(self, path: Path | str, place: str, problem: str) -> None:
        where = f"{path}, {place}" if place else f"{path}"
        super().__init__(f"{where}: {problem}")
        self.path = Path(path)
        self.place = place
        self.problem = problem

    def __reduce__(self) -> tuple[type, tuple[Path, str, str]]:
        return type(self), (self.path, self.place, self.problem)


class ArchiveError(ReadError):
    """An archive or result file that is damaged, foreign, or of another job."""


class OutputError(DeconvolyteError):
    """Results that could not be written, or a run that had to stop; what is finished stays."""


class FitCancelled(Exception):
    """Raised at a checkpoint after the user asked to stop. Finished work is kept."""
