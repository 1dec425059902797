"""The formula parser: what it reads, what it refuses, and that refusing is quick and tidy."""

from __future__ import annotations

import time
import tracemalloc
from fractions import Fraction

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from hebbsym import formula
from hebbsym.errors import FormulaError, HebbsymError, InvalidValue, SizeLimit
from hebbsym.families.named import rule
from hebbsym.formula import assignments, number, parse
from hebbsym.functions import OF_OVERLAPS
from hebbsym.notation import D, K, a, f, lam, m, w, x, x_i, x_j

HOSTILE = [
    # nothing to read
    "",
    " ",
    "()",
    "(())",
    "( )",
    "\t",
    "\n",
    # code
    "__import__('os').system('true')",
    "eval('1')",
    "exec('1')",
    "open('x')",
    "os.system",
    "x_i.__class__",
    "x_i.subs(x_i, 1)",
    "().__class__.__bases__",
    "lambda: 0",
    "lambda x: x",
    "lambda",
    "[x for x in range(9)]",
    "(x for x in y)",
    "{1: 2}",
    "{x_i}",
    "[x_i]",
    "x_i[0]",
    "x_i[0:1]",
    "(y := 3)",
    "y = 3",
    "x_i == x_j",
    "x_i < x_j",
    "x_i if w else x_j",
    "x_i and x_j",
    "not x_i",
    "x_i or w",
    "x_i in w",
    "x_i is w",
    "1 is 1",
    "1if 2else 3",
    "await x_i",
    "yield x_i",
    "yield",
    "import os",
    "del x_i",
    "pass",
    "None",
    "True",
    "True*x_i",
    "Ellipsis()",
    "...",
    "*x_i",
    "**x_i",
    "print(x_i)",
    "exp",
    "exp()",
    "exp(x_i, x_j)",
    "exp(x_i",
    "exp(x=x_i)",
    "exp(*x_i)",
    "exp(**x_i)",
    "exp(exp)",
    "sympify(x_i)",
    "x_i(x_j)",
    "2(x_i)",
    "(x_i)(x_j)",
    "exp(x_i)(x_j)",
    "pi(2)",
    "__x",
    "_",
    "_x*x_i",
    "x_i.real",
    # strings, comments, several lines
    "'x_i'",
    '"x_i"',
    "f'{x_i}'",
    "b'x'",
    "'''",
    "x_i # comment",
    "#",
    "x_i\n*x_j",
    "x_i\\\n*x_j",
    "x_i; x_j",
    "x_i\r",
    "x_i\x00*x_j",
    "\x00",
    "x_i\x0c",
    "\ufeffx_i",
    "\u202ex_i",
    "x\u200b_i",
    # unicode tricks
    "\u03b7*x_i",
    "\uff11*x_i",
    "\u0661*x_i",
    "x_i\u00b2",
    "\U0001d431_i",
    "\uff45\uff56\uff41\uff4c(1)",
    "x_i \u00d7 x_j",
    "\u22121",
    "\ud800",
    "x_i\u00a0*x_j",
    # decimals and odd numbers
    "0.5*x_i",
    ".5",
    "5.",
    "1e3",
    "1e999999999*x_i",
    "1E-400",
    "1_000*x_i",
    "0x10",
    "0b1",
    "0o7",
    "007",
    "2j",
    "1..2",
    "nan()",
    "9" * 41,
    "9" * 1999,
    # malformed
    "x_i*",
    "x_i +",
    "*",
    "/x_i",
    "x_i x_j",
    "2x_i",
    "2 3",
    "x_i//x_j",
    "x_i % x_j",
    "x_i @ x_j",
    "x_i & x_j",
    "x_i | x_j",
    "x_i << 3",
    "~x_i",
    "x_i***x_j",
    "x_i^^2",
    "x_i * * 2",
    "x_i,",
    "x_i, x_j",
    ",",
    "(x_i",
    "x_i)",
    ")x_i(",
    "((x_i)",
    "x_i $ x_j",
    "x_i ? x_j",
    "`x_i`",
    "x_i!",
    "\\x_i",
    # not finite, not real
    "1/0",
    "x_i/0",
    "x_i/(1-1)",
    "0**-1",
    "0^0",
    "log(0)",
    "sqrt(-1)",
    "log(-1)",
    "1/log(1)",
    "x_i**(1/0)",
    # too large
    "9**9**9",
    "9**9**9**9**9",
    "9**(9**9)",
    "9**99",
    "9**-99",
    "x_i**65",
    "x_i**999999999",
    "2**x_i",
    "x_i**x_j",
    "((((9**64)**64)**64)**64)",
    "(((x_i**64)**64)**64)*(9**64)**64",
    "(x_i+x_j+w+a)**64",
    "((x_i+x_j)**8+(w+a)**8)**64",
    "((x_i+1)**60*(x_j+1)**60*(w+1)**60)",
    "(exp(x_i)+exp(x_j)+exp(w)+1)**40",
    "1/(x_i+x_j+w+a+b+c)**60",
    "*".join(f"(x_i+y{n})" for n in range(30)),
    "(" * 41 + "x_i" + ")" * 41,
    "(" * 999 + "x_i" + ")" * 999,
    "(" * 1999,
    "-" * 41 + "x_i",
    "-" * 1999 + "x",
    "+-" * 900 + "x",
    "x_i" + "+1" * 900,
    "x" + "**2" * 600,
    "exp(" * 41 + "x" + ")" * 41,
    "x_i" * 1000,
    "x_i+" * 100_000 + "1",
    "n" * 41 + "*x_i",
    "x_i" + " " * 3000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda t: ascii(t[:30]))
def test_hostile_text_is_refused_in_one_line_and_soon(text: str) -> None:
    start = time.perf_counter()
    with pytest.raises((FormulaError, SizeLimit)) as caught:
        parse(text)
    assert time.perf_counter() - start < 2
    message = str(caught.value)
    assert message.isprintable()
    assert message.isascii()
    assert len(message) < 300


@pytest.mark.parametrize("text", HOSTILE, ids=lambda t: ascii(t[:30]))
def test_hostile_text_is_refused_as_a_rule_and_as_values(text: str) -> None:
    for read in (rule, lambda t: assignments(f"D={t}")):
        with pytest.raises(HebbsymError) as caught:
            read(text)
        assert "\n" not in str(caught.value)


def test_there_are_at_least_a_hundred_hostile_formulas() -> None:
    assert len(set(HOSTILE)) >= 100


@pytest.mark.parametrize(
    "text",
    [
        "x_i" + "+x_i" * 399,
        "x_i" + "*x_j" * 399,
        "x_i" + "-1" * 399,
        "(" * 40 + "x_i" + ")" * 40,
        "-" * 40 + "x_i",
        "exp(-" * 39 + "x_i" + ")" * 39,
        "(x_i+x_j)**64",
        "((9**32)**16)**8*x_i",
        "sqrt(" + "9" * 40 + "*" + "7" * 40 + ")*x_i",
        "(12345678901234567890123456789/3)**(1/64)*x_i",
        "cos(pi*9999999999999999/7919)*x_i",
        "exp(64)*log(9999999999999999999999999999999999999999)*x_i",
        "+".join(f"c{n}*x_i^{n % 13}*x_j^{n % 7}/3" for n in range(60)),
    ],
    ids=lambda t: t[:20],
)
def test_the_largest_texts_within_the_bounds_are_read_soon(text: str) -> None:
    start = time.perf_counter()
    tracemalloc.start()
    sp.expand(parse(text))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert time.perf_counter() - start < 10
    assert peak < 200 << 20


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("c_0 + x_i^2", parse("c_0") + x_i**2),
        ("-x_i^2", -(x_i**2)),
        ("(-x_i)^2", x_i**2),
        ("1/2*x_i*x_j", sp.Rational(1, 2) * x_i * x_j),
        ("1-2-3", sp.Integer(-4)),
        ("12/2/3", sp.Integer(2)),
        ("12/2*3", sp.Integer(18)),
        ("x_i**-1", 1 / x_i),
        ("4**(1/2)", sp.Integer(2)),
        ("K**(-3/2)", K ** sp.Rational(-3, 2)),
        ("exp(-x_i)*tanh( x_j )", sp.exp(-x_i) * sp.tanh(x_j)),
        ("sqrt(2/pi)", sp.sqrt(2 / sp.pi)),
        ("+x_i - -x_j", x_i + x_j),
        ("lam*w/(1 + D)", lam * w / (1 + D)),
        ("log(2)+sin(a)+cos(f)", sp.log(2) + sp.sin(a) + sp.cos(f)),
    ],
)
def test_formulas_mean_what_they_say(text: str, expected: sp.Expr) -> None:
    assert parse(text) == expected


_SYMBOLS = [x_i, x_j, w, a, f, sp.Symbol("c_post", real=True)]
_COEFFICIENTS = st.fractions(min_value=-99, max_value=99, max_denominator=99)
_MONOMIALS = st.tuples(_COEFFICIENTS, st.lists(st.integers(0, 5), min_size=6, max_size=6))


@settings(deadline=None)
@given(st.lists(_MONOMIALS, max_size=12))
def test_a_printed_polynomial_is_read_back(terms: list[tuple[Fraction, list[int]]]) -> None:
    polynomial = sp.Add(
        *(
            sp.Rational(c.numerator, c.denominator)
            * sp.Mul(*(s**n for s, n in zip(_SYMBOLS, powers, strict=True)))
            for c, powers in terms
        )
    )
    assert parse(str(polynomial)) == polynomial
    assert parse(str(polynomial).replace("**", "^")) == polynomial


def _read(text: str) -> tuple[sp.Expr | None, str]:
    """The expression, or the message of the error."""
    try:
        return parse(text), ""
    except HebbsymError as error:
        return None, str(error)


@settings(deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_an_expression_or_a_tidy_error(text: str) -> None:
    expression, message = _read(text)
    assert (expression is None) == bool(message)
    assert message.isprintable()


@settings(deadline=None)
@given(st.text(alphabet="x_ijw019+-*/^() .eE", max_size=30))
def test_any_text_of_formula_characters_is_an_expression_or_an_error(text: str) -> None:
    expression, message = _read(text)
    assert message.isprintable()
    assert expression is None or parse(str(expression)) == expression


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("0.1", "1/10"),
        ("2.5e-3", "1/400"),
        ("1e3", "1000"),
        (".125", "1/8"),
        ("1e99", "a fraction"),
    ],
)
def test_a_decimal_is_answered_with_the_exact_number(text: str, hint: str) -> None:
    with pytest.raises(FormulaError) as caught:
        parse(text)
    assert str(caught.value).endswith(f"; write {hint}")


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("x_i+" * 600 + "1", "2000"),
        ("1+" * 450 + "1", "800"),
        ("(" * 41 + "1" + ")" * 41, "40 levels"),
        ("9" * 41, "40 digits"),
        ("x_i**65", "64"),
        ("(x_i+x_j+w+a+f)**60", "5000 terms"),
        ("((9**64)**64)**64", "32768 bits"),
    ],
)
def test_an_error_names_the_bound(text: str, bound: str) -> None:
    with pytest.raises(SizeLimit, match=bound):
        parse(text)


def test_no_bound_is_wider_than_the_text() -> None:
    """The nesting bound stays far below the recursion limits of the interpreter and of ast."""
    assert formula.DEEPEST * 8 < 500
    assert formula.MOST_TOKENS <= formula.LONGEST


def test_only_known_variables_may_occur_when_they_are_named() -> None:
    assert parse("x_i + w", variables=[x_i, w]) == x_i + w
    with pytest.raises(FormulaError, match="did you mean x_i"):
        parse("x_l + w", variables=[x_i, w])
    with pytest.raises(FormulaError, match="b has no value"):
        number("b + 1")


def test_assignments_are_exact() -> None:
    assert assignments("D=60,K=12,a=1/2, x = -1") == {D: 60, K: 12, a: sp.Rational(1, 2), x: -1}


@pytest.mark.parametrize(
    "text",
    ["", "D", "D=", "=3", "D=3,", "D=3,D=4", "D==3", "2=3", "D=K", "a=0.1", "__x=1", "exp=1"],
)
def test_malformed_assignments_are_refused(text: str) -> None:
    with pytest.raises(FormulaError):
        assignments(text)


@pytest.mark.parametrize("text", ["D=1/2", "K=-3", "K=0", "f=0", "delta=-1/9", "age=-1", "z=0"])
def test_a_value_that_its_symbol_cannot_have_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        assignments(text)


# ---- functions of an overlap ------------------------------------------------------------------


def of_overlap(text: str) -> sp.Expr:
    return parse(text, vocabulary=OF_OVERLAPS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cosh(m/10)", sp.cosh(m / 10)),
        ("max(0, m, -2)^3", sp.Max(0, m) ** 3),
        ("Min(m, 1) + abs(-m)", sp.Min(m, 1) + sp.Abs(m)),
        ("step(m)*Heaviside(m, 0)", sp.Heaviside(m) * sp.Heaviside(m, 0)),
        ("Piecewise((m^2/2, m > 0), (0, True))", sp.Piecewise((m**2 / 2, m > 0), (0, True))),
        ("Piecewise((1, Eq(m, 0)), (2, m <= -3), (m, True))",
         sp.Piecewise((1, sp.Eq(m, 0)), (2, m <= -3), (m, True))),
        ("sqrt(abs(m)) - sign(m)", sp.sqrt(sp.Abs(m)) - sp.sign(m)),
    ],
)  # fmt: skip
def test_functions_of_an_overlap_are_read_and_read_again(text: str, expected: sp.Expr) -> None:
    assert of_overlap(text) == expected
    assert of_overlap(str(expected)) == expected
    with pytest.raises(FormulaError):
        parse(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("m, 2", "',' does not belong"),
        ("m < 2", "'<' does not belong"),
        ("(m, 2)", "stands where none can"),
        ("(m < 2)*m", "stands where none can"),
        ("exp(True)", "stands where none can"),
        ("max(m)", "max takes 2 to 8 arguments, and has 1"),
        ("exp(m, 2)", "exp takes 1 argument, and has 2"),
        ("max(m,)", "a \\) .* stands where none can"),
        ("max(, m)", "an operand is missing before ,"),
        ("max(m 2)", "an operator is missing before 2"),
        ("Piecewise(m)", "takes pairs"),
        ("Piecewise((m, m))", "one comparison"),
        ("Piecewise((m, 0 < m < 2), (0, True))", "one comparison"),
        ("Piecewise((m, m == 2), (0, True))", "'=' does not belong"),
        ("Piecewise((1/0, m > 0), (0, True))", "divides by zero"),
        ("Piecewise", "lacks its argument"),
        ("Eq(m, 2)", "Eq is not a function"),
        ("floor(m)", "floor is not a function"),
        ("True*m", "stands where none can"),
        ("eval(m)", "eval is not a function"),
        ("max(m).real", "does not belong"),
        ("max(*m, 2)", "an operand is missing"),
        ("max(sqrt(-1), m)", "not real"),
        ("Piecewise((m, sqrt(-2) < m), (0, True))", "not real"),
        ("Piecewise((m, log(0) < 1), (0, True))", "not"),
        ("step(sqrt(-2))", "not real"),
    ],
)
def test_a_bad_function_of_an_overlap_is_refused_in_its_place(text: str, message: str) -> None:
    with pytest.raises(FormulaError, match=message) as caught:
        of_overlap(text)
    assert str(caught.value).isprintable()


def test_what_takes_many_comparisons_is_bounded() -> None:
    inside = "m"
    for power in range(2, 12):
        inside = f"max({inside}, m^{power} - {power})"
    with pytest.raises(SizeLimit, match="8 arguments"):
        of_overlap(inside)
