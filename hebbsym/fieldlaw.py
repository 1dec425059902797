r"""The law of a field on the lattice of its values, in numbers: laws of terms, and their sums.

A field of :mod:`hebbsym.lattice` is a sum of n independent terms. Given that r of the other patterns hold
the higher value at the unit, the terms have one law on one lattice; the threshold lies on the lattice of their
sum, or between two of its points.

Main names
----------
Field, Term
    The laws in numbers, and one term's lattice given r.
tails_by_fractions
    The three probabilities as fractions, by plain convolution: the readable twin of
    :mod:`hebbsym.probability`.

Conventions
-----------
Values are fractions of one common factor; weights may be any numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

import sympy as sp

from hebbsym.errors import InvalidValue, NotDerivable
from hebbsym.lattice import FieldProbability, common_span, fraction

Pairs: TypeAlias = tuple[tuple[Fraction, Any], ...]
Numbers: TypeAlias = Callable[[sp.Expr], Any]
Law: TypeAlias = dict[Fraction, Fraction]

NEAREST = Fraction(1, 10**30)
"""An irrational threshold that is nearer than this to the lattice, in spans, is undecided."""


@dataclass(frozen=True)
class Term:
    """The lattice of one term, given r.

    Parameters
    ----------
    origin, span : Fraction
        A term is origin + span * (0, 1, ..., length - 1); the span is 0 for a term that is certain.
    length : int
    places : tuple of (int, int, weight)
        For each branch of the cue: where the least sum of the other patterns lands, how many steps
        of the span one step of that sum is, and the branch's weight.
    strides : tuple of int
        Steps of the sum's lattice for one step of a pattern of the higher, of the lower value.
    """

    origin: Fraction
    span: Fraction
    length: int
    places: tuple[tuple[int, int, Any], ...]
    strides: tuple[int, int]


@dataclass(frozen=True)
class Field:
    """The laws behind the field, in numbers.

    Parameters
    ----------
    theta : Fraction
        The threshold, or a fraction next to it where ``ties`` is false.
    ties : bool
        Whether the threshold is rational, so that the field may be equal to it.
    n, k : int
    p : number
    own : tuple of (Fraction, Fraction, number)
    low, high : tuple of (Fraction, number)
    """

    theta: Fraction
    ties: bool
    n: int
    k: int
    p: Any
    own: tuple[tuple[Fraction, Fraction, Any], ...]
    low: Pairs
    high: Pairs

    @classmethod
    def of(cls, expression: FieldProbability, weight: Numbers, near: Numbers) -> Field:
        """The numbers of an expression without symbols.

        Parameters
        ----------
        expression : FieldProbability
        weight : callable
            Makes a number of a weight.
        near : callable
            Makes a fraction, right to 60 digits, of an irrational threshold.

        Raises
        ------
        NotDerivable
            When the values have no common lattice.
        InvalidValue
            When a symbol has no value.
        """
        free = ", ".join(sorted(map(str, expression.free_symbols)))
        if free:
            raise InvalidValue(f"{free} has no value, and a law on the lattice needs all")
        theta, n, k, p, own, low, high = expression.args
        states = [exact_fraction(s, "a value of the cue") for s, _, _ in own]
        increments = [g for _, g, _ in own] + [v for law in (low, high) for v, _ in law]
        unit = sp.Abs(next((v for v in increments if v != 0), sp.S.One))
        ratios = iter([exact_fraction(sp.radsimp(v / unit), "an increment") for v in increments])
        bound = sp.radsimp(theta / unit)
        return cls(
            fraction(bound) if bound.is_Rational else near(bound),
            bool(bound.is_Rational),
            int(n),
            int(k),
            weight(p),
            tuple((s, next(ratios), weight(w)) for s, (_, _, w) in zip(states, own, strict=True)),
            tuple((next(ratios), weight(w)) for _, w in low),
            tuple((next(ratios), weight(w)) for _, w in high),
        )

    @property
    def histories(self) -> bool:
        """Whether the law depends on how many of the others hold the higher value."""
        return sorted(self.low) != sorted(self.high)

    def steps(self) -> tuple[Fraction, Fraction]:
        """The spans of a pattern of the higher and of the lower value."""
        high, low = (common_span([v - law[0][0] for v, _ in law]) for law in (self.high, self.low))
        return high, low

    def term(self, r: int) -> Term:
        """The lattice of one term when r of the others hold the higher value."""
        rest = self.k - r
        counts = tuple(c if s else 0 for c, s in zip((r, rest), self.steps(), strict=True))
        steps = [s if c else Fraction(0) for c, s in zip(counts, self.steps(), strict=True)]
        inner = common_span(steps)
        lowest, highest = (
            r * end(v for v, _ in self.high) + rest * end(v for v, _ in self.low)
            for end in (min, max)
        )
        starts = [s * (g + lowest) for s, g, _ in self.own]
        ends = [s * (g + highest) for s, g, _ in self.own]
        least, most = min(*starts, *ends), max(*starts, *ends)
        jumps = [s * inner for s, _, _ in self.own]
        span = common_span([*jumps, *(start - least for start in starts)])
        unit = span or Fraction(1)
        places = tuple(
            (int((start - least) / unit), int(jump / unit), w)
            for start, jump, (_, _, w) in zip(starts, jumps, self.own, strict=True)
        )
        strides = tuple(int(s / inner) if inner else 0 for s in steps)
        return Term(least, span, int((most - least) / unit) + 1, places, (strides[0], strides[1]))

    def point(self, term: Term) -> tuple[int, bool]:
        """The last point of the sum's lattice not above theta, in spans, and whether it is theta.

        Raises
        ------
        InvalidValue
            When an irrational threshold is too near to a point to tell the side.
        """
        turns = (self.theta - self.n * term.origin) / (term.span or Fraction(1))
        if term.span == 0:
            return (0, turns == 0) if turns >= 0 else (-1, False)
        whole = math.floor(turns)
        if not self.ties and min(turns - whole, whole + 1 - turns) < NEAREST:
            raise InvalidValue(
                "the threshold is too near to a value of the field to be told from it"
            )
        return whole, self.ties and turns == whole


def exact_fraction(number: sp.Expr, what: str) -> Fraction:
    """A rational number as a fraction.

    Raises
    ------
    NotDerivable
        When it is irrational.
    """
    if not number.is_Rational:
        raise NotDerivable(
            f"{what} is {number} times another: the field has no lattice, and its exact law is not "
            "derived (give rational coefficients, or ask for bit_error:edgeworth)"
        )
    return fraction(number)


# ---- the readable twin ----------------------------------------------------------------------


def tails_by_fractions(field: Field) -> tuple[Fraction, Fraction, Fraction]:
    """P(h < theta), P(h = theta), P(h > theta), weights being fractions, by plain convolution.

    It knows no lattice: laws are tables from values to probabilities.

    Examples
    --------
    Two terms of a fair coin's sign beside a cued increment of 1, as of two patterns of signs:

    >>> half = Fraction(1, 2)
    >>> coin = ((Fraction(-1), half), (Fraction(1), half))
    >>> one = Fraction(1)
    >>> [str(p) for p in tails_by_fractions(Field(0 * one, True, 2, 1, half, ((one, one, one),), coin, coin))]
    ['0', '1/4', '3/4']
    """
    found = [Fraction(0)] * 3
    for chance, law in _sums(field):
        for value, p in law.items():
            side = 1 if value == field.theta and field.ties else 0 if value < field.theta else 2
            found[side] += chance * p
    return found[0], found[1], found[2]


def _sums(field: Field) -> Iterator[tuple[Fraction, Law]]:
    """For each r its probability and the law of the field."""
    for r in range(field.k + 1):
        chance = math.comb(field.k, r) * field.p**r * (1 - field.p) ** (field.k - r)
        others = _added(_times(dict(field.high), r), _times(dict(field.low), field.k - r))
        term: Law = {}
        for s, g, w in field.own:
            for value, p in others.items():
                place = s * (g + value)
                term[place] = term.get(place, Fraction(0)) + w * p
        yield chance, _times(term, field.n)


def _added(one: Mapping[Fraction, Fraction], other: Mapping[Fraction, Fraction]) -> Law:
    total: Law = {}
    for u, p in one.items():
        for v, q in other.items():
            total[u + v] = total.get(u + v, Fraction(0)) + p * q
    return total


def _times(law: Law, n: int) -> Law:
    total = {Fraction(0): Fraction(1)}
    for _ in range(n):
        total = _added(total, law)
    return total
