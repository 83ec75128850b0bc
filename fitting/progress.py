"""How far a sulfide electrolyte has been reduced, and whether its elements add up.

Li6PS5Cl + 8 Li -> 5 Li2S + Li3P + LiCl. From amounts of phases (strategy ``joint``) follow the
atoms of every element: the share that is in the final products is the extent of the reaction, and
all atoms together must stand as in the electrolyte. Where they do not, the model is wrong about
something: phases lie in layers, a sensitivity is off, or a phase is missing.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from fitting.arrays import FloatArray
from fitting.component_sensitivities import component_sensitivities
from fitting.errors import DataError, PlanError
from fitting.formula import atoms, atoms_at, reduced_by_lithium
from fitting.intervals import Spread, spread_of, touches
from fitting.joint import amount_name
from fitting.model import ModelTable
from fitting.plan import Plan
from fitting.plan_options import Phase
from fitting.result import SeriesResult

VIOLATED = 3.0
"""Standard errors from which on a balance counts as violated."""

CAUSES = "layering, sensitivity or a missing phase"


@dataclass(frozen=True, eq=False)
class Progress:
    """One number in K steps.

    Parameters
    ----------
    quantity : ``extent``, ``extent_S``; ``Li2S_per_Li3P``; ``balance_S_per_P``
    value, stderr : (K,) nan where not known; counting errors
    expected : what the reaction or the electrolyte says, nan for an extent
    systematic : (K,) standard error from the sensitivities
    """

    quantity: str
    value: FloatArray
    stderr: FloatArray
    expected: float
    systematic: FloatArray

    @property
    def tension(self) -> FloatArray:
        """(K,) how many counting errors it is away from what is expected."""
        return np.asarray((self.value - self.expected) / self.stderr)

    @property
    def tension_with_sensitivities(self) -> FloatArray:
        """(K,) the same with the errors of sensitivities."""
        return np.asarray((self.value - self.expected) / np.hypot(self.stderr, self.systematic))

    @property
    def is_balance(self) -> bool:
        """Whether it has to be as expected in every step."""
        return self.quantity.startswith("balance_")

    def note(self, k: int) -> str:
        """What is to be said of a step."""
        if not np.isfinite(self.value[k]):
            return "not determined: nothing to divide by, or no fit"
        if not np.isfinite(self.stderr[k]):
            return "error not estimated: an amount is at its bound"
        away, wide = abs(self.tension[k]), abs(self.tension_with_sensitivities[k])
        if not self.is_balance or not away > VIOLATED:
            return ""
        if wide > VIOLATED:
            return f"mass balance violated by {wide:.1f} sigma: {CAUSES}"
        return f"off by {away:.1f} sigma of counting, within what sensitivities leave open"


def progress_of(result: SeriesResult, table: ModelTable) -> tuple[Progress, ...]:
    """Extent of the reaction, ratios of its products, and the balance of elements.

    Empty without amounts of phases, or without an electrolyte that `reduced_by_lithium` knows.
    """
    parts = _contents(table)
    electrolyte = next((one for one in parts.values() if reduced_by_lithium(one.atoms)), None)
    if electrolyte is None:
        return ()
    final = reduced_by_lithium(electrolyte.atoms) or {}
    made = {
        name: content for name in final if (content := _of_formula(parts, atoms(name))) is not None
    }
    look = _Look(spread_of(result, table), _uncertainties(table.plan))
    totals = {e: _total(parts.values(), e) for e in electrolyte.atoms if e != "Li"}
    return (
        *_extents(look, made, totals),
        *_ratios(look, made, final),
        *_balances(look, electrolyte, totals),
    )


@dataclass(frozen=True, eq=False)
class _Content:
    """A phase: its atoms, at the plan's value where they may vary, and both as sums of parameters.

    ``elements`` (P,) each, ``amount`` (P,) of formula units.
    """

    atoms: Mapping[str, float]
    elements: Mapping[str, FloatArray]
    amount: FloatArray


def _contents(table: ModelTable) -> dict[str, _Content]:
    """Counted phases that have an amount and a formula with numbers."""
    found = {}
    for name, phase in table.plan.phases.items():
        if not phase.counted or phase.formula is None:
            continue
        try:
            ends = _ends(table, name, phase, phase.formula)
        except DataError:
            continue
        if all(end in table.index for end in ends):
            found[name] = _content(table, phase, ends)
    return found


def _ends(table: ModelTable, name: str, phase: Phase, formula: str) -> dict[str, dict[str, float]]:
    """Amounts that a phase is the sum of -> their atoms; two where its composition is free."""
    whole, composition = amount_name(name), phase.composition
    if composition is None:
        return {whole: atoms(formula)}
    values = {whole: composition.value}
    if f"{whole}.min" in table.index and composition.min is not None:
        values = {f"{whole}.min": composition.min, f"{whole}.max": composition.max or 0.0}
    return {end: atoms_at(formula, composition.symbol, v) for end, v in values.items()}


def _content(table: ModelTable, phase: Phase, ends: Mapping[str, Mapping[str, float]]) -> _Content:
    elements: dict[str, FloatArray] = {}
    amount = np.zeros(len(table.parameters))
    for end, counts in ends.items():
        amount[table.index[end]] = 1.0
        for element, count in counts.items():
            own = elements.setdefault(element, np.zeros(len(table.parameters)))
            own[table.index[end]] = count
    formula, composition = phase.formula or "", phase.composition
    if composition is None:
        return _Content(atoms(formula), elements, amount)
    return _Content(atoms_at(formula, composition.symbol, composition.value), elements, amount)


def _of_formula(parts: Mapping[str, _Content], wanted: Mapping[str, float]) -> _Content | None:
    return next((content for content in parts.values() if content.atoms == wanted), None)


def _total(parts: Iterable[_Content], element: str) -> FloatArray:
    """(P,) atoms of an element in all phases."""
    own = [content.elements[element] for content in parts if element in content.elements]
    return np.asarray(np.sum(own, axis=0))


def _uncertainties(plan: Plan) -> dict[str, float]:
    """Element -> relative uncertainty of the sensitivity of its core level."""
    found: dict[str, float] = {}
    try:
        known = component_sensitivities(plan)
    except PlanError:
        return found
    for component_id, (region, _) in plan.components.items():
        element = region.measured.split()[0]
        found.setdefault(element, known[component_id].relative_uncertainty)
    return found


@dataclass(frozen=True, eq=False)
class _Look:
    """What a result knows, and how far the sensitivity to each element is known."""

    spread: Spread
    uncertainty: Mapping[str, float]

    def ratio(
        self,
        quantity: str,
        above: FloatArray,
        below: FloatArray,
        expected: float = np.nan,
        relative: FloatArray | float = 0.0,
    ) -> Progress:
        """One sum of parameters over another, both (P,), with the error of both together.

        ``relative`` is what the sensitivities leave open of it.
        """
        weights = np.array([above, below])
        over, under = (self._sum(row) for row in weights)
        with np.errstate(divide="ignore", invalid="ignore"):
            value = np.where(under > 0.0, over / under, np.nan)
            slopes = self.spread.gradients(weights)
            slope = (slopes[:, 0] - value[:, np.newaxis] * slopes[:, 1]) / under[:, np.newaxis]
        known = ~touches(slopes, self.spread.unknown).any(axis=1) & np.isfinite(value)
        stderr = np.sqrt(self.spread.variance(np.nan_to_num(slope)[:, np.newaxis])[:, 0])
        return Progress(
            quantity,
            value,
            np.where(known & (stderr > 0.0), stderr, np.nan),
            expected,
            relative * value,
        )

    def relative(self, element: str, other: str) -> float:
        """Relative error of a ratio of two elements."""
        first, second = (self.uncertainty.get(e, 0.0) for e in (element, other))
        return float(np.hypot(first, second))

    def _sum(self, weights: FloatArray) -> FloatArray:
        used = weights != 0.0
        return np.asarray(self.spread.values[:, used] @ weights[used])


def _extents(
    look: _Look, made: Mapping[str, _Content], totals: Mapping[str, FloatArray]
) -> Iterator[Progress]:
    """Share of the atoms that are in the final products: of all elements seen, and of each."""
    shares = {}
    for name, content in made.items():
        element = _element(name)
        shares[element] = (content.elements[element], totals[element])
    if len(shares) > 1:
        above, below = (np.sum(part, axis=0) for part in zip(*shares.values(), strict=True))
        yield look.ratio("extent", above, below)
    for element, (above, below) in shares.items():
        yield look.ratio(f"extent_{element}", above, below)


def _ratios(
    look: _Look, made: Mapping[str, _Content], final: Mapping[str, float]
) -> Iterator[Progress]:
    """Products per Li3P, as the reaction makes them."""
    if "Li3P" not in made:
        return
    for name, content in made.items():
        if name != "Li3P":
            expected = final[name] / final["Li3P"]
            below = made["Li3P"].amount
            relative = look.relative(_element(name), "P")
            yield look.ratio(f"{name}_per_Li3P", content.amount, below, expected, relative)


def _balances(
    look: _Look, electrolyte: _Content, totals: Mapping[str, FloatArray]
) -> Iterator[Progress]:
    """Atoms of all phases per P, as they are in the electrolyte.

    Only of elements with a level in the plan, P among them: others are known by formulas alone.
    Lines of the electrolyte share one amount, so that sensitivities only move what has reacted.
    """
    if "P" not in look.uncertainty:
        return
    reacted = {
        e: 1.0 - np.nan_to_num(look.ratio("", electrolyte.elements[e], total).value)
        for e, total in totals.items()
    }
    for element, total in totals.items():
        if element != "P" and element in look.uncertainty:
            expected = electrolyte.atoms[element] / electrolyte.atoms["P"]
            parts = [look.uncertainty.get(e, 0.0) * reacted[e] for e in (element, "P")]
            name = f"balance_{element}_per_P"
            yield look.ratio(name, total, totals["P"], expected, np.hypot(*parts))


def _element(product: str) -> str:
    """What lithium is bound to."""
    return next(element for element in atoms(product) if element != "Li")
