"""C 1s sets the scale beside lithium metal: said before the fit as well as after it."""

import pytest

from fitting.energy_notes import energy_notes
from fitting.plan import Plan
from fitting.plan_check import plan_notes
from tests.fitting.synthetic import region


def carbon_plan(phase: str = "Li0", reference: str = "component", at: float = 284.8) -> Plan:
    carbon = {"id": "cc", "phase": "C", "shape": "gaussian", "center": at, "fwhm": 1.2}
    energy = {"component": "cc", "position_eV": at} if reference == "component" else {}
    return Plan.from_data(
        {
            "phases": {"C": {"counted": False}, phase: {}},
            "energy": {"reference": reference, **energy},
            "regions": [region([carbon], name="C 1s", window=(278.0, 292.0))],
        }
    )


@pytest.mark.parametrize("at", [284.8, 285.0])
def test_carbon_beside_lithium_metal_is_noted(at: float) -> None:
    (note,) = energy_notes(carbon_plan(at=at))
    assert "Li0" in note
    assert f"{at:g} eV" in note
    assert note in plan_notes(carbon_plan(at=at))


def test_without_metal_or_another_reference_nothing_is_said() -> None:
    assert energy_notes(carbon_plan("Li2S")) == []
    assert energy_notes(carbon_plan(reference="fitted")) == []
