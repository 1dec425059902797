r"""Functions of the overlap of a pattern with a cue, with exact averages.

The overlap R of two patterns of independent entries is a walk: a sum of n independent steps. Whatever a
dense memory makes of R, its crosstalk is an average of such functions and of their products.

Main names
----------
Walk
    A sum of n independent steps from {-1, 0, +1}: moments by a recurrence, transform, law.
Profile
    The contract of a function of R: products, averages, the expression itself.
Polynomial, Rectified, Exponential, General
    The profiles: a polynomial; one that counts for R > 0 only; c exp(b R); any expression.

Conventions
-----------
Moments are polynomials over the rationals in D, a = E[step] and q = E[step**2]; the steps of a walk have
only two moments, for step**3 = step. They become expressions only at the end.

References
----------
feller1971 (the recurrence is the derivative of the moment generating function, phi M' = n phi' M).
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, final

import sympy as sp
from sympy.polys.rings import PolyElement, ring

from hebbsym import notation
from hebbsym.errors import NotDerivable

RING, _D, _A, _Q = ring("D, a, q", sp.QQ)
"""The ring of all moments."""

_k = sp.Symbol("k", integer=True, nonnegative=True)
R = sp.Symbol("R", real=True)
"""The overlap outside the unit that is looked at, sum over j != i of xi_j s_j."""


def polynomial_in_units(expression: sp.Expr) -> PolyElement:
    """A polynomial in D as an element of the ring.

    Examples
    --------
    >>> polynomial_in_units(notation.D - 1)
    D - 1
    """
    made: PolyElement = RING.from_expr(sp.expand(expression).xreplace({notation.D: sp.Symbol("D")}))
    return made


@final
@dataclass(frozen=True)
class Walk:
    """A sum of independent steps from {-1, 0, +1}.

    Parameters
    ----------
    less : int
        The number of steps is D - less.
    mean, square : sympy.Expr
        E[step] and E[step**2].
    units : sympy.Expr
        D, or a number in its place: the moments are then numbers, which takes no time whatever their order.

    Examples
    --------
    >>> Walk(1).moment(4)
    3*D**2 - 8*D + 5
    """

    less: int
    mean: sp.Expr = sp.S.Zero
    square: sp.Expr = sp.S.One
    units: sp.Expr = notation.D
    _moments: list[PolyElement] = field(default_factory=lambda: [RING.one], compare=False)

    @property
    def steps(self) -> sp.Expr:
        """The number of steps."""
        return self.units - self.less

    def _step(self, power: int) -> PolyElement:
        """A moment of one step; what is zero or one is left out of the arithmetic."""
        given, symbol = ((self.square, _Q), (self.mean, _A))[power % 2]
        return RING(sp.QQ(int(given))) if given in (0, 1) else symbol

    def moments(self, highest: int) -> list[PolyElement]:
        """E[R**k] for k = 0 .. highest, as ring elements."""
        n = (RING(int(self.units)) if self.units.is_Integer else _D) - self.less
        found = self._moments
        for k in range(len(found) - 1, highest):
            following = RING.zero
            for j in range(k + 1):
                binomial = math.comb(k, j)
                following += n * self._step(j + 1) * found[k - j] * binomial
                if j:
                    following -= self._step(j) * found[k + 1 - j] * binomial
            found.append(following)
        return found

    def moment(self, k: int) -> sp.Expr:
        """E[R**k] as an expression."""
        return self.expression(self.moments(k)[k])

    def expression(self, element: PolyElement) -> sp.Expr:
        """A ring element as an expression in D and in the moments of a step."""
        values = {
            sp.Symbol("D"): self.units,
            sp.Symbol("a"): self.mean,
            sp.Symbol("q"): self.square,
        }
        return sp.expand(element.as_expr().xreplace(values))

    def transform(self, rate: sp.Expr) -> sp.Expr:
        """E[exp(rate R)]."""
        step = 1 - self.square + self.square * sp.cosh(rate) + self.mean * sp.sinh(rate)
        if self.mean == self.square:
            step = 1 - self.mean + self.mean * sp.exp(rate)
        return sp.powsimp(step**self.steps) if step.is_Pow or step.is_Mul else step**self.steps

    @property
    def at_zero(self) -> sp.Expr:
        """P(R = 0) of fair signs."""
        self.require_fair()
        n = self.steps
        return (1 + (-1) ** n) / 2 * sp.binomial(n, sp.floor(n / 2)) / sp.Integer(2) ** n

    @property
    def fair(self) -> bool:
        """Whether the law of R is symmetric and no step is 0."""
        return bool(self.mean == 0 and self.square == 1)

    def require_fair(self) -> None:
        """Refuse steps that are not fair signs."""
        if not self.fair:
            raise NotDerivable("this closed form is that of fair signs")

    def average(self, function: sp.Expr) -> sp.Expr:
        """E[function(R)] of signs, term by term: k of the n signs are -1."""
        if self.square != 1:
            raise NotDerivable(
                "with a masked cue only polynomial and exponential separations have closed averages"
            )
        n, down = self.steps, (1 - self.mean) / 2
        term = function.xreplace({R: n - 2 * _k})
        if down == 0:
            return function.xreplace({R: n})
        law = sp.binomial(n, _k) * down**_k * (1 - down) ** (n - _k)
        return sp.Sum(law * term, (_k, 0, n))


class Profile(ABC):
    """A function of the overlap R."""

    @abstractmethod
    def times(self, other: Any) -> Any:
        """The product with a profile of the same kind."""

    @abstractmethod
    def average(self, walk: Walk) -> sp.Expr:
        """E of the function over a walk, exactly."""

    @property
    @abstractmethod
    def expression(self) -> sp.Expr:
        """The function as an expression in R (and D)."""

    @final
    def power(self, k: int) -> Any:
        """The k-th power, k >= 1."""
        made = self
        for _ in range(k - 1):
            made = made.times(self)
        return made

    def along(self, walk: Walk) -> sp.Expr:
        """E[w * function(R)] with w one step of the walk: by exchangeability E[R * function(R)] / n."""
        product = self.times(self.line())
        return sp.expand(product.average(walk) / walk.steps)

    @abstractmethod
    def line(self) -> Any:
        """R as a profile of the same kind."""

    def at(self, point: sp.Expr) -> sp.Expr:
        """The function at a point above 0."""
        return self.expression.xreplace({R: point})

    def certain(self, walk: Walk, power: int) -> sp.Expr:
        """A power of the function where every step of the walk is 1."""
        return self.at(walk.steps) ** power


@final
@dataclass(frozen=True)
class Polynomial(Profile):
    """A polynomial in R; its coefficients may be polynomials in D.

    Examples
    --------
    >>> cube = Polynomial.of([0, 0, 0, 1])
    >>> cube.power(2).average(Walk(1)).subs(notation.D, 2)
    1
    """

    coefficients: tuple[PolyElement, ...]

    @classmethod
    def of(cls, coefficients: Any) -> Polynomial:
        """From rational coefficients, the constant first."""
        return cls(tuple(RING(sp.QQ(*_ratio(c))) for c in coefficients))

    def times(self, other: Polynomial) -> Polynomial:
        made = [RING.zero] * (len(self.coefficients) + len(other.coefficients) - 1)
        for j, one in enumerate(self.coefficients):
            if one:
                for k, two in enumerate(other.coefficients):
                    if two:
                        made[j + k] += one * two
        return Polynomial(tuple(made))

    def line(self) -> Polynomial:
        return Polynomial.of([0, 1])

    def element(self, walk: Walk) -> PolyElement:
        """The average as a ring element."""
        moments = walk.moments(len(self.coefficients) - 1)
        return sum((c * moments[k] for k, c in enumerate(self.coefficients) if c), RING.zero)

    def average(self, walk: Walk) -> sp.Expr:
        return walk.expression(self.element(walk))

    def certain(self, walk: Walk, power: int) -> sp.Expr:
        steps, found = polynomial_in_units(walk.steps), RING.zero
        for c in reversed(self.coefficients):
            found = found * steps + c
        return walk.expression(found**power)

    @property
    def expression(self) -> sp.Expr:
        units = {sp.Symbol("D"): notation.D}
        return sp.Add(
            *(c.as_expr().xreplace(units) * R**k for k, c in enumerate(self.coefficients) if c)
        )

    @cached_property
    def parity(self) -> int | None:
        """0 for an even, 1 for an odd function, None for neither."""
        powers = {k % 2 for k, c in enumerate(self.coefficients) if c}
        return powers.pop() if len(powers) == 1 else None


@final
@dataclass(frozen=True)
class Rectified(Profile):
    """A polynomial for R > 0, a number at R = 0, and 0 for R < 0.

    Over fair signs an even one has half the average of its polynomial, but for what happens at R = 0.

    Examples
    --------
    >>> Rectified(Polynomial.of([0, 0, 1]), sp.S.Zero).average(Walk(1))
    D/2 - 1/2
    """

    above: Polynomial
    at_zero: sp.Expr

    def times(self, other: Rectified) -> Rectified:
        return Rectified(self.above.times(other.above), self.at_zero * other.at_zero)

    def average(self, walk: Walk) -> sp.Expr:
        if not walk.fair or self.above.parity != 0:
            return walk.average(self.expression)
        corrected = self.at_zero - self.above.expression.xreplace({R: sp.S.Zero}) / 2
        half = sp.expand(self.above.average(walk) / 2)
        return half + corrected * walk.at_zero if corrected != 0 else half

    @property
    def expression(self) -> sp.Expr:
        return sp.Piecewise((self.above.expression, R > 0), (self.at_zero, sp.Eq(R, 0)), (0, True))

    def line(self) -> Rectified:
        return Rectified(Polynomial.of([0, 1]), sp.S.Zero)

    def at(self, point: sp.Expr) -> sp.Expr:
        return self.above.at(point)


@final
@dataclass(frozen=True)
class Exponential(Profile):
    """scale * exp(rate R).

    Examples
    --------
    >>> Exponential(sp.S.One, sp.S.One).power(2).average(Walk(1))
    cosh(2)**(D - 1)
    """

    scale: sp.Expr
    rate: sp.Expr

    def times(self, other: Exponential) -> Exponential:
        return Exponential(self.scale * other.scale, self.rate + other.rate)

    def average(self, walk: Walk) -> sp.Expr:
        return self.scale * walk.transform(self.rate)

    def line(self) -> Exponential:
        raise NotDerivable("R is no exponential")

    def along(self, walk: Walk) -> sp.Expr:
        walk.require_fair()
        return self.scale * sp.sinh(self.rate) * sp.cosh(self.rate) ** (walk.steps - 1)

    @property
    def expression(self) -> sp.Expr:
        return self.scale * sp.exp(self.rate * R)


@final
@dataclass(frozen=True)
class General(Profile):
    """Any expression in R; averages stay finite sums.

    Examples
    --------
    >>> General(sp.Abs(R)).average(Walk(1)).subs(notation.D, 3).doit()
    1
    """

    function: sp.Expr

    def times(self, other: General) -> General:
        return General(self.function * other.function)

    def line(self) -> General:
        return General(R)

    def average(self, walk: Walk) -> sp.Expr:
        if walk.fair and self.odd:
            return sp.S.Zero
        return walk.average(self.function)

    @property
    def odd(self) -> bool:
        """Whether the function changes its sign with R, seen term by term or by exponentials."""
        both = self.function + self.function.xreplace({R: -R})
        return bool(both == 0 or sp.expand(both.rewrite(sp.exp)) == 0)

    @property
    def expression(self) -> sp.Expr:
        return self.function


def _ratio(value: Any) -> tuple[int, int]:
    exact = sp.Rational(value)
    return int(exact.p), int(exact.q)
