"""Several regions around what a series shares: blocks, the energy shift, missing regions."""

from typing import Any

import numpy as np
import pytest

from fitting.arrays import FloatArray
from fitting.build import build_model
from fitting.chunkfit import fit_steps
from fitting.engines.compile_apart import available
from fitting.engines.shared import MOST_ROUNDS, Verdict
from fitting.evaluate import RegionEvaluator
from fitting.model import ModelTable
from fitting.monitor import SilentMonitor
from fitting.plan import Plan
from fitting.result import FitStatus, StepResult
from fitting.sharedchunk import SharedChunk
from fitting.sharedfit import fit_shared
from fitting.spectrum import Spectrum
from fitting.standing import back, begin, errors_of, first_standing, go_on, sharing_of, still_going

MONITOR = SilentMonitor()
STEPS = 14
AXES = {
    "S 2p": np.linspace(155.0, 168.0, 66),
    "P 2p": np.linspace(126.0, 138.0, 61),
    "Cl 2p": np.linspace(193.0, 204.0, 56),
}
ENGINES = ["lmfit", "compiled"] if available() else ["lmfit"]
LABELS = [f"step {k}" for k in range(STEPS)]
POSITION = np.linspace(0.0, 1.0, STEPS)


def model(engine: str, kind: dict[str, Any] | None = None) -> ModelTable:
    """Sulfur fixes the energies; phosphorus and chlorine are blocks of their own."""

    def region(name: str, window: list[float], components: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "name": name,
            "window": window,
            "background": (kind if kind and name == "P 2p" else {"kind": "linear"}),
            "defaults": {"shape": "gaussian"},
            "components": components,
        }

    def free(value: float, room: float) -> dict[str, float]:
        return {"value": value, "min": value - room, "max": value + room}

    sulfur = [
        {"id": "a", "center": 161.5, "fwhm": free(1.4, 0.7)},
        {"id": "b", "center": free(163.0, 0.5), "fwhm": "a.fwhm"},
    ]
    phosphorus = [
        {"id": "c", "center": free(132.0, 0.6), "fwhm": free(1.5, 0.8)},
        {"id": "d", "center": "c.center - 1.6", "fwhm": "c.fwhm"},
    ]
    energy = {"reference": "component", "component": "a", "position_eV": 161.5, "search_eV": 1.0}
    content = {
        "series": {"strategy": "shared", "shared": ["a.fwhm", "c.fwhm", "center"]},
        "fit": {"engine": engine},
        "energy": energy,
        "regions": [
            region("S 2p", [157.0, 166.5], sulfur),
            region("P 2p", [128.0, 136.5], phosphorus),
            region("Cl 2p", [195.0, 202.0], [{"id": "e", "center": 198.5, "fwhm": free(1.3, 0.6)}]),
        ],
    }
    return build_model(Plan.from_data(content))


TRUE = {
    "a.area": 3000.0,
    "a.fwhm": 1.5,
    "b.area": 1200.0,
    "b.center": 163.05,
    "c.area": 2000.0,
    "c.center": 132.1,
    "c.fwhm": 1.6,
    "d.area": 700.0,
    "e.area": 1500.0,
    "e.fwhm": 1.3,
}
LEVELS = {"level": 150.0, "rise": 10.0}


def truth(table: ModelTable) -> FloatArray:
    rows = [table.parameters[i] for i in table.free]
    free = np.array([[TRUE.get(r.name, LEVELS.get(r.parameter, 0.0)) for r in rows]] * STEPS)
    names = [row.name for row in rows]
    free[:, names.index("energy.shift")] = 0.3 * np.sin(5.0 * POSITION)
    free[:, names.index("b.area")] *= 0.5 + POSITION
    free[:, names.index("d.area")] *= 1.5 - POSITION
    return free


def measured(table: ModelTable, free: FloatArray, without: dict[int, str]) -> list[Any]:
    rng, found = np.random.default_rng(3), []
    for k, own in enumerate(free):
        step = {}
        for region in table.regions:
            x = AXES[region.name]
            curve = RegionEvaluator(region, x, np.zeros(len(x))).envelope(table.values(own))
            step[region.name] = Spectrum(x, rng.poisson(curve).astype(float), None, 1.0)
        step.pop(without.get(k, ""), None)
        found.append(step)
    return found


def both(results: list[StepResult], table: ModelTable) -> tuple[FloatArray, FloatArray]:
    free = np.array([result.values[table.free] for result in results])
    return free, np.array([np.sqrt(np.diag(result.covariance)) for result in results])


@pytest.mark.parametrize("engine", ENGINES)
def test_blocks_share_each_their_own(engine: str) -> None:
    table = model(engine)
    true = truth(table)
    spectra = measured(table, true, {4: "P 2p", 7: "Cl 2p"})
    own = fit_steps(table, spectra, LABELS, None, "each", MONITOR)
    results = fit_shared(table, spectra, LABELS, POSITION, own, MONITOR)
    free, sigma = both(results, table)
    pull = (free - true) / sigma
    assert np.nanmax(np.abs(pull)) < 4.5
    own_pull = np.delete(pull, sharing_of(table, POSITION).places, axis=1)
    assert 0.75 < np.sqrt(np.nanmean(own_pull**2)) < 1.3
    names = [table.parameters[i].name for i in table.free]
    for name in ("a.fwhm", "b.center", "c.fwhm", "c.center"):
        values = free[:, names.index(name)]
        assert np.nanmax(values) == np.nanmin(values)
    assert np.ptp(free[:, names.index("e.fwhm")][np.arange(STEPS) != 7]) > 0.0
    assert results[4].status[1] == FitStatus.EXCLUDED
    assert np.isnan(free[4, names.index("c.fwhm")])
    assert results[7].status[2] == FitStatus.EXCLUDED
    assert all(result.status[0] == FitStatus.CONVERGED for result in results)


@pytest.mark.skipif(len(ENGINES) == 1, reason="needs the compiler")
@pytest.mark.parametrize(
    "kind", [{"kind": "shirley", "active": False}, {"kind": "shirley", "active": True}]
)
def test_compiled_is_numpy_with_a_shift_and_backgrounds(kind: dict[str, Any]) -> None:
    slow, fast = model("lmfit", kind), model("compiled", kind)
    flat = model("lmfit")
    spectra = measured(flat, truth(flat), {4: "P 2p"})
    own = fit_steps(fast, spectra, LABELS, None, "each", MONITOR)
    one = both(fit_shared(slow, spectra, LABELS, POSITION, own, MONITOR), slow)
    other = both(fit_shared(fast, spectra, LABELS, POSITION, own, MONITOR), fast)
    assert np.isnan(one[1]).tolist() == np.isnan(other[1]).tolist()
    assert np.nanmax(np.abs(one[0] - other[0]) / one[1]) < 0.03
    assert np.nanmax(np.abs(other[1] / one[1] - 1.0)) < 2e-3


def test_chunks_add_up_to_the_whole_series() -> None:
    table = model(ENGINES[-1])
    spectra = measured(table, truth(table), {})
    own = fit_steps(table, spectra, LABELS, None, "each", MONITOR)
    sharing = sharing_of(table, POSITION)
    functions = sharing.drift.functions(POSITION)
    cuts = [slice(0, 5), slice(5, 9), slice(9, STEPS)]
    whole = first_standing(sharing, own)
    courses = begin(
        sharing,
        functions,
        whole.free[:, sharing.places],
        errors_of(own, sharing.places),
        whole.misfit,
    )
    chunks = [
        SharedChunk(sharing, spectra[c], LABELS[c], functions[c], first_standing(sharing, own[c]))
        for c in cuts
    ]
    while still_going(courses):
        before = [chunk.standing for chunk in chunks]
        said = [chunk.advance(courses) for chunk in chunks]
        total = {b: said[0][b] + said[1][b] + said[2][b] for b in said[0]}
        now = [(chunk.standing.misfit, chunk.standing.counted) for chunk in chunks]
        courses = go_on(sharing, courses, total, now)
        for chunk, old in zip(chunks, before, strict=True):
            chunk.put(back(sharing, old, chunk.standing, courses))
    assert all(course.verdict is Verdict.SETTLED for course in courses.values())
    assert max(course.rounds for course in courses.values()) < MOST_ROUNDS // 2
    results = fit_shared(table, spectra, LABELS, POSITION, own, MONITOR)
    free, sigma = both(results, table)
    for b, course in courses.items():
        for g, f in enumerate(sharing.places[sharing.blocks[b]]):
            assert abs(course.trial[g, 0] - free[0, f]) < 1e-3 * sigma[0, f]
