"""Shifts of all groups, as the window shows them and as shifts.csv has them."""

import csv
import io
from dataclasses import replace

import numpy as np

from app.batch.shift_table import HELD, SHIFT_COLUMNS, shift_rows
from app.session.numbers import shift_table
from app.session.parts import parts_of
from app.session.project import Project, Sample, StepFit, View
from app.session.results import results_of
from fitting.monitor import SilentMonitor
from fitting.seriesfit import fit_series
from tests.app.batch.test_shift_table import one_series
from tests.fitting.shifted import plan_table
from tests.fitting.synthetic import spectra_of, truth


def project() -> Project:
    """Two steps of a cell; lithium, with a potential of its own, is there in the second."""
    table = plan_table(groups={"metal": ["Li0"]})
    rng = np.random.default_rng(4)
    areas = {"ps4_s__area": 13_000.0, "ps4_p__area": 5_000.0, "salt__area": 2_600.0}
    own = {"energy__shift": 0.3, "energy__offset_metal": -0.3}
    steps = [
        spectra_of(table, truth(table, **own, **areas, li0__area=area), rng, margin=5.0)
        for area in (0.0, 2_000.0)
    ]
    results = fit_series(table, steps, ["a", "b"], SilentMonitor())
    series = {name: one_series(name, [step[name] for step in steps]) for name in steps[0]}
    fits = {k: StepFit(table.plan, one) for k, one in enumerate(results)}
    sample = Sample("cell", series, (0, 1))
    return Project((), (sample,), table.plan, {"cell": fits}, View("cell", "S 2p", 0))


def test_every_group_is_there_with_the_numbers_of_the_batch() -> None:
    made = project()
    results = results_of(made)
    assert [one.group for one in results.shifts] == ["default", "metal"]
    assert [one.group for one in results.along] == ["default"]
    table = shift_table(results.shifts)
    assert table.headers == (
        "Sample",
        "Step",
        "Step",
        "Shift of the rest / eV",
        "Shift of metal / eV",
        "",
    )
    assert table.row(0)[4].endswith(f"({HELD})")
    assert "±" in table.row(1)[4]
    (part,) = parts_of(made, made.samples[0])
    rows = [dict(zip(SHIFT_COLUMNS, r, strict=True)) for r in shift_rows(part.result, part.table)]
    copied = list(csv.DictReader(io.StringIO(table.csv)))
    for row in rows:
        mine, stem = copied[int(str(row["step"]))], f"shift_{row['group']}"
        assert float(mine[f"{stem}_eV"]) == np.float64(f"{row['shift']:.9g}")
        assert mine[f"{stem}_state"] == row["state"]


def test_a_group_that_an_older_plan_had_not_is_empty_there() -> None:
    made, old = project(), plan_table()
    spectra = {name: series.spectrum(0) for name, series in made.samples[0].series.items()}
    (result,) = fit_series(old, [spectra], ["a"], SilentMonitor())
    mixed = {**made.fits["cell"], 0: StepFit(old.plan, result)}
    (_, metal) = results_of(replace(made, fits={"cell": mixed})).shifts
    assert metal.states == ("not in the plan", "free")
    assert np.isnan(metal.shift[0])
    assert metal.current.tolist() == [False, True]
