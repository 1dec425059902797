r"""How far a field or a pair of settled weights is from its first order in the rate: numbers.

Moments that are followed pattern by pattern (:mod:`hebbsym.theory.pairs`) give the size of what a claim of
first order drops, and the evidence that it shrinks as it is said to. The claims' formulas do not enter
the size.

Main names
----------
Followed
    A setting in numbers, and the part of second order of whatever is followed in it.
beyond_first, bound
    The part beyond the first order of a number that is known at several rates, and its size.
beyond_field, beyond_ratio, beyond_covariance
    The sizes of what claims drop.
cut
    What claims about settled weights are compared with.
falls, shrinks
    Evidence that a gap falls with the rate as it is said to.

Conventions
-----------
What a claim of first order drops, at a given q = 1 + eta F' to the power of the age, is told by divided
differences over rates with the same power of q: with the third order, for that may have the other sign, and
as much more as the third order changes. What K patterns leave of W = 0 is added to it, and twice what two
orders of moments more would change.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import pairwise

import sympy as sp

from hebbsym import notation
from hebbsym.claim import Cut, Evidence, Method, Remainder
from hebbsym.errors import NotDerivable
from hebbsym.notation import D, K, age, eta, x
from hebbsym.theory.drives import drive
from hebbsym.theory.flow import Flow
from hebbsym.theory.pairs import Pair, field_law
from hebbsym.theory.ratebench import Values
from hebbsym.theory.ratios import ratio
from hebbsym.theory.setting import Setting

Law = tuple[float, float]
"""Mean and variance of a field."""

Change = Callable[[sp.Expr, int], float]
"""By how much the mean (0) or the variance (1) moves, at a stored value."""

_DOUBLES = 1e-11
"""Part of a value below which a gap to it may be rounding."""
_PARTS = (1, 2, 4, 8)
"""What the rate is divided by, and the age multiplied, to tell its orders apart."""
_RELAXED = 30.0
"""Relaxation times after which nothing is left of W = 0 that doubles could show."""


@dataclass(frozen=True)
class Followed:
    """The same quantities as numbers, from moments that are followed pattern by pattern.

    Parameters
    ----------
    setting : Setting
    values : mapping of symbol to exact number
        Of every symbol of the setting, of D, age and K.
    """

    setting: Setting
    values: Values

    @cached_property
    def flow(self) -> Flow:
        """The flow, free of symbols but for the rate."""
        given = ((s, v) for s, v in self.values.items() if s in self.setting.free_symbols - {eta})
        return _flow(self.setting, tuple(given))

    @cached_property
    def rate(self) -> float:
        """eta, or 1; so small that the variance of the weights settles."""
        rate = self.flow.rate.xreplace(dict(self.values))
        if not rate > 0:
            raise NotDerivable(f"weights settle at a positive rate, not at {rate}")
        self.flow.require_stable(rate)
        return float(rate)

    def pair(self, shared: str, rate: float) -> Pair:
        """Two weights, at another rate."""
        return _pair(self.flow, rate, shared)

    def law(self, letter: sp.Expr, pair: Pair, shown: int, before: int | None = None) -> Law:
        """Mean and variance of the field."""
        inputs = int(self.flow.setting.inputs.xreplace(dict(self.values)))
        return _law(pair, inputs, letter, shown, before)

    def curved(
        self, number: Callable[[Pair, int], float], shared: str = "post"
    ) -> tuple[float, float]:
        """The part of second order in the rate, and higher, at a given q, by three rates and by four.

        The difference of the two says what is still uncertain.
        """
        shown, slope = int(self.values.get(age, 0)), float(self.flow.destination.slope)
        kept = 1 + self.rate * slope
        rates = [self.rate / n for n in _PARTS]
        if shown and kept > 0:  # the same q**age, or the formula would change in between
            rates = [(kept ** (1 / n) - 1) / slope for n in _PARTS]
        found = [
            number(self.pair(shared, one), n * shown) for one, n in zip(rates, _PARTS, strict=True)
        ]
        return beyond_first(rates, found)

    def unclosed(self, now: Callable[[Pair], float], shared: str = "post") -> float:
        """How far moments of two orders more move a number, and as much again for all after them."""
        pair = self.pair(shared, self.rate)
        return 2 * (now(replace(pair, cut=pair.cut + 2)) - now(pair))

    def letters(self, real: int) -> tuple[sp.Expr, ...]:
        """The stored values, or as many numbers as a polynomial of a degree in x calls for."""
        values = tuple(v for v, _ in self.flow.setting.post.alphabet)
        return values or tuple(sp.Integer(n - real // 2) for n in range(real + 1))

    @property
    def unsettled(self) -> int | None:
        """Patterns before the recalled one, where something is left of W = 0."""
        before = int(self.values[K]) - 1 - int(self.values.get(age, 0))
        pace = -self.rate * float(self.flow.destination.slope)
        return before if before >= 0 and pace * before < _RELAXED else None


@lru_cache(maxsize=8)
def _flow(setting: Setting, values: tuple[tuple[sp.Symbol, sp.Expr], ...]) -> Flow:
    return Flow(setting.at(dict(values)))


@lru_cache(maxsize=32)
def _pair(flow: Flow, rate: float, shared: str) -> Pair:
    """Two weights; what is worked out of them is kept, for all claims ask for the same rates."""
    return Pair(flow, rate, shared)


_law = lru_cache(maxsize=256)(field_law)


def _finite(number: float) -> sp.Rational:
    """A number that was followed, exactly as it is in doubles.

    Raises
    ------
    NotDerivable
        Where it ran away: moments to the sixth need a smaller rate than the variance does.
    """
    if not math.isfinite(number):
        raise NotDerivable(
            "the moments of the weights that are followed, to the sixth order, do not settle at this rate: take "
            "a smaller one"
        )
    return sp.Rational(number)


def beyond_first(rates: Sequence[float], found: Sequence[float]) -> tuple[float, float]:
    """What a number at the first rate has beyond the first order, from values at three rates and at four.

    A polynomial through the values is taken apart: its value less that of its tangent at rate 0.

    Examples
    --------
    >>> beyond_first([1, 0.5, 0.25, 0], [t + 5 * t**2 - 2 * t**3 for t in (1, 0.5, 0.25, 0)])
    (1.5, 3.0)
    """
    newton, level = [], list(found)
    for width in range(1, 4):
        pairs = zip(pairwise(level), rates, rates[width:], strict=False)
        level = [(p - q) / (a - b) for (p, q), a, b in pairs]
        newton.append(level[0])
    square = rates[0] ** 2
    coarse = newton[1] * square
    # (t - a)(t - b)(t - c) at t = a, less its tangent at 0, is -a**2 (b + c)
    return coarse, coarse - newton[2] * (rates[1] + rates[2]) * square


def bound(sizes: tuple[float, float]) -> float:
    """A size by four rates, and how far it is from the one by three.

    Examples
    --------
    >>> bound((1.5, 3.0))
    4.5
    """
    coarse, fine = sizes
    return abs(fine) + abs(fine - coarse)


def beyond_field(setting: Setting, part: int) -> Remainder:
    """The size of what the mean (part 0) or the variance (part 1) of the field drops.

    Examples
    --------
    >>> from hebbsym.families.rules import ExpandedRule
    >>> squared = Setting(ExpandedRule(2, {(1, 1): eta, (0, 0): -eta * notation.w**2 - eta * notation.w}))
    >>> at = {D: sp.Integer(11), K: sp.Integer(10**4), eta: sp.Rational(1, 100), x: sp.S.One}
    >>> round(float(beyond_field(squared, 0)(at)), 6)  # 0.01 times what a weight of variance 0.005 does
    0.0
    """

    def remainder(values: Values) -> sp.Expr:
        followed, letter = Followed(setting, values), values[x]
        size = bound(followed.curved(lambda pair, g: followed.law(letter, pair, g)[part]))
        before, shown = followed.unsettled, int(values.get(age, 0))
        if before is not None:
            pair = followed.pair("post", followed.rate)
            now, later = (followed.law(letter, pair, shown, n)[part] for n in (before, None))
            size += abs(now - later)
        size += abs(followed.unclosed(lambda pair: followed.law(letter, pair, shown, before)[part]))
        return _finite(size)

    return remainder


def beyond_ratio(setting: Setting, formulas: tuple[sp.Expr, sp.Expr]) -> Remainder:
    """How far the next order of M and V, and what is left of W = 0, move rho.

    Examples
    --------
    >>> from hebbsym.families.rules import ExpandedRule
    >>> squared = Setting(ExpandedRule(2, {(1, 1): eta, (0, 0): -eta * notation.w**2 - eta * notation.w}))
    >>> at = {D: sp.Integer(11), K: sp.Integer(10**4), eta: sp.Rational(1, 100), x: sp.S.One}
    >>> size = beyond_ratio(squared, (10 * eta * x, 5 * eta))(at)  # rho is 10 eta**2 100/(10 eta)
    >>> 0.001 < float(size) / (2 * 10 * 0.01) < 0.05
    True
    """

    def remainder(values: Values) -> sp.Expr:
        followed, at = Followed(setting, values), dict(values)
        numeric = followed.flow.setting
        real = 2 * max(p for part in drive(numeric).parts for p, _ in (*part.terms, (1, 0)))
        letters, shown = followed.letters(real), int(values.get(age, 0))
        pair, before = followed.pair("post", followed.rate), followed.unsettled

        def moved(*changes: Change) -> sp.Expr:
            """rho with M and V changed at each stored value."""
            parts = []
            for part, formula in enumerate(formulas):
                known = [sp.Rational(float(formula.xreplace({**at, x: v}))) for v in letters]
                by = [_finite(math.fsum(change(v, part) for change in changes)) for v in letters]
                points = [(v, k + b) for v, k, b in zip(letters, known, by, strict=True)]
                parts.append(sp.expand(sp.interpolate(points, x)))
            return ratio(numeric, parts[0], parts[1])

        def orders(letter: sp.Expr, part: int) -> tuple[float, float]:
            return followed.curved(lambda two, g: followed.law(letter, two, g)[part])

        def coarse(letter: sp.Expr, part: int) -> float:
            return orders(letter, part)[0]

        def fine(letter: sp.Expr, part: int) -> float:
            return orders(letter, part)[1]

        def left(letter: sp.Expr, part: int) -> float:
            now, later = (followed.law(letter, pair, shown, n)[part] for n in (before, None))
            return now - later

        def more(letter: sp.Expr, part: int) -> float:
            return followed.unclosed(lambda two: followed.law(letter, two, shown, before)[part])

        way = [moved(), moved(fine), moved(fine, left), moved(fine, left, more)]
        sizes = [sp.Abs(later - earlier) for earlier, later in pairwise(way)]
        return sp.Add(*sizes, sp.Abs(moved(coarse) - way[1]))

    return remainder


def beyond_covariance(setting: Setting, shared: str) -> Remainder:
    """The size of what the covariance of two weights drops.

    Examples
    --------
    >>> from hebbsym.families.rules import ExpandedRule
    >>> squared = Setting(ExpandedRule(2, {(1, 1): eta, (0, 0): -eta * notation.w**2 - eta * notation.w}))
    >>> at = {D: sp.Integer(11), K: sp.Integer(10**4), eta: sp.Rational(1, 100), x: sp.S.One}
    >>> float(beyond_covariance(squared, "post")(at)) < 1e-6
    True
    """

    def remainder(values: Values) -> sp.Expr:
        still = {**values, age: sp.S.Zero}
        followed = Followed(setting, still)
        size = bound(followed.curved(lambda pair, _: pair.covariance, shared))
        before = followed.unsettled

        def now(pair: Pair) -> float:
            return pair.covariance if before is None else pair.after(before + 1)

        pair = followed.pair(shared, followed.rate)
        size += abs(now(pair) - pair.covariance) + abs(followed.unclosed(now, shared))
        return _finite(size)

    return remainder


Number = Callable[[Followed, Values, Pair], float]
"""What is followed at the values of D, age, eta and x."""


def cut(
    setting: Setting, first: int, number: Number, shared: str = "post", aged: bool = True,
    relative: bool = False,
) -> Cut | None:  # fmt: skip
    """What a claim about settled weights is compared with, at rates that fall at a given eta*age.

    Examples
    --------
    >>> from hebbsym.families.named import rules
    >>> made = cut(Setting(rules["oja"]), 2, lambda _, __, pair: pair.settled[2, 0])
    >>> round(float(made.exactly({eta: sp.Rational(1, 10)})) * 1.9, 9)
    0.1
    """
    if Flow(setting).rate != eta:
        return None

    def exactly(values: Values) -> sp.Expr:
        followed = Followed(setting, values)
        return _finite(number(followed, values, followed.pair(shared, followed.rate)))

    against = "moments followed pattern by pattern, those above the sixth dropped"
    return Cut(
        eta, first, exactly, against, scaled=(age, K) if aged else (), relative=relative, noise=_DOUBLES
    )  # fmt: skip


def shrinks(flow: Flow, formula: sp.Expr, number: Number, shared: str = "post") -> Evidence | None:
    """Evidence that the gap to moments which are followed numerically is of second order.

    Examples
    --------
    >>> from hebbsym.families.named import rules
    >>> oja = Flow(Setting(rules["oja"]))
    >>> [shrinks(oja, eta * c / 2, lambda _, __, pair: pair.settled[2, 0]).holds() for c in (1, 2)]
    [True, False]
    """

    def distance(followed: Followed, here: Values, pair: Pair) -> float:
        return number(followed, here, pair) - float(formula.xreplace(dict(here)))

    return falls(flow, formula, distance, 4, "like the square of the rate", shared)


def falls(
    flow: Flow, formula: sp.Expr, distance: Number, fall: int, words: str, shared: str = "post"
) -> Evidence | None:  # fmt: skip
    """Evidence that a distance falls by a factor, or more, with each half of the rate.

    Examples
    --------
    >>> from hebbsym.families.named import rules
    >>> oja = Flow(Setting(rules["oja"]))
    >>> falls(oja, eta, lambda _, __, pair: pair.settled[2, 0], 2, "like the rate").holds()
    True
    """
    if flow.rate != eta or formula.free_symbols - {eta, D, notation.M, age, x}:
        return None
    if flow.setting.free_symbols - {eta}:
        return None

    def holds() -> bool:
        slowest = int(sp.ceiling(20 / flow.largest_rate))
        at = {D: sp.Integer(6), K: sp.Integer(2), notation.M: sp.Integer(2)}
        followed = Followed(flow.setting, {**at, eta: sp.Rational(1, slowest)})
        for letter in followed.letters(2):
            gaps = []
            for n in (1, 2, 4):
                here = {**at, eta: sp.Rational(1, slowest * n), age: sp.Integer(3 * n), x: letter}
                pair = followed.pair(shared, float(here[eta]))
                gaps.append(abs(distance(followed, here, pair)))
            least = 0.75 * fall
            if any(later > max(earlier / least, 1e-11) for earlier, later in pairwise(gaps)):
                return False
        return True

    return Evidence(
        Method.NUMERIC,
        "moments followed pattern by pattern, those above the sixth dropped, at three rates: the gap falls "
        + words,
        holds,
    )
