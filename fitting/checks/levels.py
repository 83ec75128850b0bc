"""What is known of the core level of a region: its spin-orbit ratio and splitting."""

import re
from dataclasses import dataclass
from functools import lru_cache

from fitting.model import ModelTable
from fitting.series import Technique
from reference_lines import library

_DOUBLET = re.compile(r"[A-Z][a-z]? [2-6]([pdf])")

_STATISTICAL = {"p": 1.0 / 2.0, "d": 2.0 / 3.0, "f": 3.0 / 4.0}
"""Area of j - 1/2 over that of j + 1/2: 2j + 1 states each."""


@dataclass(frozen=True)
class Partner:
    """The spin-orbit partner of a level: ratio of areas, and the range of its splitting in eV.

    The splitting is nan where the library has none.
    """

    ratio: float
    lowest: float
    highest: float


def partner(table: ModelTable, region: str, technique: Technique) -> Partner | None:
    """Partner of the core level of a region; None for s levels, Raman and unknown names."""
    planned = table.plan.region(region)
    name = region if planned is None or _DOUBLET.fullmatch(region) else planned.measured
    level = _DOUBLET.fullmatch(name)
    if level is None or technique is Technique.RAMAN:
        return None
    return _partner(name, _STATISTICAL[level[1]])


@lru_cache(maxsize=64)
def _partner(level: str, ratio: float) -> Partner:
    for row in library().levels:
        if row.region == level and row.splitting is not None:
            low = row.splitting if row.splitting_minimum is None else row.splitting_minimum
            high = row.splitting if row.splitting_maximum is None else row.splitting_maximum
            return Partner(row.ratio or ratio, low, high)
    return Partner(ratio, float("nan"), float("nan"))
