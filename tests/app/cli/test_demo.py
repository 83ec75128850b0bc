"""The demo, made shorter."""

from functools import partial
from pathlib import Path

import pytest

import app.batch.figures
import fitting.simulate
from app.archive.results import read_results
from fitting.monitor import Monitor
from tests.app.program import TABLES, call

Capsys = pytest.CaptureFixture[str]


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two steps, and figures, which have tests of their own, left out."""

    def write_figures(result: Path, folder: Path, monitor: Monitor, truth: object) -> list[Path]:
        assert len(read_results(result)) == 2
        assert truth
        monitor.report(1, 1)
        return [folder / "fractions.png"]

    monkeypatch.setattr(fitting.simulate, "simulate", partial(fitting.simulate.simulate, steps=2))
    monkeypatch.setattr(app.batch.figures, "write_figures", write_figures)


@pytest.mark.usefixtures("short")
def test_the_demo(tmp_path: Path, capsys: Capsys) -> None:
    folder = tmp_path / "new" / "demo"
    said = call(capsys, "demo", "-o", folder)
    assert said.status == 0
    assert all(line.startswith("deconvolyte: checks.csv, ") for line in said.complaints)
    assert "fitted       truth" in said.out
    lines = [line.split() for line in said.out.splitlines() if line.strip()]
    last = [words for words in lines if words[0] == "50.0"]
    assert len(last) == 2
    for words in last:
        fitted = [float(words[1]), float(words[-4])]
        truth = [float(words[4]), float(words[-1])]
        assert fitted == pytest.approx(truth, abs=0.05)
    for name in TABLES:
        assert (folder / "fitted" / name).exists()
    assert f"1 figure files in {folder / 'figures'}" in said.out
    plan = folder / "E1.toml"
    plan.write_text(plan.read_text("utf-8") + "# mine\n", "utf-8")
    said = call(capsys, "demo", "-o", folder)
    assert said.status == 2
    assert "has been changed" in said.sentence()
    assert plan.read_text("utf-8").endswith("# mine\n")


def test_a_file_of_somebody_else(tmp_path: Path, capsys: Capsys) -> None:
    (tmp_path / "E1.h5").write_text("a thesis")
    said = call(capsys, "demo", "-o", tmp_path)
    assert said.status == 2
    assert "choose another name" in said.sentence()
    assert [path.name for path in tmp_path.iterdir()] == ["E1.h5"]
