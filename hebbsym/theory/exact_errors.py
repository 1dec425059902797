r"""The exact probability of a wrong bit, and of a tie, at finite D and K.

Given the values that a two-valued unit holds in the other patterns (r of the K - 1 are the higher
one) the field is a sum of n independent terms with one finite law, one for each presynaptic unit: that
unit's cue times the sum of K increments. Its exact law is a convolution on a lattice, and the
probabilities are averages over r, which is binomial. Nothing is dropped: coefficients, cue and threshold
are arbitrary, as long as the increments are rational multiples of one another.

Main names
----------
QUANTITIES
    bit_error:exact, bit_error:exact:high, bit_error:exact:low, ties, ties:high, ties:low.
probability
    P(h < theta), P(h = theta) or P(h > theta) given the stored value, as an expression.
lattice
    The lattice of the field: its span and a point of it.

Conventions
-----------
A tie (h = theta) counts as half an error; ``ties`` is its probability. Where the increments have no
common lattice the law has no finite convolution, and an inversion integral over its characteristic
function does not converge absolutely, since that function does not decay: the value is then refused,
not approximated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

import sympy as sp

from hebbsym import notation
from hebbsym.claim import Claim, Derivation, Evidence, Method, Regime, Step
from hebbsym.fieldlaw import Field, tails_by_fractions
from hebbsym.lattice import Above, Below, FieldProbability, Span, Tied, fraction
from hebbsym.notation import K, equation, x_i, x_j
from hebbsym.numeric import evaluate
from hebbsym.theory.setting import Setting
from hebbsym.theory.signals import conditions
from hebbsym.theory.workbench import SMALL, Quantity, Workbench, needs_two_values

_POINT = {
    notation.a: sp.Rational(1, 3),
    notation.f: sp.Rational(2, 7),
    notation.delta: sp.Rational(1, 11),
}
_h, _theta = sp.symbols("h theta", real=True)


def probability(kind: type[FieldProbability], bench: Workbench, high: bool) -> sp.Expr:
    """One of the three probabilities of the field, given that the higher (or lower) value is stored.

    Examples
    --------
    >>> from hebbsym.families.rules import ExpandedRule
    >>> hebb = Workbench(Setting(ExpandedRule(2, {(1, 1): 1})))
    >>> print(evaluate(probability(Tied, hebb, True), {notation.D: 3, K: 2}))
    0.25
    """
    own, low, higher = laws(bench.setting, high)
    p = bench.setting.post.alphabet[1][1]
    return kind(bench.theta, bench.setting.inputs, K - 1, p, own, low, higher)


def laws(setting: Setting, high: bool) -> tuple[sp.Tuple, sp.Tuple, sp.Tuple]:
    """What one presynaptic unit adds: by the cued pattern, and by others of lower and higher value.

    The first has triples (cue, increment, weight), the others pairs (increment, weight).

    Examples
    --------
    >>> from hebbsym.families.rules import ExpandedRule
    >>> laws(Setting(ExpandedRule(2, {(1, 1): 1})), True)[0]
    ((-1, -1, 1/2), (1, 1, 1/2))
    """
    (lower, _), (higher, _) = setting.post.alphabet
    update = setting.rule.require_additive().update

    def increment(u: sp.Expr, v: sp.Expr) -> sp.Expr:
        return update.xreplace({x_i: u, x_j: v})

    pre = [(y, w) for y, w in setting.pre.alphabet if w != 0]
    own = [
        sp.Tuple(s, increment(higher if high else lower, y), w * q)
        for y, w in pre
        for s, q in setting.cue.transitions(setting.pre, y)
    ]
    others = (sp.Tuple(*(sp.Tuple(increment(u, v), w) for v, w in pre)) for u in (lower, higher))
    return (sp.Tuple(*own), *others)


def lattice(bench: Workbench, high: bool, history: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """The span of the field's lattice, 0 where there is none, and a point of it.

    Examples
    --------
    >>> from hebbsym.families.rules import ExpandedRule
    >>> hebb = Workbench(Setting(ExpandedRule(2, {(1, 1): 1})))
    >>> lattice(hebb, True, sp.S.Zero)[1]  # (D - 1)(2 - K), an even number when (D - 1) K is
    -D*K + 2*D + K - 2
    """
    setting = bench.setting
    if not setting.pre.alphabet:
        return sp.S.Zero, sp.S.Zero
    own, low, higher = laws(setting, high)
    least = history * higher[0][0] + (K - 1 - history) * low[0][0]
    (s, g, _), *others = own
    start = s * (g + least)
    jumps = [
        state * (v - law[0][0]) for state, _, _ in own for law in (low, higher) for v, _ in law
    ]
    starts = [state * (increment + least) - start for state, increment, _ in others]
    values = [sp.expand(value) for value in (*jumps, *starts)]
    span = Span(*dict.fromkeys(value for value in values if value != 0))
    return span, sp.expand(setting.inputs * start)


def exact_error(bench: Workbench, high: bool) -> sp.Expr:
    """The probability that a bit is wrong given its stored value, ties counted half."""
    wrong = probability(Below if high else Above, bench, high)
    return wrong + probability(Tied, bench, high) / 2


def tie(bench: Workbench, high: bool) -> sp.Expr:
    """The probability of a tie given the stored value."""
    return probability(Tied, bench, high)


Side = Callable[[Workbench, bool], sp.Expr]


def over_values(bench: Workbench, side: Side) -> sp.Expr:
    """The average over both stored values."""
    (_, lower), (_, higher) = bench.setting.post.alphabet
    return lower * side(bench, False) + higher * side(bench, True)


# ---- evidence ------------------------------------------------------------------------------


def _point(setting: Setting) -> dict[sp.Symbol, sp.Expr]:
    """A rational value for each symbol that the setting leaves open."""
    free = sorted(setting.free_symbols, key=str)
    return {
        symbol: _POINT.get(symbol, sp.Rational(5 + 2 * place, 11 + place))
        for place, symbol in enumerate(free)
    }


def _values(sides: tuple[bool, ...], at: Workbench) -> dict[sp.Expr, sp.Expr]:
    """The stored values that a claim is about, each with its probability among them."""
    chosen = [at.setting.post.alphabet[1 if high else 0] for high in sides]
    total = sp.Add(*(p for _, p in chosen))
    return {value: p / total for value, p in chosen}


def _in_fractions(bench: Workbench, high: bool) -> tuple[sp.Expr, sp.Expr]:
    """Error and ties at the small sizes, by plain convolution of fractions."""
    expression = probability(Tied, bench, high).xreplace(SMALL_NUMBERS)
    field = Field.of(expression, fraction, _near)
    below, at, above = (sp.Rational(p.numerator, p.denominator) for p in tails_by_fractions(field))
    return (below if high else above) + at / 2, at


def _near(bound: sp.Expr) -> Fraction:
    return fraction(sp.Rational(int(sp.floor(bound * 10**60)), 10**60))


SMALL_NUMBERS: Mapping[sp.Symbol, sp.Expr] = {s: sp.Integer(n) for s, n in SMALL.items()}


def _enumerated(bench: Workbench, sides: tuple[bool, ...], ties: bool) -> Evidence:
    """The convolution against all patterns and cues, as fractions, and the transform against it."""

    def holds() -> bool:
        there = Workbench(bench.setting.at(_point(bench.setting)))
        theta = sp.radsimp(there.theta.xreplace(SMALL_NUMBERS))
        for high in sides:
            value = there.fields.values[1 if high else 0]
            truth = there.enumeration.bit_error(value, theta)
            if _in_fractions(there, high) != (truth.wrong, truth.ties):
                return False
            formula = tie(there, high) if ties else exact_error(there, high)
            wanted = truth.ties if ties else truth.wrong
            off = abs(evaluate(formula, SMALL_NUMBERS) - evaluate(wanted, {}))
            if off > evaluate(wanted, {}) / 10**12:
                return False
        return True

    sizes = "D = 3, K = 2" + ("" if bench.setting.auto else ", M = 2")
    where = "" if not bench.setting.free_symbols else ", symbols at rational values"
    return Evidence(
        Method.ENUMERATION,
        f"convolution in fractions against all patterns and cues at {sizes}{where}, zero tolerance; "
        "transform against fractions to 12 digits",
        holds,
    )


# ---- claims --------------------------------------------------------------------------------


def _steps(bench: Workbench, sides: tuple[bool, ...], ties: bool) -> tuple[Step, ...]:
    g, n, m = sp.Function("g"), bench.setting.inputs, sp.Symbol("r")
    p = sp.Symbol("p_+")
    value = bench.fields.values[1 if sides[-1] else 0]
    relation = sp.Symbol("h = \\theta" if ties else ("h < \\theta" if sides[-1] else "h > \\theta"))
    given = sp.Function(r"\operatorname{P}")(relation, value, m)
    term = sp.Symbol("s") * (g(value, sp.Symbol("y")) + sp.Symbol(r"\sum_{\mu} g(u_\mu, v_\mu)"))
    weight = sp.binomial(K - 1, m) * p**m * (1 - p) ** (K - 1 - m)
    return (
        Step(
            equation(sp.Symbol("z"), term),
            "one presynaptic unit's contribution: its cue times the cued pattern's increment and those "
            "of the others; given the values u the law is the same for all units, and they are "
            "independent",
        ),
        Step(
            equation(_h, sp.Sum(sp.Indexed("z", notation.j), (notation.j, 1, n))),
            "given u the field is a sum of n such terms; its law depends on u through the number r of "
            "higher values alone, and is a convolution on a lattice",
        ),
        Step(
            equation(
                sp.Function(r"\operatorname{P}")(relation, value),
                sp.Sum(weight * given, (m, 0, K - 1)),
            ),
            "r is binomial; a tie counts as half an error",
            _enumerated(bench, sides, ties),
        ),
    )


_BESIDE_ERRORS = (
    "numbers are right to 12 digits of tie and error together: a tie far rarer than the error has "
    "fewer digits of its own"
)


def _claim(
    name: str, title: str, observable: str, sides: tuple[bool, ...], side: Side, ties: bool
) -> Callable[[Workbench], Claim]:
    def build(bench: Workbench) -> Claim:
        both = len(sides) == 2
        value = bench.fields.values[1 if sides[-1] else 0]
        label = r"\operatorname{P}_{\mathrm{tie}}" if ties else r"\operatorname{P}_{\mathrm{err}}"
        return Claim(
            name,
            title if both else f"{title}, where {value} is stored",
            over_values(bench, side) if both else side(bench, sides[0]),
            Regime.EXACT,
            (
                *conditions(bench.setting),
                bench.setting.output.statement,
                *((_BESIDE_ERRORS,) if ties else ()),
            ),
            Derivation(_steps(bench, sides, ties)),
            "derived here",
            symbol=sp.Symbol(label) if both else sp.Function(label)(value),
            observable=observable,
            display=_shape(bench, sides, ties),
        )

    return build


def _shape(bench: Workbench, sides: tuple[bool, ...], ties: bool) -> sp.Basic:
    """In words: which probabilities are added, the weights of the stored values before them."""
    total = []
    for high in sides:
        value = bench.fields.values[1 if high else 0]
        share = sp.Symbol("p_+" if high else "p_-") if len(sides) == 2 else sp.S.One
        given = sp.Function(r"\operatorname{P}")
        tied = given(sp.Symbol(r"h = \theta"), value)
        wrong = given(sp.Symbol(r"h < \theta" if high else r"h > \theta"), value)
        total.append(share * (tied if ties else wrong + tied / 2))
    return sp.Add(*total)


def absent(setting: Setting) -> str:
    """The reason why a setting has no exact law on a lattice, or nothing."""
    if setting.threshold.inhibits:
        return (
            "with inhibition the population's mean field couples the presynaptic units, and given the "
            "unit's history the field is no sum of independent terms (bit_error has its Gaussian law)"
        )
    if not setting.pre.alphabet:
        return f"{setting.pre.name} addresses have a continuum of values, and the field no lattice"
    return needs_two_values(setting)


_SIDES: dict[str, tuple[bool, ...]] = {"": (False, True), ":high": (True,), ":low": (False,)}

QUANTITIES: dict[str, Quantity[Workbench]] = {
    **{
        f"bit_error:exact{end}": Quantity(
            _claim(
                f"bit_error:exact{end}",
                "exact probability that a bit is wrong",
                f"bit_error{end}",
                sides,
                exact_error,
                False,
            ),
            absent,
            by_default=False,
        )
        for end, sides in _SIDES.items()
    },
    **{
        f"ties{end}": Quantity(
            _claim(f"ties{end}", "exact probability of a tie", f"ties{end}", sides, tie, True),
            absent,
            by_default=False,
        )
        for end, sides in _SIDES.items()
    },
}
