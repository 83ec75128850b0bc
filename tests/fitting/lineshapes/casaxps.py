"""Component curves that CasaXPS exported for FeO, from the shared data."""

from dataclasses import dataclass

import numpy as np

from fitting.arrays import FloatArray
from tests.shared_data import shared_file

EXPORT = "xps/casaxps_fitted/FeO_analyzed_lineshapes_cols.txt"


@dataclass(frozen=True)
class Exported:
    shape: str
    position: float
    fwhm: float
    area: float
    x: FloatArray  # binding energy, ascending
    counts_per_second: FloatArray  # above the background


def exported_components() -> list[Exported]:
    lines = shared_file(EXPORT).read_text("latin-1").splitlines()
    head = {cells[0]: cells[2:6] for cells in (line.split("\t") for line in lines[:8])}
    rows = [line.split("\t") for line in lines[8:]]
    table = np.array(
        [[float(cell) for cell in row if cell.strip()] for row in rows if len(row) > 9]
    )
    order = np.argsort(table[:, 8])
    energy, curves, background = table[order, 8], table[order, 10:14], table[order, 14]
    return [
        Exported(
            shape=head["Lineshape"][i],
            position=float(head["Position"][i]),
            fwhm=float(head["FWHM"][i]),
            area=float(head["Area"][i]),
            x=energy,
            counts_per_second=curves[:, i] - background,
        )
        for i in range(4)
    ]
