"""PHI MultiPak: binary layout, cycles, etch times, damaged headers."""

import struct
from pathlib import Path

import numpy as np
import pytest

from app.io.phi import FORMAT, read
from fitting.errors import ReadError
from fitting.series import AxisKind, IntensityUnit, Series
from tests.contracts.reader import ReaderContract
from tests.shared_data import shared_file

HEADER = """SOFH
Platform: PC
Technique: XPS
FileType: DEPTHPRO
FileDesc: (1, cell A)
AnalyserWorkFcn: 4.506 eV
SpectralRegDefFull: 1 1 S2p 16 9 -0.2000 170.0 168.4 169 165 0.0 55.00 AREA
SpectralRegDef: 1 1 S2p 16 3 -0.2000 170.0 169.6 169 165 0.8 55.00 AREA
SpectralRegDef: 2 2 Sn3d5 50 2 -0.1000 490.0 489.9 489 485 0.4 55.00 AREA
XraySource: Al 1486.6 mono
EOFH
""".replace("\n", "\r\n")


def word(letters: str) -> int:
    return struct.unpack("<I", letters.encode().ljust(4, b"\0"))[0]


def block_header(
    number: int, shape: tuple[int, int], names: tuple[str, str, str], size: int, place: int
) -> bytes:
    words = [0] * 24
    words[0] = words[3] = number
    words[1] = words[2] = words[4] = words[7] = 1
    words[5], words[6] = shape
    words[8], words[10], words[14] = (word(name) for name in names)
    words[18], words[19], words[20] = word("f4"), size, place
    return struct.pack("<24I", *words)


def phi(
    cycles: int = 2, times: tuple[float, ...] | None = (-0.0, 30.0), header: str = HEADER
) -> bytes:
    tables: list[tuple[tuple[int, int], tuple[str, str, str], list[float]]] = [
        ((3, cycles), ("pnt", "cyc", "c/s"), [10.0 * i for i in range(3 * cycles)]),
        ((2, cycles), ("pnt", "cyc", "c/s"), [5.0 * i for i in range(2 * cycles)]),
    ]
    if times is not None:
        tables.append(((cycles, 2), ("cyc", "reg", "s"), [*times, *times]))
    place = 16 + 96 * len(tables)
    headers, data = b"", b""
    for number, (shape, names, values) in enumerate(tables, start=1):
        packed = struct.pack(f"<{len(values)}f", *values)
        headers += block_header(number, shape, names, len(packed), place + len(data))
        data += packed
    start = struct.pack("<4I", 1, len(tables), 96 * len(tables), 16)
    return header.encode("latin-1") + start + headers + data


def read_bytes(tmp_path: Path, content: bytes) -> list[Series]:
    path = tmp_path / "file.pro"
    path.write_bytes(content)
    return read(path)


class TestPhiContract(ReaderContract):
    file_format = FORMAT
    kinds = ("phi",)

    def examples(self) -> dict[str, bytes]:
        return {"profile.pro": phi(), "single.spe": phi(1, None)}


def test_a_depth_profile(tmp_path: Path) -> None:
    s2p, sn3d = read_bytes(tmp_path, phi())
    assert [(s.sample, s.region) for s in (s2p, sn3d)] == [("cell A", "S 2p"), ("cell A", "Sn 3d")]
    assert s2p.axis_kind is AxisKind.BINDING_ENERGY
    np.testing.assert_allclose(s2p.x, [170.0, 169.8, 169.6])
    assert s2p.intensity.tolist() == [[0.0, 10.0, 20.0], [30.0, 40.0, 50.0]]
    assert s2p.columns["etch_time_s"].tolist() == [0.0, 30.0]
    assert not np.signbit(s2p.columns["etch_time_s"]).any()
    assert s2p.intensity_unit is IntensityUnit.COUNTS_PER_SECOND
    assert s2p.counts_per_unit is not None
    assert s2p.counts_per_unit.tolist() == [0.8, 0.8]
    assert s2p.photon_energy_eV == 1486.6
    assert s2p.metadata["phi_header"]["AnalyserWorkFcn"] == "4.506 eV"
    assert sn3d.intensity.tolist() == [[0.0, 5.0], [10.0, 15.0]]


def test_cycles_without_times_are_counted(tmp_path: Path) -> None:
    s2p, _ = read_bytes(tmp_path, phi(times=None))
    assert {name: v.tolist() for name, v in s2p.columns.items()} == {"cyc": [0.0, 1.0]}


@pytest.mark.parametrize(
    ("old", "new", "place", "problem"),
    [
        (b"Technique: XPS", b"Technique: AES", "Technique", "'AES'"),
        (b"Platform: PC", b"Platform: Mac", "Platform", "'Mac'"),
        (b"16 3 -0.2", b"16 4 -0.2", "SpectralRegDef", "do not end at 169.6"),
        (b"16 3 -0.2", b"16 x -0.2", "SpectralRegDef", "'x'"),
        (b"SpectralRegDef: 2 2", b"SpectralRegDef: 3 3", "block 2", "region 2"),
        (b"EOFH", b"EOFX", "", "no end"),
        (struct.pack("<4I", 1, 3, 288, 16), struct.pack("<4I", 2, 3, 288, 16), "byte", "starts"),
        (b"c/s\0", b"c\0\0\0", "block 1", "intensities in 'c'"),
        (b"f4\0\0", b"u2\0\0", "block 1", "'u2'"),
        (
            struct.pack("<2I", 3, 2) + struct.pack("<I", 1),
            struct.pack("<2I", 2**31, 2**31) + struct.pack("<I", 2**31),
            "block 1",
            "bytes of data where",
        ),
    ],
)
def test_damaged_files_are_refused(
    tmp_path: Path, old: bytes, new: bytes, place: str, problem: str
) -> None:
    assert old in phi()
    with pytest.raises(ReadError) as caught:
        read_bytes(tmp_path, phi().replace(old, new))
    assert place in caught.value.place
    assert problem in caught.value.problem


def test_blocks_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    content = bytearray(phi(times=None))
    extra = block_header(2, (1000, 2), ("pnt", "cyc", "c/s"), 8000, 16)
    start = content.index(struct.pack("<4I", 1, 2, 192, 16))
    content[start : start + 16] = struct.pack("<4I", 1, 100, 9600, 16)
    content[start + 16 : start + 16] = extra * 98
    with pytest.raises(ReadError, match="more data than the file"):
        read_bytes(tmp_path, bytes(content) + bytes(100))


@pytest.mark.real_data
def test_every_value_of_the_depth_profile_equals_the_independent_parse() -> None:
    import h5py

    found = read(shared_file("xps/phi_depth_profile/SnO2_10nm_1.pro"))
    names = {"survey": "Su1s", "C 1s": "C1s", "Si 2p": "Si2p", "Sn 3d": "Sn3d5"}
    assert [series.region for series in found] == list(names)
    with h5py.File(shared_file("xps/phi_depth_profile/phi_pro_ref.nxs")) as reference:
        for series in found:
            raw = reference[f"{names[series.region]}/instrument/electronanalyzer/detector/raw_data"]
            np.testing.assert_array_equal(series.intensity, raw["raw"][()])
            np.testing.assert_allclose(series.x, raw["energy"][()], atol=1e-9)
    np.testing.assert_array_equal(found[0].columns["etch_time_s"], 30.0 * np.arange(21))


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["SnO2_10nm.spe", "SnO2_10nm_1.pro"])
def test_time_per_step_turns_real_rates_into_whole_counts(name: str) -> None:
    for series in read(shared_file(f"xps/phi_depth_profile/{name}")):
        assert series.counts_per_unit is not None
        counts = series.intensity * series.counts_per_unit[:, None]
        np.testing.assert_allclose(counts, np.round(counts), atol=0.01)


def test_signalling_nan_is_refused(tmp_path: Path) -> None:
    content = phi().replace(struct.pack("<f", 50.0), b"\x01\x00\x80\x7f")
    with pytest.raises(ReadError, match="not a finite number"):
        read_bytes(tmp_path, content)
