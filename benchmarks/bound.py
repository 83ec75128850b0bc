"""The least error any unbiased estimator can have: Cramer and Rao, all nuisance parameters free."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from benchmarks.trials import Trial
from fitting.arrays import FloatArray
from fitting.evaluate import RegionEvaluator
from fitting.model import SHIFT


@dataclass(frozen=True, eq=False)
class Truth:
    """True share of a phase in a region, and the bound on its standard error."""

    region: str
    phase: str
    fraction: float
    bound: float

    @property
    def room(self) -> float:
        """Distance from 0 or 1, whichever is nearer, in bounds."""
        return min(self.fraction, 1.0 - self.fraction) / self.bound


def truths(trial: Trial, known: Collection[str] = ()) -> list[Truth]:
    """Shares of the counted area and their bounds, region by region.

    Parameters
    ----------
    known : kinds of parameters that need not be found, such as ``fwhm``
    """
    table, free = trial.table, trial.free
    values, slopes = table.values(free), table.jacobian(free)
    information = fisher(trial)
    given = [table.parameters[i].parameter in known for i in table.free]
    information[given, :] = information[:, given] = 0.0
    covariance = inverse(information)
    found = []
    for region in table.regions:
        own: dict[str, FloatArray] = {}
        for component in region.components:
            if component.phase and table.plan.phases[component.phase].counted:
                weights = own.setdefault(component.phase, np.zeros(len(values)))
                weights[component.area] += 1.0
        everything = np.sum(list(own.values()), axis=0)
        total = float(everything @ values)
        for phase, weights in own.items():
            fraction = float(weights @ values) / total
            gradient = (weights - fraction * everything) @ slopes / total
            bound = float(np.sqrt(gradient @ covariance @ gradient))
            found.append(Truth(region.name, phase, fraction, bound))
    return found


def fisher(trial: Trial) -> FloatArray:
    """(F, F) information of the counts in the windows about all free parameters."""
    table, free = trial.table, trial.free
    values, slopes = table.values(free), table.jacobian(free)
    total = np.zeros((len(free), len(free)))
    for region in table.regions:
        x = trial.axes[region.name]
        low, high = (end + values[SHIFT] for end in region.window)
        x = x[(low <= x) & (x <= high)]
        evaluator = RegionEvaluator(region, x, np.zeros(len(x)))
        rows = slopes[region.local].T @ evaluator.jacobian(values)
        total += (rows / evaluator.envelope(values)) @ rows.T
    return total


def inverse(information: FloatArray) -> FloatArray:
    """(F, F); parameters that change nothing, like the place of an absent line, have zeros."""
    scale = np.sqrt(np.diag(information))
    known = np.flatnonzero(scale > 0.0)
    place = np.ix_(known, known)
    own = scale[known]
    found = np.zeros_like(information)
    found[place] = np.linalg.inv(information[place] / np.outer(own, own)) / np.outer(own, own)
    return found
