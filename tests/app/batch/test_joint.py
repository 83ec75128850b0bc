"""Strategy ``joint`` as a job: compositions found first, many workers, stopped and resumed."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from app.batch import run as running
from app.batch.job import Job
from fitting.errors import FitCancelled
from tests.app.program import ENERGIES, plan_file, run, tables, write_matrix

STEPS = 64 + 9
PLAN = """
format = 1
[series]
strategy = "joint"
pristine = [0, 1]
[energy]
photon_energy_eV = 1486.6
[phases]
A = {composition = {symbol = "y", value = 1.4, min = 0.2, max = 2.0, known = "pristine"}}
B = {}
[[regions]]
name = "S 2p"
window = [158.5, 165.5]
background = {kind = "constant"}
defaults = {shape = "gaussian"}
components = [
 {id = "a", phase = "A", center = 161.5, fwhm = {value = 1.3, min = 0.6, max = 2.5}},
 {id = "b", phase = "B", center = "a.center + 2.0", fwhm = "a.fwhm"},
]
[[regions]]
name = "P 2p"
window = [158.5, 165.5]
background = {kind = "constant"}
defaults = {shape = "gaussian"}
components = [
 {id = "pa", phase = "A", count = "y", center = 161.5, fwhm = {value = 1.3, min = 0.6, max = 2.5}},
 {id = "pb", phase = "B", count = 2, center = "pa.center + 2.0", fwhm = "pa.fwhm"},
]
"""
FIT = ("fit", "cellA__S 2p.csv", "cellA__P 2p.csv", "--plan", "plan.toml", "-o")
Y, RATIO = 0.8, 0.7112
"""Composition of A, and sensitivity of P 2p over S 2p."""


def measured(of_a: float, of_b: float, seed: int) -> np.ndarray:
    """(N, K) counts: A at 161.5 eV falls while B at 163.5 eV grows."""
    share = np.linspace(0.0, 1.0, STEPS)
    y = np.full((len(ENERGIES), STEPS), 50.0)
    heights = (of_a * (1000.0 - 700.0 * share), of_b * 700.0 * share)
    for center, height in zip((161.5, 163.5), heights, strict=True):
        line = np.exp(-4.0 * np.log(2.0) * ((ENERGIES - center) / 1.2) ** 2)
        y += height * line[:, None]
    return np.random.default_rng(seed).poisson(y).astype(float)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Spectra of two chunks, a plan, and in ``whole`` a run never stopped."""
    folder = tmp_path_factory.mktemp("joint")
    write_matrix(folder / "cellA__S 2p.csv", measured(1.0, 1.0, 1))
    write_matrix(folder / "cellA__P 2p.csv", measured(Y * RATIO, 2.0 * RATIO, 2))
    plan_file(folder, PLAN)
    said = run(folder, *FIT, "whole")
    assert said.status == 0, said.err
    return folder


def parameter(output: Path, component: str, name: str) -> np.ndarray:
    with (output / "parameters.csv").open() as file:
        rows = [
            (float(r["value"]), float(r["stderr"]))
            for r in csv.DictReader(file)
            if r["component"] == component and r["parameter"] == name
        ]
    return np.array(rows)


def test_the_composition_is_found_noted_and_held(folder: Path) -> None:
    record = json.loads((folder / "whole" / "run.json").read_text())
    (told,) = record["compositions"]
    assert (told["phase"], told["symbol"], told["pristine_steps"]) == ("A", "y", 2)
    assert abs(told["value"] - Y) < 3.0 * told["stderr"] < 0.6
    assert any("then held" in note for note in record["notes"])


def test_sensitivities_are_common_to_all_steps(folder: Path) -> None:
    sulfur = parameter(folder / "whole", "sensitivity", "S 2p")
    phosphorus = parameter(folder / "whole", "sensitivity", "P 2p")
    assert len(sulfur) == STEPS
    assert np.ptp(sulfur[:, 0]) == np.ptp(phosphorus[:, 0]) == 0.0
    assert np.all(sulfur[:, 1] > 0.03)
    ratio = phosphorus[0, 0] / sulfur[0, 0]
    assert ratio == pytest.approx(1.0, abs=0.02)
    (told,) = json.loads((folder / "whole" / "run.json").read_text())["shared"]
    assert told["parameters"] == ["sensitivity.S 2p", "sensitivity.P 2p"]
    assert told["settled"] is True


def test_two_workers_and_a_stopped_run_give_the_same_bytes(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = run(folder, *FIT, "two", "--workers", "2", "--strategy", "joint")
    assert said.status == 0, said.err
    assert tables(folder / "two") == tables(folder / "whole")
    real, seen = running.end_round, []

    def stop(job: Job, number: int, lost: dict[int, object]) -> None:
        seen.append(number)
        if len(seen) == 4:
            raise FitCancelled
        real(job, number, lost)

    monkeypatch.chdir(folder)
    monkeypatch.setattr(running, "end_round", stop)
    from app.main import main

    assert main([*FIT, "stopped"]) == 130
    monkeypatch.undo()
    assert run(folder, *FIT, "stopped", "--resume").status == 0
    assert tables(folder / "stopped") == tables(folder / "whole")
