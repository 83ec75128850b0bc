"""Plan -> one table over all regions of a step: parameters, an affine map, links, regions.

The table says what depends on what; ``fitting.evaluate`` turns numbers into curves.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np

from fitting.arrays import BoolArray, FloatArray, IntArray
from fitting.backgrounds.background import (
    ActiveBackground,
    BasisBackground,
    OptionValue,
    StaticBackground,
)
from fitting.errors import PlanError
from fitting.expression import Expression
from fitting.lineshapes.shape import LineShape
from fitting.plan import Plan

SHIFT = 0
"""Index of the energy shift: the first parameter of every table."""


class State(StrEnum):
    """Whether a parameter is fitted, given, or follows from others."""

    FREE = "free"
    FIXED = "fixed"
    LINKED = "linked"


@dataclass(frozen=True)
class ParameterRow:
    """One named number of a model.

    Parameters
    ----------
    name : ``"ps4_s2p.center"``, ``"S 2p:background.k"`` or ``"energy.shift"``
    region, component, phase, parameter : where it belongs; ``background`` and ``energy`` stand
        where there is no component
    unit : ``"axis"``, ``"area"``, ``"1"`` ...; see ``fitting.units``
    value : fixed value or start; nan where the search finds the start
    minimum, maximum : bounds of a free parameter, limits of the formula of a linked one
    link : text of the link, or empty
    linear : the curve is linear in it when all others are held
    """

    name: str
    region: str
    component: str
    phase: str
    parameter: str
    unit: str
    state: State
    value: float = math.nan
    minimum: float = -math.inf
    maximum: float = math.inf
    link: str = ""
    linear: bool = False

    @property
    def may_be_absent(self) -> bool:
        """Whether it says how much there is of a line or phase: an area, or an amount."""
        return self.linear and self.component != "background"


@dataclass(frozen=True)
class ComponentModel:
    """Where the numbers of one component stand in the parameter table; -1: has none."""

    id: str
    phase: str
    count: float
    shape: LineShape
    area: int
    center: int
    shape_parameters: tuple[int, ...]
    splitting: int = -1
    ratio: int = -1


@dataclass(frozen=True, eq=False)
class LineBatch:
    """Components of one shape, computed together.

    Parameters
    ----------
    shape : the line shape they share
    members : (C,) positions among the components of the region
    first_row : (C,) row of each one's area in the Jacobian of the region
    area, center : (C,) indices into the parameter table
    parameters : (S, C) indices of the shape parameters
    doublets : (D,) positions among the members of those that have a partner
    splitting, ratio : (D,) indices into the parameter table
    """

    shape: LineShape
    members: IntArray
    first_row: IntArray
    area: IntArray
    center: IntArray
    parameters: IntArray
    doublets: IntArray
    splitting: IntArray
    ratio: IntArray


@dataclass(frozen=True)
class BasisTerm:
    """Background fitted with the peaks: indices of its coefficients and parameters."""

    background: BasisBackground
    options: dict[str, OptionValue]
    parameters: tuple[int, ...]
    coefficients: tuple[int, ...]


@dataclass(frozen=True)
class ActiveTerm:
    """Background cast by the peaks: indices of its parameters."""

    background: ActiveBackground
    parameters: tuple[int, ...]


@dataclass(frozen=True)
class StaticTerm:
    """Background computed before the fit."""

    background: StaticBackground
    options: dict[str, OptionValue]


@dataclass(frozen=True, eq=False)
class RegionModel:
    """The curve of one region: components, background terms, and the shift of its energies."""

    name: str
    window: tuple[float, float]
    components: tuple[ComponentModel, ...]
    basis: BasisTerm | None
    active: ActiveTerm | None
    static: StaticTerm | None
    shift: int

    @cached_property
    def local(self) -> IntArray:
        """Indices of all parameters the curve depends on, in the order of its Jacobian rows."""
        indices = [self.shift]
        for c in self.components:
            indices += [c.area, c.center, *c.shape_parameters]
            indices += [i for i in (c.splitting, c.ratio) if i >= 0]
        if self.active is not None:
            indices += self.active.parameters
        if self.basis is not None:
            indices += [*self.basis.parameters, *self.basis.coefficients]
        return np.array(indices, dtype=np.int64)

    @cached_property
    def batches(self) -> tuple[LineBatch, ...]:
        """The components sorted by line shape."""
        first_row, row = [], 1
        for c in self.components:
            first_row.append(row)
            row += 2 + len(c.shape_parameters) + 2 * (c.splitting >= 0)
        grouped: dict[int, list[int]] = {}
        for i, c in enumerate(self.components):
            grouped.setdefault(id(c.shape), []).append(i)
        return tuple(_batch(self.components, members, first_row) for members in grouped.values())


def _batch(
    components: tuple[ComponentModel, ...], members: list[int], first_row: list[int]
) -> LineBatch:
    own = [components[i] for i in members]
    doublets = [i for i, c in enumerate(own) if c.splitting >= 0]

    def indices(values: list[int]) -> IntArray:
        return np.array(values, dtype=np.int64)

    return LineBatch(
        own[0].shape,
        indices(members),
        indices([first_row[i] for i in members]),
        indices([c.area for c in own]),
        indices([c.center for c in own]),
        np.array([c.shape_parameters for c in own], dtype=np.int64).T,
        indices(doublets),
        indices([own[i].splitting for i in doublets]),
        indices([own[i].ratio for i in doublets]),
    )


@dataclass(frozen=True, eq=False)
class ModelTable:
    """All regions of a step in one table.

    Parameters
    ----------
    plan : what it was made from
    parameters : P rows
    free : (F,) indices of the free parameters
    matrix, offset : (P, F), (P,): parameters = matrix @ free + offset, affine links included
    links : the links that are not affine, in an order in which they can be evaluated
    regions : R regions
    scaled : (P, F) the free parameter by which an entry of the matrix is multiplied, -1: by none
    prior : (F,) standard deviation of what is known of a free parameter beforehand, around its
        start; inf: nothing. Those with one are common to all steps of a series
    """

    plan: Plan
    parameters: tuple[ParameterRow, ...]
    free: IntArray
    matrix: FloatArray
    offset: FloatArray
    links: tuple[tuple[int, Expression], ...]
    regions: tuple[RegionModel, ...]
    scaled: IntArray
    prior: FloatArray

    @cached_property
    def index(self) -> Mapping[str, int]:
        """Position of every parameter by name."""
        return {row.name: i for i, row in enumerate(self.parameters)}

    @cached_property
    def lower(self) -> FloatArray:
        """(F,) lower bounds of the free parameters."""
        return np.array([self.parameters[i].minimum for i in self.free])

    @cached_property
    def upper(self) -> FloatArray:
        """(F,) upper bounds of the free parameters."""
        return np.array([self.parameters[i].maximum for i in self.free])

    @cached_property
    def start(self) -> FloatArray:
        """(F,) starts from the plan; nan where the search has to find one."""
        return np.array([self.parameters[i].value for i in self.free])

    @cached_property
    def linear(self) -> BoolArray:
        """(F,) whether the curves are linear in these free parameters, all together.

        An area that a link takes elsewhere than into another area is not: ``"a.area / 1000"`` as
        a width, or the product of two areas.
        """
        linear = np.array([self.parameters[i].linear for i in self.free], dtype=bool)
        while linear.any():
            degrees = self._degrees(linear)
            allowed = np.array([1.0 if row.linear else 0.0 for row in self.parameters])
            bent = np.flatnonzero((degrees > allowed) & self.drawn)
            if not len(bent):
                break
            linear &= ~self.depends[bent].any(axis=0)
        return linear

    def _degrees(self, linear: BoolArray) -> FloatArray:
        """(P,) degree of every parameter as a polynomial in those of the free ones."""
        degrees = np.where((self.matrix[:, linear] != 0.0).any(axis=1), 1.0, 0.0)
        for i, link in self.links:
            degrees[i] = link.degree({n: float(degrees[self.index[n]]) for n in link.references})
        return degrees

    def values(self, free: FloatArray) -> FloatArray:
        """(P,) all parameters from the (F,) free ones; nan where a link has no value.

        Nor has it one beyond the limits of the formula, as a negative width. Areas may: they are
        solved for from zero, whatever is added to them.
        """
        values = self._scaled_matrix(free) @ free + self.offset
        for i, link in self.links:
            values[i] = self._linked(link, values)[0]
        limited, lowest, highest = self._limits
        own = values[limited]
        own[(own < lowest) | (own > highest)] = math.nan
        values[limited] = own
        return values

    @cached_property
    def _limits(self) -> tuple[IntArray, FloatArray, FloatArray]:
        """Linked parameters that are no areas, and the limits of their formulas."""
        rows = self.parameters
        linked = [i for i, r in enumerate(rows) if r.state is State.LINKED and not r.linear]
        lowest = np.array([rows[i].minimum for i in linked], dtype=float)
        highest = np.array([rows[i].maximum for i in linked], dtype=float)
        return np.array(linked, dtype=np.int64), lowest, highest

    def jacobian(self, free: FloatArray) -> FloatArray:
        """(P, F) derivatives of all parameters with respect to the free ones."""
        if not self.links and not self.has_factors:
            return self.matrix
        slopes = self._scaled_matrix(free).copy()
        values = slopes @ free + self.offset
        place = np.nonzero(self.scaled >= 0)
        np.add.at(slopes, (place[0], self.scaled[place]), self.matrix[place] * free[place[1]])
        for i, link in self.links:
            values[i], gradient = self._linked(link, values)
            slopes[i] = sum(d * slopes[self.index[name]] for name, d in gradient.items())
        return slopes

    @cached_property
    def has_factors(self) -> bool:
        """Whether some free parameters are factors of others."""
        return bool((self.scaled >= 0).any())

    def _scaled_matrix(self, free: FloatArray) -> FloatArray:
        """(P, F) the matrix where the factors in it have their values."""
        if not self.has_factors:
            return self.matrix
        return self.matrix * np.where(self.scaled >= 0, free[self.scaled], 1.0)

    @cached_property
    def factors(self) -> BoolArray:
        """(F,) which free parameters belong to the series and are known beforehand to a degree."""
        return np.isfinite(self.prior)

    @cached_property
    def factor_places(self) -> tuple[int, ...]:
        """Positions of these."""
        return tuple(map(int, np.flatnonzero(self.factors)))

    def slopes(self, free: FloatArray) -> FloatArray:
        """(K, P, F) derivatives at (K, F) free parameters; (1, P, F) where all steps have the same.

        What is not known has no say and counts as one; the composition of nothing has no slope.
        """
        if not self.links and not self.has_factors:
            return self.matrix[np.newaxis]
        known = np.where(np.isnan(free), 1.0, free)
        return np.asarray(np.nan_to_num([self.jacobian(row) for row in known]))

    def _linked(self, link: Expression, values: FloatArray) -> tuple[float, dict[str, float]]:
        """A link outside its domain (root of a negative number) is nan: the engine turns back."""
        named = {name: float(values[self.index[name]]) for name in link.references}
        try:
            return link.evaluate(named)
        except (ArithmeticError, ValueError):
            return math.nan, dict.fromkeys(link.references, math.nan)

    @cached_property
    def drawn(self) -> BoolArray:
        """(P,) whether a parameter enters a curve itself; others only say something of those."""
        drawn = np.zeros(len(self.parameters), dtype=bool)
        for region in self.regions:
            drawn[region.local] = True
        return drawn

    @cached_property
    def depends(self) -> BoolArray:
        """(P, F) whether a parameter depends on a free one."""
        depends = np.array(self.matrix != 0.0, dtype=bool)
        place = np.nonzero(self.scaled >= 0)
        depends[place[0], self.scaled[place]] = True
        for i, link in self.links:
            for name in link.references:
                depends[i] |= depends[self.index[name]]
        return depends

    @cached_property
    def influence(self) -> BoolArray:
        """(R, F) whether a free parameter changes the curve of a region."""
        rows = [self.depends[region.local].any(axis=0) for region in self.regions]
        return np.array(rows, dtype=bool)

    @cached_property
    def blocks(self) -> tuple[tuple[int, ...], ...]:
        """Regions that must be solved together; the block of the energy reference comes first.

        Two regions belong together when a free parameter changes both; a shift that the line of
        one region sets is only handed on.
        """
        handed_on = (self.free == SHIFT) & (self.reference_region is not None)
        label = list(range(len(self.regions)))
        for f in np.flatnonzero(~handed_on):
            touched = np.flatnonzero(self.influence[:, f])
            names = {label[r] for r in touched}
            label = [min(names) if name in names else name for name in label]
        first = self.reference_region
        order = sorted(set(label), key=lambda name: (first is None or label[first] != name, name))
        return tuple(tuple(r for r, own in enumerate(label) if own == name) for name in order)

    @property
    def reference_region(self) -> int | None:
        """The region of the line that fixes the energy scale, if a line does."""
        if self.plan.energy.reference != "component":
            return None
        wanted = self.plan.energy.component
        for r, region in enumerate(self.regions):
            if any(c.id == wanted for c in region.components):
                return r
        raise PlanError("energy.component", f"no component {wanted!r}")

    @cached_property
    def energy_places(self) -> tuple[int, ...]:
        """Positions, among the free parameters, of those of the energy scale."""
        rows = (self.parameters[i] for i in self.free)
        return tuple(f for f, row in enumerate(rows) if row.component == "energy")

    @cached_property
    def offsets(self) -> tuple[int, ...]:
        """Those of them by which electrical groups differ from the default one."""
        own = {f"energy.offset_{group}" for group in self.plan.energy.groups}
        return tuple(f for f in self.energy_places if self.parameters[self.free[f]].name in own)

    def region(self, name: str) -> RegionModel | None:
        """The region of that name, or None."""
        return next((region for region in self.regions if region.name == name), None)
