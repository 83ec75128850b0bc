"""Do the regions of a joint fit agree: what the window shows of it, step by step and in words."""

from dataclasses import dataclass

import numpy as np

from app.session.parts import along, parts_of, seen_by
from app.session.project import Project
from fitting.arrays import FloatArray, IntArray
from fitting.checks.points import views_of
from fitting.consistency_series import DISAGREES_OVERALL, Pooled, SeriesConsistency
from fitting.consistency_words import pair_verdicts
from fitting.region_steps import ALL, steps_of


@dataclass(frozen=True, eq=False)
class TensionSeries:
    """How far each region alone lies from all together, along one sample; K steps, T pairs.

    Parameters
    ----------
    x, column : along what; see ``FractionCurves``
    steps : (K,) their numbers
    pairs : phase and region
    tension : (K, T) in standard errors of counting; nan where a region cannot tell
    words : what is said over the whole series of pairs that do not agree
    """

    sample: str
    column: str
    x: FloatArray
    steps: IntArray
    pairs: tuple[tuple[str, str], ...]
    tension: FloatArray
    words: tuple[str, ...]


def tensions_of(project: Project) -> tuple[TensionSeries, ...]:
    """Compare the regions of all samples, in the fits of the plan as it is now."""
    found = []
    for sample in project.samples:
        for part in parts_of(project, sample):
            look = SeriesConsistency(part.table)
            if not (part.current and look.pairs):
                continue
            series = seen_by(sample, part.result)
            tension = look.look(part.result, views_of(part.result, part.table, series).values())
            pooled = look.pooled()
            assert pooled is not None
            pairs = tuple((pair.phase, look.region(pair)) for pair in look.pairs)
            column, x = along(project, [part], [steps_of(part.result, ALL)])
            words = _words(pooled, look, pairs)
            steps = part.result.steps
            found.append(
                TensionSeries(sample.name, column, x, steps, pairs, tension.tension, words)
            )
    return tuple(found)


def _words(
    pooled: Pooled, look: SeriesConsistency, pairs: tuple[tuple[str, str], ...]
) -> tuple[str, ...]:
    verdicts = pair_verdicts(pooled, look.relative)
    apart = np.abs(np.nan_to_num(pooled.tension)) > DISAGREES_OVERALL
    return tuple(
        f"{phase}, {region}: {words}"
        for (phase, region), words, far in zip(pairs, verdicts, apart.tolist(), strict=True)
        if far
    )
