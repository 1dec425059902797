"""Evidence for the energy: each function gives a test of one step of its derivation.

Main names
----------
reduction_evidence, symmetry_evidence, form_evidence, slope_evidence
    Polynomial identities, with every coefficient symbolic.
run_evidence, two_step_evidence
    The same on networks trained pattern by pattern, from every state, in exact rational
    numbers; :mod:`hebbsym.theory.lyapunov` shares no code with the closed form.

Conventions
-----------
D = 3, K = 2 is the smallest size at which every kind of coincidence of indices occurs
(i = j, i != j, a third unit; mu = nu, mu != nu), so identities are tested there.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction
from itertools import product

import sympy as sp

from hebbsym.claim import Evidence, Method
from hebbsym.families.rules import ExpandedRule
from hebbsym.notation import D, K, sigma, x_i, x_j, xi
from hebbsym.theory.lyapunov import Network, descends, fraction, two_step_descends
from hebbsym.theory.symmetry import asymmetry, drawn_patterns, random_values, symmetric_part


def reduction_evidence(
    rule: ExpandedRule, reduction: ExpandedRule, values: Sequence[sp.Expr]
) -> Evidence:
    """The reduced rule agrees with the rule on the alphabet.

    Examples
    --------
    >>> reduction_evidence(ExpandedRule(1), ExpandedRule(1), (-1, 1)).holds()
    True
    >>> reduction_evidence(ExpandedRule(2), ExpandedRule(1), (-1, 1)).holds()
    False
    """

    def agrees() -> bool:
        difference = rule.update - reduction.update
        if not values:
            return bool(sp.expand(difference) == 0)
        at = [{x_i: u, x_j: v} for u, v in product(values, repeat=2)]
        return all(sp.expand(difference.xreplace(here)) == 0 for here in at)

    return Evidence(
        Method.SUBSTITUTION,
        "the reduced increment equals the rule's on every pair of values",
        agrees,
    )


def symmetry_evidence(rule: ExpandedRule, values: Sequence[sp.Expr]) -> Evidence:
    """g(u, v) - g(v, u) vanishes on the alphabet only when every c_pq = c_qp.

    Examples
    --------
    >>> symmetry_evidence(ExpandedRule(1), (-1, 1)).holds()
    True
    >>> symmetry_evidence(ExpandedRule(3), (-1, 1)).holds()  # not reduced: x**3 = x there
    False
    """
    highest = max((max(pq) for pq in rule.terms), default=0)
    powers = [(p, q) for p in range(highest + 1) for q in range(p)]

    def independent() -> bool:
        split = sum(
            d * (x_i**p * x_j**q - x_i**q * x_j**p) for (p, q), d in asymmetry(rule).items()
        )
        swapped = rule.update.xreplace({x_i: x_j, x_j: x_i})
        if sp.expand(rule.update - swapped - split) != 0:
            return False
        points = tuple(values) or tuple(map(sp.Integer, range(2, highest + 3)))
        rows = [
            [u**p * v**q - u**q * v**p for p, q in powers]
            for n, u in enumerate(points)
            for v in points[:n]
        ]
        return not powers or bool(sp.Matrix(rows).rank() == len(powers))

    return Evidence(
        Method.SUBSTITUTION,
        "g(u, v) - g(v, u) is the antisymmetric part; its powers have full rank on pairs of values",
        independent,
    )


def explicit(formula: sp.Expr, units: int, patterns: int) -> sp.Expr:
    """A closed form with its sums over units and patterns written out.

    Examples
    --------
    >>> from hebbsym.notation import i
    >>> explicit(sp.Sum(sigma[i], (i, 1, D)), 2, 1)
    sigma[1] + sigma[2]
    """
    return formula.xreplace({D: sp.Integer(units), K: sp.Integer(patterns)}).doit()


def form_evidence(
    rule: ExpandedRule,
    values: Sequence[sp.Expr],
    units: Sequence[sp.Expr],
    formula: sp.Expr,
    threshold: sp.Expr,
) -> Evidence:
    """The overlap form equals -1/2 sum w_ij sigma_i sigma_j + theta sum sigma_i as a polynomial.

    Examples
    --------
    >>> zero = sp.Integer(0)
    >>> form_evidence(ExpandedRule(0, {}), (-1, 1), (-1, 1), zero, zero).holds()
    True
    >>> form_evidence(ExpandedRule(1), (-1, 1), (-1, 1), zero, zero).holds()
    False
    """

    def identical() -> bool:
        size, load = 3, 2
        sites, labels = range(1, size + 1), range(1, load + 1)
        definition = threshold.xreplace({D: sp.Integer(size), K: sp.Integer(load)}) * sum(
            sigma[n] for n in sites
        )
        for m, n, label in product(sites, sites, labels):
            if m != n:
                increment = rule.update.xreplace({x_i: xi[label, m], x_j: xi[label, n]})
                definition -= increment * sigma[m] * sigma[n] / 2
        difference = sp.expand(definition - explicit(formula, size, load))
        for n in sites:
            difference = _remainder(difference, sigma[n], units)
            for label in labels if values else ():
                difference = _remainder(difference, xi[label, n], values)
        return bool(difference == 0)

    return Evidence(
        Method.SUBSTITUTION,
        "equal to the definition at D = 3, K = 2 as polynomials in all states, patterns and "
        "coefficients, modulo the alphabets",
        identical,
    )


def _remainder(expression: sp.Expr, variable: sp.Expr, roots: Sequence[sp.Expr]) -> sp.Expr:
    """The remainder modulo the polynomial that vanishes on ``roots``."""
    divisor = sp.expand(sp.prod(variable - r for r in roots))
    return sp.expand(sp.rem(expression, divisor, variable))


def slope_evidence() -> Evidence:
    """E changes by -(sigma_i' - sigma_i)(h_i - theta) when one unit changes: an identity.

    Examples
    --------
    >>> slope_evidence().holds()
    True
    """

    def linear() -> bool:
        size = 4
        names = {(m, n): sp.Symbol(f"w{m}{n}") for m in range(size) for n in range(m)}
        weight = {**names, **{(n, m): w for (m, n), w in names.items()}}
        state, level, new = sp.symbols(f"s:{size}"), sp.Symbol("theta"), sp.Symbol("new")

        def energy(s: Sequence[sp.Expr]) -> sp.Expr:
            return -sum(w * s[m] * s[n] for (m, n), w in weight.items()) / 2 + level * sum(s)

        def field(n: int) -> sp.Expr:
            return sum(weight[n, m] * state[m] for m in range(size) if m != n)

        return all(
            sp.expand(
                energy((*state[:n], new, *state[n + 1 :]))
                - energy(state)
                + (new - state[n]) * (field(n) - level)
            )
            == 0
            for n in range(size)
        )

    return Evidence(
        Method.SUBSTITUTION,
        "identity in symbolic symmetric weights, states and threshold at D = 4",
        linear,
    )


def run_evidence(
    rule: ExpandedRule,
    values: Sequence[sp.Expr],
    units: Sequence[sp.Expr],
    pairs: sp.Expr,
) -> Evidence:
    """Closed form and descent on trained networks, from every state and for every unit.

    ``pairs`` is the closed form at zero threshold; random thresholds are added here.

    Examples
    --------
    >>> zero = sp.Integer(0)
    >>> run_evidence(ExpandedRule(0, {}), (-1, 1), (-1, 1), zero).holds()
    True
    """
    size, load = 4, 2

    def falls() -> bool:
        draw = random.Random(1982)
        for level in (0, 0, 1, Fraction(1, 2), Fraction(-2, 3), 5):
            at = random_values(rule, draw)
            numeric = symmetric_part(rule).at(at)
            patterns = drawn_patterns(values, draw, load, size)
            states = (fraction(units[0]), fraction(units[1]))
            network = Network.trained(numeric, patterns, states, level)
            closed = explicit(pairs.xreplace(at), size, load).xreplace(
                {
                    xi[label, n]: sp.Rational(v.numerator, v.denominator)
                    for label, pattern in enumerate(patterns, 1)
                    for n, v in enumerate(pattern, 1)
                }
            )
            if not descends(network) or not _equal(closed, network):
                return False
        return True

    return Evidence(
        Method.ENUMERATION,
        f"all states and units at D = {size}, K = {load}: six random sets of coefficients, "
        "patterns and thresholds",
        falls,
    )


def _equal(closed: sp.Expr, network: Network) -> bool:
    """Whether the closed form at zero threshold, plus theta S, is the energy of every state."""
    for state in network.states():
        at = {sigma[n]: sp.Rational(s.numerator, s.denominator) for n, s in enumerate(state, 1)}
        value = fraction(sp.expand(closed.xreplace(at))) + network.threshold * sum(state)
        if value != network.energy(state):
            return False
    return True


def two_step_evidence(
    rule: ExpandedRule, values: Sequence[sp.Expr], units: Sequence[sp.Expr]
) -> Evidence:
    """F never rises and every start ends in a period of 1 or 2, by exhaustive runs.

    Examples
    --------
    >>> two_step_evidence(ExpandedRule(2, {(1, 1): -1}), (-1, 1), (-1, 1)).holds()
    True
    """

    def periodic() -> bool:
        draw = random.Random(1985)
        states = (fraction(units[0]), fraction(units[1]))
        for size, load in product((2, 3, 4), (1, 2, 3)):
            numeric = symmetric_part(rule).at(random_values(rule, draw))
            patterns = drawn_patterns(values, draw, load, size)
            for theta in (0, draw.randint(-3, 3)):
                if not two_step_descends(Network.trained(numeric, patterns, states, theta)):
                    return False
        return True

    return Evidence(
        Method.ENUMERATION,
        "synchronous runs from every state at D = 2, 3, 4 and K = 1, 2, 3, with and without threshold",
        periodic,
    )
