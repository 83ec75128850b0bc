import time
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.io import matrix, read_file
from app.io.format import FileFormat
from app.io.options import ReadOptions
from fitting.errors import ReadError
from fitting.series import AxisKind, IntensityUnit, Series, Technique
from tests.contracts.reader import ReaderContract
from tests.shared_data import shared_file

PLAIN = (
    "binding_energy_eV\\charge_uAh_cm2,0,1.5,3\n162.0,10,20,30\n161.9,11,21,31\n161.8,12,22,32\n"
)
TABS = b"raman_shift_cm-1\\time_h\t0\t1\r\n200\t5\t6\r\n201\t5\t7\r\n"


def write(folder: Path, text: str, name: str = "cellA__S 2p.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def only(path: Path, options: ReadOptions | None = None) -> Series:
    (series,) = read_file(path, options or ReadOptions())
    return series


class TestMatrixContract(ReaderContract):
    file_format: ClassVar[FileFormat] = matrix.FORMAT
    kinds: ClassVar[tuple[str, ...]] = ("matrix",)

    def examples(self) -> dict[str, bytes]:
        return {
            "cellA__S 2p.csv": PLAIN.encode(),
            "cellB__P 2p.csv": b"\xef\xbb\xbf" + PLAIN.replace(",", ";").encode(),
            "cellC__200-600 cm-1.txt": TABS,
        }

    def tolerated(self, cut: list[Series], whole: list[Series]) -> bool:
        """Text has no end mark: rows may be missing, and steps that had no value yet."""
        steps, rows = cut[0].intensity.shape
        same = cut[0].intensity[:, : rows - 1] == whole[0].intensity[:steps, : rows - 1]
        return rows <= whole[0].intensity.shape[1] and bool(np.all(same))


def test_reads_what_is_written(tmp_path: Path) -> None:
    series = only(write(tmp_path, PLAIN))
    assert (series.sample, series.region) == ("cellA", "S 2p")
    assert series.technique is Technique.XPS
    assert series.axis_kind is AxisKind.BINDING_ENERGY
    assert series.x.tolist() == [162.0, 161.9, 161.8]  # descending stays
    assert series.intensity.tolist() == [[10, 11, 12], [20, 21, 22], [30, 31, 32]]
    assert series.columns["charge_uAh_cm2"].tolist() == [0, 1.5, 3]
    assert series.steps.tolist() == [0, 1, 2]
    assert series.counts_per_unit is not None
    assert series.counts_per_unit.tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (PLAIN, "utf-8-sig"),
        (PLAIN, "utf-16"),
        (PLAIN.replace(",", "\t"), "utf-8"),
        (PLAIN.replace(",", ";").replace(".", ","), "utf-8"),
        (PLAIN.replace(",", "\t").replace(".", ",").replace("\n", "\r\n"), "cp1252"),
        (
            PLAIN.replace(
                "binding_energy_eV\\charge_uAh_cm2", '"binding_energy_eV\\charge_uAh_cm2"'
            )
            .replace("162.0", '"162.0"')
            .replace("31\n", '"31"\n'),
            "utf-8",
        ),
        ("\n\n" + PLAIN + "\n\n", "utf-8"),
        (PLAIN.replace("\n", ",\n"), "utf-8"),
        (PLAIN.replace("binding_energy_eV", "Binding Energy (eV)"), "utf-8"),
    ],
)
def test_writing_styles_read_the_same(tmp_path: Path, text: str, encoding: str) -> None:
    series = only(write(tmp_path, text, encoding=encoding))
    plain = only(write(tmp_path, PLAIN, "plain__S 2p.csv"))
    assert np.array_equal(series.x, plain.x)
    assert np.array_equal(series.intensity, plain.intensity)
    assert np.array_equal(series.columns["charge_uAh_cm2"], plain.columns["charge_uAh_cm2"])


@settings(deadline=None, max_examples=40)
@given(
    data=st.lists(
        st.lists(st.floats(-1e6, 1e9, allow_nan=False), min_size=4, max_size=4),
        min_size=1,
        max_size=8,
    ),
    style=st.sampled_from([(",", "."), (";", "."), (";", ","), ("\t", "."), ("\t", ",")]),
)
def test_every_number_comes_back_exactly(
    tmp_path_factory: pytest.TempPathFactory, data: list[list[float]], style: tuple[str, str]
) -> None:
    delimiter, point = style
    rows = [delimiter.join(repr(v).replace(".", point) for v in row) for row in data]
    head = delimiter.join(["kinetic_energy_eV\\cycle", "1", "2", "3"])
    folder = tmp_path_factory.mktemp("matrix")
    series = only(write(folder, "\n".join([head, *rows]) + "\n"))
    assert series.x.tolist() == [row[0] for row in data]
    assert series.intensity.T.tolist() == [row[1:] for row in data]


@pytest.mark.parametrize(
    ("cell", "column", "values"),
    [
        ("time_h", "time_s", [0, 3600, 7200]),
        ("time_min", "time_s", [0, 60, 120]),
        ("potential_mV", "potential_V", [0, 1e-3, 2e-3]),
        ("etch_time_min", "etch_time_s", [0, 60, 120]),
        ("temperature_K", "temperature_C", [-273.15, -272.15, -271.15]),
        ("charge_mAh_cm2", "charge_uAh_cm2", [0, 1000, 2000]),
        ("charge_throughput_uAh_cm2", "charge_throughput_uAh_cm2", [0, 1, 2]),
        ("charge_side_uAh_cm2", "charge_side_uAh_cm2", [0, 1, 2]),
        ("cycle", "cycle", [0, 1, 2]),
    ],
)
def test_step_columns(tmp_path: Path, cell: str, column: str, values: list[float]) -> None:
    series = only(write(tmp_path, f"binding_energy_eV\\{cell},0,1,2\n160,1,2,3\n161,1,2,3\n"))
    assert set(series.columns) == {column}
    assert series.columns[column] == pytest.approx(values)


def test_step_numbers_and_empty_columns(tmp_path: Path) -> None:
    series = only(write(tmp_path, "binding_energy_eV\\step,0,2,5\n160,1,,3\n161,1,,\n"))
    assert series.steps.tolist() == [0, 5]
    assert np.array_equal(series.intensity, [[1, 1], [3, np.nan]], equal_nan=True)


def test_nan_cells_and_repeated_points_stay(tmp_path: Path) -> None:
    series = only(write(tmp_path, "binding_energy_eV\\cycle,0,1\n160,1,nan\n160,2,5\n161,-3,6\n"))
    assert series.x.tolist() == [160, 160, 161]
    assert np.isnan(series.intensity[1, 0])
    assert series.intensity[0, 2] == -3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("binding_energy\\charge_uAh_cm2,0,1\n1,2,3\n1,2,3\n", "write binding_energy_eV"),
        ("energy_eV\\charge_uAh_cm2,0,1\n1,2,3\n1,2,3\n", "write binding_energy_eV, kinetic"),
        ("raman_shift_nm\\time_s,0,1\n1,2,3\n1,2,3\n", "raman_shift_cm-1"),
        ("binding_energy_eV\\charge,0,1\n1,2,3\n1,2,3\n", "write charge_uAh_cm2"),
        ("binding_energy_eV\\potential_volt,0,1\n1,2,3\n1,2,3\n", "potential_V"),
        (",0,1\n1,2,3\n1,2,3\n", "--axis raman_shift_cm-1 and --step-column time_h"),
        ("binding_energy_eV,0,1\n1,2,3\n1,2,3\n", "what the first row is"),
        ("binding_energy_eV\\cycle,0,1\n1,2,3\n1,2\n", "line 3: 2 cells where 3"),
        ("binding_energy_eV\\cycle,0,1\n1,2,3\n1,2,3,4,5\n", "decimal marks"),
        ("binding_energy_eV\\cycle,0,1\n1,2,3\n1,oops,3\n", "line 3, column 2: 'oops'"),
        ("binding_energy_eV\\cycle,0,1\n1,2,3\n1,inf,3\n", "line 3, column 2: 'inf'"),
        ("binding_energy_eV\\cycle,0,1\n1,2,3\n1,1_000,3\n", "line 3, column 2: '1_000'"),
        ("binding_energy_eV\\cycle,0,x\n1,2,3\n1,2,3\n", "line 1, column 3: 'x'"),
        ("binding_energy_eV\\step,0,0.5\n1,2,3\n1,2,3\n", "counts 0, 1, 2"),
        ("binding_energy_eV\\step,1,0\n1,2,3\n1,2,3\n", "must increase"),
        ("binding_energy_eV\\cycle,0,1\n1,,\n2,,\n", "holds no counts"),
    ],
)
def test_refused_in_one_sentence(tmp_path: Path, text: str, expected: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ReadError) as caught:
        read_file(path)
    assert expected in str(caught.value)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_region_from_name_or_option(tmp_path: Path) -> None:
    assert only(write(tmp_path, PLAIN, "cell_7_S2p.csv")).region == "S 2p"
    assert only(write(tmp_path, PLAIN, "cell_7_S2p.csv")).sample == "cell_7"
    path = write(tmp_path, PLAIN, "today.csv")
    with pytest.raises(ReadError, match="--region"):
        read_file(path)
    series = only(path, ReadOptions(region="Li 1s", sample="cellB"))
    assert (series.sample, series.region) == ("cellB", "Li 1s")


def test_ten_thousand_spectra_in_seconds(tmp_path: Path) -> None:
    counts = np.random.default_rng(1).poisson(1000, (281, 10_000))
    steps = ",".join(f"{v:.3f}" for v in np.linspace(0, 50, 10_000))
    rows = [f"{157 + 0.05 * i:.2f}," + ",".join(map(str, row)) for i, row in enumerate(counts)]
    path = write(tmp_path, "\n".join([f"binding_energy_eV\\charge_uAh_cm2,{steps}", *rows]))
    start = time.process_time()
    series = only(path)
    assert time.process_time() - start < 6.0
    assert np.array_equal(series.intensity, counts.T)


@pytest.mark.real_data
def test_raman_reaction_series() -> None:
    path = shared_file("raman/reaction_time_series/mcrnmf_raman.csv")
    with pytest.raises(ReadError, match="--axis raman_shift_cm-1 and --step-column time_h"):
        read_file(path)
    options = ReadOptions(
        axis="raman_shift_cm-1",
        step_column="time_h",
        sample="reaction",
        intensity_unit=IntensityUnit.ARBITRARY,
    )
    series = only(path, options)
    assert series.intensity.shape == (443, 1551)
    assert series.technique is Technique.RAMAN
    assert series.x[[0, -1]].tolist() == [1700, 150]
    assert series.columns["time_s"][-1] == pytest.approx(7.37 * 3600, rel=1e-2)
    assert np.abs(np.diff(series.columns["time_s"]) - 60).max() < 3
    assert series.counts_per_unit is None
    text = path.read_text().splitlines()
    assert series.intensity[:, 700].tolist() == [float(c) for c in text[701].split(",")[1:]]
