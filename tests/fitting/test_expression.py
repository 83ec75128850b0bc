"""The language of links: everything in it, nothing beside it."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fitting.errors import PlanError
from fitting.expression import MAX_DEPTH, Affine, parse

HOSTILE = (
    "a.__class__.__mro__",
    "().__class__",
    "lambda: 1",
    "(a:=1)",
    "(a.b:=1)",
    'f"{a.b}"',
    "__import__('os').system('true')",
    "a.b if 1 else 2",
    "[a.b for a in (1,)]",
    "a[0]",
    "a.b.c",
    "a.b()",
    "open",
    "open(1)",
    "sqrt",
    "sqrt(x=1)",
    "sqrt(*a.b)",
    "sqrt(1, 2)",
    "max(a.b)",
    "a.b; a.c",
    "a.b\n+ 1",
    "a.b < 1",
    "not a.b",
    "~a.b",
    "a.b % 2",
    "a.b // 2",
    "a.b @ a.c",
    "a.b and a.c",
    "1j",
    "True",
    "None",
    "...",
    "'160'",
    "b'1'",
    "",
    "   ",
    "1 +",
    "1if 1else 2",
    "a.b\0",
    "a",
    "(" * 240 + "a.b" + ")" * 240,
)

WITHOUT_VALUE = (
    "9**9**9**9",
    "a.b * 9**9**9**9",
    "1 / 0",
    "a.b / 0",
    "a.b / (2 - 2)",
    "sqrt(-1)",
    "log(0)",
    "exp(1e4)",
    "(-8) ** 0.5",
    "1e999",
    "9" * 450,
    "a.b * (1e308 * 10)",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_anything_else_is_refused_with_the_key_and_the_text(text: str) -> None:
    with pytest.raises(PlanError) as caught:
        parse(text, "the.key")
    assert caught.value.key == "the.key"
    assert repr(text)[:60] in caught.value.problem
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("text", WITHOUT_VALUE)
def test_numbers_without_a_value_are_refused_before_any_fit(text: str) -> None:
    with pytest.raises(PlanError, match=r"zero|without a value|too large"):
        parse(text)


def test_a_million_characters_are_not_even_looked_at() -> None:
    with pytest.raises(PlanError, match="1000001 characters; at most 500"):
        parse("1+" * 500_000 + "1")


@pytest.mark.parametrize("text", ["-" * 480 + "a.b", "abs(" * 70 + "a.b" + ")" * 70 + "+1" * 60])
def test_deep_nesting_is_refused_not_overflown(text: str) -> None:
    with pytest.raises(PlanError, match=f"more than {MAX_DEPTH} deep"):
        parse(text)


def test_nesting_as_deep_as_allowed_can_be_evaluated() -> None:
    expression = parse("-" * (MAX_DEPTH - 1) + "a.b")
    assert expression.evaluate({"a.b": 2.0}) == (-2.0, {"a.b": -1.0})
    assert expression.affine() == Affine(-0.0, {"a.b": -1.0})


def test_references_in_order_of_appearance_and_once() -> None:
    assert parse("b.y + a.x * b.y - c.z").references == ("b.y", "a.x", "c.z")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.x - 1.4", Affine(-1.4, {"a.x": 1.0})),
        ("2 * (a.x + b.y) / 4 - a.x", Affine(0.0, {"a.x": -0.5, "b.y": 0.5})),
        ("-a.x * sqrt(4)", Affine(0.0, {"a.x": -2.0})),
        ("+3", Affine(3.0, {})),
        ("max(1, 2) * a.x", Affine(0.0, {"a.x": 2.0})),
        ("a.x * b.y", None),
        ("a.x ** 2", None),
        ("1 / a.x", None),
        ("min(a.x, 3)", None),
    ],
)
def test_affine_links_are_found(text: str, expected: Affine | None) -> None:
    assert parse(text).affine() == expected


@pytest.mark.parametrize(
    ("text", "degree"),
    [
        ("a.x", 1),
        ("3", 0),
        ("b.y", 0),
        ("a.x * b.y / b.y", 1),
        ("a.x * exp(b.y)", 1),
        ("a.x + 2", 1),
        ("a.x * a.x", 2),
        ("sqrt(a.x)", math.inf),
        ("b.y / a.x", math.inf),
        ("min(a.x, b.y)", math.inf),
    ],
)
def test_degree_in_the_variables(text: str, degree: float) -> None:
    assert parse(text).degree({"a.x": 1, "b.y": 0}) == degree


numbers = st.floats(0.1, 10.0).map(lambda value: round(value, 3))
leaves = numbers.map(str) | st.sampled_from(["a.x", "b.y", "c_1.z"])
texts = st.recursive(
    leaves,
    lambda inner: (
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "**"]), inner).map(
            lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"
        )
        | st.tuples(st.sampled_from(["sqrt", "exp", "log", "abs", "-"]), inner).map(
            lambda parts: f"{parts[0]}({parts[1]})"
        )
        | st.tuples(st.sampled_from(["min", "max"]), inner, inner).map(
            lambda parts: f"{parts[0]}({parts[1]}, {parts[2]})"
        )
    ),
    max_leaves=8,
)
PYTHON = {name: getattr(math, name) for name in ("sqrt", "exp", "log")} | {
    "abs": abs,
    "min": min,
    "max": max,
}


class _Owner:
    def __init__(self, **own: float) -> None:
        self.__dict__.update(own)


def by_python(text: str, values: dict[str, float]) -> float:
    """The same text through Python itself; only ever of texts made above."""
    owners = {name.split(".")[0]: _Owner(**{name.split(".")[1]: v}) for name, v in values.items()}
    return float(eval(text, {"__builtins__": {}}, PYTHON | owners))


@settings(max_examples=50)
@given(texts, numbers, numbers, numbers)
def test_value_is_that_of_python_and_slopes_those_of_differences(
    text: str, x: float, y: float, z: float
) -> None:
    values = {"a.x": x, "b.y": y, "c_1.z": z}
    try:
        expected = by_python(text, values)
        expression = parse(text)
        value, slopes = expression.evaluate(values)
    except (ArithmeticError, ValueError, TypeError, PlanError):
        return
    assert value == pytest.approx(expected, rel=1e-12)
    for name, slope in slopes.items():
        step = 1e-6 * values[name]
        try:
            high = by_python(text, values | {name: values[name] + step})
            low = by_python(text, values | {name: values[name] - step})
            far = by_python(text, values | {name: values[name] + 2 * step})
        except (ArithmeticError, ValueError, TypeError):
            continue
        scale = max(abs(slope), abs(value) / values[name], 1e-9)
        kink = abs((far - expected) / 2 - (expected - low)) / step > 1e-3 * scale
        if not kink:
            assert slope == pytest.approx((high - low) / (2 * step), abs=1e-4 * scale)


@settings(max_examples=50)
@given(texts, numbers, numbers, numbers)
def test_affine_form_gives_the_same_value_everywhere(
    text: str, x: float, y: float, z: float
) -> None:
    values = {"a.x": x, "b.y": y, "c_1.z": z}
    try:
        expression = parse(text)
        affine = expression.affine()
        value, _ = expression.evaluate(values)
    except (ArithmeticError, ValueError, PlanError):
        return
    if affine is not None:
        terms = [factor * values[name] for name, factor in affine.coefficients.items()]
        size = max(1.0, abs(affine.constant), *map(abs, terms))
        assert affine.constant + sum(terms) == pytest.approx(value, abs=1e-9 * size)
