r"""The law of the field relative to the population, given the history of the unit.

Under inhibition a unit decides by h_i - (1/D) sum_k h_k. The population's mean is a sum over
pairs of other units, H(k, j) = w_kj s_j; its projection onto single units (Hoeffding) makes

.. math::
    h_i - \bar h = \mathrm{const} + \sum_j z_j + R, \qquad
    z_j = s_j \sum_\mu F_{u_\mu}(v_{\mu j}) + \sum_\mu G_{u_\mu}(v_{\mu j}),

with u the values that the unit holds and v those of unit j: given u, and the cue's entry s_i at
the unit, which meets every synapse that leads away from it, the z_j are independent and identically
distributed. With w = 1/D, g_pre(v) = E_u g(u, v), g_post(u) = E_v g(u, v) and q(y) = E[g(y, y') s']

    F_u(v) = (1 - w) g(u, v) - (n - 1) w g_pre(v),
    G_u(v) = -w s_i g(v, u) - (n - 1) w E[s] g_post(v), in the cued pattern q(v) for E[s] g_post(v).

A pair of populations has F = (1 - w)(g - g_pre) and G = 0. R is uncorrelated with the z_j and does not
depend on the history; its variance is what they leave of the exact V(x).

Main names
----------
laws_given_history
    The cumulants given the history, with or without inhibition: each a :class:`HistoryLaw`.
averaged_moments
    What they give on average over the history: the exact moments of the field.

References
----------
hoeffding1948.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import sympy as sp
from sympy.polys.rings import PolyElement, PolyRing

from hebbsym.averages import cumulants_of, moments_of
from hebbsym.theory.fields import FieldMoments
from hebbsym.theory.history import binomial_average, given_history

Cumulants = tuple[PolyElement, ...]


@dataclass(frozen=True)
class HistoryLaw:
    """Cumulants in n, k and j, and the probability of the cue's ``entry`` that they belong to."""

    cumulants: Cumulants
    probability: sp.Expr = sp.S.One
    entry: sp.Expr | None = None


def laws_given_history(fields: FieldMoments, value: sp.Expr, order: int) -> tuple[HistoryLaw, ...]:
    """The laws, to cumulants 1..order, of what a unit decides by.

    Without inhibition there is one, the law of the field. With it there is one for each entry of
    the cue at the unit; the third has then R to first order, the fourth is that of the sum over units.

    Parameters
    ----------
    fields : FieldMoments
        Of a two-valued postsynaptic ensemble, made for at least this order.
    value : exact number
        The stored value.
    order : int
        2 to 4.
    """
    if not fields.setting.threshold.inhibits:
        return (HistoryLaw(given_history(fields, value, order)),)
    sums = _sums(fields, value, order)
    rest = remainder_variance(fields, value, sums)
    return tuple(
        replace(law, cumulants=(mean, variance + rest, *higher))
        for law in sums
        for mean, variance, *higher in (law.cumulants,)
    )


def _sums(fields: FieldMoments, value: sp.Expr, order: int) -> tuple[HistoryLaw, ...]:
    """The laws of the constant and the sum of the z_j, one for each entry of the cue."""
    setting, ring = fields.setting, fields.ring
    if not setting.auto:
        return (HistoryLaw(_Sum(fields, ring.zero).cumulants(value, order)),)
    merged: dict[sp.Expr, sp.Expr] = {}
    for entry, p in setting.cue.transitions(setting.post, value):
        merged[entry] = merged.get(entry, sp.S.Zero) + p
    return tuple(
        HistoryLaw(_Sum(fields, ring.from_expr(sp.expand(entry))).cumulants(value, order), p, entry)
        for entry, p in merged.items()
    )


def remainder_variance(
    fields: FieldMoments, value: sp.Expr, sums: tuple[HistoryLaw, ...] | None = None
) -> PolyElement:
    """Var(R): the exact V(x) without what the history and the z_j make of it."""
    first, second = averaged_moments(fields, sums or _sums(fields, value, 2))
    return fields.at_value(fields.variance, value) - (second - first**2)


def averaged_moments(
    fields: FieldMoments, laws: tuple[HistoryLaw, ...]
) -> tuple[PolyElement, PolyElement]:
    """First and second moment, averaged over the history and the cue's entry."""
    first = second = fields.ring.zero
    for law in laws:
        mean, variance, *_ = law.cumulants
        weight = fields.ring.from_expr(sp.expand(law.probability))
        first += weight * binomial_average(fields, mean)
        second += weight * binomial_average(fields, variance + mean**2)
    return first, second


@dataclass(frozen=True)
class _Sum:
    """The constant and the sum of the z_j, where the cue's entry at the unit is ``cue``."""

    fields: FieldMoments
    cue: PolyElement

    def cumulants(self, value: sp.Expr, order: int) -> Cumulants:
        """Cumulants 1..order at a unit that stores ``value``."""
        fields = self.fields
        n, k, j = fields.sizes[0], fields.sizes[1], fields.history
        ring = PolyRing(("v", "s"), fields.ring.to_domain(), "lex")
        crosstalk = [ring.zero] * order
        for other, count in zip(fields.values, (k - j, j), strict=True):
            response = self._response(ring, other, cued=False)
            raw = [self._over_values(response**m) for m in range(1, order + 1)]
            crosstalk = [
                total + c * count for total, c in zip(crosstalk, cumulants_of(raw), strict=True)
            ]
        sums = moments_of(crosstalk, ring.one)
        own = self._response(ring, value, cued=True)
        moments = [
            sum(
                (
                    math.comb(m, spread) * self._over_units(own ** (m - spread) * sums[spread])
                    for spread in range(m + 1)
                ),
                fields.ring.zero,
            )
            for m in range(1, order + 1)
        ]
        mean, *higher = (n * c for c in cumulants_of(moments))
        if order > 2:
            higher[1] += self._third_with_remainder(ring, value, crosstalk[0])
        return mean + self._constant(), *higher

    def _third_with_remainder(
        self, ring: PolyRing, value: sp.Expr, crosstalk: PolyElement
    ) -> PolyElement:
        """3 kappa(S, S, R) = -6 n (n - 1) w E[z_k z_j w_kj s_j] with centred z; S is their sum."""
        fields, moment = self.fields, self.fields.engine.single_moment
        if not fields.setting.auto:  # the outputs that R belongs to are no inputs
            return fields.ring.zero
        n, k, j = fields.sizes[0], fields.sizes[1], fields.history
        v, s = ring.gens
        own = self._response(ring, value, cued=True) + crosstalk
        own -= ring.one * self._over_units(own)
        with_cue = self._over_units(s * own)
        total = fields.ring.zero
        responses = []
        for other, count in zip(fields.values, (k - j, j), strict=True):
            response = self._response(ring, other, cued=False)
            responses.append((count, response - self._over_values(response)))
        for p, q, c in fields.engine.terms:
            total += c * self._over_units(own * v**p) * self._over_units(own * s * v**q)
            for count, response in responses:
                after = self._apart(response * s * v**q) + with_cue * moment(1, q, 0)
                total += c * count * self._apart(response * v**p) * after
        return -6 * n * (n - 1) * fields.share * total

    def _apart(self, polynomial: PolyElement) -> PolyElement:
        """The average over v and s, independently: v belongs to another pattern than the cue."""
        moment = self.fields.engine.single_moment
        terms = (c * moment(1, v, 0) * moment(1, 0, s) for (v, s), c in polynomial.iterterms())
        return sum(terms, self.fields.ring.zero)

    def _response(self, ring: PolyRing, value: sp.Expr, cued: bool) -> PolyElement:
        """s F_u(v) + G_u(v) at u = ``value``, in the cued pattern or in another one."""
        fields, moment = self.fields, self.fields.engine.single_moment
        share, n, auto = fields.share, fields.sizes[0], fields.setting.auto
        number = fields.ring.domain.from_sympy(value)
        v, s = ring.gens
        others = (n - 1) * share if auto else 1 - share
        found = ring.zero
        for p, q, c in fields.engine.terms:
            found += s * v**q * (c * ((1 - share) * number**p - others * moment(int(auto), p, 0)))
            if auto:
                met = moment(1, q, 1) if cued else moment(1, 0, 1) * moment(1, q, 0)
                found -= v**p * (c * (share * self.cue * number**q + others * met))
        return found

    def _constant(self) -> PolyElement:
        """n (n - 1) w E[H], which the two projections count once too often."""
        fields = self.fields
        if not fields.setting.auto:
            return fields.ring.zero
        anatomy, n, k = fields.anatomy, fields.sizes[0], fields.sizes[1]
        mean = fields.averaged(anatomy.signal) + k * anatomy.drift * anatomy.cue_mean
        return n * (n - 1) * fields.share * mean

    def _over_values(self, polynomial: PolyElement) -> PolyElement:
        """The average over v, a polynomial in s."""
        total = polynomial.ring.zero
        s = polynomial.ring.gens[1]
        for (v, power), c in polynomial.iterterms():
            total += s**power * (c * self.fields.engine.single_moment(1, v, 0))
        return total

    def _over_units(self, polynomial: PolyElement) -> PolyElement:
        """The average over y and s, jointly."""
        moment = self.fields.engine.single_moment
        terms = (c * moment(1, v, s) for (v, s), c in polynomial.iterterms())
        return sum(terms, self.fields.ring.zero)
