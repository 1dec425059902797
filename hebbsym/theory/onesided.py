r"""The energy of a rule in one activity only, whose weights are not symmetric.

With g(u, v) = r(u) every weight onto unit i is R_i = sum_mu r(xi_i^mu), and with g(u, v) = r(v)
every weight from unit i is. If r keeps one sign s, the factors

.. math:: d_i = 1/|R_i| \quad \text{(post)}, \qquad d_i = |R_i| \quad \text{(pre)}

make d_i w_ij symmetric, and each unit's move lowers

.. math:: E(\sigma) = -\tfrac12 \sum_{i \ne j} d_i w_{ij} \sigma_i \sigma_j
          + \theta \sum_i d_i \sigma_i.

Main names
----------
onesided_claim
    The claim, or None when the rule is not of this kind.

Where it fails
--------------
When r takes both signs: then two units have weights of opposite sign, one copies the other, the
other flees, and the dynamics never rests.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

import sympy as sp

from hebbsym.claim import Claim, Derivation, Evidence, Method, Regime, Step
from hebbsym.families.rules import ExpandedRule
from hebbsym.notation import D, K, i, j, mu, sigma, theta, xi
from hebbsym.theory.descent import explicit
from hebbsym.theory.lyapunov import Network, fraction
from hebbsym.theory.symmetry import drawn_patterns, random_values

_Test: TypeAlias = "Callable[[_OneSided, Network, list[Fraction], dict[sp.Basic, sp.Expr]], bool]"
_W = sp.IndexedBase("w", real=True)
_D = sp.IndexedBase("d", real=True)


@dataclass(frozen=True)
class _OneSided:
    """A rule r(x_i) (``post``) or r(x_j), its alphabet, and the sign that r keeps on it."""

    rule: ExpandedRule
    post: bool
    values: tuple[sp.Expr, ...]
    sign: sp.Expr

    def increment(self, value: sp.Expr) -> sp.Expr:
        return sum(c * value ** (p + q) for (p, q), c in self.rule.terms.items())

    def strength(self) -> sp.Expr:
        """R_i, the weight of every synapse onto (post) or from (pre) unit i."""
        return sp.Sum(self.increment(xi[mu, i]), (mu, 1, K))

    def factor(self) -> sp.Expr:
        """The site factor d_i."""
        return self.sign / self.strength() if self.post else self.sign * self.strength()

    def energy(self, units: Sequence[sp.Expr], threshold: sp.Expr) -> sp.Expr:
        """E in closed form; sigma_i**2 = b + a*sigma_i for two states."""
        constant, slope = -units[0] * units[1], units[0] + units[1]
        weight = sp.S.One if self.post else self.strength()
        squares = slope * sp.Sum(weight**2 * sigma[i], (i, 1, D))
        squares += constant * (D if self.post else sp.Sum(weight**2, (i, 1, D)))
        pairs = sp.Sum(weight * sigma[i], (i, 1, D)) ** 2 - squares
        level = threshold * sp.Sum(self.factor() * sigma[i], (i, 1, D)) if threshold != 0 else 0
        return -self.sign * pairs / 2 + level


def _one_sided(rule: ExpandedRule, values: tuple[sp.Expr, ...]) -> _OneSided | None:
    """The rule as one in a single activity that can keep one sign; None when it is not."""
    post = all(q == 0 for _, q in rule.terms)
    if not values or not (post or all(p == 0 for p, _ in rule.terms)):
        return None
    trial = _OneSided(rule, post, values, sp.S.One)
    results = [sp.expand(trial.increment(v)) for v in values]
    if any(
        (r * s).is_nonpositive and (r * s).is_zero is not True for r in results for s in results
    ):
        return None
    leading = next(r for r in reversed(results) if r != 0)
    return _OneSided(rule, post, values, sp.sign(leading))


def onesided_claim(
    rule: ExpandedRule,
    values: Sequence[sp.Expr],
    threshold: sp.Expr,
    units: Sequence[sp.Expr],
) -> Claim | None:
    """The energy of a rule in one activity that keeps one sign on the alphabet.

    Examples
    --------
    >>> claim = onesided_claim(ExpandedRule(1, {(0, 0): 2, (1, 0): 1}), (-1, 1), sp.Integer(0), (-1, 1))
    >>> claim.formula
    D/2 - Sum(sigma[i], (i, 1, D))**2/2
    >>> onesided_claim(ExpandedRule(1), (-1, 1), sp.Integer(0), (-1, 1)) is None
    True
    """
    one = _one_sided(rule, tuple(values))
    if one is None:
        return None
    formula = (
        one.energy(units, threshold).doit()
        if threshold == 0 and one.post
        else one.energy(units, threshold)
    )
    side = "post" if one.post else "pre"
    return Claim(
        name="energy",
        title="energy of the asynchronous dynamics, with site factors",
        formula=formula,
        regime=Regime.EXACT,
        assumptions=_assumptions(one, units),
        derivation=Derivation(_steps(one, units, threshold, formula, side)),
        source="derived here; descent as hopfield1982",
        symbol=sp.Symbol("E"),
    )


def _assumptions(one: _OneSided, units: Sequence[sp.Expr]) -> tuple[str, ...]:
    results = [sp.expand(one.increment(v)) for v in one.values]
    signs = (
        ()
        if all(r.is_number for r in results)
        else (
            f"{', '.join(map(str, results))} have one sign: the rule's increment never changes sign",
        )
    )
    return (
        *signs,
        f"patterns take the values {', '.join(map(str, one.values))}",
        f"units take the values {units[0]} and {units[1]}; w_ii = 0 and W starts at zero",
        "R_i, the common weight of unit i's synapses, is not zero; a unit with R_i = 0 "
        + ("receives nothing and moves at most once" if one.post else "drives no other unit"),
        "one unit is updated at a time: the higher value when h_i > theta, the lower when "
        "h_i < theta, no change on a tie",
        "theta is the same for all units and does not depend on the state",
    )


def _steps(
    one: _OneSided,
    units: Sequence[sp.Expr],
    threshold: sp.Expr,
    formula: sp.Expr,
    side: str,
) -> tuple[Step, ...]:
    energy, state, after = sp.Function("E"), sp.Symbol("sigma"), sp.Symbol("sigma'")
    pairs = sp.Sum(_D[i] * _W[i, j] * sigma[i] * sigma[j], (j, 1, D), (i, 1, D))
    levels = threshold * sp.Sum(_D[i] * sigma[i], (i, 1, D))
    change = (
        -_D[i] * (sp.IndexedBase("sigma'")[i] - sigma[i]) * (sp.IndexedBase("h")[i] - threshold)
    )
    return (
        Step(
            sp.Eq(_D[i], one.factor(), evaluate=False),
            f"the rule depends on the {side}synaptic activity only and keeps one sign: with "
            "this factor d_i w_ij = d_j w_ji, although w_ij != w_ji",
            _evidence(one, units, "d_i w_ij = d_j w_ji", _balanced),
        ),
        Step(
            sp.Eq(energy(state), -pairs / 2 + levels, evaluate=False),
            "definition, with w_ii = 0",
        ),
        Step(
            sp.Eq(energy(state), formula, evaluate=False),
            "the weights depend on one index, so the double sum is a square less its diagonal",
            _evidence(one, units, "the closed form in every state", _closed),
        ),
        Step(
            sp.Eq(energy(after) - energy(state), change, evaluate=False),
            "d_i w_ij is symmetric, so E is linear in sigma_i with slope d_i (theta - h_i), and "
            "d_i > 0: the update never raises E and lowers it when the unit moves",
            _evidence(one, units, "every update from every state lowers E", _descends),
        ),
    )


def _site_energy(
    network: Network, factors: Sequence[Fraction], state: Sequence[Fraction]
) -> Fraction:
    """-1/2 sum d_i w_ij sigma_i sigma_j + theta sum d_i sigma_i, straight from its definition."""
    total = Fraction(0)
    for n, (d, s) in enumerate(zip(factors, state, strict=True)):
        total += d * s * (network.threshold - network.field(state, n) / 2)
    return total


def _balanced(
    one: _OneSided, network: Network, factors: list[Fraction], at: dict[sp.Basic, sp.Expr]
) -> bool:
    size = range(len(factors))
    w = network.weights
    return all(factors[m] * w[m][n] == factors[n] * w[n][m] for m in size for n in size)


def _closed(
    one: _OneSided, network: Network, factors: list[Fraction], at: dict[sp.Basic, sp.Expr]
) -> bool:
    units = tuple(sp.Rational(u.numerator, u.denominator) for u in network.units)
    level = sp.Rational(network.threshold.numerator, network.threshold.denominator)
    formula = explicit(one.energy(units, theta).xreplace(at), len(factors), 2)
    formula = formula.xreplace({**at, theta: level})
    for state in network.states():
        here = {sigma[n]: sp.Rational(s.numerator, s.denominator) for n, s in enumerate(state, 1)}
        if fraction(sp.expand(formula.xreplace(here))) != _site_energy(network, factors, state):
            return False
    return True


def _descends(
    one: _OneSided, network: Network, factors: list[Fraction], at: dict[sp.Basic, sp.Expr]
) -> bool:
    for state in network.states():
        before = _site_energy(network, factors, state)
        for n, old in enumerate(state):
            new = network.updated(state, n)
            change = _site_energy(network, factors, (*state[:n], new, *state[n + 1 :])) - before
            drive = network.field(state, n) - network.threshold
            if change != -factors[n] * (new - old) * drive or (change < 0) != (new != old):
                return False
    return True


def _evidence(one: _OneSided, units: Sequence[sp.Expr], statement: str, holds: _Test) -> Evidence:
    """The test on networks trained pattern by pattern: random exact numbers, every state."""
    size, load = 4, 2

    def test() -> bool:
        draw = random.Random(4)
        states = (fraction(units[0]), fraction(units[1]))
        done = 0
        while done < 4:
            at: dict[sp.Basic, sp.Expr] = dict(random_values(one.rule, draw))
            numeric = one.rule.at(at)
            patterns = drawn_patterns(one.values, draw, load, size)
            instance = _one_sided(numeric, one.values)
            strengths = [
                sum(
                    (fraction(one.increment(_sympy(p[n])).xreplace(at)) for p in patterns),
                    Fraction(0),
                )
                for n in range(size)
            ]
            if instance is None or 0 in strengths:
                continue  # outside the assumptions of the claim
            network = Network.trained(numeric, patterns, states, Fraction(draw.randint(-2, 2), 3))
            factors = [1 / abs(r) if one.post else abs(r) for r in strengths]
            stored = {
                xi[m, n]: _sympy(v) for m, p in enumerate(patterns, 1) for n, v in enumerate(p, 1)
            }
            if not holds(one, network, factors, {**at, **stored}):
                return False
            done += 1
        return True

    return Evidence(
        Method.ENUMERATION, f"{statement}, at D = {size}, K = {load}: four random instances", test
    )


def _sympy(value: Fraction) -> sp.Rational:
    return sp.Rational(value.numerator, value.denominator)
