import argparse
import re
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli import lines
from app.cli.lines_query import UnknownWordError, parse_words
from fitting.errors import ReadError
from reference_lines import Library, library


@pytest.fixture(scope="module")
def shipped() -> Library:
    return library()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DECONVOLYTE_HOME", str(tmp_path))
    return tmp_path


def call(*words: str) -> int:
    parser = argparse.ArgumentParser(prog="deconvolyte")
    lines.add_parser(parser.add_subparsers())
    args = parser.parse_args(["lines", *words])
    status = args.run(args)
    assert isinstance(status, int)
    return status


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert call(*words) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def table_rows(text: str) -> list[str]:
    head, *rows = text.split("\n* what")[0].splitlines()
    assert head.split()[:3] == ["species", "environment", "level"]
    return rows


def test_a_region_and_a_range(capsys: pytest.CaptureFixture[str], shipped: Library) -> None:
    text = answer(capsys, "S 2p", "160..164")
    rows = table_rows(text)
    expected = shipped.find(region="S 2p", near=(160, 164))
    assert len(rows) == len(expected)
    assert len(expected) > 30
    for line in expected:
        assert any(line.source in row and f"{line.value:g} eV" in row for row in rows), line
    (li2s,) = [row for row in rows if row.startswith("*!  Li2S ")]
    assert "160.2 eV 159.8..160.9 1.18" in " ".join(li2s.split())
    assert "compilation" in li2s
    assert "mixed, mostly not stated" in li2s


def test_columns_are_aligned_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    text = answer(capsys, "Li2S")
    start = text.splitlines()[0].index("source")
    for row in table_rows(text):
        assert row[start - 2 : start] == "  "
        assert row[start] != " "


def test_a_species_shows_conflicts_and_differences(capsys: pytest.CaptureFixture[str]) -> None:
    text = answer(capsys, "Li2S")
    conflicts, differences = text.split("\nConflicts:\n")[1].split("\nDifferences:\n")
    assert "S 2p3/2 of Li2S from 159.8 to 160.9" in conflicts
    assert "490-494 cm-1" in conflicts
    assert "LiOH" not in conflicts
    assert "Li2S sulfide S 2p3/2 minus Li2S sulfide Li 1s: 105.7 eV" in differences


def test_raman_range(capsys: pytest.CaptureFixture[str]) -> None:
    rows = table_rows(answer(capsys, "Raman", "360..390"))
    assert {row[2:].split()[0] for row in rows} == {"Li2S", "P2S6", "In2S3"}
    assert all("cm-1" in row for row in rows)


def test_a_rock_salt_tells_why_it_has_no_raman_line(capsys: pytest.CaptureFixture[str]) -> None:
    text = answer(capsys, "LiCl", "Raman")
    assert text.startswith("\nNo line:\n- LiCl, Raman: rock salt")
    assert "LiCl, Raman: rock salt" in answer(capsys, "LiCl")
    assert "LiCl, Raman: rock salt" in answer(capsys, "Raman")
    assert "rock salt" not in answer(capsys, "S 2p")


def test_an_empty_answer_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(capsys, "S 2p", "300..310") == "The library has no line for S 2p 300..310.\n"


def test_the_overview_lists_every_species(
    capsys: pytest.CaptureFixture[str], shipped: Library
) -> None:
    text = answer(capsys)
    listed = [row.split()[0] for row in text.splitlines()[2:-1]]
    assert listed == [item.key for item in shipped.species]
    (licl,) = [row for row in text.splitlines() if row.startswith("LiCl ")]
    assert licl.split("  ")[-1] == "none in first order"
    assert text.startswith(f"Reference library 1.0.0: {len(shipped.lines)} lines.")


@pytest.mark.parametrize(
    ("word", "near"),
    [("Li2X", "Li2S"), ("S 2q", "S 2p"), ("sulfite5", "sulfite"), ("Ramen", "Raman")],
)
def test_an_unknown_word_ends_in_one_sentence(
    capsys: pytest.CaptureFixture[str], word: str, near: str
) -> None:
    assert call("XPS", word) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert word.split()[0] in err
    assert near in err


@pytest.mark.parametrize("word", ["160..", "a..b", "160...164", "..", "-1..3x"])
def test_a_bad_range_is_named(word: str, shipped: Library) -> None:
    with pytest.raises(UnknownWordError, match=r"not of the form 160\.\.164"):
        parse_words([word], shipped)


def test_words_sort_into_filters(shipped: Library) -> None:
    query = parse_words(["s", "2p", "Li2S", "sulfate", "raman", "164..160"], shipped)
    assert query.regions == {"S 2p"}
    assert query.species == {"Li2S", "SO4", "Li2SO4"}
    assert query.techniques == {"Raman"}
    assert query.ranges == ((160.0, 164.0),)
    assert parse_words(["S2p3/2"], shipped).levels == {"S 2p3/2"}


def test_filters_agree_with_a_plain_loop(shipped: Library) -> None:
    found = parse_words(["Li2S", "LiCl", "XPS", "50..60", "190..200"], shipped).lines(shipped)
    assert found == [
        line
        for line in shipped.lines
        if line.species in ("Li2S", "LiCl")
        and line.technique == "XPS"
        and (50 <= line.value <= 60 or 190 <= line.value <= 200)
    ]
    assert {line.region for line in found} == {"Li 1s", "Cl 2p"}


def test_the_density_conflict_shows_with_its_species(capsys: pytest.CaptureFixture[str]) -> None:
    assert "1.64 g/cm3" in answer(capsys, "Li6PS5Cl", "Cl 2p")
    assert "1.64 g/cm3" not in answer(capsys, "Cl 2p")


def test_own_lines_are_marked_with_their_file(
    capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    table = home / "lines.csv"
    table.write_text(
        "species,environment,region,value,minimum,maximum\nLi2S,sulfide,S 2p,160.6,160,161\n"
    )
    rows = table_rows(answer(capsys, "Li2S", "S 2p"))
    (own,) = [row for row in rows if row.startswith("* ")]
    assert "160.6 eV" in own
    assert f"[yours: {table}, row 2]" in own
    assert f"1 of them yours ({table})" in answer(capsys)


def test_a_table_beside_the_plan_is_read(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "lines.toml").write_text(
        '[[lines]]\nspecies="Na2S"\nenvironment="sulfide"\nregion="S 2p"\n'
        "value=160.1\nminimum=159\nmaximum=161\n"
    )
    assert call("Na2S") == 2
    capsys.readouterr()
    assert "160.1 eV" in answer(capsys, "Na2S", "--plan", str(folder / "plan.toml"))


def test_a_bad_own_table_is_an_error_for_main(home: Path) -> None:
    (home / "lines.csv").write_text("species,environment,region,value\nLi2S,sulfide,S 2p,x\n")
    with pytest.raises(ReadError, match="row 2, column value"):
        call("Li2S")


@pytest.mark.parametrize("width", [60, 80, 200])
def test_a_terminal_folds_and_cuts_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    text = re.sub(r"\x1b\[[0-9;]*m", "", answer(capsys, "LiOH", "O 1s"))
    table = text.split("* what")[0]
    assert max(len(row) for row in table.splitlines()) <= width
    assert "…" not in text
    words = table.split()
    for line in library().find("LiOH", "O 1s"):
        assert f"{line.value:g}" in words
        assert set(line.source.replace("(", " (").split()) <= set(words)


def test_help_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        call("--help")
    assert stopped.value.code == 0
    assert 'deconvolyte lines "S 2p" 160..164' in capsys.readouterr().out


def test_rich_is_not_loaded_before_it_is_needed() -> None:
    code = "import sys, app.cli.lines; sys.exit('rich' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[3], check=False)
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("word", "hint"),
    [("160-164", "160..164"), ("161.5", "159.5..163.5")],
)
def test_a_range_written_otherwise(
    word: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("S 2p", word) == 2
    said = f"deconvolyte lines: {word!r}: a range of positions is written {hint}\n"
    assert capsys.readouterr() == ("", said)
