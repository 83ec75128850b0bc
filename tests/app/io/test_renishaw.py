import struct
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from app.io import renishaw
from app.io.format import FileFormat
from app.io.options import ReadOptions
from fitting.arrays import FloatArray
from fitting.errors import ReadError
from fitting.series import AxisKind, IntensityUnit, Series, Technique
from tests.contracts.reader import ReaderContract
from tests.shared_data import shared_file

FOLDER = "raman/renishaw_wdf"
TICKS_1970 = 116444736000000000
SHIFT, NANOMETER, COUNTS, MICROMETER, FILETIME = 1, 3, 6, 5, 24


def block(name: bytes, uid: int, content: bytes) -> bytes:
    return struct.pack("<4sIQ", name, uid, 16 + len(content)) + content


def wdf(
    x: FloatArray,
    intensity: FloatArray,
    *,
    capacity: int | None = None,
    origins: tuple[tuple[int, int, bytes, FloatArray], ...] = (),
    wmap: bytes = b"",
    kind: int = 1,
    unit: int = SHIFT,
) -> bytes:
    """A WDF file from its parts. kind: 1 single, 2 series, 3 mapping."""
    spectra = len(intensity)
    capacity = capacity or spectra
    header = struct.pack("<Q4I12xII", 0, 1, 2, 3, 4, 0, 0)
    header += struct.pack("<IQQ4I", x.size, capacity, spectra, 1, 1, x.size, len(origins))
    header += struct.pack("<24s4HII", b"WiRE", 5, 0, 0, 0, 1, kind)
    header += struct.pack("<QQIf48x", TICKS_1970, TICKS_1970, COUNTS, 1e7 / 532.0)
    header += struct.pack("<32s160s", b"user", b"title")
    parts = block(b"WDF1", 1, header.ljust(496, b"\0"))
    padded = np.zeros((capacity, x.size), "<f4")
    padded[:spectra] = intensity
    parts += block(b"DATA", 0, padded.tobytes())
    parts += block(b"XLST", 0, struct.pack("<II", 1, unit) + x.astype("<f4").tobytes())
    parts += block(b"YLST", 0, struct.pack("<IIf", 0, 16, 40.0))
    if origins:
        body = struct.pack("<I", len(origins))
        for code, code_unit, label, values in origins:
            stored = np.zeros(capacity, "<u8" if code == 11 else "<f8")
            stored[:spectra] = values
            body += struct.pack("<II16s", code, code_unit, label) + stored.tobytes()
        parts += block(b"ORGN", 0, body)
    return parts + (block(b"WMAP", 0, wmap) if wmap else b"")


X = np.array([400.0, 300.0, 200.0])
COUNTED = np.arange(18.0).reshape(6, 3)
TIMES = TICKS_1970 + np.array([10, 25, 40, 80, 95, 110]) * 10_000_000
GRID = struct.pack("<II3f3f3II", 0, 0, 5, 7, 0, 2, 2, 1, 2, 3, 1, 0)


def column_wise_map() -> bytes:
    """Two columns of three points, y running fastest as StreamLine does."""
    return wdf(
        X,
        COUNTED,
        kind=3,
        wmap=GRID,
        origins=(
            (3, MICROMETER, b"X", np.array([5.0, 5, 5, 7, 7, 7])),
            (4, MICROMETER, b"Y", np.array([7.0, 9, 11, 7, 9, 11])),
            (11, FILETIME, b"Time", TIMES),
        ),
    )


class TestRenishawContract(ReaderContract):
    file_format: ClassVar[FileFormat] = renishaw.FORMAT
    kinds: ClassVar[tuple[str, ...]] = ("renishaw",)

    def examples(self) -> dict[str, bytes]:
        return {
            "cell.wdf": wdf(X, COUNTED[:1]),
            "map.wdf": column_wise_map(),
        }

    def tolerated(self, cut: list[Series], whole: list[Series]) -> bool:
        """A file that ends exactly after a block lacks only positions and times."""
        return np.array_equal(cut[0].intensity, whole[0].intensity)


def write(folder: Path, content: bytes) -> Path:
    path = folder / "cell.wdf"
    path.write_bytes(content)
    return path


def only(path: Path, options: ReadOptions | None = None) -> Series:
    (series,) = renishaw.read_with(path, options or ReadOptions())
    return series


def test_positions_come_from_each_spectrum(tmp_path: Path) -> None:
    series = only(write(tmp_path, column_wise_map()))
    assert series.columns["x_um"].tolist() == [5, 5, 5, 7, 7, 7]
    assert series.columns["y_um"].tolist() == [7, 9, 11, 7, 9, 11]
    assert series.columns["time_s"].tolist() == [0, 15, 30, 70, 85, 100]
    assert series.acquisition_start is not None
    assert series.acquisition_start.tolist() == [10, 25, 40, 80, 95, 110]
    assert series.spectrum(1).intensity.tolist() == [5, 4, 3]
    assert series.spectrum(1).x.tolist() == [200, 300, 400]


def test_wavelengths_become_shifts(tmp_path: Path) -> None:
    x = np.array([532.0, 540.0, 550.0])
    series = only(write(tmp_path, wdf(x, COUNTED[:1], unit=NANOMETER)))
    assert series.x == pytest.approx(1e7 / 532 - 1e7 / x, abs=0.2)
    assert series.metadata["axis_conversion"]["from_unit"] == "nm"
    other = only(
        write(tmp_path, wdf(x, COUNTED[:1], unit=NANOMETER)), ReadOptions(laser_wavelength_nm=500)
    )
    assert other.x == pytest.approx(1e7 / 500 - 1e7 / x, abs=0.2)


def test_anti_stokes_only_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, wdf(np.array([500.0, 510, 520]), COUNTED[:1], unit=NANOMETER))
    with pytest.raises(ReadError, match="anti-Stokes side of a 532 nm laser"):
        only(path)


def test_unknown_axis_needs_the_option(tmp_path: Path) -> None:
    path = write(tmp_path, wdf(X, COUNTED[:1], unit=0))
    with pytest.raises(ReadError, match="--axis raman_shift_cm-1"):
        only(path)
    assert sorted(only(path, ReadOptions(axis="raman_shift_cm-1")).x) == [200, 300, 400]
    with pytest.raises(ReadError, match="binding_energy_eV in a Raman file"):
        only(path, ReadOptions(axis="binding_energy_eV"))


def test_damaged_header_is_one_sentence(tmp_path: Path) -> None:
    content = bytearray(wdf(X, COUNTED[:1]))
    content[60:64] = struct.pack("<I", 4_000_000_000)
    with pytest.raises(ReadError) as caught:
        only(write(tmp_path, bytes(content)))
    assert "\n" not in str(caught.value)


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "shape", "columns"),
    [
        ("interrupted_acquisition", (12, 1010), {"x_um", "y_um", "time_s"}),
        ("renishaw_test_linescan", (5, 40), {"x_um", "y_um", "time_s"}),
        ("renishaw_test_map2", (400, 1015), {"x_um", "y_um", "time_s"}),
        ("renishaw_test_spectrum", (1, 36), set()),
        ("renishaw_test_streamline", (2205, 394), {"x_um", "y_um", "time_s"}),
        ("renishaw_test_timeseries", (3, 1007), {"time_s"}),
        ("renishaw_test_zscan", (40, 1015), {"z_um", "time_s"}),
    ],
)
def test_real_files(
    name: str, shape: tuple[int, int], columns: set[str], capfd: pytest.CaptureFixture[str]
) -> None:
    series = only(shared_file(f"{FOLDER}/{name}.wdf"))
    assert series.intensity.shape == shape
    assert set(series.columns) == columns
    assert series.technique is Technique.RAMAN
    assert series.axis_kind is AxisKind.RAMAN_SHIFT
    assert series.intensity_unit is IntensityUnit.COUNTS
    assert np.isfinite(series.intensity).all()
    assert capfd.readouterr() == ("", "")


@pytest.mark.real_data
def test_streamline_map_runs_along_y_and_covers_its_grid() -> None:
    series = only(shared_file(f"{FOLDER}/renishaw_test_streamline.wdf"))
    x, y = series.columns["x_um"], series.columns["y_um"]
    assert x.reshape(45, 49) == pytest.approx(
        (-8100.3 + 2.6 * np.arange(45))[:, None] + np.zeros(49)
    )
    assert y.reshape(45, 49) == pytest.approx(np.zeros((45, 1)) - 1201.3 + 2.6 * np.arange(49))


@pytest.mark.real_data
def test_times_agree_with_the_header() -> None:
    for name, seconds in (("timeseries", 8.0), ("zscan", 42.0)):
        path = shared_file(f"{FOLDER}/renishaw_test_{name}.wdf")
        series = only(path)
        header = series.metadata["renishaw"]["WDF1_1"]
        first, last = (
            datetime.strptime(header[key], "%Y-%m-%d#%H:%M:%S").replace(tzinfo=UTC).timestamp()
            for key in ("time_start", "time_end")
        )
        assert last - first == pytest.approx(seconds, abs=1)
        start = series.acquisition_start
        assert start is not None
        assert first <= start[0]
        assert start[-1] <= last + 1
        assert np.ptp(series.columns["time_s"]) > 0.7 * (last - first)


@pytest.mark.real_data
def test_interrupted_map_says_what_is_missing() -> None:
    series = only(shared_file(f"{FOLDER}/interrupted_acquisition.wdf"))
    assert series.metadata["interrupted"] == "4 of 16 spectra are missing"
    assert len(np.unique(series.columns["y_um"])) == 3
    assert np.all(series.intensity.max(axis=1) > 0)


@pytest.mark.real_data
def test_undefined_type_is_refused_with_advice() -> None:
    path = shared_file(f"{FOLDER}/renishaw_test_undefined.wdf")
    with pytest.raises(ReadError, match="without a unit, Raman shift unknown"):
        only(path)
    assert only(path, ReadOptions(axis="raman_shift_cm-1")).intensity.shape == (1, 1015)
