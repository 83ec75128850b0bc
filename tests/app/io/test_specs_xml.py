"""SpecsLab2 XML: channels moved and added, entities refused."""

from pathlib import Path

import numpy as np
import pytest

from app.io.specs_xml import FORMAT, read
from fitting.errors import ReadError
from fitting.series import AxisKind, IntensityUnit, Series
from tests.contracts.reader import ReaderContract
from tests.shared_data import shared_file

SHIFTS = (-0.1, 0.0, 0.2)
STEP, PASS_ENERGY, POINTS = 0.5, 5.0, 6
# head and tail: 0.2 x 5 / 0.5 = 2 points before, 0.1 x 5 / 0.5 = 1 after
HEAD, TAIL = 2, 1
LINE = np.array([1, 2, 3, 50, 7, 6, 5, 4, 3])


def counts() -> list[int]:
    """Detector rows in which channel c sees ``LINE`` moved by its shift."""
    rows = []
    for k in range(POINTS + HEAD + TAIL):
        for shift in SHIFTS:
            at = k - HEAD + round(shift * PASS_ENERGY / STEP)
            rows.append(int(LINE[at]) if 0 <= at < len(LINE) else 0)
    return rows


def scan(values: list[int]) -> str:
    words = "\n".join(map(str, values))
    return (
        f'<struct type_name="ScanData"><sequence name="counts" length="{len(values)}">'
        f'<ulong type_name="Counts">{words}</ulong></sequence>'
        '<sequence name="scaling_factors" length="0"></sequence></struct>'
    )


def xml(cycles: int = 2, scans: int = 1, values: list[int] | None = None) -> str:
    detectors = "".join(
        f'<struct type_name="Detector"><double name="shift">{s}</double></struct>' for s in SHIFTS
    )
    body = scan(counts() if values is None else values) * scans
    cycle = "".join(
        f'<struct type_name="Cycle"><ulong name="time">{1643415878 + 60 * i}</ulong>'
        f'<sequence name="scans" length="{scans}">{body}</sequence></struct>'
        for i in range(cycles)
    )
    return f"""<?xml version="1.0"?>
<!-- CORBA XML document created by XMLSerializer2 1.6 at 2022-04-08 11:47:02 UTC -->
<!DOCTYPE any [
<!ELEMENT any (sequence)?>
]>
<any version="1.6"><sequence length="1"><struct type_name="RegionGroup">
<string name="name">cell A</string>
<sequence name="regions" length="1"><struct type_name="RegionData">
<string name="name">3 S2p</string>
<struct name="region" type_name="RegionDef">
<string name="analysis_method">XPS</string>
<struct name="scan_mode"><string name="name">FixedAnalyzerTransmission</string></struct>
<ulong name="curves_per_scan">1</ulong>
<ulong name="values_per_curve">{POINTS}</ulong>
<double name="dwell_time">0.1</double>
<double name="scan_delta">{STEP}</double>
<double name="excitation_energy">1253.6</double>
<double name="kinetic_energy">1080</double>
<double name="kinetic_energy_base">0</double>
<double name="pass_energy">{PASS_ENERGY}</double>
<double name="effective_workfunction">4.37</double>
</struct>
<ulong name="mcd_head">{HEAD}</ulong><ulong name="mcd_tail">{TAIL}</ulong>
<struct name="analyzer_info"><sequence name="detectors" length="3">{detectors}</sequence></struct>
<sequence name="cycles" length="{cycles}">{cycle}</sequence>
</struct></sequence></struct></sequence></any>
"""


def read_text(tmp_path: Path, content: str) -> list[Series]:
    path = tmp_path / "specs.xml"
    path.write_text(content)
    return read(path)


class TestSpecsXmlContract(ReaderContract):
    file_format = FORMAT
    kinds = ("specs_xml",)

    def examples(self) -> dict[str, bytes]:
        return {"specs.xml": xml().encode()}


def test_channels_are_moved_onto_one_another(tmp_path: Path) -> None:
    (series,) = read_text(tmp_path, xml())
    assert (series.sample, series.region) == ("cell A", "S 2p")
    assert series.axis_kind is AxisKind.KINETIC_ENERGY
    assert series.x.tolist() == [1080.0, 1080.5, 1081.0, 1081.5, 1082.0, 1082.5]
    assert series.intensity.tolist() == [(3 * LINE[:POINTS]).tolist()] * 2
    assert series.intensity_unit is IntensityUnit.COUNTS
    assert series.acquisition_start is not None
    assert series.acquisition_start.tolist() == [1643415878.0, 1643415938.0]
    assert series.work_function_eV is None
    assert series.metadata["specs"][0]["effective_workfunction"] == "4.37"
    assert series.metadata["specs"][0]["scan_mode"] == "FixedAnalyzerTransmission"


def test_scans_are_added(tmp_path: Path) -> None:
    (series,) = read_text(tmp_path, xml(cycles=1, scans=2))
    assert series.intensity.tolist() == [(6 * LINE[:POINTS]).tolist()]
    assert series.acquisition_s is not None
    np.testing.assert_allclose(series.acquisition_s, [0.1 * POINTS * 2])


@pytest.mark.parametrize(
    ("content", "place", "problem"),
    [
        (xml().replace("<!ELEMENT", '<!ENTITY a "aaaa">\n<!ELEMENT'), "document type", "entities"),
        (xml().replace('"1.0"?', '"1.0" encoding="cp037"?'), "line 1", "encoding"),
        (xml().replace('curve">6', 'curve">1e12'), "cycle 1", "counts where"),
        (xml().replace('shift">0.2', 'shift">1e308'), "S2p", "more than the whole"),
        (xml()[:-40], "line", "broken XML"),
        (xml(values=counts()[:-1]), "cycle 1", "26 counts where 9 rows of 3"),
        (xml(values=[-1, *counts()[1:]]), "cycle 1", "not a whole number"),
        (xml().replace('mcd_head">2', 'mcd_head">1'), "S2p", "do not fit head 1"),
        (xml().replace(">XPS<", ">LEED<"), "S2p", "'LEED'"),
        (xml().replace("1253.6", "Mg"), "excitation_energy", "'Mg'"),
        (xml().replace('energy_base">0', 'energy_base">5'), "S2p", "kinetic_energy_base"),
        (xml().replace('per_scan">1', 'per_scan">4'), "S2p", "several curves"),
        (xml(cycles=0), "", "no measured region"),
        (xml(scans=0), "cycle 1", "no scans"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, content: str, place: str, problem: str) -> None:
    with pytest.raises(ReadError) as caught:
        read_text(tmp_path, content)
    assert place in caught.value.place
    assert problem in caught.value.problem


@pytest.mark.real_data
def test_real_polythiophene() -> None:
    survey, c1s, s2p = read(shared_file("xps/specs/In-situ_PBTTT_XPS_SPECS.xml"))
    assert [series.region for series in (survey, c1s, s2p)] == ["survey", "C 1s", "S 2p"]
    assert c1s.axis(0)[np.argmax(c1s.intensity[0])] == pytest.approx(285.0, abs=0.2)
    assert s2p.axis(0)[np.argmax(s2p.intensity[0])] == pytest.approx(164.0, abs=0.2)
    # counting noise: the second difference of Poisson counts has variance 6 x mean
    noise = np.mean(np.diff(s2p.intensity[0], 2) ** 2) / 6 / np.mean(s2p.intensity[0])
    assert 0.8 < noise < 1.3
