"""A log alone, from the command line to its tables."""

import csv
from pathlib import Path

import pytest

from app.project.ready import ready_plan
from fitting.simulate import simulate
from fitting.simulate.e10 import CELLS
from tests.app.program import PLAN, call, plan_file, spectra


@pytest.fixture
def archive(tmp_path, capsys):
    path = tmp_path / "e10.h5"
    assert call(capsys, "simulate", "E10", "-o", path, "--steps", 20).status == 0
    return path


@pytest.fixture
def plan(tmp_path):
    path = tmp_path / "E10.toml"
    path.write_text(ready_plan("E10"), "utf-8")
    return path


def rows(folder: Path, name: str = "trends.csv") -> list[dict[str, str]]:
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def test_from_simulation_to_rate_and_thickness(archive, plan, tmp_path, capsys):
    said = call(capsys, "fit", archive, "--plan", plan, "-o", tmp_path / "out")
    assert (said.status, said.err) == (0, "")
    assert "bare: 20 points of side-reaction charge" in said.out
    found = {(r["sample"], r["quantity"], r["compared_with"]): r for r in rows(tmp_path / "out")}
    for cell, rate in CELLS.items():
        row = found[cell, "sqrt_time_rate", ""]
        assert float(row["low95"]) <= rate <= float(row["high95"])
        assert row["unit"] == "uAh/cm2 per h^0.5"
        thick = found[cell, "sei_thickness_to_Li3P", ""]
        assert float(thick["value"]) == pytest.approx(91.0)
        assert float(thick["stderr"]) > 0.0
    assert found["bare", "sqrt_time_rate", "coated"]["note"].startswith("differ by")
    points = rows(tmp_path / "out", "side_charge.csv")
    assert [row["step"] for row in points if row["sample"] == "bare"] == [str(k) for k in range(20)]
    assert set(points[0]) >= {"time_s", "charge_side_uAh_cm2"}
    assert "charge_uAh_cm2" not in points[0]


def test_export_writes_the_same_tables_and_a_figure(archive, plan, tmp_path, capsys):
    out, again = tmp_path / "out", tmp_path / "again"
    assert call(capsys, "fit", archive, "--plan", plan, "-o", out).status == 0
    assert call(capsys, "export", out / "result.h5", "--csv", "--figures", "-o", again).status == 0
    for name in ("trends.csv", "side_charge.csv"):
        assert (out / name).read_bytes() == (again / name).read_bytes()
    assert sorted(path.name for path in again.glob("side_charge.p*")) == [
        "side_charge.pdf",
        "side_charge.png",
    ]


def test_a_log_of_a_potentiostat_alone(plan, tmp_path, capsys):
    record = simulate("E10", steps=12).records[0]
    lines = ["time/s,Ewe/V,(Q-Qo)/mA.h"]
    values = zip(record.time_s, record.potential_V, record.charge_mAh, strict=True)
    lines += [f"{t:.6f},{e:.6f},{q:.9f}" for t, e, q in values]
    log = tmp_path / "cell7.csv"
    log.write_text("\n".join(lines) + "\n", "utf-8")
    said = call(capsys, "fit", log, "--plan", plan, "-o", tmp_path / "out", "--area", "0.785")
    assert said.status == 0
    assert "cell7: 12 points" in said.out
    (row,) = (r for r in rows(tmp_path / "out") if r["quantity"] == "sqrt_time_rate")
    assert float(row["value"]) == pytest.approx(CELLS["bare"], rel=0.05)
    half = call(capsys, "fit", log, "--plan", plan, "-o", tmp_path / "half", "--area", "1.57")
    assert half.status == 0
    (other,) = (r for r in rows(tmp_path / "half") if r["quantity"] == "sqrt_time_rate")
    assert float(other["value"]) == pytest.approx(0.5 * float(row["value"]))


def test_the_folder_of_another_job_is_refused(archive, plan, tmp_path, capsys):
    out = tmp_path / "out"
    assert call(capsys, "fit", archive, "--plan", plan, "-o", out).status == 0
    assert call(capsys, "fit", archive, "--plan", plan, "-o", out).status == 0
    plan.write_text(ready_plan("E10").replace("12.9", "13.0"), "utf-8")
    said = call(capsys, "fit", archive, "--plan", plan, "-o", out)
    assert said.status == 2
    assert "holds the results of another job" in said.sentence()


def test_plans_and_files_that_do_not_go_together(archive, plan, tmp_path, capsys):
    of_spectra = call(capsys, "fit", archive, "--plan", plan_file(tmp_path), "-o", tmp_path / "out")
    assert of_spectra.status == 3
    assert "holds a charge log and no spectra" in of_spectra.sentence()
    matrix = spectra(tmp_path)
    of_logs = call(capsys, "fit", matrix, "--plan", plan, "-o", tmp_path / "out")
    assert of_logs.status == 3
    assert "has no time column" in of_logs.sentence()
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[titration]\narea_cm2 = -1.0\n", "titration.area_cm2"),
        ('[titration]\ncharge_sign = "plus"\n', "titration.charge_sign"),
        ("[titration]\nspeed = 1.0\n", "speed"),
        (f"[titration]\n{PLAN}", "is about a log alone"),
    ],
)
def test_a_wrong_plan_is_said_in_one_sentence(text, said, archive, tmp_path, capsys):
    path = tmp_path / "bad.toml"
    path.write_text(text.replace("\nformat = 1\n", "\n"), "utf-8")
    for words in (("plan", "check", path), ("fit", archive, "--plan", path, "-o", tmp_path / "o")):
        answer = call(capsys, *words)
        assert answer.status == 2
        assert said in answer.sentence()


def test_info_and_import_say_what_a_log_is(archive, plan, tmp_path, capsys):
    said = call(capsys, "info", archive)
    assert said.status == 0
    assert "charge log" in said.out
    assert "area: 0.785 cm2" in said.out
    refused = call(capsys, "import", archive, "-o", tmp_path / "a.h5")
    assert refused.status == 3
    assert "holds a charge log and no spectra" in refused.sentence()
    assert call(capsys, "plan", "check", plan).status == 0
