"""shifts.csv: a row for every step and group, and words where there is no error."""

from dataclasses import replace

import numpy as np

from app.batch.shift_table import HELD, NO_ERROR, NOT_FITTED, SHIFT_COLUMNS, shift_rows
from fitting.model import ModelTable
from fitting.monitor import SilentMonitor
from fitting.result import FitStatus, SeriesResult
from fitting.series import AxisKind, IntensityUnit, Series, Technique
from fitting.seriesfit import fit_series
from fitting.spectrum import Spectrum
from tests.fitted_series import stack
from tests.fitting.shifted import plan_table
from tests.fitting.synthetic import spectra_of, truth

Row = dict[str, object]


def fitted() -> tuple[ModelTable, SeriesResult]:
    """Three steps; lithium is there in the last two."""
    table = plan_table(groups={"metal": ["Li0"]})
    rng = np.random.default_rng(4)
    areas = {"ps4_s__area": 13_000.0, "ps4_p__area": 5_000.0, "salt__area": 2_600.0}
    own = {"energy__shift": 0.3, "energy__offset_metal": -0.3}
    steps = [
        spectra_of(table, truth(table, **own, **areas, li0__area=area), rng, margin=5.0)
        for area in (0.0, 2_000.0, 2_000.0)
    ]
    results = fit_series(table, steps, ["a", "b", "c"], SilentMonitor())
    series = {name: one_series(name, [step[name] for step in steps]) for name in steps[0]}
    return table, stack(table, series, results)


def one_series(name: str, spectra: list[Spectrum]) -> Series:
    return Series(
        sample="cell",
        region=name,
        technique=Technique.XPS,
        axis_kind=AxisKind.BINDING_ENERGY,
        x=spectra[0].x,
        intensity=np.array([s.intensity for s in spectra]),
        intensity_unit=IntensityUnit.COUNTS,
        steps=np.arange(len(spectra)),
        columns={},
    )


def rows_of(result: SeriesResult, table: ModelTable) -> list[Row]:
    return [dict(zip(SHIFT_COLUMNS, row, strict=True)) for row in shift_rows(result, table)]


def test_every_group_has_its_row() -> None:
    table, result = fitted()
    rows = rows_of(result, table)
    assert [(row["step"], row["group"]) for row in rows] == [
        (step, group) for step in range(3) for group in ("default", "metal")
    ]
    assert {row["reference"] for row in rows} == {"fitted"}
    absent, metal = rows[1], rows[3]
    assert absent["state"] == HELD
    assert absent["shift"] == rows[0]["shift"]
    assert np.isnan(float(str(absent["shift_stderr"])))
    assert metal["state"] == "free"
    assert abs(float(str(metal["shift"]))) < 0.05
    assert 0.0 < float(str(metal["shift_stderr"])) < 0.05
    assert {row["broadening"] for row in rows} == {None}


def test_what_could_not_be_estimated_is_said() -> None:
    table, result = fitted()
    covariance, status = result.covariance.copy(), result.status.copy()
    covariance[0], status[2] = np.nan, FitStatus.FAILED
    rows = rows_of(replace(result, covariance=covariance, status=status), table)
    assert rows[0]["state"] == NO_ERROR
    assert {row["state"] for row in rows[4:]} == {NOT_FITTED}
