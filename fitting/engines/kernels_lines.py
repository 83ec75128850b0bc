"""Line shapes inside kernels: value and derivatives of one line added to the rows of a region.

Every function has the same form ``line(x, n, rows, slots, gains, p)``:

- ``slots`` : rows of the model, of the area, of the center, of each shape parameter
- ``gains`` : factors of those rows; the model and the area row take the line of unit area, the
  others its derivatives
- ``p`` : center, then the shape parameters in the order of the line shape

The formulas and their sources are those of ``fitting.lineshapes``.
"""

import math

import numpy as np

from fitting.arrays import FloatArray, IntArray
from fitting.engines.jit import kernel
from fitting.engines.kernels_math import FAR, erfcx, faddeeva, faddeeva_far, halved

LN2 = math.log(2.0)
GAUSS = math.sqrt(LN2 / math.pi)
ROOT_LN2 = math.sqrt(LN2)
ROOT_PI = math.sqrt(math.pi)
REACH = 7.75
"""Half widths beyond which a Gaussian is below 2 ** -60 of its height."""

GAUSS_AREA = math.sqrt(math.pi / LN2)
_NODES, _WEIGHTS = np.polynomial.hermite.hermgauss(32)


@kernel
def gaussian(
    x: FloatArray, n: int, rows: FloatArray, slots: IntArray, gains: FloatArray, p: FloatArray
) -> None:
    """Gaussian: fwhm."""
    s_model, s_area, s_center, s_fwhm = slots[0], slots[1], slots[2], slots[3]
    center, scale = p[0], 2.0 / p[1]
    height = scale * GAUSS
    k_model, k_area = gains[0] * height, gains[1] * height
    k_center = gains[2] * height * 2.0 * LN2 * scale
    k_fwhm = gains[3] * height / p[1]
    for i in range(n):
        u = (x[i] - center) * scale
        q = u * u
        g = halved(q)
        rows[s_model, i] += k_model * g
        rows[s_area, i] += k_area * g
        rows[s_center, i] += k_center * (u * g)
        rows[s_fwhm, i] += k_fwhm * (g * (2.0 * LN2 * q - 1.0))


@kernel
def lorentzian(
    x: FloatArray, n: int, rows: FloatArray, slots: IntArray, gains: FloatArray, p: FloatArray
) -> None:
    """Lorentzian: fwhm."""
    s_model, s_area, s_center, s_fwhm = slots[0], slots[1], slots[2], slots[3]
    center, scale = p[0], 2.0 / p[1]
    height = scale / math.pi
    k_model, k_area = gains[0] * height, gains[1] * height
    k_center = gains[2] * height * 2.0 * scale
    k_fwhm = gains[3] * height / p[1]
    for i in range(n):
        u = (x[i] - center) * scale
        lorentz = 1.0 / (1.0 + u * u)
        ul = u * lorentz
        rows[s_model, i] += k_model * lorentz
        rows[s_area, i] += k_area * lorentz
        rows[s_center, i] += k_center * (ul * lorentz)
        rows[s_fwhm, i] += k_fwhm * (2.0 * ul * ul - lorentz)


@kernel
def mixture(by_height: bool, fwhm: float, mix: float, out: FloatArray) -> None:
    """Factors of pseudo-Voigt and SGL: heights of both parts and their derivatives by mix."""
    scale = 2.0 / fwhm
    if by_height:
        whole = (1.0 - mix) * GAUSS_AREA + mix * math.pi
        height = scale / whole
        relative = (math.pi - GAUSS_AREA) / whole
        out[0] = height * (1.0 - mix)
        out[1] = height * mix
        out[2] = -height * (1.0 + relative * (1.0 - mix))
        out[3] = height * (1.0 - relative * mix)
    else:
        out[0] = scale * GAUSS * (1.0 - mix)
        out[1] = scale / math.pi * mix
        out[2] = -scale * GAUSS
        out[3] = scale / math.pi


@kernel
def mixed(
    x: FloatArray, n: int, rows: FloatArray, slots: IntArray, gains: FloatArray, p: FloatArray
) -> None:
    """Sum of a Gaussian and a Lorentzian of one width; p[3:7] are the factors of `mixture`."""
    s_model, s_area, s_center, s_fwhm, s_mix = slots[0], slots[1], slots[2], slots[3], slots[4]
    center, scale = p[0], 2.0 / p[1]
    a_g, a_l, f_g, f_l = p[3], p[4], p[5], p[6]
    b_g, b_l = 2.0 * LN2 * a_g, 2.0 * a_l
    k_model, k_area, k_center = gains[0], gains[1], gains[2] * scale
    k_fwhm, f_g, f_l = gains[3] / p[1], gains[4] * f_g, gains[4] * f_l
    for i in range(n):
        u = (x[i] - center) * scale
        q = u * u
        g = halved(q)
        lorentz = 1.0 / (1.0 + q)
        v = a_g * g + a_l * lorentz
        d = u * (b_g * g + b_l * (lorentz * lorentz))
        rows[s_model, i] += k_model * v
        rows[s_area, i] += k_area * v
        rows[s_center, i] += k_center * d
        rows[s_fwhm, i] += k_fwhm * (u * d - v)
        rows[s_mix, i] += f_l * lorentz + f_g * g


@kernel
def first_above(x: FloatArray, n: int, limit: float) -> int:
    """Number of points of ascending x that lie below a limit."""
    low, high = 0, n
    while low < high:
        middle = (low + high) // 2
        if x[middle] < limit:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def mixed_doublet(
    x: FloatArray, n: int, rows: FloatArray, slots: IntArray, gains: FloatArray, p: FloatArray
) -> None:
    """The same for both lines of a doublet; p[7], p[8], p[9]: partner's center, both shares.

    Far out there is no Gaussian, and half of the work is saved.
    """
    far = REACH * 0.5 * p[1]
    low, high = min(p[0], p[7]) - far, max(p[0], p[7]) + far
    start = first_above(x, n, low) // 8 * 8
    end = min((first_above(x, n, high) + 7) // 8 * 8, n)
    _both_far(x, 0, start, rows, slots, gains, p)
    _both_near(x, start, end, rows, slots, gains, p)
    _both_far(x, end, n, rows, slots, gains, p)


@kernel
def _both_near(
    x: FloatArray,
    start: int,
    end: int,
    rows: FloatArray,
    slots: IntArray,
    gains: FloatArray,
    p: FloatArray,
) -> None:
    s_model, s_area, s_center, s_fwhm, s_mix = slots[0], slots[1], slots[2], slots[3], slots[4]
    scale, m1, m2 = 2.0 / p[1], p[8], p[9]
    o1, o2 = p[0] * scale, p[7] * scale
    a_g, a_l, f_g, f_l = p[3], p[4], p[5], p[6]
    b_g, b_l = 2.0 * LN2 * a_g, 2.0 * a_l
    k_model, k_area, k_center = gains[0], gains[1], gains[2] * scale
    k_fwhm, f_g, f_l = gains[3] / p[1], gains[4] * f_g, gains[4] * f_l
    for i in range(np.uint64(start), np.uint64(end)):
        u1 = x[i] * scale - o1
        u2 = x[i] * scale - o2
        q1 = u1 * u1
        q2 = u2 * u2
        g1 = m1 * halved(q1)
        g2 = m2 * halved(q2)
        l1 = 1.0 / (1.0 + q1)
        l2 = 1.0 / (1.0 + q2)
        h1 = m1 * l1
        h2 = m2 * l2
        gauss = g1 + g2
        lorentz = h1 + h2
        v = a_g * gauss + a_l * lorentz
        d1 = u1 * (b_g * g1 + b_l * (h1 * l1))
        d2 = u2 * (b_g * g2 + b_l * (h2 * l2))
        rows[s_model, i] += k_model * v
        rows[s_area, i] += k_area * v
        rows[s_center, i] += k_center * (d1 + d2)
        rows[s_fwhm, i] += k_fwhm * (u1 * d1 + u2 * d2 - v)
        rows[s_mix, i] += f_l * lorentz + f_g * gauss


@kernel
def _both_far(
    x: FloatArray,
    start: int,
    end: int,
    rows: FloatArray,
    slots: IntArray,
    gains: FloatArray,
    p: FloatArray,
) -> None:
    s_model, s_area, s_center, s_fwhm, s_mix = slots[0], slots[1], slots[2], slots[3], slots[4]
    scale, m1, m2 = 2.0 / p[1], p[8], p[9]
    o1, o2 = p[0] * scale, p[7] * scale
    a_l, f_l = p[4], gains[4] * p[6]
    k_model, k_area, k_center = gains[0] * a_l, gains[1] * a_l, gains[2] * scale * 2.0 * a_l
    k_fwhm = gains[3] / p[1] * a_l
    for i in range(np.uint64(start), np.uint64(end)):
        u1 = x[i] * scale - o1
        u2 = x[i] * scale - o2
        l1 = 1.0 / (1.0 + u1 * u1)
        l2 = 1.0 / (1.0 + u2 * u2)
        h1 = m1 * l1
        h2 = m2 * l2
        lorentz = h1 + h2
        d1 = u1 * (h1 * l1)
        d2 = u2 * (h2 * l2)
        rows[s_model, i] += k_model * lorentz
        rows[s_area, i] += k_area * lorentz
        rows[s_center, i] += k_center * (d1 + d2)
        rows[s_fwhm, i] += k_fwhm * (2.0 * (u1 * d1 + u2 * d2) - lorentz)
        rows[s_mix, i] += f_l * lorentz


@kernel
def voigt(
    x: FloatArray, n: int, rows: FloatArray, slots: IntArray, gains: FloatArray, p: FloatArray
) -> None:
    """Voigt: gaussian_fwhm, lorentzian_fwhm. Far out the Faddeeva function is cheap."""
    far = FAR * p[1] / (2.0 * ROOT_LN2)
    start = (first_above(x, n, p[0] - far)) // 8 * 8
    end = min((first_above(x, n, p[0] + far) + 7) // 8 * 8, n)
    _voigt_far(x, 0, start, rows, slots, gains, p)
    _voigt_near(x, start, end, rows, slots, gains, p)
    _voigt_far(x, end, n, rows, slots, gains, p)


@kernel
def _voigt_near(
    x: FloatArray,
    start: int,
    end: int,
    rows: FloatArray,
    slots: IntArray,
    gains: FloatArray,
    p: FloatArray,
) -> None:
    s_model, s_area, s_center, s_g, s_l = slots[0], slots[1], slots[2], slots[3], slots[4]
    center, scale = p[0], 2.0 * ROOT_LN2 / p[1]
    height = scale / ROOT_PI
    y = 0.5 * p[2] * scale
    k_model, k_area = gains[0] * height, gains[1] * height
    k_center = -gains[2] * height * scale
    k_g = -gains[3] * height / p[1]
    k_l = -0.5 * gains[4] * height * scale
    for i in range(np.uint64(start), np.uint64(end)):
        z = (x[i] - center) * scale
        re, im = faddeeva(z, y)
        slope_re = -2.0 * (z * re - y * im)
        slope_im = -2.0 * (z * im + y * re) + 2.0 / ROOT_PI
        rows[s_model, i] += k_model * re
        rows[s_area, i] += k_area * re
        rows[s_center, i] += k_center * slope_re
        rows[s_g, i] += k_g * (re + z * slope_re - y * slope_im)
        rows[s_l, i] += k_l * slope_im


@kernel
def _voigt_far(
    x: FloatArray,
    start: int,
    end: int,
    rows: FloatArray,
    slots: IntArray,
    gains: FloatArray,
    p: FloatArray,
) -> None:
    s_model, s_area, s_center, s_g, s_l = slots[0], slots[1], slots[2], slots[3], slots[4]
    center, scale = p[0], 2.0 * ROOT_LN2 / p[1]
    height = scale / ROOT_PI
    y = 0.5 * p[2] * scale
    k_model, k_area = gains[0] * height, gains[1] * height
    k_center = -gains[2] * height * scale
    k_g = -gains[3] * height / p[1]
    k_l = -0.5 * gains[4] * height * scale
    for i in range(np.uint64(start), np.uint64(end)):
        z = (x[i] - center) * scale
        re, im = faddeeva_far(z, y)
        slope_re = -2.0 * (z * re - y * im)
        slope_im = -2.0 * (z * im + y * re) + 2.0 / ROOT_PI
        rows[s_model, i] += k_model * re
        rows[s_area, i] += k_area * re
        rows[s_center, i] += k_center * slope_re
        rows[s_g, i] += k_g * (re + z * slope_re - y * slope_im)
        rows[s_l, i] += k_l * slope_im


@kernel
def gl_area(mix: float) -> tuple[float, float]:
    """Integral of the GL profile over u, and its derivative by mix."""
    if mix < 0.05:
        steep = LN2 * (1.0 - mix)
        integral = moment = 0.0
        for k in range(len(_NODES)):
            square = _NODES[k] * _NODES[k]
            lorentz = 1.0 / (1.0 + mix / steep * square)
            integral += _WEIGHTS[k] * lorentz
            moment += _WEIGHTS[k] * square * lorentz * lorentz
        integral /= math.sqrt(steep)
        moment /= math.sqrt(steep)
        return integral, LN2 / steep * (0.5 * integral - moment / steep)
    integral = math.pi * erfcx(math.sqrt(LN2 * (1.0 - mix) / mix)) / math.sqrt(mix)
    inside = min(mix, 1.0 - 1e-9)
    edge = ROOT_PI / math.sqrt(LN2 * (1.0 - inside))
    return integral, (edge - integral) * LN2 / mix**2 - 0.5 * integral / mix


@kernel
def gl(
    x: FloatArray, n: int, rows: FloatArray, slots: IntArray, gains: FloatArray, p: FloatArray
) -> None:
    """GL product: fwhm, mix."""
    s_model, s_area, s_center, s_fwhm, s_mix = slots[0], slots[1], slots[2], slots[3], slots[4]
    center, scale, mix = p[0], 2.0 / p[1], p[2]
    integral, by_mix = gl_area(mix)
    height, relative = scale / integral, by_mix / integral
    steep, b_g, b_l = 1.0 - mix, 2.0 * LN2 * (1.0 - mix), 2.0 * mix
    k_model, k_area, k_center = gains[0] * height, gains[1] * height, gains[2] * scale * height
    k_fwhm, k_mix = gains[3] / p[1] * height, gains[4] * height
    for i in range(n):
        u = (x[i] - center) * scale
        q = u * u
        lorentz = 1.0 / (1.0 + mix * q)
        v = halved(steep * q) * lorentz
        d = u * v * (b_g + b_l * lorentz)
        rows[s_model, i] += k_model * v
        rows[s_area, i] += k_area * v
        rows[s_center, i] += k_center * d
        rows[s_fwhm, i] += k_fwhm * (u * d - v)
        rows[s_mix, i] += k_mix * v * (q * (LN2 - lorentz) - relative)
