"""Tables of lines, the library's own and a user's: rows in, Lines out."""

from collections.abc import Iterable, Mapping, Sequence

from reference_lines.cells import Row
from reference_lines.line import (
    EVIDENCE,
    LIBRARY_ORIGIN,
    POSITIONS,
    TECHNIQUES,
    UNITS,
    WIDTH_OF_LEVEL,
    Level,
    Line,
)

STANDS_APART_EV = 2.0
"""From this splitting on nobody takes the middle of a doublet for its position."""

COLUMNS = (
    "technique",
    "region",
    "level",
    "species",
    "environment",
    "value",
    "minimum",
    "maximum",
    "unit",
    "splitting",
    "ratio",
    "fwhm_low",
    "fwhm_high",
    "lorentz_fwhm",
    "count",
    "position_of",
    "reference_scale",
    "source",
    "evidence",
    "recommended",
    "conflict",
    "note",
)


def parse_lines(
    rows: Iterable[Mapping[str, object]],
    name: str,
    levels: Sequence[Level],
    origin: str = "",
    first_row: int = 1,
) -> list[Line]:
    """Turn rows into lines; empty rows are passed over but counted.

    Parameters
    ----------
    rows : cells by column, as text (CSV) or typed (TOML). Needed: species, environment, region,
        value, and for a recommended row (the default) minimum and maximum
    name : the table, for errors
    levels : where splitting, ratio and lifetime width come from when left empty; position_of too,
        but not for a doublet so narrow that a source may mean its middle; the usual width for
        recommended rows, with ``Line.fwhm_note``
    origin : kept in every line; empty means the table and row
    first_row : number of the first row, as the table's owner sees it

    Raises
    ------
    LineTableError
    """
    lines: list[Line] = []
    seen: dict[tuple[str, str, str], int] = {}
    for number, cells in enumerate(rows, start=first_row):
        if not any(cell not in ("", None) for cell in cells.values()):
            continue
        row = Row(cells, name, number)
        line = _line(row, levels, origin or f"{name}, row {number}")
        if line.recommended and line.key in seen:
            raise row.error(
                "recommended",
                f"row {seen[line.key]} already is the recommended line of {line.species} "
                f"{line.environment!r} in {line.region}; set recommended to false in one of them",
            )
        if line.recommended:
            seen[line.key] = number
        lines.append(line)
    return lines


def _line(row: Row, levels: Sequence[Level], origin: str) -> Line:
    row.check_columns(COLUMNS)
    region = row.region("region")
    shared = next((level for level in levels if level.region == region), None)
    technique = _technique(row, region, shared)
    recommended = row.flag("recommended", True)
    value = row.number_of("value")
    minimum, maximum = _window(row, value, recommended)
    positive, fwhm_note = _numbers(row, recommended, shared)
    return Line(
        technique=technique,
        region=region,
        level=row.text("level", shared.level if shared else region),
        species=row.required("species", "give the phase, e.g. Li2S"),
        environment=row.required("environment", "give the atom or mode, e.g. sulfide"),
        value=value,
        minimum=minimum,
        maximum=maximum,
        unit=_unit(row, technique),
        position_of=_position_of(row, region, shared),
        reference_scale=row.text("reference_scale", "not stated"),
        source=row.text("source", "user's own" if origin != LIBRARY_ORIGIN else ""),
        evidence=row.choice("evidence", EVIDENCE, "unverified"),
        recommended=recommended,
        conflict=row.text("conflict"),
        note=row.text("note"),
        origin=origin,
        fwhm_note=fwhm_note,
        **positive,
    )


def _numbers(
    row: Row, recommended: bool, shared: Level | None
) -> tuple[dict[str, float | None], str]:
    """Positive numbers of a row, those of its level where it has none, and a note on the width."""
    numbers = {
        column: row.number_or_none(column, positive=True)
        for column in ("splitting", "ratio", "fwhm_low", "fwhm_high", "lorentz_fwhm", "count")
    }
    if shared is None:
        return numbers, ""
    for column in ("splitting", "ratio", "lorentz_fwhm"):
        if numbers[column] is None:
            numbers[column] = getattr(shared, column)
    own = numbers["fwhm_low"] is not None or numbers["fwhm_high"] is not None
    if own or not recommended or shared.fwhm_low is None:
        return numbers, ""
    numbers |= {"fwhm_low": shared.fwhm_low, "fwhm_high": shared.fwhm_high}
    return numbers, WIDTH_OF_LEVEL


def _technique(row: Row, region: str, shared: Level | None) -> str:
    expected = "Raman" if region == "Raman" else (shared.technique if shared else "XPS")
    technique = row.choice("technique", TECHNIQUES, expected)
    if (technique == "Raman") != (region == "Raman"):
        raise row.error("technique", f"does not go with region {region!r}; use {expected}")
    return technique


def _unit(row: Row, technique: str) -> str:
    unit = UNITS[technique]
    if row.text("unit", unit) != unit:
        raise row.error("unit", f"{technique} positions are in {unit}")
    return unit


def _position_of(row: Row, region: str, shared: Level | None) -> str:
    if shared is None:
        default = "single" if region.endswith("s") or region == "Raman" else "unknown"
    else:
        narrow = shared.splitting is not None and shared.splitting < STANDS_APART_EV
        default = "unknown" if narrow else shared.position_of
    return row.choice("position_of", POSITIONS, default)


def _window(row: Row, value: float, recommended: bool) -> tuple[float | None, float | None]:
    """Range of a row; a recommended one needs a real window around its value."""
    minimum = row.number_or_none("minimum")
    maximum = row.number_or_none("maximum")
    if recommended and (minimum is None or minimum >= value):
        raise row.error("minimum", f"a recommended line needs a number below its value {value:g}")
    if recommended and (maximum is None or maximum <= value):
        raise row.error("maximum", f"a recommended line needs a number above its value {value:g}")
    if minimum is not None and minimum > value:
        raise row.error("minimum", f"must not be above the value {value:g}")
    if maximum is not None and maximum < value:
        raise row.error("maximum", f"must not be below the value {value:g}")
    return minimum, maximum
