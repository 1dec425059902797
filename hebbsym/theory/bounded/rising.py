r"""The exact error of synapses that can only be switched on: Willshaw's memory and its kin.

A synapse of two levels that only rises stays low with probability P(low | u) = g(r), a product over
the K - 1 other patterns of the probability to stay low at the value u_mu of the unit. Given the number
r of those that hold the higher value the terms of the field are independent, so that

.. math:: P_{\mathrm{err}} = \sum_{r=0}^{K-1} \binom{K-1}{r} p^r (1 - p)^{K-1-r} \; P(\text{tail} \mid g(r)).

The product form of the literature puts E[g] for g: it takes weights onto one unit as independent,
although they share the unit's history, and is too small where the tail is convex in g.

Main names
----------
RisingErrors
    Both forms, where each term of the field has one value besides 0.

References
----------
willshaw1969, palm1980 for the product form (equation numbers unverified); the mixture: derived here.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from hebbsym.notation import K, r
from hebbsym.theory.bounded.chains import Chain

_b = sp.Symbol("b", integer=True, nonnegative=True)

FEWEST_TERMS = 3
"""Tails of at most so many terms are written out."""


class RisingErrors:
    """Probability of a wrong bit of a two-valued pattern, in closed form in D and K.

    Parameters
    ----------
    chain : Chain
    inputs : sympy.Expr
        The number of terms of the field.
    theta, share : sympy.Expr
        The field, less share times the cue's sum, is compared with theta.

    Examples
    --------
    >>> from hebbsym.families.ensembles import Binary
    >>> from hebbsym.families.named import rule
    >>> from hebbsym.theory.setting import Setting
    >>> f = sp.Symbol("f")
    >>> chain = Chain(Setting(rule("willshaw"), Binary(f)))
    >>> RisingErrors(chain, sp.Symbol("n"), -sp.S.Half, sp.S.One).product(0)
    (-f*(1 - f**2)**(K - 1) + 1)**n
    """

    def __init__(self, chain: Chain, inputs: sp.Expr, theta: sp.Expr, share: sp.Expr) -> None:
        self.chain, self.inputs, self.theta, self.share = chain, inputs, theta, share

    @property
    def exists(self) -> bool:
        """Whether synapses only rise, and the field is a multiple of a binomial variable."""
        chain = self.chain
        if len(chain.levels) != 2 or chain.start != 0 or not chain.setting.post.two_valued:
            return False
        if any(step[1] != [(1, chain.one)] for step in chain.steps.values()):
            return False
        return bool(self.theta.is_Rational) and all(len(self._hit(n)) == 1 for n in (0, 1))

    def _stay(self, letter: int) -> sp.Expr:
        """The probability that a low synapse stays low, at a value of the unit."""
        return self.chain.expression(
            dict(self.chain.averaged[letter][0]).get(0, 0 * self.chain.one)
        )

    @property
    def low(self) -> sp.Expr:
        """g(r)."""
        return self._stay(0) ** (K - 1 - r) * self._stay(1) ** r

    @property
    def mean_low(self) -> sp.Expr:
        """E[g]: the probability that a synapse is low after K - 1 patterns."""
        low, high = (p for _, p in self.chain.setting.post.alphabet)
        return sp.expand(low * self._stay(0) + high * self._stay(1)) ** (K - 1)

    def _hit(self, letter: int) -> dict[sp.Expr, tuple[sp.Expr, sp.Expr]]:
        """For each value z != 0 of a term: (A, B) with P(z | r) = A + B g(r)."""
        chain, made = self.chain, {}  # type: ignore[var-annotated]
        for v, chance in enumerate(chain.chances[1]):
            stay = dict(chain.steps[letter, v][0]).get(0, chain.domain.zero)
            for s, p in chain.cues[v]:
                cue, weight = chain.expression(s), chance * p
                for level, (a, b) in enumerate(
                    ((chain.domain.zero, weight * stay), (weight, -weight * stay))
                ):
                    z = cue * (chain.expression(chain.weights[level]) - self.share)
                    old = made.get(z, (chain.domain.zero, chain.domain.zero))
                    made[z] = (old[0] + a, old[1] + b)
        spelled = {z: tuple(map(self._spelled, ab)) for z, ab in made.items() if z != 0 and any(ab)}
        return spelled or {sp.S.One: (sp.S.Zero, sp.S.Zero)}

    def _spelled(self, element: Any) -> sp.Expr:
        return sp.factor(self.chain.expression(element))

    def _given(self, letter: int, low: sp.Expr) -> sp.Expr:
        """The probability of a wrong bit given the probability that a synapse is low."""
        ((z, (a, b)),) = self._hit(letter).items()
        p = a + b * low
        place = self.theta / z  # h - theta has the sign of (hits - place) z
        wrong_is_more = (letter == 0) == (z > 0)
        least = sp.floor(place) + 1
        more = self._tail(p, least)
        tie = self._point(p, place) if place.is_Integer else sp.S.Zero
        return (more if wrong_is_more else 1 - more - tie) + tie / 2

    def _point(self, p: sp.Expr, hits: sp.Expr) -> sp.Expr:
        if hits < 0:
            return sp.S.Zero
        n = self.inputs
        return sp.binomial(n, hits) * p**hits * (1 - p) ** (n - hits)

    def _tail(self, p: sp.Expr, least: sp.Expr) -> sp.Expr:
        """P(hits >= least)."""
        if least <= 0:
            return sp.S.One
        if least <= FEWEST_TERMS:
            return 1 - sp.Add(*(self._point(p, sp.Integer(k)) for k in range(int(least))))
        n = self.inputs
        return sp.Sum(sp.binomial(n, _b) * p**_b * (1 - p) ** (n - _b), (_b, least, n))

    def exact(self, letter: int) -> sp.Expr:
        """The average over the unit's history."""
        given = self._given(letter, self.low)
        if r not in given.free_symbols:
            return given
        p = self.chain.setting.post.alphabet[1][1]
        weight = sp.binomial(K - 1, r) * p**r * (1 - p) ** (K - 1 - r)
        return sp.Sum(weight * given, (r, 0, K - 1))

    def product(self, letter: int) -> sp.Expr:
        """The same with independent weights, as the literature takes them."""
        return self._given(letter, self.mean_low)
