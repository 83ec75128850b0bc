"""What is said of regions that agree or not, over a whole series."""

from collections.abc import Iterator

import numpy as np

from fitting.arrays import FloatArray
from fitting.checks.check import Check
from fitting.consistency_series import (
    DISAGREES,
    DISAGREES_OVERALL,
    DRIFTS,
    Pooled,
    SeriesConsistency,
)

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
    wide, words = found.tension_with(relative), []
    for t, tension in enumerate(found.tension.tolist()):
        if np.isnan(tension):
            words.append(ALONE)
        elif abs(tension) <= DISAGREES_OVERALL:
            words.append(AGREES)
        else:
            inside = "" if abs(wide[t]) > DISAGREES else ", as uncertain sensitivities may"
            words.append(f"{_amount(found.ratio[t])}{inside}; {_reason(found, relative, t)}")
    return words


def level_verdicts(found: Pooled, relative: FloatArray) -> list[str]:
    """(Q,) words for every sensitivity."""
    best, together = suspect(found), found.together(relative)
    enough = best is not None and _explains(found, found.alone(best))
    words = []
    for q, tension in enumerate(found.factor_tension.tolist()):
        if np.isnan(tension):
            words.append("nothing says how large it is")
        elif best is None or abs(tension) <= DISAGREES_OVERALL:
            words.append(AGREES)
        elif enough and q != best:
            words.append("differs, but another sensitivity explains more")
        else:
            changes = found.alone(q) if enough else together
            beside = "" if enough else ", others moved too"
            words.append(
                f"would suit best if {_percent(changes[q])} than taken{beside}, "
                f"{_within(changes[q], relative[q])}; {_rest(found, changes)}"
            )
    return words


def series_checks(found: Pooled, look: SeriesConsistency) -> Iterator[Check]:
    """Regions that disagree over the series, for checks.csv."""
    verdicts = pair_verdicts(found, look.relative)
    for pair, tension, words in zip(found.pairs, found.tension.tolist(), verdicts, strict=True):
        if abs(tension) > DISAGREES_OVERALL:
            detail = f"{pair.phase}: {tension:+.1f} sigma: this region {words}"
            yield Check(None, look.region(pair), "consistency", "warn", detail)


def suspect(found: Pooled) -> int | None:
    """The sensitivity that explains most of what disagrees, if any does."""
    size = np.nan_to_num(np.abs(found.factor_tension))
    return int(np.argmax(size)) if len(size) and size.max() > DISAGREES_OVERALL else None


def _explains(found: Pooled, change: FloatArray) -> bool:
    left = np.abs(np.nan_to_num(found.left_by(change)))
    return bool(np.all(left <= DISAGREES_OVERALL))


def _amount(ratio: float) -> str:
    off = 100.0 * (ratio - 1.0)
    if off > 100.0:
        return f"gives {ratio:.3g} times the amount of all regions"
    if off < -100.0:
        return "gives less than nothing"
    return f"gives {abs(off):.3g} % {'more' if off > 0.0 else 'less'} than all regions"


def _percent(change: float) -> str:
    return f"{100.0 * abs(change):.3g} % {'higher' if change > 0.0 else 'lower'}"


def _within(change: float, relative: float) -> str:
    word = "beyond" if abs(change) > 2.0 * relative else "within"
    return f"{word} what its uncertainty of {100.0 * relative:.3g} % allows"


def _doubt(change: FloatArray, relative: FloatArray) -> str:
    far = bool(np.any(np.abs(change) > 2.0 * relative))
    return "; that is much: rather layers or a phase missing in the plan" if far else ""


def _rest(found: Pooled, change: FloatArray) -> str:
    left = np.abs(np.nan_to_num(found.left_by(change)))
    worst = int(np.argmax(left))
    if left[worst] <= DISAGREES_OVERALL:
        return "all phases agree then"
    return f"{found.pairs[worst].phase} still disagrees then: layers or a missing phase"


def _reason(found: Pooled, relative: FloatArray, t: int) -> str:
    best, together = suspect(found), found.together(relative)
    if best is not None and abs(found.left_by(found.alone(best))[t]) <= DISAGREES_OVERALL:
        change = found.alone(best)
        doubt = _doubt(change, relative)
        level = found.levels[best]
        return f"explained if the sensitivity of {level} is {_percent(change[best])}{doubt}"
    if abs(found.left_by(together)[t]) <= DISAGREES_OVERALL:
        moved = np.flatnonzero(np.abs(together) > 0.5 * relative)
        said = ", ".join(f"{found.levels[q]} {_percent(together[q])}" for q in moved)
        return f"explained by several sensitivities: {said}{_doubt(together, relative)}"
    if found.drift[t] > DRIFTS:
        return "it changes along the series, as with layers, or a phase missing in the plan"
    return "no sensitivities explain it: layers, a phase missing in the plan, or a line shape"
