"""E12: impedance beside spectroscopy; E1 with the interfacial resistance of every step.

The resistance is that of the interphase and of the bare contact: its thickness, as if dense,
over a conductivity between those of a LixP-rich and a Li3P-rich layer (logarithmic mixture), plus
a constant. Narayanan et al. 2022, doi:10.1038/s41467-022-34855-9, saw the resistance fall with
the current density for that reason; the numbers were chosen, none was measured.

Paths of the truth beside those of `e1`
---------------------------------------
``interfacial_resistance_ohm_cm2`` before the column ``resistance_ohm_cm2``, which has 2 % of
scatter, the same whatever the seed.
"""

from dataclasses import replace

import numpy as np

from fitting.arrays import FloatArray
from fitting.simulate import e1
from fitting.simulate.photoemission import Photoemission
from fitting.simulate.scene import Scene
from fitting.simulate.simulation import Simulation

CONTACT_OHM_CM2 = 4.0
POOR_S_CM, GOOD_S_CM = 2e-7, 4e-6
"""Conductivity of a layer whose reduced P is LixP, and Li3P."""

_SCATTER = 0.02
_CM_PER_NM = 1e-7


def simulate(*, steps: int | None, counts: float, seed: int) -> Simulation:
    """Simulate E12. See `fitting.simulate.simulate` for the arguments."""
    return Photoemission("E12", scenes)(steps=steps, counts=counts, seed=seed)


def scenes(steps: int | None) -> tuple[Scene, ...]:
    """The samples of E1, each with its resistance."""
    return tuple(_with_resistance(scene, n) for n, scene in enumerate(e1.scenes(steps)))


def _with_resistance(scene: Scene, number: int) -> Scene:
    true = resistance_ohm_cm2(scene)
    scatter = np.random.default_rng(np.random.SeedSequence((12, number))).normal(size=len(true))
    measured = true * (1.0 + _SCATTER * scatter)
    return replace(
        scene,
        columns={**scene.columns, "resistance_ohm_cm2": measured},
        truth={**scene.truth, "interfacial_resistance_ohm_cm2": true},
    )


def resistance_ohm_cm2(scene: Scene) -> FloatArray:
    """(K,) of the contact and of the interphase."""
    made = {name: scene.truth[f"inventory_nmol_cm2/{name}"] for name in ("LixP", "Li3P")}
    whole = made["LixP"] + made["Li3P"]
    share = np.divide(made["Li3P"], whole, out=np.zeros_like(whole), where=whole > 0.0)
    conductivity = POOR_S_CM ** (1.0 - share) * GOOD_S_CM**share
    return np.asarray(CONTACT_OHM_CM2 + scene.truth["sei_thickness_nm"] * _CM_PER_NM / conductivity)
