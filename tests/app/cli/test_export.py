from pathlib import Path

import pytest

from tests.app.program import TABLES, call, counts, plan_file, spectra, tables, write_matrix

Capsys = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A result over two chunks, with a region that is missing in some steps and a failed fit."""
    from app.main import main

    folder = tmp_path_factory.mktemp("fitted")
    y = counts(66)
    y[:, 3] *= -1.0
    write_matrix(folder / "cellA__S 2p.csv", y)
    spectra(folder, "cellB", 2)
    words = ["--plan", str(plan_file(folder)), "-o", str(folder / "out")]
    assert main(["fit", str(folder / "cellA__S 2p.csv"), str(folder / "cellB__S 2p.csv"), *words])
    return folder / "out"


def test_tables_are_those_of_the_fit(fitted: Path, tmp_path: Path, capsys: Capsys) -> None:
    said = call(capsys, "export", fitted / "result.h5", "--csv", "-o", tmp_path / "new")
    assert said.status == 0
    assert said.complaints == []
    assert said.out == f"{', '.join(TABLES)} in {tmp_path / 'new'}\n"
    assert tables(tmp_path / "new") == tables(fitted)
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == sorted(TABLES)


def test_into_the_folder_of_the_fit(fitted: Path, capsys: Capsys) -> None:
    before = tables(fitted)
    assert call(capsys, "export", fitted / "result.h5", "--csv", "-o", fitted).status == 0
    assert tables(fitted) == before


def test_figures(tmp_path: Path, capsys: Capsys) -> None:
    words = ("--plan", plan_file(tmp_path), "-o", tmp_path / "out")
    assert call(capsys, "fit", spectra(tmp_path, steps=2), *words).status == 0
    result = tmp_path / "out" / "result.h5"
    said = call(capsys, "export", result, "--figures", "-o", tmp_path / "new")
    assert said.status == 0
    names = [path.name for path in (tmp_path / "new").iterdir()]
    assert f"{len(names)} figure files in {tmp_path / 'new'}" in said.out
    assert any(name.startswith("fractions") for name in names)
    assert any(name.startswith("fits") for name in names)


def test_nothing_asked_for(fitted: Path, tmp_path: Path, capsys: Capsys) -> None:
    said = call(capsys, "export", fitted / "result.h5", "-o", tmp_path / "new")
    assert said.status == 2
    assert "--csv, --figures or both" in said.sentence()


def test_what_is_no_result(fitted: Path, tmp_path: Path, capsys: Capsys) -> None:
    archive = tmp_path / "a.h5"
    spectrum = spectra(tmp_path)
    assert call(capsys, "import", spectrum, "-o", archive).status == 0
    cut = tmp_path / "cut.h5"
    cut.write_bytes((fitted / "result.h5").read_bytes()[:5000])
    for path in (archive, spectrum, cut, tmp_path, tmp_path / "nowhere.h5"):
        for what in ("--csv", "--figures"):
            said = call(capsys, "export", path, what, "-o", tmp_path / "new")
            assert (said.status, said.out) == (3, "")
            assert str(path) in said.sentence()
            assert not (tmp_path / "new").exists()


def test_places_that_are_taken(fitted: Path, tmp_path: Path, capsys: Capsys) -> None:
    (tmp_path / "file").write_text("mine")
    said = call(capsys, "export", fitted / "result.h5", "--csv", "-o", tmp_path / "file")
    assert said.status == 2
    assert "is a file" in said.sentence()
    other = spectra(tmp_path)
    words = ("--plan", plan_file(tmp_path), "-o", tmp_path / "other")
    assert call(capsys, "fit", other, *words).status == 0
    before = tables(tmp_path / "other")
    for what in ("--csv", "--figures"):
        said = call(capsys, "export", fitted / "result.h5", what, "-o", tmp_path / "other")
        assert said.status == 2
        assert "holds the results of a run" in said.sentence()
    assert tables(tmp_path / "other") == before


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk(fitted: Path, tmp_path: Path, capsys: Capsys) -> None:
    (tmp_path / ".checks.csv.part").symlink_to("/dev/full")
    said = call(capsys, "export", fitted / "result.h5", "--csv", "-o", tmp_path)
    assert said.status == 1
    assert "cannot be written: No space left on device" in said.sentence()
    assert not list(tmp_path.glob("*.csv"))
