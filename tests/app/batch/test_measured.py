"""What a plan takes from its files: transmission, and whether regions can be compared."""

from typing import Any

import numpy as np
import pytest

from app.batch.measured import comparison_notes, planned_transmission, with_transmission
from app.io.transmission import transmission_of
from fitting.component_sensitivities import component_sensitivities
from fitting.errors import PlanError
from fitting.plan import Plan
from fitting.series import AxisKind, IntensityUnit, Series, Technique

POINTS = 21


def measured(region: str, low: float, said: object = None, **more: Any) -> Series:
    x = np.linspace(low, low + 10.0, POINTS)
    given: dict[str, Any] = {
        "sample": "pellet",
        "region": region,
        "technique": Technique.XPS,
        "axis_kind": AxisKind.BINDING_ENERGY,
        "x": x,
        "intensity": np.full((2, POINTS), 100.0),
        "steps": np.arange(2),
        "photon_energy_eV": 1486.6,
        "metadata": {} if said is None else said,
        **more,
    }
    return Series(**given)


def vamas(values: list[float]) -> dict[str, object]:
    return {"vamas": [{"block": "a", "further_ordinates": {"Transmission": values}}] * 2}


def plan_of(transmission: object = "file", **quantification: Any) -> Plan:
    def region(name: str, low: float) -> dict[str, Any]:
        line = {"id": f"c{low:.0f}", "shape": "gaussian", "center": low + 5.0, "fwhm": 1.2}
        return {
            "name": name,
            "window": [low, low + 10.0],
            "background": {"kind": "linear"},
            "components": [line],
        }

    return Plan.from_data(
        {
            "energy": {"photon_energy_eV": 1486.6},
            "fit": {"basis": ["area", "atomic"]},
            "quantification": {"transmission": transmission, **quantification},
            "regions": [region("S 2p", 157.0), region("Li 1s", 50.0)],
        }
    )


RISING = [1.0 + 0.01 * i for i in range(POINTS)]
FILES = [measured("S 2p", 157.0, vamas(RISING)), measured("Li 1s", 50.0, vamas([2.0] * POINTS))]


@pytest.mark.parametrize(
    "said",
    [
        vamas(RISING),
        {"files": [{"source": "a.vms", **vamas(RISING)}]},
        {"specs": [{"transmission": [str(value) for value in RISING]}]},
        {"specs": [{"further_columns": [{"name": "Transmission", "values": RISING}]}]},
    ],
)
def test_transmission_is_found_where_readers_leave_it(said: object) -> None:
    found = transmission_of(measured("S 2p", 157.0, said))
    assert found is not None
    energies, values = found
    np.testing.assert_allclose(energies, 1486.6 - np.linspace(167.0, 157.0, POINTS))
    np.testing.assert_allclose(values, RISING[::-1])


@pytest.mark.parametrize(
    "said", [{}, vamas([1.0, 2.0]), vamas([0.0] * POINTS), {"specs": [{"transmission": ["?"]}]}]
)
def test_what_is_no_transmission_is_none(said: object) -> None:
    assert transmission_of(measured("S 2p", 157.0, said)) is None


def test_a_plan_gets_one_point_for_each_region() -> None:
    plan = with_transmission(plan_of(), FILES)
    found = component_sensitivities(plan)
    assert found["c157"].transmission == pytest.approx(1.1)
    assert found["c50"].transmission == pytest.approx(2.0)
    assert Plan.from_data(plan.model_dump()) == plan
    assert with_transmission(plan_of(1.0), FILES) == plan_of(1.0)
    assert planned_transmission(plan_of(1.0), FILES) == plan


def test_files_without_transmission_are_refused_and_not_planned() -> None:
    bare = [FILES[0], measured("Li 1s", 50.0)]
    with pytest.raises(PlanError, match="no file has a transmission of Li 1s"):
        with_transmission(plan_of(), bare)
    assert planned_transmission(plan_of(1.0), bare) == plan_of(1.0)


def took(seconds: float, **more: Any) -> dict[str, Any]:
    return {"acquisition_s": np.full(2, seconds), **more}


def test_counts_of_different_times_are_noted_unless_the_plan_says_them() -> None:
    series = [measured("S 2p", 157.0, **took(21.0)), measured("Li 1s", 50.0, **took(84.0))]
    (note,) = comparison_notes(plan_of(1.0), series)
    assert 'exposure_s = {"S 2p" = 1, "Li 1s" = 4}' in note
    assert comparison_notes(plan_of(1.0, exposure_s={"S 2p": 1.0, "Li 1s": 4.0}), series) == []
    alike = [measured("S 2p", 157.0, **took(80.0)), measured("Li 1s", 50.0, **took(84.0))]
    assert comparison_notes(plan_of(1.0), alike) == []
    areas = plan_of(1.0).model_copy(update={"fit": Plan.model_fields["fit"].default})
    assert comparison_notes(areas, series) == []


def test_counts_beside_rates_are_noted() -> None:
    rates = took(84.0, intensity_unit=IntensityUnit.COUNTS_PER_SECOND)
    series = [measured("S 2p", 157.0, **took(21.0)), measured("Li 1s", 50.0, **rates)]
    (note,) = comparison_notes(plan_of(1.0), series)
    assert "S 2p in counts, Li 1s in counts_per_s" in note


def test_steps_at_several_angles_are_noted_under_an_overlayer() -> None:
    tilted = [measured("S 2p", 157.0, columns={"Angle_degree": np.array([0.0, 60.0])})]
    assert comparison_notes(plan_of(1.0), tilted) == []
    layer = {"material": "Ni", "thickness_nm": 2.0}
    covered = Plan.from_data({**plan_of(1.0).model_dump(), "overlayer": layer})
    (note,) = comparison_notes(covered, tilted)
    assert note.startswith("Angle_degree may change the emission angle")
