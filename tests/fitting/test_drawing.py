"""Many steps drawn at once are the same curves as one by one."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from fitting.curves import redraw
from fitting.drawing import draw_rows
from fitting.model import ModelTable
from fitting.result import FitStatus, SeriesResult
from fitting.series import AxisKind, IntensityUnit, Series, Technique
from fitting.spectrum import points_in_order
from tests.fitting.synthetic import BACKGROUNDS, axis_of, component, region, table_of, truth
from tests.fitting.test_quantify import series_of

WINDOW = (157.0, 168.0)
SHIFTS = (0.0, 0.12, -0.31, 0.0)


def lines() -> list[dict[str, Any]]:
    return [
        component("a", "pseudo_voigt", {"value": 161.0}, doublet={"splitting": 1.2}),
        component("b", "voigt", 163.5),
        component("c", "pseudo_voigt", 165.0),
    ]


def case(
    background: str | dict[str, Any], axes: str = "one"
) -> tuple[ModelTable, SeriesResult, Series]:
    """Steps of other areas and shifts; the last one failed."""
    shape = region(lines(), background, window=WINDOW)
    table = table_of(shape, energy={"reference": "component", "component": "c", "position_eV": 165})
    rng = np.random.default_rng(3)
    axis = axis_of(WINDOW, margin=1.0)
    counts = 500.0 + rng.poisson(300.0, (len(SHIFTS), len(axis))) + 300.0 * (axis > 161.5)
    counts += 2000.0 * np.exp(-((axis - 161.5) ** 2))
    x = axis[::-1]
    if axes == "own":
        x = np.array([x + 0.01 * k for k in range(len(SHIFTS))])
    if axes == "holes":
        counts[1, 40], counts[2, :3] = np.nan, np.nan
    steps = [empty_step(table, shift) for shift in SHIFTS]
    result = series_of(table, steps)
    status = result.status.copy()
    status[-1] = FitStatus.FAILED
    return table, replace(result, status=status), series(x, counts)


def empty_step(table: ModelTable, shift: float) -> Any:
    from fitting.stepfit import StepDraft

    draft = StepDraft(table)
    draft.free[:] = truth(table, **{"energy.shift": shift, "a.area": 2000.0 + 900.0 * shift})
    draft.status[:] = FitStatus.CONVERGED
    return draft.finish()


def series(x: np.ndarray, intensity: np.ndarray) -> Series:
    return Series(
        sample="cell",
        region="S 2p",
        technique=Technique.XPS,
        axis_kind=AxisKind.BINDING_ENERGY,
        x=x,
        intensity=intensity,
        steps=np.arange(len(intensity)),
        intensity_unit=IntensityUnit.COUNTS,
        counts_per_unit=np.ones(len(intensity)),
    )


@pytest.mark.parametrize("axes", ["one", "own", "holes"])
@pytest.mark.parametrize("background", [*BACKGROUNDS, "static"])
def test_same_as_one_by_one(background: str, axes: str) -> None:
    chosen: Any = {"kind": "shirley", "active": False} if background == "static" else background
    table, result, measured = case(chosen, axes)
    drawn = draw_rows(table, result, measured)
    raw = drawn.as_measured()
    for k in range(len(measured)):
        one = redraw(table, result, k, measured)
        n = len(one.x)
        np.testing.assert_array_equal(drawn.x[k, :n], one.x)
        np.testing.assert_array_equal(drawn.intensity[k, :n], one.intensity)
        assert np.isnan(drawn.x[k, n:]).all()
        np.testing.assert_allclose(drawn.background[k, :n], one.background, rtol=1e-12)
        np.testing.assert_allclose(drawn.components[k, :, :n], one.components, rtol=1e-12)
        assert np.isnan(drawn.background[k, n:]).all()
        place = points_in_order(measured.axis(k), measured.intensity[k])
        np.testing.assert_array_equal(raw[k, -1, place], drawn.background[k, :n])
        np.testing.assert_array_equal(raw[k, :-1][:, place], drawn.components[k, :, :n])
    assert not drawn.inside[-1].any()
    assert drawn.inside[:-1].any(axis=1).all()


def test_a_region_without_a_model() -> None:
    table, result, measured = case("linear")
    with pytest.raises(KeyError):
        draw_rows(table, result, replace(measured, region="O 1s"))
