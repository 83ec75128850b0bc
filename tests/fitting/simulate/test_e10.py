"""E10: the log of a titration gives back its rate, and the thickness that goes with it."""

import numpy as np
import pytest

from fitting.errors import DataError
from fitting.formula import atoms
from fitting.sei import layers_per_charge, side_charge_trends
from fitting.simulate import simulate
from fitting.simulate.e10 import CELLS, ELECTROLYTE, LIMIT_V
from fitting.titration import ChargeRecord, side_charge


def test_equal_seeds_give_equal_logs():
    first, second, other = (simulate("E10", steps=8, seed=s).records for s in (1, 1, 2))
    np.testing.assert_array_equal(first[0].time_s, second[0].time_s)
    assert not np.array_equal(first[0].time_s, other[0].time_s)


def test_a_log_is_one_that_a_potentiostat_could_write():
    for record in simulate("E10").records:
        assert np.all(np.diff(record.time_s) >= 0.0)
        assert np.all(np.diff(record.charge_mAh) <= 0.0)  # EC-Lab counts oxidation positive
        assert record.charge_uAh_cm2[-1] == pytest.approx(20.0)
        assert record.potential_V is not None
        assert np.nanmax(record.potential_V[1:]) < LIMIT_V + 0.01


def test_the_truth_follows_from_rate_and_densities():
    truth = simulate("E10").truth
    assert atoms(ELECTROLYTE)["S"] == 5.0
    for cell, rate in CELLS.items():
        true = truth[cell]
        roots = np.sqrt(true["time_s"] / 3600.0)
        np.testing.assert_allclose(true["charge_side_uAh_cm2"], rate * roots)
        for layer in layers_per_charge(ELECTROLYTE):
            thick = true[f"sei_thickness_to_{layer.end}_nm"]
            np.testing.assert_allclose(thick, layer.nm_per_uAh_cm2 * true["charge_side_uAh_cm2"])


@pytest.mark.parametrize("limit", [None, LIMIT_V - 0.02])
def test_intervals_of_the_rate_hold_the_truth(limit):
    held, count = 0, 0
    for seed in range(12):
        for record in simulate("E10", seed=seed).records:
            trends = side_charge_trends(side_charge(record, limit), {"Li3P": 9.1})
            found = {trend.quantity: trend for trend in trends}
            rate = found["sqrt_time_rate"].measured
            held += rate.low95 <= CELLS[record.sample] <= rate.high95
            growth = found["sei_growth_to_Li3P"].measured
            assert growth.value == pytest.approx(9.1 * rate.value)
            assert growth.high95 - growth.value == pytest.approx(9.1 * (rate.high95 - rate.value))
            count += 1
    assert 0.83 <= held / count <= 1.0


def test_points_are_where_portions_are_gone():
    record = simulate("E10", steps=10, seed=3).records[0]
    true = simulate("E10", steps=10, seed=3).truth["bare"]
    seen = side_charge(record, LIMIT_V - 0.02)
    np.testing.assert_allclose(seen.charge_side_uAh_cm2, true["charge_side_uAh_cm2"])
    np.testing.assert_allclose(
        np.sqrt(seen.time_s - seen.begin_s), np.sqrt(true["time_s"]), rtol=0.4
    )
    plain = side_charge(record)  # the last rest has no portion after it
    np.testing.assert_allclose(plain.charge_side_uAh_cm2, seen.charge_side_uAh_cm2[:-1])
    assert np.all(plain.time_s >= seen.time_s[:-1])


def test_a_portion_that_is_not_used_up_is_left_out():
    record = simulate("E10", steps=10).records[0]
    assert side_charge(record, LIMIT_V + 0.5).left_out == 10


def _record(**words: object) -> ChargeRecord:
    made = {"time_s": np.arange(4.0), "charge_mAh": np.zeros(4), "area_cm2": 1.0}
    return ChargeRecord("cell", "log.csv", **{**made, "charge_sign": "-", **words})


@pytest.mark.parametrize(
    ("words", "limit", "said"),
    [
        ({}, None, "0 portions of lithium"),
        ({"area_cm2": None}, None, "area_cm2 and charge_sign of the log are not known"),
        ({"charge_sign": None}, None, "area_cm2 and charge_sign of the log are not known"),
        ({}, 0.1, "depleted_above_V needs potentials"),
    ],
)
def test_logs_that_say_nothing(words, limit, said):
    with pytest.raises(DataError, match=said):
        side_charge(_record(**words), limit)


def test_the_wrong_sign_is_said():
    record = simulate("E10", steps=5).records[0]
    turned = ChargeRecord("cell", "log", record.time_s, record.charge_mAh, None, 1.0, "+")
    with pytest.raises(DataError, match="Is charge_sign right"):
        side_charge(turned)
