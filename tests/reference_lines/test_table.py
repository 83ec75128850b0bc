import math
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reference_lines import COLUMNS, Line, LineTableError, library, parse_rows
from reference_lines.line import WIDTH_OF_LEVEL

GOOD = {
    "species": "Li2S",
    "environment": "sulfide",
    "region": "S 2p",
    "value": "160.6",
    "minimum": "160.4",
    "maximum": "160.8",
}


def test_empty_cells_take_what_the_level_knows() -> None:
    (line,) = parse_rows([GOOD], "lines.csv")
    assert (line.technique, line.level, line.unit) == ("XPS", "S 2p3/2", "eV")
    assert (line.splitting, line.ratio, line.lorentz_fwhm) == (1.18, 0.5, 0.09)
    assert line.position_of == "unknown"  # an S 2p table may mean the middle of the doublet
    assert (line.fwhm_low, line.fwhm_high, line.fwhm_note) == (1.0, 1.4, WIDTH_OF_LEVEL)
    assert (line.evidence, line.recommended) == ("unverified", True)
    assert line.source == "user's own"


def test_own_cells_win_over_the_level() -> None:
    (line,) = parse_rows([GOOD | {"splitting": "1.2", "ratio": 0.51}], "lines.csv")
    assert (line.splitting, line.ratio) == (1.2, 0.51)


def test_a_width_of_its_own_is_not_that_of_the_level() -> None:
    (line,) = parse_rows([GOOD | {"fwhm_low": 2.0, "fwhm_high": 3.0}], "lines.csv")
    assert (line.fwhm_low, line.fwhm_high, line.fwhm_note) == (2.0, 3.0, "")


def test_evidence_takes_no_width_of_the_level() -> None:
    (line,) = parse_rows([GOOD | {"recommended": False}], "lines.csv")
    assert (line.fwhm_low, line.fwhm_high, line.fwhm_note) == (None, None, "")


@pytest.mark.parametrize(
    ("region", "marks"),
    [
        ("P 2p", "unknown"),
        ("Cl 2p", "unknown"),
        ("In 3d", "5/2"),
        ("Ni 2p", "3/2"),
        ("O 1s", "single"),
        ("Raman", "single"),
        ("Sn 3d", "unknown"),
    ],
)
def test_only_doublets_that_stand_apart_mark_their_main_line(region: str, marks: str) -> None:
    (line,) = parse_rows([GOOD | {"region": region}], "lines.csv")
    assert line.position_of == marks


def test_typed_and_text_cells_mean_the_same() -> None:
    typed = GOOD | {"value": 160.6, "minimum": 160.4, "maximum": 160.8, "recommended": True}
    text = GOOD | {"recommended": "true"}
    assert parse_rows([typed], "lines.csv") == parse_rows([text], "lines.csv")


@pytest.mark.parametrize(
    ("region", "technique", "unit", "level"),
    [
        ("Raman", "Raman", "cm-1", "Raman"),
        ("S 1s", "HAXPES", "eV", "S 1s"),
        ("S2p", "XPS", "eV", "S 2p3/2"),
        ("Sn 3d", "XPS", "eV", "Sn 3d"),
    ],
)
def test_region_settles_technique_unit_and_level(
    region: str, technique: str, unit: str, level: str
) -> None:
    (line,) = parse_rows([GOOD | {"region": region}], "lines.csv")
    assert (line.technique, line.unit, line.level) == (technique, unit, level)


def test_a_1s_level_of_the_shallow_kind_may_be_haxpes() -> None:
    (line,) = parse_rows([GOOD | {"region": "O 1s", "technique": "HAXPES"}], "lines.csv")
    assert line.technique == "HAXPES"


@pytest.mark.parametrize(
    ("column", "cell", "remedy"),
    [
        ("value", "16O.2", "decimal point"),
        ("value", "160,2", "decimal point"),
        ("value", "", "must not be empty"),
        ("value", "nan", "decimal point"),
        ("value", True, "decimal point"),
        ("value", [160.2], "decimal point"),
        ("species", "", "e.g. Li2S"),
        ("species", 5, "in quotes"),
        ("environment", " ", "e.g. sulfide"),
        ("region", "sulfur", "'S 2p', or 'Raman'"),
        ("region", "S 2p3/2", "'S 2p', or 'Raman'"),
        ("technique", "UPS", "XPS, HAXPES, Raman"),
        ("technique", "Raman", "use XPS"),
        ("unit", "cm-1", "are in eV"),
        ("minimum", "", "below its value 160.6"),
        ("minimum", "160.6", "below its value 160.6"),
        ("maximum", "160.5", "above its value 160.6"),
        ("splitting", "-1.18", "greater than 0"),
        ("count", "0", "greater than 0"),
        ("evidence", "sure", "primary, compilation"),
        ("position_of", "1/2", "3/2, 5/2"),
        ("recommended", "maybe", "true or false"),
    ],
)
def test_a_bad_cell_is_named(column: str, cell: object, remedy: str) -> None:
    with pytest.raises(LineTableError) as caught:
        parse_rows([GOOD, {}, GOOD | {"environment": "other", column: cell}], "mine.csv", 2)
    error = caught.value
    assert (error.name, error.row, error.column, error.value) == ("mine.csv", 4, column, cell)
    assert remedy in error.remedy
    assert str(error) == f"mine.csv, row 4, column {column}: {cell!r}: {error.remedy}"


def test_an_unknown_column_is_named_with_the_nearest() -> None:
    with pytest.raises(LineTableError, match=r"column valeu.*did you mean 'value'"):
        parse_rows([GOOD | {"valeu": "160.2"}], "mine.csv")


def test_evidence_rows_need_no_window_but_a_sane_one() -> None:
    evidence = GOOD | {"recommended": "no"}
    (line,) = parse_rows([evidence | {"minimum": "", "maximum": ""}], "mine.csv")
    assert (line.minimum, line.maximum) == (None, None)
    with pytest.raises(LineTableError, match="must not be above the value"):
        parse_rows([evidence | {"minimum": "160.7"}], "mine.csv")


def test_two_recommended_rows_of_one_line_are_refused() -> None:
    with pytest.raises(LineTableError, match=r"row 3, column recommended.*row 2 already"):
        parse_rows([GOOD, GOOD], "mine.csv", first_row=2)


def test_the_error_survives_pickling() -> None:
    error = LineTableError("mine.csv", 3, "value", "x", "give a number")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def parsed_or_refused(row: dict[str, object]) -> list[Line] | LineTableError:
    try:
        return parse_rows([row], "mine.csv")
    except LineTableError as error:
        return error


@settings(deadline=None, max_examples=50)
@given(st.dictionaries(st.sampled_from(COLUMNS), st.text(max_size=8) | st.floats() | st.booleans()))
def test_any_row_gives_sane_lines_or_a_named_cell(cells: dict[str, object]) -> None:
    outcome = parsed_or_refused(GOOD | cells)
    if isinstance(outcome, LineTableError):
        assert (outcome.column in COLUMNS, outcome.row) == (True, 1)
        return
    (line,) = outcome
    assert math.isfinite(line.value)
    assert not line.recommended or line.minimum < line.value < line.maximum


def test_the_shipped_lines_survive_a_trip_through_a_table() -> None:
    shipped = library().lines
    rows = [
        {column: "" if (cell := getattr(line, column)) is None else cell for column in COLUMNS}
        for line in shipped
    ]
    again = parse_rows(rows, "lines.csv")
    for old, new in zip(shipped, again, strict=True):
        assert [getattr(new, column) for column in COLUMNS] == [
            getattr(old, column) for column in COLUMNS
        ]
