r"""Rules on finite alphabets: the reduction to few coefficients, equivalence, and its invariants.

Main names
----------
reduced
    The rule with the fewest coefficients that takes the same values on the alphabets.
remainders
    Powers of a value as polynomials of lower degree that agree on the alphabet.
equivalent
    Whether, and how, two additive rules make the same memory: :class:`Equivalence`.
invariants
    The numbers that are equal exactly when two rules are equivalent: :class:`Invariants`.

Conventions
-----------
A rule acts on patterns with r postsynaptic and s presynaptic values only through the r x s
table g(u, v). Two additive rules are *equivalent* when g' = lambda g + phi(v) on the table, with
lambda > 0 and any function phi of the presynaptic value (constants included):

* the *scale* lambda multiplies all weights, fields and thresholds alike;
* the *gauge* phi(v) adds to the field of unit i the amount
  sum over mu, j of phi(xi_j^mu) s_j, the same for every unit: a population threshold.

With lambda < 0 (*sign*) all fields are reversed: the same signal-to-noise ratio, and the recall
of the inverted pattern. A function of the postsynaptic value is no gauge: it adds
psi(xi_i^mu) sum_j s_j, which differs between units.

The gauge is exact when W has all its entries (hetero-association). Without the diagonal,
unit i lacks its own term sum over mu of phi(xi_i^mu) s_i, of relative size 1/D.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import sympy as sp

from hebbsym.errors import InvalidValue
from hebbsym.families.parameters import exact
from hebbsym.families.rules import ExpandedRule
from hebbsym.notation import x_j

Value: TypeAlias = "sp.Expr | int"


def reduced(
    rule: ExpandedRule, post_values: Iterable[Value], pre_values: Iterable[Value] | None = None
) -> ExpandedRule:
    """The rule with powers below r of x_i and below s of x_j that agrees on the alphabets.

    The remainder of a polynomial modulo the product of (u - value) takes the same values on the
    alphabet and is the only polynomial of lower degree that does.

    Parameters
    ----------
    rule : ExpandedRule
        Of any order; its coefficients may be symbolic and may depend on w.
    post_values, pre_values : iterable of exact numbers or symbols
        The r postsynaptic and the s presynaptic values, all different. The presynaptic ones are
        the postsynaptic ones when not given.

    Returns
    -------
    ExpandedRule
        With at most r * s coefficients.

    Examples
    --------
    >>> reduced(ExpandedRule(order=2), (-1, 1)).terms[0, 0]
    c_0 + c_2_post + c_2_pre
    >>> len(reduced(ExpandedRule(order=7), (-1, 0, 1)).terms)
    9
    """
    post, pre = _alphabets(post_values, pre_values)
    up = remainders(post, rule.order)
    down = remainders(pre, rule.order)
    found: dict[tuple[int, int], sp.Expr] = {}
    for (p, q), c in rule.terms.items():
        for k, left in enumerate(up[p]):
            for m, right in enumerate(down[q]):
                if left != 0 and right != 0:
                    found[k, m] = found.get((k, m), sp.S.Zero) + c * left * right
    kept = {pq: c for pq, c in ((pq, _tidy(c)) for pq, c in found.items()) if c != 0}
    return ExpandedRule(max((p + q for p, q in kept), default=0), kept, rule.name)


@dataclass(frozen=True)
class Invariants:
    """What scale and gauge leave of an additive rule.

    Parameters
    ----------
    ratios : tuple of ((p, q), expression)
        The reduced coefficients with p >= 1, divided by the pivot: the first of them that is not
        zero, in the order (1, 1), (1, 0), then by total power. Zero ones are left out. Empty for
        a rule that acts through the gauge only.
    sign : expression
        The sign of the pivot; 0 for a rule without one. It is symbolic where the pivot's sign is
        not known.

    Examples
    --------
    >>> from hebbsym.families.named import rules
    >>> invariants(rules["covariance"], (-1, 1)) == invariants(rules["pre-centred"], (-1, 1))
    True
    """

    ratios: tuple[tuple[tuple[int, int], sp.Expr], ...]
    sign: sp.Expr


def invariants(
    rule: ExpandedRule, post_values: Iterable[Value], pre_values: Iterable[Value] | None = None
) -> Invariants:
    r"""The complete invariants of an additive rule under scale and gauge.

    Two rules are equivalent if and only if their invariants are equal. Proof. The map from the
    r x s reduced coefficients to the r x s table is linear and, the values being different, one to
    one (a tensor product of two Vandermonde matrices). Under it the functions phi(v) are exactly
    the coefficients with p = 0. Hence the gauge shifts the s coefficients with p = 0 at will and
    leaves the other (r - 1) s untouched; these form a vector C, and rules modulo gauge
    are the vectors C. A scale lambda > 0 takes C to lambda C. If C = 0 the class is the one point
    0, with empty ratios and sign 0. Otherwise the place of the first non-zero entry P, its sign
    and the ratios C/P do not change under lambda > 0. Conversely let two rules have equal ratios
    and equal signs of P: then C' = (P'/P) C with P'/P > 0, which is a scale, and what is
    left differs in p = 0 only, which is a gauge. (With sign left out, the ratios alone are
    complete for lambda of either sign.)

    For symbolic coefficients the pivot is the first that is not identically zero, so the
    invariants describe the rule at generic values of its symbols.

    Examples
    --------
    >>> from hebbsym.families.named import rules
    >>> invariants(rules["covariance"], (0, 1))
    Invariants(ratios=(((1, 1), 1), ((1, 0), -a)), sign=1)
    """
    carried = _carried(reduced(rule.require_additive(), post_values, pre_values))
    if not carried:
        return Invariants((), sp.S.Zero)
    pivot = next(iter(carried.values()))
    ratios = tuple((pq, sp.cancel(c / pivot)) for pq, c in carried.items())
    return Invariants(ratios, sp.sign(pivot))


@dataclass(frozen=True)
class Equivalence:
    """How the second rule follows from the first: g' = scale * g + gauge on the alphabets.

    Parameters
    ----------
    scale : expression
        Not zero. Negative: equivalent up to sign. Of unknown sign: the condition is scale > 0.
    gauge : expression in x_j
        What is moved into the population threshold; 0 when there is nothing to move.

    Examples
    --------
    >>> from hebbsym.families.named import rules
    >>> print(equivalent(rules["covariance"], rules["pre-centred"], (-1, 1)).text)
    equal on the alphabet after a population threshold takes up -a**2 + a*x_j; without the \
diagonal, up to each unit's own term (relative size 1/D)
    """

    scale: sp.Expr
    gauge: sp.Expr

    @property
    def same(self) -> bool:
        """Whether the two rules take the same values on the alphabet."""
        return bool(self.scale == 1 and self.gauge == 0)

    @property
    def positive(self) -> bool | None:
        """Whether the scale is positive; None where that depends on the symbols."""
        known: bool | None = self.scale.is_positive
        return known

    @property
    def text(self) -> str:
        """One sentence that says which equivalence it is."""
        words = "equal on the alphabet"
        if self.scale != 1:
            kind = {True: "the positive factor", False: "sign and the factor", None: "the factor"}
            words += f" up to {kind[self.positive]} {self.scale}"
            if self.positive is None:
                words += f" (a scale where {self.scale} > 0, a change of sign where it is < 0)"
        if self.gauge != 0:
            words += (
                f" after a population threshold takes up {self.gauge}; "
                "without the diagonal, up to each unit's own term (relative size 1/D)"
            )
        return words


def equivalent(
    first: ExpandedRule,
    second: ExpandedRule,
    post_values: Iterable[Value],
    pre_values: Iterable[Value] | None = None,
) -> Equivalence | None:
    """How two additive rules are equivalent on the alphabets; None when they are not.

    Raises
    ------
    OutsideClass
        When a rule depends on w: a scale of W then changes the rule itself.

    Examples
    --------
    >>> hebb, anti = ExpandedRule(2, {(1, 1): 1}), ExpandedRule(2, {(1, 1): -3})
    >>> equivalent(hebb, anti, (-1, 1)).scale
    -3
    >>> equivalent(hebb, ExpandedRule(2, {(1, 1): 1, (1, 0): 1}), (-1, 1)) is None
    True
    """
    post, pre = _alphabets(post_values, pre_values)
    one, two = (reduced(r.require_additive(), post, pre) for r in (first, second))
    carried, other = _carried(one), _carried(two)
    if list(carried) != list(other):
        return None
    scale = sp.S.One
    if carried:
        pivot = next(iter(carried))
        scale = sp.cancel(other[pivot] / carried[pivot])
    if any(_tidy(other[pq] - scale * carried[pq]) != 0 for pq in carried):
        return None
    gauge = {
        q: _tidy(two.terms.get((0, q), sp.S.Zero) - scale * one.terms.get((0, q), sp.S.Zero))
        for q in range(len(pre))
    }
    return Equivalence(scale, sp.Add(*(c * x_j**q for q, c in gauge.items())))


def _carried(rule: ExpandedRule) -> dict[tuple[int, int], sp.Expr]:
    """The coefficients that no gauge can move, the pivot first."""
    order = sorted(
        (pq for pq in rule.terms if pq[0] >= 1), key=lambda pq: (pq != (1, 1), sum(pq), -pq[0])
    )
    return {pq: rule.terms[pq] for pq in order}


def _alphabets(
    post_values: Iterable[Value], pre_values: Iterable[Value] | None
) -> tuple[list[sp.Expr], list[sp.Expr]]:
    """Both alphabets, checked."""
    post = [exact(v) for v in post_values]
    pre = post if pre_values is None else [exact(v) for v in pre_values]
    for values in (post, pre):
        if not values:
            raise InvalidValue("an alphabet has at least one value")
        if any(_tidy(v - u) == 0 for k, v in enumerate(values) for u in values[:k]):
            raise InvalidValue(f"the values {', '.join(map(str, values))} are not all different")
    return post, pre


def remainders(values: Sequence[sp.Expr], highest: int) -> list[list[sp.Expr]]:
    """For each power 0..highest of u: the coefficients of its remainder modulo prod (u - value).

    Parameters
    ----------
    values : sequence of exact numbers or symbols
        All different.
    highest : int

    Returns
    -------
    list of lists
        Row p holds the coefficients of 1, u, u**2, ...: the one polynomial of a degree below the
        number of values that agrees with u**p on them.

    Examples
    --------
    >>> remainders((sp.Integer(-1), sp.Integer(1)), 3)  # u**2 = 1 and u**3 = u on signs
    [[1, 0], [0, 1], [1, 0], [0, 1]]
    """
    u = sp.Dummy("u")
    product = sp.Poly(sp.prod(u - v for v in values), u)
    top = [-c for c in reversed(product.all_coeffs())][:-1]
    row = [sp.S.One] + [sp.S.Zero] * (len(values) - 1)
    rows = []
    for _ in range(highest + 1):
        rows.append(row)
        carry = row[-1]
        row = [
            sp.expand(low + carry * c) for low, c in zip([sp.S.Zero, *row[:-1]], top, strict=True)
        ]
    return rows


def _tidy(expression: sp.Expr) -> sp.Expr:
    """Expanded; over one denominator where there is one, so that zero is seen to be zero."""
    expanded = sp.expand(expression)
    return expanded if expanded.is_polynomial() else sp.expand(sp.cancel(expanded))
