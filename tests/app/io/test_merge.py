from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.io.clock import NAIVE_TIME
from app.io.merge import assemble, charge_spread
from app.io.steps_table import StepsTable, read_steps_table
from fitting.errors import DataError
from fitting.experiment import Experiment
from fitting.series import AxisKind, IntensityUnit, Series, Technique


def reading(region: str = "S 2p", count: int = 1, sample: str = "cell", **changes: Any) -> Series:
    described: dict[str, Any] = {
        "sample": sample,
        "region": region,
        "technique": Technique.XPS,
        "axis_kind": AxisKind.BINDING_ENERGY,
        "x": np.arange(4.0),
        "intensity": np.arange(4.0) + 10 * np.arange(count)[:, None],
        "steps": np.arange(count),
        "counts_per_unit": np.ones(count),
        "source": f"/data/{sample}_{region}.txt",
    }
    return Series(**{**described, **changes})


def by_file(tmp_path: Path, text: str) -> StepsTable:
    path = tmp_path / "steps.csv"
    path.write_text(text)
    return read_steps_table(path)


def test_samples_become_experiments() -> None:
    found = assemble([reading("S 2p", 3), reading("S 2p", 2, "blank"), reading("P 2p", 3)])
    assert [e.sample for e in found.experiments] == ["cell", "blank"]
    assert found.experiments[0].regions == ("S 2p", "P 2p")
    assert found.warnings == ()


def test_two_regions_of_one_name_are_refused() -> None:
    with pytest.raises(DataError, match="two regions of one name") as caught:
        assemble([reading(source="/data/a.txt"), reading(source="/data/b.txt")])
    for part in ("cell/S 2p", "/data/a.txt", "/data/b.txt", "--steps", "--sample"):
        assert part in str(caught.value)


def test_files_become_steps(tmp_path: Path) -> None:
    table = by_file(
        tmp_path,
        "file,sample,charge_uAh_cm2\nlate.txt,c,5\nearly.txt,c,1\nP.txt,c,\nnever.txt,c,2\n",
    )
    found = assemble(
        [
            reading(sample="early", source="/data/early.txt"),
            reading(
                sample="late",
                source="/data/late.txt",
                x=np.arange(3.0) + 0.5,
                intensity=np.ones((1, 3)),
                columns={"cycle": np.array([2.0])},
            ),
            reading("P 2p", source="/data/P.txt", columns={"charge_uAh_cm2": np.array([7.0])}),
        ],
        table,
    )
    (experiment,) = found.experiments
    assert experiment.sample == "c"
    series = experiment.series_of("S 2p")
    assert series.steps.tolist() == [0, 1]
    assert series.columns["charge_uAh_cm2"].tolist() == [5, 1]
    assert np.array_equal(series.columns["cycle"], [2, np.nan], equal_nan=True)
    assert series.spectrum(0).x.tolist() == [0.5, 1.5, 2.5]
    assert series.spectrum(1).intensity.tolist() == [0, 1, 2, 3]
    assert series.source == "/data"
    other = experiment.series_of("P 2p")
    assert other.steps.tolist() == [2]
    assert other.columns["charge_uAh_cm2"].tolist() == [7]
    assert "1 of 4 files were not read: never.txt" in found.warnings[0]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"intensity_unit": IntensityUnit.ARBITRARY}, "intensity_unit differs"),
        ({"photon_energy_eV": 1486.6}, "photon_energy_eV differs"),
        ({"source": "/data/c.txt"}, 'has no row with the file "c.txt"'),
    ],
)
def test_files_that_are_no_steps(tmp_path: Path, changes: dict[str, Any], expected: str) -> None:
    table = by_file(tmp_path, "file,cycle\na.txt,1\nb.txt,2\n")
    second = reading(**{"source": "/data/b.txt", **changes})
    with pytest.raises(DataError, match=expected):
        assemble([reading(source="/data/a.txt"), second], table)


def test_one_step_number_for_two_files(tmp_path: Path) -> None:
    table = by_file(tmp_path, "file,sample,step\na.txt,c,1\nb.txt,c,1\n")
    parts = [reading(source=f"/data/{name}.txt") for name in "ab"]
    with pytest.raises(DataError, match="both step 1"):
        assemble(parts, table)


def test_a_file_of_many_steps_is_no_step(tmp_path: Path) -> None:
    table = by_file(tmp_path, "file,cycle\na.txt,1\n")
    with pytest.raises(DataError, match="holds 3 steps of S 2p itself"):
        assemble([reading(count=3, source="/data/a.txt")], table)


def test_step_values_by_number(tmp_path: Path) -> None:
    table = by_file(tmp_path, "step,potential_V,time_s\n0,2.4,\n1,1.7,50\n2,1.2,90\n")
    series = reading(count=3, columns={"time_s": np.array([1.0, 2, 3])})
    (experiment,) = assemble([series, reading("P 2p", 2)], table).experiments
    found = experiment.series_of("S 2p").columns
    assert found["potential_V"].tolist() == [2.4, 1.7, 1.2]
    assert found["time_s"].tolist() == [1, 50, 90]
    assert experiment.series_of("P 2p").columns["potential_V"].tolist() == [2.4, 1.7]
    with pytest.raises(DataError, match="has no row for step 3"):
        assemble([reading(count=4)], table)


def test_time_counts_from_the_first_acquisition_of_the_sample() -> None:
    first = reading("S 2p", 2, acquisition_start=np.array([1000.0, 2000]))
    second = reading("P 2p", 2, acquisition_start=np.array([900.0, np.nan]))
    (experiment,) = assemble([first, second]).experiments
    assert experiment.series_of("S 2p").columns["time_s"].tolist() == [100, 1100]
    times = experiment.series_of("P 2p").columns["time_s"]
    assert np.array_equal(times, [0, np.nan], equal_nan=True)


def test_zones_must_agree_inside_a_sample() -> None:
    start = np.array([1000.0])
    naive = reading(acquisition_start=start, metadata={NAIVE_TIME: True})
    zoned = reading("P 2p", acquisition_start=start, metadata={NAIVE_TIME: False})
    with pytest.raises(DataError, match="give --timezone"):
        assemble([naive, zoned])


def test_region_present_in_some_steps_only() -> None:
    long = reading("S 2p", 5, columns={"charge_uAh_cm2": np.array([0.0, 1, 2, 1, 0])})
    short = reading("P 2p", 3, columns={"charge_uAh_cm2": np.array([0.0, 2, 0])})
    found = assemble([short, long])
    (experiment,) = found.experiments
    assert experiment.series_of("P 2p").steps.tolist() == [0, 2, 4]
    assert experiment.steps.tolist() == [0, 1, 2, 3, 4]
    assert found.warnings == ()


def test_steps_that_do_not_match_are_said() -> None:
    long = reading("S 2p", 4, columns={"cycle": np.arange(4.0), "time_s": np.arange(4.0)})
    short = reading("P 2p", 2, columns={"time_s": np.array([0.0, 7])})
    found = assemble([long, short])
    assert "the 2 values of time_s of P 2p are not among the 4 of S 2p" in found.warnings[0]
    assert found.experiments[0].series_of("P 2p").steps.tolist() == [0, 1]


@settings(deadline=None, max_examples=50)
@given(data=st.data())
def test_any_subset_of_steps_is_found_again(data: st.DataObject) -> None:
    values = data.draw(st.lists(st.integers(0, 1000), min_size=3, max_size=12, unique=True))
    chosen = sorted(
        data.draw(st.sets(st.integers(0, len(values) - 1), min_size=2, max_size=len(values)))
    )
    charge = np.array(values, float)
    long = reading("S 2p", len(values), columns={"charge_uAh_cm2": charge})
    short = reading("P 2p", len(chosen), columns={"charge_uAh_cm2": charge[chosen]})
    (experiment,) = assemble([long, short]).experiments
    assert experiment.series_of("P 2p").steps.tolist() == chosen


def test_spread_of_charge_inside_a_step() -> None:
    charge = np.array([0.0, 10, 20, 30])
    near = reading("P 2p", 4, columns={"charge_uAh_cm2": charge + 4.9})
    far = reading("P 2p", 4, columns={"charge_uAh_cm2": charge + np.array([0, 0, 9, 0])})
    base = reading("S 2p", 4, columns={"charge_uAh_cm2": charge})
    assert charge_spread(Experiment("cell", (base, near))) == ()
    (sentence,) = assemble([base, far]).warnings
    assert "1 steps" in sentence
    assert "worst: step 2, 9 uAh/cm2" in sentence


def test_experiment_checks_itself() -> None:
    with pytest.raises(DataError, match="has no series"):
        Experiment("cell", ())
    with pytest.raises(DataError, match="sample blank among"):
        Experiment("cell", (reading(sample="blank"),))
    with pytest.raises(DataError, match="two regions of one name"):
        Experiment("cell", (reading(), reading()))
    with pytest.raises(DataError, match="has no region O 1s; it has S 2p"):
        Experiment("cell", (reading(),)).series_of("O 1s")
