r"""Triangular linear recurrences: powers of their matrices as sums over chains of states.

A vector of moments m that one more pattern turns into P m, where P is triangular (a state leads only
to itself and to lower states), is P**t m after t patterns. With the diagonal entries (*rates*) lambda
and the chains S = T_0 > T_1 > ... > T_m = T of states,

.. math:: (P^t)_{ST} = \sum_{\text{chains}} \prod_k P_{T_k T_{k+1}} \;
          [\lambda_{T_0}, \dots, \lambda_{T_m}]_t

where [...]_t is the divided difference of lambda**t: a sum of geometric terms if the rates differ,
and times powers of t where they are equal. Nothing is divided by until the result is printed, so that
equal rates need no special case: at a whole number t the divided difference is the polynomial
h_(t-m), the complete homogeneous symmetric polynomial of degree t - m.

Main names
----------
divided_power
    [lambda_0, ..., lambda_m]_t as an expression in t.
complete
    The same at a whole number t, as an element of the rates' own ring.
chains
    A row of P**t, by the rates that occur in its chains.

References
----------
deboor2005 for divided differences (equation unverified).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

import sympy as sp
from sympy.polys.rings import PolyElement

State = TypeVar("State", bound=Hashable)
Value: TypeAlias = Any
"""An expression, or an element of a field."""
Rates: TypeAlias = "tuple[PolyElement, ...]"
Power: TypeAlias = "Callable[[PolyElement, int], Value]"
Spell: TypeAlias = "Callable[[PolyElement], Value]"


def divided_power(t: Value, rates: Rates, spell: Spell, power: Power | None = None) -> Value:
    """The divided difference of ``rate**t`` over the rates, equal ones being allowed.

    Parameters
    ----------
    t : expression, or an element of any field
        A whole number of patterns, at least 0.
    rates : tuple of ring elements
    spell : callable
        A ring element as an expression, or an element of the field of ``t``.
    power : callable, optional
        ``power(rate, m)`` is what ``rate**t`` differentiated m times over m! is made of:
        ``rate**(t - m)``, and for a rate of zero 1 where t = m and 0 elsewhere. By default as an
        expression.

    Examples
    --------
    >>> from sympy.polys.rings import ring
    >>> _, q = ring("q", sp.QQ)
    >>> t = sp.Symbol("t", integer=True, nonnegative=True)
    >>> one = q.ring.one
    >>> divided_power(t, (one, q), PolyElement.as_expr)
    (1 - q**t)/(1 - q)
    >>> divided_power(t, (one, one, one), PolyElement.as_expr)
    t*(t - 1)/2
    """
    if power is None:
        power = _expression_powers(t, spell)
    distinct = list(dict.fromkeys(rates))
    if len(distinct) == 1:
        m = len(rates) - 1
        if not rates[0]:
            return power(rates[0], m)
        ways = math.prod((t - k for k in range(m)), start=power(rates[0], m))
        return ways / math.factorial(m)
    if len(distinct) < len(rates):
        first, last = distinct[0], distinct[-1]
        without = [_less(rates, rate) for rate in (first, last)]
        upper, lower = (divided_power(t, some, spell, power) for some in without)
        return (upper - lower) / (spell(last) - spell(first))
    if len(rates) == 2:
        first, last = rates
        return (power(first, 0) - power(last, 0)) / (spell(first) - spell(last))
    terms = [
        power(rate, 0) / spell(math.prod(rate - other for other in _less(rates, rate)))
        for rate in rates
    ]
    return sum(terms[1:], start=terms[0])


def _expression_powers(t: Value, spell: Spell) -> Power:
    """Powers as expressions."""

    def power(rate: PolyElement, m: int) -> sp.Expr:
        if not rate:
            return sp.Pow(0, t) if m == 0 else sp.Piecewise((1, sp.Eq(t, m)), (0, True))
        base = spell(rate)
        return sp.S.One if base == 1 else base ** (t - m)

    return power


def _less(rates: Rates, rate: PolyElement) -> Rates:
    """The rates without one of them."""
    place = rates.index(rate)
    return rates[:place] + rates[place + 1 :]


def complete(t: int, rates: Sequence[PolyElement]) -> PolyElement:
    """The divided difference of ``rate**t`` at a whole number t, without a division.

    Examples
    --------
    >>> from sympy.polys.rings import ring
    >>> _, q = ring("q", sp.QQ)
    >>> complete(3, (q.ring.one, q))
    q**2 + q + 1
    """
    ring, degree = rates[0].ring, t - len(rates) + 1
    if degree < 0:
        return ring.zero
    row = [ring.one] + [ring.zero] * degree
    for rate in rates:
        for k in range(1, degree + 1):
            row[k] += rate * row[k - 1]
    return row[degree]


def chains(
    start: State,
    lower: Callable[[State], Iterable[State]],
    entry: Callable[[State, State], PolyElement],
    order: Callable[[Rates], Rates],
) -> dict[State, dict[Rates, PolyElement]]:
    """A row of P**t: for every state that ``start`` leads to, coefficients by the rates of chains.

    Parameters
    ----------
    start : state
    lower : callable
        The states below a state, itself left out, such that every descent is listed.
    entry : callable
        ``entry(S, T)``, the entry of P.
    order : callable
        Brings rates into a canonical order (a divided difference is symmetric).

    Examples
    --------
    One weight of mean m, which a pattern turns into q m + b: after t patterns

    >>> from sympy.polys.rings import ring
    >>> _, q, b = ring("q b", sp.QQ)
    >>> P = {(1, 1): q, (1, 0): b, (0, 0): q.ring.one}
    >>> chains(1, range, lambda s, t: P[s, t], tuple)[0]
    {(q, 1): b}
    """
    paths: dict[State, dict[Rates, PolyElement]] = {
        start: {(entry(start, start),): entry(start, start).ring.one}
    }
    done: dict[State, dict[Rates, PolyElement]] = {}
    for state in (start, *_descending(start, lower)):
        here = done[state] = paths.pop(state, {})
        for below in lower(state):
            step = entry(state, below)
            if not step:
                continue
            there, rate = paths.setdefault(below, {}), entry(below, below)
            for rates, coefficient in here.items():
                longer = order((*rates, rate))
                made = there.get(longer, step.ring.zero) + coefficient * step
                there[longer] = made
    return {state: terms for state, terms in done.items() if terms}


def _descending(start: State, lower: Callable[[State], Iterable[State]]) -> list[State]:
    """The states below ``start``, each after all that lead to it."""
    found: dict[State, int] = {}

    def depth(state: State) -> int:
        if state not in found:
            found[state] = 1 + max((depth(below) for below in lower(state)), default=-1)
        return found[state]

    depth(start)
    return sorted((s for s in found if s != start), key=lambda s: -found[s])


def at_whole(
    terms: Mapping[tuple[Rates, ...], PolyElement], times: Sequence[int]
) -> PolyElement | int:
    """A sum of products of divided differences, one for each of several times, at whole times.

    Examples
    --------
    >>> from sympy.polys.rings import ring
    >>> _, q = ring("q", sp.QQ)
    >>> at_whole({((q.ring.one, q), (q,)): q.ring.one}, (2, 1))
    q**2 + q
    """
    return sum(
        coefficient * math.prod(complete(t, rates) for t, rates in zip(times, parts, strict=True))
        for parts, coefficient in terms.items()
    )
