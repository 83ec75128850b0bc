"""A block of regions of a model table laid out as flat arrays for the kernels, or why it cannot."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from fitting.arrays import FloatArray, IntArray
from fitting.engines import kernels_curve as curve
from fitting.lineshapes.measured import Template
from fitting.model import SHIFT, ComponentModel, ModelTable, RegionModel, State
from fitting.own_centers import own_centers_of

SHAPE_CODES = {
    "gaussian": curve.GAUSSIAN,
    "lorentzian": curve.LORENTZIAN,
    "pseudo_voigt": curve.PSEUDO_VOIGT,
    "sgl": curve.SGL,
    "gl": curve.GL,
    "voigt": curve.VOIGT,
    "doniach_sunjic": curve.DONIACH,
    "doniach_sunjic_gauss": curve.DONIACH_GAUSS,
    "la": curve.LA,
    "measured": curve.MEASURED,
}
STEADY_CODES = {
    "constant": curve.CONSTANT,
    "linear": curve.LINEAR,
    "polynomial": curve.POLYNOMIAL,
}
ACTIVE_CODES = {
    "shirley": curve.SHIRLEY,
    "tougaard_u2": curve.TOUGAARD_U2,
    "tougaard_u3": curve.TOUGAARD_U3,
}

WASTE = 8
"""Rows at the end of a region that take what nobody wants."""

Term = tuple[tuple[int, float, int], ...]
"""What a number depends on: moving parameters, factors, numbers these are multiplied by (or -1)."""


@dataclass(frozen=True, eq=False)
class FlatBlock:
    """A block for the kernels.

    Parameters
    ----------
    table, present : what it was made from
    moving : (M,) positions among the free parameters
    numbers : (V,) indices into the parameter table of the numbers that enter the curves
    model : the arrays
    rows, columns : sizes of the buffers of a region
    losses : whether a Tougaard background needs its matrices
    static : whether a region has a background that is computed from the cut data
    """

    table: ModelTable
    present: tuple[int, ...]
    moving: IntArray
    numbers: IntArray
    model: curve.Model
    rows: int
    columns: int
    losses: bool
    static: bool


def lay_out(table: ModelTable, present: Sequence[int], moving: IntArray) -> FlatBlock | str:
    """Lay regions out for the kernels.

    Parameters
    ----------
    present : the regions that are solved together
    moving : (M,) positions among the free parameters that are fitted

    Returns
    -------
    FlatBlock, or one sentence: what the kernels cannot express
    """
    regions = [table.regions[r] for r in present]
    reason = _too_much(table, regions)
    if reason:
        return reason
    numbers = _numbers(table, regions)
    layout = _Layout(table, regions, moving, numbers)
    return FlatBlock(
        table,
        tuple(present),
        moving,
        numbers,
        layout.model(),
        max(own.count for own in layout.regions),
        max([1, *(_columns(region) for region in regions)]),
        any(region.active and region.active.background.name != "shirley" for region in regions),
        any(region.static is not None for region in regions),
    )


def _numbers(table: ModelTable, regions: Sequence[RegionModel]) -> IntArray:
    """Parameters that enter the curves; factors of amounts and these amounts too."""
    local = np.unique(np.concatenate([region.local for region in regions]))
    scaled = table.scaled[local]
    factors = np.unique(scaled[scaled >= 0])
    amounts = np.flatnonzero((scaled >= 0).any(axis=0))
    return np.unique(np.concatenate([local, table.free[factors], table.free[amounts]]))


def _too_much(table: ModelTable, regions: Sequence[RegionModel]) -> str:
    used = {int(i) for region in regions for i in region.local}
    for i, link in table.links:
        if i in used:
            return f"the link {table.parameters[i].name} = {link.text!r} is not affine"
    for region in regions:
        for component in region.components:
            if component.shape.name not in SHAPE_CODES:
                return f"there is no kernel for the line shape {component.shape.name!r}"
        if region.active and region.active.background.name not in ACTIVE_CODES:
            return f"there is no kernel for the background {region.active.background.name!r}"
        if region.basis and region.basis.background.name not in (*STEADY_CODES, "exponential"):
            return f"there is no kernel for the background {region.basis.background.name!r}"
        for own in np.flatnonzero((table.scaled[region.local] >= 0).any(axis=0)):
            does = table.matrix[region.local, own] != 0.0
            if len(np.unique(table.scaled[region.local[does], own])) > 1:
                name = table.parameters[table.free[own]].name
                return f"{name} acts in {region.name} through the sensitivities of several regions"
    for f, row in enumerate(table.parameters[i] for i in table.free):
        if row.linear and not table.linear[f] and np.isnan(row.value):
            return f"{row.name} is an amount, but a link uses it as something else"
    return ""


def _columns(region: RegionModel) -> int:
    return 0 if region.basis is None else len(region.basis.coefficients)


@dataclass
class _Region:
    """Rows of one region while they are handed out."""

    moving: list[int]
    size: int
    scratch: dict[tuple[Term, int], int] = field(default_factory=dict)

    @property
    def real(self) -> int:
        return len(self.moving)

    @property
    def count(self) -> int:
        return self.real + 1 + len(self.scratch) + WASTE

    @property
    def row_of(self) -> list[int]:
        row = [-1] * self.size
        for place, m in enumerate(self.moving):
            row[m] = place
        return row


class _Layout:
    """Everything that goes into the arrays."""

    def __init__(
        self,
        table: ModelTable,
        regions: Sequence[RegionModel],
        moving: IntArray,
        numbers: IntArray,
    ) -> None:
        self.table = table
        self.models = regions
        self.numbers = numbers
        self.place = {int(i): v for v, i in enumerate(numbers)}
        self.all_moving = moving
        self.slopes = table.matrix[:, moving]
        self.matrix = self.slopes[numbers]
        self.lower, self.upper = table.lower[moving], table.upper[moving]
        self.free = table.free[moving]
        self.linear = table.linear[moving]
        self.regions = [self._rows(region) for region in regions]
        self.components = [
            (own, component)
            for own, region in zip(self.regions, regions, strict=True)
            for component in region.components
        ]

    def _rows(self, region: RegionModel) -> _Region:
        local = [self.place[int(i)] for i in region.local]
        moving = np.flatnonzero((self.matrix[local] != 0.0).any(axis=0))
        return _Region([int(m) for m in moving], self.matrix.shape[1])

    def term(self, number: int) -> Term:
        """What number v depends on."""
        row, place = self.matrix[number], int(self.numbers[number])
        times = self.table.scaled[place, self.all_moving]
        own = np.flatnonzero(row)
        return tuple((int(m), float(row[m]), self._number_of(times[m])) for m in own)

    def _number_of(self, f: int) -> int:
        """Number of a free parameter; -1 for none."""
        return -1 if f < 0 else self.place.get(int(self.table.free[f]), -1)

    def _scale_of(self) -> list[list[int]]:
        """Moving parameter that is a factor of what each does in each region, or -1."""
        among = {int(f): m for m, f in enumerate(self.all_moving)}
        found = []
        for region in self.models:
            does = self.table.matrix[np.ix_(region.local, self.all_moving)] != 0.0
            scaled = np.where(does, self.table.scaled[np.ix_(region.local, self.all_moving)], -1)
            found.append([among.get(int(f), -1) for f in scaled.max(axis=0, initial=-1)])
        return found

    def model(self) -> curve.Model:
        slots, factors, area_times = self._slots()
        shift = np.flatnonzero(self.free == SHIFT)
        first, source, factor, times = self._sparse()
        scatter_first, scatter, scatter_factor = self._scatter()
        template, template_first, knots, curves = self._templates()
        backgrounds = np.array([self._background(region) for region in self.models])
        components = [c for _, c in self.components]
        return curve.Model(
            first=first,
            source=source,
            factor=factor,
            times=times,
            lowest=self._limits(-np.inf),
            highest=self._limits(np.inf),
            lower=self.lower,
            upper=self.upper,
            linear=_whole(self.linear),
            seeded=_whole(self.linear & np.isfinite(self.lower)),
            center_of=_whole(own_centers_of(components, self.slopes, self.upper - self.lower)),
            shift=int(shift[0]) if len(shift) else -1,
            reach=float(self.table.plan.energy.search_eV),
            window=np.array([region.window for region in self.models], dtype=np.float64),
            shift_value=_whole([self.place[region.shift] for region in self.models]),
            components=_offsets(len(region.components) for region in self.models),
            rows=_whole([[own.real, own.count, len(own.scratch)] for own in self.regions]),
            moving=_whole([own.moving + [-1] * (own.size - own.real) for own in self.regions]),
            row_of=_whole([own.row_of for own in self.regions]),
            scale_of=_whole(self._scale_of()),
            number_of=_whole([self._number_of(f) for f in self.all_moving]),
            scatter_first=scatter_first,
            scatter=scatter,
            scatter_factor=scatter_factor,
            shape=_whole([SHAPE_CODES[c.shape.name] for _, c in self.components]),
            numbers=_whole([self._own_numbers(c) for _, c in self.components]),
            slots=slots,
            factors=factors,
            area_times=area_times,
            template=template,
            template_first=template_first,
            knots=knots,
            curves=curves,
            basis=_whole(backgrounds[:, :4]),
            basis_kind=_whole(backgrounds[:, 4]),
            active=_whole(backgrounds[:, 5:]),
        )

    def _limits(self, none: float) -> FloatArray:
        """Of the formulas, for linked numbers; areas may have any."""
        rows = [self.table.parameters[i] for i in self.numbers]
        return np.array(
            [
                (row.minimum if none < 0.0 else row.maximum)
                if row.state is State.LINKED and not row.linear
                else none
                for row in rows
            ]
        )

    def _own_numbers(self, c: ComponentModel) -> list[int]:
        """Area, center, splitting, ratio, four of the shape; -1 for none."""
        own = [c.area, c.center, c.splitting, c.ratio, *c.shape_parameters]
        return [self.place.get(i, -1) for i in own] + [-1] * (8 - len(own))

    def _sparse(self) -> tuple[IntArray, IntArray, FloatArray, IntArray]:
        terms = [self.term(v) for v in range(len(self.numbers))]
        flat = [entry for term in terms for entry in term]
        return (
            _offsets(len(term) for term in terms),
            _whole([m for m, _, _ in flat]),
            np.array([factor for _, factor, _ in flat], dtype=np.float64),
            _whole([times for _, _, times in flat]),
        )

    def _slots(self) -> tuple[IntArray, FloatArray, IntArray]:
        """Row and factor of every derivative of every component; what multiplies that of areas."""
        slots, factors, area_times = [], [], []
        for own, c in self.components:
            taken: dict[int, None] = {}
            places, gains = [own.real], [1.0]
            for k, term in enumerate(self._derivatives(c)):
                place, gain = _row_for(own, term, taken, k)
                places.append(place)
                gains.append(gain)
            slots.append(places)
            factors.append(gains)
            area = self.term(self.place[c.area])
            area_times.append(area[0][2] if len(area) == 1 and places[1] < own.real else -1)
        # waste rows lie after the scratch rows, whose number is known only now
        for own, places in zip((own for own, _ in self.components), slots, strict=True):
            for k, place in enumerate(places):
                if place < 0:
                    places[k] = own.count - WASTE + (k - 1)
        return _whole(slots), np.array(factors, dtype=np.float64), _whole(area_times)

    def _derivatives(self, c: ComponentModel) -> Iterator[Term]:
        """Terms of area, center (the shift moves it too), shape, splitting and ratio."""
        yield self.term(self.place[c.area])
        center = {m: factor for m, factor, _ in self.term(self.place[c.center])}
        for m, factor, _ in self.term(self.place[SHIFT]):
            center[m] = center.get(m, 0.0) + factor
        yield tuple(sorted((m, factor, -1) for m, factor in center.items() if factor != 0.0))
        for i in range(4):
            own = c.shape_parameters[i] if i < len(c.shape_parameters) else -1
            yield self.term(self.place[own]) if own >= 0 else ()
        for own in (c.splitting, c.ratio):
            yield self.term(self.place[own]) if own >= 0 else ()

    def _scatter(self) -> tuple[IntArray, IntArray, FloatArray]:
        pairs: list[tuple[int, int, int]] = []
        factors: list[float] = []
        counts = []
        for own in self.regions:
            before = len(pairs)
            row_of = own.row_of
            for (term, _), row in own.scratch.items():
                for m, factor, times in term:
                    pairs.append((row, row_of[m], times))
                    factors.append(factor)
            counts.append(len(pairs) - before)
        scatter = np.array(pairs, dtype=np.int64).reshape(-1, 3)
        return _offsets(counts), scatter, np.array(factors, dtype=np.float64)

    def _templates(self) -> tuple[IntArray, IntArray, FloatArray, FloatArray]:
        place: list[int] = []
        counts: list[int] = []
        knots, curves = [np.zeros(0)], [np.zeros((4, 0))]
        for _, c in self.components:
            template = getattr(c.shape.value, "__self__", None)
            if not isinstance(template, Template):
                place.append(-1)
                continue
            place.append(len(counts))
            counts.append(len(template.curve.x))
            knots.append(np.asarray(template.curve.x))
            # one column more than there are intervals, so that both have one length
            curves.append(np.pad(np.asarray(template.curve.c), ((0, 0), (0, 1))))
        return (
            _whole(place),
            _offsets(counts),
            np.concatenate(knots),
            np.ascontiguousarray(np.concatenate(curves, axis=1)),
        )

    def _background(self, region: RegionModel) -> list[int]:
        """Kind, columns, first coefficient, decay, steady kind; kind and numbers of the active."""
        basis = [curve.NO_BASIS, 0, 0, 0, 0]
        if region.basis is not None:
            own, name = region.basis, region.basis.background.name
            first = self.place[own.coefficients[0]]
            decay = self.place[own.parameters[0]] if own.parameters else 0
            kind = curve.EXPONENTIAL if own.parameters else curve.STEADY
            basis = [kind, len(own.coefficients), first, decay, STEADY_CODES.get(name, 0)]
        active = [curve.NO_ACTIVE, 0, 0, 0]
        if region.active is not None:
            cast = [self.place[i] for i in region.active.parameters]
            active = [ACTIVE_CODES[region.active.background.name], *cast, 0, 0, 0][:4]
        return basis + active


def _row_for(own: _Region, term: Term, taken: dict[int, None], k: int) -> tuple[int, float]:
    """Row that takes a derivative: the parameter's own, scratch for several, -1 for none."""
    if not term:
        return -1, 0.0
    if len(term) == 1 and term[0][0] not in taken:
        m, factor, _ = term[0]
        taken[m] = None
        return own.row_of[m], factor
    row = own.scratch.setdefault((term, k), own.real + 1 + len(own.scratch))
    return row, 1.0


def _offsets(counts: Iterable[int]) -> IntArray:
    return _whole(np.concatenate([[0], np.cumsum([int(c) for c in counts])]))


def _whole(values: object) -> IntArray:
    return np.ascontiguousarray(np.asarray(values, dtype=np.int64))
