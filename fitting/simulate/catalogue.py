"""Which experiments can be simulated."""

from typing import Protocol

import numpy as np

from fitting.errors import PlanError
from fitting.simulate import e1, e2, e3, e4, e5, e6, e7, e8, e9, e10, e11, e12
from fitting.simulate.mismatch import MISMATCHES
from fitting.simulate.photoemission import Photoemission
from fitting.simulate.simulation import Simulation


class Experiment(Protocol):
    """Makes one experiment; ``steps`` of None means the number it usually has."""

    def __call__(self, *, steps: int | None, counts: float, seed: int) -> Simulation:
        """Simulate with ``counts`` at the top of the strongest line of the first spectrum."""


def experiments() -> dict[str, Experiment]:
    """Key -> what makes the experiment."""
    return {
        "E1": Photoemission("E1", e1.scenes),
        "E2": Photoemission("E2", e2.scenes),
        "E3": Photoemission("E3", e3.scenes),
        "E4": Photoemission("E4", e4.scenes),
        "E5": Photoemission("E5", e5.scenes),
        "E6": e6.simulate,
        "E7": e7.simulate,
        "E8": e8.simulate,
        "E9": e9.simulate,
        "E10": e10.simulate,
        "E11": Photoemission("E11", e11.scenes),
        "E12": e12.simulate,
    }


def simulate(
    key: str,
    *,
    steps: int | None = None,
    counts: float = 10_000.0,
    seed: int = 0,
    mismatch: str | None = None,
) -> Simulation:
    """Simulate an experiment whose truth is known.

    Parameters
    ----------
    key : name of the experiment, e.g. ``"E1"``
    steps : number of steps of each sample, >= 1; None for the usual number
    counts : at the top of the strongest line of the first spectrum, above background, > 0
    seed : of the noise, >= 0; equal arguments give equal arrays
    mismatch : one of `MISMATCHES`: spectra that break what the ready plan takes for granted,
        beside the truth of those that do not; photoemission only

    Raises
    ------
    PlanError
        Unknown key or twin, or a number that makes no sense.
    """
    known = experiments()
    if key not in known:
        raise PlanError("simulate", f"no experiment {key!r}; there is {', '.join(known)}")
    _require(steps is None or steps >= 1, "steps", steps, "at least 1")
    _require(bool(np.isfinite(counts)) and counts > 0, "counts", counts, "a number above 0")
    _require(seed >= 0, "seed", seed, "0 or a positive whole number")
    twins = ", ".join(MISMATCHES)
    _require(mismatch is None or mismatch in MISMATCHES, "mismatch", mismatch, f"one of {twins}")
    experiment = known[key]
    if mismatch is None:
        return experiment(steps=steps, counts=counts, seed=seed)
    if not isinstance(experiment, Photoemission):
        raise PlanError("simulate mismatch", f"{key} has no twins; photoemission alone has them")
    return experiment(steps=steps, counts=counts, seed=seed, mismatch=mismatch)


def _require(right: bool, name: str, value: object, wanted: str) -> None:
    if not right:
        raise PlanError(f"simulate {name}", f"{value} given, must be {wanted}")
