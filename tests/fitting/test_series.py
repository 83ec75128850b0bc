"""Measured series: checked and copied at the border, sorted on the way out."""

from typing import Any

import numpy as np
import pytest

from fitting.errors import DataError
from fitting.series import AxisKind, Series, Technique


def series(**changes: Any) -> Series:
    given: dict[str, Any] = {
        "sample": "cell",
        "region": "S 2p",
        "technique": Technique.XPS,
        "axis_kind": AxisKind.BINDING_ENERGY,
        "x": np.array([163.0, 162.0, 161.0]),
        "intensity": np.array([[1.0, np.nan, 3.0], [4.0, 5.0, 6.0]]),
        "steps": np.array([0, 2]),
    }
    return Series(**(given | changes))


def test_a_series_gives_spectra_in_ascending_order_without_nan() -> None:
    one = series(counts_per_unit=np.array([0.5, 2.0]), sigma=np.arange(6.0).reshape(2, 3))
    spectrum = one.spectrum(0)
    assert spectrum.x.tolist() == [161.0, 163.0]
    assert spectrum.intensity.tolist() == [3.0, 1.0]
    assert spectrum.sigma is not None
    assert spectrum.sigma.tolist() == [2.0, 0.0]
    assert spectrum.counts_per_unit == 0.5
    assert one.spectrum(1).x.tolist() == [161.0, 162.0, 163.0]


def test_kinetic_energies_become_binding_energies() -> None:
    kinetic = series(
        axis_kind=AxisKind.KINETIC_ENERGY, photon_energy_eV=1486.6, work_function_eV=4.4
    )
    assert kinetic.axis(0) == pytest.approx(1486.6 - 4.4 - kinetic.x)
    assert kinetic.fit_axis_kind is AxisKind.BINDING_ENERGY
    assert series(axis_kind=AxisKind.KINETIC_ENERGY, photon_energy_eV=100.0).axis(0) == (
        pytest.approx(100.0 - kinetic.x)
    )
    with pytest.raises(DataError, match="cell/S 2p: kinetic energies need a photon energy"):
        series(axis_kind=AxisKind.KINETIC_ENERGY).axis(0)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"intensity": np.zeros(3)}, "1 dimensions, need 2"),
        ({"x": np.zeros(4)}, "x has shape"),
        ({"sigma": np.zeros((2, 4))}, "sigma has shape"),
        ({"steps": np.array([0, 1, 2])}, "steps has shape"),
        ({"steps": np.array([2, 0])}, "must increase"),
        ({"steps": np.array([1, 1])}, "must increase"),
        ({"columns": {"time_s": np.zeros(3)}}, "column time_s has 3 values for 2 spectra"),
        ({"counts_per_unit": np.zeros(3)}, "counts_per_unit has shape"),
    ],
)
def test_arrays_that_disagree_are_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(DataError, match=words):
        series(**changes)


def test_a_series_is_a_copy_that_nobody_can_write_to() -> None:
    intensity = np.ones((2, 3))
    one = series(intensity=intensity, columns={"time_s": np.zeros(2)})
    intensity[0, 0] = 9.0
    assert one.intensity[0, 0] == 1.0
    for array in (one.x, one.intensity, one.steps, one.columns["time_s"]):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_rows_of_a_series() -> None:
    whole = series(x=np.arange(6.0).reshape(2, 3), columns={"time_s": np.array([5.0, 7.0])})
    part = whole.rows(1, 2)
    assert part.x.tolist() == [[3.0, 4.0, 5.0]]
    assert part.steps.tolist() == [2]
    assert part.columns["time_s"].tolist() == [7.0]
    assert len(part) == 1
