"""What fixes the energy scale in a new plan: one line, several lines together, or nothing."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from fitting.plan_lines import PlannedLine
from fitting.series import Technique


def anchor_of(planned: Sequence[PlannedLine]) -> PlannedLine | None:
    """The line that sets the energy scale of a step."""
    return next((p for p in planned if p.region == "S 2p" and p.line.environment == "PS4"), None)


def with_scale(planned: Sequence[PlannedLine]) -> list[PlannedLine]:
    """Without such a line: hold the first that a line of another region follows."""
    head = None if anchor_of(planned) is not None else _head(planned)
    return [replace(p, fixed=True) if head is not None and p.id == head.id else p for p in planned]


def _head(planned: Sequence[PlannedLine]) -> PlannedLine | None:
    for head in planned:
        others = (p for p in planned if p.region != head.region)
        if not head.link and any(p.link.startswith(f"{head.id}.center") for p in others):
            return head
    return None


def energy_table(
    planned: Sequence[PlannedLine], photon: float | None, techniques: Sequence[Technique]
) -> tuple[dict[str, Any], str, str]:
    """The table ``[energy]`` of a new plan, what stands above it and beside ``reference``."""
    table: dict[str, Any] = {} if photon is None else {"photon_energy_eV": photon}
    anchor, head = anchor_of(planned), _head(planned)
    if anchor is not None:
        above = (
            f"Every step is shifted as a whole so that {anchor.id} stands at "
            f"{anchor.line.value:g} eV; all windows and bounds are on that scale. A positive shift "
            "means: measured higher. C 1s on a floating layer need not share the electrolyte's "
            'potential. Where this line fades (under plated lithium), take reference = "fitted": '
            "the shift then comes from all lines together; give centers you trust as numbers."
        )
        line = {"component": anchor.id, "position_eV": anchor.center}
        return {**table, "reference": "component", **line}, above, ""
    if head is not None:
        above = (
            f"Every step is shifted as a whole, found from all lines together: {head.id} is held "
            "at the position of the library, and lines of other regions at their distance to it. "
            "A positive shift means: measured higher."
        )
        return {**table, "reference": "fitted"}, above, ""
    raman = all(technique is Technique.RAMAN for technique in techniques)
    beside = (
        "Raman shifts are taken as measured"
        if raman
        else 'as measured: no PS4 line in S 2p to refer to; or reference = "value" and shift_eV'
    )
    return {**table, "reference": "none"}, "", beside
