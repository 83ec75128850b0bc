"""What every reader keeps, whatever it reads; each reader's test class inherits it.

A class names its ``file_format`` and gives ``examples``: small whole files as bytes. The
contract then checks that the sniffer knows its own files and no others, that what is read
passes, that a file cut anywhere ends in a ReadError (or in a documented tolerance), that
inputs stay as they were, and that what is refused is refused in one sentence.
"""

import json
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.io.format import FileFormat
from fitting.errors import ReadError
from fitting.series import Series

SNIFFED = 65536

# Every reader's class runs the same inherited tests on its own files.
_INHERITED = [HealthCheck.differing_executors]

# Beginnings of the kinds of files that meet in one folder. A sniffer says no to each kind
# but its own (``kinds`` of the class).
HEADS: dict[str, bytes] = {
    "vamas": b"VAMAS Surface Chemical Analysis Standard Data Transfer Format 1988 May 4\r\n"
    b"Not Specified\r\nNot Specified\r\nNot Specified\r\nNot Specified\r\n0\r\nNORM\r\nREGULAR\r\n",
    "phi": b"SOFH\r\nPlatform: PC\r\nTechnique: XPS\r\nFileType: SPECTRUM\r\nEOFH\r\n\x01\x00",
    "casaxps_text": b"Cycle 0:FeO:Fe2p\r\n\tCharacteristic Energy eV\t1.486610e+003\t"
    b"Acquisition Time s\t2.0\r\nName\t\tFe 2p\t\r\nPosition\t\t709.05\t\r\n",
    "casaxps_csv": b",,,,\r\n,,,,\r\nCharacteristic Energy eV,1486.6,Acquisition Time s,5,\r\n"
    b"BE_S 2p 4,CPS_S 2p 4,S 2p_1_S 2p 4,Background_S 2p 4,Envelope_S 2p 4\r\n",
    "casaxps_report": b"C:\\spectra\\FeO.vms\t\n\nName\tPosition\tFWHM\tRaw Area\t"
    b"Area/(RSF*T*MFP)\t%At Conc\tGoodness of Fit\t\nFe 2p\t709.03\t3.86\t63400.62\t1.0\t41.89\t\n",
    "scienta": b"[Info]\r\nNumber of Regions=1\r\nVersion=1.3.1\r\n\r\n[Region 1]\r\n"
    b"Region Name=Ag\r\nDimension 1 name=Kinetic Energy [eV]\r\nDimension 1 size=3\r\n",
    "specs_xy": b"# Created by:        SpecsLab Prodigy, Version 4.63.1-r88350\r\n#\r\n",
    "specs_xml": b'<?xml version="1.0"?>\n<!-- CORBA XML document created by XMLSerializer2 1.6 '
    b"at 2022-04-08 11:47:02 UTC, from SL 2.81 -->\n<!DOCTYPE any [\n<!ELEMENT any (struct)?>\n]>"
    b'\n<any version="1.6">\n<sequence length="1" type_id="IDL:specs.de/Serializer/'
    b'RegionGroupSeq:1.0" type_name="RegionGroupSeq">\n',
    "igor_wave": b"\x05\x00\xfb\xff" + bytes(380),
    "khervefitting": b'{"FilePath": "Pt4f.xlsx", "Number of Core levels": 1, "Core levels": '
    b'{"Pt4f": {"B.E.": [1.0, 2.0], "Raw Data": [1.0, 2.0]}}}',
    "matrix": b"binding_energy_eV\\charge_uAh_cm2,0,1,2\n160.0,10,11,12\n160.1,10,12,14\n",
    "columns": b"x,y\n100.0,5.0\n101.0,6.0\n102.0,5.5\n",
    "horiba": b'<?xml version="1.0" encoding="ISO-8859-1"?>\n<LSX_Data>\n\t<LSX Format="1">\n',
    "renishaw": b"WDF1\x00\x02\x00\x00\x00\x00\x00\x00" + bytes(500),
    "biologic_mpr": b"BIO-LOGIC MODULAR FILE\x1a" + b" " * 25 + bytes(64),
    "biologic_mpt": b"EC-Lab ASCII FILE\r\nNb header lines : 3\r\n\r\nmode\ttime/s\tI/mA\r\n",
    "hdf5": b"\x89HDF\r\n\x1a\n" + bytes(100),
    "png": b"\x89PNG\r\n\x1a\n" + bytes(100),
    "zip": b"PK\x03\x04\x14\x00\x06\x00" + bytes(100),
    "prose": b"Dear colleague,\n\nplease find the spectra of last Tuesday in the folder.\n",
    "empty": b"",
}


def series_problem(series: Series) -> str:
    """What is wrong with a series as a reader gave it; empty if nothing."""
    if not series.region or series.region != series.region.strip():
        return f"region {series.region!r}"
    if len(series) == 0 or series.intensity.shape[1] == 0:
        return f"no points, shape {series.intensity.shape}"
    present = np.isfinite(series.intensity)
    if not np.all(np.any(present, axis=1)):
        return "a spectrum without a single point"
    if np.any(present & ~np.isfinite(np.broadcast_to(series.x, present.shape))):
        return "an intensity without its axis value"
    scale = series.counts_per_unit
    if scale is not None and np.any(scale <= 0):
        return f"counts_per_unit {scale}"
    if series.photon_energy_eV is not None and not series.photon_energy_eV > 0:
        return f"photon energy {series.photon_energy_eV}"
    if json.loads(json.dumps(dict(series.metadata), allow_nan=False)) != series.metadata:
        return "metadata does not survive JSON"
    return ""


def same_series(one: Series, other: Series) -> bool:
    """Whether two series hold the same numbers under the same names."""
    return (
        (one.sample, one.region) == (other.sample, other.region)
        and np.array_equal(one.x, other.x, equal_nan=True)
        and np.array_equal(one.intensity, other.intensity, equal_nan=True)
        and np.array_equal(one.steps, other.steps)
    )


def assert_one_line(error: ReadError, path: Path) -> None:
    """The error names the file and stays on one printable line."""
    assert error.path == path
    assert str(error).startswith(str(path))
    assert error.problem.strip()
    assert str(error).isprintable()


def assert_one_sentence(error: ReadError, path: Path) -> None:
    """The same, and of readable length."""
    assert_one_line(error, path)
    assert len(error.problem) < 400


class ReaderContract(ABC):
    """Inherit, name the format, give whole files; the tests come with it."""

    file_format: ClassVar[FileFormat]
    kinds: ClassVar[tuple[str, ...]]
    """Keys of HEADS whose beginnings the sniffer accepts."""

    @abstractmethod
    def examples(self) -> dict[str, bytes]:
        """File name -> the bytes of a whole, small file of this kind."""

    def tolerated(self, cut: list[Series], whole: list[Series]) -> bool:
        """Whether what a truncated file gave is right: by default all of the whole file.

        A format that cannot know its own end overrides this and says what it does.
        """
        return len(cut) == len(whole) and all(map(same_series, cut, whole))

    def _write(self, folder: Path, name: str, content: bytes) -> Path:
        path = folder / name
        path.write_bytes(content)
        return path

    def test_sniffs_its_own_and_no_others(self) -> None:
        sniff = self.file_format.sniff
        for name, content in self.examples().items():
            assert sniff(content[:SNIFFED]), name
        assert set(self.kinds) <= set(HEADS)
        for kind, head in HEADS.items():
            assert sniff(head) is (kind in self.kinds), kind

    @settings(deadline=None, max_examples=50, suppress_health_check=_INHERITED)
    @given(content=st.binary(max_size=2000))
    def test_says_no_to_random_bytes(self, content: bytes) -> None:
        assert not self.file_format.sniff(content)

    def test_what_it_reads_passes(self, tmp_path: Path) -> None:
        for name, content in self.examples().items():
            path = self._write(tmp_path, name, content)
            found = self.file_format.read(path)
            assert found, name
            keys = [(series.sample, series.region) for series in found]
            assert len(set(keys)) == len(keys), f"{name}: repeated {keys}"
            for series in found:
                assert not series_problem(series), f"{name}: {series_problem(series)}"
                assert Path(series.source) == path

    def test_reading_leaves_the_file_alone(self, tmp_path: Path) -> None:
        for name, content in self.examples().items():
            path = self._write(tmp_path, name, content)
            before = path.stat().st_mtime_ns
            self.file_format.read(path)
            assert path.read_bytes() == content
            assert path.stat().st_mtime_ns == before
            assert [p.name for p in tmp_path.iterdir()] == [name]
            path.unlink()

    @settings(deadline=None, max_examples=40, suppress_health_check=_INHERITED)
    @given(where=st.floats(0.0, 1.0, exclude_max=True))
    def test_a_cut_file_is_refused_or_tolerated(
        self, tmp_path_factory: pytest.TempPathFactory, where: float
    ) -> None:
        for name, content in self.examples().items():
            folder = tmp_path_factory.mktemp("cut")
            whole = self.file_format.read(self._write(folder, name, content))
            path = self._write(folder, f"cut_{name}", content[: int(where * len(content))])
            try:
                found = self.file_format.read(path)
            except ReadError as error:
                assert_one_sentence(error, path)
            else:
                assert self.tolerated(found, whole), f"{name} cut at {where}"

    @pytest.mark.parametrize("kind", sorted(HEADS))
    def test_a_wrong_file_is_refused(self, tmp_path: Path, kind: str) -> None:
        if kind in self.kinds:
            return
        path = self._write(tmp_path, "wrong", HEADS[kind])
        with pytest.raises(ReadError) as caught:
            self.file_format.read(path)
        assert_one_sentence(caught.value, path)

    @settings(deadline=None, max_examples=30, suppress_health_check=_INHERITED)
    @given(content=st.binary(max_size=300))
    def test_random_bytes_are_refused(
        self, tmp_path_factory: pytest.TempPathFactory, content: bytes
    ) -> None:
        path = self._write(tmp_path_factory.mktemp("random"), "random", content)
        with pytest.raises(ReadError) as caught:
            self.file_format.read(path)
        assert_one_sentence(caught.value, path)

    def test_a_missing_file_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "not_there"
        with pytest.raises(ReadError) as caught:
            self.file_format.read(path)
        assert_one_sentence(caught.value, path)
