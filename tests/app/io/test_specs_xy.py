"""SpecsLab Prodigy text: cycles are steps, scans are added, nothing else is."""

from pathlib import Path

import numpy as np
import pytest

from app.io.clock import NAIVE_TIME
from app.io.specs_xy import FORMAT, read
from fitting.errors import ReadError
from fitting.series import IntensityUnit, Series
from tests.contracts.reader import ReaderContract
from tests.shared_data import shared_file

HEAD = """# Created by:        SpecsLab Prodigy, Version 4.100.1-r111001
#
#   Energy Axis:              Binding Energy
#   Count Rate:               Counts per Second
#
# Group:                        cell A
#
# Region:                       S2p
# Acquisition Date:             08/24/23 14:19:47 UTC
# Values/Curve:                 3
# Dwell Time:                   0.5
# Excitation Energy:            1486.61
# Eff. Workfunction:            4.1

"""


def scan(cycle: int, number: int, values: tuple[float, ...], curve: int = 0) -> str:
    rows = "".join(f"{170 - i}  {value}  0.5\n" for i, value in enumerate(values))
    return (
        f"# Cycle: {cycle}, Curve: {curve}, Scan: {number}\n#\n"
        f"# ColumnLabels:                 energy counts/s transmission\n#\n{rows}\n"
    )


TEXT = (
    HEAD
    + scan(0, 0, (10.0, 20.0, 30.0))
    + scan(0, 1, (20.0, 30.0, 40.0))
    + scan(1, 0, (1.0, 2.0, 3.0))
    + scan(1, 1, (3.0, 4.0, 5.0))
)


def read_text(tmp_path: Path, content: str) -> list[Series]:
    path = tmp_path / "spectra.xy"
    path.write_text(content)
    return read(path)


class TestSpecsXyContract(ReaderContract):
    file_format = FORMAT
    kinds = ("specs_xy",)

    def examples(self) -> dict[str, bytes]:
        return {"spectra.xy": TEXT.encode()}

    def tolerated(self, cut: list[Series], whole: list[Series]) -> bool:
        """Whole scans may be missing, and digits of the very last value of what is there."""
        (a,), (b,) = cut, whole
        return np.array_equal(a.x, b.x) and len(a) <= len(b)


def test_scans_are_averaged_and_cycles_are_steps(tmp_path: Path) -> None:
    (series,) = read_text(tmp_path, TEXT)
    assert (series.sample, series.region) == ("cell A", "S 2p")
    assert series.x.tolist() == [170.0, 169.0, 168.0]
    assert series.intensity.tolist() == [[15.0, 25.0, 35.0], [2.0, 3.0, 4.0]]
    assert series.intensity_unit is IntensityUnit.COUNTS_PER_SECOND
    assert series.counts_per_unit is not None
    assert series.counts_per_unit.tolist() == [1.0, 1.0]
    assert series.photon_energy_eV == 1486.61
    assert series.acquisition_start is not None
    assert series.acquisition_start[0] == 1692886787.0
    assert NAIVE_TIME not in series.metadata
    assert series.metadata["specs"][0]["Eff. Workfunction"] == "4.1"
    further = series.metadata["specs"][0]["further_columns"]
    assert further[0] == {"name": "transmission", "values": [0.5, 0.5, 0.5]}


def test_counts_of_scans_are_added(tmp_path: Path) -> None:
    (series,) = read_text(tmp_path, TEXT.replace("Counts per Second", "Counts"))
    assert series.intensity[0].tolist() == [30.0, 50.0, 70.0]
    assert series.intensity_unit is IntensityUnit.COUNTS


def test_a_time_without_zone_is_naive(tmp_path: Path) -> None:
    (series,) = read_text(tmp_path, TEXT.replace(" UTC", ""))
    assert series.metadata[NAIVE_TIME] is True


def test_external_channels_are_left_out(tmp_path: Path) -> None:
    extra = scan(0, 0, (9.0, 9.0, 9.0)).replace("Scan: 0", "Scan: 0, External Channel: Current")
    (series,) = read_text(tmp_path, HEAD + scan(0, 0, (10.0, 20.0, 30.0)) + extra)
    assert series.intensity.tolist() == [[10.0, 20.0, 30.0]]


@pytest.mark.parametrize(
    ("content", "place", "problem"),
    [
        (TEXT.replace("20.0  0.5", "2o.0  0.5"), "line 20", "'2o.0'"),
        (TEXT.replace("20.0  0.5", "20.0"), "line 20", "2 values where 3"),
        (TEXT.replace("Binding Energy", "Excitation Energy"), "line", "Energy Axis"),
        (TEXT.replace("Values/Curve:                 3", "Values/Curve: 4"), "line 19", "3 rows"),
        (HEAD + scan(0, 0, (1.0, 2.0, 3.0), curve=1), "line", "several curves"),
        (HEAD, "line", "no rows of numbers"),
        (TEXT.replace("1486.61", "Al"), "Excitation Energy", "'Al'"),
        (HEAD + scan(0, 0, (1.0, 2.0, 3.0)) + scan(0, 1, (1.0, 2.0, 3.0)).replace("169", "161"),
         "line", "different axes"),
    ],
)  # fmt: skip
def test_damaged_files_are_refused(tmp_path: Path, content: str, place: str, problem: str) -> None:
    with pytest.raises(ReadError) as caught:
        read_text(tmp_path, content)
    assert place in caught.value.place
    assert problem in caught.value.problem


@pytest.mark.real_data
def test_the_real_survey_equals_the_vamas_export_of_the_same_spectrum() -> None:
    from app.io.vamas import read as read_vamas

    survey = read(shared_file("xps/specs/MgFe2O4_small.xy"))[0]
    (vamas,) = read_vamas(shared_file("xps/vamas/irregular.vms"))
    np.testing.assert_allclose(vamas.intensity, survey.intensity, rtol=1e-5)
    np.testing.assert_allclose(vamas.axis(0), survey.axis(0), atol=1e-6)
