from pathlib import Path

import pytest

from tests.app.program import call, counts, spectra, write_matrix
from tests.shared_data import shared_file

Capsys = pytest.CaptureFixture[str]


def test_what_is_in_a_file_and_what_is_missing(tmp_path: Path, capsys: Capsys) -> None:
    said = call(capsys, "info", spectra(tmp_path, steps=5))
    assert (said.status, said.err) == (0, "")
    head, *lines = said.out.splitlines()
    assert head == f"cellA / S 2p  (XPS, {tmp_path / 'cellA__S 2p.csv'})"
    text = "\n".join(lines)
    assert "5 spectra of 41 points, intensity in counts" in text
    assert "binding energy 158 .. 166 eV" in text
    assert "charge_uAh_cm2: 0 .. 1" in text
    assert "missing: photon energy" in text
    assert "missing: charge" not in text


def test_the_conversion_of_energies_is_shown(tmp_path: Path, capsys: Capsys) -> None:
    path = write_matrix(tmp_path / "cellA__S 2p.csv", counts(2), step="time_s")
    path.write_text(path.read_text("utf-8").replace("binding", "kinetic"), "utf-8")
    assert "missing: photon energy, so no binding energies" in call(capsys, "info", path).out
    said = call(capsys, "info", path, "--photon-energy", "1486.6", "--work-function", "4.5")
    assert "kinetic energy 158 .. 166 eV, photon energy 1486.6 eV" in said.out
    assert "binding energy 1316.1 .. 1324.1 eV (work function subtracted: 4.5 eV)" in said.out
    assert "missing: charge passed (--charge-log, --beam-current or --steps)" in said.out


@pytest.mark.real_data
def test_a_work_function_that_the_file_states(capsys: Capsys) -> None:
    path = shared_file("xps/vamas/0-150W.vms")
    sentence = "the file states a work function of -4.5 eV; not subtracted, --work-function does"
    out = call(capsys, "info", path).out
    assert out.count(sentence) == out.count("kinetic energy") > 1
    assert "1 spectrum of 1206 points" in out
    assert "  time_s: 0\n" in out
    assert sentence not in call(capsys, "info", path, "--work-function", "-4.5").out


def test_every_file_for_itself(tmp_path: Path, capsys: Capsys) -> None:
    (tmp_path / "second run").mkdir()
    for folder in (tmp_path, tmp_path / "second run"):
        spectra(folder)
    said = call(capsys, "info", tmp_path, tmp_path / "second run")
    assert (said.status, said.err) == (0, "")
    assert said.out.count("cellA / S 2p") == 2


def test_many_files_and_an_archive(tmp_path: Path, capsys: Capsys) -> None:
    files = [spectra(tmp_path, sample) for sample in ("cellA", "cellB")]
    assert call(capsys, "import", *files, "-o", tmp_path / "both.h5").status == 0
    said = call(capsys, "info", tmp_path / "both.h5")
    assert (said.status, said.err) == (0, "")
    assert [line for line in said.out.splitlines() if " / " in line] == [
        f"{sample} / S 2p  (XPS, {path})"
        for sample, path in zip(("cellA", "cellB"), files, strict=True)
    ]
