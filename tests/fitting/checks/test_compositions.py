"""What is said of a composition that the data do not tell."""

from fitting.checks import SeriesChecks
from tests.fitting.joint_series import joint_fit
from tests.fitting.test_joint import FREE_X, measured, table_of


def test_a_composition_is_called_not_identified_only_where_it_is_not() -> None:
    table, made = table_of(FREE_X, quantification={"fit_sensitivities": False}), table_of()
    steps = [measured(made, k, LixP=amount) for k, amount in enumerate((40_000.0, 150.0, 40_000.0))]
    result, series = joint_fit(table, steps)
    said = [c for c in SeriesChecks(table).look(result, series) if c.check == "composition"]
    assert {c.step for c in said} == {1}
    assert {c.region for c in said} == {"P 2p", "Li 1s"}
    assert all("x in LixP is not identified" in c.detail for c in said)
    assert all("0 .. 3" in c.detail for c in said)
