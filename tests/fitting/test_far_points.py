"""Beside a spike the deviance of a line that is hardly there is that without the spike."""

import numpy as np
import pytest

from fitting import far_points
from fitting.arrays import FloatArray
from fitting.chunkfit import fit_steps
from fitting.engines.compile_apart import available
from fitting.far_points import pulled_in
from fitting.model import ModelTable
from fitting.monitor import SilentMonitor
from fitting.sharedfit import fit_shared
from fitting.spectrum import Spectrum
from fitting.stepfit import prepare_block
from tests.fitting.synthetic import component, region, spectra_of, table_of, truth

MONITOR = SilentMonitor()
ENGINES = ["lmfit", "compiled"] if available() else ["lmfit"]
SEEDS = (0, 7)
SPIKE = (12, 120.0)
"""Place far from both lines, and height in deviations."""


def model(engine: str, **series: object) -> ModelTable:
    """A clear line and a weak one above it."""
    fwhm = {"value": 1.2, "min": 0.8, "max": 2.0}
    there = component("there", "gaussian", 161.0, fwhm=fwhm)
    weak = component("weak", "gaussian", 165.0, fwhm=1.2)
    words = {"fit": {"loss": "huber", "engine": engine}, "series": series or {"seed": 0}}
    return table_of(region([there, weak]), **words)


def pair(table: ModelTable, seed: int) -> tuple[dict[str, Spectrum], dict[str, Spectrum]]:
    """The same spectrum without and with a spike."""
    rng = np.random.default_rng(seed)
    (clean,) = spectra_of(table, truth(table, weak__area=25.0), rng).values()
    place, height = SPIKE
    y = clean.intensity.copy()
    y[place] += np.round(height * np.sqrt(y[place]))
    spiked = Spectrum(clean.x, y, clean.sigma, clean.counts_per_unit)
    return {"S 2p": clean}, {"S 2p": spiked}


def drops(table: ModelTable, pairs: list[tuple[dict[str, Spectrum], ...]]) -> FloatArray:
    """(2, K) by how far zero is from the amount of the weak line, clean and spiked."""
    weak = [table.parameters[i].name for i in table.free].index("weak.area")
    found = []
    for spectra in zip(*pairs, strict=True):
        labels = [""] * len(spectra)
        own = fit_steps(table, spectra, labels, None, "each", MONITOR)
        if table.plan.series.strategy == "shared":
            own = fit_shared(table, spectra, labels, np.linspace(0, 1, len(own)), own, MONITOR)
        found.append([np.sqrt(np.nan_to_num(step.deviance_drop[weak])) for step in own])
    return np.array(found)


@pytest.mark.parametrize("engine", ENGINES)
def test_spikes_elsewhere_detect_nothing(engine: str) -> None:
    table = model(engine)
    clean, spiked = drops(table, [pair(table, seed) for seed in SEEDS])
    assert np.abs(spiked - clean).max() < 0.3


@pytest.mark.skipif(not available(), reason="numba is not installed")
def test_nor_do_they_with_shared_widths() -> None:
    table = model("compiled", strategy="shared", shared=["there.fwhm"])
    clean, spiked = drops(table, [pair(table, seed) for seed in SEEDS])
    assert np.abs(spiked - clean).max() < 0.3


def test_a_limit_that_moves_would_spoil_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(far_points, "SWING", np.inf)
    table = model(ENGINES[-1])
    clean, spiked = drops(table, [pair(table, seed) for seed in SEEDS])
    assert np.abs(spiked - clean).max() > 1.0


def test_far_points_pull_as_they_did_and_others_stay() -> None:
    table = model("lmfit")
    _, spiked = pair(table, 1)
    start = truth(table)
    setup = prepare_block(table, [0], spiked, np.arange(len(start)), start, 0.0, "")
    near = pulled_in(setup.problem, setup.noises, start)
    before, after = setup.problem.data[0], near.data[0]
    moved = np.flatnonzero(before.intensity != after.intensity)
    assert SPIKE[0] in moved
    (curve,) = near.models(start)
    sizes = (after.intensity - curve) / setup.noises[0].sigma(curve)
    assert np.abs(sizes[moved]) == pytest.approx(np.abs(sizes).max())
    assert (np.sign(before.intensity - curve) == np.sign(after.intensity - curve))[moved].all()
    clean, _ = pair(table, 1)
    setup = prepare_block(table, [0], clean, np.arange(len(start)), start, 0.0, "")
    start = fit_steps(table, [clean], [""], None, "each", MONITOR)[0].values[table.free]
    assert pulled_in(setup.problem, setup.noises, start) is setup.problem
