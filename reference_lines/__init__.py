"""Published line positions with their sources. Imports nothing of ours."""

from reference_lines.catalogue import Library, library, parse_rows
from reference_lines.cells import LineTableError
from reference_lines.line import Absence, Conflict, Constant, Difference, Level, Line, Species
from reference_lines.table import COLUMNS

__all__ = [
    "COLUMNS",
    "Absence",
    "Conflict",
    "Constant",
    "Difference",
    "Level",
    "Library",
    "Line",
    "LineTableError",
    "Species",
    "library",
    "parse_rows",
]
