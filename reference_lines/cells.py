"""One row of a table: cells to numbers and words, or an error that names the cell."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

_YES = ("true", "yes", "1")
_NO = ("false", "no", "0")
_CORE_LEVEL = re.compile(r"([A-Z][a-z]?)\s*([1-7][spdf])")


class LineTableError(ValueError):
    """A cell of a line table that cannot be used.

    Parameters
    ----------
    name : the table, usually a file name
    row : its row, counted as the table's owner sees it
    column : the column
    value : what stands there
    remedy : what is wrong and what would be right
    """

    def __init__(self, name: str, row: int, column: str, value: object, remedy: str) -> None:
        super().__init__(f"{name}, row {row}, column {column}: {value!r}: {remedy}")
        self.name = name
        self.row = row
        self.column = column
        self.value = value
        self.remedy = remedy

    def __reduce__(self) -> tuple[type, tuple[str, int, str, object, str]]:
        return type(self), (self.name, self.row, self.column, self.value, self.remedy)


@dataclass(frozen=True)
class Row:
    """Named cells with the place they came from."""

    cells: Mapping[str, object]
    name: str
    number: int

    def error(self, column: str, remedy: str) -> LineTableError:
        """Make the error for one cell of this row."""
        return LineTableError(self.name, self.number, column, self.cells.get(column, ""), remedy)

    def check_columns(self, known: Sequence[str]) -> None:
        """Refuse a column nobody reads.

        Raises
        ------
        LineTableError
        """
        for column in self.cells:
            if column not in known:
                near = get_close_matches(column, known, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"columns are {', '.join(known)}"
                raise self.error(column, f"unknown column; {hint}")

    def text(self, column: str, default: str = "") -> str:
        """Words of a cell, or the default where it is empty.

        Raises
        ------
        LineTableError
        """
        cell = self.cells.get(column, "")
        if not isinstance(cell, str):
            raise self.error(column, "a text is needed, in quotes")
        return cell.strip() or default

    def required(self, column: str, remedy: str) -> str:
        """Words of a cell that must not be empty.

        Raises
        ------
        LineTableError
        """
        text = self.text(column)
        if not text:
            raise self.error(column, f"must not be empty; {remedy}")
        return text

    def choice(self, column: str, choices: Sequence[str], default: str) -> str:
        """One of a few words.

        Raises
        ------
        LineTableError
        """
        text = self.text(column, default)
        if text not in choices:
            raise self.error(column, f"must be one of {', '.join(choices)}")
        return text

    def number_or_none(self, column: str, positive: bool = False) -> float | None:
        """Finite number of a cell, or None where it is empty.

        Raises
        ------
        LineTableError
        """
        cell = self.cells.get(column, "")
        if isinstance(cell, str) and not cell.strip():
            return None
        number = _number(cell)
        if number is None:
            raise self.error(column, "a number with a decimal point is needed, e.g. 160.2")
        if positive and number <= 0:
            raise self.error(column, "must be greater than 0")
        return number

    def number_of(self, column: str) -> float:
        """Finite number of a cell that must not be empty.

        Raises
        ------
        LineTableError
        """
        number = self.number_or_none(column)
        if number is None:
            raise self.error(column, "must not be empty; a number is needed, e.g. 160.2")
        return number

    def flag(self, column: str, default: bool) -> bool:
        """Yes or no.

        Raises
        ------
        LineTableError
        """
        cell = self.cells.get(column, "")
        if isinstance(cell, bool):
            return cell
        word = cell.strip().lower() if isinstance(cell, str) else str(cell)
        if not word:
            return default
        if word not in _YES + _NO:
            raise self.error(column, "must be true or false")
        return word in _YES

    def region(self, column: str) -> str:
        """Core level in the library's spelling, or "Raman".

        Raises
        ------
        LineTableError
        """
        text = self.required(column, "give a core level such as 'S 2p', or 'Raman'")
        if text.lower() == "raman":
            return "Raman"
        match = _CORE_LEVEL.fullmatch(text)
        if match is None:
            raise self.error(column, "must be a core level such as 'S 2p', or 'Raman'")
        return f"{match[1]} {match[2]}"


def _number(cell: object) -> float | None:
    if isinstance(cell, bool) or not isinstance(cell, str | int | float):
        return None
    try:
        number = float(cell)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
