"""CasaXPS exports: both layouts, fitted curves kept, counts known where the file says."""

from pathlib import Path

import numpy as np
import pytest

from app.io.casaxps import FORMAT_CSV, FORMAT_TEXT, read_csv, read_text
from fitting.errors import ReadError
from fitting.series import AxisKind, IntensityUnit, Series
from tests.contracts.reader import ReaderContract
from tests.shared_data import shared_file

CSV = """,,,,
,,,,
Characteristic Energy eV,1486.6,Acquisition Time s,2.8,
BE_S 2p 4,CPS_S 2p 4,S 2p_1_S 2p 4,Background_S 2p 4,Envelope_S 2p 4
175.1,455.5,456.5,455.0,457.5
175.0,443.5,444.5,443.0,445.5
174.9,461.5,462.5,461.0,462.5
"""
SIDE_BY_SIDE = """,,,,,,
,,,,,,
Characteristic Energy eV,1486.6,,Characteristic Energy eV,1486.6,Acquisition Time s,2
BE_Sur1 1,CPS_Sur1 1,,BE_C 1s 2,CPS_C 1s 2,Background_C 1s 2,
1399,140106,,299,10,9,
1398,139147,,298,11,9,
1397,138147,,,,,
"""
TEXT = """Cycle 0:FeO:Fe2p
	Characteristic Energy eV	1.486610e+003	Acquisition Time s	2.0
Name		Fe 2p	Sat	
Position		709.05	716.00	
FWHM		3.86	8.00	
Area		63507.37	35837.06	
Lineshape		LF(0.54,10,80,100,6)	SGL(30)	
K.E.	Counts	Fe 2p	Sat	Background	Envelope	.	B.E.	CPS	Fe 2p	Sat	BG_CPS	Env_CPS
736.61	12516	12525	12547	12516	12820	.	750.00	6258	6262	6273	6258	6410
736.66	12304	12313	12335	12304	12610	.	749.95	6152	6156	6167	6152	6305
Cycle 4:FeO:O 1s
	Characteristic Energy eV	1.486610e+003	Acquisition Time s	1.0
Name		
Position		
FWHM		
Area		
Lineshape		
K.E.	Counts		B.E.	CPS
956.61	12		530.00	12
956.71	13		529.90	13
""".replace("\t.\t", "\t\t").replace("_CPS", " CPS")


def read_bytes(tmp_path: Path, content: str, name: str = "cell-A_S_2p.csv") -> list[Series]:
    path = tmp_path / name
    path.write_bytes(content.encode())
    return (read_csv if name.endswith("csv") else read_text)(path)


def is_beginning(cut: list[Series], whole: list[Series]) -> bool:
    """Every spectrum read is the beginning of one in the whole file."""
    return len(cut) <= len(whole) and all(
        np.array_equal(a.x, b.x[: len(a.x)])
        and np.array_equal(a.intensity, b.intensity[:, : a.intensity.shape[1]])
        for a, b in zip(cut, whole, strict=False)
    )


class TestCasaCsvContract(ReaderContract):
    file_format = FORMAT_CSV
    kinds = ("casaxps_csv",)

    def examples(self) -> dict[str, bytes]:
        return {
            "cell_S_2p.csv": CSV.encode(),
            "cell_both.csv": SIDE_BY_SIDE.replace("\n", "\r\n").encode(),
        }

    def tolerated(self, cut: list[Series], whole: list[Series]) -> bool:
        return is_beginning(cut, whole)


class TestCasaTextContract(ReaderContract):
    file_format = FORMAT_TEXT
    kinds = ("casaxps_text",)

    def examples(self) -> dict[str, bytes]:
        return {"export.txt": TEXT.encode()}

    def tolerated(self, cut: list[Series], whole: list[Series]) -> bool:
        return is_beginning(cut, whole)


def test_csv_holds_measured_and_fitted(tmp_path: Path) -> None:
    (series,) = read_bytes(tmp_path, CSV)
    assert (series.sample, series.region) == ("cell-A", "S 2p")
    assert series.axis_kind is AxisKind.BINDING_ENERGY
    assert series.x.tolist() == [175.1, 175.0, 174.9]
    assert series.intensity.tolist() == [[455.5, 443.5, 461.5]]
    assert series.intensity_unit is IntensityUnit.COUNTS_PER_SECOND
    assert series.counts_per_unit is not None
    assert series.counts_per_unit.tolist() == [2.8]
    assert series.photon_energy_eV == 1486.6
    (curves,) = series.metadata["casaxps_curves"]
    assert [curve["name"] for curve in curves] == ["S 2p_1", "Background", "Envelope"]
    assert curves[1]["values"] == [455.0, 443.0, 461.0]


def test_regions_side_by_side_may_differ_in_length(tmp_path: Path) -> None:
    survey, c1s = read_bytes(tmp_path, SIDE_BY_SIDE)
    assert (survey.region, survey.x.tolist()) == ("survey", [1399.0, 1398.0, 1397.0])
    assert survey.counts_per_unit is None
    assert (c1s.region, c1s.x.tolist()) == ("C 1s", [299.0, 298.0])
    assert c1s.counts_per_unit is not None


def test_a_time_cut_off_by_the_table_is_unknown(tmp_path: Path) -> None:
    narrow = CSV.replace(",2.8,", ",")
    (series,) = read_bytes(tmp_path, narrow)
    assert series.counts_per_unit is None
    assert series.acquisition_s is None


def test_text_regions_follow_one_another(tmp_path: Path) -> None:
    fe2p, o1s = read_bytes(tmp_path, TEXT, "export.txt")
    assert (fe2p.sample, fe2p.region, o1s.region) == ("FeO", "Fe 2p", "O 1s")
    assert fe2p.x.tolist() == [750.0, 749.95]
    assert fe2p.intensity.tolist() == [[6258.0, 6152.0]]
    (export,) = fe2p.metadata["casaxps_export"]
    assert export["lineshape"] == ["LF(0.54,10,80,100,6)", "SGL(30)"]
    (curves,) = fe2p.metadata["casaxps_curves"]
    assert [c["name"] for c in curves] == ["Fe 2p", "Sat", "BG CPS", "Env CPS"]
    assert o1s.metadata["casaxps_curves"] == [[]]


@pytest.mark.parametrize(
    ("content", "place", "problem"),
    [
        (CSV.replace("443.5", "443;5"), "line 6, column 2", "'443;5'"),
        (CSV.replace("443.5", "inf"), "line 6, column 2", "'inf'"),
        (CSV.replace("443.5,", ""), "line 6", "4 cells where 5"),
        (CSV.replace("CPS_", "XYZ_"), "BE_S 2p 4", "no column CPS_S 2p 4"),
        (CSV.replace("1486.6", "-3"), "Characteristic Energy", "found -3"),
        (CSV[:-1], "line 7", "not ended"),
        ("\n".join(CSV.split("\n")[:4]) + "\n", "line 4", "no rows"),
    ],
)
def test_damaged_csv_is_refused(tmp_path: Path, content: str, place: str, problem: str) -> None:
    with pytest.raises(ReadError) as caught:
        read_bytes(tmp_path, content)
    assert place in caught.value.place
    assert problem in caught.value.problem


@pytest.mark.parametrize(
    ("content", "place", "problem"),
    [
        (TEXT.replace("Cycle 0:FeO:Fe2p", "Cycle 0"), "line 1", "'Cycle 0'"),
        (TEXT.replace("K.E.", "X.E."), "line 1", "no row"),
        (TEXT.replace("B.E.\tCPS\n", "B.E.\tABC\n"), "line 18", "B.E. and CPS"),
    ],
)
def test_damaged_text_is_refused(tmp_path: Path, content: str, place: str, problem: str) -> None:
    with pytest.raises(ReadError) as caught:
        read_bytes(tmp_path, content, "export.txt")
    assert place in caught.value.place
    assert problem in caught.value.problem


@pytest.mark.real_data
def test_real_text_export_agrees_with_the_vamas_file_it_came_from() -> None:
    from app.io.vamas import read

    (exported,) = read_text(shared_file("xps/casaxps_fitted/FeO_analyzed_lineshapes_cols.txt"))
    (vamas,) = read(shared_file("xps/casaxps_fitted/FeO_analyzed.vms"))
    assert exported.counts_per_unit is not None
    counts = exported.intensity * exported.counts_per_unit[:, None]
    np.testing.assert_allclose(counts, vamas.intensity, rtol=1e-6)
    np.testing.assert_allclose(exported.axis(0), vamas.axis(0), atol=1e-6)


@pytest.mark.real_data
def test_acquisition_time_makes_whole_counts() -> None:
    name = "xps/casaxps_csv_ionic_liquid/20240220_Au_MPPipTFSI4AMSIol3_S_2p.csv"
    (series,) = read_csv(shared_file(name))
    assert series.counts_per_unit is not None
    counts = series.intensity * series.counts_per_unit[:, None]
    np.testing.assert_allclose(counts, np.round(counts), atol=0.05)
