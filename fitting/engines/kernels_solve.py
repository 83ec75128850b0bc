"""Small linear algebra inside kernels: Gram matrices, a quadratic minimum inside bounds, inverses.

Everything works on the leading part of buffers that the caller owns; nothing is allocated.
"""

import math

from fitting.arrays import FloatArray, IntArray
from fitting.engines.jit import kernel

FREE, LOW, HIGH, DEAD = 0, 1, 2, 3
"""What a parameter does in a bounded step: moves, lies on a bound, or has no influence."""


@kernel
def copy(source: FloatArray, target: FloatArray) -> None:
    """Copy (M,) numbers; a slice assignment would ask for memory."""
    for m in range(len(source)):
        target[m] = source[m]


@kernel
def gram(rows: FloatArray, count: int, n: int, out: FloatArray) -> None:
    """``out[a, b] = rows[a] . rows[b]`` for b <= a < count; rows up to the next 4 are read.

    Eight sums at once, which keeps them in registers.
    """
    for a in range(0, count, 2):
        for b in range(0, a + 2, 4):
            s00 = s01 = s02 = s03 = s10 = s11 = s12 = s13 = 0.0
            for i in range(n):
                p, q = rows[a, i], rows[a + 1, i]
                u, v, w, z = rows[b, i], rows[b + 1, i], rows[b + 2, i], rows[b + 3, i]
                s00 += p * u
                s01 += p * v
                s02 += p * w
                s03 += p * z
                s10 += q * u
                s11 += q * v
                s12 += q * w
                s13 += q * z
            out[a, b], out[a, b + 1], out[a, b + 2], out[a, b + 3] = s00, s01, s02, s03
            out[a + 1, b], out[a + 1, b + 1] = s10, s11
            out[a + 1, b + 2], out[a + 1, b + 3] = s12, s13


@kernel
def factorise(matrix: FloatArray, size: int) -> bool:
    """Cholesky factor in place, lower triangle; False if it is not positive definite."""
    for j in range(size):
        for i in range(j, size):
            s = matrix[i, j]
            for k in range(j):
                s -= matrix[i, k] * matrix[j, k]
            matrix[i, j] = s
        pivot = matrix[j, j]
        if not pivot > 1e-15:
            return False
        root = 1.0 / math.sqrt(pivot)
        for i in range(j, size):
            matrix[i, j] *= root
    return True


@kernel
def substitute(factor: FloatArray, size: int, b: FloatArray) -> None:
    """Solve in place with a factor of `factorise`."""
    for i in range(size):
        s = b[i]
        for k in range(i):
            s -= factor[i, k] * b[k]
        b[i] = s / factor[i, i]
    for i in range(size - 1, -1, -1):
        b[i] /= factor[i, i]
        for k in range(i):
            b[k] -= factor[i, k] * b[i]


@kernel
def _solve_free(
    h: FloatArray,
    g: FloatArray,
    damping: float,
    scale: FloatArray,
    state: IntArray,
    step: FloatArray,
    factor: FloatArray,
    b: FloatArray,
    index: IntArray,
) -> bool:
    """Minimum over the parameters that are free, the others given; in units of `scale`."""
    size = 0
    for m in range(len(g)):
        if state[m] == FREE:
            index[size] = m
            size += 1
    for i in range(size):
        m = index[i]
        total = g[m]
        for j in range(len(g)):
            if state[j] != FREE and step[j] != 0.0:
                total += h[m, j] * step[j]
        b[i] = -total * scale[m]
        for j in range(i + 1):
            factor[i, j] = h[m, index[j]] * scale[m] * scale[index[j]]
        factor[i, i] = 1.0 + damping
    if not factorise(factor, size):
        return False
    substitute(factor, size, b)
    for i in range(size):
        step[index[i]] = b[i] * scale[index[i]]
    return True


@kernel
def bounded_step(
    h: FloatArray,
    g: FloatArray,
    damping: float,
    low: FloatArray,
    high: FloatArray,
    state: IntArray,
    step: FloatArray,
    work: FloatArray,
    index: IntArray,
) -> float:
    """Minimise ``step . h . step / 2 + g . step`` with ``low <= step <= high``.

    Block principal pivoting, one at a time when the blocks do not shrink (Murty), which ends
    because the damped matrix is positive definite.

    Parameters
    ----------
    h, g : (M, M) and (M,), both triangles
    damping : share of the diagonal that is added to it
    state : (M,) start and result; DEAD parameters stay
    work : (M + 2, M)

    Returns
    -------
    By how much twice the undamped form falls; below zero if the matrix is not positive definite
    """
    size = len(g)
    scale, b = work[size], work[size + 1]
    for m in range(size):
        scale[m] = 1.0 / math.sqrt(h[m, m]) if h[m, m] > 0.0 else 0.0
        step[m] = 0.0
    fewest, patience = size + 1, 4
    for _ in range(8 * size + 20):
        for m in range(size):
            if state[m] == LOW:
                step[m] = low[m]
            elif state[m] == HIGH:
                step[m] = high[m]
        if not _solve_free(h, g, damping, scale, state, step, work, b, index):
            return -1.0
        wrong, last = 0, -1
        for m in range(size):
            if _is_wrong(h, g, damping, low, high, state, step, m):
                index[wrong] = m
                wrong, last = wrong + 1, m
        if wrong == 0:
            break
        if wrong < fewest:
            fewest, patience = wrong, 4
        else:
            patience -= 1
        if patience >= 0:
            for i in range(wrong):
                _turn(low, high, state, step, index[i])
        else:
            _turn(low, high, state, step, last)
    return _fall(h, g, low, high, step)


@kernel
def _fall(
    h: FloatArray, g: FloatArray, low: FloatArray, high: FloatArray, step: FloatArray
) -> float:
    """By how much twice the form falls; rounding beyond a bound is cut off first."""
    size, fall = len(g), 0.0
    for m in range(size):
        step[m] = min(max(step[m], low[m]), high[m])
    for m in range(size):
        total = 2.0 * g[m]
        for j in range(size):
            total += h[m, j] * step[j]
        fall -= total * step[m]
    return fall


@kernel
def _is_wrong(
    h: FloatArray,
    g: FloatArray,
    damping: float,
    low: FloatArray,
    high: FloatArray,
    state: IntArray,
    step: FloatArray,
    m: int,
) -> bool:
    """A free parameter outside its bounds, or one on a bound that is pulled inward."""
    if state[m] == DEAD:
        return False
    if state[m] == FREE:
        return step[m] < low[m] or step[m] > high[m]
    pull = g[m] + damping * h[m, m] * step[m]
    for j in range(len(g)):
        pull += h[m, j] * step[j]
    slack = 1e-9 * math.sqrt(h[m, m])
    return pull < -slack if state[m] == LOW else pull > slack


@kernel
def _turn(low: FloatArray, high: FloatArray, state: IntArray, step: FloatArray, m: int) -> None:
    if state[m] != FREE:
        state[m] = FREE
    elif step[m] < low[m]:
        state[m] = LOW
    else:
        state[m] = HIGH


@kernel
def inverse(h: FloatArray, index: IntArray, size: int, factor: FloatArray, out: FloatArray) -> bool:
    """Inverse of the rows and columns in index, (size, size); scaled to unit diagonal first.

    False where an eigenvalue may be so small that a slower, careful way has to look at it.
    """
    for i in range(size):
        if not h[index[i], index[i]] > 0.0:
            return False
    for i in range(size):
        for j in range(i + 1):
            product = h[index[i], index[i]] * h[index[j], index[j]]
            factor[i, j] = h[index[i], index[j]] / math.sqrt(product)
    if not factorise(factor, size):
        return False
    for i in range(size):
        row = out[i]
        for j in range(i):
            row[j] = 0.0
        for k in range(i):
            other, gain = out[k], factor[i, k]
            for j in range(k + 1):
                row[j] -= gain * other[j]
        scale = 1.0 / factor[i, i]
        for j in range(i):
            row[j] *= scale
        row[i] = scale
    trace = 0.0
    for i in range(size):
        row = factor[i]
        for j in range(i + 1):
            row[j] = 0.0
        for k in range(i, size):
            other, gain = out[k], out[k, i]
            for j in range(i + 1):
                row[j] += gain * other[j]
        trace += row[i]
    for i in range(size):
        for j in range(i + 1):
            product = h[index[i], index[i]] * h[index[j], index[j]]
            out[i, j] = out[j, i] = factor[i, j] / math.sqrt(product)
    return trace < 1e9
