"""Several windows of one spectrum, data without a background, multiples of measured spectra."""

from pathlib import Path

import numpy as np
import pytest

from app.archive.gather import Reading
from app.batch.fit import Running, fit_files
from fitting.errors import PlanError
from fitting.lineshapes.lorentzian import lorentzian
from fitting.monitor import SilentMonitor
from fitting.plan import Plan
from fitting.plan_text import PlanComments, plan_text

WINDOWS = """
[series]
axis = "time_s"
[fit]
weights = "uniform"
[phases]
low = {}
high = {}
[[regions]]
name = "300"
spectrum = "Raman"
window = [250, 350]
background = {kind = "none"}
components = [
 {id="a", phase="low", shape="lorentzian", center={value=300, min=290, max=310}, fwhm=8}]
[[regions]]
name = "500"
spectrum = "Raman"
window = [450, 550]
background = {kind = "none"}
components = [
 {id="b", phase="high", shape="lorentzian", center={value=500, min=490, max=510}, fwhm=8}]
"""


def test_two_windows_of_one_spectrum_are_two_regions(tmp_path: Path) -> None:
    x = np.arange(200.0, 601.0)
    y = lorentzian(x, 900.0, 301.0, 8.0) + lorentzian(x, 400.0, 498.0, 8.0)
    rows = [f"{a},{b!r}" for a, b in zip(x, y.tolist(), strict=True)]
    lines = ["raman_shift_cm-1\\time_s,0", *rows]
    data = tmp_path / "cell__Raman.csv"
    data.write_text("\n".join(lines))
    plan = Plan.from_toml(WINDOWS)
    outcome = fit_files([data], plan, tmp_path / "out", Reading(), Running(), SilentMonitor())
    assert outcome.complete
    rows = (tmp_path / "out" / "parameters.csv").read_text().splitlines()
    areas = {row.split(",")[3]: float(row.split(",")[7]) for row in rows if ",area," in row}
    assert areas["300"] == pytest.approx(900.0, rel=0.01)
    assert areas["500"] == pytest.approx(400.0, rel=0.02)


def test_the_text_of_a_plan_keeps_the_spectrum() -> None:
    plan = Plan.from_toml(WINDOWS)
    assert Plan.from_toml(plan_text(plan, PlanComments())) == plan


def test_no_background_takes_no_options() -> None:
    from fitting.build import build_model

    with pytest.raises(PlanError, match="degree"):
        build_model(Plan.from_toml(WINDOWS.replace('"none"}', '"none", degree=1}')))


def test_areas_and_multiples_of_a_spectrum_do_not_mix() -> None:
    text = """
[templates]
pure = {x=[1,2,3,4], intensity=[0,1,1,0], scale="spectrum"}
[[regions]]
name = "Raman"
window = [1, 4]
background = {kind="constant"}
components = [{id="p", shape="measured", template="pure"},
              {id="q", shape="gaussian", center=2, fwhm=1}]
"""
    with pytest.raises(PlanError, match="'q' has an area"):
        Plan.from_toml(text)
