r"""Probabilities of a field on its lattice: the symbolic expression, its geometry, its exact twin.

Given that r of the k other patterns hold the higher value at the unit, the field is a sum of n
independent terms with one law,

.. math:: z = s \Big( g + \sum_{\mu=1}^{r} a_\mu + \sum_{\mu=1}^{k-r} b_\mu \Big),

where (s, g) are the cue and the increment of the cued pattern, and a, b the increments of a pattern
that holds the higher and the lower value at the unit; r is binomial. All laws are finite, so that z
lives on a lattice: z = origin + span * integer.

Main names
----------
Below, Tied, Above
    P(h < theta), P(h = theta), P(h > theta) as expressions with exact arguments.
Span, OnLattice, Middle
    The lattice itself as expressions: its span, whether a point is on it, and the middle of the cell
    that holds a point.
Field, Term
    The laws in numbers, and one term's lattice given r.
tails_by_fractions
    The three probabilities as fractions, by plain convolution: the readable twin of
    :mod:`hebbsym.probability`.

Conventions
-----------
A law is a Tuple of pairs (value, weight), the law of the cued pattern one of triples (s, g, weight).
Values must be rational up to one common factor; weights may be any numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, TypeAlias, final

import sympy as sp

from hebbsym.errors import InvalidValue, NotDerivable

Pairs: TypeAlias = tuple[tuple[Fraction, Any], ...]
Numbers: TypeAlias = Callable[[sp.Expr], Any]
Law: TypeAlias = dict[Fraction, Fraction]

_DIGITS = 60
NEAREST = Fraction(1, 10**30)
"""An irrational threshold that is nearer than this to the lattice, in spans, is undecided."""


class ExactFunction(sp.Expr):  # type: ignore[misc]
    """An expression whose value needs exact arguments, not rounded ones."""

    is_commutative = True
    is_real = True
    symbol: ClassVar[str]
    """How it is printed."""
    digits: ClassVar[int] = 10**6
    """How many digits of its value are right at most, whatever is asked for."""
    rounded: ClassVar[tuple[int, ...]] = ()
    """Places of the arguments for which 30 digits will do."""

    def _sympystr(self, printer: Any) -> str:
        return f"{type(self).__name__}({', '.join(map(printer._print, self.args))})"


class FieldProbability(ExactFunction):
    """A probability of the field: arguments theta, n, k, p, own, low, high.

    ``theta`` is the threshold, ``n`` and ``k`` are the numbers of terms and of other patterns, ``p``
    is the probability of the higher value, ``own``, ``low`` and ``high`` are laws.

    Examples
    --------
    >>> one, half = sp.S.One, sp.S.Half
    >>> coin = sp.Tuple(sp.Tuple(-one, half), sp.Tuple(one, half))
    >>> own = sp.Tuple(sp.Tuple(one, one, one))
    >>> Tied(sp.S.Zero, 2 * one, one, half, own, coin, coin).free_symbols
    set()
    """

    is_nonnegative = True
    digits = 12
    part: ClassVar[int]
    """Its place among the three."""

    def _latex(self, printer: Any) -> str:
        return rf"\operatorname{{P}}\left(h {self.symbol} {printer._print(self.args[0])}\right)"


@final
class Below(FieldProbability):
    """P(h < theta)."""

    symbol = "<"
    part = 0


@final
class Tied(FieldProbability):
    """P(h = theta)."""

    symbol = "="
    part = 1


@final
class Above(FieldProbability):
    """P(h > theta)."""

    symbol = ">"
    part = 2


@final
class Span(ExactFunction):
    """The largest number of which all arguments are integer multiples; 0 where there is none.

    Examples
    --------
    >>> Span(sp.Rational(1, 2), sp.Rational(1, 3)).number(), Span(sp.S.One, sp.sqrt(2)).number()
    (1/6, 0)
    """

    symbol = "b"

    def number(self) -> sp.Expr:
        """Its value, for arguments that are numbers."""
        unit = next((value for value in self.args if value != 0), sp.S.Zero)
        if unit == 0:
            return sp.S.Zero
        ratios = [sp.radsimp(value / unit) for value in self.args]
        if not all(ratio.is_Rational for ratio in ratios):
            return sp.S.Zero
        span = common_span([fraction(ratio) for ratio in ratios])
        return sp.Abs(unit) * sp.Rational(span.numerator, span.denominator)

    def _latex(self, printer: Any) -> str:
        return "b"


class _Place(ExactFunction):
    """Where a point lies on the lattice of a span: arguments point, span."""

    def _turns(self) -> tuple[sp.Expr, bool]:
        """The point in spans (the span being 1 where there is none), and whether it is an integer."""
        point, span = (part.number() if isinstance(part, Span) else part for part in self.args)
        if span == 0:
            return sp.S.Half, False
        turns = point / span
        if not turns.is_Rational:
            near = turns.evalf(_DIGITS)
            if abs(near - sp.floor(near + sp.S.Half)) < sp.Rational(1, 10 ** (_DIGITS // 2)):
                turns = sp.radsimp(turns)
        return turns, bool(turns.is_Integer)


@final
class OnLattice(_Place):
    """1 where the point is an integer multiple of the span, else 0.

    Examples
    --------
    >>> OnLattice(sp.Integer(6), sp.Integer(2)).number(), OnLattice(sp.S.One, sp.Integer(2)).number()
    (1, 0)
    """

    symbol = "1"

    def number(self) -> sp.Expr:
        """Its value, for arguments that are numbers."""
        return sp.S.One if self._turns()[1] else sp.S.Zero

    def _latex(self, printer: Any) -> str:
        point, span = map(printer._print, self.args)
        return rf"\mathbf{{1}}\left[{point} \in {span} \mathbb{{Z}}\right]"


@final
class Middle(_Place):
    """What leads from the point to the middle of its cell; 0 on the lattice.

    Examples
    --------
    >>> Middle(sp.Rational(1, 2), sp.Integer(2)).number(), Middle(sp.Integer(4), sp.Integer(2)).number()
    (1/2, 0)
    """

    symbol = "m"

    def number(self) -> sp.Expr:
        """Its value, for arguments that are numbers."""
        turns, whole = self._turns()
        span = self.args[1].number() if isinstance(self.args[1], Span) else self.args[1]
        if whole or span == 0:
            return sp.S.Zero
        return span * (sp.floor(turns) + sp.S.Half - turns)

    def _latex(self, printer: Any) -> str:
        point, span = map(printer._print, self.args)
        return rf"m_{{{span}}}\left({point}\right)"


def fraction(number: sp.Rational) -> Fraction:
    """A SymPy rational as a fraction.

    Examples
    --------
    >>> fraction(sp.Rational(2, 6))
    Fraction(1, 3)
    """
    return Fraction(int(number.p), int(number.q))


def common_span(values: list[Fraction]) -> Fraction:
    """The greatest common divisor of fractions; 0 where all are zero.

    Examples
    --------
    >>> common_span([Fraction(1, 2), Fraction(-3, 4), Fraction(0)])
    Fraction(1, 4)
    """
    scale = math.lcm(*(v.denominator for v in values)) if values else 1
    return Fraction(math.gcd(*(int(v * scale) for v in values)), scale)


# ---- in numbers -----------------------------------------------------------------------------


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
