r"""Claims about the weights of a rule affine in the weight: closed form, moments, retention.

Main names
----------
QUANTITIES
    weights, weight_mean, weight_variance, the covariances of weights that share the post unit, the
    pre unit, or both (reciprocal), retention, retention:power.

Conventions
-----------
1 + A is what a pattern leaves of a weight, B what it adds, both reduced on the alphabets. Patterns are
shown once each, in order, W = 0 before them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp
from sympy.polys.rings import PolyElement

from hebbsym import notation
from hebbsym.claim import Claim, Derivation, Evidence, Method, Regime, Step
from hebbsym.families.rules import ExpandedRule
from hebbsym.notation import K, equation, i, j, mu, nu, x_i, x_j, xi
from hebbsym.theory.ages.bench import AgedBench, renewed
from hebbsym.theory.ages.parts import reduced_parts
from hebbsym.theory.weights import LABELS, auto_only, no_diagonal, presented
from hebbsym.theory.workbench import Quantity

_W = sp.IndexedBase("w", real=True)
_w = notation.w
_A = sp.Symbol("A")
_E = sp.Function(r"\operatorname{E}")
_PRODUCTS = {
    "": "w_{ij}^2",
    "post": "w_{ij} w_{ik}",
    "pre": "w_{ij} w_{kj}",
    "reciprocal": "w_{ij} w_{ji}",
}


def weight(rule: ExpandedRule) -> sp.Expr:
    """w_ij after K patterns, for i != j: what each pattern added, times what the later ones left.

    Raises
    ------
    OutsideClass
        When the rule is not affine in the weight.

    Examples
    --------
    >>> weight(ExpandedRule(2, {(1, 1): 1, (0, 0): -notation.lam * notation.w}))
    Sum(xi[mu, i]*xi[mu, j]*Product(1 - lam, (nu, mu + 1, K)), (mu, 1, K))
    """
    added, left = parts(rule)
    later = sp.Product(left.xreplace({x_i: xi[nu, i], x_j: xi[nu, j]}), (nu, mu + 1, K))
    return sp.Sum(added.xreplace({x_i: xi[mu, i], x_j: xi[mu, j]}) * later, (mu, 1, K))


def parts(rule: ExpandedRule) -> tuple[sp.Expr, sp.Expr]:
    """What a pattern adds to a weight, B, and what it leaves of it, 1 + A.

    Examples
    --------
    >>> parts(ExpandedRule(2, {(1, 1): 1, (0, 0): -notation.lam * notation.w}))
    (x_i*x_j, 1 - lam)
    """
    by_weight = [
        sp.Add(*(c * x_i**p * x_j**q for (p, q), c in part.items())) for part in rule.by_weight
    ]
    return by_weight[0], 1 + sp.Add(*by_weight[1:])


def _weights(bench: AgedBench) -> Claim:
    rule = bench.setting.rule.require_expanded()
    formula = weight(rule)
    added, left = parts(rule)

    def unrolled() -> bool:
        closed = formula.subs(K, 3).doit()
        return bool(sp.expand(closed - presented(rule, 3)) == 0)

    def split() -> bool:
        return bool(sp.expand(left * _w + added - _w - rule.update) == 0)

    steps = (
        Step(
            equation(sp.Symbol("w'_{ij}"), left * _w + added),
            "the learning rule, applied to one pattern: 1 + A multiplies the weight, B is added",
            Evidence(Method.SUBSTITUTION, "against w plus the update", split),
        ),
        Step(
            equation(_W[i, j], formula),
            "what pattern mu added is multiplied by 1 + A of every later pattern",
            Evidence(Method.SUBSTITUTION, "three patterns presented one after the other", unrolled),
        ),
    )
    return Claim(
        "weights",
        "weights after K patterns",
        formula,
        Regime.EXACT,
        (no_diagonal(bench.setting), "W = 0 before learning; each pattern is shown once, in order"),
        Derivation(steps),
        "derived here",
        symbol=_W[i, j],
    )


def _moment(name: str, title: str, shared: str, power: int) -> Callable[[AgedBench], Claim]:
    """The claim for the mean of one weight, or for the covariance of two (or one with itself)."""

    def build(bench: AgedBench) -> Claim:
        moments, forms = bench.moments, bench.forms
        mean = forms.weights(moments.weight_moment("", 1))
        second = forms.weights(moments.weight_moment(shared, 2)) - mean**2 if power == 2 else mean
        formula = forms.expression(second)

        def run(old: int, patterns: int, seen: Callable[[PolyElement], Any]) -> sp.Expr:
            first = moments.weights_iterated("", 1, patterns, seen)
            if power == 1:
                return first
            return moments.weights_iterated(shared, 2, patterns, seen) - first**2

        return Claim(
            name,
            title,
            formula,
            Regime.EXACT,
            (
                no_diagonal(bench.setting),
                "entries independent over units and patterns",
                "patterns are shown once each; W = 0 before learning",
            ),
            Derivation(
                (
                    _recurrence(bench, shared, power),
                    Step(
                        formula,
                        "the triangular recurrence solved: a sum of geometric terms in K",
                        bench.iterated(formula, run),
                    ),
                )
            ),
            symbol=sp.Symbol(LABELS[name]),
            observable=name,
        )

    return renewed(build)


def _recurrence(bench: AgedBench, shared: str, power: int) -> Step:
    """How one more pattern changes the moment."""
    product = "w_{ij}" if power == 1 else _PRODUCTS[shared]
    names = {0: sp.S.One, 1: _mean_of("w_{ij}"), power: _mean_of(product)}
    right = sp.Add(
        *(
            bench.forms.expression(bench.forms.lifted(factor)) * names[degree]
            for degree, factor in bench.moments.one_more(shared, power).items()
        )
    )
    evidence = Evidence(
        Method.ENUMERATION,
        "the moment after two patterns, over all patterns, as polynomials in all symbols",
        lambda: _enumerated(bench, shared, power),
    )
    return Step(
        equation(_mean_of(product, "K+1"), right),
        "average over one more pattern, which is independent of the weights so far: what it leaves of "
        "the product, and terms with fewer weights",
        evidence if bench.finite else None,
    )


def _mean_of(product: str, patterns: str = "K") -> sp.Symbol:
    return sp.Symbol(rf"\operatorname{{E}}_{{{patterns}}}[{product}]")


def _enumerated(bench: AgedBench, shared: str, power: int) -> bool:
    moments = bench.moments
    found = moments.inserted(moments.weights_iterated(shared, power, 2, lambda entry: entry))
    truth = bench.enumeration.weight_mean()
    if power == 2:
        truth = bench.enumeration.weight_covariance(shared) + truth**2
    return bool(sp.expand(moments.named(found.as_expr()) - truth) == 0)


def _retention(name: str, power: int, title: str, meaning: str) -> Callable[[AgedBench], Claim]:
    def build(bench: AgedBench) -> Claim:
        formula = bench.retention(power)
        kept = reduced_parts(bench.setting)[0]

        def averaged() -> bool:
            letters = (bench.setting.post.alphabet, bench.setting.pre.alphabet)
            total = sp.Add(
                *(
                    p * q * kept.update.xreplace({x_i: u, x_j: v}) ** power
                    for u, p in letters[0]
                    for v, q in letters[1]
                )
            )
            return bool(sp.expand(total - formula) == 0)

        evidence = Evidence(
            Method.SECOND_ROUTE, "sum over both alphabets, weighted by probability", averaged
        )
        return Claim(
            name,
            title,
            formula,
            Regime.EXACT,
            ("entries independent over units and patterns",),
            Derivation((Step(formula, meaning, evidence if bench.finite else None),)),
            symbol=_E((1 + _A) ** power),
        )

    return build


QUANTITIES: dict[str, Quantity[AgedBench]] = {
    "weights": Quantity(_weights),
    "weight_mean": Quantity(_moment("weight_mean", "mean of a weight", "", 1)),
    "weight_variance": Quantity(_moment("weight_variance", "variance of a weight", "", 2)),
    "weight_covariance:post": Quantity(
        _moment("weight_covariance:post", "covariance of two weights onto the same unit", "post", 2)
    ),
    "weight_covariance:pre": Quantity(
        _moment("weight_covariance:pre", "covariance of two weights from the same unit", "pre", 2)
    ),
    "weight_covariance:reciprocal": Quantity(
        _moment(
            "weight_covariance:reciprocal",
            "covariance of the two weights between a pair of units",
            "reciprocal",
            2,
        ),
        auto_only,
    ),
    "retention": Quantity(
        _retention(
            "retention",
            1,
            "retention: what a pattern leaves of the mean weight",
            "average of 1 + A over both entries; the mean weight settles if its size is below 1",
        )
    ),
    "retention:power": Quantity(
        _retention(
            "retention:power",
            2,
            "retention of power: what a pattern leaves of the mean squared weight",
            "average of (1 + A)^2 over both entries; if it is below 1 all first and second moments "
            "of weights settle, for by Cauchy and Schwarz no other rate of theirs is larger",
        )
    ),
}
