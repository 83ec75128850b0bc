from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from app.io import raman_text, read_file
from app.io.format import FileFormat
from app.io.options import ReadOptions
from fitting.errors import ReadError
from fitting.series import AxisKind, IntensityUnit, Series, Technique
from tests.contracts.reader import ReaderContract
from tests.shared_data import shared_file

WITEC = (
    "//Exported ASCII-File\r\n[Header]\r\nFileName = a.wip\r\nSizeX = 1\r\nSizeY = 1\r\n"
    "SizeGraph = 3\r\nXAxisUnit = rel. 1/cm\r\nDataUnit = CCD cts\r\n\r\n[Data]\r\n"
    "X-Axis,Spectrum 1\r\nrel. 1/cm,CCD cts\r\n"
    " 2.000000000E+02, 5.0E+00\r\n 2.010000000E+02, 6.0E+00\r\n 2.020000000E+02, 7.0E+00\r\n"
)
BWTEK = (
    "File Version;BWSpec4.11_1\nDate;2022-12-12 17:48:16\npixel_num;3\nlaser_wavelength;532,14\n"
    "Pixel;Wavelength;Raman Shift;Dark;Raw data #1;Dark Subtracted #1;\n"
    "0;533,1; ;10,0;15,0;5,0;\n1;533,2;40,5;10,0;9,5;-0,5;\n2;533,3;41,5;10,0;17,0;7,0;\n"
)
ROD = (
    "# ROD\ndata_1000679\nloop_\n_publ_author_name\n'A, B.'\n'C, D.'\n_journal_year 2012\n"
    "_raman_measurement.environment_details\n;\nin air.\n;\n_raman_measurement.range_max 202\n"
    "loop_\n_raman_spectrum.raman_shift\n_raman_spectrum.intensity\n190 5\n195 6\n202.5 7\n"
)


def same_points(cut: list[Series], whole: list[Series]) -> bool:
    """Only the digits of the last point may be cut."""
    n = whole[0].x.size - 1
    return np.array_equal(cut[0].x[:n], whole[0].x[:n]) and np.array_equal(
        cut[0].intensity[:, :n], whole[0].intensity[:, :n]
    )


class TextContract(ReaderContract):
    def tolerated(self, cut: list[Series], whole: list[Series]) -> bool:
        return same_points(cut, whole)


class TestWitecContract(TextContract):
    file_format: ClassVar[FileFormat] = raman_text.WITEC
    kinds: ClassVar[tuple[str, ...]] = ()

    def examples(self) -> dict[str, bytes]:
        return {"a.txt": WITEC.encode("cp1252")}


class TestBwtekContract(TextContract):
    file_format: ClassVar[FileFormat] = raman_text.BWTEK
    kinds: ClassVar[tuple[str, ...]] = ()

    def examples(self) -> dict[str, bytes]:
        return {"a.txt": BWTEK.encode()}


class TestRodContract(TextContract):
    file_format: ClassVar[FileFormat] = raman_text.ROD
    kinds: ClassVar[tuple[str, ...]] = ()

    def examples(self) -> dict[str, bytes]:
        return {"a.rod": ROD.encode()}


def only(path: Path, options: ReadOptions | None = None) -> Series:
    (series,) = read_file(path, options or ReadOptions())
    return series


def test_bwtek_with_decimal_commas(tmp_path: Path) -> None:
    path = tmp_path / "polystyrene.txt"
    path.write_text(BWTEK)
    series = only(path)
    assert series.x.tolist() == [40.5, 41.5]
    assert series.intensity.tolist() == [[-0.5, 7.0]]
    assert series.intensity_unit is IntensityUnit.ARBITRARY
    assert series.acquisition_start is not None
    local = only(path, ReadOptions(timezone="Europe/Berlin")).acquisition_start
    assert local is not None
    assert series.acquisition_start[0] - local[0] == 3600


def test_rod_metadata(tmp_path: Path) -> None:
    path = tmp_path / "a.rod"
    path.write_text(ROD)
    rod = only(path).metadata["rod"]
    assert rod == {
        "_publ_author_name": "A, B.; C, D.",
        "_journal_year": "2012",
        "_raman_measurement.environment_details": "in air.",
        "_raman_measurement.range_max": "202",
    }


@pytest.mark.real_data
def test_witec_wafer() -> None:
    path = shared_file("raman/witec_rod/Si-wafer-Raman-Spectrum-1.txt")
    with pytest.raises(ReadError, match="does not say the laser wavelength"):
        read_file(path)
    series = only(path, ReadOptions(laser_wavelength_nm=532.0))
    assert series.intensity.shape == (1, 1600)
    inside = (series.x > 400) & (series.x < 600)
    silicon = series.x[inside][np.argmax(series.intensity[0, inside])]
    assert silicon == pytest.approx(520.5, abs=12)  # laser as good as its nominal value


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "peak"),
    [
        ("PST02_iRPlus532_Z020_100_550msx5.txt", 1001.4),
        ("sCAL02_iRPlus532_Z020_100_3800ms.txt", 1085.9),
        ("S0B02_iRPlus532_Z020_100_30000msx2.txt", 520.5),
        ("NISTSRM2242aC_BW532_20x_700msx1.txt", None),
        ("Ne_532nm_x20_400ms.txt", None),
    ],
)
def test_charisma_files(name: str, peak: float | None) -> None:
    series = only(shared_file(f"raman/charisma_bwtek532/{name}"))
    assert series.technique is Technique.RAMAN
    assert series.axis_kind is AxisKind.RAMAN_SHIFT
    assert series.intensity.shape == (1, series.x.size)
    assert series.x.size == (1858 if name.startswith("Ne") else 2048)
    if peak is not None:
        inside = np.abs(series.x - peak) < 30
        assert series.x[inside][np.argmax(series.intensity[0, inside])] == pytest.approx(
            peak, abs=3
        )


@pytest.mark.real_data
def test_rod_file() -> None:
    series = only(shared_file("raman/witec_rod/rod_file_1000679.rod"))
    assert series.x[-1] == 1400.643
    assert series.intensity[0, -1] == 529
    assert series.metadata["rod"]["_raman_measurement_device.excitation_laser_wavelength"] == "488"
