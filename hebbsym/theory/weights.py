r"""The weights after K patterns: closed form, symmetric part, and their exact moments.

Main names
----------
QUANTITIES
    weights, weights:symmetric, weights:antisymmetric, weight_mean, weight_variance, and the
    covariances of weights that share the post unit, the pre unit, or both (reciprocal).

Conventions
-----------
Patterns are shown once each, in any order (an additive rule does not see it), W^(0) = 0, and
the diagonal of an auto-associative network is zero.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

from hebbsym import notation
from hebbsym.claim import Claim, Derivation, Evidence, Method, Regime, Step
from hebbsym.coincidences import Factor, Product
from hebbsym.families.rules import ExpandedRule
from hebbsym.notation import K, equation, i, j, mu, x_i, x_j, xi
from hebbsym.theory.setting import Setting
from hebbsym.theory.workbench import Quantity, Workbench

_W = sp.IndexedBase("w", real=True)


def weight(rule: ExpandedRule, post: sp.Symbol = i, pre: sp.Symbol = j) -> sp.Expr:
    """w_ij after K patterns, for i != j.

    Examples
    --------
    >>> weight(ExpandedRule(2, {(1, 1): 1}))
    Sum(xi[mu, i]*xi[mu, j], (mu, 1, K))
    """
    increment = rule.require_additive().update
    stored = increment.xreplace({x_i: xi[mu, post], x_j: xi[mu, pre]})
    return sp.Sum(stored, (mu, 1, K))


def presented(rule: ExpandedRule, patterns: int) -> sp.Expr:
    """w_ij built by applying the rule's update to one pattern after the other."""
    total: sp.Expr = sp.S.Zero
    for shown in range(1, patterns + 1):
        values = {x_i: xi[shown, i], x_j: xi[shown, j], notation.w: total}
        total = total + rule.update.xreplace(values)
    return total


def _weights(bench: Workbench) -> Claim:
    rule = bench.setting.rule.require_additive()
    formula = weight(rule)

    def unrolled() -> bool:
        closed = formula.subs(K, 3).doit()
        return bool(sp.expand(closed - presented(rule, 3)) == 0)

    steps = (
        Step(
            equation(_increment(), rule.update),
            "the learning rule, applied to each pattern once",
        ),
        Step(
            equation(_W[i, j], formula),
            "the increments of an additive rule do not depend on the weight, so that they add up",
            Evidence(Method.SUBSTITUTION, "three patterns presented one after the other", unrolled),
        ),
        *_matrix_form(bench),
    )
    return Claim(
        "weights",
        "weights after K patterns",
        formula,
        Regime.EXACT,
        (no_diagonal(bench.setting), "W = 0 before learning; each pattern is shown once"),
        Derivation(steps),
        "hebb1949; gerstner2002 (equation unverified)",
        symbol=_W[i, j],
        observable="weights",
        prediction=sp.S.Zero,
    )


def _increment() -> sp.Symbol:
    return sp.Symbol(r"\Delta w_{ij}")


def no_diagonal(setting: Setting) -> str:
    """Which weights there are."""
    if setting.auto:
        return "auto-association: no unit is connected to itself, w_ii = 0"
    return "hetero-association: W is M x D and complete"


def _matrix_form(bench: Workbench) -> tuple[Step, ...]:
    """W by matrices of powers of the patterns: W = sum_pq c_pq (Xi^p)^T Xi^q, less the diagonal."""
    if not bench.setting.auto:
        return ()
    rule = bench.setting.rule.require_additive()
    patterns: dict[int, sp.MatrixExpr] = {
        p: sp.HadamardPower(sp.MatrixSymbol("Xi", K, notation.D), p)
        if p > 1
        else sp.MatrixSymbol("Xi", K, notation.D)
        if p == 1
        else sp.OneMatrix(K, notation.D)
        for p in range(rule.order + 1)
    }
    full = sp.MatAdd(*(c * patterns[p].T * patterns[q] for (p, q), c in rule.terms.items()))
    return (
        Step(
            equation(sp.MatrixSymbol("W", notation.D, notation.D), full),
            "the same off the diagonal, by the K x D matrix Xi of patterns, its entrywise powers "
            "and matrices of ones; the diagonal is then set to zero",
            Evidence(
                Method.SUBSTITUTION,
                "entries of the matrix product for symbolic patterns, D = 2, K = 2",
                lambda: _matrix_entry(rule),
            ),
        ),
    )


def _matrix_entry(rule: ExpandedRule) -> bool:
    values = sp.Matrix(2, 2, lambda m, u: xi[m + 1, u + 1])
    total = sp.zeros(2, 2)
    for (p, q), c in rule.terms.items():
        total += c * values.applyfunc(lambda v, p=p: v**p).T * values.applyfunc(lambda v, q=q: v**q)
    entry = presented(rule, 2).xreplace({xi[m, i]: xi[m, 1] for m in (1, 2)})
    return bool(sp.expand(total[0, 1] - entry.xreplace({xi[m, j]: xi[m, 2] for m in (1, 2)})) == 0)


def _part(sign: int, name: str, title: str) -> Callable[[Workbench], Claim]:
    def build(bench: Workbench) -> Claim:
        rule = bench.fields.rule
        half = sp.expand((rule.update + sign * _exchanged(rule.update)) / 2)
        formula = sp.Sum(half.xreplace({x_i: xi[mu, i], x_j: xi[mu, j]}), (mu, 1, K))
        evidence = Evidence(
            Method.SUBSTITUTION,
            "the part and its transpose",
            lambda: sp.expand(half - sign * _exchanged(half)) == 0,
        )
        reason = "half the sum" if sign > 0 else "half the difference"
        return Claim(
            name,
            title,
            formula if half != 0 else sp.S.Zero,
            Regime.EXACT,
            (no_diagonal(bench.setting), "the rule is reduced on the alphabet of the patterns"),
            Derivation((Step(formula, f"{reason} of w_ij and w_ji", evidence),)),
            symbol=sp.Symbol("w^{+}_{ij}" if sign > 0 else "w^{-}_{ij}"),
        )

    return build


def _exchanged(expression: sp.Expr) -> sp.Expr:
    return expression.xreplace({x_i: x_j, x_j: x_i})


def _moment(
    name: str, title: str, factors: tuple[Factor, ...], enumerated: Callable[[Workbench], sp.Expr]
) -> Callable[[Workbench], Claim]:
    """The claim for the mean of one weight, or for the covariance of two (or one with itself)."""

    def build(bench: Workbench) -> Claim:
        fields, auto = bench.fields, bench.setting.auto
        units = tuple(sorted({u for f in factors for u in (f.post, f.pre)}))
        mean = fields.engine.average(Product((Factor(0, 1, 1, False),), (0, 1), False, auto))
        element = fields.engine.average(Product(factors, units, False, auto))
        if len(factors) == 2:
            element = element - mean**2
        formula = fields.expression(element)
        how = (
            "patterns are independent, and so are the entries of different units: the sum over "
            "pairs of patterns splits into equal and different ones"
        )
        step = Step(formula, how, bench.enumerated(title, formula, lambda: enumerated(bench)))
        return Claim(
            name,
            title,
            formula,
            Regime.EXACT,
            (no_diagonal(bench.setting), "entries independent over units and patterns"),
            Derivation((step,)),
            symbol=sp.Symbol(LABELS[name]),
            observable=name,
        )

    return build


LABELS = {
    "weight_mean": r"\operatorname{E}[w_{ij}]",
    "weight_variance": r"\operatorname{Var}[w_{ij}]",
    "weight_covariance:post": r"\operatorname{Cov}[w_{ij}, w_{ik}]",
    "weight_covariance:pre": r"\operatorname{Cov}[w_{ij}, w_{kj}]",
    "weight_covariance:reciprocal": r"\operatorname{Cov}[w_{ij}, w_{ji}]",
}
"""How the moments of weights are typeset."""


def auto_only(setting: Setting) -> str:
    """The reason why a setting has no reciprocal weights, or nothing."""
    return "" if setting.auto else "a hetero-associative memory has no reciprocal weights"


def _w(post: int, pre: int, pattern: int) -> Factor:
    return Factor(post, pre, pattern, False)


QUANTITIES: dict[str, Quantity[Workbench]] = {
    "weights": Quantity(_weights),
    "weights:symmetric": Quantity(
        _part(1, "weights:symmetric", "symmetric part of the weights"), auto_only, False
    ),
    "weights:antisymmetric": Quantity(
        _part(-1, "weights:antisymmetric", "antisymmetric part of the weights"), auto_only, False
    ),
    "weight_mean": Quantity(
        _moment(
            "weight_mean", "mean of a weight", (_w(0, 1, 1),), lambda b: b.enumeration.weight_mean()
        )
    ),
    "weight_variance": Quantity(
        _moment(
            "weight_variance",
            "variance of a weight",
            (_w(0, 1, 1), _w(0, 1, 2)),
            lambda b: b.enumeration.weight_variance(),
        )
    ),
    "weight_covariance:post": Quantity(
        _moment(
            "weight_covariance:post",
            "covariance of two weights onto the same unit",
            (_w(0, 1, 1), _w(0, 2, 2)),
            lambda b: b.enumeration.weight_covariance("post"),
        )
    ),
    "weight_covariance:pre": Quantity(
        _moment(
            "weight_covariance:pre",
            "covariance of two weights from the same unit",
            (_w(0, 2, 1), _w(1, 2, 2)),
            lambda b: b.enumeration.weight_covariance("pre"),
        )
    ),
    "weight_covariance:reciprocal": Quantity(
        _moment(
            "weight_covariance:reciprocal",
            "covariance of the two weights between a pair of units",
            (_w(0, 1, 1), _w(1, 0, 2)),
            lambda b: b.enumeration.weight_covariance("reciprocal"),
        ),
        auto_only,
    ),
}
