"""Scienta: text and Igor files of the same acquisition agree; images are refused."""

import struct
from pathlib import Path

import numpy as np
import pytest

from app.io.clock import NAIVE_TIME
from app.io.scienta import FORMAT_IGOR, FORMAT_TEXT, read_igor, read_text
from fitting.errors import ReadError
from fitting.series import AxisKind, IntensityUnit
from tests.contracts.reader import ReaderContract
from tests.shared_data import shared_file

SETTINGS = """Region Name=S2p
Excitation Energy=520
Energy Scale=Binding
Sample=cell A
Date=2023-03-08
Time=15:24:35
"""
TEXT = f"""[Info]
Number of Regions=0002
Version=1.3.1

[Region 1]
Region Name=S2p
Dimension 1 name=Binding Energy [eV]
Dimension 1 size=3
Dimension 1 scale=170 169.9 169.8

[Info 1]
{SETTINGS}
[Data 1]
 1.70E+0002  1.5E+0001
 1.699E+0002  1.6E+0001
 1.698E+0002  1.4E+0001

[Region 2]
Region Name=O1s
Dimension 1 name=Kinetic Energy [eV]
Dimension 1 size=2
Dimension 1 scale=10 11

[Info 2]
{SETTINGS}
[Data 2]
 10 3
 11 4
"""


def igor(
    values: tuple[float, ...] = (15.0, 16.0, 14.0),
    kind: int = 4,
    axis: str = "Binding Energy [eV]",
    second: int = 0,
    order: str = "<",
) -> bytes:
    note = ("[SES]\r" + SETTINGS.replace("\n", "\r")).encode()
    unit, letters = b"Counts [a.u.]", axis.encode()
    data = struct.pack(f"{order}{len(values)}{'d' if kind == 4 else 'f'}", *values)
    header = bytearray(384)
    sizes = (0, len(note), len(unit), len(letters), 0, 0, 0)
    struct.pack_into(f"{order}hHi7i", header, 0, 5, 0, 320 + len(data), *sizes)
    struct.pack_into(f"{order}ih", header, 76, len(values), kind)
    struct.pack_into(f"{order}4i", header, 132, len(values) // max(second, 1), second, 0, 0)
    struct.pack_into(f"{order}d", header, 148, -0.1)
    struct.pack_into(f"{order}d", header, 180, 170.0)
    checksum = -sum(struct.unpack(f"{order}192H", header)) & 0xFFFF
    struct.pack_into(f"{order}H", header, 2, checksum)
    return bytes(header) + data + note + unit + letters


class TestScientaTextContract(ReaderContract):
    file_format = FORMAT_TEXT
    kinds = ("scienta",)

    def examples(self) -> dict[str, bytes]:
        return {"ses.txt": TEXT.replace("\n", "\r\n").encode()}


class TestIgorContract(ReaderContract):
    file_format = FORMAT_IGOR
    kinds = ("igor_wave",)

    def examples(self) -> dict[str, bytes]:
        return {"wave.ibw": igor(), "single.ibw": igor(kind=2), "mac.ibw": igor(order=">")}


def test_text_regions(tmp_path: Path) -> None:
    path = tmp_path / "ses.txt"
    path.write_text(TEXT)
    s2p, o1s = read_text(path)
    assert (s2p.sample, s2p.region, o1s.region) == ("cell A", "S 2p", "O 1s")
    assert s2p.x.tolist() == [170.0, 169.9, 169.8]
    assert s2p.intensity.tolist() == [[15.0, 16.0, 14.0]]
    assert s2p.intensity_unit is IntensityUnit.ARBITRARY
    assert s2p.photon_energy_eV == 520.0
    assert s2p.metadata[NAIVE_TIME] is True
    assert s2p.acquisition_start is not None
    assert s2p.acquisition_start.tolist() == [1678289075.0]
    assert o1s.axis_kind is AxisKind.KINETIC_ENERGY


def test_igor_wave(tmp_path: Path) -> None:
    path = tmp_path / "wave.ibw"
    path.write_bytes(igor())
    (series,) = read_igor(path)
    assert (series.sample, series.region) == ("cell A", "S 2p")
    np.testing.assert_allclose(series.x, [170.0, 169.9, 169.8])
    assert series.intensity.tolist() == [[15.0, 16.0, 14.0]]


@pytest.mark.parametrize(
    ("old", "new", "place", "problem"),
    [
        ("Binding Energy [eV]", "Angle", "region 1", "'Angle'"),
        ("Dimension 1 size=3", "Dimension 1 size=4", "line", "3 rows of data where 4"),
        ("Dimension 1 size=3", "Dimension 1 size=3\nDimension 2 size=9", "region 1", "image"),
        ("1.6E+0001", "1.6E+00x1", "line 21", "'1.6E+00x1'"),
        ("1.6E+0001", "1.6E+0001 7", "line 21", "3 values where 2"),
        ("Regions=0002", "Regions=0003", "line", "[Region 3] is missing"),
        ("Regions=0002", "Regions=-1", "line 2", "-1 regions"),
        ("scale=170 ", "scale=", "line 5", "2 values in the scale"),
    ],
)
def test_damaged_text_is_refused(
    tmp_path: Path, old: str, new: str, place: str, problem: str
) -> None:
    path = tmp_path / "ses.txt"
    path.write_text(TEXT.replace(old, new))
    with pytest.raises(ReadError) as caught:
        read_text(path)
    assert place in caught.value.place
    assert problem in caught.value.problem


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (igor(kind=3), "numbers of kind 3"),
        (igor((1.0, 2.0, 3.0, 4.0), second=2), "is an image (2 x 2)"),
        (igor(axis="Angle [deg]"), "neither kinetic nor binding"),
        (igor((1.0, float("nan"))), "not a finite number"),
        (igor()[:400], "ends early"),
        (igor()[:200] + b"\x01" + igor()[201:], "damaged"),
    ],
)
def test_other_waves_are_refused(tmp_path: Path, content: bytes, problem: str) -> None:
    path = tmp_path / "wave.ibw"
    path.write_bytes(content)
    with pytest.raises(ReadError) as caught:
        read_igor(path)
    assert problem in caught.value.problem


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["Ag_0001", "Ag_0002"])
def test_real_text_and_igor_files_agree(name: str) -> None:
    (text,) = read_text(shared_file(f"xps/scienta/{name}.txt"))
    wave_name = f"xps/scienta/{name}Ag__00{name[-1]}.ibw"
    (wave,) = read_igor(shared_file(wave_name))
    np.testing.assert_allclose(wave.intensity, text.intensity, rtol=1e-13)
    np.testing.assert_allclose(wave.x, text.x, atol=1e-6)
    assert (wave.sample, wave.region) == (text.sample, text.region)
    assert wave.photon_energy_eV == text.photon_energy_eV
