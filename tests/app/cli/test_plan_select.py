from pathlib import Path

import numpy as np
import pytest

from app.main import main
from fitting.plan import Plan

PLAN = """
format = 1
[series]
axis = "charge_uAh_cm2"
[phases]
A = {}
B = {}
C = {}
D = {counted = false}
[[regions]]
name = "S 2p"
window = [156.5, 168.0]
background = {kind="constant"}
defaults = {shape="gaussian", fwhm=1.2}
components = [
 {id="a", phase="A", center=161.5},
 {id="b", phase="B", center="a.center + 2.0"},
 {id="c", phase="C", center="a.center + 4.0"},
 {id="c_loss", phase="D", center="c.center + 1.5"},
]
"""

ENERGIES = np.round(np.linspace(156.0, 168.5, 126), 3)
STEPS = 8


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Plan and data: A everywhere, B in the second half, no C."""
    rng = np.random.default_rng(5)
    b = 1500.0 * (np.arange(STEPS) >= STEPS // 2)
    shape = [np.exp(-4.0 * np.log(2.0) * ((ENERGIES - e) / 1.2) ** 2) for e in (161.5, 163.5)]
    curves = 150.0 + 3000.0 * shape[0] + b[:, np.newaxis] * shape[1]
    counts = rng.poisson(curves)
    table = tmp_path / "cellA__S 2p.csv"
    rows = ["binding_energy_eV\\charge_uAh_cm2," + ",".join(map(str, range(STEPS)))]
    rows += [",".join(map(str, [x, *own])) for x, own in zip(ENERGIES, counts.T, strict=True)]
    table.write_text("\n".join(rows) + "\n", "utf-8")
    plan = tmp_path / "everything.toml"
    plan.write_text(PLAN, "utf-8")
    return plan, table


def run(*words: str | Path) -> int:
    return main(["plan", "select", *map(str, words)])


def test_writes_a_plan_with_the_phases_that_are_there(
    files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = tmp_path / "found.toml"
    assert run(*files, "-o", found) == 0
    said = capsys.readouterr().out
    assert "cellA, 8 steps" in said
    assert "B: needed, pays in 4 of 8 steps" in said
    assert "C (with D): left out" in said
    assert "runner-up: C as well" in said
    text = found.read_text("utf-8")
    assert text.startswith("# Phases selected out of those of everything.toml")
    written = Plan.from_toml(text)
    assert list(written.phases) == ["A", "B"]
    assert list(written.components) == ["a", "b"]
    assert main(["plan", "check", str(found), str(files[1])]) == 0


def test_inputs_and_plans_that_exist_are_not_written_over(
    files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*files, "-o", files[0]) == 2
    assert "is an input" in capsys.readouterr().err
    other = files[0].with_name("other.toml")
    other.write_text("mine", "utf-8")
    assert run(*files, "-o", other) == 2
    assert "--force" in capsys.readouterr().err
    assert other.read_text("utf-8") == "mine"
    assert run(*files, "-o", other, "--force") == 0


def test_nothing_to_leave_out_and_nothing_of_the_plan(
    files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = files[1]
    alone = tmp_path / "alone.toml"
    alone.write_text(PLAN.replace(" = {}", " = {counted = false}"), "utf-8")
    assert run(alone, table, "-o", tmp_path / "o.toml") == 3
    assert "no phase that could be left out" in capsys.readouterr().err
    elsewhere = tmp_path / "elsewhere.toml"
    elsewhere.write_text(PLAN.replace('"S 2p"', '"P 2p"'), "utf-8")
    assert run(elsewhere, table, "-o", tmp_path / "o.toml") == 3
    assert "none of the regions of the plan (P 2p)" in capsys.readouterr().err
