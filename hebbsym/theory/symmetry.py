r"""The symmetric and the antisymmetric part of a rule's coefficients.

.. math:: w_{ij} - w_{ji} = \sum_\mu \sum_{p > q} (c_{pq} - c_{qp})
          \left[ (\xi_i^\mu)^p (\xi_j^\mu)^q - (\xi_i^\mu)^q (\xi_j^\mu)^p \right]

Main names
----------
asymmetry
    The differences c_pq - c_qp.
symmetric_part
    The rule with c_pq and c_qp replaced by their mean: all that an energy sees of it.
random_values, drawn_patterns
    Random exact numbers for a symbolic rule, and patterns, for evidence that runs.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction

import sympy as sp

from hebbsym.families.rules import ExpandedRule
from hebbsym.theory.lyapunov import fraction


def asymmetry(rule: ExpandedRule) -> dict[tuple[int, int], sp.Expr]:
    """The differences c_pq - c_qp, p > q, that are not identically zero.

    Examples
    --------
    >>> asymmetry(ExpandedRule(1))
    {(1, 0): c_1_post - c_1_pre}
    """
    terms = rule.terms
    powers = sorted({(max(pq), min(pq)) for pq in terms if pq[0] != pq[1]})
    differences = {
        (p, q): sp.expand(terms.get((p, q), 0) - terms.get((q, p), 0)) for p, q in powers
    }
    return {pq: d for pq, d in differences.items() if d != 0}


def symmetric_part(rule: ExpandedRule) -> ExpandedRule:
    """The rule with c_pq and c_qp both replaced by their mean.

    Examples
    --------
    >>> symmetric_part(ExpandedRule(1, {(1, 0): 1})).update
    x_i/2 + x_j/2
    """
    terms = rule.terms
    both = {pq for p, q in terms for pq in ((p, q), (q, p))}
    means = {(p, q): (terms.get((p, q), 0) + terms.get((q, p), 0)) / sp.Integer(2) for p, q in both}
    return ExpandedRule(rule.order, means, rule.name)


def random_values(rule: ExpandedRule, draw: random.Random) -> dict[sp.Symbol, sp.Expr]:
    """Random exact numbers, none of them zero, for the symbols of a rule's coefficients.

    Examples
    --------
    >>> sorted(random_values(ExpandedRule(1), random.Random(1)), key=str)
    [c_0, c_1_post, c_1_pre]
    """
    at = {}
    for symbol in sorted({s for c in rule.terms.values() for s in c.free_symbols}, key=str):
        size = sp.Rational(draw.randint(1, 9), draw.randint(1, 5))
        at[symbol] = size if symbol.is_nonnegative else draw.choice((-1, 1)) * size
    return at


def drawn_patterns(
    values: Sequence[sp.Expr], draw: random.Random, patterns: int, units: int
) -> list[list[Fraction]]:
    """Random patterns over the alphabet, or over thirds when it is not finite.

    Examples
    --------
    >>> len(drawn_patterns((-1, 1), random.Random(1), 2, 4))
    2
    """
    alphabet = [fraction(v) for v in values] or [Fraction(n, 3) for n in range(-4, 5)]
    return [[draw.choice(alphabet) for _ in range(units)] for _ in range(patterns)]
