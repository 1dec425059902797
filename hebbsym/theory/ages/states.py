r"""States of a product of weights: how often each weight occurs, and what one pattern does to them.

Main names
----------
PAIRS
    One weight, or two by what they share.
Shown
    What one pattern does to a product of weights.
onto, pair_of, lower, partitions, ordered
    Weights onto one unit; one weight or two; states below a state; states of a field's moment; rates in order.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from hebbsym.recurrences import Rates

Exponents: TypeAlias = "tuple[int, ...]"
Edges: TypeAlias = "tuple[tuple[int, int], ...]"
"""Weights as (post unit, pre unit)."""

PAIRS: dict[str, Edges] = {
    "": ((0, 1),),
    "post": ((0, 1), (0, 2)),
    "pre": ((0, 2), (1, 2)),
    "reciprocal": ((0, 1), (1, 0)),
}
"""One weight, or two by what they share."""


def pair_of(shared: str, power: int) -> tuple[Edges, Exponents]:
    """The weights of E[w**power] or E[w w'], and how often each occurs.

    Examples
    --------
    >>> pair_of("", 2), pair_of("pre", 2)
    ((((0, 1),), (2,)), (((0, 2), (1, 2)), (1, 1)))
    """
    edges = PAIRS[shared][:power]
    return edges, (power,) if len(edges) == 1 else (1, 1)


class Shown(NamedTuple):
    """What one pattern does to a product of weights, with the cue's entries that go with it."""

    factors: tuple[tuple[int, int, bool], ...]
    cues: tuple[tuple[int, int], ...]
    conditioned: bool

    @classmethod
    def of(
        cls,
        edges: Edges,
        before: Exponents,
        after: Exponents,
        cues: tuple[tuple[int, int], ...],
        conditioned: bool,
    ) -> Shown:
        """The product ``after`` keeps what it was; the rest of ``before`` is new."""
        factors = tuple(
            (post, pre, k < kept)
            for (post, pre), whole, kept in zip(edges, before, after, strict=True)
            for k in range(whole)
        )
        return cls(factors, cues, conditioned)


def onto(count: int) -> Edges:
    """Weights from ``count`` different units onto unit 0.

    Examples
    --------
    >>> onto(2)
    ((0, 1), (0, 2))
    """
    return tuple((0, unit) for unit in range(1, count + 1))


def ordered(rates: Rates) -> Rates:
    """Rates in a canonical order: a divided difference is symmetric.

    Examples
    --------
    >>> from sympy.polys.rings import ring
    >>> from sympy import QQ
    >>> _, p, q = ring("p q", QQ)
    >>> ordered((p, q)) == ordered((q, p))
    True
    """
    return tuple(sorted(rates, key=lambda rate: sorted(rate.terms())))


def lower(state: Exponents) -> Iterator[Exponents]:
    """All states with smaller exponents.

    Examples
    --------
    >>> list(lower((1, 1)))
    [(0, 0), (0, 1), (1, 0)]
    """
    for below in itertools.product(*(range(k + 1) for k in state)):
        if below != state:
            yield below


@lru_cache(maxsize=8)
def partitions(order: int) -> dict[Exponents, int]:
    """Set partitions of ``order`` labels by the sizes of their blocks, with their number.

    Examples
    --------
    >>> partitions(3)
    {(3,): 1, (2, 1): 3, (1, 1, 1): 1}
    """
    found: Counter[Exponents] = Counter()

    def place(rest: int, blocks: Exponents) -> None:
        if rest == 0:
            found[tuple(sorted(blocks, reverse=True))] += 1
            return
        for n in range(len(blocks)):
            place(rest - 1, (*blocks[:n], blocks[n] + 1, *blocks[n + 1 :]))
        place(rest - 1, (*blocks, 1))

    place(order, ())
    return dict(sorted(found.items(), key=lambda item: len(item[0])))
