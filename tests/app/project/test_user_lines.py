from pathlib import Path

import pytest

from app.project.user_lines import load_library, read_lines, user_tables
from fitting.errors import ReadError
from reference_lines import Library, library

HEADER = "species,environment,region,value,minimum,maximum,source\n"
TOML = """
[[lines]]
species = "Li2S"
environment = "sulfide"
region = "S 2p"
value = {value}
minimum = 159.0
maximum = 162.0
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("DECONVOLYTE_HOME", str(folder))
    return folder


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder / "plan.toml"


def li2s(result: Library) -> float:
    (line,) = result.find("Li2S", "S 2p", recommended=True)
    return line.value


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def csv_row(value: object = 160.5, source: str = "own pellet") -> str:
    return f"Li2S,sulfide,S 2p,{value},159.0,162.0,{source}\n"


def test_without_tables_it_is_the_library_as_shipped(home: Path, plan: Path) -> None:
    assert load_library(None) == library()
    assert load_library(plan) == library()


def test_a_missing_settings_folder_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DECONVOLYTE_HOME", str(tmp_path / "nowhere"))
    assert load_library(None) == library()


def test_csv_of_the_settings_folder_overrides(home: Path) -> None:
    path = write(home / "lines.csv", HEADER + csv_row())
    result = load_library(None)
    assert li2s(result) == 160.5
    (line,) = result.user_lines
    assert (line.source, line.origin) == ("own pellet", f"{path}, row 2")
    old = [row.value for row in result.find("Li2S", "S 2p", recommended=False)]
    assert 160.2 in old


def test_toml_means_the_same_as_csv(home: Path, plan: Path) -> None:
    write(home / "lines.toml", TOML.format(value=160.5))
    (from_toml,) = load_library(None).user_lines
    table = write(plan.parent / "lines.csv", HEADER + csv_row(source=""))
    (from_csv,) = read_lines(table)
    assert from_toml.origin.endswith("lines.toml, row 1")
    assert from_toml.key == from_csv.key
    assert (from_toml.value, from_toml.source) == (from_csv.value, from_csv.source)


def test_a_table_beside_the_plan_wins_over_the_settings(home: Path, plan: Path) -> None:
    write(home / "lines.csv", HEADER + csv_row(160.5))
    write(plan.parent / "lines.toml", TOML.format(value=160.7))
    assert li2s(load_library(None)) == 160.5
    assert li2s(load_library(plan)) == 160.7
    assert li2s(load_library(plan.parent)) == 160.7
    assert [line.value for line in load_library(plan).user_lines] == [160.5, 160.7]


def test_a_plan_in_the_settings_folder_reads_tables_once(home: Path) -> None:
    write(home / "lines.csv", HEADER + csv_row())
    assert user_tables(home / "plan.toml") == (home / "lines.csv",)
    assert len(load_library(home / "plan.toml").user_lines) == 1


def test_excels_byte_order_mark_and_empty_rows_are_taken(home: Path) -> None:
    write(home / "lines.csv", "\ufeff" + HEADER + "\n,,,,,,\n" + csv_row())
    (line,) = load_library(None).user_lines
    assert line.origin.endswith("row 4")


@pytest.mark.parametrize(
    ("name", "text", "place", "problem"),
    [
        ("lines.csv", HEADER + "\n" + csv_row("16O.2"), "row 3, column value", "'16O.2': a number"),
        ("lines.csv", HEADER + csv_row("163.0"), "row 2, column maximum", "above its value 163"),
        ("lines.csv", HEADER + csv_row(), "row 2, column maximum", "above its value"),
        ("lines.csv", HEADER + csv_row("160,2"), "row 2", "8 cells, the header 7"),
        ("lines.csv", HEADER.replace(",", ";"), "row 1", "commas"),
        ("lines.csv", "species," + HEADER, "row 1, column species", "twice"),
        ("lines.csv", HEADER + '"Li2S', "", "quotes"),
        ("lines.csv", HEADER + csv_row() * 2, "row 3, column recommended", "row 2 already"),
        ("lines.toml", TOML.format(value="oops"), "line 6, column 9", "is not TOML"),
        ("lines.toml", TOML.format(value='"160.2 eV"'), "row 1, column value", "a number"),
        ("lines.toml", "[[line]]\nspecies='Li2S'", "key line", "[[lines]]"),
        ("lines.toml", "lines = 3", "key lines", "[[lines]]"),
    ],
)
def test_a_bad_table_is_named_with_place_and_remedy(
    home: Path, name: str, text: str, place: str, problem: str
) -> None:
    if problem == "above its value":
        text = text.replace("162.0", "160.1")
    path = write(home / name, text)
    with pytest.raises(ReadError) as caught:
        load_library(None)
    assert (caught.value.path, caught.value.place) == (path, place)
    assert problem in caught.value.problem


def test_bytes_that_are_no_text_are_refused(home: Path) -> None:
    (home / "lines.csv").write_bytes(HEADER.encode() + b"Li2S,\xb5,S 2p,160,159,161,\n")
    with pytest.raises(ReadError, match="byte 61: is not UTF-8"):
        load_library(None)


def test_an_empty_table_adds_nothing(home: Path) -> None:
    write(home / "lines.csv", "")
    write(home / "lines.toml", "")
    assert load_library(None) == library()


def test_the_tables_of_the_manual_work(home: Path) -> None:
    manual = (Path(__file__).parents[3] / "docs" / "reference_lines.md").read_text("utf-8")
    for kind in ("csv", "toml"):
        example = manual.split(f"```{kind}\n")[1].split("```")[0]
        write(home / f"lines.{kind}", example)
    result = load_library(None)
    assert [line.species for line in result.user_lines] == ["Li6PS5Cl", "Li2S", "Na2S"]
    assert len(result.find(recommended=True)) == len(library().find(recommended=True)) + 1
