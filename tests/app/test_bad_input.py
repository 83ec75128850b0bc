"""What is wrong ends in one sentence, the right exit status, and no lost result."""

import csv
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests.app.program import (
    PLAN,
    Said,
    call,
    counts,
    plan_file,
    spectra,
    tables,
    write_matrix,
)

Capsys = pytest.CaptureFixture[str]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "phase_fractions.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def fit(capsys: Capsys, *arguments: object, plan: Path | None = None) -> Said:
    plan = plan or plan_file(Path())
    return call(capsys, "fit", *arguments, "--plan", plan, "-o", "out")


# --- plans ---------------------------------------------------------------------------------

WRONG_PLANS = {
    "key": (PLAN.replace("window =", "windw ="), ['"S 2p"', "window"]),
    "one key more": (PLAN.replace("window =", "colour = 1\nwindow ="), ['"S 2p"', "colour"]),
    "key of a component": (PLAN.replace("center=161", "centre=161"), ['"a"', "centre", "center"]),
    "key of a background": (PLAN.replace('t"}', 't", degre=1}'), ["background", "degre"]),
    "top key": (PLAN.replace("[series]", "[serie]"), ["serie", "series"]),
    "phase": (PLAN.replace('phase="B"', 'phase="Bb"'), ["components", "b", "'Bb'", "'B'"]),
    "itself": (PLAN.replace("a.center + 2.0", "b.center + 2.0"), ["b", "center", "itself"]),
    "circle": (
        PLAN.replace("center=161.5", 'center="b.center - 2.0"'),
        ["center", "a.center", "b.center"],
    ),
    "link to nothing": (PLAN.replace("a.center +", "c.center +"), ["center", "'c'"]),
    "two regions": (
        PLAN + PLAN[PLAN.index("[[regions]]") :].replace('"a"', '"c"').replace('"b"', '"d"'),
        ["two", "S 2p"],
    ),
    "two ids": (PLAN.replace('id="b"', 'id="a"'), ["two", "'a'"]),
    "shape": (PLAN.replace("gaussian", "gausian"), ["gausian", "gaussian"]),
    "text for a number": (PLAN.replace("161.5}", '"161,5"}'), ["center", "161,5"]),
    "window": (PLAN.replace("158.5, 165.5", "165.5, 158.5"), ["window", "165.5"]),
    "no TOML": ("binding_energy_eV\\step,1,2\n", ["plan.toml", "line 1"]),
    "newer": (PLAN.replace("format = 1", "format = 99"), ["format", "99"]),
    "empty": ("", ["regions"]),
}


@pytest.mark.parametrize("name", WRONG_PLANS)
def test_a_wrong_plan(name: str, here: Path, capsys: Capsys) -> None:
    text, words = WRONG_PLANS[name]
    said = fit(capsys, spectra(here), plan=plan_file(here, text))
    assert said.status == 2
    sentence = said.sentence()
    for word in ("plan.toml", *words):
        assert word in sentence
    assert not (here / "out").exists()


def test_plans_that_are_no_text(here: Path, capsys: Capsys) -> None:
    good = spectra(here)
    for name, content in {"binary": b"\xff\xfe\x00\x01", "picture": b"\x89PNG\r\n\x1a\n"}.items():
        (here / name).write_bytes(content)
        said = fit(capsys, good, plan=here / name)
        assert said.status == 2
        assert name in said.sentence()
    (here / "folder").mkdir()
    for name in ("folder", "nowhere.toml"):
        said = fit(capsys, good, plan=here / name)
        assert said.status == 2
        assert name in said.sentence()


# --- spectra that cannot be fitted, among good ones ----------------------------------------


def spoilt(steps: int, step: int, column: object) -> np.ndarray:
    y = counts(steps)
    y[:, step] = column
    return y


def only_three(y: np.ndarray) -> np.ndarray:
    y[:, 1] = np.nan
    y[10:13, 1] = 50.0
    return y


UNFIT = {
    "negative": (lambda: spoilt(4, 1, counts(4)[:, 1] - 200.0), "negative counts (-"),
}

FAULTY = {
    "zero": (lambda: spoilt(4, 1, 0.0), "all 35 intensities are 0 (dead detector?)"),
    "three points": (lambda: only_three(counts(4)), "measured from 160 to 160.4, not from 158.6"),
}


@pytest.mark.parametrize("name", FAULTY)
def test_a_faulty_spectrum_is_left_out_and_said(name: str, here: Path, capsys: Capsys) -> None:
    make, reason = FAULTY[name]
    said = fit(capsys, write_matrix(here / "cellA__S 2p.csv", make()))
    assert said.status == 0
    assert "1 excluded" in said.out
    assert reason in (here / "out" / "checks.csv").read_text("utf-8")
    found = {(row["step"], row["phase"]): row for row in rows(here / "out")}
    assert found["1", "A"]["status"] == "excluded"
    assert found["1", "A"]["fraction"] == found["1", "A"]["area"] == ""
    for step in "023":
        assert found[step, "A"]["status"] in ("converged", "at_bound")


@pytest.mark.parametrize("name", UNFIT)
def test_one_bad_spectrum_among_good_ones(name: str, here: Path, capsys: Capsys) -> None:
    make, reason = UNFIT[name]
    path = write_matrix(here / "cellA__S 2p.csv", make())
    said = fit(capsys, path)
    assert said.status == 1
    sentence = said.sentence()
    assert "cellA, step 1, S 2p: failed: " in sentence
    assert reason in sentence
    assert sentence.count("step 1") == 1
    found = {(row["step"], row["phase"]): row for row in rows(here / "out")}
    assert found["1", "A"]["status"] == "failed"
    assert found["1", "A"]["fraction"] == found["1", "A"]["area"] == ""
    for step in "023":
        assert found[step, "A"]["status"] in ("converged", "at_bound")
        assert float(found[step, "A"]["fraction"]) > 0.2


def test_others_come_out_as_if_the_bad_one_were_not_there(here: Path, capsys: Capsys) -> None:
    write_matrix(here / "cellA__S 2p.csv", spoilt(4, 1, 0.0))
    assert fit(capsys, "cellA__S 2p.csv", "--strategy", "independent").status == 0
    bad = {row["step"]: row for row in rows(here / "out") if row["phase"] == "A"}
    write_matrix(here / "cellA__S 2p.csv", counts(4))
    again = ("fit", "cellA__S 2p.csv", "--plan", "plan.toml", "-o", "two", "--strategy")
    assert call(capsys, *again, "independent").status == 0
    good = {row["step"]: row for row in rows(here / "two") if row["phase"] == "A"}
    assert all(bad[step] == good[step] for step in "023")


def test_cells_that_are_nan_or_empty_are_left_out(here: Path, capsys: Capsys) -> None:
    y = counts(3)
    y[20, 1] = np.nan
    path = write_matrix(here / "cellA__S 2p.csv", y)
    text = path.read_text("utf-8")
    assert text.count(",,") == 1
    path.write_text(text.replace(",,", ",nan,"), "utf-8")
    said = fit(capsys, path)
    assert (said.status, said.err) == (0, "")
    assert {row["status"] for row in rows(here / "out")} <= {"converged", "at_bound"}


def test_a_window_without_data(here: Path, capsys: Capsys) -> None:
    plan = plan_file(here, PLAN.replace("158.5, 165.5", "258.5, 265.5"))
    said = fit(capsys, spectra(here, steps=2), plan=plan)
    assert said.status == 1
    first, second = said.err.splitlines()
    for step, line in enumerate((first, second)):
        for word in (f"cellA, step {step}, S 2p", "window 258.5 .. 265.5", "no data"):
            assert word in line
    assert {row["status"] for row in rows(here / "out")} == {"failed"}


def test_many_bad_spectra_are_counted_not_listed(here: Path, capsys: Capsys) -> None:
    y = counts(9)
    y[:, 1:] -= 200.0
    said = fit(capsys, write_matrix(here / "cellA__S 2p.csv", y))
    assert said.status == 1
    *examples, last = said.err.splitlines()
    assert len(examples) == 5
    assert "and 3 more that are failed" in last
    assert "8 failed" in said.out


def test_a_region_in_some_steps_only(here: Path, capsys: Capsys) -> None:
    second = PLAN[PLAN.index("[[regions]]") :].replace("S 2p", "P 2p")
    second = second.replace('"a"', '"c"').replace('"b"', '"d"').replace("a.center", "c.center")
    plan = plan_file(here, PLAN + second)
    spectra(here, steps=4)
    y = counts(4, seed=1)
    y[:, 2] = np.nan
    write_matrix(here / "cellA__P 2p.csv", y)
    said = fit(capsys, "cellA__S 2p.csv", "cellA__P 2p.csv", plan=plan)
    assert said.status == 0
    found = {(row["region"], row["step"]) for row in rows(here / "out")}
    assert found == {("S 2p", step) for step in "0123"} | {("P 2p", step) for step in "013"}


def test_a_region_that_is_missing_is_said(here: Path, capsys: Capsys) -> None:
    second = PLAN[PLAN.index("[[regions]]") :].replace("S 2p", "P 2p")
    second = second.replace('"a"', '"c"').replace('"b"', '"d"').replace("a.center", "c.center")
    said = fit(capsys, spectra(here), plan=plan_file(here, PLAN + second))
    assert said.status == 0
    assert "cellA' has no P 2p of the plan; it holds S 2p" in said.sentence()


# --- files ---------------------------------------------------------------------------------


def make_docx(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")


WRONG_FILES = {
    "picture.png": (lambda p: p.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50)), "PNG picture"),
    "report.docx": (make_docx, "Office document"),
    "noise.bin": (lambda p: p.write_bytes(bytes(range(256)) * 9), "binary of no known kind"),
    "empty.csv": (lambda p: p.write_bytes(b""), "is empty (0 bytes)"),
    "empty folder": (lambda p: p.mkdir(), "is a folder without files"),
    "letter.txt": (lambda p: p.write_text("Dear all,\nno spectra today.\n"), "text of no known"),
    "nowhere.vms": (lambda p: None, "no such file"),
    "cut.vms": (
        lambda p: p.write_text(
            "VAMAS Surface Chemical Analysis Standard Data Transfer Format 1988 May 4\nlab\n"
        ),
        "ends",
    ),
    "cut.h5": (lambda p: p.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(40)), "damaged or cut short"),
    "cell__S 2p.csv": (
        lambda p: p.write_text("binding_energy_eV\\step,0,1\n160,1,2\n161,3\n162,1,2\n"),
        "line 3",
    ),
    "unit__S 2p.csv": (
        lambda p: p.write_text("energy\\step,0,1\n160,1,2\n161,3,4\n162,5,6\n"),
        "energy",
    ),
}


@pytest.mark.parametrize("command", ["info", "import", "fit"])
@pytest.mark.parametrize("name", WRONG_FILES)
def test_a_wrong_file_alone(name: str, command: str, here: Path, capsys: Capsys) -> None:
    make, reason = WRONG_FILES[name]
    make(here / name)
    more = {"info": [], "import": ["-o", "a.h5"], "fit": ["--plan", plan_file(here), "-o", "out"]}
    said = call(capsys, command, name, *more[command])
    assert (said.status, said.out) == (3, "")
    sentence = said.sentence()
    assert name in sentence
    assert reason in sentence
    assert not (here / "a.h5").exists()


@pytest.mark.parametrize("name", WRONG_FILES)
def test_a_wrong_file_among_good_ones(name: str, here: Path, capsys: Capsys) -> None:
    make, reason = WRONG_FILES[name]
    make(here / name)
    good = spectra(here)
    assert fit(capsys, good).status == 0
    alone = tables(here / "out")
    said = call(capsys, "fit", good, name, "--plan", "plan.toml", "-o", "both")
    assert said.status == 1
    assert name in said.sentence()
    assert reason in said.sentence()
    assert tables(here / "both") == alone
    said = call(capsys, "info", name, good)
    assert said.status == 1
    assert "cellA / S 2p" in said.out
    said = call(capsys, "import", good, name, "-o", "a.h5")
    assert said.status == 1
    assert (here / "a.h5").exists()


def test_two_files_of_one_region(here: Path, capsys: Capsys) -> None:
    good = spectra(here)
    (here / "two").mkdir()
    other = spectra(here / "two", seed=1)
    said = fit(capsys, good, other)
    assert said.status == 3
    for word in ("cellA", "S 2p", str(other), "--steps"):
        assert word in said.sentence()


def test_several_wrong_files_are_all_named(here: Path, capsys: Capsys) -> None:
    for name in ("picture.png", "empty.csv"):
        WRONG_FILES[name][0](here / name)
    said = fit(capsys, "picture.png", "empty.csv")
    assert said.status == 3
    assert "picture.png" in said.sentence()
    assert "empty.csv" in said.sentence()
    said = call(capsys, "info", "picture.png", "empty.csv")
    assert said.status == 3
    assert len(said.err.splitlines()) == 3
    assert said.err.splitlines()[-1] == "deconvolyte: none of 2 files could be read"


def test_no_spectrum_of_the_plan(here: Path, capsys: Capsys) -> None:
    said = fit(capsys, write_matrix(here / "cellA__O 1s.csv", counts(2)))
    assert said.status == 3
    for word in ("S 2p", "O 1s", "cellA"):
        assert word in said.sentence()


def test_the_axis_of_the_plan_is_missing(here: Path, capsys: Capsys) -> None:
    path = write_matrix(here / "cellA__S 2p.csv", counts(2), step="time_s")
    said = fit(capsys, path)
    assert said.status == 0
    for word in ("cellA", "charge_uAh_cm2", "time_s", "step number"):
        assert word in said.sentence()


def test_kinetic_energies_without_a_photon_energy(here: Path, capsys: Capsys) -> None:
    path = spectra(here)
    path.write_text(path.read_text("utf-8").replace("binding", "kinetic"), "utf-8")
    said = fit(capsys, path)
    assert said.status == 3
    assert str(path) in said.sentence()
    assert "--photon-energy" in said.sentence()


# --- what the user says --------------------------------------------------------------------

WRONG_WORDS = {
    "no area": (["--beam-current", "1"], 2, "--area"),
    "no sign": (["--charge-log", "log.csv", "--area", "1"], 2, "--charge-sign"),
    "wrong sign": (["--charge-sign", "x"], 2, "invalid choice: 'x'"),
    "area 0": (["--area", "0"], 2, "must be above 0"),
    "area word": (["--area", "1,5"], 2, "'1,5' is no number"),
    "area nan": (["--area", "nan"], 2, "must be a finite number"),
    "photon": (["--photon-energy", "-5"], 2, "must be above 0"),
    "laser": (["--laser", "0"], 2, "must be above 0"),
    "zone": (["--timezone", "Mars/Olympus"], 2, "Mars/Olympus"),
    "columns": (["--log-columns", "colour=red"], 2, "'colour'"),
    "workers": (["--workers", "0"], 2, "0 must be 1 or more"),
    "workers word": (["--workers", "two"], 2, "'two' is no whole number"),
    "strategy": (["--strategy", "split"], 2, "invalid choice: 'split'"),
    "unknown": (["--colour", "red"], 2, "--colour"),
    "two charges": (
        ["--charge-log", "log.csv", "--beam-current", "1", "--area", "1"],
        2,
        "choose one",
    ),
    "no log": (
        ["--charge-log", "nowhere.mpr", "--area", "1", "--charge-sign", "+"],
        3,
        "nowhere.mpr",
    ),
    "no table": (["--steps", "nowhere.csv"], 3, "nowhere.csv"),
    "axis": (["--axis", "energy"], 3, "energy"),
    "unit": (["--intensity-unit", "apples"], 2, "invalid choice: 'apples'"),
    "column": (["--step-column", "time"], 3, "time"),
    "beam without time": (["--beam-current", "1", "--area", "1"], 3, "time_s"),
}


@pytest.mark.parametrize("name", WRONG_WORDS)
def test_wrong_words(name: str, here: Path, capsys: Capsys) -> None:
    words, status, reason = WRONG_WORDS[name]
    said = fit(capsys, spectra(here), *words)
    assert said.status == status
    assert reason in said.sentence()
    assert not list(here.glob("out/*"))


def test_a_steps_table_with_an_unknown_file(here: Path, capsys: Capsys) -> None:
    table = here / "steps.csv"
    table.write_text("file,charge_uAh_cm2\nother.csv,1\n", "utf-8")
    said = fit(capsys, spectra(here, steps=1), "--steps", table)
    assert said.status == 3
    for word in ("steps.csv", "cellA__S 2p.csv"):
        assert word in said.sentence()


def test_one_sample_name_for_an_archive_of_two(here: Path, capsys: Capsys) -> None:
    files = [spectra(here, sample) for sample in ("cellA", "cellB")]
    assert call(capsys, "import", *files, "-o", "both.h5").status == 0
    said = fit(capsys, "both.h5", "--sample", "cellC")
    assert said.status == 3
    assert "both.h5: holds 2 samples" in said.sentence()


def test_an_unknown_experiment(here: Path, capsys: Capsys) -> None:
    said = call(capsys, "simulate", "E99", "-o", "a.h5")
    assert said.status == 2
    assert "'E99'" in said.sentence()
    assert "E1" in said.sentence()
    assert not (here / "a.h5").exists()


@pytest.mark.parametrize("words", [["--counts", "-1"], ["--steps", "0"], ["--seed", "-1"]])
def test_numbers_of_a_simulation(words: list[str], here: Path, capsys: Capsys) -> None:
    said = call(capsys, "simulate", "E1", "-o", "a.h5", *words)
    assert said.status == 2
    assert words[1] in said.sentence()
    assert not (here / "a.h5").exists()


# --- places to write to --------------------------------------------------------------------


def test_an_output_that_is_a_file(here: Path, capsys: Capsys) -> None:
    (here / "taken").write_text("mine")
    good, plan = spectra(here), plan_file(here)
    for output in ("taken", "taken/below"):
        said = call(capsys, "fit", good, "--plan", plan, "-o", output)
        assert said.status == 2
        assert output in said.sentence()
        assert "folder" in said.sentence()
    said = call(capsys, "demo", "-o", "taken")
    assert said.status == 2
    assert (here / "taken").read_text() == "mine"


def test_an_output_that_cannot_be_made(here: Path, capsys: Capsys) -> None:
    output = "x" * 300
    said = call(capsys, "fit", spectra(here), "--plan", plan_file(here), "-o", output)
    assert said.status == 2
    assert "cannot be made" in said.sentence()


def test_an_output_that_may_not_be_written(
    here: Path, capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "out").mkdir()
    good, plan = spectra(here), plan_file(here)
    monkeypatch.setattr("app.batch.folder.os.access", lambda path, mode: False)
    said = call(capsys, "fit", good, "--plan", plan, "-o", "out")
    assert said.status == 2
    assert "-o out: cannot be written to" in said.sentence()


def test_an_output_that_is_an_input(here: Path, capsys: Capsys) -> None:
    good, plan = spectra(here), plan_file(here)
    before = good.read_bytes()
    said = call(capsys, "fit", here, "--plan", plan, "-o", here)
    assert said.status == 2
    assert "never written to" in said.sentence()
    for output in (good, here / "." / good.name):
        said = call(capsys, "import", good, "-o", output)
        assert said.status == 2
        assert "never written to" in said.sentence()
    assert call(capsys, "import", good, "-o", "a.h5").status == 0
    archive = (here / "a.h5").read_bytes()
    said = call(capsys, "import", here, "-o", "a.h5")
    assert said.status == 2
    (here / "link.h5").symlink_to("a.h5")
    said = call(capsys, "import", "a.h5", "-o", "link.h5")
    assert said.status == 2
    assert good.read_bytes() == before
    assert (here / "a.h5").read_bytes() == archive


def test_an_input_that_has_the_name_of_a_table(here: Path, capsys: Capsys) -> None:
    path = spectra(here).rename(here / "checks.csv")
    before = path.read_bytes()
    words = ("--region", "S 2p", "--plan", plan_file(here), "-o", here)
    said = call(capsys, "fit", path, *words)
    assert said.status == 2
    assert "would replace the input" in said.sentence()
    assert path.read_bytes() == before


def test_an_archive_never_replaces_a_file_of_another_kind(here: Path, capsys: Capsys) -> None:
    good = spectra(here)
    thesis = here / "thesis.docx"
    thesis.write_bytes(b"four years")
    for words in (["import", good], ["simulate", "E1", "--steps", "1"]):
        said = call(capsys, *words, "-o", thesis)
        assert said.status == 2
        assert "choose another name" in said.sentence()
        said = call(capsys, *words, "-o", here)
        assert said.status == 2
        assert "is a folder" in said.sentence()
        said = call(capsys, *words, "-o", "nowhere/a.h5")
        assert said.status == 2
        assert "nowhere" in said.sentence()
    assert thesis.read_bytes() == b"four years"


def test_the_folder_of_another_job(here: Path, capsys: Capsys) -> None:
    good = spectra(here)
    assert fit(capsys, good).status == 0
    before = tables(here / "out")
    other = here / "other.toml"
    other.write_text(PLAN.replace("158.5", "158.6"), "utf-8")
    said = fit(capsys, good, plan=other)
    assert said.status == 2
    assert "-o out: holds the results of another job (different plan)" in said.sentence()
    said = fit(capsys, good, "--strategy", "independent", "--resume")
    assert said.status == 2
    said = fit(capsys, spectra(here, "cellB", seed=1))
    assert said.status == 2
    assert "(different inputs)" in said.sentence()
    assert tables(here / "out") == before
    assert not (here / "out" / ".parts" / "inputs").exists()


def test_an_archive_that_is_newer(here: Path, capsys: Capsys) -> None:
    import h5py

    assert call(capsys, "import", spectra(here), "-o", "a.h5").status == 0
    assert call(capsys, "import", spectra(here, "cellB"), "-o", "b.h5").status == 0
    with h5py.File(here / "b.h5", "r+") as file:
        name = next(name for name in file.attrs if "format" in name)
        file.attrs[name] = 99
    said = fit(capsys, "a.h5", "b.h5")
    assert said.status == 1
    assert "b.h5" in said.sentence()
    assert "newer version" in said.sentence()
    assert {row["sample"] for row in rows(here / "out")} == {"cellA"}


def test_names_that_are_no_utf8(here: Path, capsys: Capsys) -> None:
    path = spectra(here).rename(here / "cell\udcff__S 2p.csv")
    said = fit(capsys, path)
    assert said.status == 3
    assert "rename the file" in said.sentence()
    assert fit(capsys, path, spectra(here)).status == 1
