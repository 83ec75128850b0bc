"""What is said of regions that agree or not, over a whole series."""

from collections.abc import Iterator

import numpy as np

from fitting.arrays import FloatArray
from fitting.checks.check import Check
from fitting.consistency_series import DISAGREES, DRIFTS, Pooled, SeriesConsistency

AGREES = "agrees"
ALONE = "no other region says anything of it"
SILENT = "this region alone cannot tell"


def step_verdicts(tension: FloatArray, tension_with: FloatArray, alone: FloatArray) -> list[str]:
    """Words for many tensions, in the order of the arrays."""
    found = []
    for own, wide, amount in zip(
        tension.ravel().tolist(), tension_with.ravel().tolist(), alone.ravel().tolist(), strict=True
    ):
        if np.isnan(amount):
            found.append(SILENT)
        elif np.isnan(own):
            found.append(ALONE)
        elif abs(own) <= DISAGREES:
            found.append(AGREES)
        else:
            words = "gives more than all regions" if own > 0.0 else "gives less than all regions"
            inside = "" if abs(wide) > DISAGREES else ", as uncertain sensitivities may"
            found.append(words + inside)
    return found


def pair_verdicts(found: Pooled, relative: FloatArray) -> list[str]:
    """(T,) words for every phase and region over the whole series."""
    best = suspect(found)
    wide = found.tension_with(relative)
    words = []
    for t, tension in enumerate(found.tension.tolist()):
        if np.isnan(tension):
            words.append(ALONE)
        elif abs(tension) <= DISAGREES:
            words.append(AGREES)
        else:
            off = 100.0 * (found.ratio[t] - 1.0)
            more = "more" if off > 0.0 else "less"
            inside = "" if abs(wide[t]) > DISAGREES else ", as uncertain sensitivities may"
            ratio = f"gives {abs(off):.2g} % {more} than all regions{inside}"
            words.append(f"{ratio}; {_reason(found, t, best)}")
    return words


def level_verdicts(found: Pooled, relative: FloatArray) -> list[str]:
    """(Q,) words for every sensitivity."""
    best, words = suspect(found), []
    for q, tension in enumerate(found.factor_tension.tolist()):
        if np.isnan(tension):
            words.append("nothing says how large it is")
        elif abs(tension) <= DISAGREES:
            words.append(AGREES)
        elif q != best:
            words.append("differs, but another sensitivity explains more")
        else:
            off = abs(found.factor[q] - 1.0)
            inside = "beyond" if off > 2.0 * relative[q] else "within"
            words.append(
                f"explains most if it is {_percent(found, q)} than taken, {inside} its uncertainty "
                f"of {100.0 * relative[q]:.3g} %{_rest(found, q)}"
            )
    return words


def series_checks(found: Pooled, look: SeriesConsistency) -> Iterator[Check]:
    """Regions that disagree over the series, for checks.csv."""
    verdicts = pair_verdicts(found, look.relative)
    for pair, tension, words in zip(found.pairs, found.tension.tolist(), verdicts, strict=True):
        if abs(tension) > DISAGREES:
            detail = f"{pair.phase}: {tension:+.1f} sigma: this region {words}"
            yield Check(None, look.region(pair), "consistency", "warn", detail)


def suspect(found: Pooled) -> int | None:
    """The sensitivity that explains most of what disagrees, if any does."""
    size = np.nan_to_num(np.abs(found.factor_tension))
    return int(np.argmax(size)) if len(size) and size.max() > DISAGREES else None


def _percent(found: Pooled, q: int) -> str:
    off = found.factor[q] - 1.0
    word = "higher" if off > 0.0 else "lower"
    return f"{100.0 * abs(off):.3g} +- {100.0 * found.factor_stderr[q]:.2g} % {word}"


def _rest(found: Pooled, q: int) -> str:
    left = np.abs(np.nan_to_num(found.left_by(q)))
    worst = int(np.argmax(left))
    if left[worst] <= DISAGREES:
        return "; all phases agree then"
    return f"; {found.pairs[worst].phase} still disagrees then: layering or a missing phase"


def _reason(found: Pooled, t: int, best: int | None) -> str:
    if best is not None and abs(found.left_by(best)[t]) <= DISAGREES:
        return f"explained if the sensitivity of {found.levels[best]} is {_percent(found, best)}"
    if found.drift[t] > DRIFTS:
        return "it changes along the series, as with layers, or a phase missing in the plan"
    return "no one sensitivity explains it: layers, a phase missing in the plan, or a line shape"
