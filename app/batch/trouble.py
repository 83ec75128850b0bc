"""What stands against the fits in checks.csv, counted by kind, and what bounds were met."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fitting.checks import OVERALL, Check
from fitting.model import ModelTable
from fitting.result import FitStatus, SeriesResult


@dataclass(frozen=True)
class Trouble:
    """One kind of check with the verdict warn or fail.

    Parameters
    ----------
    check : its name in checks.csv
    count : rows of checks.csv
    first : sample, step if it is about one, region and detail of the first of them
    """

    check: str
    count: int
    first: str

    def __str__(self) -> str:
        return f"checks.csv, {self.check}: {self.count} (first: {self.first})"

    def to_json(self) -> Mapping[str, object]:
        """What run.json holds."""
        return {"check": self.check, "count": self.count, "first": self.first}


class TroubleCount:
    """Counts rows of checks.csv while they are written."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._first: dict[str, str] = {}

    def note(self, sample: str, check: Check) -> None:
        """Count one row; those that say ok do not count, nor those that sum up others."""
        if check.verdict == "ok" or check.check == OVERALL:
            return
        self._counts[check.check] += 1
        step = "" if check.step is None else f"step {check.step}, "
        where = f"{sample}, {step}{check.region}: {check.detail}"
        self._first.setdefault(check.check, where)

    @property
    def found(self) -> tuple[Trouble, ...]:
        """The most frequent first."""
        return tuple(
            Trouble(name, count, self._first[name]) for name, count in self._counts.most_common()
        )


def only_absent_lines(result: SeriesResult, k: int, r: int, table: ModelTable) -> bool:
    """Whether a fit that ended at bounds has only areas of zero there: lines that are absent."""
    if result.status[k, r] != FitStatus.AT_BOUND:
        return False
    place = [model.name for model in table.regions].index(result.regions[r].name)
    met = table.free[table.influence[place] & result.at_bound[k]]
    areas = all(table.parameters[p].may_be_absent for p in met)
    return areas and bool(np.all(result.values[k, met] == 0.0))
