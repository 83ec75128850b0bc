from pathlib import Path

import numpy as np
import pytest

from app.io.names import axis_kind, parse_axis, sample_and_region, step_column
from fitting.errors import DataError
from fitting.series import STEP_COLUMNS, AxisKind


@pytest.mark.parametrize(
    ("name", "sample", "region"),
    [
        ("cellA__S 2p.csv", "cellA", "S 2p"),
        ("cell__A__S2p.csv", "cell__A", "S 2p"),
        ("cellA__200-600 cm-1.csv", "cellA", "200-600 cm-1"),
        ("cellA_S2p.csv", "cellA", "S 2p"),
        ("cellA-Li1s.txt", "cellA", "Li 1s"),
        ("S 2p.csv", "sample", "S 2p"),
        ("cellA_Sn3d5.csv", "cellA", "Sn 3d"),
        ("cellA_Zn_2p3.csv", "cellA", "Zn 2p"),
        ("cellA S2p3-2.txt", "cellA", "S 2p"),
        ("cellA__S2p3_2.txt", "cellA", "S 2p"),
        ("cell_2p3.csv", "cell_2p3", None),
        ("cellA_O1s1.csv", "cellA_O1s1", None),
        ("cellA_S2p5.csv", "cellA_S2p5", None),
        ("cell_X1s.csv", "cell_X1s", None),
        ("today.csv", "today", None),
        ("__S 2p.csv", "sample", "S 2p"),
    ],
)
def test_file_names(name: str, sample: str, region: str | None) -> None:
    assert sample_and_region(Path("/folder") / name) == (sample, region)


@pytest.mark.parametrize(
    ("text", "kind", "unit"),
    [
        ("binding_energy_eV", AxisKind.BINDING_ENERGY, "eV"),
        ("Kinetic Energy [eV]", AxisKind.KINETIC_ENERGY, "eV"),
        ("raman_shift_cm-1", AxisKind.RAMAN_SHIFT, "cm-1"),
        ("Wavenumber (1/cm)", AxisKind.RAMAN_SHIFT, "cm-1"),
        ("Energy (eV)", None, "eV"),
        ("Wavelength / nm", None, "nm"),
        ("number of beads", None, None),
        ("binding and kinetic energy eV", None, "eV"),
    ],
)
def test_axis_words(text: str, kind: AxisKind | None, unit: str | None) -> None:
    assert (parse_axis(text).kind, parse_axis(text).unit) == (kind, unit)


@pytest.mark.parametrize("text", ["energy_eV", "binding_energy", "raman_shift_nm", "x"])
def test_unclear_axes_say_what_to_write(text: str) -> None:
    with pytest.raises(DataError, match="write"):
        axis_kind(text)


@pytest.mark.parametrize("name", STEP_COLUMNS)
def test_standard_step_columns_stay(name: str) -> None:
    values = np.array([0.0, 1.5])
    column, converted = step_column(name, values)
    assert column == name
    assert converted.tolist() == [0.0, 1.5]


@pytest.mark.parametrize("name", ["", "0", "charge", "depth_miles", "a b;c"])
def test_unclear_step_columns_are_refused(name: str) -> None:
    with pytest.raises(DataError):
        step_column(name, np.zeros(1))
