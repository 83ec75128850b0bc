"""Units of parameters in words."""

import pytest

from fitting.series import AxisKind, IntensityUnit
from fitting.units import unit_text


@pytest.mark.parametrize(
    ("token", "axis", "intensity", "text"),
    [
        ("axis", "binding_energy", "counts", "eV"),
        ("axis", "raman_shift", "counts", "cm-1"),
        ("area", "kinetic_energy", "counts_per_s", "counts/s eV"),
        ("area", "raman_shift", "arbitrary", "arb. cm-1"),
        ("1", "binding_energy", "counts", "1"),
        ("1/axis", "binding_energy", "counts", "1/eV"),
        ("axis^2", "binding_energy", "counts", "eV^2"),
        ("intensity", "binding_energy", "counts", "counts"),
        ("intensity/axis^2", "binding_energy", "counts", "counts/eV^2"),
    ],
)
def test_units_are_spelt_out(token: str, axis: str, intensity: str, text: str) -> None:
    assert unit_text(token, AxisKind(axis), IntensityUnit(intensity)) == text
