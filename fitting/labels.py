"""Two lines of one kind whose windows overlap: which of them is which.

The curve stays the same when they change places, so the fit cannot tell; without a rule a phase
would take the line of another from one step to the next. The lower line belongs to the component
whose window lies lower. Where one of them is hardly there, the other is the one it is closer to.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np

from fitting.arrays import FloatArray, IntArray
from fitting.model import ComponentModel, ModelTable, RegionModel

HARDLY = 0.1
"""Share of the area of the stronger line below which the weaker has no say."""


@dataclass(frozen=True, eq=False)
class Pair:
    """Two components that can change places; the first belongs lower.

    Parameters
    ----------
    lower, upper : positions of their own free parameters, one for one; area and center come first
    gain : what the areas of both are multiples of: their free parameters, in that order
    """

    lower: IntArray
    upper: IntArray
    gain: tuple[float, float] = (1.0, 1.0)


@lru_cache(maxsize=16)
def exchangeable(table: ModelTable) -> tuple[Pair, ...]:
    """Pairs of one region that differ in nothing but the values of their own free parameters."""
    found = []
    for region in table.regions:
        for one, other in combinations(region.components, 2):
            pair = _pair(table, region, one, other)
            if pair is not None:
                found.append(pair)
    return tuple(found)


def _pair(
    table: ModelTable, region: RegionModel, one: ComponentModel, other: ComponentModel
) -> Pair | None:
    if one.shape is not other.shape or (one.splitting < 0) != (other.splitting < 0):
        return None
    mine: list[int] = []
    others: list[int] = []
    numbers: list[int] = []
    gains: list[tuple[float, float]] = []
    for p, q in zip(_numbers(one), _numbers(other), strict=True):
        if _same(table, p, q):
            continue
        f, g = _own(table, p), _own(table, q)
        if f is None or g is None:
            return None
        if p != one.area and (f[1], g[1]) != (1.0, 1.0):
            return None
        numbers.append(p)
        mine.append(f[0])
        others.append(g[0])
        gains.append((f[1], g[1]))
    if numbers[:2] != [one.area, one.center]:
        return None
    low, high = table.lower[[mine[1], others[1]]], table.upper[[mine[1], others[1]]]
    if not low.max() < high.min():
        return None
    middle = np.where(
        np.isfinite(low + high), 0.5 * (low + high), table.start[[mine[1], others[1]]]
    )
    pair = np.array(mine), np.array(others)
    if middle[0] <= middle[1]:
        return Pair(*pair, gains[0])
    return Pair(*pair[::-1], gains[0][::-1])


def _numbers(c: ComponentModel) -> list[int]:
    partner = [c.splitting, c.ratio] if c.splitting >= 0 else []
    return [c.area, c.center, *c.shape_parameters, *partner]


def _same(table: ModelTable, p: int, q: int) -> bool:
    """Whether two numbers are always equal."""
    linked = {i for i, _ in table.links}
    rows_agree = bool((table.matrix[p] == table.matrix[q]).all())
    return not {p, q} & linked and rows_agree and bool(table.offset[p] == table.offset[q])


def _own(table: ModelTable, p: int) -> tuple[int, float] | None:
    """The free parameter that this number is a multiple of, if it enters no other; how often."""
    place = np.flatnonzero(table.depends[p] & ~table.factors)
    if len(place) != 1 or table.offset[p] or table.depends[table.drawn, place[0]].sum() != 1:
        return None
    factor = float(table.matrix[p, place[0]])
    return (int(place[0]), factor) if factor > 0.0 else None


def in_order(table: ModelTable, free: FloatArray) -> FloatArray:
    """Free parameters with every line where it belongs; nan stays.

    Parameters
    ----------
    free : (F,)
    """
    free = free.copy()
    pairs = exchangeable(table)
    for _ in pairs:
        swapped = [pair for pair in pairs if _swap(table, free, pair)]
        if not swapped:
            break
    return free


def _swap(table: ModelTable, free: FloatArray, pair: Pair) -> bool:
    lower, upper = free[pair.lower], free[pair.upper]
    lower[0], upper[0] = lower[0] * pair.gain[0], upper[0] * pair.gain[1]
    if not np.isfinite([*lower, *upper]).all() or not _misplaced(table, pair, lower, upper):
        return False
    lower[0], upper[0] = lower[0] / pair.gain[1], upper[0] / pair.gain[0]
    for place, values in ((pair.lower, upper), (pair.upper, lower)):
        if np.any(values < table.lower[place]) or np.any(values > table.upper[place]):
            return False
    free[pair.lower], free[pair.upper] = upper, lower
    return True


def _misplaced(table: ModelTable, pair: Pair, lower: FloatArray, upper: FloatArray) -> bool:
    if min(lower[0], upper[0]) >= HARDLY * max(lower[0], upper[0]):
        return bool(lower[1] > upper[1])
    starts = table.start[[pair.lower[1], pair.upper[1]]]
    strong_is_lower = lower[0] > upper[0]
    center = lower[1] if strong_is_lower else upper[1]
    closer = abs(center - starts[0]) < abs(center - starts[1])
    return bool(closer != strong_is_lower and starts[0] != starts[1])
