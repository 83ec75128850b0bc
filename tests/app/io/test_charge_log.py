from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.io.charge_log import (
    ChargeLog,
    LogColumns,
    charge_at,
    charge_from_beam,
    read_charge_log,
)
from app.io.charged import HowToCharge, middle_times, with_charge
from app.io.clock import NAIVE_TIME
from fitting.arrays import FloatArray
from fitting.errors import DataError, ReadError
from fitting.series import AxisKind, Series, Technique
from tests.shared_data import shared_file

PAIRS = "echem/biologic_mpr_mpt_pairs"
CHARGED = ("ca", "cp.issue_61", "gcpl.issue_149", "gcpl.pr_182.1", "mb.issue_95", "peis")


def log_of(current: list[float], step_s: float = 3600.0, start: float | None = None) -> ChargeLog:
    """A log of constant steps, its charge integrated by hand."""
    time = np.arange(len(current)) * step_s
    charge = [0.0]
    for before, after in pairwise(current):
        charge.append(charge[-1] + (before + after) / 2 * step_s / 3600)
    return ChargeLog(
        time,
        np.array(current),
        2.0 - 0.1 * np.arange(len(current)),
        np.array(charge),
        start,
        {NAIVE_TIME: True},
    )


def series_of(start: FloatArray | None, **changes: object) -> Series:
    count = 3
    settings_ = {
        "sample": "cell",
        "region": "S 2p",
        "technique": Technique.XPS,
        "axis_kind": AxisKind.BINDING_ENERGY,
        "x": np.arange(5.0),
        "intensity": np.ones((count, 5)),
        "steps": np.arange(count),
        "acquisition_start": start,
        "acquisition_s": np.full(count, 600.0),
        "metadata": {NAIVE_TIME: True},
    }
    return Series(**{**settings_, **changes})  # type: ignore[arg-type]


def mpt_column(path: Path, name: str) -> FloatArray:
    """One column of an EC-Lab export, the slow obvious way."""
    lines = path.read_text("latin-1").split("\n")
    head = int(lines[1].split(":")[1])
    at = lines[head - 1].rstrip("\t\r ").split("\t").index(name)
    rows = [line.split("\t") for line in lines[head:] if line.strip()]
    return np.array([float(row[at].replace(",", ".")) for row in rows])


@pytest.mark.real_data
@pytest.mark.parametrize("name", CHARGED)
@pytest.mark.parametrize("ending", ["mpr", "mpt"])
def test_charge_equals_eclab(name: str, ending: str) -> None:
    export = shared_file(f"{PAIRS}/{name}.mpt")
    header = export.read_text("latin-1")
    in_coulomb = "(Q-Qo)/C" in header
    truth = mpt_column(export, "(Q-Qo)/C" if in_coulomb else "(Q-Qo)/mA.h")
    truth = truth / 3.6 if in_coulomb else truth
    log = read_charge_log(shared_file(f"{PAIRS}/{name}.{ending}"))
    assert log.charge_mAh is not None
    assert log.metadata["charge_from"] == "the instrument's own total charge"
    assert np.abs(log.charge_mAh - truth).max() < 1e-5 * np.abs(truth).max()
    assert log.time_s == pytest.approx(mpt_column(export, "time/s"), rel=1e-9)


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "tolerance"), [("gcpl.pr_182.1", 1e-2), ("mb.issue_95", 1e-3), ("cp.issue_61", 1e-2)]
)
def test_integral_of_current_is_close_to_the_instruments_charge(
    name: str, tolerance: float, tmp_path: Path
) -> None:
    """The instrument integrates faster than it records, so the integral is only close."""
    log = read_charge_log(shared_file(f"{PAIRS}/{name}.mpt"))
    if log.current_mA is None:
        pytest.fail("current expected in the export")
    path = tmp_path / "log.csv"
    rows = [
        f"{t!r},{i!r}" for t, i in zip(log.time_s.tolist(), log.current_mA.tolist(), strict=True)
    ]
    path.write_text("\n".join(["time_s,current_mA", *rows]))
    again = read_charge_log(path)
    assert again.metadata["charge_from"] == "the trapezoidal integral of the current"
    assert again.charge_mAh is not None
    assert log.charge_mAh is not None
    full = np.abs(log.charge_mAh).max()
    assert np.abs(again.charge_mAh - (log.charge_mAh - log.charge_mAh[0])).max() < tolerance * full


@pytest.mark.real_data
def test_german_export_equals_the_english_one() -> None:
    german = read_charge_log(shared_file(f"{PAIRS}/mb.issue_95.de.mpt"))
    english = read_charge_log(shared_file(f"{PAIRS}/mb.issue_95.mpt"))
    assert np.array_equal(german.time_s, english.time_s)
    assert np.array_equal(german.charge_mAh, english.charge_mAh)
    assert np.array_equal(german.potential_V, english.potential_V)
    assert german.start == english.start
    wanted = datetime(2022, 12, 8, 14, 36, 53, 355000, tzinfo=UTC).timestamp()
    assert english.start == pytest.approx(wanted)
    binary = read_charge_log(shared_file(f"{PAIRS}/mb.issue_95.mpr"))
    assert binary.start == pytest.approx(wanted)


@pytest.mark.real_data
def test_open_circuit_has_potential_but_no_charge() -> None:
    for ending in ("mpr", "mpt"):
        log = read_charge_log(shared_file(f"{PAIRS}/ocv.{ending}"))
        assert log.charge_mAh is None
        found = charge_at(log, np.array([60.0]), area_cm2=1.0, sign="-")
        assert np.isnan(found.charge_uAh_cm2).all()
        assert found.potential_V == pytest.approx([0.26], abs=0.01)
        assert "neither charge nor current" in found.warnings[0]


@pytest.mark.real_data
def test_neware_csv_by_column_names() -> None:
    log = read_charge_log(shared_file("echem/arbin_neware/neware_uio.csv"))
    assert log.time_s[1] == 60
    assert log.start == datetime(2022, 5, 18, 16, 27, 52, tzinfo=UTC).timestamp()
    assert log.current_mA is not None
    assert log.current_mA[721] == pytest.approx(-0.24859)
    assert log.potential_V is not None
    assert log.potential_V[0] == 2.917
    assert log.charge_mAh is not None
    assert np.ptp(log.charge_mAh) > 1.0


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("gamry_dta/chronoa_data.dta", "Gamry"),
        ("arbin_neware/20160805_test001_45_cc_01.res", "Access database"),
    ],
)
def test_others_are_refused_by_name(name: str, expected: str) -> None:
    with pytest.raises(ReadError, match=expected):
        read_charge_log(shared_file(f"echem/{name}"))


@pytest.mark.real_data
def test_a_cut_mpr_is_one_sentence(tmp_path: Path) -> None:
    content = shared_file(f"{PAIRS}/mb.issue_95.mpr").read_bytes()
    for part in (0.02, 0.3, 0.6, 0.9):
        path = tmp_path / "cut.mpr"
        path.write_bytes(content[: int(part * len(content))])
        with pytest.raises(ReadError) as caught:
            read_charge_log(path)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("header", "rows", "charge"),
    [
        ("time/s,I/mA", "0,1\n3600,1\n7200,1", [0, 1, 2]),
        ("time/h;I/A", "0;0,001\n1;0,001\n2;0,001", [0, 1, 2]),
        ("Time (min)\tCurrent (uA)", "0\t1000\n60\t1000\n120\t1000", [0, 1, 2]),
        ("time_s,charge_C", "0,0\n1,3.6\n2,7.2", [0, 1, 2]),
        ("time/s,dq/mA.h", "0,0\n1,1\n2,1", [0, 1, 2]),
        ("time/s,I/mA,(Q-Qo)/mA.h", "0,9,0\n1,9,1\n2,9,2", [0, 1, 2]),
        (
            "Cumulative Time,Time,Current(A),Note",
            "00:00:00,0,1e-3,a\n01:00:00,0,1e-3,b\n1 02:00:00,0,1e-3,",
            [0, 1, 26],
        ),
        ("time/s,I/mA", "0,1\n3600,\n7200,1", [0, 0.5, 1]),
    ],
)
def test_csv_by_column_names(tmp_path: Path, header: str, rows: str, charge: list[float]) -> None:
    path = tmp_path / "log.csv"
    path.write_text(f"{header}\n{rows}\n")
    log = read_charge_log(path)
    assert log.charge_mAh == pytest.approx(charge)


def test_csv_columns_can_be_named(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("clock s,cell mA,ref V\n0,2,1\n3600,2,0.5\n")
    log = read_charge_log(path, LogColumns("clock s", "cell mA", "ref V"))
    assert log.charge_mAh == pytest.approx([0, 2])
    assert log.potential_V == pytest.approx([1, 0.5])
    with pytest.raises(ReadError, match="no column 'I'; found clock s"):
        read_charge_log(path, LogColumns("clock s", "I"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a,b\n1,2\n2,3\n", "no time column such as time/s"),
        ("time/s,b\n1,2\n2,3\n", "no current, charge or potential"),
        ("time/s,I/mA\n1,2\n2,x3\n", "line 3, column I/mA: 'x3'"),
        ("time/s,I/mA\n1,2\n0,3\n", "record 2: time runs backwards"),
        ("time,I/mA\n1,2\n0,3\n", "no time column"),
        ("", "holds no table|is empty"),
    ],
)
def test_refused_in_one_sentence(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "log.csv"
    path.write_text(text)
    with pytest.raises(ReadError, match=expected) as caught:
        read_charge_log(path)
    assert "\n" not in str(caught.value)


def test_missing_log(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="cannot be opened"):
        read_charge_log(tmp_path / "none.mpr")


def test_sign_area_and_throughput() -> None:
    log = log_of([1.0, 1.0, -1.0, -1.0])  # charge 0, 1, 1, 0 mAh
    plus = charge_at(log, log.time_s, area_cm2=2.0, sign="+")
    minus = charge_at(log, log.time_s, area_cm2=2.0, sign="-")
    assert plus.charge_uAh_cm2.tolist() == [0, 500, 500, 0]
    assert minus.charge_uAh_cm2.tolist() == [0, -500, -500, 0]
    assert plus.charge_throughput_uAh_cm2.tolist() == [0, 500, 500, 1000]
    assert plus.potential_V is not None
    assert plus.potential_V.tolist() == pytest.approx([2.0, 1.9, 1.8, 1.7])
    assert plus.warnings == ()


@pytest.mark.parametrize("sign", ["", "plus", None])
def test_sign_must_be_said(sign: str) -> None:
    with pytest.raises(DataError, match="--charge-sign"):
        charge_at(log_of([1, 1]), np.zeros(1), area_cm2=1.0, sign=sign)  # type: ignore[arg-type]


@pytest.mark.parametrize("area", [0.0, -1.0, float("nan")])
def test_area_must_be_positive(area: float) -> None:
    with pytest.raises(DataError, match="area"):
        charge_at(log_of([1, 1]), np.zeros(1), area_cm2=area, sign="+")
    with pytest.raises(DataError, match="area"):
        charge_from_beam(np.zeros(1), 1.0, area)


def test_times_outside_are_nan() -> None:
    found = charge_at(log_of([1, 1]), np.array([-1.0, 1800, 3601, np.nan]), area_cm2=1.0, sign="+")
    assert np.isnan(found.charge_uAh_cm2).tolist() == [True, False, True, True]
    assert found.charge_uAh_cm2[1] == 500


@settings(deadline=None, max_examples=50)
@given(
    current=st.lists(st.floats(-10, 10), min_size=2, max_size=20),
    offset=st.floats(-1e4, 1e4),
    where=st.floats(0, 1),
)
def test_charge_is_linear_between_records(
    current: list[float], offset: float, where: float
) -> None:
    log = log_of(current)
    assert log.charge_mAh is not None
    time = where * log.time_s[-1]
    found = charge_at(log, np.array([time - offset]), area_cm2=0.5, sign="-", clock_offset_s=offset)
    clock = min(max(time - offset + offset, 0.0), log.time_s[-1])
    if clock == time - offset + offset:
        at = min(int(clock // 3600), len(current) - 2)
        share = clock / 3600 - at
        wanted = (1 - share) * log.charge_mAh[at] + share * log.charge_mAh[at + 1]
        assert found.charge_uAh_cm2[0] == pytest.approx(-2000 * wanted, abs=1e-6)
        assert found.charge_throughput_uAh_cm2[0] >= abs(found.charge_uAh_cm2[0]) - 1e-6


def test_middle_of_each_acquisition() -> None:
    log = log_of([1.0] * 6, start=1000.0)
    series = series_of(np.array([1000.0, 4600.0, 8200.0]))
    times, said = middle_times(series, log)
    assert times.tolist() == [300, 3900, 7500]
    assert "assumed same clock" in said[0]
    (charged,), sentences = with_charge([series], log, HowToCharge(1.0, "+", 60.0))
    assert charged.columns["charge_uAh_cm2"] == pytest.approx([100, 1100, 2100])
    assert charged.metadata["charge_log"]["sign"] == "+"
    assert sentences == list(said)


def test_what_lies_outside_is_said_once_per_sample() -> None:
    log = log_of([1.0, 1.0], start=1000.0)  # an hour
    series = series_of(np.array([1000.0, 2000.0, 5000.0]))
    both = [series, replace(series, region="P 2p")]
    charged, said = with_charge(both, log, HowToCharge(1.0, "+"))
    assert np.isnan(charged[1].columns["charge_uAh_cm2"]).tolist() == [False, False, True]
    assert said[1:] == [
        "cell: 2 of 6 spectra (1970-01-01 00:21 .. 01:28) lie outside the charge log "
        "(1970-01-01 00:16 .. 01:16); their charge stays empty; see --clock-offset and --timezone"
    ]


def test_a_log_of_another_day_is_refused() -> None:
    log = log_of([1.0] * 49, start=1e9)
    series = series_of(np.array([0.0, 3600.0, np.nan]))
    with pytest.raises(
        DataError,
        match=r"spectra 1970-01-01 00:05 \.\. 01:05, "
        r"log 2001-09-09 01:46 \.\. 2001-09-11 01:46; see --clock-offset",
    ):
        with_charge([series], log, HowToCharge(1.0, "+"))
    inside = replace(series, sample="other", acquisition_start=np.full(3, 1e9))
    _, said = with_charge([series, inside], log, HowToCharge(1.0, "+"))
    assert [sentence[:8] for sentence in said] == ["cell: as", "other: a", "cell: 3 "]
    later = series_of(None, columns={"time_s": np.array([1e7, 2e7, 3e7])})
    with pytest.raises(DataError, match=r"spectra 1e\+07 \.\. 3e\+07 s on the log's clock, log 0"):
        with_charge([later], log, HowToCharge(1.0, "+", -300.0))


def test_zones_must_agree() -> None:
    log = log_of([1.0, 1.0], start=1000.0)
    series = series_of(np.array([1000.0, 2000, 3000]), metadata={NAIVE_TIME: False})
    with pytest.raises(DataError, match="charge log carry no time zone; give --timezone"):
        middle_times(series, log)


def test_time_zone_of_the_log(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("time/s,I/mA,Date\n0,1,2024-07-01 12:00:00\n1,1,2024-07-01 12:00:01\n")
    naive, local = read_charge_log(path), read_charge_log(path, timezone="Europe/Berlin")
    assert naive.start is not None
    assert local.start == naive.start - 7200
    assert local.metadata[NAIVE_TIME] is False
    with pytest.raises(DataError, match="no time zone is called"):
        read_charge_log(path, timezone="Berlin")


@pytest.mark.parametrize("zone", ["", "+02:00"])
@pytest.mark.parametrize("name", ["date", "Timestamp", "time", "Zeit"])
def test_dates_alone_are_the_times(tmp_path: Path, name: str, zone: str) -> None:
    path = tmp_path / "log.csv"
    rows = [f"2024-03-31 0{h}:30:00{zone},1" for h in (1, 3, 4)]
    path.write_text("\n".join([f"{name},I/mA", *rows, ""]))
    columns = LogColumns(time="Zeit") if name == "Zeit" else None
    log = read_charge_log(path, columns)
    assert log.time_s.tolist() == [0, 7200, 10800]
    assert log.charge_mAh == pytest.approx([0, 2, 3])
    first = datetime.fromisoformat("2024-03-31T01:30:00" + (zone or "+00:00"))
    assert log.start == first.timestamp()
    assert log.metadata[NAIVE_TIME] is not bool(zone)
    local = read_charge_log(path, columns, "Europe/Berlin")
    # in Berlin the clocks skip an hour at 02:00 of that night
    assert local.time_s.tolist() == ([0, 7200, 10800] if zone else [0, 3600, 7200])
    assert local.metadata[NAIVE_TIME] is False


def test_dates_that_are_none(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("date,I/mA\n2024-03-31 01:30,1\nyesterday,1\n")
    with pytest.raises(ReadError, match="line 3, column date: 'yesterday' is no ISO date"):
        read_charge_log(path)
    path.write_text("date,I/mA\n2024-03-31 01:30,1\n2024-03-31 01:30Z,1\n")
    with pytest.raises(ReadError, match="some dates carry a time zone"):
        read_charge_log(path)


def test_without_dates_time_s_is_used_and_said() -> None:
    log = log_of([1.0, 1.0, 1.0])
    series = series_of(None, columns={"time_s": np.array([0.0, 600, 1200])})
    times, said = middle_times(series, log)
    assert times.tolist() == [300, 900, 1500]
    assert said == (
        "cell: no dates to compare; time_s is read on the log's own clock, which begins at 0 s.",
    )
    with pytest.raises(DataError, match="carry no times"):
        middle_times(series_of(None), log)


def test_beam() -> None:
    """1 uA for one hour on 0.5 cm2 is 2 uAh/cm2."""
    assert charge_from_beam(np.array([0, 3600.0]), 1.0, 0.5).tolist() == [0, 2]
    ramp = charge_from_beam(np.array([0, 3600.0, 7200]), np.array([0.0, 1, 1]), 1.0)
    assert ramp.tolist() == [0, 0.5, 1.5]
    with pytest.raises(DataError, match="beam current"):
        charge_from_beam(np.zeros(2), float("nan"), 1.0)
