from pathlib import Path

import numpy as np
import pytest

from app.io.steps_table import read_steps_table
from fitting.errors import ReadError


def write(folder: Path, text: str) -> Path:
    path = folder / "steps.csv"
    path.write_text(text)
    return path


def test_by_step(tmp_path: Path) -> None:
    table = read_steps_table(write(tmp_path, "step,time_h,cycle\n0,0,1\n2,1.5,\n"))
    assert table.steps == (0, 2)
    assert table.files is None
    assert set(table.columns) == {"time_s", "cycle"}
    assert table.columns["time_s"].tolist() == [0, 5400]
    assert np.isnan(table.columns["cycle"][1])


def test_by_file_in_order_with_samples(tmp_path: Path) -> None:
    text = "# made by hand\nfile;sample;charge_uAh_cm2\na b.txt;cell;0,5\nc.txt;cell;1,5\n"
    table = read_steps_table(write(tmp_path, text))
    assert table.files == ("a b.txt", "c.txt")
    assert table.samples == ("cell", "cell")
    assert table.steps == (0, 1)
    assert table.columns["charge_uAh_cm2"].tolist() == [0.5, 1.5]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("charge_uAh_cm2\n1\n2\n", 'needs a column "step" or "file"; found charge_uAh_cm2'),
        ("step,charge\n0,1\n", 'line 1, column 2: the step column "charge" has no unit'),
        ("step,cycle\n0,one\n", "line 2, column cycle: 'one' where a number was needed"),
        ("step,cycle\n0,1\n0,2\n", "line 3: 0 stands already in line 2"),
        ("step,cycle\n0.5,1\n", "line 2, column step: 0.5; steps are"),
        ("step,cycle\n-1,1\n", "line 2, column step: -1; steps are"),
        ("step,cycle\n0,1,2\n", "line 2: 3 cells where line 1 has 2"),
        ("step,cycle,cycle\n0,1,2\n", "the column 'cycle' stands twice"),
        ("step,time_h,time_s\n0,1,2\n", "time_s is given twice"),
        ("file,cycle\na.txt,1\na.txt,2\n", "line 3: a.txt stands already in line 2"),
        ("file,cycle\n,1\n", "line 2, column file: is empty"),
        ("step,cycle\n", "holds no row"),
        ("", "is empty"),
    ],
)
def test_errors_name_row_and_column(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(ReadError) as caught:
        read_steps_table(write(tmp_path, text))
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_table(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="cannot be opened"):
        read_steps_table(tmp_path / "none.csv")
