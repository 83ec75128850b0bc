"""Twins of a scene that break what a plan takes for granted, each in one way."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from fitting.arrays import FloatArray
from fitting.attenuation import layer_weight, tpp2m_nm
from fitting.errors import PlanError
from fitting.simulate.materials import litres
from fitting.simulate.scene import Region, Scene

MISMATCHES = ("layered", "sensitivities", "shape")

_SENSITIVITY_ERROR = 0.10
_LORENTZ_FRACTION = 0.5


def twin(scene: Scene, mismatch: str | None) -> Scene:
    """The scene, or what is measured in its place.

    Parameters
    ----------
    mismatch : ``"layered"``: what is mixed below lies in layers, such that the first region sees
        the same; ``"sensitivities"``: regions are in turn 10 % stronger and weaker;
        ``"shape"``: lines are half Lorentzian; None: as it is

    Raises
    ------
    PlanError
        Another word.
    """
    if mismatch is None:
        return scene
    if mismatch == "layered":
        return replace(scene, below=_layered(scene))
    if mismatch == "sensitivities":
        signs = {r.name: 1.0 - 2.0 * (place % 2) for place, r in enumerate(scene.regions)}
        factors = {name: 1.0 + sign * _SENSITIVITY_ERROR for name, sign in signs.items()}
        return replace(scene, sensitivity_factors=factors)
    if mismatch == "shape":
        return replace(scene, lorentz_fraction=_LORENTZ_FRACTION)
    known = ", ".join(MISMATCHES)
    raise PlanError("simulate mismatch", f"{mismatch!r} is none of {known}")


def _layered(scene: Scene) -> dict[str, Mapping[str, FloatArray]]:
    mixed = scene.below[scene.regions[0].name]
    first = _escape_nm(scene, scene.regions[0])
    shares = [
        sum((mixed[phase] * litres(phase) for phase in layer), np.zeros(len(scene)))
        for layer in scene.layers
    ]
    # The lowest layer has no end; rounding must not give it one, or the one above none.
    filled = np.clip(np.cumsum(shares, axis=0), 0.0, 1.0)
    filled[-1] = 1.0
    with np.errstate(divide="ignore"):
        bottoms = -first * np.log1p(-filled)
    tops = np.concatenate([np.zeros((1, len(scene))), bottoms[:-1]])
    found: dict[str, Mapping[str, FloatArray]] = {}
    for region in scene.regions:
        escape = _escape_nm(scene, region)
        amounts: dict[str, FloatArray] = {}
        for layer, share, top, bottom in zip(scene.layers, shares, tops, bottoms, strict=True):
            weight = layer_weight(top, bottom, escape)
            ratio = np.divide(weight, share, out=np.ones(len(scene)), where=share > 0.0)
            amounts |= {phase: mixed[phase] * ratio for phase in layer}
        found[region.name] = amounts
    return found


def _escape_nm(scene: Scene, region: Region) -> float:
    return tpp2m_nm(region.kinetic_energy_eV, scene.matrix)
