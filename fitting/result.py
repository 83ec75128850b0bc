"""What a fit gave back: plain arrays, the plan inside, nothing derived that can be recomputed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np

from fitting.arrays import BoolArray, FloatArray, IntArray
from fitting.covariances import variances
from fitting.model import ParameterRow
from fitting.plan import Plan
from fitting.series import AxisKind, IntensityUnit, Technique


class FitStatus(IntEnum):
    """How the fit of one region in one step ended."""

    CONVERGED = 0
    AT_BOUND = 1
    NOT_CONVERGED = 2
    FAILED = 3
    EXCLUDED = 4

    @property
    def label(self) -> str:
        """The word that tables show."""
        return self.name.lower()

    @property
    def usable(self) -> bool:
        """Whether there are numbers to show."""
        return self <= FitStatus.NOT_CONVERGED


@dataclass(frozen=True)
class RegionInfo:
    """What the numbers of a region are measured in, and the file they came from."""

    name: str
    technique: Technique
    axis_kind: AxisKind
    intensity_unit: IntensityUnit
    source: str = ""


@dataclass(frozen=True, eq=False)
class StepResult:
    """One step of one sample.

    Parameters
    ----------
    values : (P,) all parameters; nan where the region was not fitted
    covariance : (F, F) of the free parameters; nan where not estimated, and beside the nan of a
        parameter at a bound how the others follow if it leaves; minus on the diagonal of what is
        known in sums only (``fitting.covariances``)
    upper_limit : (F,) one-sided 95 % limit of areas that are zero or weak, else nan
    deviance_drop : (F,) of weak areas: if they were zero, as for a line of one place; else nan
    lower95, upper95 : (F,) ends of the 95 % interval of weak areas and of what is at a bound
    at_bound : (F,)
    status, reduced_chi_square : (R,) per region; chi-square is nan without real weights
    misfit : (R,) weighted sum of squared residuals per point, comparable between starts of one
        step whatever the weights; nan where the region was not fitted
    sigma_source, message : (R,) words
    start : (R,) words: which start led to the minimum; empty where the region was not fitted
    tried : (R,) starts that were tried
    runner_up : (R,) by how much the deviance of the next minimum lies above it; nan where no
        other was seen
    """

    values: FloatArray
    covariance: FloatArray
    upper_limit: FloatArray
    deviance_drop: FloatArray
    lower95: FloatArray
    upper95: FloatArray
    at_bound: BoolArray
    status: IntArray
    reduced_chi_square: FloatArray
    misfit: FloatArray
    sigma_source: tuple[str, ...]
    message: tuple[str, ...]
    start: tuple[str, ...]
    tried: IntArray
    runner_up: FloatArray


@dataclass(frozen=True)
class Provenance:
    """Where a result comes from.

    Parameters
    ----------
    versions : of the program and of what computed the numbers
    inputs : file -> SHA-256 of its content
    seed : of the plan
    """

    versions: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Estimate:
    """One parameter of one step."""

    value: float
    stderr: float | None
    unit: str


@dataclass(frozen=True, eq=False)
class SeriesResult:
    """What one plan made of the K steps of one sample; P parameters, F free, R regions.

    Parameters
    ----------
    sample : name
    plan : exactly what was fitted
    parameters : one table for all steps
    free : (F,) indices of the free parameters
    regions : what the numbers of each region are measured in
    steps : (K,) numbers of the steps
    columns : name -> (K, R) step values of each region
    present : (K, R) whether the region was measured in the step
    values, covariance, upper_limit, deviance_drop, lower95, upper95, at_bound, status,
        reduced_chi_square : see StepResult, with a leading K
    sigma_source, message, start : K rows of R words
    tried, runner_up : (K, R)
    provenance : versions, input hashes, seed
    """

    sample: str
    plan: Plan
    parameters: tuple[ParameterRow, ...]
    free: IntArray
    regions: tuple[RegionInfo, ...]
    steps: IntArray
    columns: Mapping[str, FloatArray]
    present: BoolArray
    values: FloatArray
    covariance: FloatArray
    upper_limit: FloatArray
    deviance_drop: FloatArray
    lower95: FloatArray
    upper95: FloatArray
    at_bound: BoolArray
    status: IntArray
    reduced_chi_square: FloatArray
    sigma_source: tuple[tuple[str, ...], ...]
    message: tuple[tuple[str, ...], ...]
    start: tuple[tuple[str, ...], ...]
    tried: IntArray
    runner_up: FloatArray
    provenance: Provenance = Provenance()

    def __post_init__(self) -> None:
        k, f, r = len(self.steps), len(self.free), len(self.regions)
        shapes = {
            "values": (k, len(self.parameters)),
            "covariance": (k, f, f),
            "upper_limit": (k, f),
            "deviance_drop": (k, f),
            "lower95": (k, f),
            "upper95": (k, f),
            "at_bound": (k, f),
            "status": (k, r),
            "reduced_chi_square": (k, r),
            "present": (k, r),
            "tried": (k, r),
            "runner_up": (k, r),
        }
        for name, shape in shapes.items():
            array = getattr(self, name)
            if array.shape != shape:
                raise ValueError(f"{name} has shape {array.shape}, need {shape}")
            array.setflags(write=False)

    def __len__(self) -> int:
        return len(self.steps)

    def region_index(self, name: str) -> int:
        """Position of a region by name. Raises KeyError."""
        for r, region in enumerate(self.regions):
            if region.name == name:
                return r
        raise KeyError(name)

    def estimate(self, row: int, name: str, jacobian: FloatArray) -> Estimate:
        """One parameter of one step, linked ones included.

        Parameters
        ----------
        row : position of the step
        name : as in the parameter table
        jacobian : (P, F) of ``ModelTable.jacobian`` at that step
        """
        p = next(i for i, parameter in enumerate(self.parameters) if parameter.name == name)
        variance = self.variances(row, jacobian)[p]
        stderr = None if np.isnan(variance) else float(np.sqrt(variance))
        return Estimate(float(self.values[row, p]), stderr, self.parameters[p].unit)

    def variances(self, row: int, jacobian: FloatArray) -> FloatArray:
        """(P,) variances of all parameters of a step; nan where fixed or not estimated."""
        return np.asarray(variances(jacobian[np.newaxis], self.covariance[row : row + 1])[0])

    def stderr(self, row: int) -> FloatArray:
        """(F,) standard errors of the free parameters of one step; nan where not estimated."""
        variance = np.diag(self.covariance[row])
        return np.sqrt(np.where(variance >= 0.0, variance, np.nan))
