from dataclasses import replace

import numpy as np

from fitting.checks.starts import starts
from tests.fitted_series import E1_PLAN, e1_series, fitted


def test_who_won_and_what_the_next_minimum_is_worth() -> None:
    _, series = next(iter(e1_series(5).items()))
    _, result = fitted(E1_PLAN, series)
    assert list(starts(result, 0)) == []
    words = ["chain", "step -1", "thrown 3", "plan", "step +25"]
    above = np.array([30.0, np.nan, 0.4, 2.0, np.nan])
    told = replace(
        result,
        start=tuple((word, "chain") for word in words),
        tried=np.full((5, 2), 12),
        runner_up=np.stack([above, np.full(5, np.nan)], axis=1),
    )
    assert list(starts(told, 1)) == []
    found = list(starts(told, 0))
    assert [check.step for check in found] == result.steps.tolist()
    assert [check.verdict for check in found] == ["ok", "ok", "warn", "ok", "ok"]
    assert found[0].detail == (
        "found from the step before, of 12 starts; the next minimum is 30 higher in chi-square"
    )
    assert found[1].detail == "found from the answer 1 step before, of 12 starts"
    assert found[2].detail.endswith(
        "0.4 higher in chi-square: the data do not choose between the two"
    )
    assert "the start of the plan" in found[3].detail
    assert "the answer 25 steps after" in found[4].detail
