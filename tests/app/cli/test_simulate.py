from pathlib import Path

import pytest

from app.archive.read import read_archive, read_truth
from tests.app.program import call

Capsys = pytest.CaptureFixture[str]


def test_an_experiment_with_its_truth(tmp_path: Path, capsys: Capsys) -> None:
    words = ("simulate", "E1", "--steps", "2", "--counts", "500", "-o")
    said = call(capsys, *words, tmp_path / "a.h5")
    assert (said.status, said.err) == (0, "")
    series = read_archive(tmp_path / "a.h5")
    assert said.out.splitlines() == [
        *(f"{one.sample}/{one.region}: 2 spectra" for one in series),
        f"written to {tmp_path / 'a.h5'}, with the truth inside",
    ]
    assert set(read_truth(tmp_path / "a.h5")) == {one.sample for one in series}
    assert call(capsys, *words, tmp_path / "b.h5").status == 0
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()
    assert call(capsys, *words, tmp_path / "c.h5", "--seed", "1").status == 0
    assert (tmp_path / "a.h5").read_bytes() != (tmp_path / "c.h5").read_bytes()


def test_a_twin_has_the_truth_of_the_experiment(tmp_path: Path, capsys: Capsys) -> None:
    words = ("simulate", "E5", "--steps", "2", "-o")
    assert call(capsys, *words, tmp_path / "a.h5").status == 0
    assert call(capsys, *words, tmp_path / "b.h5", "--mismatch", "shape").status == 0
    truth, twin = read_truth(tmp_path / "a.h5"), read_truth(tmp_path / "b.h5")
    assert truth.keys() == twin.keys()
    assert (tmp_path / "a.h5").read_bytes() != (tmp_path / "b.h5").read_bytes()
    said = call(capsys, *words, tmp_path / "c.h5", "--mismatch", "wrong")
    assert said.status == 2
    assert "must be one of layered, sensitivities, shape" in said.err
