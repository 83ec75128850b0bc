"""KherveFitting projects: measured points in, fits kept beside."""

import json
from pathlib import Path

import pytest

from app.io.khervefitting import FORMAT, read
from fitting.errors import ReadError
from fitting.series import IntensityUnit, Series
from tests.contracts.reader import ReaderContract
from tests.shared_data import shared_file


def level(intensity: list[float], name: str = "S2p") -> dict[str, object]:
    return {
        "Name": name,
        "B.E.": [170.0, 169.9, 169.8],
        "Raw Data": intensity,
        "Background": {"Bkg Type": "Smart"},
        "Fitting": {"Peaks": {"S2p3/2 p1": {"Position": 161.0, "FWHM": float("nan")}}},
    }


def project(**levels: object) -> str:
    return json.dumps(
        {"FilePath": "a.xlsx", "Number of Core levels": len(levels), "Core levels": levels}
    )


PROJECT = project(S2p=level([5.0, 6.0, 7.0]), S2p1=level([5.0, 6.0, 7.0]), C1s=level([1, 2, 3]))


def read_text(tmp_path: Path, content: str) -> list[Series]:
    path = tmp_path / "cell A.json"
    path.write_text(content)
    return read(path)


class TestKherveFittingContract(ReaderContract):
    file_format = FORMAT
    kinds = ("khervefitting",)

    def examples(self) -> dict[str, bytes]:
        return {"project.json": PROJECT.encode()}


def test_a_refit_of_the_same_points_is_no_step(tmp_path: Path) -> None:
    s2p, c1s = read_text(tmp_path, PROJECT)
    assert (s2p.sample, s2p.region, c1s.region) == ("cell A", "S 2p", "C 1s")
    assert s2p.intensity.tolist() == [[5.0, 6.0, 7.0]]
    assert s2p.intensity_unit is IntensityUnit.COUNTS_PER_SECOND
    assert s2p.counts_per_unit is None
    (said,) = s2p.metadata["khervefitting"]
    assert said["fit"]["Fitting"]["Peaks"]["S2p3/2 p1"] == {"Position": 161.0, "FWHM": None}
    (refit,) = s2p.metadata["khervefitting_refits"]
    assert refit["core_level"] == "S2p1"


def test_other_points_of_the_same_region_are_steps(tmp_path: Path) -> None:
    (series,) = read_text(
        tmp_path, project(S2p=level([5.0, 6.0, 7.0]), S2p1=level([4.0, 6.0, 7.0]))
    )
    assert series.steps.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("content", "place", "problem"),
    [
        (PROJECT[:-9], "line 1", "broken JSON"),
        (PROJECT.replace("5.0", "1" + "0" * 5000), "value 1", "'inf'"),
        (PROJECT.replace('"Smart"', "[" * 5000 + "]" * 5000), "", "nested too deep"),
        (project(), "Core levels", "no core levels"),
        (project(S2p=[1]), "S2p", "not a table"),
        (project(S2p=level([1.0, 2.0])), "S2p", "3 energies but 2"),
        (project(S2p=level([1.0, float("nan"), 2.0])), "Raw Data, value 2", "'nan'"),
        (project(S2p={"B.E.": [1.0]}), "Raw Data", "a list of numbers"),
    ],
)
def test_damaged_projects_are_refused(
    tmp_path: Path, content: str, place: str, problem: str
) -> None:
    with pytest.raises(ReadError) as caught:
        read_text(tmp_path, content)
    assert place in caught.value.place
    assert problem in caught.value.problem


@pytest.mark.real_data
def test_a_real_project() -> None:
    found = read(shared_file("xps/khervefitting/LaSrTiO3.json"))
    assert [series.region for series in found] == ["Sr 3d", "Ti 2p", "O 1s", "C 1s"]
    assert [len(series) for series in found] == [1, 1, 1, 1]
