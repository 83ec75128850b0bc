"""The one small language of links: numbers, ``id.parameter``, + - * / ** and six functions.

Parsed once by a whitelist; nothing outside it is ever evaluated. Derivatives come with the
value by forward differentiation, so a link never breaks the analytic Jacobian.
"""

import ast
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from fitting.errors import PlanError

MAX_LENGTH = 500
MAX_DEPTH = 100
"""Operations inside operations; far more than any link needs, far less than the stack holds."""

Gradient = dict[str, float]
Dual = tuple[float, Gradient]

_FUNCTIONS = ("sqrt", "exp", "log", "abs", "min", "max")
_GRAMMAR = (
    f"a link may hold numbers, id.parameter, + - * / **, parentheses and {', '.join(_FUNCTIONS)}"
)


@dataclass(frozen=True)
class _Node:
    """One operation of a link: its name, its arguments, and a number or a reference."""

    kind: str
    arguments: tuple["_Node", ...] = ()
    number: float = 0.0
    reference: str = ""


@dataclass(frozen=True)
class Affine:
    """``constant + sum(coefficients[name] * name)``."""

    constant: float
    coefficients: dict[str, float]


@dataclass(frozen=True)
class Expression:
    """A parsed link.

    Parameters
    ----------
    text : as written in the plan
    references : names of the parameters it needs, in order of appearance
    root : the parsed operations
    """

    text: str
    references: tuple[str, ...]
    root: _Node

    def evaluate(self, values: Mapping[str, float]) -> Dual:
        """Value of the link and its derivative with respect to every reference.

        Raises
        ------
        ArithmeticError, ValueError
            Division by zero, root of a negative number and the like.
        """
        return _evaluate(self.root, values)

    def degree(self, degrees: Mapping[str, float]) -> float:
        """Degree of the link as a polynomial in what its references are polynomials of.

        Parameters
        ----------
        degrees : reference -> its own degree; 0 where it does not depend on the variables

        Returns
        -------
        0, 1, 2 ...; inf where it is no polynomial (root of a variable, division by one).
        """
        return _degree(self.root, degrees)

    def affine(self) -> Affine | None:
        """The link as constant plus weighted references, or None if it is not affine."""
        return _affine(self.root)

    def renamed(self, names: Mapping[str, str]) -> "Expression":
        """The same link of parameters with other names, also such as no text can hold."""
        references = tuple(names.get(name, name) for name in self.references)
        return Expression(self.text, references, _renamed(self.root, names))


def parse(text: str, key: str = "", symbol: str = "") -> Expression:
    """Parse a link.

    Parameters
    ----------
    text : for example ``"ps4_s2p.center - 1.4"``
    key : place in the plan, for the message
    symbol : a name that may stand alone

    Raises
    ------
    PlanError
        Anything outside the language, and constants without a value, such as ``1 / 0``.
    """
    if len(text) > MAX_LENGTH:
        raise PlanError(key, f"a link of {len(text)} characters; at most {MAX_LENGTH} are read")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise PlanError(key, f"{_shortened(text)} is not a link: {_GRAMMAR}") from None
    try:
        root = _convert(tree, 0, symbol)
        _constant(root)
    except _Refused as refusal:
        raise PlanError(key, f"{_shortened(text)} {refusal}") from None
    return Expression(text, tuple(dict.fromkeys(_references(root))), root)


def _shortened(text: str) -> str:
    return repr(text if len(text) <= 80 else f"{text[:77]}...")


class _Refused(Exception):
    """Why a text is no link; follows the text in the message."""


_BINARY: dict[type, str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Pow: "**",
}


def _convert(tree: ast.expr, depth: int, symbol: str) -> _Node:
    if depth > MAX_DEPTH:
        raise _Refused(f"is nested more than {MAX_DEPTH} deep; write it shorter")
    match tree:
        case ast.Constant(value=bool()):
            pass
        case ast.Constant(value=int() | float() as number):
            return _Node("number", number=_finite(number))
        case ast.Attribute(value=ast.Name(id=owner), attr=parameter):
            return _Node("reference", reference=f"{owner}.{parameter}")
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _Node("negative", (_convert(operand, depth + 1, symbol),))
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _convert(operand, depth + 1, symbol)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            sides = (_convert(left, depth + 1, symbol), _convert(right, depth + 1, symbol))
            return _Node(_BINARY[type(op)], sides)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in _FUNCTIONS:
            several = name in ("min", "max")
            if len(args) < 2 if several else len(args) != 1:
                wanted = "two numbers or more" if several else "one number"
                raise _Refused(f"is not a link: {name} takes {wanted}")
            return _Node(name, tuple(_convert(arg, depth + 1, symbol) for arg in args))
        case ast.Name(id=name) if name == symbol:
            return _Node("reference", reference=name)
        case ast.Name(id=name):
            raise _Refused(f"is not a link: {name!r} alone is no parameter; write id.parameter")
    raise _Refused(f"is not a link: {_GRAMMAR}")


def _finite(number: float) -> float:
    try:
        value = float(number)
    except OverflowError:
        value = math.inf
    if not math.isfinite(value):
        raise _Refused("holds a number that is too large")
    return value


def _constant(node: _Node) -> float | None:
    """Value of a part without references, which must exist; None where there are references."""
    if node.kind == "reference":
        return None
    if node.kind == "number":
        return node.number
    parts = [_constant(argument) for argument in node.arguments]
    if node.kind == "/" and parts[1] == 0.0:
        raise _Refused("divides by zero")
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    try:
        return _finite(_RULES[node.kind](known)[0])
    except (ArithmeticError, ValueError):
        raise _Refused(
            "holds a part without a value, such as the root of a negative number"
        ) from None


def _references(node: _Node) -> list[str]:
    if node.kind == "reference":
        return [node.reference]
    return [name for argument in node.arguments for name in _references(argument)]


def _renamed(node: _Node, names: Mapping[str, str]) -> _Node:
    arguments = tuple(_renamed(argument, names) for argument in node.arguments)
    reference = names.get(node.reference, node.reference)
    return _Node(node.kind, arguments, node.number, reference)


def _evaluate(node: _Node, values: Mapping[str, float]) -> Dual:
    if node.kind == "number":
        return node.number, {}
    if node.kind == "reference":
        return values[node.reference], {node.reference: 1.0}
    duals = [_evaluate(argument, values) for argument in node.arguments]
    numbers = [value for value, _ in duals]
    value, slopes = _RULES[node.kind](numbers)
    gradient: Gradient = {}
    for slope, (_, inner) in zip(slopes, duals, strict=True):
        for name, derivative in inner.items():
            gradient[name] = gradient.get(name, 0.0) + slope * derivative
    return value, gradient


def _power(numbers: Sequence[float]) -> tuple[float, list[float]]:
    base, exponent = numbers
    value = math.pow(base, exponent)
    slope_base = exponent * math.pow(base, exponent - 1.0) if exponent else 0.0
    return value, [slope_base, value * math.log(base) if base > 0.0 else 0.0]


def _pick(choose: Callable[[Sequence[float]], float]) -> "_Rule":
    def rule(numbers: Sequence[float]) -> tuple[float, list[float]]:
        value = choose(numbers)
        winner = list(numbers).index(value)
        return value, [float(i == winner) for i in range(len(numbers))]

    return rule


_Rule = Callable[[Sequence[float]], tuple[float, list[float]]]
_RULES: dict[str, _Rule] = {
    "+": lambda n: (n[0] + n[1], [1.0, 1.0]),
    "-": lambda n: (n[0] - n[1], [1.0, -1.0]),
    "*": lambda n: (n[0] * n[1], [n[1], n[0]]),
    "/": lambda n: (n[0] / n[1], [1.0 / n[1], -n[0] / n[1] ** 2]),
    "**": _power,
    "negative": lambda n: (-n[0], [-1.0]),
    "sqrt": lambda n: (math.sqrt(n[0]), [0.5 / math.sqrt(n[0])]),
    "exp": lambda n: (math.exp(n[0]), [math.exp(n[0])]),
    "log": lambda n: (math.log(n[0]), [1.0 / n[0]]),
    "abs": lambda n: (abs(n[0]), [math.copysign(1.0, n[0])]),
    "min": _pick(min),
    "max": _pick(max),
}


def _degree(node: _Node, degrees: Mapping[str, float]) -> float:
    if node.kind == "reference":
        return degrees[node.reference]
    parts = [_degree(argument, degrees) for argument in node.arguments]
    if not any(parts):
        return 0.0
    if node.kind in ("+", "-", "negative"):
        return max(parts)
    if node.kind == "*":
        return sum(parts)
    if node.kind == "/" and parts[1] == 0.0:
        return parts[0]
    return math.inf


def _affine(node: _Node) -> Affine | None:
    if node.kind == "number":
        return Affine(node.number, {})
    if node.kind == "reference":
        return Affine(0.0, {node.reference: 1.0})
    parts = [_affine(argument) for argument in node.arguments]
    if any(part is None for part in parts):
        return None
    known = [part for part in parts if part is not None]
    if all(not part.coefficients for part in known):
        try:
            return Affine(_RULES[node.kind]([part.constant for part in known])[0], {})
        except (ArithmeticError, ValueError):
            return None
    combined = _combine_affine(node.kind, known)
    return combined if combined is not None and _is_finite(combined) else None


def _combine_affine(kind: str, parts: list[Affine]) -> Affine | None:
    if kind == "negative":
        return _scale(parts[0], -1.0)
    if kind == "+":
        return _add(parts[0], parts[1])
    if kind == "-":
        return _add(parts[0], _scale(parts[1], -1.0))
    if kind == "*" and not parts[0].coefficients:
        return _scale(parts[1], parts[0].constant)
    if kind == "*" and not parts[1].coefficients:
        return _scale(parts[0], parts[1].constant)
    if kind == "/" and not parts[1].coefficients and parts[1].constant:
        return _scale(parts[0], 1.0 / parts[1].constant)
    return None


def _is_finite(part: Affine) -> bool:
    return all(map(math.isfinite, (part.constant, *part.coefficients.values())))


def _scale(part: Affine, factor: float) -> Affine:
    coefficients = {name: factor * value for name, value in part.coefficients.items()}
    return Affine(factor * part.constant, coefficients)


def _add(left: Affine, right: Affine) -> Affine:
    names = left.coefficients | right.coefficients
    coefficients = {
        name: left.coefficients.get(name, 0.0) + right.coefficients.get(name, 0.0) for name in names
    }
    return Affine(left.constant + right.constant, coefficients)
