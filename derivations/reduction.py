r"""On r values every rule of any order has r^2 independent coefficients, four on two values.

A rule acts on patterns only through its increments g(u, v) at the pairs of stored values. The
remainder modulo prod (x - value) replaces every power by powers below r, so that

    g(u, v) = sum_{p < r, q < s} c~_pq u^p v^q

on r postsynaptic and s presynaptic values: r s coefficients are enough, at any order. No fewer
are: the map from the coefficients to the r s increments is a product of two Vandermonde
matrices and therefore one to one. On bipolar patterns even powers are 1 and odd ones x; on
{0, 1} all powers above 0 are x; on {-1, 0, 1} odd ones are x and even ones x^2.

Assumptions: the values are different from one another; coefficients may be symbolic.
"""

from collections.abc import Sequence
from itertools import product

import sympy as sp

import hebbsym as hs
from hebbsym.notation import coefficient, x_i, x_j

HIGHEST = 6
ALPHABETS = ((-1, 1), (0, 1), (-1, 0, 1), (-2, -1, 1, 3))
LOW, HIGH = sp.symbols("x_- x_+", real=True)
u, v = sp.symbols("u v")


def _agrees(values: tuple[sp.Expr, ...], order: int) -> bool:
    """The reduced rule has the increments of the general rule, at every pair of values."""
    rule = hs.ExpandedRule(order)
    low = hs.reduced(rule, values)
    if any(p >= len(values) or q >= len(values) for p, q in low.terms):
        return False
    return all(
        sp.expand((rule.update - low.update).xreplace({x_i: a, x_j: b})) == 0
        for a, b in product(map(sp.Integer, values), repeat=2)
    )


def _all_agree() -> bool:
    return all(_agrees(values, n) for values in ALPHABETS for n in range(HIGHEST + 1))


def _general_values_agree() -> bool:
    """Two values that are symbols: the four reduced coefficients, order 4."""
    rule = hs.ExpandedRule(4)
    low = hs.reduced(rule, (LOW, HIGH))
    if set(low.terms) != {(0, 0), (1, 0), (0, 1), (1, 1)}:
        return False
    return all(
        sp.expand((rule.update - low.update).xreplace({x_i: a, x_j: b})) == 0
        for a, b in product((LOW, HIGH), repeat=2)
    )


def _bipolar_by_parity() -> bool:
    """Second route: on -1 and +1 each coefficient is the sum of those of its parity."""
    for order in range(HIGHEST + 1):
        low = hs.reduced(hs.ExpandedRule(order), (-1, 1)).terms
        for parity in product((0, 1), repeat=2):
            same = [
                coefficient(p, q)
                for p, q in product(range(order + 1), repeat=2)
                if p + q <= order and (p % 2, q % 2) == parity
            ]
            if sp.expand(low.get(parity, sp.Integer(0)) - sp.Add(*same)) != 0:
                return False
    return True


def _monomials(values: Sequence[sp.Expr]) -> sp.Matrix:
    """The increments of the r**2 monomials, one column each, at the r**2 pairs of values."""
    powers = list(product(range(len(values)), repeat=2))
    return sp.Matrix([[a**p * b**q for p, q in powers] for a, b in product(values, repeat=2)])


def _determinant_is_a_power() -> bool:
    """Its determinant is the product of the differences of the values to the power 2r."""
    two = sp.expand(_monomials((LOW, HIGH)).det() - (HIGH - LOW) ** 4) == 0
    three = tuple(map(sp.Integer, (2, -3, 7)))
    differences = sp.prod(three[n] - three[m] for n in range(3) for m in range(n))
    return two and _monomials(three).det() == differences**6


def _no_fewer() -> bool:
    """The increments of the r**2 monomials have full rank on every alphabet here."""
    return all(
        _monomials(tuple(map(sp.Integer, values))).rank() == len(values) ** 2
        for values in ALPHABETS
    )


BIPOLAR = hs.reduced(hs.ExpandedRule(2), (-1, 1)).update.xreplace({x_i: u, x_j: v})


def derivation() -> hs.Derivation:
    """Powers are dependent; the remainder agrees; the powers that are left are independent."""
    evidence, method = hs.Evidence, hs.Method
    g = sp.Function("g")(u, v)
    return hs.Derivation(
        (
            hs.Step(
                sp.Eq(u**2, (LOW + HIGH) * u - LOW * HIGH),
                "(u - x_-)(u - x_+) = 0 for u one of the two values; on r values the product over "
                "all of them gives u**r by lower powers, and so every higher power",
                evidence(
                    method.SUBSTITUTION,
                    "two symbolic values, general rule of order 4",
                    _general_values_agree,
                ),
            ),
            hs.Step(
                sp.Eq(g, BIPOLAR, evaluate=False),
                "the remainder in each variable takes the same values; on -1 and +1, with order 2",
                evidence(
                    method.ENUMERATION,
                    f"all pairs of values, four alphabets, orders 0 to {HIGHEST}, symbolic coefficients",
                    _all_agree,
                ),
            ),
            hs.Step(
                sp.Eq(u ** (2 * sp.Symbol("n", integer=True)), 1),
                "on -1 and +1 only the parity of a power counts, so the coefficients of one parity add",
                evidence(
                    method.SECOND_ROUTE, "sums over parities, orders 0 to 6", _bipolar_by_parity
                ),
            ),
            hs.Step(
                sp.Eq(sp.Symbol("det"), (HIGH - LOW) ** 4),
                "increments are a product of two Vandermonde matrices applied to the coefficients; "
                "the determinant is a power of the product of the differences of the values, for two "
                "values as here, and not zero",
                evidence(
                    method.SUBSTITUTION,
                    "two symbolic values, three numbers",
                    _determinant_is_a_power,
                ),
            ),
            hs.Step(
                sp.Eq(sp.Symbol("rank"), sp.Symbol("r") ** 2),
                "hence no two reduced rules have the same increments: no fewer coefficients will do",
                evidence(method.ENUMERATION, "full rank on four alphabets", _no_fewer),
            ),
        )
    )


THEOREM = hs.Theorem(
    name="reduction",
    title="Every rule of any order reduces to four coefficients on two-valued patterns, r^2 on r values",
    statement=(sp.Eq(sp.Function("g")(u, v), BIPOLAR, evaluate=False),),
    derive=derivation,
    prose=__doc__,
    assumptions=("the stored values are different from one another", "the rule has a finite order"),
)
