from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.io import columns, read_file
from app.io.format import FileFormat
from app.io.options import ReadOptions
from fitting.errors import ReadError
from fitting.series import AxisKind, IntensityUnit, Series, Technique
from tests.contracts.reader import ReaderContract
from tests.shared_data import shared_file

RAMAN = ReadOptions(axis="raman_shift_cm-1")


def write(folder: Path, text: str, name: str = "cellA__S 2p.txt") -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


def only(path: Path, options: ReadOptions | None = None) -> Series:
    (series,) = read_file(path, options or ReadOptions())
    return series


class TestColumnsContract(ReaderContract):
    file_format: ClassVar[FileFormat] = columns.FORMAT
    kinds: ClassVar[tuple[str, ...]] = ("columns",)

    def examples(self) -> dict[str, bytes]:
        return {
            "cellA__S 2p.csv": b"BE (eV),counts,sigma\n160,5,2.2\n161,6,2.4\n162,7,2.6\n",
            "b.txt": b"# made by hand\nRaman shift [cm-1]\tcounts 1\tcounts 2\n"
            b"200\t5\t6\n201\t5\t7\n202\t5\t8\n",
        }

    def tolerated(self, cut: list[Series], whole: list[Series]) -> bool:
        """Text has no end mark: whole rows may be missing, and the last row may be cut."""
        rows = cut[0].intensity.shape[1] - 1
        steps = len(cut[0])
        same = cut[0].intensity[:, :rows] == whole[0].intensity[:steps, :rows]
        return rows < whole[0].intensity.shape[1] and bool(np.all(same))


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("Binding Energy (eV)", AxisKind.BINDING_ENERGY),
        ("B.E. [eV]", AxisKind.BINDING_ENERGY),
        ("BE/eV", AxisKind.BINDING_ENERGY),
        ("Kinetic Energy, eV".replace(",", ""), AxisKind.KINETIC_ENERGY),
        ("Raman shift / cm^-1", AxisKind.RAMAN_SHIFT),
        ("Wavenumber (cm⁻¹)", AxisKind.RAMAN_SHIFT),
        ("cm-1", AxisKind.RAMAN_SHIFT),
        ("1/cm", AxisKind.RAMAN_SHIFT),
    ],
)
def test_header_words_decide_the_axis(tmp_path: Path, header: str, kind: AxisKind) -> None:
    series = only(write(tmp_path, f"{header};I\n3;4\n2;5\n1;6\n"))
    assert series.axis_kind is kind
    assert series.x.tolist() == [3, 2, 1]
    assert series.intensity.tolist() == [[4, 5, 6]]
    assert series.intensity_unit is IntensityUnit.ARBITRARY


def test_axis_may_stand_in_any_column(tmp_path: Path) -> None:
    series = only(write(tmp_path, "counts,binding energy eV\n5,1\n6,2\n7,3\n"))
    assert series.x.tolist() == [1, 2, 3]
    assert series.intensity.tolist() == [[5, 6, 7]]


def test_several_intensities_are_steps_and_errors_are_sigma(tmp_path: Path) -> None:
    text = "BE eV,counts a,sigma a,counts b,error b\n1,4,2,9,3\n2,4,2,9,3\n3,4,2,16,4\n"
    series = only(write(tmp_path, text))
    assert series.steps.tolist() == [0, 1]
    assert series.intensity.tolist() == [[4, 4, 4], [9, 9, 16]]
    assert series.sigma is not None
    assert series.sigma.tolist() == [[2, 2, 2], [3, 3, 4]]
    assert series.intensity_unit is IntensityUnit.COUNTS


def test_columns_of_other_programs_are_left_out(tmp_path: Path) -> None:
    text = "K.E. eV,B.E. eV,CPS,Background,Envelope\n9,1,4,0,4\n8,2,4,0,4\n7,3,5,0,4\n"
    series = only(write(tmp_path, text))
    assert series.axis_kind is AxisKind.BINDING_ENERGY
    assert len(series) == 1
    assert series.intensity_unit is IntensityUnit.COUNTS_PER_SECOND
    assert series.counts_per_unit is None
    assert series.metadata["columns"]["left_out"] == ["K.E. eV", "Background", "Envelope"]


@pytest.mark.parametrize(
    "text",
    [
        "1,5 10\n2,5 11\n3,5 12\n",
        "1.5\t10\n2.5\t11\n3.5\t12\n",
        "1,5;10\n2,5;11\n3,5;12\n",
        "1.5,10\n2.5,11\n3.5,12\n",
        "  1.5E+00, 1.0E+01\n 2.5E+00, 11\n 3.5, 12\n",
    ],
)
def test_no_header_needs_the_axis(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ReadError, match="columns without a header; give --axis"):
        read_file(path)
    series = only(path, RAMAN)
    assert series.technique is Technique.RAMAN
    assert series.x.tolist() == [1.5, 2.5, 3.5]
    assert series.intensity.tolist() == [[10, 11, 12]]


@settings(deadline=None, max_examples=40)
@given(
    rows=st.lists(st.tuples(st.floats(-1e5, 1e5), st.floats(0, 1e12)), min_size=3, max_size=10),
    style=st.sampled_from([(",", "."), (";", ","), ("\t", ","), (" ", "."), (" ", ",")]),
)
def test_every_number_comes_back_exactly(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[float, float]],
    style: tuple[str, str],
) -> None:
    delimiter, point = style
    text = "\n".join(delimiter.join(repr(v).replace(".", point) for v in row) for row in rows)
    series = only(write(tmp_path_factory.mktemp("columns"), text), RAMAN)
    assert series.x.tolist() == [row[0] for row in rows]
    assert series.intensity[0].tolist() == [row[1] for row in rows]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Binding Energy,counts\n1,2\n2,3\n3,4\n", "no unit; write binding_energy_eV"),
        ("Energy (eV),counts\n1,2\n2,3\n3,4\n", "give --axis"),
        ("Wavelength (nm),counts\n1,2\n2,3\n3,4\n", "give --axis"),
        ("Raman shift (nm),counts\n1,2\n2,3\n3,4\n", "in nm; convert it"),
        ("x,y\n1,2\n2,3\n3,4\n", "give --axis"),
        ("BE eV,counts\n1,2\n2,3\n3,4\n4\n", "line 5: 1 cells where 2"),
    ],
)
def test_refused_in_one_sentence(tmp_path: Path, text: str, expected: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ReadError) as caught:
        read_file(path)
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_damaged_cell_is_named(tmp_path: Path) -> None:
    rows = "\n".join(f"{i},{i}" for i in range(40))
    path = write(tmp_path, f"BE eV,counts\n{rows}\n40,4o\n")
    with pytest.raises(ReadError, match="line 42, column 2: '4o' where a number was needed"):
        read_file(path)


def test_unknown_region_asks_for_it(tmp_path: Path) -> None:
    path = write(tmp_path, "BE eV,counts\n1,2\n2,3\n3,4\n", "today.csv")
    with pytest.raises(ReadError, match="--region"):
        read_file(path)
    assert only(path, ReadOptions(region="P 2p")).region == "P 2p"


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "points", "first"),
    [
        ("carbon_DG/testDW38C_pos1.txt", 1600, -94.6818902352418),
        ("carbon_DG/Si_spectrum01.txt", 1600, -95.790799602554),
        ("fitspy_with_fit/spectrum_2_1.txt", 575, 958.793),
    ],
)
def test_plain_raman_files(name: str, points: int, first: float) -> None:
    path = shared_file(f"raman/{name}")
    with pytest.raises(ReadError, match="give --axis raman_shift_cm-1"):
        read_file(path)
    series = only(path, RAMAN)
    assert series.x[0] == first
    assert series.intensity.shape == (1, len(path.read_text().splitlines()))
    assert series.intensity.shape[1] == points
