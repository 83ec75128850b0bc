"""VAMAS: layout, steps, units, and what is not guessed."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from app.io.clock import NAIVE_TIME
from app.io.vamas import FORMAT, read
from fitting.errors import ReadError
from fitting.series import AxisKind, IntensityUnit, Series
from tests.contracts.reader import ReaderContract
from tests.shared_data import shared_file

IDENTIFIER = "VAMAS Surface Chemical Analysis Standard Data Transfer Format 1988 May 4"


@dataclass
class FakeBlock:
    species: str = "S"
    transition: str = "2p"
    sample: str = "cell A"
    variables: tuple[float, ...] = ()
    counts: tuple[float, ...] = (5.0, 7.0, 6.0)
    unit: str = "d"
    date: tuple[int, ...] = (2024, 3, 1, 12, 0, 0, 1)
    comment: tuple[str, ...] = ()
    label: str = "Kinetic Energy"
    technique: str = "XPS"
    dwell: str = "0.1"
    before_energy: tuple[object, ...] = ()
    after_correction: tuple[object, ...] = ()
    keep: frozenset[int] = field(default_factory=lambda: frozenset(range(1, 41)))

    def lines(self, mode: str = "NORM", scan: str = "REGULAR") -> list[str]:
        entries: list[tuple[int, list[object]]] = [
            *((i + 1, [value]) for i, value in enumerate(self.date)),
            (8, [len(self.comment), *self.comment]),
            (9, [self.technique]),
            (10, [1, 2] if mode in ("MAP", "MAPDP") else []),
            (11, list(self.variables)),
            (12, ["Al"]),
            (13, list(self.before_energy)),
            (14, [1486.6]),
            (15, [225]),
            (16, ["1E+37", "1E+37"]),
            (17, [0, 0] if mode in ("MAP", "MAPDP") else []),
            *((i, [0]) for i in (19, 20)),
            (21, ["FAT"]),
            (22, [20]),
            (24, [1]),
            (25, [4.5]),
            (26, [0]),
            (27, [0, 0]),
            (28, [0, 0]),
            (29, [self.species]),
            (30, [self.transition, -1]),
            (31, [self.label, "eV", 1320.0, 0.1] if scan == "REGULAR" else []),
            (32, self._ordinates(scan)),
            (33, ["pulse counting"]),
            (34, [self.dwell]),
            (35, [4]),
            (36, [0]),
            (37, list(self.after_correction)),
            (38, [0, 0]),
            (39, [0]),
            (40, [1, "MFP Exponent", "d", 0]),
        ]
        kept = [str(v) for prefix, values in entries if prefix in self.keep for v in values]
        return ["block", self.sample, *kept, *self._values(scan)]

    def _ordinates(self, scan: str) -> list[object]:
        axis = [self.label, "eV"] if scan == "IRREGULAR" else []
        return [
            3 if axis else 2, *axis, "Intensity", self.unit, "Transmission", "d",
        ]  # fmt: skip

    def _values(self, scan: str) -> list[str]:
        rows = [(count, 0.5) for count in self.counts]
        if scan == "IRREGULAR":
            energies = (1320.0, 1320.1, 1320.3, 1320.4)
            rows = [(e, *row) for e, row in zip(energies, rows, strict=False)]
        flat = [str(v) for row in rows for v in row]
        width = len(rows[0])
        return [str(len(flat)), *["0", "9"] * width, *flat]


def vamas(
    *blocks: FakeBlock,
    mode: str = "NORM",
    scan: str = "REGULAR",
    variables: tuple[tuple[str, str], ...] = (),
    inclusion: tuple[int, ...] = (0,),
    upgrade: tuple[str, ...] = ("0", "0"),
    start: str = "",
    end: str = "end of experiment\r\n",
) -> bytes:
    regions = ["1"] if mode in ("NORM", "SDP", "MAP", "MAPDP") else []
    head = [
        IDENTIFIER, "institute", "instrument", "operator", "experiment", "1", "a comment",
        mode, scan, *regions, *(["0", "1", "1"] if mode in ("MAP", "MAPDP") else []),
        str(len(variables)), *(word for pair in variables for word in pair),
        *map(str, inclusion), "0", *upgrade, str(len(blocks)),
    ]  # fmt: skip
    body = [line for block in blocks for line in block.lines(mode, scan)]
    return (start + "\r\n".join([*head, *body]) + "\r\n" + end).encode("latin-1")


def read_bytes(tmp_path: Path, content: bytes) -> list[Series]:
    path = tmp_path / "file.vms"
    path.write_bytes(content)
    return read(path)


class TestVamasContract(ReaderContract):
    file_format = FORMAT
    kinds = ("vamas",)

    def examples(self) -> dict[str, bytes]:
        etch = (("Etch Time", "s"),)
        return {
            "regular.vms": vamas(FakeBlock(), FakeBlock("C", "1s")),
            "irregular.vms": vamas(FakeBlock(), scan="IRREGULAR", start="\r\n\r\n"),
            "profile.npl": vamas(
                *(FakeBlock(variables=(t,)) for t in (0.0, 30.0)), variables=etch, end=""
            ),
        }


def test_one_regular_block(tmp_path: Path) -> None:
    (series,) = read_bytes(tmp_path, vamas(FakeBlock()))
    assert (series.sample, series.region) == ("cell A", "S 2p")
    assert series.axis_kind is AxisKind.KINETIC_ENERGY
    np.testing.assert_allclose(series.x, [1320.0, 1320.1, 1320.2])
    assert series.intensity.tolist() == [[5.0, 7.0, 6.0]]
    assert series.intensity_unit is IntensityUnit.COUNTS
    assert series.counts_per_unit is not None
    assert series.counts_per_unit.tolist() == [1.0]
    assert series.photon_energy_eV == 1486.6
    np.testing.assert_allclose(series.axis(0), [166.6, 166.5, 166.4])


def test_the_work_function_is_kept_and_not_subtracted(tmp_path: Path) -> None:
    (series,) = read_bytes(tmp_path, vamas(FakeBlock()))
    assert series.work_function_eV is None
    (block,) = series.metadata["vamas"]
    assert block["analyser_work_function_eV"] == 4.5
    assert block["source_width_x_um"] is None
    assert block["further_ordinates"] == {"Transmission": [0.5, 0.5, 0.5]}
    assert series.metadata["vamas_header"]["comment"] == ["a comment"]


def test_hours_ahead_of_gmt_are_taken_off(tmp_path: Path) -> None:
    (series,) = read_bytes(tmp_path, vamas(FakeBlock()))
    assert series.acquisition_start is not None
    assert series.acquisition_start.tolist() == [1709290800.0]  # 2024-03-01T11:00Z
    assert NAIVE_TIME not in series.metadata
    assert series.acquisition_s is not None
    np.testing.assert_allclose(series.acquisition_s, [0.1 * 4 * 3])


@pytest.mark.parametrize(
    "date",
    [
        (0,) * 7,
        (2024, 3, 1, -1, -1, -1, -1),
        (2024, 2, 31, 1, 1, 1, 0),
        (10**30, 2, 31, 1, 1, 1, 0),
    ],
)
def test_an_unknown_time_stays_unknown(tmp_path: Path, date: tuple[int, ...]) -> None:
    (series,) = read_bytes(tmp_path, vamas(FakeBlock(date=date)))
    assert series.acquisition_start is None


def test_counts_per_second_know_their_counts(tmp_path: Path) -> None:
    (series,) = read_bytes(tmp_path, vamas(FakeBlock(unit="c/s")))
    assert series.intensity_unit is IntensityUnit.COUNTS_PER_SECOND
    assert series.counts_per_unit is not None
    np.testing.assert_allclose(series.counts_per_unit, [0.4])
    (series,) = read_bytes(tmp_path, vamas(FakeBlock(unit="c/s", dwell="1E+37")))
    assert series.counts_per_unit is None


def test_unknown_units_are_arbitrary(tmp_path: Path) -> None:
    (series,) = read_bytes(tmp_path, vamas(FakeBlock(unit="A")))
    assert series.intensity_unit is IntensityUnit.ARBITRARY
    assert series.counts_per_unit is None


def test_irregular_scans_carry_their_own_axis(tmp_path: Path) -> None:
    (series,) = read_bytes(tmp_path, vamas(FakeBlock(), scan="IRREGULAR"))
    np.testing.assert_allclose(series.x, [1320.0, 1320.1, 1320.3])
    assert series.intensity.tolist() == [[5.0, 7.0, 6.0]]


def test_a_depth_profile_is_aligned_by_its_variable(tmp_path: Path) -> None:
    blocks = [
        FakeBlock(variables=(0.0,)),
        FakeBlock("O", "1s", variables=(0.0,)),
        FakeBlock(variables=(0.5,), counts=(1.0, 2.0)),
        FakeBlock(variables=(1.0,)),
        FakeBlock("O", "1s", variables=(1.0,)),
    ]
    s2p, o1s = read_bytes(tmp_path, vamas(*blocks, variables=(("Etch Time", "min"),)))
    assert s2p.steps.tolist() == [0, 1, 2]
    assert s2p.columns["etch_time_s"].tolist() == [0.0, 30.0, 60.0]
    assert np.isnan(s2p.intensity[1, 2])
    assert len(s2p.spectrum(1)) == 2
    assert o1s.steps.tolist() == [0, 2]


def test_a_running_index_does_not_tear_steps_apart(tmp_path: Path) -> None:
    blocks = [
        FakeBlock(species, variables=(float(index),))
        for index, species in enumerate(("S", "P", "S", "P"))
    ]
    found = read_bytes(tmp_path, vamas(*blocks, variables=(("Index", "d"),)))
    assert [series.steps.tolist() for series in found] == [[0, 1], [0, 1]]


def test_repeated_blocks_without_a_variable_are_steps(tmp_path: Path) -> None:
    (series,) = read_bytes(tmp_path, vamas(FakeBlock(), FakeBlock()))
    assert series.steps.tolist() == [0, 1]
    assert not series.columns


def test_samples_stay_apart(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, vamas(FakeBlock(), FakeBlock(sample="cell B")))
    assert [series.sample for series in found] == ["cell A", "cell B"]


@pytest.mark.parametrize(
    ("label", "unit", "value", "column", "expected"),
    [
        ("Etch Time", "s", 20.0, "etch_time_s", 20.0),
        ("Sputtering time", "min", 2.0, "etch_time_s", 120.0),
        ("Temperature", "K", 300.0, "temperature_C", 26.85),
        ("Temperature", "C", 25.0, "temperature_C", 25.0),
        ("Potential", "V", 1.5, "potential_V", 1.5),
        ("Charge", "mAh/cm2", 0.05, "charge_uAh_cm2", 50.0),
        ("PositionX [mm]", "n", 1.5, "x_um", 1500.0),
        ("Tilt angle", "degree", 40.0, "tilt_deg", 40.0),
        ("Current density", "uA/cm2", 3.0, "Current_density_uA/cm2", 3.0),
        ("Temperature", "d", 3.0, "Temperature", 3.0),
        ("Charge", "nA", 3.0, "Charge_nA", 3.0),
    ],
)
def test_variables_become_columns(
    tmp_path: Path, label: str, unit: str, value: float, column: str, expected: float
) -> None:
    blocks = [FakeBlock(variables=(v,)) for v in (0.0, value)]
    (series,) = read_bytes(tmp_path, vamas(*blocks, variables=((label, unit),)))
    assert list(series.columns) == [column]
    assert series.columns[column][1] == pytest.approx(expected)


@pytest.mark.parametrize("listed", [(1, 29), (-2, 14, 31)])
def test_inclusion_and_exclusion_lists(tmp_path: Path, listed: tuple[int, ...]) -> None:
    everything = frozenset(range(1, 41))
    keep = frozenset(listed[1:]) if listed[0] > 0 else everything - frozenset(listed[1:])
    second = FakeBlock("P", keep=keep, counts=(1.0, 2.0, 3.0))
    s2p, p2p = read_bytes(tmp_path, vamas(FakeBlock(), second, inclusion=listed))
    assert p2p.region == "P 2p"
    assert p2p.photon_energy_eV == 1486.6
    np.testing.assert_array_equal(p2p.x, s2p.x)
    assert p2p.intensity.tolist() == [[1.0, 2.0, 3.0]]


def test_future_upgrade_entries_are_passed_over(tmp_path: Path) -> None:
    plain = vamas(FakeBlock(), upgrade=("2", "1", "new", "newer"))
    values = b"\r\n6\r\n0\r\n9\r\n"
    assert plain.count(values) == 1
    upgraded = plain.replace(values, b"\r\nblock entry" + values)
    (series,) = read_bytes(tmp_path, upgraded)
    assert series.intensity.tolist() == [[5.0, 7.0, 6.0]]
    (block,) = series.metadata["vamas"]
    assert block["future_upgrade"] == ["block entry"]


def test_sputter_depth_profile_mode_has_its_extra_parameters(tmp_path: Path) -> None:
    block = FakeBlock(
        before_energy=(18, 1, 1), after_correction=(2000, 10, 3, 3, 45, 0, "continuous")
    )
    (series,) = read_bytes(tmp_path, vamas(block, mode="SDP"))
    (said,) = series.metadata["vamas"]
    assert said["sputter_energy_eV"] == 2000.0
    assert series.intensity.tolist() == [[5.0, 7.0, 6.0]]


def test_map_mode_has_positions(tmp_path: Path) -> None:
    (series,) = read_bytes(tmp_path, vamas(FakeBlock(), mode="MAP"))
    (said,) = series.metadata["vamas"]
    assert (said["map_x"], said["map_y"]) == (1.0, 2.0)


def test_casaxps_comments_are_kept_parsed(tmp_path: Path) -> None:
    comment = (
        "Casa Info Follows",
        "CASA region (*Fe 2p*) (*U 3 Tougaard*) 737.5 786.7 16.42 2 0 0 335.4 551 436 3 "
        "(*Fe 2p*) 55.8 0 16.42",
        "CASA comp (*Fe 2p*) (*LF(0.54,10,80,100,6)*) Area 635.4 1e-020 638 -1 1 MFWHM 3.85 1.07 "
        "26.7 -1 1 Position 764.48 738.01 782.6 0 -13 RSF 16.42 MASS 55.8 INDEX 0 (*Fe 2p*) "
        "CONST (**) UNCORRECTEDRSF 16.42",
        "Calib M = 280,281 A = 285 BE ADD",
    )
    (series,) = read_bytes(tmp_path, vamas(FakeBlock(comment=comment)))
    (casa,) = series.metadata["casaxps"]
    (region,) = casa["regions"]
    assert (region["background"], region["start_ke"], region["rsf"]) == (
        "U 3 Tougaard", 737.5, 16.42,
    )  # fmt: skip
    (component,) = casa["components"]
    assert component["shape"]["name"] == "LF"
    assert component["shape"]["parameters"] == [0.54, 10.0, 80.0, 100.0, 6.0]
    assert component["area"] == {
        "value": 635.4, "min": 1e-20, "max": 638.0, "link": -1.0, "link_factor": 1.0,
    }  # fmt: skip
    assert component["position_ke"]["link"] == 0.0
    assert component["position_ke"]["link_factor"] == -13.0
    assert component["index"] == 0.0
    assert casa["calibrations"] == [
        {"measured": 280.281, "assigned": 285.0, "scale": "BE", "kind": "ADD"}
    ]
    (block,) = series.metadata["vamas"]
    assert block["comment"] == list(comment)


def test_nan_ordinates_are_missing_points(tmp_path: Path) -> None:
    (series,) = read_bytes(tmp_path, vamas(FakeBlock(counts=(5.0, float("nan"), 6.0))))
    assert len(series.spectrum(0)) == 2


@pytest.mark.parametrize(
    ("content", "place", "problem"),
    [
        (vamas(FakeBlock()).replace(b"NORM", b"NROM"), "line 8", "'NROM' is not one of MAP"),
        (vamas(FakeBlock()).replace(b"\r\n7.0", b"\r\n7,0"), "block 1", "'7,0' where an ordinate"),
        (vamas(FakeBlock()).replace(b"\r\n7.0", b"\r\ninf"), "block 1", "'inf' where an ordinate"),
        (vamas(FakeBlock(), scan="MAPPING"), "", "holds images"),
        (
            vamas(FakeBlock(technique="SIMS", before_energy=(8, 2, -1))),
            "block 1: technique 'SIMS'",
            "no photoelectron",
        ),
        (vamas(FakeBlock(technique="AES dir")), "block 1: technique", "no photoelectron"),
        (vamas(FakeBlock(label="Mass")), "block 1: abscissa 'Mass'", "no photoelectron"),
        (vamas(), "line", "0 blocks"),
        (
            vamas(FakeBlock()).replace(b"\r\n6\r\n0", b"\r\n60000000\r\n0"),
            "block 1 of 1",
            "60000000 ordinate values announced",
        ),
        (vamas(FakeBlock(), end="").rstrip(), "line", "inside the last value"),
        (vamas(FakeBlock()).replace(b"1\r\na comment", b"999\r\na comment"), "line 6", "999"),
        (vamas(FakeBlock(counts=(float("nan"),) * 3)), "block 1", "all intensities are nan"),
    ],
)
def test_bad_files_are_refused(tmp_path: Path, content: bytes, place: str, problem: str) -> None:
    with pytest.raises(ReadError) as caught:
        read_bytes(tmp_path, content)
    assert place in caught.value.place
    assert problem in caught.value.problem


@pytest.mark.real_data
def test_angle_resolved_map(tmp_path: Path) -> None:
    found = read(shared_file("xps/vamas/ARXPS.vms"))
    assert [series.region for series in found] == ["O 1s", "C 1s", "Al 2p"]
    for series in found:
        assert series.intensity.shape == (5, 201)
        assert series.columns["Angle_degree"].tolist() == [0.0, 40.0, 55.0, 63.0, 70.0]
    assert found[1].x[np.argmax(found[1].intensity[0])] == pytest.approx(1205.9, abs=0.3)


@pytest.mark.real_data
def test_casaxps_fit_in_a_real_file() -> None:
    (series,) = read(shared_file("xps/casaxps_fitted/FeO_analyzed.vms"))
    (casa,) = series.metadata["casaxps"]
    assert [c["shape"]["name"] for c in casa["components"]] == ["LF", "SGL", "LF", "SGL"]
    assert casa["components"][0]["area"]["value"] == 63507.374
    assert series.axis(0)[0] == pytest.approx(750.0)
