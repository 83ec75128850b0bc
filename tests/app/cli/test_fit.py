"""``fit``: many files at once, folders, strategies; inputs are never written to."""

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from tests.app.program import PLAN, call, counts, plan_file, spectra, tables, write_matrix

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


CLOSE = """
 {id="c", phase="C", center="a.center + 0.05"},
 {id="d", phase="D", center=158.8},
]
"""


def test_what_stands_against_the_fits_is_said(here: Path, capsys: Capsys) -> None:
    head, _, _ = PLAN.rstrip().rpartition("]")
    plan_file(here, head.replace("B = {}", "B = {}\nC = {}\nD = {}") + CLOSE)
    path = spectra(here)
    said = call(capsys, "fit", path, "--plan", "plan.toml", "-o", "out")
    with (here / "out" / "checks.csv").open(encoding="utf-8", newline="") as file:
        bad = [row for row in csv.DictReader(file) if row["verdict"] != "ok"]
    # one sums up the others, the other is no fault of the fit
    silent = ("overall", "metadata")
    kinds = Counter(row["check"] for row in bad if row["check"] not in silent).most_common()
    assert "correlation" in dict(kinds)
    assert len(said.complaints) == len(kinds)
    for line, (name, count) in zip(said.complaints, kinds, strict=True):
        assert line.startswith(f"deconvolyte: checks.csv, {name}: {count} (first: cellA, ")
    first = next(row for row in bad if row["check"] == "correlation")
    words = f"(first: cellA, step {first['step']}, S 2p: {first['detail']})"
    assert words in said.err
    record = json.loads((here / "out" / "run.json").read_text("utf-8"))
    said_there = [(one["check"], one["count"]) for one in record["checks"]]
    assert [one for one in said_there if one[0] != "metadata"] == kinds
    again = call(capsys, "fit", path, "--plan", "plan.toml", "-o", "out", "--resume")
    assert again.out == said.out
    assert set(said.complaints) < set(again.complaints)


def test_absent_lines_are_no_alarm(here: Path, capsys: Capsys) -> None:
    absent = PLAN.replace("B = {}", "B = {}\nD = {}").replace(
        "components = [", 'components = [\n {id="d", phase="D", center=163.6, fwhm=0.3},'
    )
    plan_file(here, absent)
    write_matrix(here / "cellA__S 2p.csv", counts(6))
    said = call(capsys, "fit", "cellA__S 2p.csv", "--plan", "plan.toml", "-o", "out")
    with (here / "out" / "parameters.csv").open(encoding="utf-8", newline="") as file:
        met = [row for row in csv.DictReader(file) if row["state"] == "at_bound"]
    assert met
    assert all(row["parameter"] == "area" and row["value"] == "0" for row in met)
    steps = len({row["step"] for row in met})
    assert f" {steps} with an absent line (area zero); tables" in said.out
    assert "another parameter" not in said.out
    record = json.loads((here / "out" / "run.json").read_text("utf-8"))
    assert record["status_counts"]["at_bound"] == record["at_bound_absent_only"] == steps
    # a width that may not reach its value stands at its bound in every step
    tight = PLAN.replace("fwhm=1.2", "fwhm={value=0.8, min=0.7, max=0.9}")
    plan_file(here, tight)
    said = call(capsys, "fit", "cellA__S 2p.csv", "--plan", "plan.toml", "-o", "tight")
    assert said.out.startswith("6 fits: 6 with another parameter at its bound; ")


def test_a_log_of_another_time_writes_nothing(here: Path, capsys: Capsys) -> None:
    log = here / "log.csv"
    log.write_text("time_s,I/mA\n1e6,1\n2e6,1\n", "utf-8")
    write_matrix(here / "cellA__S 2p.csv", counts(3), step="time_s")
    words = ("--charge-log", log, "--area", "1", "--charge-sign", "+")
    for command in (("fit", "--plan", "plan.toml", "-o", "out"), ("import", "-o", "out.h5")):
        said = call(capsys, command[0], "cellA__S 2p.csv", *command[1:], *words)
        assert said.status == 3
        assert "spectra 0 .. 0.5 s on the log's clock, log 1e+06 .. 2e+06 s" in said.sentence()
    assert not (here / "out").exists()
    assert not (here / "out.h5").exists()


def test_what_the_plan_leaves_out(here: Path, capsys: Capsys) -> None:
    spectra(here)
    write_matrix(here / "cellA__Li 1s.csv", counts(3))
    said = call(
        capsys,
        "fit",
        here / "cellA__S 2p.csv",
        here / "cellA__Li 1s.csv",
        "--plan",
        "plan.toml",
        "-o",
        "out",
    )
    assert said.sentence() == "deconvolyte: not in the plan, left out: Li 1s (3 spectra)"


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
