"""The tables that leave the program: columns, order, numbers, quotes."""

import csv
import io
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.batch.csv_file import CsvFile, cell, number_cells, words
from app.batch.tables import Tables
from fitting.build import build_model
from fitting.plan import Plan
from fitting.result import SeriesResult
from fitting.series import AxisKind, IntensityUnit, Series, Technique
from tests.app.program import ENERGIES, PLAN, TABLES, counts
from tests.fitted_series import fitted

FRACTIONS = (
    "source,sample,region,technique,step,charge_uAh_cm2,time_s,potential_V,etch_time_s,depth_nm,"
    "temperature_C,x_um,y_um,phase,basis,fraction,fraction_stderr,fraction_low95,fraction_high95,"
    "stderr_method,detected,upper_limit95,area,area_stderr,area_unit,status,sigma_source,"
    "reduced_chi_square"
)
STEP = (
    "charge_uAh_cm2,time_s,potential_V,etch_time_s,depth_nm,temperature_C,x_um,y_um,"
    "current_mA,cycle"
)
HEADERS = {
    "phase_fractions.csv": f"{FRACTIONS},current_mA,cycle",
    "phase_fractions_wide.csv": f"source,sample,region,technique,basis,step,{STEP},"
    "A,A_stderr,B,B_stderr,group:all,group:all_stderr",
    "parameters.csv": "source,sample,step,region,phase,component,parameter,value,stderr,unit,state",
    "shifts.csv": "source,sample,step,group,shift,shift_stderr,unit,reference,state,broadening,"
    "broadening_stderr",
    "checks.csv": "source,sample,step,region,check,verdict,detail",
    "progress.csv": "source,sample,step,charge_uAh_cm2,time_s,potential_V,etch_time_s,depth_nm,"
    "temperature_C,x_um,y_um,quantity,value,stderr,systematic_stderr,expected,tension,"
    "tension_systematic,note",
    "consistency.csv": "source,sample,step,charge_uAh_cm2,time_s,potential_V,etch_time_s,depth_nm,"
    "temperature_C,x_um,y_um,phase,region,amount_alone,amount_alone_stderr,amount_joint,"
    "amount_unit,ratio,ratio_stderr,tension,tension_systematic,verdict,current_mA,cycle",
    "systematics.csv": "source,sample,region,step,phase,basis,fraction,systematic_stderr",
    "trends.csv": "source,sample,region,phase,basis,axis,quantity,compared_with,value,stderr,"
    "low95,high95,unit,note",
    "witness.csv": "source,sample,region,spectra,components_data,components_model,"
    "components_residual,residual_highest,residual_share,phase,in_data,in_resolved",
}
EMPTY = ("systematics.csv", "consistency.csv", "progress.csv")
"""Atomic fractions only, joint fits only."""

Fitted = tuple[SeriesResult, dict[str, Series]]
TWO = PLAN.replace("[[regions]]", '[groups]\nall = ["A", "B"]\n[[regions]]', 1) + (
    PLAN[PLAN.index("[[regions]]") :]
    .replace("S 2p", "P 2p")
    .replace('"a', '"c')
    .replace('"b"', '"d"')
)


def series(region: str, sample: str, steps: list[int]) -> Series:
    y = counts(6)[:, steps].T
    if sample == "second":
        y[1] = 0.0
    return Series(
        sample=sample,
        region=region,
        technique=Technique.XPS,
        axis_kind=AxisKind.BINDING_ENERGY,
        x=ENERGIES,
        intensity=y,
        steps=np.array(steps),
        columns={
            "charge_uAh_cm2": np.array(steps) / 3.0,
            "cycle": np.where(np.array(steps) == 2, np.nan, 1.0),
            "current_mA": np.full(len(steps), 1e-7),
        },
        intensity_unit=IntensityUnit.COUNTS,
        counts_per_unit=np.ones(len(steps)),
    )


@pytest.fixture(scope="module")
def results() -> list[Fitted]:
    made = []
    for sample in ('first, with "quotes"', "second"):
        two = {
            "S 2p": series("S 2p", sample, [0, 1, 2, 4]),
            "P 2p": series("P 2p", sample, [1, 2, 5]),
        }
        made.append((fitted(TWO, two)[1], two))
    return made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, results: list[Fitted]) -> Path:
    folder = tmp_path_factory.mktemp("tables")
    write(folder, results, 64)
    return folder


def write(folder: Path, results: list[Fitted], chunk: int) -> None:
    table = build_model(Plan.from_toml(TWO))
    with Tables(folder, table, ["current_mA", "cycle"]) as tables:
        assert tables.names == list(TABLES)
        for result, spectra in results:
            for first in range(0, len(result), chunk):
                part = some_steps(result, slice(first, first + chunk))
                tables.add(part, {r: of_steps(one, part.steps) for r, one in spectra.items()})
            tables.end_sample()


def of_steps(one: Series, steps: np.ndarray) -> Series:
    first, last = np.searchsorted(one.steps, [steps[0], steps[-1] + 1])
    return one.rows(int(first), int(last))


def some_steps(result: SeriesResult, part: slice) -> SeriesResult:
    arrays = ("values", "covariance", "upper_limit", "deviance_drop", "lower95", "upper95")
    arrays += ("at_bound", "status", "reduced_chi_square", "tried", "runner_up")
    cut = {name: getattr(result, name)[part].copy() for name in (*arrays, "steps", "present")}
    return replace(
        result,
        columns={name: values[part] for name, values in result.columns.items()},
        sigma_source=result.sigma_source[part],
        start=result.start[part],
        message=result.message[part],
        **cut,
    )


def read(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


@pytest.mark.parametrize("name", TABLES)
def test_the_text_of_a_table(folder: Path, name: str) -> None:
    data = (folder / name).read_bytes()
    assert data.endswith(b"\n")
    assert b"\r" not in data
    assert not data.startswith(b"\xef\xbb\xbf")
    header, *lines = data.decode("utf-8").splitlines()
    assert header == HEADERS[name]
    assert bool(lines) == (name not in EMPTY)
    width = len(header.split(","))
    for row in csv.reader(io.StringIO(data.decode("utf-8")), strict=True):
        assert len(row) == width
        assert not {"nan", "inf", "-inf", "None"} & {value.strip() for value in row}


def test_a_table_does_not_depend_on_chunks(
    folder: Path, results: list[Fitted], tmp_path: Path
) -> None:
    for chunk in (1, 2):
        write(tmp_path, results, chunk)
        for name in TABLES:
            assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_rows_are_in_the_order_of_plan_then_step(folder: Path) -> None:
    expected = [
        (sample, region, step, name)
        for sample in ('first, with "quotes"', "second")
        for region, steps in (("S 2p", "0124"), ("P 2p", "125"))
        for step in steps
        for name in ("A", "B", "group:all")
    ]
    rows = read(folder, "phase_fractions.csv")
    assert [(r["sample"], r["region"], r["step"], r["phase"]) for r in rows] == expected
    wide = read(folder, "phase_fractions_wide.csv")
    assert [(r["sample"], r["region"], r["step"]) for r in wide] == [
        row[:3] for row in expected if row[3] == "A"
    ]


def test_quotes_are_those_of_rfc_4180(folder: Path) -> None:
    text = (folder / "phase_fractions.csv").read_text("utf-8")
    assert ',"first, with ""quotes""",S 2p,XPS,0,' in text


def test_step_columns(folder: Path) -> None:
    rows = [row for row in read(folder, "phase_fractions.csv") if row["phase"] == "A"]
    first = rows[1]
    assert first["charge_uAh_cm2"] == "0.333333333"
    assert first["current_mA"] == "1e-07"
    assert first["cycle"] == "1"
    assert rows[2]["cycle"] == rows[2]["time_s"] == ""


def test_what_failed_has_empty_cells(folder: Path) -> None:
    (row,) = (
        row
        for row in read(folder, "phase_fractions.csv")
        if (row["sample"], row["region"], row["step"], row["phase"]) == ("second", "S 2p", "1", "A")
    )
    assert row["status"] == "failed"
    empty = "fraction,fraction_stderr,fraction_low95,fraction_high95,upper_limit95,area,area_stderr"
    assert {row[name] for name in empty.split(",")} == {""}
    assert row["stderr_method"] == "not_estimated"
    others = [
        row
        for row in read(folder, "parameters.csv")
        if (row["sample"], row["region"], row["step"]) == ("second", "S 2p", "1")
    ]
    assert {row["value"] for row in others if row["state"] == "free"} == {""}


def test_wide_and_long_say_the_same(folder: Path) -> None:
    long = {
        (row["sample"], row["region"], row["step"], row["phase"]): row
        for row in read(folder, "phase_fractions.csv")
    }
    seen = 0
    for row in read(folder, "phase_fractions_wide.csv"):
        for name in ("A", "B", "group:all"):
            other = long[row["sample"], row["region"], row["step"], name]
            assert row[name] == other["fraction"]
            assert row[f"{name}_stderr"] == other["fraction_stderr"]
            seen += 1
    assert seen == len(long)


def test_parameters_are_those_of_the_fit(folder: Path, results: list[Fitted]) -> None:
    rows = [r for r in read(folder, "parameters.csv") if r["sample"] == "second"]
    result = results[1][0]
    for number, parameter in enumerate(result.parameters):
        if parameter.region != "S 2p":
            continue
        (row,) = (
            r
            for r in rows
            if (r["step"], r["region"]) == ("2", "S 2p")
            and (r["component"], r["parameter"]) == (parameter.component, parameter.parameter)
        )
        value = result.values[2, number]
        assert row["value"] == f"{value:.9g}"
        if row["state"] in ("fixed", "at_bound"):
            assert row["stderr"] == ""
        elif row["state"] == "free":
            assert 0.0 < float(row["stderr"]) < 1e3


def test_nothing_stays_of_a_table_that_broke_off(tmp_path: Path) -> None:
    table = build_model(Plan.from_toml(TWO))
    (tmp_path / "checks.csv").write_text("of the run before")
    with pytest.raises(RuntimeError, match="half way"), Tables(tmp_path, table, []):
        raise RuntimeError("half way")
    assert [path.name for path in tmp_path.iterdir()] == ["checks.csv"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_replaces_no_table(tmp_path: Path, results: list[Fitted]) -> None:
    for name in TABLES:
        (tmp_path / name).write_text("of the run before")
    (tmp_path / ".shifts.csv.part").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        write(tmp_path, results, 64)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == dict.fromkeys(
        TABLES, "of the run before"
    )


@given(st.floats())
def test_numbers_have_nine_digits_or_are_empty(value: float) -> None:
    text = cell(value)
    if math.isfinite(value):
        assert float(text) == pytest.approx(value, rel=5e-9, abs=1e-320)
        assert len(text.split("e")[0].replace("-", "").replace(".", "").lstrip("0")) <= 9
    else:
        assert text == ""


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=8), min_size=2, max_size=3))
def test_any_text_comes_back(tmp_path_factory: pytest.TempPathFactory, words: list[str]) -> None:
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    table = CsvFile(path, [f"c{i}" for i in range(len(words))])
    table.write("", [words])
    table.end_sample()
    table.finish()
    table.publish()
    with path.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file, strict=True))[1:] == [words]


def test_other_cells() -> None:
    assert [cell(value) for value in (None, True, False, 3, "x", np.True_)] == [
        *("", "true", "false", "3", "x", "true"),
    ]


@given(st.lists(st.floats(width=64), max_size=8))
def test_many_numbers_are_written_like_one(values: list[float]) -> None:
    assert number_cells(np.array(values)) == [cell(value) for value in values]


@given(st.lists(st.text(st.characters(codec="utf-8")), min_size=2, max_size=4))
def test_words_are_quoted_as_csv_does(cells: list[str]) -> None:
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerow(cells)
    assert words(*cells) + "\r\n" == written.getvalue()


def test_rows_and_columns_are_written_alike(tmp_path: Path) -> None:
    for name in ("rows", "columns"):
        file = CsvFile(tmp_path / name, ["a", "b", "c"])
        for section in ("first", "second", "first"):
            if name == "rows":
                file.write(section, [[section, 1.5, "x,y"], [section, None, ""]])
            else:
                cells = [number_cells(np.array([1.5, np.nan])), [words("x,y"), words("")]]
                file.write_columns(section, 2, [words(section), *cells])
        file.end_sample()
        file.finish()
        file.publish()
    assert (tmp_path / "rows").read_bytes() == (tmp_path / "columns").read_bytes()
