"""What is said of joint fits: compositions, amounts and sensitivities that the data do not tell."""

import numpy as np

from fitting.checks import SeriesChecks
from fitting.checks.joint import sensitivities, unknown_amounts
from fitting.result import SeriesResult
from tests.fitted_series import stack
from tests.fitting.joint_series import joint_fit, series_of
from tests.fitting.test_joint import FREE_X, fitted, measured, table_of
from tests.fitting.test_joint_sensitivities import fitted as fitted_together
from tests.fitting.test_joint_sensitivities import series


def test_a_composition_is_called_not_identified_only_where_it_is_not() -> None:
    table, made = table_of(FREE_X, quantification={"fit_sensitivities": False}), table_of()
    steps = [measured(made, k, LixP=amount) for k, amount in enumerate((40_000.0, 150.0, 40_000.0))]
    result, own = joint_fit(table, steps)
    said = [c for c in SeriesChecks(table).look(result, own) if c.check == "composition"]
    assert {c.step for c in said} == {1}
    assert {c.region for c in said} == {"P 2p", "Li 1s"}
    assert all("x in LixP is not identified" in c.detail for c in said)
    assert all("0 .. 3" in c.detail for c in said)
    held = table_of({**FREE_X, "known": "given"}, quantification={"fit_sensitivities": False})
    result, own = joint_fit(held, steps)
    assert not [c for c in SeriesChecks(held).look(result, own) if c.check == "composition"]


def test_an_amount_that_a_step_does_not_show_is_named() -> None:
    table = table_of(quantification={"fit_sensitivities": False})
    steps = [measured(table, k) for k in range(2)]
    results = fitted(table, [steps[0], {"S 2p": steps[1]["S 2p"]}])
    whole = stack(table, series_of(steps), results)
    said = [c for r in range(3) for c in unknown_amounts(whole, table, r)]
    assert [(c.step, c.region, c.check) for c in said] == [(1, "S 2p", "amount")]
    assert "amount.LixP; shown by P 2p, Li 1s" in said[0].detail


def test_a_sensitivity_far_from_the_plan_is_a_warning() -> None:
    table = table_of()

    def result(off: tuple[float, ...]) -> SeriesResult:
        _, spectra = series(table, 4, off)
        return stack(table, series_of(spectra), fitted_together(table, spectra))

    assert not list(sensitivities(result((1.0, 1.05, 0.97)), table))
    (said,) = sensitivities(result((1.0, 0.5, 1.0)), table)
    assert (said.step, said.region, said.check) == (None, "P 2p", "sensitivity")
    assert "uncertainties away" in said.detail
    assert np.isfinite(result((1.0, 1.0, 1.0)).values).all()
