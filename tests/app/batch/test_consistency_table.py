"""consistency.csv, the rows of checks.csv, molar fractions and the figure of a joint fit."""

import csv
from pathlib import Path

import h5py
import numpy as np
import pytest

from app.archive.gather import Reading
from app.archive.write import write_archive
from app.batch.consistency_table import ALL_PHASES
from app.batch.export import export_tables
from app.batch.figures import write_figures
from app.batch.fit import Running, fit_files
from app.batch.tables import FILE_NAMES
from fitting.build import build_model
from fitting.monitor import SilentMonitor
from fitting.plan import Plan
from tests.fitting.joint_series import seen_with, series_of
from tests.fitting.test_joint import measured, plan_data

QUIET = SilentMonitor()
STEPS = 3
PAIRS = 7


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three steps whose S 2p is ten percent stronger than the plan takes."""
    plan = Plan.from_data(plan_data(fit={"basis": ["area", "molar"]}))
    made = seen_with(build_model(plan), {"S 2p": 1.1})
    series = series_of([measured(made, seed) for seed in range(STEPS)])
    place = tmp_path_factory.mktemp("joint")
    write_archive(place / "cell.h5", list(series.values()))
    fit_files([place / "cell.h5"], plan, place / "out", Reading(), Running(), QUIET)
    return place / "out"


def rows_of(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / FILE_NAMES[name]).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def test_steps_come_first_then_the_series(folder: Path) -> None:
    rows = rows_of(folder, "consistency")
    assert len(rows) == (STEPS + 1) * PAIRS + 3
    assert [row["step"] for row in rows[: STEPS * PAIRS : PAIRS]] == ["0", "1", "2"]
    assert {row["step"] for row in rows[STEPS * PAIRS :]} == {""}
    first = rows[0]
    assert (first["sample"], first["phase"], first["region"]) == ("cell", "Li6PS5Cl", "S 2p")
    assert first["charge_uAh_cm2"] == "0"
    assert first["amount_unit"] == "counts eV per formula unit"
    alone, joint = float(first["amount_alone"]), float(first["amount_joint"])
    assert float(first["ratio"]) == pytest.approx(alone / joint)
    assert float(first["tension"]) > 3.0 > abs(float(first["tension_systematic"]))
    assert first["verdict"] == "gives more than all regions, as uncertain sensitivities may"


def test_the_series_names_the_sensitivity(folder: Path) -> None:
    rows = rows_of(folder, "consistency")[STEPS * PAIRS :]
    levels = {row["region"]: row for row in rows if row["phase"] == ALL_PHASES}
    assert list(levels) == ["S 2p", "P 2p", "Li 1s"]
    assert float(levels["S 2p"]["ratio"]) == pytest.approx(1.1, abs=0.02)
    assert "all phases agree then" in levels["S 2p"]["verdict"]
    found = [row for row in rows_of(folder, "checks") if row["check"] == "consistency"]
    over_series = {row["region"] for row in found if not row["step"]}
    assert {"S 2p", "P 2p"} <= over_series
    assert all(row["verdict"] == "warn" for row in found)
    assert any("sensitivity of S 2p" in row["detail"] for row in found)


def test_molar_fractions_have_one_row_for_all_regions(folder: Path) -> None:
    rows = [row for row in rows_of(folder, "fractions") if row["basis"] == "molar"]
    assert [row["region"] for row in rows] == ["all"] * 3 * STEPS
    assert sum(float(row["fraction"]) for row in rows[:3]) == pytest.approx(1.0)
    assert rows[0]["area_unit"] == "counts eV per formula unit"
    assert rows[3]["charge_uAh_cm2"] == "2"
    assert {row["status"] for row in rows} <= {"converged", "at_bound"}
    wide = [row for row in rows_of(folder, "wide") if row["region"] == "all"]
    assert [row["Li2S"] for row in wide] == [r["fraction"] for r in rows if r["phase"] == "Li2S"]
    amounts = [
        row
        for row in rows_of(folder, "parameters")
        if row["component"] == "amount"
        if row["stderr"]
    ]
    assert {row["phase"] for row in amounts} == {"Li6PS5Cl", "Li2S", "LixP"}


def test_tables_are_the_same_again_from_the_result(folder: Path, tmp_path: Path) -> None:
    names = export_tables(folder / "result.h5", tmp_path, QUIET)
    assert FILE_NAMES["consistency"] in names
    for name in names:
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name


def test_the_result_shows_molar_fractions(folder: Path) -> None:
    with h5py.File(folder / "result.h5") as file:
        [entry] = [file[name] for name in file if "phase_fractions" in file[name]]
        group = entry["phase_fractions/all_molar"]
        assert group.attrs["region"] == b"all"
        assert group["charge_uAh_cm2"][()].tolist() == [0.0, 2.0, 4.0]
        assert np.isfinite(group["Li2S"][()]).all()
        assert len(group["Li2S_errors"]) == STEPS


def test_figures_of_fractions_and_of_the_regions(folder: Path, tmp_path: Path) -> None:
    names = {path.name for path in write_figures(folder / "result.h5", tmp_path, QUIET)}
    for kind in ("pdf", "png", "svg"):
        assert f"consistency_cell.{kind}" in names
        assert f"fractions_cell_all_molar.{kind}" in names
    text = (tmp_path / "consistency_cell.svg").read_text(encoding="utf-8")
    assert "what uncertain sensitivities may do" in text
