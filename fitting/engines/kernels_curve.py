"""The curve of a region and its derivatives inside kernels, from the table laid out flat."""

import math
from typing import NamedTuple

from fitting.arrays import FloatArray, IntArray
from fitting.engines import kernels_lines as lines
from fitting.engines import kernels_metals as metals
from fitting.engines.jit import kernel

GAUSSIAN, LORENTZIAN, PSEUDO_VOIGT, SGL, GL, VOIGT, DONIACH, DONIACH_GAUSS, LA, MEASURED = range(10)
NO_BASIS, STEADY, EXPONENTIAL = range(3)
CONSTANT, LINEAR, POLYNOMIAL = range(3)
NO_ACTIVE, SHIRLEY, TOUGAARD_U2, TOUGAARD_U3 = range(4)

SPARE = 12
"""Rows of a region beyond those of its parameters that are always there."""


class Model(NamedTuple):
    """A block of regions laid out flat. M parameters move, V numbers enter the curves.

    Parameters
    ----------
    first, source, factor, times : sparse rows: number v = base + sum of factor * moving[source],
        times number ``times`` before it, -1: times one
    lowest, highest : (V,) limits of the formulas for numbers that follow from others
    lower, upper : (M,) bounds
    linear : (M,) 1 where all curves are linear in them together
    seeded : (M,) 1 for areas that must not start at zero
    center_of : (M,) the moving parameter that is the center of that area's line alone, or -1
    shift : position of the energy shift among the moving, -1: it does not move
    reach : how far the shift is searched
    window : (R, 2)
    shift_value : (R,) number of the shift
    components : (R + 1,) first component of each region
    rows : (R, 3) rows of parameters, rows in all, rows of scratch
    moving : (R, M) parameter of each row; row_of : (R, M) row of each parameter, -1: none
    scale_of : (R, M) the moving parameter that is a factor of all that this one does in a region,
        -1: none; number_of : (M,) number of each parameter, -1: has none
    scatter_first : (R + 1,); scatter : (S, 3) from row to row, times a number or one (-1);
        scatter_factor : (S,)
    shape : (C,) code; numbers : (C, 8) of area, center, splitting, ratio, shape parameters
    slots, factors : (C, 9) rows of model, area, center, 4 of the shape, splitting, ratio
    area_times : (C,) number that the factor of the area is multiplied by, -1: by one
    template : (C,) position among the templates, -1: none
    template_first : (T + 1,); knots : all knots; curves : (4, all)
    basis : (R, 4) kind, columns, first coefficient number, number of the decay
    basis_kind : (R,) which steady columns
    active : (R, 4) kind, numbers of its parameters
    """

    first: IntArray
    source: IntArray
    factor: FloatArray
    times: IntArray
    lowest: FloatArray
    highest: FloatArray
    lower: FloatArray
    upper: FloatArray
    linear: IntArray
    seeded: IntArray
    center_of: IntArray
    shift: int
    reach: float
    window: FloatArray
    shift_value: IntArray
    components: IntArray
    rows: IntArray
    moving: IntArray
    row_of: IntArray
    scale_of: IntArray
    number_of: IntArray
    scatter_first: IntArray
    scatter: IntArray
    scatter_factor: FloatArray
    shape: IntArray
    numbers: IntArray
    slots: IntArray
    factors: FloatArray
    area_times: IntArray
    template: IntArray
    template_first: IntArray
    knots: FloatArray
    curves: FloatArray
    basis: IntArray
    basis_kind: IntArray
    active: IntArray


class Work(NamedTuple):
    """Buffers of one thread; N points at most, a multiple of 8.

    Parameters
    ----------
    x, y, weight, held, model : (R, N) points; weight is 1 / sigma, 0 beyond the last point
    points : (R, 4) first and last of the cut, number of points, and that rounded up to 8
    rows : (R, B, N) derivatives, then the residual, then scratch
    columns : (R, D, N) of the background
    values : (V,) numbers
    local : (B, B) products of rows
    matrices : (R, 3, N, N) of Tougaard, or (R, 3, 1, 1)
    slots, gains, p : (9,), (9,), (10,) of the line being drawn
    """

    x: FloatArray
    y: FloatArray
    weight: FloatArray
    held: FloatArray
    model: FloatArray
    points: IntArray
    rows: FloatArray
    columns: FloatArray
    values: FloatArray
    local: FloatArray
    matrices: FloatArray
    slots: IntArray
    gains: FloatArray
    p: FloatArray


@kernel
def set_values(model: Model, base: FloatArray, moving: FloatArray, values: FloatArray) -> bool:
    """All numbers of the block from those that move; whether all lie where formulas allow."""
    allowed = True
    for v in range(len(values)):
        total = base[v]
        for e in range(model.first[v], model.first[v + 1]):
            term = model.factor[e] * moving[model.source[e]]
            total += term if model.times[e] < 0 else term * values[model.times[e]]
        values[v] = total
        allowed = allowed and model.lowest[v] <= total <= model.highest[v]
    return allowed


@kernel
def draw_region(model: Model, work: Work, r: int) -> None:
    """Rows of a region: derivatives by its parameters, and the model curve after them."""
    rows, n = work.rows[r], work.points[r, 3]
    real, wanted = model.rows[r, 0], model.rows[r, 1] - 8
    for a in range(wanted):
        for i in range(n):
            rows[a, i] = 0.0
    for c in range(model.components[r], model.components[r + 1]):
        _component(model, work, r, c)
    for e in range(model.scatter_first[r], model.scatter_first[r + 1]):
        source, target, factor = model.scatter[e, 0], model.scatter[e, 1], model.scatter_factor[e]
        if model.scatter[e, 2] >= 0:
            factor *= work.values[model.scatter[e, 2]]
        for i in range(n):
            rows[target, i] += factor * rows[source, i]
    if model.active[r, 0] == SHIRLEY:
        _shirley(model, work, r)
    elif model.active[r, 0] != NO_ACTIVE:
        _tougaard(model, work, r)
    for i in range(n):
        rows[real, i] += work.held[r, i]
    if model.basis[r, 0] == STEADY:
        _steady_basis(model, work, r)
    elif model.basis[r, 0] == EXPONENTIAL:
        _exponential(model, work, r)


@kernel
def _line(model: Model, work: Work, r: int, c: int) -> None:
    """One line with the slots, gains and p that stand in the buffers."""
    x, n, rows = work.x[r], work.points[r, 3], work.rows[r]
    slots, gains, p = work.slots, work.gains, work.p
    shape = model.shape[c]
    if shape == PSEUDO_VOIGT or shape == SGL:
        lines.mixed(x, n, rows, slots, gains, p)
    elif shape == GAUSSIAN:
        lines.gaussian(x, n, rows, slots, gains, p)
    elif shape == LORENTZIAN:
        lines.lorentzian(x, n, rows, slots, gains, p)
    elif shape == VOIGT:
        lines.voigt(x, n, rows, slots, gains, p)
    elif shape == GL:
        lines.gl(x, n, rows, slots, gains, p)
    elif shape == LA:
        metals.la(x, n, rows, slots, gains, p)
    elif shape == MEASURED:
        t = model.template[c]
        first, last = model.template_first[t], model.template_first[t + 1]
        metals.measured(
            x, n, rows, slots, gains, p, model.knots[first:last], model.curves[:, first:last]
        )
    else:
        metals.doniach(x, n, rows, slots, gains, p)


@kernel
def _component(model: Model, work: Work, r: int, c: int) -> None:
    """A line, or both lines of a doublet, into their rows."""
    values, slots, gains, p = work.values, work.slots, work.gains, work.p
    numbers = model.numbers[c]
    shape = model.shape[c]
    area = values[numbers[0]]
    center = values[numbers[1]] + values[model.shift_value[r]]
    p[0] = center
    for k in range(4):
        if numbers[4 + k] >= 0:
            p[1 + k] = values[numbers[4 + k]]
    if shape == DONIACH or shape == DONIACH_GAUSS:
        p[4] = 1.0 if shape == DONIACH_GAUSS else 0.0
    mixture = shape == PSEUDO_VOIGT or shape == SGL
    if mixture:
        lines.mixture(shape == SGL, p[1], p[2], p[3:7])
    for k in range(7):
        slots[k] = model.slots[c, k]
        gains[k] = model.factors[c, k] * area
    gains[1] = model.factors[c, 1]
    if model.area_times[c] >= 0:
        gains[1] *= values[model.area_times[c]]
    if numbers[2] < 0:
        _line(model, work, r, c)
        return
    ratio = values[numbers[3]]
    main, partner = 1.0 / (1.0 + ratio), ratio / (1.0 + ratio)
    partner_center = center + values[numbers[2]]
    if mixture:
        p[7], p[8], p[9] = partner_center, main, partner
        lines.mixed_doublet(work.x[r], work.points[r, 3], work.rows[r], slots, gains, p)
    else:
        for k in range(7):
            gains[k] *= main
        _line(model, work, r, c)
        p[0] = partner_center
        for k in range(7):
            gains[k] *= ratio
        _line(model, work, r, c)
    if model.factors[c, 7] != 0.0 or model.factors[c, 8] != 0.0:
        _doublet_slopes(model, work, r, c, center, partner_center)


@kernel
def _doublet_slopes(
    model: Model, work: Work, r: int, c: int, center: float, partner_center: float
) -> None:
    """Rows of the splitting and of the ratio: the lines once more, everything else to waste."""
    values, slots, gains, p = work.values, work.slots, work.gains, work.p
    numbers = model.numbers[c]
    area, ratio = values[numbers[0]], values[numbers[3]]
    waste = model.rows[r, 1] - 8
    for k in range(7):
        slots[k] = waste + k
        gains[k] = 0.0
    if model.factors[c, 7] != 0.0:
        p[0], slots[2] = partner_center, model.slots[c, 7]
        gains[2] = model.factors[c, 7] * area * ratio / (1.0 + ratio)
        _line(model, work, r, c)
        slots[2], gains[2] = waste + 2, 0.0
    if model.factors[c, 8] != 0.0:
        slots[1] = model.slots[c, 8]
        gain = model.factors[c, 8] * area / (1.0 + ratio) ** 2
        p[0], gains[1] = partner_center, gain
        _line(model, work, r, c)
        p[0], gains[1] = center, -gain
        _line(model, work, r, c)


@kernel
def _shirley(model: Model, work: Work, r: int) -> None:
    """Add ``k`` times the running integral to every row, and the row of k itself.

    Four rows at a time, for the sums are chains; up to three rows of scratch go with them.
    """
    rows, n, x = work.rows[r], work.points[r, 3], work.x[r]
    real, slope = model.rows[r, 0], model.rows[r, 1] - 4
    k = work.values[model.active[r, 1]]
    own = _targets(model, model.active[r, 1])
    if own:
        rows[slope, 0] = 0.0
        for i in range(1, n):
            half = 0.5 * (x[i] - x[i - 1])
            rows[slope, i] = rows[slope, i - 1] + half * (rows[real, i] + rows[real, i - 1])
    for a in range(0, real + 1, 4):
        sa = sb = sc = sd = 0.0
        pa, pb, pc, pd = rows[a, 0], rows[a + 1, 0], rows[a + 2, 0], rows[a + 3, 0]
        for i in range(1, n):
            half = 0.5 * k * (x[i] - x[i - 1])
            na, nb, nc, nd = rows[a, i], rows[a + 1, i], rows[a + 2, i], rows[a + 3, i]
            sa += half * (na + pa)
            sb += half * (nb + pb)
            sc += half * (nc + pc)
            sd += half * (nd + pd)
            pa, pb, pc, pd = na, nb, nc, nd
            rows[a, i] = na + sa
            rows[a + 1, i] = nb + sb
            rows[a + 2, i] = nc + sc
            rows[a + 3, i] = nd + sd
    if own:
        spread_row(model, work, r, slope, model.active[r, 1])


@kernel
def _targets(model: Model, number: int) -> bool:
    """Whether a number depends on anything that moves."""
    return model.first[number + 1] > model.first[number]


@kernel
def spread_row(model: Model, work: Work, r: int, row: int, number: int) -> None:
    """Add a row of derivatives by a number to those of the parameters it depends on."""
    rows, n = work.rows[r], work.points[r, 3]
    for e in range(model.first[number], model.first[number + 1]):
        target, factor = model.row_of[r, model.source[e]], model.factor[e]
        for i in range(n):
            rows[target, i] += factor * rows[row, i]


@kernel
def loss(kind: int, order: int, t: float, c: float, d: float) -> float:
    """Loss function for B = 1, or its derivative by C (order 1) or D (order 2)."""
    square = t * t
    if kind == TOUGAARD_U2:
        bottom = c + square
        return t / bottom**2 if order == 0 else -2.0 * t / bottom**3
    bottom = (c - square) ** 2 + d * square
    if order == 0:
        return t / bottom
    return -2.0 * t * (c - square) / bottom**2 if order == 1 else -t * square / bottom**2


@kernel
def loss_matrix(model: Model, work: Work, r: int, order: int) -> None:
    """Losses from every point to those above it, trapezoid weights included.

    An even axis needs the loss function at its N distances only.
    """
    x, n, kind = work.x[r], work.points[r, 2], model.active[r, 0]
    matrix, column = work.matrices[r, order], work.rows[r, model.rows[r, 1] - 5]
    c = work.values[model.active[r, 2]]
    d = work.values[model.active[r, 3]] if kind == TOUGAARD_U3 else 0.0
    step = (x[n - 1] - x[0]) / max(n - 1, 1)
    even = True
    for i in range(n):
        column[i] = loss(kind, order, x[i] - x[0], c, d)
        even = even and abs(x[i] - x[0] - step * i) <= 1e-6 * step
    for j in range(n):
        weight = 0.0
        if j > 0:
            weight += 0.5 * (x[j] - x[j - 1])
        if j < n - 1:
            weight += 0.5 * (x[j + 1] - x[j])
        if even:
            for i in range(j, n):
                matrix[i, j] = weight * column[i - j]
        else:
            for i in range(j, n):
                matrix[i, j] = weight * loss(kind, order, x[i] - x[j], c, d)


@kernel
def _cast(work: Work, r: int, order: int, source: int, factor: float, target: int) -> None:
    """Add ``factor * matrix @ row`` to a row, from the last point down."""
    rows, n, matrix = work.rows[r], work.points[r, 2], work.matrices[r, order]
    for i in range(n - 1, -1, -1):
        total = 0.0
        for j in range(i + 1):
            total += matrix[i, j] * rows[source, j]
        rows[target, i] += factor * total


@kernel
def _tougaard(model: Model, work: Work, r: int) -> None:
    """Add what the peaks lose on their way out to every row, and the rows of B, C and D."""
    rows, n, kind = work.rows[r], work.points[r, 3], model.active[r, 0]
    real, waste = model.rows[r, 0], model.rows[r, 1] - 8
    b = work.values[model.active[r, 1]]
    if _targets(model, model.active[r, 2]) or (
        kind == TOUGAARD_U3 and _targets(model, model.active[r, 3])
    ):
        loss_matrix(model, work, r, 0)
    for order in range(1 if kind == TOUGAARD_U2 else 2, 0, -1):
        if _targets(model, model.active[r, 1 + order]):
            loss_matrix(model, work, r, order)
            for i in range(n):
                rows[waste + order, i] = 0.0
            _cast(work, r, order, real, b, waste + order)
    for i in range(n):
        rows[waste, i] = 0.0
    _cast(work, r, 0, real, 1.0, waste)
    for i in range(n):
        rows[real, i] += b * rows[waste, i]
    for a in range(real):
        # row i is read before it is written: no point casts onto itself
        _cast(work, r, 0, a, b, a)
    for order in range(3 if kind == TOUGAARD_U3 else 2):
        if _targets(model, model.active[r, 1 + order]):
            spread_row(model, work, r, waste + order, model.active[r, 1 + order])


@kernel
def _steady_basis(model: Model, work: Work, r: int) -> None:
    rows, n, real = work.rows[r], work.points[r, 3], model.rows[r, 0]
    for m in range(model.basis[r, 1]):
        number = model.basis[r, 2] + m
        value, column = work.values[number], work.columns[r, m]
        for i in range(n):
            rows[real, i] += value * column[i]
        for e in range(model.first[number], model.first[number + 1]):
            target, factor = model.row_of[r, model.source[e]], model.factor[e]
            for i in range(n):
                rows[target, i] += factor * column[i]


@kernel
def _exponential(model: Model, work: Work, r: int) -> None:
    """``amplitude exp(-decay u)`` and, with a second column, a level."""
    rows, n, real = work.rows[r], work.points[r, 3], model.rows[r, 0]
    x, waste, first = work.x[r], model.rows[r, 1] - 8, model.basis[r, 2]
    decay, amplitude = work.values[model.basis[r, 3]], work.values[first]
    for i in range(n):
        u = x[i] - model.window[r, 0]
        falling = math.exp(-decay * u)
        rows[real, i] += amplitude * falling
        rows[waste, i] = falling
        rows[waste + 1, i] = -u * amplitude * falling
        rows[waste + 2, i] = 1.0
    spread_row(model, work, r, waste, first)
    spread_row(model, work, r, waste + 1, model.basis[r, 3])
    if model.basis[r, 1] > 1:
        for i in range(n):
            rows[real, i] += work.values[first + 1]
        spread_row(model, work, r, waste + 2, first + 1)


@kernel
def set_columns(model: Model, work: Work, r: int) -> None:
    """Columns of a background without parameters, on the points of the region."""
    low, width = model.window[r, 0], model.window[r, 1] - model.window[r, 0]
    columns, kind, n = work.columns[r], model.basis_kind[r], work.points[r, 3]
    x, inverse = work.x[r], 1.0 / width
    for i in range(n):
        columns[0, i] = 1.0
    if kind == LINEAR:
        for i in range(n):
            columns[1, i] = (x[i] - low) * inverse - 0.5
    elif kind == POLYNOMIAL and model.basis[r, 1] > 1:
        for i in range(n):
            columns[1, i] = 2.0 * (x[i] - low) * inverse - 1.0
        for k in range(2, model.basis[r, 1]):
            a, b = (2.0 * k - 1.0) / k, (k - 1.0) / k
            for i in range(n):
                columns[k, i] = a * columns[1, i] * columns[k - 1, i] - b * columns[k - 2, i]
