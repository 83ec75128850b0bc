"""Spectra and what lies beside them: charge log, beam, table of steps; words that fit nothing."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from app.archive.gather import Gathered, Reading, gather
from app.archive.write import write_archive
from app.io import ReadOptions, read_file
from app.io.charge_log import LogColumns
from app.io.clock import NAIVE_TIME
from fitting.errors import DataError, PlanError
from fitting.monitor import SilentMonitor
from fitting.series import AxisKind

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC).timestamp()
HOUR = 3600.0


def spectra(folder: Path, axis: str = "binding_energy_eV", step: str = "time_s") -> Path:
    """Three spectra an hour apart, without dates."""
    path = folder / "cellA__S 2p.csv"
    rows = [f"{energy},1,2,3" for energy in (160, 161, 162, 163)]
    path.write_text("\n".join([f"{axis}\\{step},0,3600,7200", *rows, ""]), "utf-8")
    return path


def dated(folder: Path) -> Path:
    """The same with dates: started at noon and every hour after, 600 s each."""
    (series,) = read_file(spectra(folder))
    series = replace(
        series,
        columns={},
        acquisition_start=NOON + HOUR * np.arange(3.0),
        acquisition_s=np.full(3, 600.0),
        metadata={NAIVE_TIME: False},
    )
    write_archive(folder / "cellA.h5", [series])
    return folder / "cellA.h5"


def log(folder: Path, *, zone: str = "") -> Path:
    """0.1 mA for ten hours, begun at noon."""
    rows = [f"2024-03-01T{12 + h:02d}:00:00{zone},{HOUR * h},0.1" for h in range(11)]
    path = folder / "log.csv"
    path.write_text("\n".join(["date,time_s,current_mA", *rows, ""]), "utf-8")
    return path


def seconds_log(folder: Path) -> Path:
    path = folder / "log.csv"
    rows = [f"{HOUR * h},0.1" for h in range(11)]
    path.write_text("\n".join(["time_s,current_mA", *rows, ""]), "utf-8")
    return path


def gathered(path: Path, reading: Reading) -> Gathered:
    found = gather([path], reading, SilentMonitor())
    assert found.errors == ()
    return found


def charge(found: Gathered) -> list[float]:
    (series,) = found.series
    return [float(q) for q in series.columns["charge_uAh_cm2"]]


@pytest.mark.parametrize(("sign", "factor"), [("+", 1.0), ("-", -1.0)])
def test_sign_offset_and_area_of_a_log(sign: str, factor: float, tmp_path: Path) -> None:
    reading = Reading(
        charge_log=seconds_log(tmp_path),
        area_cm2=0.5,
        charge_sign="+" if sign == "+" else "-",
        clock_offset_s=1800.0,
    )
    found = gathered(spectra(tmp_path), reading)
    # 0.1 mA in 0.5 cm2 are 200 uA/cm2; the log is half an hour ahead
    assert charge(found) == pytest.approx([factor * 200.0 * h for h in (0.5, 1.5, 2.5)])
    assert "time_s is read on the log's own clock, which begins at 0 s" in " ".join(found.warnings)


def test_dates_meet_in_the_middle_of_each_acquisition(tmp_path: Path) -> None:
    reading = Reading(charge_log=log(tmp_path, zone="Z"), area_cm2=0.5, charge_sign="+")
    found = gathered(dated(tmp_path), reading)
    middle = np.arange(3.0) + 300.0 / HOUR
    assert charge(found) == pytest.approx(list(200.0 * middle))
    assert found.warnings == ()


def test_a_zone_in_the_log_is_not_applied_twice(tmp_path: Path) -> None:
    reading = Reading(
        ReadOptions(timezone="Europe/Berlin"),
        charge_log=log(tmp_path, zone="+00:00"),
        area_cm2=0.5,
        charge_sign="+",
    )
    middle = np.arange(3.0) + 300.0 / HOUR
    assert charge(gathered(dated(tmp_path), reading)) == pytest.approx(list(200.0 * middle))


def test_the_zone_of_a_log_that_has_none_is_said(tmp_path: Path) -> None:
    reading = Reading(charge_log=log(tmp_path), area_cm2=0.5, charge_sign="+")
    with pytest.raises(DataError, match="the charge log carry no time zone; give --timezone"):
        gathered(dated(tmp_path), reading)
    reading = Reading(
        ReadOptions(timezone="Europe/Berlin"),
        charge_log=log(tmp_path),
        area_cm2=0.5,
        charge_sign="+",
    )
    found = gathered(dated(tmp_path), reading)
    # noon in Berlin is 11:00 UTC in March: an hour of charge has passed before the first spectrum
    middle = 1.0 + np.arange(3.0) + 300.0 / HOUR
    assert charge(found) == pytest.approx(list(200.0 * middle))


def test_times_in_a_table_go_before_the_dates_of_the_file(tmp_path: Path) -> None:
    steps = tmp_path / "steps.csv"
    steps.write_text("step,time_s\n0,3600\n1,10800\n2,14400\n", "utf-8")
    reading = Reading(
        steps=steps, charge_log=log(tmp_path, zone="Z"), area_cm2=0.5, charge_sign="+"
    )
    found = gathered(dated(tmp_path), reading)
    hours = np.array([1.0, 3.0, 4.0]) + 300.0 / HOUR
    assert charge(found) == pytest.approx(list(200.0 * hours))
    assert "time_s of the table is read on the log's own clock" in " ".join(found.warnings)


def test_a_beam_counts_to_the_middle_of_each_acquisition(tmp_path: Path) -> None:
    found = gathered(dated(tmp_path), Reading(beam_current_uA=30.0, area_cm2=0.2))
    assert charge(found) == pytest.approx(list(150.0 * (np.arange(3.0) + 300.0 / HOUR)))


@pytest.mark.parametrize(
    ("reading", "word"),
    [
        (Reading(area_cm2=1.0), "--area"),
        (Reading(charge_sign="-"), "--charge-sign"),
        (Reading(clock_offset_s=5.0), "--clock-offset"),
        (Reading(log_columns=LogColumns(time="t")), "--log-columns"),
        (Reading(beam_current_uA=1.0), "--area"),
        (Reading(charge_log=Path("log.csv"), area_cm2=1.0), "^--charge-sign: is missing"),
        (Reading(charge_log=Path("log.csv")), "^--area, --charge-sign: are missing"),
        (Reading(charge_log=Path("a"), beam_current_uA=1.0, area_cm2=1.0), "--beam-current"),
    ],
)
def test_words_that_need_each_other(reading: Reading, word: str, tmp_path: Path) -> None:
    with pytest.raises(PlanError, match=word):
        gather([spectra(tmp_path)], reading, SilentMonitor())


def test_all_that_is_missing_is_said_at_once(tmp_path: Path) -> None:
    words = "^--area, --charge-sign, --timezone: are missing; --area: charge per cm2"
    with pytest.raises(PlanError, match=words):
        gathered(dated(tmp_path), Reading(charge_log=log(tmp_path)))
    with pytest.raises(PlanError, match=r"^--area, --charge-sign: are"):
        gathered(dated(tmp_path), Reading(charge_log=log(tmp_path, zone="Z")))
    with pytest.raises(PlanError, match=r"^--area, --charge-sign: are"):
        gathered(spectra(tmp_path), Reading(charge_log=log(tmp_path)))


def test_a_work_function_where_nothing_is_kinetic_is_said(tmp_path: Path) -> None:
    reading = Reading(ReadOptions(work_function_eV=4.3))
    found = gathered(spectra(tmp_path), reading)
    assert found.warnings == (
        "--work-function 4.3 changes nothing: no spectrum is on kinetic energies",
    )
    found = gathered(spectra(tmp_path, "kinetic_energy_eV"), reading)
    assert found.warnings == ()
    assert found.series[0].axis_kind is AxisKind.KINETIC_ENERGY
    assert found.series[0].work_function_eV == 4.3
