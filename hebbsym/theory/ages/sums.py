r"""Sums of geometric terms in two times: the age of a pattern, and how many were shown before it.

Main names
----------
AgedSum
    A sum of products of divided differences in the two times, with ring elements as coefficients.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from sympy.polys.rings import PolyElement, PolyRing

from hebbsym.errors import NotDerivable
from hebbsym.recurrences import Rates, at_whole

Terms: TypeAlias = "Mapping[tuple[Rates, ...], PolyElement]"
"""Coefficients by the rates of each time."""


@dataclass(frozen=True)
class AgedSum:
    """Sum of coefficient * [rates of phase two]_age * [rates of phase one]_(K - 1 - age).

    Parameters
    ----------
    ring : PolyRing
        Of the entries; see :class:`hebbsym.theory.ages.moments.AgedMoments`.
    terms : mapping of (rates two, rates one) to ring element
    """

    ring: PolyRing
    terms: Terms

    def __add__(self, other: AgedSum) -> AgedSum:
        total = dict(self.terms)
        for key, coefficient in other.terms.items():
            total[key] = total.get(key, self.ring.zero) + coefficient
        return AgedSum(self.ring, {key: c for key, c in total.items() if c})

    def times(self, factor: PolyElement) -> AgedSum:
        """Every coefficient multiplied by a ring element."""
        return AgedSum(self.ring, {key: factor * c for key, c in self.terms.items()})

    def at(self, age: int, patterns: int) -> PolyElement:
        """The value at whole numbers, an element of the ring: nothing is divided by."""
        return self.ring.zero + at_whole(self.terms, (age, patterns - 1 - age))

    def lasting(self) -> Iterator[tuple[Rates, PolyElement, Rates]]:
        """The terms that stay as K grows at a fixed age, if all rates but 1 are below 1.

        Each as (rates two, coefficient, rates): the coefficient is to be divided by the product of
        one less each of the last rates.

        Raises
        ------
        NotDerivable
            When a term grows with K however small the other rates are.
        """
        one = self.ring.one
        for (two, first), coefficient in self.terms.items():
            if first.count(one) > 1:
                raise NotDerivable(
                    "there is no stationary law: a moment of the weights keeps growing with K, for "
                    "a pattern leaves it as it is (retention rate 1) and adds to it"
                )
            if one in first:
                yield two, coefficient, tuple(rate for rate in first if rate != one)
