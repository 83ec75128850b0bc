"""Fitted shifts, electrical groups and broadening: what the plan may say, what the table holds."""

from typing import Any

import numpy as np
import pytest

from fitting.build import build_model
from fitting.energy_scale import holds, undetected
from fitting.errors import PlanError
from fitting.model import SHIFT, ModelTable
from fitting.plan import Plan
from tests.fitting.synthetic import region, table_of

FIXED, FREE = 161.5, {"value": 161.5, "min": 161.0, "max": 162.0}


def line(name: str, center: object, phase: str = "", **rest: object) -> dict[str, Any]:
    own = {"phase": phase} if phase else {}
    return {"id": name, "shape": "gaussian", "center": center, "fwhm": 1.2, **own, **rest}


def two_regions(center: object = FIXED, other: object = 131.7, **energy: object) -> ModelTable:
    return table_of(
        region([line("a", center, "A")]),
        region([line("b", other, "B")], name="P 2p", window=(125.0, 137.0)),
        energy={"reference": "fitted", **energy},
    )


def test_regions_that_share_a_fitted_shift_are_one_block() -> None:
    table = two_regions()
    assert table.blocks == ((0, 1),)
    assert table.free[0] == SHIFT
    one_line = two_regions(reference="component", component="a", position_eV=161.5)
    assert one_line.blocks == ((0,), (1,))
    assert two_regions(reference="none").blocks == ((0,), (1,))


def test_a_scale_that_nothing_holds_is_refused() -> None:
    with pytest.raises(PlanError, match=r"nothing holds the energy scale.*number") as caught:
        two_regions(FREE, {"value": 131.7, "min": 131.0, "max": 132.0})
    assert caught.value.key == "energy.reference"
    with pytest.raises(PlanError, match="nothing holds"):
        two_regions(FREE, "a.center - 29.8")


def test_a_link_that_does_not_move_along_holds_the_scale() -> None:
    table = two_regions(FREE, "2 * a.center - 191.3")
    assert holds(table, (0, 1), 0)
    assert not holds(table, (0,), 0)
    assert not holds(table, (1,), 0)


def test_a_group_has_an_offset_and_a_shift_of_its_own() -> None:
    table = two_regions(groups={"metal": ["B"]}, within_eV=0.5)
    values = table.values(np.array([0.3, -0.2, *np.ones(len(table.free) - 2)]))
    index = table.index
    assert values[index["energy.shift_metal"]] == pytest.approx(0.1)
    assert values[index["b.apparent_center"]] == pytest.approx(131.5)
    assert values[index["b.center"]] == pytest.approx(131.7)
    assert "a.apparent_center" not in index
    assert table.offsets == (1,)
    assert table.lower[1], table.upper[1] == (-0.5, 0.5)
    assert table.blocks == ((0, 1),)


def test_a_group_needs_a_line_that_is_held() -> None:
    free = {"value": 131.7, "min": 131.0, "max": 132.0}
    with pytest.raises(PlanError, match="no line whose center is held") as caught:
        two_regions(other=free, groups={"metal": ["B"]})
    assert caught.value.key == "energy.groups.metal"
    with pytest.raises(PlanError, match="no line whose center is held"):
        table_of(
            region([line("a", FIXED, "A"), line("b", free, "B")]),
            energy={"reference": "fitted", "groups": {"metal": ["B"]}},
        )


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        ({"metal": ["Bb"]}, "did you mean"),
        ({"metal": []}, "names no phase"),
        ({"all": ["B"]}, "another name"),
        ({"metal": ["B"], "other": ["B"]}, "is in 'metal' already"),
    ],
)
def test_groups_that_make_no_sense_are_refused(groups: dict[str, list[str]], words: str) -> None:
    with pytest.raises(PlanError, match=words):
        two_regions(groups=groups)


def test_the_line_of_the_reference_is_in_no_group() -> None:
    with pytest.raises(PlanError, match="sets the default shift"):
        two_regions(
            reference="component", component="a", position_eV=161.5, groups={"metal": ["A"]}
        )


def test_broadening_widens_all_lines_of_a_step() -> None:
    table = two_regions(broadening=True)
    place = [table.parameters[i].name for i in table.free].index("energy.broadening")
    free = np.ones(len(table.free))
    free[place] = 0.25
    values = table.values(free)
    assert values[table.index["a.apparent_fwhm"]] == pytest.approx(1.45)
    assert values[table.index["b.apparent_fwhm"]] == pytest.approx(1.45)
    assert table.lower[place] == 0.0
    assert table.blocks == ((0, 1),)


def test_a_broadening_that_nothing_holds_is_refused() -> None:
    wide = {"value": 1.2, "min": 0.5, "max": 2.0}
    with pytest.raises(PlanError, match="fwhm of a line as a number") as caught:
        table_of(region([line("a", FIXED, fwhm=wide)]), energy={"broadening": True})
    assert caught.value.key == "energy.broadening"


@pytest.mark.parametrize("word", ["energy.shift", "broadening", "offset_metal"])
def test_the_energy_scale_is_each_steps_own(word: str) -> None:
    with pytest.raises(PlanError, match="differs from step to step"):
        table_of(
            region([line("a", FIXED), line("b", FREE, "B"), line("c", 160.0, "B")]),
            energy={"reference": "fitted", "groups": {"metal": ["B"]}, "broadening": True},
            series={"strategy": "shared", "shared": [word]},
        )


def test_a_group_is_detected_by_its_amounts() -> None:
    table = two_regions(groups={"metal": ["B"]})
    names = [table.parameters[i].name for i in table.free]
    free, drop = np.ones(len(names)), np.full(len(names), np.nan)
    area = names.index("b.area")
    assert undetected(table, (0, 1), free, drop) == []
    drop[area] = 3.0
    assert undetected(table, (0, 1), free, drop) == [1]
    drop[area], free[area] = np.nan, 0.0
    assert undetected(table, (0, 1), free, drop) == [1]
    free[1] = np.nan
    assert undetected(table, (0, 1), free, drop) == []


def test_old_plans_are_written_as_they_were() -> None:
    from fitting.plan_text import plan_text

    data = {"regions": [region([line("a", FIXED)])]}
    text = plan_text(Plan.from_data(data))
    assert not any(word in text for word in ("groups", "within_eV", "broadening"))
    energy = {"reference": "fitted", "groups": {"metal": ["A"]}, "within_eV": 0.7}
    full = {"phases": {"A": {}}, "regions": [region([line("a", FIXED, "A")])], "energy": energy}
    with pytest.raises(PlanError):
        build_model(Plan.from_data(full))
    assert Plan.from_toml(plan_text(Plan.from_data(full))) == Plan.from_data(full)
