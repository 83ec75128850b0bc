"""Lines of a model whose distance inside one compound the reference lines know."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

import reference_lines
from fitting.model import ComponentModel, ModelTable, RegionModel
from reference_lines import Library

_NEAR_EV = 1.0
"""A component of the phase that starts this close to a published line is that line."""

End = tuple[RegionModel, ComponentModel]
_Side = tuple[str, str, str]


@dataclass(frozen=True, eq=False)
class KnownDistance:
    """Two lines of one compound in two regions; the first lies ``value`` eV higher."""

    upper: End
    lower: End
    value: float


@lru_cache(maxsize=16)
def known_distances_of(table: ModelTable) -> tuple[KnownDistance, ...]:
    """Known distances between regions of a model; none that sources disagree on."""
    library = reference_lines.library()
    known: dict[tuple[_Side, _Side], list[float]] = {}
    for d in library.differences:
        if d.scope == "within compound":
            upper = (d.upper_species, d.upper_environment, d.upper_level)
            lower = (d.lower_species, d.lower_environment, d.lower_level)
            known.setdefault((upper, lower), []).append(d.value)
    return tuple(_found(table, library, known))


def _found(
    table: ModelTable, library: Library, known: dict[tuple[_Side, _Side], list[float]]
) -> Iterator[KnownDistance]:
    start = table.values(np.where(np.isnan(table.start), 1.0, table.start))
    centers = {c.id: float(start[c.center]) for r in table.regions for c in r.components}
    for (upper, lower), values in known.items():
        ends = [_line(table, library, side, centers) for side in (upper, lower)]
        if len(values) == 1 and ends[0] and ends[1] and ends[0][0] is not ends[1][0]:
            yield KnownDistance(ends[0], ends[1], values[0])


def _line(
    table: ModelTable, library: Library, side: _Side, centers: dict[str, float]
) -> End | None:
    """The component that is a published line: the nearest of its phase in its region."""
    species, environment, level = side
    lines = library.find(species=species, recommended=True)
    at = [x.value for x in lines if (x.environment, x.level) == (environment, level)]
    own = [
        (abs(centers[c.id] - at[0]), region, c)
        for region in table.regions
        for c in region.components
        if at and c.phase == species and level.startswith(region.name)
    ]
    far, region, component = min(own, key=lambda one: one[0], default=(np.inf, None, None))
    return (region, component) if region and component and far <= _NEAR_EV else None
