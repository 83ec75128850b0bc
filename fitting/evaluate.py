"""The curve of a region and its derivatives, from the numbers of a model table.

Lines of one shape are computed together; derivatives come as rows in the order of
``RegionModel.local``.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fitting.arrays import FloatArray
from fitting.model import SHIFT, LineBatch, RegionModel


@dataclass(frozen=True, eq=False)
class Curves:
    """A region drawn out.

    Parameters
    ----------
    components : (C, N) or (K, C, N) every component by itself, without background
    background : (N,) or (K, N) everything under the peaks
    """

    components: FloatArray
    background: FloatArray

    @property
    def envelope(self) -> FloatArray:
        """(N,) or (K, N) components on the background."""
        return np.asarray(self.components.sum(axis=-2) + self.background)


@dataclass(frozen=True, eq=False)
class RegionEvaluator:
    """A region on the axis of one spectrum.

    Parameters
    ----------
    region : the model
    x : (N,) ascending, as measured (binding energy or Raman shift)
    held : (N,) background computed before the fit; zeros where there is none
    """

    region: RegionModel
    x: FloatArray
    held: FloatArray

    def curves(self, values: FloatArray) -> Curves:
        """Components and background from the parameters of the whole table, (P,) or (K, P).

        ``held`` may then be (K, N), too.
        """
        components = self._components(values)
        peaks = components.sum(axis=-2)
        return Curves(components, self.held + self._tail(values, peaks) + self._basis(values))

    def envelope(self, values: FloatArray) -> FloatArray:
        """(N,) model curve."""
        peaks = self._components(values).sum(axis=0)
        return np.asarray(peaks + self._tail(values, peaks) + self.held + self._basis(values))

    def jacobian(self, values: FloatArray) -> FloatArray:
        """(L, N) derivatives of the envelope, one row per entry of ``region.local``."""
        rows = np.zeros((len(self.region.local), len(self.x)))
        peak_rows = self._peak_rows(values, rows)
        active = self.region.active
        if active is not None:
            parameters = values[list(active.parameters)]
            cast = active.background.operator(self.x, *parameters)
            peaks = self._components(values).sum(axis=0)
            own = slice(peak_rows, peak_rows + len(parameters))
            rows[own] = active.background.jacobian(self.x, peaks, *parameters)
            rows[:peak_rows] += cast(rows[:peak_rows])
            peak_rows += len(parameters)
        self._basis_rows(values, rows[peak_rows:])
        return rows

    def _components(self, values: FloatArray) -> FloatArray:
        several = values.shape[:-1]
        curves = np.zeros((*several, len(self.region.components), len(self.x)))
        for batch in self.region.batches:
            lines = batch.shape.value(self.x, *_line_arguments(batch, values))
            lines = lines.reshape((*several, -1, len(self.x)))
            main = len(batch.members)
            curves[..., batch.members, :] = lines[..., :main, :]
            curves[..., batch.members[batch.doublets], :] += lines[..., main:, :]
        return curves

    def _peak_rows(self, values: FloatArray, rows: FloatArray) -> int:
        end = 1
        for batch in self.region.batches:
            slopes = batch.shape.jacobian(self.x, *_line_arguments(batch, values))
            end = max(end, _fill_rows(batch, values, slopes, rows))
        return end

    def _tail(self, values: FloatArray, peaks: FloatArray) -> FloatArray:
        active = self.region.active
        if active is None:
            return np.zeros_like(peaks)
        if values.ndim > 1:
            rows = [self._tail(own, line) for own, line in zip(values, peaks, strict=True)]
            return np.array(rows).reshape(peaks.shape)
        parameters = values[list(active.parameters)]
        return active.background.response(self.x, peaks, *parameters)

    def _columns(self, values: FloatArray) -> FloatArray:
        basis = self.region.basis
        if basis is None:
            return np.zeros((0, len(self.x)))
        if not basis.parameters:
            return self._steady_columns
        low, high = self.region.window
        parameters = values[list(basis.parameters)]
        return basis.background.columns(self.x - low, high - low, *parameters, **basis.options)

    @cached_property
    def _steady_columns(self) -> FloatArray:
        """Columns that depend on no parameter."""
        low, high = self.region.window
        basis = self.region.basis
        assert basis is not None
        return basis.background.columns(self.x - low, high - low, **basis.options)

    def _basis(self, values: FloatArray) -> FloatArray:
        basis = self.region.basis
        if basis is None:
            return np.zeros(len(self.x))
        if values.ndim > 1 and basis.parameters:
            return np.array([self._basis(own) for own in values]).reshape(-1, len(self.x))
        return np.asarray(values[..., list(basis.coefficients)] @ self._columns(values))

    def _basis_rows(self, values: FloatArray, rows: FloatArray) -> None:
        basis = self.region.basis
        if basis is None:
            return
        bent = len(basis.parameters)
        if bent:
            low, high = self.region.window
            slopes = basis.background.jacobian(
                self.x - low, high - low, *values[list(basis.parameters)], **basis.options
            )
            rows[:bent] = np.einsum("m,pmn->pn", values[list(basis.coefficients)], slopes)
        rows[bent:] = self._columns(values)


def _shares(batch: LineBatch, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Share of the component area in the main line (all) and in the partner (doublets)."""
    ratio = values[..., batch.ratio]
    main = np.ones((*values.shape[:-1], len(batch.members)))
    main[..., batch.doublets] = 1.0 / (1.0 + ratio)
    return main, ratio / (1.0 + ratio)


def _line_arguments(batch: LineBatch, values: FloatArray) -> list[FloatArray]:
    """Columns (L, 1): area, center, shape parameters; main lines first, then partners.

    Of (K, P) parameters they are (K L, 1), row by row.
    """
    doublets = batch.doublets
    area = values[..., batch.area]
    center = values[..., batch.center] + values[..., SHIFT, np.newaxis]
    main, partner = _shares(batch, values)
    pairs = [
        (area * main, area[..., doublets] * partner),
        (center, center[..., doublets] + values[..., batch.splitting]),
    ]
    pairs += [(values[..., own], values[..., own[doublets]]) for own in batch.parameters]
    return [np.concatenate(pair, axis=-1).reshape(-1, 1) for pair in pairs]


def _fill_rows(batch: LineBatch, values: FloatArray, slopes: FloatArray, rows: FloatArray) -> int:
    """Sum the derivatives of lines into those of components; row 0 is the shift."""
    main_share, partner_share = _shares(batch, values)
    rows[0] += slopes[1].sum(axis=0)
    size, lines = slopes.shape[0], len(batch.members)
    partner = dict(zip(batch.doublets.tolist(), range(len(batch.doublets)), strict=True))
    end = 1
    for i, start in enumerate(batch.first_row.tolist()):
        end = start + size
        block = rows[start:end]
        block[:] = slopes[:, i]
        block[0] *= main_share[i]
        n = partner.get(i)
        if n is not None:
            block[0] += partner_share[n] * slopes[0, lines + n]
            block[1:] += slopes[1:, lines + n]
            rows[end] = slopes[1, lines + n]
            gain = values[batch.area[i]] * main_share[i] ** 2
            rows[end + 1] = gain * (slopes[0, lines + n] - slopes[0, i])
            end += 2
    return end
