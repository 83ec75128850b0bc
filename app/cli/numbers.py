"""Numbers on the command line, with what would be right when they are wrong, and in sentences."""

import argparse
import math


def at_least_one(text: str) -> int:
    """A whole number from 1."""
    number = whole(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} must be 1 or more")
    return number


def whole(text: str) -> int:
    """A whole number."""
    try:
        return int(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number") from error


def finite(text: str) -> float:
    """A number that is neither nan nor infinite."""
    try:
        number = float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no number (with a decimal point)") from error
    if not math.isfinite(number):
        raise argparse.ArgumentTypeError(f"{text} must be a finite number")
    return number


def above_zero(text: str) -> float:
    """A number above 0."""
    number = finite(text)
    if number <= 0.0:
        raise argparse.ArgumentTypeError(f"{text} must be above 0")
    return number


def counted(number: int, one: str, many: str | None = None) -> str:
    """A number and what it counts: ``1 fit``, ``2 fits``."""
    return f"{number} {one if number == 1 else many or one + 's'}"
