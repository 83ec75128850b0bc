"""``deconvolyte lines``: the reference library, with sources."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.lines_query import Query, UnknownWordError, parse_words
from app.project.user_lines import load_library
from reference_lines import Absence, Conflict, Difference, Library, Line
from reference_lines.line import LIBRARY_ORIGIN, TECHNIQUES

if TYPE_CHECKING:
    from rich.console import Console

_DESCRIPTION = """\
Published line positions of the interphase of sulfide electrolytes, each with its source
and how well it is known. Words filter by species, region, level and technique; a range
a..b filters by position. Without a word: an overview of the species."""
_EXAMPLES = """\
examples:
  deconvolyte lines "S 2p" 160..164     what lies there in S 2p
  deconvolyte lines Li2S                all lines of one species
  deconvolyte lines Raman 360..390      Raman modes between 360 and 390 cm-1
  deconvolyte lines sulfate "O 1s"      by name

evidence: primary (a paper or its abstract), compilation, digest (third-party notes on a
paper), derived (computed from other rows), unverified (general knowledge, no source read)."""
_COLUMNS = (
    "",
    "species",
    "environment",
    "level",
    "value",
    "range",
    "splitting",
    "evidence",
    "reference scale",
    "source",
)
_NARROW = 130  # characters; below it the columns of a line are stacked in three
_STACKED = ("line", "position", "evidence, scale, source")
_LEGEND = (
    "* what a new plan starts from; its range is the search window, "
    "the other ranges are what the source prints. ! sources disagree, see the conflicts."
)


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the ``lines`` command."""
    parser = subparsers.add_parser(
        "lines",
        help="show the reference library, with sources",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "words",
        nargs="*",
        metavar="WORD",
        help='species, region, level or technique, or a range: Li2S, "S 2p", Raman, 160..164',
    )
    parser.add_argument(
        "--plan",
        type=Path,
        metavar="FILE",
        help="also read lines.toml and lines.csv beside this plan",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the lines asked for.

    Returns
    -------
    int
        0, or 2 after a word that nothing in the library is called by.

    Raises
    ------
    ReadError
        A user's own table is bad.
    """
    library = load_library(args.plan)
    try:
        query = parse_words(args.words, library)
    except UnknownWordError as error:
        print(f"deconvolyte lines: {error}", file=sys.stderr)
        return 2
    console = _console()
    if not args.words:
        _show_overview(library, console)
    else:
        _show_answer(query, library, console)
    return 0


def _console() -> "Console | None":
    """A rich console on a terminal, None in a pipe."""
    if not sys.stdout.isatty():
        return None
    from rich.console import Console

    return Console(markup=False, highlight=False)


def _show_overview(library: Library, console: "Console | None") -> None:
    title = f"Reference library {library.version}: {len(library.lines)} lines"
    if library.user_lines:
        tables = {line.origin.rpartition(", row ")[0] for line in library.user_lines}
        title += f", {len(library.user_lines)} of them yours ({', '.join(sorted(tables))})"
    print(title + ".")
    rows = [
        (item.key, item.name, *(_overview_cell(library, item.key, name) for name in TECHNIQUES))
        for item in library.species
    ]
    _table(("species", "name", *TECHNIQUES), rows, console)
    print("Name a species to see its lines and why it has none: deconvolyte lines LiCl")


def _overview_cell(library: Library, species: str, technique: str) -> str:
    found = library.find(species=species, technique=technique, recommended=True)
    if technique == "Raman" and found:
        return ", ".join(f"{line.value:g}" for line in found)
    if found:
        return ", ".join(dict.fromkeys(line.region for line in found))
    reasons = {"forbidden": "none in first order", "elsewhere": "listed elsewhere"}
    absent = [item for item in library.absent(species, technique) if not item.region]
    return reasons.get(absent[0].kind, "no value known") if absent else ""


def _show_answer(query: Query, library: Library, console: "Console | None") -> None:
    lines = _sorted(query.lines(library), library)
    absences = query.absences(library)
    if lines:
        _line_table([_cells(line) for line in lines], console)
        print(_LEGEND)
    elif not absences:
        print(f"The library has no line for {query.words}.")
    _section("No line:", [_absence_text(item) for item in absences])
    _section("Conflicts:", [_conflict_text(c) for c in query.conflicts(lines, library)])
    _section("Differences:", [_difference_text(d) for d in query.differences(lines, library)])


def _sorted(lines: Sequence[Line], library: Library) -> list[Line]:
    """By technique and region, each environment at its recommended value, evidence below it."""
    home = {line.key: line.value for line in library.lines if line.recommended}

    def order(line: Line) -> tuple[int, str, float, str, str, bool, float]:
        return (
            TECHNIQUES.index(line.technique),
            line.region,
            home.get(line.key, line.value),
            line.species,
            line.environment,
            not line.recommended,
            line.value,
        )

    return sorted(lines, key=order)


def _cells(line: Line) -> tuple[str, ...]:
    source = line.source
    if line.origin != LIBRARY_ORIGIN:
        source += f" [yours: {line.origin}]"
    if line.note:
        source += f" ({line.note})"
    return (
        ("*" if line.recommended else " ") + ("!" if line.conflict else ""),
        line.species,
        line.environment,
        line.level,
        f"{line.value:g} {line.unit}",
        _range(line.minimum, line.maximum),
        "" if line.splitting is None else f"{line.splitting:g}",
        line.evidence,
        line.reference_scale,
        source,
    )


def _range(minimum: float | None, maximum: float | None) -> str:
    if minimum is None and maximum is None:
        return ""
    ends = ("" if end is None else f"{end:g}" for end in (minimum, maximum))
    return "..".join(ends)


def _absence_text(item: Absence) -> str:
    return f"{item.species}, {item.region or item.technique}: {item.reason}."


def _conflict_text(conflict: Conflict) -> str:
    return f"{conflict.topic}. The library: {conflict.handling}."


def _difference_text(difference: Difference) -> str:
    upper = f"{difference.upper_species} {difference.upper_environment} {difference.upper_level}"
    lower = f"{difference.lower_species} {difference.lower_environment} {difference.lower_level}"
    text = (
        f"{upper} minus {lower}: {difference.value:g} {difference.unit} "
        f"({_range(difference.minimum, difference.maximum)}; {difference.scope}; "
        f"{difference.evidence}). {difference.source}"
    )
    return f"{text} ({difference.note})." if difference.note else f"{text}."


def _section(title: str, texts: Sequence[str]) -> None:
    if texts:
        print(f"\n{title}")
        for text in texts:
            print(f"- {text}")


def _line_table(rows: Sequence[Sequence[str]], console: "Console | None") -> None:
    if console is not None and console.width < _NARROW:
        _table(_STACKED, [_stacked(row) for row in rows], console)
    else:
        _table(_COLUMNS, rows, console)


def _stacked(row: Sequence[str]) -> tuple[str, ...]:
    mark, species, environment, level, value, window, splitting, evidence, scale, source = row
    distance = f"splitting {splitting}" if splitting else ""
    position = [text for text in (value, window, distance) if text]
    return (
        f"{mark:2} {species}\n   {environment}\n   {level}",
        "\n".join(position),
        f"{evidence}\nscale: {scale}\n{source}",
    )


def _table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], console: "Console | None"
) -> None:
    """Folded cells on a terminal; in a pipe one line for each row, nothing cut."""
    if console is None:
        for line in _aligned([columns, *rows]):
            print(line)
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
