"""From reference lines to components: positions, widths, counts, ids, links, and what to say."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

from fitting.series import Technique
from reference_lines import Difference, Library, Line
from reference_lines.line import LIBRARY_ORIGIN

SIMILAR_WIDTHS = 0.1
"""Usual widths closer than this share of each other become one."""

LINKED_RANGE_EV = 0.4
"""A distance between lines of two regions is held only if sources agree within this."""

_USUAL_WIDTH = {Technique.XPS: 1.2, Technique.HAXPES: 1.3, Technique.RAMAN: 10.0}
_LEEWAY = (0.6, 1.5)  # other pass energies and resolutions than those of the library's widths
_BAND_EV = 2.0  # from here on the band is wide, not the instrument: no leeway for that
_GAUSSIAN_BROADENED = 0.3
_PHONON = 0.8
_SHORT = {"PS4": "ps4", "free sulfide": "free"}


@dataclass(frozen=True)
class PlannedLine:
    """One recommended line on its way into a plan.

    Parameters
    ----------
    id, line : name in the plan, row of the library
    region, technique : where it was measured
    center, low, high : position of the main line of a doublet, and its search window
    link : what its center follows instead, or empty
    fixed : whether its center is held
    """

    id: str
    line: Line
    region: str
    technique: Technique
    center: float
    low: float
    high: float
    link: str = ""
    fixed: bool = False

    @property
    def usual_width(self) -> float:
        """Middle of the widths in the library, else what the technique usually gives."""
        if self.line.fwhm_low is None or self.line.fwhm_high is None:
            return _USUAL_WIDTH[self.technique]
        return 0.5 * (self.line.fwhm_low + self.line.fwhm_high)

    @property
    def splitting(self) -> float:
        """Distance of the partner; 0 without one."""
        return self.line.splitting or 0.0

    @property
    def own_width(self) -> bool:
        """Whether the width is known of this line, not only of lines of its level."""
        return self.line.fwhm_low is not None and not self.line.fwhm_note

    @property
    def mine(self) -> bool:
        """Whether it comes from a table of the user."""
        return self.line.origin != LIBRARY_ORIGIN


def planned_lines(
    region: str, technique: Technique, lines: Sequence[Line], taken: set[str]
) -> list[PlannedLine]:
    """Name lines and put their positions on the main line of the doublet.

    Parameters
    ----------
    lines : recommended lines of the region, in the order of the plan
    taken : ids in use elsewhere in the plan; those given here are added
    """
    found = []
    for line in lines:
        name = _free_id(line, region, lines, taken)
        taken.add(name)
        drop = centroid_offset(line) if line.position_of == "centroid" else 0.0
        center, low, high = (
            round(value - drop, 4) for value in (line.value, *_search_window(line, technique))
        )
        found.append(PlannedLine(name, line, region, technique, center, low, high))
    return found


def centroid_offset(line: Line) -> float:
    """How far the centroid of a doublet lies above its main line."""
    if line.splitting is None or line.ratio is None:
        return 0.0
    return line.splitting * line.ratio / (1.0 + line.ratio)


def _search_window(line: Line, technique: Technique) -> tuple[float, float]:
    half = 8.0 if technique is Technique.RAMAN else 0.4
    low = line.value - half if line.minimum is None else line.minimum
    high = line.value + half if line.maximum is None else line.maximum
    return low, high


def _free_id(line: Line, region: str, lines: Sequence[Line], taken: set[str]) -> str:
    place = slug(region)
    alone = sum(other.species == line.species for other in lines) == 1
    long = f"{slug(line.species)}_{slug(line.environment)}_{place}"
    wishes = [f"{slug(line.species)}_{place}"] if alone else []
    if line.environment in _SHORT:
        wishes.insert(0, f"{_SHORT[line.environment]}_{place}")
    elif line.environment.startswith("PS4 "):
        wishes.insert(0, f"{slug(line.environment)}_{place}")
    wishes.append(long)
    wishes += [f"{long}_{number}" for number in range(2, len(taken) + 3)]
    return next(wish for wish in wishes if wish not in taken)


def slug(text: str) -> str:
    """Lower-case letters, digits and underscores, fit for an id: "S 2p" -> "s2p"."""
    compact = re.sub(r"(?<=[A-Za-z]) (?=\d)", "", text.strip())
    word = re.sub(r"[^0-9a-z]+", "_", compact.lower()).strip("_")
    return f"x{word}" if not word or word[0].isdigit() else word


def with_links(planned: Sequence[PlannedLine], library: Library) -> list[PlannedLine]:
    """Let lines of one compound follow each other where the library knows their distance."""
    result = list(planned)
    for lower, upper, difference in known_distances(result, library):
        place = result.index(lower)
        same = lower.region == upper.region
        if lower.link or upper.link.startswith(f"{lower.id}."):
            continue
        mine = lower.mine or upper.mine
        if not same and (mine or difference.maximum - difference.minimum > LINKED_RANGE_EV + 1e-9):
            continue
        distance = round(upper.center - lower.center, 4) if mine else difference.value
        result[place] = replace(lower, link=f"{upper.id}.center - {distance:.12g}")
    return result


def known_distances(
    planned: Sequence[PlannedLine], library: Library
) -> list[tuple[PlannedLine, PlannedLine, Difference]]:
    """Pairs (lower, upper) of one compound with a distance that no other source contradicts."""
    pairs = []
    for difference in library.differences:
        if difference.scope != "within compound" or not difference.recommended:
            continue
        same = [d for d in library.differences if _pair(d) == _pair(difference)]
        ends = [_end(planned, side) for side in _pair(difference)]
        if len(same) == 1 and ends[0] is not None and ends[1] is not None:
            pairs.append((ends[1], ends[0], difference))
    return pairs


def _pair(difference: Difference) -> tuple[tuple[str, str, str], tuple[str, str, str]]:
    d = difference
    upper = (d.upper_species, d.upper_environment, d.upper_level)
    return upper, (d.lower_species, d.lower_environment, d.lower_level)


def _end(planned: Sequence[PlannedLine], side: tuple[str, str, str]) -> PlannedLine | None:
    found = [p for p in planned if (p.line.species, p.line.environment, p.line.level) == side]
    return found[0] if len(found) == 1 else None


def components(planned: Sequence[PlannedLine]) -> list[dict[str, Any]]:
    """Component tables of one region as a plan holds them."""
    widths = _widths(planned)
    seen: set[str] = set()
    tables = []
    for item in planned:
        line = item.line
        table: dict[str, Any] = {"id": item.id, "phase": line.species, "count": line.count or 1.0}
        table["shape"] = "pseudo_voigt"
        if line.splitting is not None:
            table["doublet"] = {"splitting": line.splitting, "ratio": line.ratio or 0.5}
        table["center"] = item.link or _center(item)
        table["fwhm"] = widths[item.id]
        table["lorentz_fraction"] = _lorentz_fraction(item)
        if line.species in seen and line.count is None:
            table["area"] = {"min": 0.0}
        seen.add(line.species)
        tables.append(table)
    return tables


def _center(item: PlannedLine) -> float | dict[str, float]:
    if item.fixed:
        return item.center
    return {"value": item.center, "min": item.low, "max": item.high}


def _widths(planned: Sequence[PlannedLine]) -> dict[str, Any]:
    """Raman bands have widths of their own; photoelectron lines follow the first one."""
    first = next((p for p in planned if p.own_width), planned[0])
    widths: dict[str, Any] = {}
    for item in planned:
        if item is first or item.technique is Technique.RAMAN or not _overlap(item, first):
            widths[item.id] = _free_width(item)
            continue
        ratio = item.usual_width / first.usual_width
        known = item.own_width and first.own_width
        factor = f" * {ratio:.3g}" if known and abs(ratio - 1.0) > SIMILAR_WIDTHS else ""
        widths[item.id] = f"{first.id}.fwhm{factor}"
    return widths


def _overlap(one: PlannedLine, other: PlannedLine) -> bool:
    """Whether the usual widths have a value in common; unknown ones agree with all."""
    ends = (one.line.fwhm_low, one.line.fwhm_high, other.line.fwhm_low, other.line.fwhm_high)
    if ends[0] is None or ends[1] is None or ends[2] is None or ends[3] is None:
        return True
    return ends[0] <= ends[3] and ends[2] <= ends[1]


def _free_width(item: PlannedLine) -> dict[str, float]:
    middle = item.usual_width
    low, high = item.line.fwhm_low, item.line.fwhm_high
    if item.technique is not Technique.RAMAN and low is not None and low >= _BAND_EV:
        return {"value": round(middle, 3), "min": low, "max": high or 1.3 * middle}
    wide = 2.0 if item.technique is Technique.RAMAN else 1.0
    low = _LEEWAY[0] / wide * (0.8 * middle if low is None else low)
    high = _LEEWAY[1] * wide * (1.3 * middle if high is None else high)
    return {"value": round(middle, 3), "min": round(low, 2), "max": round(high, 2)}


def _lorentz_fraction(item: PlannedLine) -> float:
    """Share of the lifetime in the width (Ida et al. 2000), not below what fits usually need."""
    if item.technique is Technique.RAMAN:
        return _PHONON
    share = (item.line.lorentz_fwhm or 0.0) / item.usual_width
    mixed = 1.36603 * share - 0.47719 * share**2 + 0.11116 * share**3
    return max(_GAUSSIAN_BROADENED, round(mixed, 1))


def evidence_of(item: PlannedLine) -> str:
    """What stands behind a line: grade, energy zero, source, conflict, owner."""
    line = item.line
    words = [line.evidence]
    if line.reference_scale and line.unit == "eV":
        words.append(f"zero: {line.reference_scale}")
    words.append(line.source)
    if line.fwhm_note:
        words.append(f"width {line.fwhm_note}")
    if line.conflict:
        words.append(f"conflict {line.conflict}, see above")
    if item.mine:
        words.append(f"yours: {owner(line)}")
    return "; ".join(words)


def owner(line: Line) -> str:
    """File (without folders) and row of a user's line."""
    path, comma, row = line.origin.rpartition(", row ")
    return f"{PurePath(path).name}{comma}{row}"


def remarks_of(item: PlannedLine) -> list[str]:
    """What a user should know of a line before trusting its component."""
    line = item.line
    remarks = [f"{line.species}, {line.environment}: {line.note}."] if line.note else []
    offset = centroid_offset(line)
    if line.position_of == "centroid":
        remarks.append(
            f"{item.id}: the source gives the centroid {line.value:g} of the doublet; "
            f"its main line lies {offset:.2f} eV below."
        )
    elif line.position_of == "unknown" and offset:
        remarks.append(
            f"{item.id}: the source does not say whether {line.value:g} is the main line or the "
            "centroid of the doublet; taken as the main line. If the centroid, it is "
            f"{offset:.2f} eV too high."
        )
    return remarks


def by_phase(planned: Iterable[PlannedLine]) -> Mapping[str, list[PlannedLine]]:
    """Lines of each species."""
    found: dict[str, list[PlannedLine]] = {}
    for item in planned:
        found.setdefault(item.line.species, []).append(item)
    return found
