"""Which lines of a plan position cannot separate, and what can still be said of their phases."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from fitting.plan_centers import as_one
from fitting.plan_lines import PlannedLine, by_phase, slug
from fitting.series import Technique

_GROUP_OF_CONFLICT = {
    "licl_lattice_cl": "chloride",
    "bridging_sulfur": "bridging_sulfur",
    "phosphate_p2p": "phosphate",
    "raman_475": "sulfur_chains",
    "sulfate": "sulfate",
}
"""Conflicts of the library that say: one band, several phases; and what to call their sum."""

_GROUP_OF_SHAPES = {("P 2p", "reduced_phosphorus"): ("LixP", "Li3P", "P0")}
"""Broad bands side by side: how they share an area depends on the shapes that were assumed."""


@dataclass(frozen=True)
class Pair:
    """Two lines of two phases in one region that position cannot separate.

    Parameters
    ----------
    why : in words
    tied : ids of lines that still tell the phases apart, being bound to one of the two by count
    """

    one: PlannedLine
    other: PlannedLine
    why: str
    tied: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """Phases of which only the sum is known in one region; no pairs where shapes are the cause."""

    name: str
    phases: tuple[str, ...]
    region: str
    pairs: tuple[Pair, ...]


def inseparable(planned: Sequence[PlannedLine]) -> list[Pair]:
    """Pairs within one region, in the order of the plan."""
    pairs = []
    for one, other in combinations(planned, 2):
        if one.line.species == other.line.species:
            continue
        why = _why(one, other)
        if why:
            tied = tuple(p.id for p in (_tie(one, planned), _tie(other, planned)) if p is not None)
            pairs.append(Pair(one, other, why, tied))
    return pairs


def _why(one: PlannedLine, other: PlannedLine) -> str:
    apart = abs(one.center - other.center)
    if as_one(one, other):
        return (
            f"{apart:.2g} {one.line.unit} apart, less than a third of their width"
            if apart
            else "the same position"
        )
    if one.line.conflict and one.line.conflict == other.line.conflict in _GROUP_OF_CONFLICT:
        return "sources give both names to one band"
    return ""


def _tie(item: PlannedLine, planned: Sequence[PlannedLine]) -> PlannedLine | None:
    """A line of the same phase, bound by count, that no line of another phase hides."""
    if item.technique is Technique.RAMAN:
        return None
    for own in by_phase(planned)[item.line.species]:
        others = [p for p in planned if p.line.species != item.line.species]
        if own is not item and own.line.count and not any(_why(own, p) for p in others):
            return own
    return None


def groups(
    pairs: Sequence[Pair], taken: Mapping[str, object], uncounted: Collection[str] = ()
) -> list[Group]:
    """Phases that hang together by pairs without a tie, with a name that is free.

    Parameters
    ----------
    pairs : of one region
    taken : names of groups in use
    uncounted : phases that have no fraction to add
    """
    open_pairs = [
        pair
        for pair in pairs
        if not pair.tied and not {pair.one.line.species, pair.other.line.species} & {*uncounted}
    ]
    clusters: list[set[str]] = []
    for pair in open_pairs:
        phases = {pair.one.line.species, pair.other.line.species}
        touching = [c for c in clusters if c & phases]
        clusters = [c for c in clusters if not c & phases] + [phases.union(*touching)]
    found: list[Group] = []
    for cluster in clusters:
        own = tuple(p for p in open_pairs if p.one.line.species in cluster)
        lines = [line for pair in own for line in (pair.one, pair.other)]
        members = tuple(dict.fromkeys(line.line.species for line in lines))
        name = _group_name(own, {*taken, *(g.name for g in found)})
        found.append(Group(name, members, own[0].one.region, own))
    return found


def shape_group(
    region: str, planned: Sequence[PlannedLine], taken: Collection[str]
) -> Group | None:
    """Phases of a region with broad bands side by side, if two of them are planned."""
    for (place, name), phases in _GROUP_OF_SHAPES.items():
        members = tuple(dict.fromkeys(p.line.species for p in planned if p.line.species in phases))
        if place == region and len(members) > 1 and name not in taken:
            return Group(name, members, region, ())
    return None


def _group_name(pairs: Sequence[Pair], taken: set[str]) -> str:
    conflicts = {line.line.conflict for pair in pairs for line in (pair.one, pair.other)}
    named = [_GROUP_OF_CONFLICT[c] for c in sorted(conflicts) if c in _GROUP_OF_CONFLICT]
    place = slug(pairs[0].one.region)
    wish = named[0] if len(named) == 1 and len(conflicts) == 1 else f"{place}_overlap"
    wishes = [wish, f"{wish}_{place}", *(f"{wish}_{n}" for n in range(2, len(taken) + 3))]
    return next(name for name in wishes if name not in taken)
