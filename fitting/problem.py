"""What an engine minimises: some regions of one step, and which parameters may move."""

from dataclasses import dataclass

import numpy as np

from fitting.arrays import FloatArray, IntArray
from fitting.errors import DataError
from fitting.evaluate import RegionEvaluator
from fitting.model import ModelTable


@dataclass(frozen=True, eq=False)
class RegionData:
    """The points of one region that are fitted.

    Parameters
    ----------
    evaluator : the model on their axis
    intensity : (N,) measured
    sigma : (N,) standard errors
    """

    evaluator: RegionEvaluator
    intensity: FloatArray
    sigma: FloatArray


@dataclass(frozen=True, eq=False)
class Problem:
    """Weighted residuals of a block of regions and their derivatives.

    Parameters
    ----------
    table : the model
    data : the regions of the block
    moving : (M,) positions among the free parameters that are fitted here
    rest : (F,) values of all free parameters; those that move are overwritten, and nan is
        allowed where a parameter changes none of these regions
    """

    table: ModelTable
    data: tuple[RegionData, ...]
    moving: IntArray
    rest: FloatArray

    @property
    def lower(self) -> FloatArray:
        """(M,) lower bounds."""
        return self.table.lower[self.moving]

    @property
    def upper(self) -> FloatArray:
        """(M,) upper bounds."""
        return self.table.upper[self.moving]

    @property
    def points(self) -> int:
        """Number of fitted points."""
        return sum(len(d.intensity) for d in self.data)

    def full(self, moving: FloatArray) -> FloatArray:
        """(F,) all free parameters; those of other blocks that nobody knows yet are one.

        They change no curve here, but nan would: 0 * nan is nan in every affine link.
        """
        free = np.where(np.isnan(self.rest), 1.0, self.rest)
        free[self.moving] = moving
        return free

    def models(self, moving: FloatArray) -> list[FloatArray]:
        """Model curve of every region."""
        values = self.table.values(self.full(moving))
        return [d.evaluator.envelope(values) for d in self.data]

    def residual(self, moving: FloatArray) -> FloatArray:
        """(N,) (model - measured) / sigma over all regions."""
        parts = [
            (model - d.intensity) / d.sigma
            for model, d in zip(self.models(moving), self.data, strict=True)
        ]
        return np.concatenate(parts)

    def jacobian(self, moving: FloatArray) -> FloatArray:
        """(M, N) derivatives of the residual."""
        free = self.full(moving)
        values = self.table.values(free)
        slopes = self.table.jacobian(free)[:, self.moving]
        parts = []
        for d in self.data:
            rows = d.evaluator.jacobian(values)
            parts.append((slopes[d.evaluator.region.local].T @ rows) / d.sigma)
        return np.concatenate(parts, axis=1)

    def undefined(self, moving: FloatArray) -> DataError:
        """Why the curves have no finite value here, as an error to raise."""
        values = self.table.values(self.full(moving))
        used = np.concatenate([d.evaluator.region.local for d in self.data])
        for i in used[~np.isfinite(values[used])]:
            row = self.table.parameters[i]
            what = row.link or f"{values[i]}"
            return DataError(
                f"{row.name} = {what!r} has no value where the fit starts, or none that it may have"
            )
        names = ", ".join(d.evaluator.region.name for d in self.data)
        return DataError(f"the model of {names} is not finite where the fit starts")

    def chi_square(self, moving: FloatArray) -> float:
        """Sum of the squared residuals."""
        residual = self.residual(moving)
        return float(residual @ residual)
