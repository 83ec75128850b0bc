"""Curves that CasaXPS drew under real spectra, for comparison."""

import csv
from pathlib import Path

import numpy as np

from fitting.arrays import FloatArray


def ionic_liquid(path: Path) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Ascending binding energy, intensity and CasaXPS's background inside its region."""
    with path.open(newline="") as lines:
        rows = list(csv.reader(lines))
    column = next(i for i, name in enumerate(rows[3]) if name.startswith("Background"))
    points = np.array([[float(row[i]) for i in (0, 1, column)] for row in rows[4:] if row[0]])
    return _inside(*points[np.argsort(points[:, 0])].T)


def iron_oxide(path: Path) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The same from the text export of FeO: Fe 2p with a U 3 Tougaard background."""
    rows = [line.split("\t") for line in path.read_text().splitlines()]
    first = next(i for i, row in enumerate(rows) if row[0] == "K.E.") + 1
    columns = [rows[first - 1].index(name) for name in ("B.E.", "CPS", "Background CPS")]
    points = np.array([[float(row[i]) for i in columns] for row in rows[first:] if len(row) > 8])
    return _inside(*points[np.argsort(points[:, 0])].T)


def _inside(
    x: FloatArray, intensity: FloatArray, background: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Outside its region CasaXPS exports the data as background."""
    drawn = np.flatnonzero(np.abs(background - intensity) > 1e-3)
    region = slice(drawn[0], drawn[-1] + 1)
    return x[region], intensity[region], background[region]
