r"""What M(x) and V(x) are made of: the drift, post, pre and correlation parts of a rule.

Given the history u of the postsynaptic unit (its values in the other patterns) the field is
a sum of n independent, identically distributed terms, one for each presynaptic unit. The law
of total variance over u gives V(x) in a readable form, by a route that knows nothing of
coincidence patterns; it also shows which part of the rule causes which term of the noise.

Main names
----------
Anatomy
    The parts, and M(x) and V(x) in terms of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

import sympy as sp
from sympy.polys.rings import PolyElement, PolyRing


class Engine(Protocol):
    """What is read off the engine of averages: the rule's terms and single-cell moments."""

    ring: PolyRing
    x: PolyElement
    terms: list[tuple[int, int, PolyElement]]

    def single_moment(self, side: int, k: int, cue_power: int) -> PolyElement: ...


@dataclass(frozen=True)
class Anatomy:
    r"""The rule under an ensemble: g = A + b(u) + c(v) + d(u, v), all parts but A centred.

    With s the cue's entry and y the stored value of a presynaptic unit, and with
    phi_1(u) = E_v[g(u, v)] and phi_2(u) = E_v[g(u, v)^2]:

    Parameters
    ----------
    drift : A = E[g], the mean increment of a weight.
    post : B = Var(phi_1(u)), the strength of the part that depends on the post unit alone.
    pre : Var(E_u[g(u, v)]), the strength of the part that depends on the pre unit alone.
    power : E[g^2].
    cue_mean, cue_power : E[s] and E[s^2].
    signal, crossed, own : E[s g(x, y)], E[s^2 g(x, y)], E[s^2 g(x, y)^2], polynomials in x.
    """

    drift: PolyElement
    post: PolyElement
    pre: PolyElement
    power: PolyElement
    cue_mean: PolyElement
    cue_power: PolyElement
    signal: PolyElement
    crossed: PolyElement
    own: PolyElement

    @classmethod
    def of(cls, engine: Engine, auto: bool) -> Anatomy:
        """Read the parts off the rule and the single-cell moments."""
        ring, x, moment = engine.ring, engine.x, engine.single_moment
        response: dict[int, PolyElement] = {}
        caused: dict[int, PolyElement] = {}
        side = 0 if not auto else 1
        squared: dict[int, PolyElement] = {}
        signal = crossed = own = ring.zero
        for p, q, c in engine.terms:
            response[p] = response.get(p, ring.zero) + c * moment(1, q, 0)
            caused[q] = caused.get(q, ring.zero) + c * moment(side, p, 0)
            signal += c * x**p * moment(1, q, 1)
            crossed += c * x**p * moment(1, q, 2)
            for p2, q2, c2 in engine.terms:
                pair = c * c2
                squared[p + p2] = squared.get(p + p2, ring.zero) + pair * moment(1, q + q2, 0)
                own += pair * x ** (p + p2) * moment(1, q + q2, 2)
        drift = _average(response.items(), lambda p: moment(side, p, 0), ring)
        return cls(
            drift=drift,
            post=_average(_squared(response), lambda p: moment(side, p, 0), ring) - drift**2,
            pre=_average(_squared(caused), lambda q: moment(1, q, 0), ring) - drift**2,
            power=_average(squared.items(), lambda p: moment(side, p, 0), ring),
            cue_mean=moment(1, 0, 1),
            cue_power=moment(1, 0, 2),
            signal=signal,
            crossed=crossed,
            own=own,
        )

    def mean(self, n: PolyElement, k: PolyElement) -> PolyElement:
        """M(x) = n (E[s g(x, y)] + k A E[s])."""
        return n * (self.signal + k * self.drift * self.cue_mean)

    @property
    def own_noise(self) -> PolyElement:
        """Var(s g(x, y)): the cued pattern's own contribution, for each presynaptic unit."""
        return self.own - self.signal**2

    @property
    def crossing(self) -> PolyElement:
        """Cov(s g(x, y), s): how the cued pattern's contribution varies with the cue's activity."""
        return self.crossed - self.cue_mean * self.signal

    @property
    def crosstalk(self) -> PolyElement:
        """What each other pattern adds to the variance, for each presynaptic unit."""
        return self.cue_power * (self.power - self.drift**2) - self.cue_mean**2 * self.post

    @property
    def cue_variance(self) -> PolyElement:
        """Var(s)."""
        return self.cue_power - self.cue_mean**2

    def common_variance(self, n: PolyElement, k: PolyElement) -> PolyElement:
        """The part of V(x) that all units of a network share: it comes through cue and pre units.

        Given what the presynaptic units hold, in the cued pattern and in the others, this part
        of the field is fixed; it makes the errors of different units depend on one another.
        """
        per_input = (
            self.own_noise
            + 2 * k * self.drift * self.crossing
            + k * self.cue_power * self.pre
            + k**2 * self.drift**2 * self.cue_variance
        )
        return n * per_input

    def overlap_variance(self, n: PolyElement, k: PolyElement) -> PolyElement:
        """The part of V(x) that the correlation part of the rule causes: d(u, v) alone.

        Its level is set by the overlaps of the cue with the k other patterns, which all units
        share; each unit adds only its own signs to them.
        """
        return n * k * self.cue_power * (self.power - self.drift**2 - self.post - self.pre)

    def variance(self, n: PolyElement, k: PolyElement) -> PolyElement:
        """V(x) by the law of total variance, given the history of the postsynaptic unit."""
        per_input = (
            self.own_noise
            + 2 * k * self.drift * self.crossing
            + k * self.crosstalk
            + k**2 * self.drift**2 * self.cue_variance
        )
        return n * per_input + n**2 * k * self.cue_mean**2 * self.post

    def variance_expression(
        self,
        n: sp.Expr,
        k: sp.Expr,
        own_noise: PolyElement,
        crossing: PolyElement,
        spell: Callable[[PolyElement], sp.Expr],
    ) -> sp.Expr:
        """V(x)/n with its parts kept apart, for rules whose expanded form is long.

        ``own_noise`` and ``crossing`` are those of one stored value or averages over several.
        """
        drift = spell(self.drift)
        return (
            spell(own_noise)
            + 2 * k * drift * spell(crossing)
            + k * spell(self.crosstalk)
            + k**2 * drift**2 * spell(self.cue_variance)
            + n * k * spell(self.cue_mean) ** 2 * spell(self.post)
        )


def _squared(pairs: Mapping[int, PolyElement]) -> list[tuple[int, PolyElement]]:
    return [(p + r, c * d) for p, c in pairs.items() for r, d in pairs.items()]


def _average(
    pairs: Iterable[tuple[int, PolyElement]],
    moment: Callable[[int], PolyElement],
    ring: PolyRing,
) -> PolyElement:
    """Sum of coefficient times moment over (power, coefficient) pairs."""
    total = ring.zero
    for power, coefficient in pairs:
        total += coefficient * moment(power)
    return total
