from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from app.io import horiba
from app.io.format import FileFormat
from app.io.options import ReadOptions
from app.io.raman import raman_shift
from fitting.errors import ReadError
from fitting.series import IntensityUnit, Series
from tests.contracts.reader import ReaderContract
from tests.shared_data import shared_file

FOLDER = "raman/horiba_xml"


def only(path: Path, options: ReadOptions | None = None) -> Series:
    (series,) = horiba.read_with(path, options or ReadOptions())
    return series


@pytest.mark.real_data
class TestHoribaContract(ReaderContract):
    file_format: ClassVar[FileFormat] = horiba.FORMAT
    kinds: ClassVar[tuple[str, ...]] = ("horiba",)

    def examples(self) -> dict[str, bytes]:
        names = ("jobinyvon_test_spec_3s_cm-1.xml", "jobinyvon_test_map_x3-y2.xml")
        return {name: shared_file(f"{FOLDER}/{name}").read_bytes() for name in names}

    def tolerated(self, cut: list[Series], whole: list[Series]) -> bool:
        """White space after the last element may be missing."""
        return np.array_equal(cut[0].intensity, whole[0].intensity)


@pytest.mark.real_data
@pytest.mark.parametrize("unit", ["abs-cm-1", "eV", "counts"])
def test_other_units_become_the_same_shift(unit: str, capfd: pytest.CaptureFixture[str]) -> None:
    """The same acquisition exported as Raman shift, absolute cm-1, eV and nm."""
    shift = only(shared_file(f"{FOLDER}/jobinyvon_test_spec_3s_cm-1.xml"))
    other = only(shared_file(f"{FOLDER}/jobinyvon_test_spec_3s_{unit}.xml"))
    tolerance = 2.0 if unit == "eV" else 0.1  # eV are stored with six digits
    assert other.spectrum(0).x == pytest.approx(shift.spectrum(0).x, abs=tolerance)
    assert capfd.readouterr() == ("", "")


@pytest.mark.real_data
def test_counts_and_counts_per_second() -> None:
    per_second = only(shared_file(f"{FOLDER}/jobinyvon_test_spec_3s_cm-1.xml"))
    counts = only(shared_file(f"{FOLDER}/jobinyvon_test_spec_3s_counts.xml"))
    assert per_second.intensity_unit is IntensityUnit.COUNTS_PER_SECOND
    assert counts.intensity_unit is IntensityUnit.COUNTS
    scale = per_second.counts_per_unit
    assert scale is not None
    assert scale.tolist() == [3]
    assert per_second.intensity * 3 == pytest.approx(counts.intensity, abs=0.01)


@pytest.mark.real_data
def test_maps() -> None:
    series = only(shared_file(f"{FOLDER}/jobinyvon_test_map_x3-y2.xml"))
    assert series.intensity.shape == (6, 34)
    assert series.columns["x_um"].tolist() == [-2, 0, 2, -2, 0, 2]
    assert series.columns["y_um"].tolist() == [-1, -1, -1, 1, 1, 1]
    rotated = only(shared_file(f"{FOLDER}/jobinyvon_test_map_x2-y2_rotated.xml"))
    assert rotated.metadata["rotated_axes"] == ["YA", "XA"]


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["linescan", "spec"])
def test_luminescence_is_refused_with_the_reason(name: str) -> None:
    path = shared_file(f"{FOLDER}/jobinyvon_test_{name}.xml")
    with pytest.raises(ReadError, match="anti-Stokes side of a 632"):
        only(path)
    series = only(path, ReadOptions(laser_wavelength_nm=488.0))
    assert series.x[0] == pytest.approx(1e7 / 488 - 1e7 / 522.574)


def test_entities_are_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xml"
    path.write_text('<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><LSX_Data>&b;</LSX_Data>')
    with pytest.raises(ReadError, match="declares XML entities"):
        horiba.read(path)


def test_foreign_content_in_the_right_frame_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "empty.xml"
    path.write_text("<?xml version='1.0'?><LSX_Data></LSX_Data>")
    with pytest.raises(ReadError, match="RosettaSciIO gave"):
        horiba.read(path)


def test_shift_of_units() -> None:
    """Polystyrene 1001.4 cm-1 under 532 nm lies at 561.94 nm or 2.20635 eV."""
    absolute = 1e7 / 532 - 1001.4
    for unit, x in (("nm", 1e7 / absolute), ("eV", absolute / 8065.543937), ("abs cm-1", absolute)):
        assert raman_shift(np.array([x]), unit, 532.0)[0] == pytest.approx(1001.4, abs=1e-4)
