r"""The law of the field given the history of the postsynaptic unit.

With u the values that the unit holds in the k other patterns, the field is

.. math:: h = \sum_{j=1}^{n} z_j, \qquad z_j = s_j \Big( g(x, y_j) + \sum_\mu g(u_\mu, v_{\mu j}) \Big)

and given u the z_j are independent and identically distributed: the cumulants of h are n
times those of z. For a two-valued unit u enters through one number, how many of the k
values are the higher one.

Main names
----------
given_history
    The cumulants of the field given that number.
binomial_average
    The average over that number.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import sympy as sp
from sympy.functions.combinatorial.numbers import stirling
from sympy.polys.rings import PolyElement

from hebbsym.averages import cumulants_of, moments_of
from hebbsym.theory.fields import FieldMoments

Powers = Mapping[tuple[int, int], PolyElement]


def given_history(fields: FieldMoments, value: sp.Expr, order: int) -> tuple[PolyElement, ...]:
    """Cumulants 1..order of the field at a unit that stores ``value``, in n, k and j.

    Parameters
    ----------
    fields : FieldMoments
        Of a two-valued postsynaptic ensemble, made for at least this order.
    value : exact number
        The stored value.
    order : int
        1 to 4.
    """
    low, high = fields.values
    k, j, n = fields.sizes[1], fields.history, fields.sizes[0]
    powers = _powers(fields, order)
    steps = [_response(fields, powers, v, order) for v in (low, high)]
    crosstalk = [(k - j) * below + j * above for below, above in zip(*steps, strict=True)]
    sums = moments_of(crosstalk, fields.ring.one)
    raw = []
    for m in range(1, order + 1):
        total = fields.ring.zero
        for spread in range(m + 1):
            own = _stored(fields, powers[m - spread], value, m)
            total += math.comb(m, spread) * own * sums[spread]
        raw.append(total)
    return tuple(n * c for c in cumulants_of(raw))


def _powers(fields: FieldMoments, order: int) -> list[Powers]:
    """g**0 .. g**order as polynomials in (u, v)."""
    powers: list[Powers] = [{(0, 0): fields.ring.one}]
    for _ in range(order):
        product: dict[tuple[int, int], PolyElement] = {}
        for (p, q), c in powers[-1].items():
            for r, s, t in fields.engine.terms:
                key = (p + r, q + s)
                product[key] = product.get(key, fields.ring.zero) + c * t
        powers.append(product)
    return powers


def _response(
    fields: FieldMoments, powers: list[Powers], value: sp.Expr, order: int
) -> list[PolyElement]:
    """Cumulants 1..order of g(value, v) over v."""
    raw = [_stored(fields, powers[m], value, 0) for m in range(1, order + 1)]
    return cumulants_of(raw)


def _stored(fields: FieldMoments, power: Powers, value: sp.Expr, cue: int) -> PolyElement:
    """E[s**cue g(value, y)**m] for the polynomial g**m."""
    number = fields.ring.domain.from_sympy(value)
    total = fields.ring.zero
    for (p, q), c in power.items():
        total += c * number**p * fields.engine.single_moment(1, q, cue)
    return total


def binomial_average(fields: FieldMoments, element: PolyElement) -> PolyElement:
    """The average over j, binomial in k with the probability of the higher value."""
    ring = fields.ring
    k, p = fields.sizes[1], fields.probabilities[1]
    place = ring.gens.index(fields.history)
    by_power: dict[int, dict[tuple[int, ...], object]] = {}
    for powers, c in element.iterterms():
        rest = tuple(0 if q == place else e for q, e in enumerate(powers))
        by_power.setdefault(powers[place], {})[rest] = c
    total = ring.zero
    for power, terms in by_power.items():
        average, falling = ring.zero, ring.one
        for m in range(power + 1):
            average += int(stirling(power, m)) * falling * p**m
            falling = falling * (k - m)
        total += ring.from_dict(terms) * average
    return total
