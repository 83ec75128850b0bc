"""The library: published lines with sources, loaded from the tables of this package."""

import csv
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from importlib.resources import files

from reference_lines.cells import Row
from reference_lines.line import (
    EVIDENCE,
    LIBRARY_ORIGIN,
    POSITIONS,
    TECHNIQUES,
    Absence,
    Conflict,
    Constant,
    Difference,
    Level,
    Line,
    Species,
)
from reference_lines.table import parse_lines

VERSION = "1.0.0"
_FORMULA = re.compile(r"([A-Z][a-z]?(\d+(\.\d+)?)?)+")


@dataclass(frozen=True)
class Library:
    """All lines, and what is known about them. Immutable; a user's lines make a new one."""

    lines: tuple[Line, ...]
    differences: tuple[Difference, ...]
    conflicts: tuple[Conflict, ...]
    species: tuple[Species, ...]
    absences: tuple[Absence, ...]
    levels: tuple[Level, ...]
    constants: tuple[Constant, ...]
    version: str

    def find(
        self,
        species: str | None = None,
        region: str | None = None,
        technique: str | None = None,
        near: tuple[float, float] | None = None,
        recommended: bool | None = None,
    ) -> tuple[Line, ...]:
        """Lines that meet every condition given, in table order.

        Parameters
        ----------
        species : key, exactly as in a plan
        region : e.g. "S 2p" or "Raman"; alone it crosses techniques (a 1s line of Li is listed
            under XPS and serves HAXPES)
        near : lowest and highest value, both included
        recommended : True for the rows a plan starts from, False for the evidence
        """
        low, high = near if near is not None else (float("-inf"), float("inf"))
        return tuple(
            line
            for line in self.lines
            if species in (None, line.species)
            and region in (None, line.region)
            and technique in (None, line.technique)
            and recommended in (None, line.recommended)
            and low <= line.value <= high
        )

    def named(self, word: str) -> tuple[Species, ...]:
        """Species whose key is the word, else those with it as key or alias in any case."""
        exact = tuple(item for item in self.species if item.key == word)
        lower = word.lower()
        return exact or tuple(
            item
            for item in self.species
            if lower in (item.key.lower(), *(alias.lower() for alias in item.aliases))
        )

    def absent(self, species: str, technique: str) -> tuple[Absence, ...]:
        """Why a species has no line with a technique, or none in some region of it."""
        return tuple(
            item
            for item in self.absences
            if item.species == species and item.technique == technique
        )

    def constant(self, name: str, species: str) -> Constant:
        """One constant by name ("density", "molar mass") and species.

        Raises
        ------
        KeyError
        """
        for item in self.constants:
            if item.name == name and item.species == species:
                return item
        raise KeyError(f"no constant {name!r} of {species!r} in the library")

    @property
    def user_lines(self) -> tuple[Line, ...]:
        """The lines that came from a user's table."""
        return tuple(line for line in self.lines if line.origin != LIBRARY_ORIGIN)

    def with_lines(self, extra_lines: Iterable[Line]) -> "Library":
        """A library with a user's lines added.

        A recommended line takes the place of the recommended line of the same species,
        environment and region; the old one stays as evidence. New species are added.
        """
        lines = list(self.lines)
        for extra in extra_lines:
            if extra.recommended:
                lines = [
                    replace(line, recommended=False) if line.key == extra.key else line
                    for line in lines
                ]
            lines.append(extra)
        return replace(self, lines=tuple(lines), species=_with_new_species(self.species, lines))


def _with_new_species(known: tuple[Species, ...], lines: Iterable[Line]) -> tuple[Species, ...]:
    by_key = {item.key: item for item in known}
    for line in lines:
        if line.species not in by_key:
            formula = line.species if _FORMULA.fullmatch(line.species) else ""
            by_key[line.species] = Species(line.species, formula, line.species)
    return tuple(by_key.values())


def library() -> Library:
    """The library as shipped, read afresh from its tables."""
    levels = tuple(_level(row) for row in _rows("levels.csv"))
    return Library(
        lines=tuple(parse_lines(_csv("lines.csv"), "lines.csv", levels, LIBRARY_ORIGIN, 2)),
        differences=tuple(_difference(row) for row in _rows("differences.csv")),
        conflicts=tuple(_conflict(row) for row in _toml("conflicts.toml", "conflicts")),
        species=tuple(_species(row) for row in _toml("species.toml", "species")),
        absences=tuple(_absence(row) for row in _rows("absences.csv")),
        levels=levels,
        constants=tuple(_constant(row) for row in _rows("constants.csv")),
        version=VERSION,
    )


def parse_rows(rows: Iterable[Mapping[str, object]], name: str, first_row: int = 1) -> list[Line]:
    """Turn a user's rows into lines.

    Parameters
    ----------
    rows : cells by column; columns and defaults as in docs/reference_lines.md
    name : the file, for errors and for ``Line.origin``
    first_row : number of the first row, as the file's owner sees it

    Raises
    ------
    LineTableError
        With file, row, column, value, and what would be right.
    """
    levels = tuple(_level(row) for row in _rows("levels.csv"))
    return parse_lines(rows, name, levels, first_row=first_row)


def _text(name: str) -> str:
    return files("reference_lines").joinpath("data", name).read_text(encoding="utf-8")


def _csv(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(_text(name).splitlines(), strict=True))


def _rows(name: str) -> list[Row]:
    return [Row(cells, name, number) for number, cells in enumerate(_csv(name), start=2)]


def _toml(name: str, table: str) -> list[Row]:
    entries = tomllib.loads(_text(name))[table]
    return [Row(cells, name, number) for number, cells in enumerate(entries, start=1)]


def _level(row: Row) -> Level:
    return Level(
        technique=row.choice("technique", TECHNIQUES, ""),
        region=row.region("region"),
        level=row.required("level", "e.g. S 2p3/2"),
        position_of=row.choice("position_of", POSITIONS, ""),
        splitting=row.number_or_none("splitting", positive=True),
        splitting_minimum=row.number_or_none("splitting_minimum", positive=True),
        splitting_maximum=row.number_or_none("splitting_maximum", positive=True),
        ratio=row.number_or_none("ratio", positive=True),
        lorentz_fwhm=row.number_or_none("lorentz_fwhm", positive=True),
        fwhm_low=row.number_or_none("fwhm_low", positive=True),
        fwhm_high=row.number_or_none("fwhm_high", positive=True),
        source=row.text("source"),
    )


def _difference(row: Row) -> Difference:
    words = {
        f"{side}_{what}": row.required(f"{side}_{what}", "both lines must be named")
        for side in ("upper", "lower")
        for what in ("species", "environment", "level")
    }
    return Difference(
        **words,
        value=row.number_of("value"),
        minimum=row.number_of("minimum"),
        maximum=row.number_of("maximum"),
        unit=row.choice("unit", ("eV", "cm-1"), ""),
        scope=row.choice("scope", ("within compound", "between compounds"), ""),
        source=row.required("source", "where the number was read"),
        evidence=row.choice("evidence", EVIDENCE, ""),
        recommended=row.flag("recommended", False),
        note=row.text("note"),
    )


def _conflict(row: Row) -> Conflict:
    return Conflict(
        key=row.required("key", "a short name"),
        topic=row.required("topic", "one line for people"),
        technique=row.choice("technique", ("", *TECHNIQUES), ""),
        region=row.text("region"),
        species=_words(row, "species"),
        values=_numbers(row, "values"),
        unit=row.choice("unit", ("eV", "cm-1", "g/cm3"), ""),
        handling=row.required("handling", "what the library does"),
    )


def _species(row: Row) -> Species:
    return Species(
        key=row.required("key", "name of the phase"),
        formula=row.required("formula", "the formula unit"),
        name=row.required("name", "for people"),
        aliases=_words(row, "aliases"),
        note=row.text("note"),
    )


def _absence(row: Row) -> Absence:
    return Absence(
        species=row.required("species", "key of a species"),
        technique=row.choice("technique", TECHNIQUES, ""),
        region=row.text("region"),
        kind=row.choice("kind", ("forbidden", "unknown", "elsewhere"), ""),
        reason=row.required("reason", "one sentence"),
    )


def _constant(row: Row) -> Constant:
    return Constant(
        name=row.required("name", "e.g. density"),
        species=row.required("species", "key of a species"),
        value=row.number_of("value"),
        minimum=row.number_or_none("minimum"),
        maximum=row.number_or_none("maximum"),
        unit=row.text("unit"),
        evidence=row.choice("evidence", EVIDENCE, ""),
        source=row.required("source", "where the number was read"),
        note=row.text("note"),
    )


def _words(row: Row, column: str) -> tuple[str, ...]:
    cell = row.cells.get(column, [])
    if not isinstance(cell, list) or not all(isinstance(word, str) for word in cell):
        raise row.error(column, "must be a list of texts")
    return tuple(cell)


def _numbers(row: Row, column: str) -> tuple[float, ...]:
    cell = row.cells.get(column, [])
    if not isinstance(cell, list) or not all(isinstance(item, int | float) for item in cell):
        raise row.error(column, "must be a list of numbers")
    return tuple(float(item) for item in cell)
