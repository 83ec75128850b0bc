"""Numbers as people type them, and bounds: ``0.6–1.8``, ``≥ 0``, ``≤ 3``."""

import re
from dataclasses import dataclass

from fitting.errors import PlanError

_NUMBER = r"([+−-]?(?:\d+[.,]?\d*|[.,]\d+)(?:[eE][+-]?\d+)?)"
_BETWEEN = re.compile(rf"{_NUMBER}\s*(?:–|—|-|\.\.+|…|to)\s*{_NUMBER}")
_ABOVE = re.compile(rf"(?:≥|>=?)\s*{_NUMBER}|{_NUMBER}\s*(?:–|—|\.\.+|…)")
_BELOW = re.compile(rf"(?:≤|<=?|–|—|\.\.+|…)\s*{_NUMBER}")
_ALONE = re.compile(_NUMBER)


@dataclass(frozen=True)
class Bounds:
    """What a number may be; None: no bound on that side."""

    low: float | None = None
    high: float | None = None

    def __bool__(self) -> bool:
        return self.low is not None or self.high is not None

    def __contains__(self, value: float) -> bool:
        above = self.low is None or value >= self.low
        return above and (self.high is None or value <= self.high)

    def __str__(self) -> str:
        if self.low is not None and self.high is not None:
            between = "–" if self.low >= 0.0 else " – "
            return f"{self.low:.6g}{between}{self.high:.6g}"
        if self.low is not None:
            return f"≥ {self.low:.6g}"
        return "" if self.high is None else f"≤ {self.high:.6g}"


def number_of(text: str) -> float:
    """A number as people type it.

    Raises
    ------
    PlanError
        It is none.
    """
    try:
        value = float(text.strip().replace(",", ".").replace("−", "-"))
    except ValueError:
        raise PlanError("", f"{text.strip()!r} is no number") from None
    if value != value or value in (float("inf"), float("-inf")):
        raise PlanError("", f"{text.strip()!r} is no finite number")
    return value


def bounds_of(text: str) -> Bounds | None:
    """Bounds as people type them; None where the text is something else, such as a link.

    Raises
    ------
    PlanError
        It is a number alone.
    """
    words = text.strip()
    if found := _BETWEEN.fullmatch(words):
        return Bounds(number_of(found[1]), number_of(found[2]))
    if found := _ABOVE.fullmatch(words):
        return Bounds(low=number_of(found[1] or found[2]))
    if found := _BELOW.fullmatch(words):
        return Bounds(high=number_of(found[1]))
    if _ALONE.fullmatch(words):
        raise PlanError("", f"{words} is neither bounds nor a link; write 0.6–1.8, ≥ 0 or ≤ 3")
    return None
