"""consistency.csv: what each region alone says of a phase, step by step and over the series."""

from collections.abc import Iterator, Sequence

import numpy as np

from app.batch.csv_file import Cell, Column, CsvFile, number_cells, words
from fitting.consistency import Consistency
from fitting.consistency_series import Pooled, SeriesConsistency
from fitting.consistency_words import level_verdicts, pair_verdicts, step_verdicts
from fitting.region_steps import ALL, steps_of
from fitting.result import SeriesResult
from fitting.series import STEP_COLUMNS
from fitting.units import unit_text

CONSISTENCY_COLUMNS = (
    "source",
    "sample",
    "step",
    *STEP_COLUMNS,
    *("phase", "region", "amount_alone", "amount_alone_stderr", "amount_joint", "amount_unit"),
    *("ratio", "ratio_stderr", "tension", "tension_systematic", "verdict"),
)
"""Extra step columns are appended."""

ALL_PHASES = "all phases"
"""What stands for the phase in rows about a sensitivity."""


def write_steps(
    file: CsvFile,
    result: SeriesResult,
    look: SeriesConsistency,
    found: Consistency,
    extra: Sequence[str],
) -> None:
    """Add the rows of some steps: every phase in every region that was fitted there."""
    infos = {info.name: info for info in result.regions}
    there = np.array([t for t, p in enumerate(found.pairs) if look.region(p) in infos], dtype=int)
    own, size = steps_of(result, ALL), len(there)
    rows = np.flatnonzero(own.usable)
    here = np.ix_(rows, there)

    def each(cells: Sequence[str]) -> list[str]:
        return [text for text in cells for _ in range(size)]

    def along(names: Sequence[str]) -> Iterator[Column]:
        for name in names:
            yield each(number_cells(own.columns[name][rows])) if name in own.columns else ""

    pairs = [(found.pairs[t].phase, infos[look.region(found.pairs[t])]) for t in there.tolist()]
    units = [unit_text("amount", info.axis_kind, info.intensity_unit) for _, info in pairs]
    alone, joint = found.alone[here], found.joint[here]
    tension, wide = found.tension[here], found.tension_with(look.relative)[here]
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(joint > 0.0, alone / joint, np.nan)
        ratio_stderr = np.where(joint > 0.0, np.sqrt(found.variance[here]) / joint, np.nan)
    columns: list[Column] = [
        [words(info.source, result.sample) for _, info in pairs] * len(rows),
        each([str(step) for step in result.steps[rows].tolist()]),
        *along(STEP_COLUMNS),
        [words(phase, info.name) for phase, info in pairs] * len(rows),
        number_cells(alone),
        number_cells(found.alone_stderr[here]),
        number_cells(joint),
        list(map(words, units)) * len(rows),
        number_cells(ratio),
        number_cells(ratio_stderr),
        number_cells(tension),
        number_cells(wide),
        list(map(words, step_verdicts(tension, wide, alone))),
        *along(extra),
    ]
    file.write_columns("", len(rows) * size, columns)


def pooled_rows(
    result: SeriesResult, look: SeriesConsistency, found: Pooled, extra: Sequence[str]
) -> Iterator[list[Cell]]:
    """Rows without a step: every phase in every region over the series, then sensitivities."""
    infos = {info.name: info for info in result.regions}
    wide = found.tension_with(look.relative)
    for t, (pair, verdict) in enumerate(
        zip(found.pairs, pair_verdicts(found, look.relative), strict=True)
    ):
        info = infos.get(look.region(pair))
        if info is None:
            continue
        yield [
            *_beginning(info.source, result.sample),
            *(pair.phase, info.name, float(found.joint[t] * found.ratio[t]), None),
            float(found.joint[t]),
            unit_text("amount", info.axis_kind, info.intensity_unit),
            *(float(found.ratio[t]), float(found.ratio_stderr[t])),
            *(float(found.tension[t]), float(wide[t]), verdict),
            *([None] * len(extra)),
        ]
    for q, (level, verdict) in enumerate(
        zip(found.levels, level_verdicts(found, look.relative), strict=True)
    ):
        off = found.factor[q] - 1.0
        systematic = off / np.hypot(found.factor_stderr[q], look.relative[q])
        yield [
            *_beginning(result.regions[0].source, result.sample),
            *(ALL_PHASES, level, None, None, None, None),
            *(float(found.factor[q]), float(found.factor_stderr[q])),
            *(float(found.factor_tension[q]), float(systematic), verdict),
            *([None] * len(extra)),
        ]


def _beginning(source: str, sample: str) -> list[Cell]:
    return [source, sample, None, *([None] * len(STEP_COLUMNS))]
