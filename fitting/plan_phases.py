"""Which phases a new plan holds: those asked for, or those the data look like."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fitting.errors import PlanError
from fitting.measured_region import MeasuredRegion
from fitting.series import Technique
from reference_lines import Library, Line

INTERPHASE = ("Li6PS5Cl", "Li2S", "Li3P", "LixP", "LiCl", "Li0", "Li2O", "Li2CO3")
INTERPHASE_RAMAN = ("Li6PS5Cl", "Li2S", "Li2Sn", "P2Sx")
UNCOUNTED = ("C-C", "C-O", "carbon")
"""Contamination and conductive carbon: fitted, but no part of the interphase."""

REACH_EV = 2.0
"""How far charging may have moved the highest line before the default no longer recognises it."""

_ANCHORS = ("S 2p", "P 2p", "S 1s", "P 1s", "Cl 2p", "Cl 1s")
_NEEDS = {"Li2CO3": "O 1s", "Li2O": "O 1s"}  # hopeless in Li 1s alone
_PS4_CM1 = (415.0, 435.0)


@dataclass(frozen=True)
class Choice:
    """Phases of a plan.

    Parameters
    ----------
    phases : keys of species
    asked : whether the user named them; a default fills only regions that look like it
    """

    phases: tuple[str, ...]
    asked: bool

    def lines(self, region: MeasuredRegion, library: Library) -> list[Line]:
        """Recommended lines to fit in a region, in the order of the phases."""
        found = [
            line
            for phase in self.phases
            for line in lines_of(phase, region, library)
            if region.low < line.value < region.high
        ]
        if self.asked or region.technique is Technique.RAMAN or looks_like(region, found):
            return found
        return []


def lines_of(phase: str, region: MeasuredRegion, library: Library) -> tuple[Line, ...]:
    """Recommended lines of one phase in a region, those of most atoms first."""
    if region.technique is Technique.RAMAN:
        return library.find(species=phase, technique="Raman", recommended=True)
    found = library.find(species=phase, region=region.name, recommended=True)
    return tuple(sorted(found, key=lambda line: -(line.count or 0.0)))


def looks_like(region: MeasuredRegion, lines: Sequence[Line]) -> bool:
    """Whether the highest point of the data lies where these lines can be."""
    if not lines:
        return False
    low = min(line.value if line.minimum is None else line.minimum for line in lines)
    high = max(line.value if line.maximum is None else line.maximum for line in lines)
    return low - REACH_EV <= region.top <= high + REACH_EV


def choose_phases(
    regions: Sequence[MeasuredRegion], library: Library, wanted: Sequence[str] | None
) -> Choice:
    """The phases asked for, or an interphase set where an argyrodite is seen.

    Parameters
    ----------
    wanted : names or aliases; None where nothing was asked for

    Raises
    ------
    PlanError
        A name that the library does not know, or knows several of; names near matches.
    """
    if wanted is not None:
        return Choice(_keys(wanted, library), asked=True)
    chosen: list[str] = []
    if not _foreign(regions) and any(_is_argyrodite(region, library) for region in regions):
        chosen += INTERPHASE
    if any(r.technique is Technique.RAMAN and r.has_band(*_PS4_CM1) for r in regions):
        chosen += INTERPHASE_RAMAN
    names = {region.name for region in regions}
    present = [p for p in dict.fromkeys(chosen) if _NEEDS.get(p, "") in ("", *names)]
    return Choice(
        tuple(p for p in present if any(lines_of(p, region, library) for region in regions)),
        asked=False,
    )


def _foreign(regions: Sequence[MeasuredRegion]) -> bool:
    """Whether core levels were measured, but besides S, C and O none of Li, P or Cl."""
    elements = {r.name.split()[0] for r in regions if r.technique is not Technique.RAMAN}
    return bool(elements - {"S", "C", "O"}) and not elements & {"Li", "P", "Cl"}


def _is_argyrodite(region: MeasuredRegion, library: Library) -> bool:
    if region.name not in _ANCHORS or region.technique is Technique.RAMAN:
        return False
    lines = [line for phase in INTERPHASE for line in lines_of(phase, region, library)]
    return looks_like(region, lines)


def _keys(words: Sequence[str], library: Library) -> tuple[str, ...]:
    keys, problems = [], []
    for word in (word.strip() for word in words):
        found = [item.key for item in library.named(word)]
        if len(found) == 1:
            keys += found
        elif found:
            problems.append(f"{word!r} may be {', '.join(found)}; name one of them")
        else:
            problems.append(f"no phase {word!r} in the library; {_near(word, library)}")
    if problems:
        raise PlanError("--phases", "; ".join(problems))
    return tuple(dict.fromkeys(keys))


def _near(word: str, library: Library) -> str:
    owners = {
        name.lower(): item.key for item in library.species for name in (item.key, *item.aliases)
    }
    near = difflib.get_close_matches(word.lower(), owners, n=5, cutoff=0.5)
    keys = list(dict.fromkeys(owners[name] for name in near))
    if keys:
        return f"did you mean {', '.join(keys)}?"
    return "`deconvolyte lines` lists what there is, and lines.toml beside the plan adds your own"


def absence(phase: str, regions: Iterable[MeasuredRegion], library: Library) -> str:
    """Why a phase got no line: one sentence from the library."""
    measured = list(regions)
    beyond = [
        f"its {r.name} line at {line.value:g} {line.unit} lies outside the data "
        f"({r.low:g} .. {r.high:g})"
        for r in measured
        for line in lines_of(phase, r, library)
    ]
    reasons = [
        item.reason
        for r in measured
        for item in library.absent(phase, str(r.technique))
        if item.region in ("", r.name) and not (r.technique is Technique.HAXPES and not item.region)
    ]
    if beyond or reasons:
        return f"{phase}: no component; {'; '.join(dict.fromkeys(beyond + reasons))}."
    known = dict.fromkeys(line.region for line in library.find(species=phase, recommended=True))
    where = f"its lines are in {', '.join(known)}" if known else "the library has no line of it"
    names = ", ".join(r.name for r in measured)
    return f"{phase}: no component; no line in {names}, {where}."
