"""How many atoms of a formula unit a line sees, where a number in the formula may vary."""

from collections.abc import Iterator

from fitting.errors import PlanError
from fitting.expression import parse
from fitting.plan_options import Composition


def count_at(count: float | str, composition: Composition | None, value: float) -> float:
    """Atoms per formula unit at a value of the composition.

    Parameters
    ----------
    count : a number, or a text affine in the symbol of the composition

    Raises
    ------
    PlanError
        No composition, other names in the text, or not affine; the key is empty.
    """
    if not isinstance(count, str):
        return count
    if composition is None:
        raise PlanError("", f"{count!r} names a composition, but the phase has none")
    affine = parse(count, "", composition.symbol).affine()
    if affine is None or not affine.coefficients.keys() <= {composition.symbol}:
        wanted = f"an affine function of {composition.symbol}, such as 2 - {composition.symbol}"
        raise PlanError("", f"{count!r} is not {wanted}")
    return affine.constant + affine.coefficients.get(composition.symbol, 0.0) * value


def count_problems(
    count: float | str, composition: Composition | None, key: str
) -> Iterator[PlanError]:
    """What is wrong with a count at ``key`` of the plan: a text that is none, negative atoms."""
    if not isinstance(count, str):
        return
    values: tuple[float, ...] = (0.0,)
    if composition is not None:
        ends = (composition.min, composition.max)
        values = (composition.value, *(end for end in ends if end is not None))
    for value in values:
        try:
            found = count_at(count, composition, value)
        except PlanError as error:
            yield PlanError(key, error.problem)
            return
        if found < 0.0 or (value == values[0] and found == 0.0):
            yield PlanError(key, f"{count!r} is {found:g} where the composition is {value:g}")
            return
