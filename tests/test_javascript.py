"""The JavaScript of a page, run by node, against values of 20 digits in Python."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from importlib.resources import files
from typing import Any

import mpmath
import pytest
import sympy as sp

import hebbsym as hs
from hebbsym import numeric
from hebbsym.errors import InvalidValue, NotDerivable
from hebbsym.exploration import landmarks
from hebbsym.exploration.content import content, curve, symbols_of
from hebbsym.exploration.javascript import Program, careful, number, special_functions
from hebbsym.exploration.neighbours import increment, neighbours
from hebbsym.notation import D, K, a, delta, eta, f, lam, w, x_i, x_j, z

NODE = shutil.which("node")
with_node = pytest.mark.skipif(NODE is None, reason="node is not installed")
DIGITS = 20
SMALLEST_DOUBLE = mpmath.mpf("1e-300")
"""Below this size doubles lose their digits, and only the order of magnitude is asked for."""


def node(code: str) -> Any:
    """What a program prints, as JSON."""
    assert NODE is not None
    ran = subprocess.run([NODE, "-"], input=code, capture_output=True, text=True, timeout=60)
    assert not ran.stderr, ran.stderr
    return json.loads(ran.stdout)


def value_of(claim: hs.Claim, at: dict[sp.Symbol, sp.Rational]) -> Any:
    """A claim's value to 20 digits."""
    return numeric.value(claim, {s: v for s, v in at.items() if s != claim.unknown}, DIGITS)


def error_of(found: object, expected: Any) -> Any:
    """Relative error of a double given as text."""
    value = mpmath.mpf("nan" if found == "NaN" else str(found).replace("Infinity", "inf"))
    if expected == 0:  # what is left of 1 - erfc(u)/2 at 20 digits when it is far smaller
        return mpmath.mpf(0) if 0 <= value < 1e-20 else mpmath.inf
    if abs(expected) < SMALLEST_DOUBLE:
        return mpmath.mpf(0) if abs(value) <= SMALLEST_DOUBLE else mpmath.inf
    error = abs(value - expected) / abs(expected)
    return error if mpmath.isfinite(error) else mpmath.inf


# ---- special functions ----------------------------------------------------------------------


def _erfcinv(y: Any) -> Any:
    """By mpmath's root finder on log erfc, which knows nothing of the printed iteration."""
    if y > 1:
        return -_erfcinv(2 - y)
    guess = mpmath.sqrt(max(-mpmath.log(y), mpmath.mpf("0.01")))
    return mpmath.findroot(lambda x: mpmath.log(mpmath.erfc(x)) - mpmath.log(y), guess)


TOLERANCES = {"gamma": 1e-12, "binomial": 2e-12}
"""Where a large logarithm is raised; 1e-13 elsewhere."""
BRANCH = mpmath.mpf("-0.36787944117144233")
SPECIAL: dict[str, tuple[Callable[..., Any], Callable[[random.Random], list[float]]]] = {
    "erfc": (mpmath.erfc, lambda r: [r.choice((r.uniform(-6, 26.4), r.uniform(0.9, 1.1), r.uniform(5.9, 6.1)))]),
    "erf": (mpmath.erf, lambda r: [r.uniform(-3, 3) * 10 ** r.uniform(-8, 0)]),
    "erfinv": (mpmath.erfinv, lambda r: [r.uniform(-1, 1)]),
    "erfcinv": (_erfcinv, lambda r: [10 ** r.uniform(-250, 0.29)]),
    "lambertw": (
        lambda x, k: mpmath.lambertw(x, int(k)).real,
        lambda r: r.choice(
            (
                [10 ** r.uniform(-12, 300), 0],
                [float(BRANCH) * r.uniform(0, 1), 0],
                [float(BRANCH) * (1 - 10 ** r.uniform(-14, 0)), r.choice((0, -1))],
                [float(BRANCH) * (1 - 10 ** r.uniform(-5, -4.3)), r.choice((0, -1))],
                [-(10 ** r.uniform(-300, -0.44)), -1],
            )
        ),
    ),
    "gamma": (mpmath.gamma, lambda r: [r.choice((r.uniform(-20, 165), float(r.randint(1, 171))))]),
    "binomial": (mpmath.binomial, lambda r: sorted((r.randint(0, 1000), r.randint(0, 1000)))[::-1]),
    "powerLessOne": (lambda u, n: mpmath.expm1(n * mpmath.log1p(u)), lambda r: [-(10 ** r.uniform(-20, -0.01)), r.randint(1, 10**6)]),
}  # fmt: skip


@with_node
@pytest.mark.parametrize("name", SPECIAL)
def test_special_functions_are_right_in_the_tails_too(name: str) -> None:
    reference, draw = SPECIAL[name]
    rng = random.Random(20)
    points = [draw(rng) for _ in range(300)]
    found = node(
        f"{special_functions()}\nconst p = {json.dumps(points)};"
        f"console.log(JSON.stringify(p.map((x) => String(special.{name}(...x)))));"
    )
    with mpmath.workdps(40):
        errors = [
            error_of(text, reference(*map(mpmath.mpf, point)))
            for text, point in zip(found, points, strict=True)
        ]
    assert max(errors) < TOLERANCES.get(name, 1e-13)


@with_node
def test_a_binomial_law_sums_to_one_far_beyond_the_largest_double() -> None:
    code = (
        f"{special_functions()}\nlet sum = 0, n = 5000;"
        "for (let k = 0; k <= n; k++) sum += special.weight(n, k, 0.3, k, 0.7, n - k);"
        "console.log(JSON.stringify([sum, special.weight(5, 0, 0, 0, 1, 5), special.weight(5, 2, 0, 2, 1, 3)]));"
    )
    total, sure, never = node(code)
    assert abs(total - 1) < 1e-10
    assert (sure, never) == (1, 0)


@with_node
def test_what_has_no_value_has_none() -> None:
    asked = [
        "lambertw(-0.4)",
        "lambertw(0.1, -1)",
        "erfcinv(-1)",
        "erfinv(2)",
        "gamma(-3)",
        "countable(1, 99999, 100)",
    ]
    found = node(
        f"{special_functions()}\nconsole.log(JSON.stringify([{', '.join(f'special.{e}' for e in asked)}].map(String)));"
    )
    assert found == ["NaN"] * len(asked)


@with_node
def test_roots_are_bracketed_and_a_pole_is_none() -> None:
    searches = {
        "(k) => k * k - 50.5, 1, true, 1e6": 7,
        "(k) => (k < 3 ? 1 : k * k - 50.5), 1, true, 1e6": 7,
        "(k) => 50.5 - k * k, 1, true, 1e6": None,
        "(k) => k - 9, 1, true, 1e6": 9,
        "(x) => Math.log(x) - 2, 1, false, 1e6": mpmath.exp(2),
        "(x) => (x < 3 ? NaN : x - 1000.25), 1, false, 1e6": 1000.25,
        "(x) => 1 / (x - 3.3), 1, false, 1e6": None,
        "(k) => k - 5e5, 1, true, 1e3": None,
    }
    found = node(
        f"{special_functions()}\nconsole.log(JSON.stringify([{', '.join(f'special.root({s})' for s in searches)}]));"
    )
    for text, expected in zip(found, searches.values(), strict=True):
        if expected is None:
            assert text is None
        else:
            assert abs(text - expected) <= 1e-12 * expected


# ---- the printed functions ------------------------------------------------------------------

COEFFICIENTS = ["c_0", "c_1_post", "c_1_pre", "c_2_post", "c_2_pre", "c_2_corr"]


def point_of(symbols: tuple[sp.Symbol, ...], rng: random.Random) -> dict[sp.Symbol, sp.Rational]:
    """Random exact values where the claims are numbers."""
    drawn: dict[str, Callable[[], Fraction]] = {
        "D": lambda: Fraction(rng.randint(20, 2000)),
        "K": lambda: Fraction(rng.randint(4, 20)),
        "a": lambda: Fraction(rng.randint(-90, 90), 100),
        "f": lambda: Fraction(rng.randint(2, 98), 100),
        "delta": lambda: Fraction(rng.randint(0, 45), 100),
        "lam": lambda: Fraction(rng.randint(5, 40), 100),
        "eta": lambda: Fraction(rng.randint(5, 40), 100),  # see "What is lost" in the module
        "age": lambda: Fraction(rng.randint(0, 3)),
        "epsilon": lambda: Fraction(1, 10 ** rng.randint(1, 4)),
        "z": lambda: Fraction(rng.randint(10, 60), 10),
        "S": lambda: Fraction(rng.randint(2, 20)),
    }
    coefficient = lambda: Fraction(rng.randint(-200, 200), 100)  # noqa: E731
    slope = lambda: Fraction(rng.randint(-60, 10), 1000)  # noqa: E731
    values = {s: drawn.get(s.name, slope if s.name[:2] == "d_" else coefficient)() for s in symbols}
    return {s: sp.Rational(v.numerator, v.denominator) for s, v in values.items()}


THEORIES: dict[str, Callable[[], hs.Theory]] = {
    "hebb with flips": lambda: hs.derive(hs.rules["hebb"], cue=hs.Flip(delta)),
    "general, biased, zero": lambda: hs.derive(hs.ExpandedRule(2), hs.Bipolar(mean=a), cue=hs.Flip(delta)),
    "covariance, binary, bayes": lambda: hs.derive(
        hs.rules["covariance"], hs.Binary(activity=f), threshold=hs.Bayes()
    ),
    "general, gaussian": lambda: hs.derive(hs.ExpandedRule(2), hs.Gaussian()),
    "decay": lambda: hs.derive(hs.rule("decay(lam=lam)")),
    "instar, binary": lambda: hs.derive(hs.rule("instar"), hs.Binary(activity=f)),
}  # fmt: skip


def assert_root(claim: hs.Claim, at: dict[sp.Symbol, sp.Rational], text: str) -> None:
    """The equation changes its sign within 1e-9 of the number that was found: far fewer values than a search takes."""
    excess, found = claim.formula.lhs - claim.formula.rhs, sp.Rational(text)
    ends = (found * (1 + sign * sp.Rational(1, 10**9)) for sign in (-1, 1))
    low, high = (numeric.evaluate(excess, {**at, claim.unknown: end}, DIGITS) > 0 for end in ends)
    assert low != high, (claim.name, at, text)


@lru_cache
def derived(name: str) -> hs.Theory:
    """One of the theories, derived once."""
    return {**THEORIES, "affine": lambda: hs.derive(hs.rules["affine"])}[name]()


def static(name: str) -> str:
    """A script of the page."""
    return files("hebbsym.exploration").joinpath("static", name).read_text(encoding="utf-8")


def program_is_long(printed: Program) -> bool:
    """Whether reference values take seconds each."""
    return len("".join(printed.sums)) > 5000


def assert_last_load(claim: hs.Claim, at: dict[sp.Symbol, sp.Rational], text: str) -> None:
    """The criterion changes between the load that was found and the next; or nowhere."""
    excess = claim.formula.lhs - claim.formula.rhs
    loads = (2, 200) if text == "NaN" else (int(text), int(text) + 1)
    signs = [numeric.evaluate(excess, {**at, claim.unknown: k}, DIGITS) > 0 for k in loads if k > 1]
    if text == "NaN":
        assert signs[0] == signs[1], at
    else:
        assert signs in ([False, True], [True]), (at, text)


@with_node
@pytest.mark.parametrize("name", THEORIES)
def test_javascript_agrees_with_python_at_random_points(name: str) -> None:
    """Every curve of a page, at random exact points, to 1e-9; no value where Python has none."""
    symbols = symbols_of([derived(name)])
    printed = Program(symbols)
    curves = content(derived(name), printed).curves
    rng = random.Random(5)
    points = [point_of(symbols, rng) for _ in range(2 if program_is_long(printed) else 3)]
    vectors = [[float(at[s]) for s in symbols] for at in points]
    records = [c.record(symbols) for c in curves]
    codes = ", ".join(
        f"{{ f: {c.code}, margins: [{', '.join(code for _, code in c.margins)}] }}" for c in curves
    )
    found = node(
        f"{special_functions()}\n{static('claims.js')}\n{chr(10).join(printed.sums)}\n"
        f"const f = [{codes}], r = {json.dumps(records)}, points = {json.dumps(vectors)};"
        "console.log(JSON.stringify(r.map((claim, n) => points.map((v) => String(claims.value(claim, f[n], v))))));"
    )
    compared, searched = 0, False
    for one, texts in zip(curves, found, strict=True):
        for at, text in zip(points, texts, strict=True):
            if one.discrete:
                assert_last_load(one.claim, at, text)
                continue
            if one.claim.unknown is not None and searched and text not in ("0", "NaN"):
                assert_root(one.claim, at, text)
                compared += 1
                continue
            try:
                expected = value_of(one.claim, at)
            except InvalidValue:
                assert text in ("NaN", "Infinity", "-Infinity"), (one.claim.name, at)
                continue
            if one.claim.nothing and expected == 0:
                assert text == "0", (one.claim.name, at)
                continue
            assert error_of(text, expected) < 1e-9, (one.claim.name, at, text, expected)
            compared, searched = compared + 1, searched or one.claim.unknown is not None
    assert compared >= len(points)


@with_node
@pytest.mark.parametrize("name", ["decay", "instar, binary"])
def test_a_span_is_none_where_python_says_so(name: str) -> None:
    """In closed form and as an equation: 0 below one pattern (as 0.7 at a decay of 0.0216), and its root above."""
    symbols = symbols_of([derived(name)])
    printed = Program(symbols)
    (span,) = (c for c in content(derived(name), printed).curves if c.claim.name == "span")
    common = {D: 200, K: 5, f: sp.Rational(1, 2), z: 3}
    points = [
        {**common, **dict.fromkeys((lam, eta), sp.Rational(r, 10_000))}
        for r in (10, 216, 2000, 9000)
    ]
    vectors = [[float(at.get(s, 0)) for s in symbols] for at in points]
    margins = ", ".join(code for _, code in span.margins)
    found = node(
        f"{special_functions()}\n{static('claims.js')}\n{chr(10).join(printed.sums)}\n"
        f"const code = {{ f: {span.code}, margins: [{margins}] }}, claim = {json.dumps(span.record(symbols))};"
        f"console.log(JSON.stringify({json.dumps(vectors)}.map((v) => claims.value(claim, code, v))));"
    )
    free = span.claim.free_symbols
    expected = [value_of(span.claim, {s: v for s, v in at.items() if s in free}) for at in points]
    assert expected[0] == 0
    assert max(expected) > 1
    for value, exact in zip(found, expected, strict=True):
        assert value == 0 if exact == 0 else error_of(value, exact) < 1e-9


def vector_on_signs(
    rule: hs.ExpandedRule, at: dict[sp.Symbol, sp.Rational]
) -> list[list[Fraction]]:
    """What does not multiply w, and what does, by its four values on signs: up to length, as vectors of coefficients."""
    update = rule.update.xreplace(at)
    parts = []
    for power in (0, 1):
        part = sp.expand(update).coeff(w, power)
        table = [part.xreplace({x_i: u, x_j: v}) for u in (-1, 1) for v in (-1, 1)]
        parts.append([Fraction(int(t.p), int(t.q)) / 2 for t in table])  # sqrt(4): an isometry
    return parts


@with_node
@pytest.mark.parametrize("name", ["general, biased, zero", "affine", "decay"])
def test_increments_places_and_values_of_named_rules_agree_with_python(name: str) -> None:
    """Coefficients at the sliders, rates of families, angles by tables on the alphabet, claims of named rules."""
    one, rng = derived(name), random.Random(3)
    symbols = symbols_of([one])
    printed = Program([*symbols, landmarks.RATE])
    rule, beside = increment(one.setting, printed, symbols), neighbours(one, printed, symbols)
    assert rule is not None
    assert beside is not None
    points = [point_of(symbols, rng) for _ in range(3)]
    data = beside.data
    found = node(
        f"{special_functions()}\n{static('claims.js')}\n{chr(10).join(printed.sums)}\n"
        f"const own = {rule.code}, code = {beside.code}, data = {json.dumps(data)};"
        f"console.log(JSON.stringify({json.dumps([[float(at[s]) for s in symbols] for at in points])}.map((v) => {{"
        "const mine = code.own.map((f) => f(v));"
        "return { own: own.map((f) => f(v)), mine, rules: data.landmarks.map((mark, n) => {"
        "const family = (r) => code.landmarks[n].map((f) => f([...v, r]));"
        "const rate = mark.rate ? claims.rate(data.compared, family, mine) : null;"
        "const [a, b] = [mine, family(rate)].map((c) => claims.direction(data.compared, c));"
        "return { rate, angle: claims.angle(a, b), coefficients: family(rate),"
        "values: code.values[n].map((c) => c && String(claims.value({}, c, [...v, rate]))) }; }) }; })));"
    )
    marks, compared = landmarks.named_rules(one.setting), 0
    assert [mark.name for mark in marks] == [mark["name"] for mark in data["landmarks"]]
    for at, here in zip(points, found, strict=True):
        expanded = one.setting.rule.require_expanded()
        assert here["own"] == [
            float(c.xreplace(at)) for c in landmarks.coefficients(expanded).values()
        ]
        mine = vector_on_signs(expanded, at)
        for mark, there in zip(marks, here["rules"], strict=True):
            rate = sp.Rational(there["rate"]) if mark.rate else sp.S.Zero
            values = {**at, **({mark.rate: rate} if mark.rate else {})}
            theirs = vector_on_signs(mark.rule, values)
            assert there["angle"] == pytest.approx(angle_between(mine, theirs), abs=1e-7)
            if mark.rate:
                steps = vector_on_signs(mark.rule, {**at, mark.rate: sp.S.One})[1]
                best = sum(x * y for x, y in zip(mine[1], steps, strict=True)) / sum(
                    y * y for y in steps
                )
                assert there["rate"] == pytest.approx(
                    float(best) if 0 < best <= 1 else 0.1, rel=1e-12
                )
            claims = hs.Theory(one.setting.with_rule(mark.rule))
            for (quantity, _), text in zip(data["quantities"], there["values"], strict=True):
                if text is None:
                    continue
                claim = claims[quantity]
                known = {s: v for s, v in values.items() if s in claim.free_symbols}
                try:
                    assert error_of(text, value_of(claim, known)) < 1e-9, (mark.name, quantity)
                except InvalidValue:
                    assert text == "NaN", (mark.name, quantity, at)
                compared += 1
    assert compared >= 6 or name == "general, biased, zero"  # forms of the page serve there


def angle_between(one: list[list[Fraction]], other: list[list[Fraction]]) -> float:
    """Of (B/|B|, A), by the cosine."""
    vectors = []
    for constant, decay in (one, other):
        size = mpmath.sqrt(sum(x * x for x in map(mpmath.mpmathify, constant)))
        vectors.append(
            [*(mpmath.mpmathify(x) / size for x in constant), *map(mpmath.mpmathify, decay)]
        )
    dot = [mpmath.fdot(u, v) for u in vectors for v in vectors]
    return float(mpmath.degrees(mpmath.acos(min(1, dot[1] / mpmath.sqrt(dot[0] * dot[3])))))


def test_forms_that_lose_digits_are_rewritten() -> None:
    u, n = sp.symbols("u n", positive=True)
    for lossy in (
        1 - sp.erfc(u) / 2,
        2 - 2 * (1 - u) ** (1 / n),
        1 - (1 - sp.erfc(u) / 2) ** n,
        sp.log(1 - u),
    ):
        rewritten = careful(lossy)
        assert rewritten != lossy
        assert not any(
            part.as_coeff_Add()[0] == 1 and part.is_Add for part in sp.preorder_traversal(rewritten)
        )


@with_node
def test_a_small_error_keeps_its_digits() -> None:
    """1 - erfc(-8)/2 is 6e-16 and is 0 in doubles as it stands."""
    u, n = sp.symbols("u n")
    program = Program([u, n])
    formulas = (1 - sp.erfc(u) / 2, 1 - (1 - u) ** n)
    codes = ", ".join(program.function(formula) for formula in formulas)
    first, second = node(
        f"{special_functions()}\nconst f = [{codes}];"
        "console.log(JSON.stringify([f[0]([-8, 1]), f[1]([1e-20, 3])]));"
    )
    with mpmath.workdps(30):
        assert abs(first / (mpmath.erfc(8) / 2) - 1) < 1e-12
    assert abs(second / 3e-20 - 1) < 1e-12


@with_node
def test_sums_share_what_does_not_depend_on_their_index_and_may_be_nested() -> None:
    n, m = sp.symbols("n m", integer=True)
    x = sp.Symbol("x")
    total = sp.Sum(sp.Sum(sp.exp(x) * n + m, (m, 1, n)), (n, 1, 4)) + sp.exp(x)
    program = Program([x])
    code = program.function(total)
    found = node(
        f"{special_functions()}\n{''.join(program.sums)}\nconsole.log(JSON.stringify(({code})([0.5])));"
    )
    expected = sum(float(sp.exp(0.5)) * i + j for i in range(1, 5) for j in range(1, i + 1))
    assert abs(found - expected - float(sp.exp(0.5))) < 1e-12
    (loop,) = program.sums
    assert loop.index("Math.exp") < loop.index("for (")


def test_what_has_no_counterpart_is_refused() -> None:
    x, y = sp.symbols("x y")
    with pytest.raises(NotDerivable, match="Integral in Integral"):
        Program([x]).function(sp.Integral(sp.exp(-(y**2)), (y, 0, x)))
    with pytest.raises(NotDerivable, match="y has no place"):
        Program([x]).function(x + y)
    with pytest.raises(NotDerivable, match="larger than any double"):
        number(sp.Integer(10) ** 400)
    exact_law = hs.derive(hs.rules["hebb"])["bit_error:exact"]
    with pytest.raises(NotDerivable, match="no counterpart in JavaScript"):
        curve(exact_law, Program([D, K]))
