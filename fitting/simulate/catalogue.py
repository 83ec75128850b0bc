"""Which experiments can be simulated."""

from typing import Protocol

import numpy as np

from fitting.errors import PlanError
from fitting.simulate import e1
from fitting.simulate.simulation import Simulation


class Experiment(Protocol):
    """Makes one experiment; ``steps`` of None means the number it usually has."""

    def __call__(self, *, steps: int | None, counts: float, seed: int) -> Simulation:
        """Simulate with ``counts`` at the top of the strongest line of the first spectrum."""


def experiments() -> dict[str, Experiment]:
    """Key -> what makes the experiment."""
    return {"E1": e1.simulate}


def simulate(
    key: str, *, steps: int | None = None, counts: float = 10_000.0, seed: int = 0
) -> Simulation:
    """Simulate an experiment whose truth is known.

    Parameters
    ----------
    key : name of the experiment, e.g. ``"E1"``
    steps : number of steps of each sample, >= 1; None for the usual number
    counts : at the top of the strongest line of the first spectrum, above background, > 0
    seed : of the noise, >= 0; equal arguments give equal arrays

    Raises
    ------
    PlanError
        Unknown key, or a number that makes no sense.
    """
    known = experiments()
    if key not in known:
        raise PlanError("simulate", f"no experiment {key!r}; there is {', '.join(known)}")
    _require(steps is None or steps >= 1, "steps", steps, "at least 1")
    _require(bool(np.isfinite(counts)) and counts > 0, "counts", counts, "a number above 0")
    _require(seed >= 0, "seed", seed, "0 or a positive whole number")
    return known[key](steps=steps, counts=counts, seed=seed)


def _require(right: bool, name: str, value: object, wanted: str) -> None:
    if not right:
        raise PlanError(f"simulate {name}", f"{value} given, must be {wanted}")
