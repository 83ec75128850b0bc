"""What the words of ``deconvolyte lines`` ask for."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from fitting.errors import DeconvolyteError
from reference_lines import Absence, Conflict, Difference, Library, Line
from reference_lines.line import TECHNIQUES

_RANGE = re.compile(r"(\d+(?:\.\d+)?)\.\.(\d+(?:\.\d+)?)")
_LIKE_A_RANGE = re.compile(r"(\d+(?:\.\d+)?)(?:[-–:,](\d+(?:\.\d+)?))?")
_AROUND = 2.0
_LONGEST_NAME = 3


class UnknownWordError(DeconvolyteError):
    """A word that names nothing in the library."""


@dataclass(frozen=True)
class Query:
    """Filters: any of one kind, all of different kinds; an empty kind does not filter."""

    words: str
    techniques: frozenset[str]
    regions: frozenset[str]
    levels: frozenset[str]
    species: frozenset[str]
    ranges: tuple[tuple[float, float], ...]

    def lines(self, library: Library) -> list[Line]:
        """Lines that pass."""
        return [line for line in library.lines if self._passes(line)]

    def _passes(self, line: Line) -> bool:
        return (
            (not self.techniques or line.technique in self.techniques)
            and (not self.species or line.species in self.species)
            and (not self._places or line.region in self.regions or line.level in self.levels)
            and (not self.ranges or any(low <= line.value <= high for low, high in self.ranges))
        )

    @property
    def _places(self) -> frozenset[str]:
        return self.regions | self.levels

    def absences(self, library: Library) -> list[Absence]:
        """Reasons for what was asked for by name and is not there.

        Without a species, a whole technique or region lists them; a range does not.
        """
        if not self.species and (self.ranges or not (self.techniques or self.regions)):
            return []
        return [item for item in library.absences if self._asks_for(item, library)]

    def _asks_for(self, item: Absence, library: Library) -> bool:
        if self.species and item.species not in self.species:
            return False
        if self.techniques and item.technique not in self.techniques:
            return False
        if not self._places:
            return True
        if item.region:
            return item.region in self.regions
        places = [level for level in library.levels if {level.region, level.level} & self._places]
        return bool(self.species) and item.technique in {level.technique for level in places}

    def conflicts(self, lines: Iterable[Line], library: Library) -> list[Conflict]:
        """Conflicts the lines take part in, and those about a named species as a whole."""
        flags = {line.conflict for line in lines}
        return [
            item
            for item in library.conflicts
            if item.key in flags or (not item.technique and self.species & frozenset(item.species))
        ]

    def differences(self, lines: Iterable[Line], library: Library) -> list[Difference]:
        """Differences that one of the lines is an end of."""
        shown = {(line.species, line.environment, line.level) for line in lines}
        return [
            item
            for item in library.differences
            if (item.upper_species, item.upper_environment, item.upper_level) in shown
            or (item.lower_species, item.lower_environment, item.lower_level) in shown
        ]


def parse_words(words: Sequence[str], library: Library) -> Query:
    """Sort words into filters. Names of several words may come unquoted.

    Raises
    ------
    UnknownWordError
        With the nearest names.
    """
    found: dict[str, set[str]] = {"technique": set(), "region": set(), "level": set()}
    species: set[str] = set()
    ranges: list[tuple[float, float]] = []
    names = _names(library)
    rest = list(words)
    while rest:
        taken = _longest_known(rest, names, library)
        name = " ".join(rest[:taken]) if taken else rest[0]
        rest = rest[max(taken, 1) :]
        if not taken:
            ranges.append(_range(name, names, library))
        elif _squeezed(name) in names:
            kind, value = names[_squeezed(name)]
            found[kind].add(value)
        else:
            species.update(item.key for item in library.named(name))
    return Query(
        words=" ".join(words),
        techniques=frozenset(found["technique"]),
        regions=frozenset(found["region"]),
        levels=frozenset(found["level"]),
        species=frozenset(species),
        ranges=tuple(ranges),
    )


def _names(library: Library) -> dict[str, tuple[str, str]]:
    """Kind and name by the name without blanks, in lower case; a region goes before a level."""
    names = {_squeezed(line.level): ("level", line.level) for line in library.lines}
    names |= {_squeezed(line.region): ("region", line.region) for line in library.lines}
    names |= {_squeezed(name): ("technique", name) for name in TECHNIQUES}
    return names


def _squeezed(name: str) -> str:
    return name.replace(" ", "").lower()


def _longest_known(rest: Sequence[str], names: dict[str, tuple[str, str]], library: Library) -> int:
    """How many words from the front make a name; 0 if not even the first does."""
    for count in range(min(_LONGEST_NAME, len(rest)), 0, -1):
        name = " ".join(rest[:count])
        if library.named(name) or _squeezed(name) in names:
            return count
    return 0


def _range(word: str, names: dict[str, tuple[str, str]], library: Library) -> tuple[float, float]:
    match = _RANGE.fullmatch(word)
    if match is not None:
        low, high = sorted((float(match[1]), float(match[2])))
        return low, high
    like = _LIKE_A_RANGE.fullmatch(word)
    if like is not None:
        raise UnknownWordError(f"{word!r}: a range of positions is written {_as_range(like)}")
    if ".." in word:
        raise UnknownWordError(f"range {word!r} is not of the form 160..164")
    raise UnknownWordError(
        f"nothing in the library is called {word!r}; {_near(word, names, library)}"
    )


def _as_range(like: re.Match[str]) -> str:
    """A range that may have been meant by ``160-164``, or one around a single position."""
    if like[2] is not None:
        return f"{like[1]}..{like[2]}"
    value = float(like[1])
    return f"{max(value - _AROUND, 0.0):g}..{value + _AROUND:g}"


def _near(word: str, names: dict[str, tuple[str, str]], library: Library) -> str:
    known = {name.lower(): name for _, name in names.values()}
    for item in library.species:
        known |= {name.lower(): name for name in (*item.aliases, item.key)}
    near = get_close_matches(word.lower(), known, n=4, cutoff=0.5)
    if not near:
        return "'deconvolyte lines' alone lists the species"
    return f"near it: {', '.join(known[name] for name in near)}"
