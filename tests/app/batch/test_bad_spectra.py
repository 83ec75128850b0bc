"""Dead, saturated and cut-off spectra in a series are named, and nobody else notices them."""

import csv
from pathlib import Path

import numpy as np

from tests.app.program import PLAN, counts, plan_file, run, tables, write_matrix

STEPS = 64 + 4
BAD = (5, 20, 31, 32, 63)
EXCLUDE = PLAN.replace("[series]", f"[series]\nexclude = {list(BAD)}")


def spoilt() -> np.ndarray:
    y = counts(STEPS)
    y[:, 5] = 0.0
    y[:, 20] = np.minimum(y[:, 20], 180.0)
    y[24:, 31] = np.nan
    y[:, 32] = 17.0
    y[25:, 63] = 0.0  # the chunk ends with it
    return y


def fitted(folder: Path, name: str, y: np.ndarray, plan: str) -> list[dict[str, str]]:
    write_matrix(folder / "cellA__S 2p.csv", y)
    said = run(folder, "fit", "cellA__S 2p.csv", "--plan", plan_file(folder, plan), "-o", name)
    assert said.status == 0, said.err
    with (folder / name / "phase_fractions.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_neighbours_come_out_as_if_bad_spectra_were_not_there(tmp_path: Path) -> None:
    found = fitted(tmp_path, "spoilt", spoilt(), PLAN)
    assert {int(row["step"]) for row in found if row["status"] == "excluded"} == set(BAD)
    by_hand = fitted(tmp_path, "by hand", counts(STEPS), EXCLUDE)
    assert found == by_hand
    checks = tables(tmp_path / "spoilt")["checks.csv"].decode()
    for step, said in {
        5: "all 35 intensities are 0 (dead detector?)",
        20: "flat at its highest value 180: ",
        31: "measured from 158.6 to 162.6, not from 158.6 to 165.4 (cut off?)",
        32: "all 35 intensities are 17 (dead detector?)",
        63: "stuck at 0: 13 points from 163 to 165.4 (dead detector, or cut off?)",
    }.items():
        assert f"cellA,{step},S 2p,excluded,warn," in checks
        assert said in checks
    clean = fitted(tmp_path, "clean", counts(STEPS), PLAN)
    for own, other in zip(found, clean, strict=True):
        if int(own["step"]) not in BAD:
            off = abs(float(own["fraction"]) - float(other["fraction"]))
            assert off <= 1e-3 * float(other["fraction_stderr"] or 1.0)


def test_a_spike_on_a_line_hardly_moves_anything_with_a_robust_loss(tmp_path: Path) -> None:
    robust = PLAN.replace("[phases]", '[fit]\nloss = "huber"\n[phases]')
    clean, spiked = counts(6), counts(6)
    spiked[16, 3] += round(20.0 * np.sqrt(spiked[16, 3]))
    good = fitted(tmp_path, "clean", clean, robust)
    found = fitted(tmp_path, "huber", spiked, robust)
    squares = fitted(tmp_path, "squares", spiked, PLAN)
    for own, other, plain in zip(found, good, squares, strict=True):
        stderr = float(other["fraction_stderr"] or "nan")
        off = abs(float(own["fraction"]) - float(other["fraction"])) / stderr
        if own["step"] != "3":
            assert not off > 1e-2
            continue
        assert own["sigma_source"].endswith(", huber")
        assert own["stderr_method"] == "sandwich"
        assert off < 1.5
        assert abs(float(plain["fraction"]) - float(other["fraction"])) / stderr > 2.0
