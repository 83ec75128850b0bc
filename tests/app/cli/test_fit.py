"""``fit``: many files at once, folders, strategies; inputs are never written to."""

import csv
import json
from pathlib import Path

import pytest

from tests.app.program import PLAN, call, plan_file, spectra, tables

Capsys = pytest.CaptureFixture[str]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    plan_file(tmp_path)
    return tmp_path


def fit(capsys: Capsys, output: str, *words: object) -> None:
    said = call(capsys, "fit", *words, "--plan", "plan.toml", "-o", output)
    assert said.status == 0, said.err


def test_what_it_says(here: Path, capsys: Capsys) -> None:
    said = call(capsys, "fit", spectra(here), "--plan", "plan.toml", "-o", "out")
    assert said.complaints == []
    assert said.out.startswith("3 fits: ")
    assert said.out.endswith("; tables and result.h5 in out\n")
    assert said.out.count("\n") == 1


def test_a_folder_and_its_files_are_the_same(here: Path, capsys: Capsys) -> None:
    (here / "in").mkdir()
    names = [spectra(here / "in", sample, seed=n) for n, sample in enumerate(("cellA", "cellB"))]
    fit(capsys, "files", *names)
    fit(capsys, "folder", here / "in")
    assert tables(here / "files") == tables(here / "folder")
    with (here / "folder" / "phase_fractions.csv").open(encoding="utf-8", newline="") as file:
        assert {row["sample"] for row in csv.DictReader(file)} == {"cellA", "cellB"}


def test_an_archive_and_vendor_files_at_once(here: Path, capsys: Capsys) -> None:
    first, second = spectra(here, "cellA"), spectra(here, "cellB", seed=1)
    assert call(capsys, "import", first, "-o", "a.h5").status == 0
    fit(capsys, "mixed", "a.h5", second)
    fit(capsys, "plain", first, second)
    for name, data in tables(here / "plain").items():
        mixed = (here / "mixed" / name).read_bytes()
        assert mixed.replace(b"a.h5", str(first).encode()) == data


def test_the_strategy_can_be_said(here: Path, capsys: Capsys) -> None:
    path = spectra(here)
    fit(capsys, "said", path, "--strategy", "independent")
    record = json.loads((here / "said" / "run.json").read_text("utf-8"))
    assert record["rounds"] == ["each"]
    assert record["overrides"] == {"strategy": "independent"}
    plan_file(here, PLAN.replace("chained", "independent"))
    fit(capsys, "written", path)
    assert tables(here / "said") == tables(here / "written")
    written = json.loads((here / "written" / "run.json").read_text("utf-8"))
    assert written["job"] == record["job"]
    assert written["overrides"] == {}


def test_again_in_the_same_folder(here: Path, capsys: Capsys) -> None:
    path = spectra(here)
    fit(capsys, "out", path)
    first = tables(here / "out")
    fit(capsys, "out", path)
    assert tables(here / "out") == first


def test_inputs_are_never_written_to(here: Path, capsys: Capsys) -> None:
    (here / "in").mkdir()
    path = spectra(here / "in")
    steps = here / "in" / "steps.csv"
    plan = here / "in" / "plan.toml"
    steps.write_text("step,time_s\n0,0\n1,60\n2,120\n", "utf-8")
    plan.write_text(PLAN, "utf-8")
    assert call(capsys, "import", path, "-o", here / "in" / "a.h5").status == 0
    before = {
        file: (file.read_bytes(), file.stat().st_mtime_ns) for file in (here / "in").iterdir()
    }
    more = ("--steps", steps, "--beam-current", "1", "--area", "0.5")
    archive = here / "in" / "a.h5"
    for words in (
        ["info", path, archive],
        ["import", path, *more, "-o", "new.h5"],
        ["plan", "new", archive, "-o", "new.toml"],
        ["plan", "check", plan, archive],
        ["fit", path, *more, "--plan", plan, "-o", "one"],
        ["fit", archive, "--plan", plan, "-o", "two", "--workers", "2"],
        ["fit", archive, "--plan", plan, "-o", "two", "--resume"],
    ):
        said = call(capsys, *words)
        assert said.status in (0, 2 if words[0] == "plan" else 0), (words, said)
    after = {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in (here / "in").iterdir()}
    assert after == before
