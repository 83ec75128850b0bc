"""The cases of PERFORMANCE.md, section 1: simulated series whose fractions change smoothly."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from fitting.arrays import FloatArray
from fitting.build import build_model
from fitting.evaluate import RegionEvaluator
from fitting.lineshapes.catalogue import line_shape
from fitting.lineshapes.shape import LineShape
from fitting.model import ModelTable
from fitting.plan import Plan
from fitting.spectrum import Spectrum

REGION = "S 2p"


@dataclass(frozen=True)
class Case:
    """One region: lines of one shape, their bounds, how many points.

    Parameters
    ----------
    shape_starts : start, minimum, maximum of each shape parameter
    own_shapes : every line has its own shape parameters; else all share one set
    ratio : of the partner's area to the main one's; 0 for single lines
    degree : -1 for a straight line as level and rise, else of a polynomial
    """

    name: str
    window: tuple[float, float]
    points: int
    centers: tuple[float, ...]
    room: float
    shape: LineShape
    shape_starts: tuple[tuple[float, float, float], ...]
    own_shapes: bool
    splitting: float
    ratio: float
    degree: int
    height: float

    @property
    def x(self) -> FloatArray:
        """(N,)"""
        return np.linspace(*self.window, self.points)

    @property
    def lower(self) -> FloatArray:
        """(P,) areas, centers, shape, background."""
        return self._bounds(0.0, -self.room, 1, -np.inf)

    @property
    def upper(self) -> FloatArray:
        """(P,)"""
        return self._bounds(np.inf, self.room, 2, np.inf)

    def _bounds(self, area: float, room: float, which: int, level: float) -> FloatArray:
        n = len(self.centers)
        shape = [s[which] for s in self.shape_starts for _ in range(n if self.own_shapes else 1)]
        levels = 2 if self.degree < 0 else self.degree + 1
        return np.array([area] * n + [c + room for c in self.centers] + shape + [level] * levels)

    def background(self) -> FloatArray:
        """(M, N) columns, as the program has them."""
        u = (self.x - self.window[0]) / (self.window[1] - self.window[0])
        if self.degree < 0:
            return np.stack([np.ones(self.points), u - 0.5])
        columns = np.polynomial.legendre.legvander(2.0 * u - 1.0, self.degree).T
        return np.asarray(columns, dtype=np.float64)


def cases() -> tuple[Case, ...]:
    """S 2p, P 2p, Raman and S 2p of true Voigt lines."""
    sulphur = (160.1, 161.6, 162.7, 163.8, 166.6, 168.6)
    mix = ((1.1, 0.5, 2.5), (0.3, 0.0, 1.0))
    voigt = ((0.8, 0.25, 2.0), (0.35, 0.0, 2.0))
    pseudo = line_shape("pseudo_voigt")
    raman = (220.0, 310.0, 420.0, 480.0, 560.0, 700.0, 830.0, 930.0)
    return (
        Case("S2p", (157, 171), 281, sulphur, 0.4, pseudo, mix, False, 1.18, 0.5, -1, 1.5e4),
        Case(
            "P2p",
            (124, 138),
            281,
            (126.0, 128.5, 131.7, 134.0),
            0.4,
            pseudo,
            mix,
            False,
            0.86,
            0.5,
            -1,
            1.5e4,
        ),
        Case(
            "Raman",
            (100, 1100),
            1024,
            raman,
            15.0,
            line_shape("lorentzian"),
            ((25.0, 5.0, 90.0),),
            True,
            0.0,
            0.0,
            3,
            1.5e4,
        ),
        Case(
            "S2pV",
            (157, 171),
            281,
            sulphur,
            0.4,
            line_shape("voigt"),
            voigt,
            False,
            1.18,
            0.5,
            -1,
            1.5e4,
        ),
    )


def table_of(case: Case, engine: str = "auto") -> ModelTable:
    """The plan of a case; its free parameters are ordered component by component."""
    components = []
    for i, center in enumerate(case.centers):
        own: dict[str, Any] = {"id": f"c{i}", "shape": case.shape.name}
        own["center"] = {"value": center, "min": center - case.room, "max": center + case.room}
        for parameter, (value, low, high) in zip(
            case.shape.parameters, case.shape_starts, strict=True
        ):
            free = {"value": value, "min": low, "max": high}
            own[parameter.name] = free if case.own_shapes or i == 0 else f"c0.{parameter.name}"
        if case.ratio:
            own["doublet"] = {"splitting": case.splitting, "ratio": case.ratio}
        components.append(own)
    background: dict[str, Any] = {"kind": "linear"}
    if case.degree >= 0:
        background = {"kind": "polynomial", "degree": case.degree}
    region = {
        "name": REGION,
        "window": [float(w) for w in case.window],
        "background": background,
        "components": components,
    }
    fit = {"weights": "given", "engine": engine}
    return build_model(Plan.from_data({"fit": fit, "regions": [region]}))


def order(case: Case, table: ModelTable) -> list[int]:
    """Where the parameters of the peers stand among the free ones of the table."""
    names = [table.parameters[i].name for i in table.free]
    n = len(case.centers)
    wanted = [f"c{i}.area" for i in range(n)] + [f"c{i}.center" for i in range(n)]
    for parameter in case.shape.parameters:
        wanted += [f"c{i}.{parameter.name}" for i in range(n if case.own_shapes else 1)]
    place = [names.index(name) for name in wanted]
    return place + [f for f in range(len(names)) if f not in place]


def series(case: Case, table: ModelTable, number: int, seed: int = 1) -> list[dict[str, Spectrum]]:
    """Poisson counts: fractions, 0.1 eV and 10 % of drift along the series."""
    rng = np.random.default_rng(seed)
    evaluator = RegionEvaluator(table.regions[0], case.x, np.zeros(case.points))
    found = []
    for part in np.linspace(0.0, 1.0, number):
        free = _truth(case, table, float(part))
        counts = rng.poisson(evaluator.envelope(table.values(free))).astype(float)
        found.append({REGION: Spectrum(case.x, counts, np.sqrt(np.maximum(counts, 1.0)), 1.0)})
    return found


def _truth(case: Case, table: ModelTable, part: float) -> FloatArray:
    n = len(case.centers)
    phase = np.arange(n)
    fraction = 0.25 + 0.75 * np.cos(0.5 * np.pi * (phase / n - part)) ** 2
    fraction *= np.where(phase % 3 == 1, 1.0, 0.3)
    width = 2.0 * case.shape_starts[0][0] * (1.0 + 0.1 * part)
    free = table.start.copy()
    for f, index in enumerate(table.free):
        row = table.parameters[index]
        if row.parameter == "area":
            free[f] = case.height * width * fraction[int(row.component[1:])] * 0.7
        elif row.parameter == "center":
            free[f] += 0.1 * part * case.room / 0.4
        elif row.component == "background":
            free[f] = 0.15 * case.height * {"level": 1.0, "c0": 1.0}.get(row.parameter, 0.2)
        elif row.parameter in ("fwhm", "gaussian_fwhm"):
            free[f] *= 1.0 + 0.1 * part
    return free
