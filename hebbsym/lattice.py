r"""Probabilities of a field on the lattice of its values, as expressions with exact arguments.

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
fraction, common_span
    Rational numbers as fractions, and the largest number of which all are integer multiples.

Conventions
-----------
A law is a Tuple of pairs (value, weight), the law of the cued pattern one of triples (s, g, weight).
Values must be rational up to one common factor; weights may be any numbers.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any, ClassVar, final

import sympy as sp

from hebbsym.exactfunctions import ExactFunction

_DIGITS = 60


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
        ratios = [value / unit for value in self.args]
        ratios = [ratio if ratio.is_Rational else sp.radsimp(ratio) for ratio in ratios]
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
