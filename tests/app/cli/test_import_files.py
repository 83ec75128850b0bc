from pathlib import Path

import numpy as np
import pytest

from app.archive.read import read_archive
from tests.app.program import call, counts, spectra, write_matrix

Capsys = pytest.CaptureFixture[str]


def test_files_become_one_archive(tmp_path: Path, capsys: Capsys) -> None:
    y = counts(3)
    files = [write_matrix(tmp_path / "cellA__S 2p.csv", y), spectra(tmp_path, "cellB", 4)]
    said = call(capsys, "import", *files, "-o", tmp_path / "a.h5")
    assert (said.status, said.err) == (0, "")
    assert said.out.splitlines() == [
        "cellA/S 2p: 3 spectra",
        "cellB/S 2p: 4 spectra",
        f"written to {tmp_path / 'a.h5'}",
    ]
    first, second = read_archive(tmp_path / "a.h5")
    np.testing.assert_array_equal(first.intensity, y.T)
    assert (second.sample, len(second)) == ("cellB", 4)


def test_a_beam_gives_the_charge(tmp_path: Path, capsys: Capsys) -> None:
    path = write_matrix(tmp_path / "cellA__S 2p.csv", counts(3), step="time_s")
    words = ("--beam-current", "7.2", "--area", "0.5", "-o", tmp_path / "a.h5")
    assert call(capsys, "import", path, *words).status == 0
    (series,) = read_archive(tmp_path / "a.h5")
    np.testing.assert_allclose(
        series.columns["charge_uAh_cm2"], 7.2 * np.array([0.0, 0.25, 0.5]) / 3600.0 / 0.5
    )


def test_an_archive_is_replaced_by_a_newer_one(tmp_path: Path, capsys: Capsys) -> None:
    archive = tmp_path / "a.h5"
    assert call(capsys, "import", spectra(tmp_path, steps=2), "-o", archive).status == 0
    assert call(capsys, "import", spectra(tmp_path, steps=3), "-o", archive).status == 0
    assert len(read_archive(archive)[0]) == 3


def test_a_log_without_times_beside_spectra_without_times(tmp_path: Path, capsys: Capsys) -> None:
    log = tmp_path / "log.csv"
    log.write_text("time_s,current_mA\n0,1\n10,1\n", "utf-8")
    words = ("--charge-log", log, "--area", "1", "--charge-sign", "+", "-o", tmp_path / "a.h5")
    said = call(capsys, "import", spectra(tmp_path), *words)
    assert said.status == 3
    assert "cellA" in said.sentence()
    assert "time" in said.sentence()
    assert not (tmp_path / "a.h5").exists()
