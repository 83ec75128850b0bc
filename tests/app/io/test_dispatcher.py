import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.io import FORMATS, identify, read_file
from app.io.options import ReadOptions
from app.io.refused import REFUSED
from fitting.errors import DataError, ReadError
from fitting.series import Technique
from tests.contracts.reader import HEADS

MATRIX = "kinetic_energy_eV\\cycle,0,1\n1300,5,6\n1301,5,7\n"


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("kind", [kind for kind in HEADS if kind != "empty"])
def test_no_two_kinds_claim_one_file(kind: str) -> None:
    claims = [file_format.name for file_format in FORMATS if file_format.sniff(HEADS[kind])]
    assert len(claims) <= 1, claims


def test_content_decides_and_not_the_name(tmp_path: Path) -> None:
    assert identify(write(tmp_path, "matrix.wdf", MATRIX)).name == "matrix CSV"
    assert identify(write(tmp_path, "raman.vms", HEADS["renishaw"])).name == "Renishaw WDF"


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.vms", b"", "is empty (0 bytes)"),
        ("a.h5", HEADS["hdf5"], "an HDF5 or NeXus file"),
        ("a.csv", HEADS["zip"], "a zip archive or Office document"),
        ("a.txt", HEADS["prose"], "is text of no known kind; looked for: VAMAS, "),
        ("a.bin", b"\x07\x00\x01" * 50, "is binary of no known kind"),
        ("a.mpr", HEADS["biologic_mpr"], "--charge-log"),
        ("a.mpt", HEADS["biologic_mpt"], "--charge-log"),
    ],
)
def test_what_is_no_spectrum(tmp_path: Path, name: str, content: bytes, expected: str) -> None:
    path = write(tmp_path, name, content)
    with pytest.raises(ReadError) as caught:
        read_file(path)
    assert expected in str(caught.value)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["hdf5", "zip", "biologic_mpr", "biologic_mpt"])
def test_a_kind_that_is_known_needs_no_list_of_kinds(tmp_path: Path, kind: str) -> None:
    with pytest.raises(ReadError) as caught:
        read_file(write(tmp_path, "a", HEADS[kind]))
    assert "looked for" not in str(caught.value)


def test_the_list_of_kinds_names_those_that_are_read(tmp_path: Path) -> None:
    with pytest.raises(ReadError) as caught:
        read_file(write(tmp_path, "a.bin", b"\x07\x00\x01" * 50))
    listed = str(caught.value).partition("looked for: ")[2].split(", ")
    assert set(listed) == {f.name for f in FORMATS} - {f.name for f in REFUSED}


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="no such file"):
        read_file(tmp_path / "none.vms")
    with pytest.raises(ReadError, match=r"is a folder|cannot be opened"):
        read_file(tmp_path)


@pytest.mark.skipif(
    os.name == "nt" or (hasattr(os, "geteuid") and os.geteuid() == 0),
    reason="no file is unreadable for root or by mode on Windows",
)
def test_unreadable_file(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", MATRIX)
    path.chmod(0)
    with pytest.raises(ReadError, match="Permission denied"):
        read_file(path)


def test_energies_said_by_the_user(tmp_path: Path) -> None:
    path = write(tmp_path, "cell__S 2p.csv", MATRIX)
    (soft,) = read_file(path, ReadOptions(photon_energy_eV=1486.6, work_function_eV=4.2))
    assert soft.axis(0).tolist() == pytest.approx([1486.6 - 1300 - 4.2, 1486.6 - 1301 - 4.2])
    assert soft.technique is Technique.XPS
    (hard,) = read_file(path, ReadOptions(photon_energy_eV=5400.0))
    assert hard.technique is Technique.HAXPES
    with pytest.raises(DataError, match="--photon-energy"):
        read_file(path)[0].axis(0)


def test_a_region_said_by_the_user_is_spelt_like_those_read(tmp_path: Path) -> None:
    path = write(tmp_path, "cell__S 2p.csv", MATRIX)
    (series,) = read_file(path, ReadOptions(region="Sn3d5"))
    assert series.region == "Sn 3d"
    (raman,) = read_file(path, ReadOptions(region="200-600 cm-1"))
    assert raman.region == "200-600 cm-1"


@pytest.mark.parametrize(
    "wrong",
    [{"photon_energy_eV": 0.0}, {"laser_wavelength_nm": -1.0}, {"work_function_eV": float("nan")}],
)
def test_impossible_options(wrong: dict[str, float]) -> None:
    with pytest.raises(DataError, match="must be"):
        ReadOptions(**wrong)  # type: ignore[arg-type]


def test_importing_the_readers_stays_lean() -> None:
    heavy = (
        "pandas",
        "rsciio",
        "galvani",
        "h5py",
        "matplotlib",
        "lmfit",
        "xraylib",
        "scipy.signal",
    )
    code = f"import sys, app.io; print([m for m in {heavy!r} if m in sys.modules])"
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root
    )
    assert done.stdout.strip() == "[]"
