"""What the comments of a plan say about a region."""

from collections.abc import Sequence

from fitting.measured_region import MeasuredRegion
from fitting.overlaps import Group, Pair
from fitting.plan_lines import PlannedLine, known_distances
from fitting.series import Technique
from reference_lines import Library, Line

_HIDDEN_SHOWN = 8


def conflict_texts(own: Sequence[PlannedLine], library: Library) -> list[str]:
    """What sources disagree on, and what the library does."""
    keys = {item.line.conflict for item in own}
    return [
        f"Conflict {c.key}: {c.topic}. The library: {c.handling}."
        for c in library.conflicts
        if c.key in keys
    ]


def pair_texts(pairs: Sequence[Pair], found: Sequence[Group]) -> list[str]:
    """Lines that position cannot tell apart, and what can still be said."""
    texts = [
        f"{pair.one.id} and {pair.other.id} cannot be told apart by position ({pair.why}). "
        f"Only the count that ties them to {' and '.join(pair.tied)} makes them identifiable: "
        "if that ratio is not the one of your sample, the difference goes into the other phase."
        for pair in pairs
        if pair.tied
    ]
    texts += [
        f"{pair.one.id} and {pair.other.id} cannot be told apart by position ({pair.why}); "
        "one of them is not counted, so their sum is no group: keep the one you expect."
        for pair in pairs
        if not pair.tied and not any(pair in group.pairs for group in found)
    ]
    for group in found:
        ids = dict.fromkeys(line.id for p in group.pairs for line in (p.one, p.other))
        texts.append(
            f"{', '.join(ids)} cannot be told apart by position: trust group {group.name}, "
            "their sum, not its members."
        )
    return texts


def shape_text(group: Group) -> str:
    """Broad bands of which the sum is better known."""
    return (
        f"{' and '.join(group.phases)}: broad bands side by side, whose shares depend on the "
        f"widths and shapes assumed: trust group {group.name}, their sum, before its members."
    )


def lithium_text(
    region: MeasuredRegion, own: Sequence[PlannedLine], planned: Sequence[PlannedLine]
) -> list[str]:
    """What Li 1s cannot say, where other regions of the same phases can."""
    salts = {p.line.species for p in own}
    others = [p for p in planned if p.region in ("S 2p", "P 2p") and p.line.species in salts]
    if region.name != "Li 1s" or not others:
        return []
    names = " and ".join(dict.fromkeys(p.region for p in others))
    return [
        "Li 1s alone tells lithium metal from salts and no more: the salts lie within 2 eV. The "
        f"same phases are in {names} of this plan: tie the areas here to those there, as the plan "
        f"of E1 (app/project/plans/E1.toml) does."
    ]


def lithium_notices(planned: Sequence[PlannedLine]) -> list[str]:
    """Say it where only salts are planned, and metal would pass for them with small errors."""
    phases = {p.line.species for p in planned if p.region == "Li 1s"}
    if not phases or "Li0" in phases:
        return []
    return ["Li 1s: Li0 is not in this plan; lithium metal would pass for the salts."]


def group_text(group: Group) -> str:
    """Why a group was made."""
    if not group.pairs:
        return f"Broad bands side by side in {group.region}: the sum is known better."
    return f"Not separable in {group.region} by position; in other regions their plain sum."


def distance_texts(own: Sequence[PlannedLine], library: Library) -> list[str]:
    """Distances that are bound, and those that are not."""
    ids = {item.id for item in own}
    texts = []
    for lower, upper, d in known_distances(own, library):
        if lower.id in ids and lower.link.startswith(f"{upper.id}."):
            texts.append(
                f"{lower.id}.center follows {upper.id}: {d.value:g} eV apart "
                f"({d.minimum:g} to {d.maximum:g}; {d.evidence}; {d.source})."
            )
    species = {item.line.species for item in own}
    for d in library.differences:
        levels = {item.line.level for item in own}
        between = d.scope == "between compounds" and d.recommended
        if between and set(d.species) <= species and set(d.levels) <= levels:
            texts.append(
                f"{d.upper_species} {d.upper_environment} minus {d.lower_species} "
                f"{d.lower_environment}: {d.value:g} {d.unit} ({d.minimum:g} to {d.maximum:g}; "
                f"{d.evidence}); not bound here, it holds on one common potential only."
            )
    return texts


def other_lines(
    region: MeasuredRegion,
    window: Sequence[float],
    own: Sequence[PlannedLine],
    library: Library,
) -> list[str]:
    """Lines of other phases inside the data, so that nobody takes the plan for all there is."""
    if region.technique is Technique.RAMAN:
        lines: Sequence[Line] = library.find(technique="Raman", recommended=True)
    else:
        lines = library.find(region=region.name, recommended=True)
    mine = {item.line.species for item in own}
    hidden = [
        line for line in lines if line.species not in mine and region.low < line.value < region.high
    ]
    if not hidden:
        return []
    hidden.sort(key=lambda line: (window[0] < line.value < window[1], line.value))
    shown = ", ".join(f"{line.species} {line.value:g}" for line in hidden[:_HIDDEN_SHOWN])
    more = f" and {len(hidden) - _HIDDEN_SHOWN} more" if len(hidden) > _HIDDEN_SHOWN else ""
    return [f"Not in this plan, but within the data: {shown}{more} (deconvolyte lines)."]
