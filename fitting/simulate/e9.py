"""E9: Raman map of a place where indium touched Li6PS5Cl (simulated).

After Luo (reference 292 of the review, doi:10.1039/d5eb00101c): In2S3 where the metal has taken
sulfur from the electrolyte. Twelve by twelve points 5 um apart; the reaction has run in a few
patches, between them the electrolyte is as it was. The surface is rough, so the light that comes
back differs by a factor of three.

Positions are those recommended by the reference library, copied; strengths and widths are chosen.
Truth: see `fitting.simulate.raman_scene`.
"""

import numpy as np

from fitting.arrays import FloatArray
from fitting.simulate.raman import Band, Baseline
from fitting.simulate.raman_scene import Scene, peaks_of, record, wander
from fitting.simulate.simulation import Simulation

SIDE = 12
PITCH_UM = 5.0
REGION = "200-500 cm-1"
WINDOW_CM = (200.0, 500.0)
BANDS = (
    Band("ps4_nu1", "Li6PS5Cl", 425.0, 7.0, 0.91),
    Band("ps4_bend", "Li6PS5Cl", 278.0, 14.0, 0.09),
    Band("in2s3_306", "In2S3", 306.0, 11.0, 0.55),
    Band("in2s3_326", "In2S3", 326.0, 12.0, 0.25),
    Band("in2s3_367", "In2S3", 367.0, 12.0, 0.20),
)
EFFICIENCY = {"Li6PS5Cl": 1.0, "In2S3": 0.5}
"""Intensity per mole over that of the electrolyte: chosen, for want of measured ones."""

_PATCHES = ((14.0, 18.0, 7.0, 0.9), (40.0, 35.0, 10.0, 0.7), (47.0, 8.0, 4.0, 0.5))
_EDGE = 0.02
_SECONDS = 62.0


def simulate(*, steps: int | None, counts: float, seed: int) -> Simulation:
    """Simulate E9; ``steps`` points of the map, row by row."""
    scene = mapped(SIDE * SIDE if steps is None else steps)
    measured, known = record("E9", scene, counts, (seed, 0))
    return Simulation("E9", (measured,), {scene.sample: known}, {})


def reacted_share(x_um: FloatArray, y_um: FloatArray) -> FloatArray:
    """(K,) share of the electrolyte that lost its sulfur to indium: 0 outside the patches."""
    share = np.zeros(len(x_um))
    for x, y, radius, top in _PATCHES:
        away = np.hypot(x_um - x, y_um - y) / radius
        share = np.maximum(share, top * np.exp(-(away**2)))
    return np.where(share < _EDGE, 0.0, share)


def mapped(points: int) -> Scene:
    """The first ``points`` points of the map."""
    number = np.arange(points, dtype=np.float64)
    x_um, y_um = PITCH_UM * (number % SIDE), PITCH_UM * (number // SIDE)
    reacted = reacted_share(x_um, y_um)
    amount = {"Li6PS5Cl": 1.0 - reacted, "In2S3": reacted}
    signal = {phase: EFFICIENCY[phase] * value for phase, value in amount.items()}
    hidden = 0.5 + 0.5 * np.cos(0.31 * x_um) * np.cos(0.23 * y_um + 0.5)
    rough = 1.0 - 0.67 * hidden
    glow = 0.4 + 0.3 * reacted + wander(points, 0.05, 0.3)
    return Scene(
        sample="In on LPSCl",
        region=REGION,
        window_cm=WINDOW_CM,
        peaks=peaks_of(BANDS, signal, wander(points, 0.15, 2.2)),
        light=rough / rough[0],
        baseline=Baseline(glow, np.full(points, 1700.0)),
        amount=amount,
        columns={"time_s": _SECONDS * number + 30.0, "x_um": x_um, "y_um": y_um},
    )
