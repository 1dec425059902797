r"""Where slow learning leads: the mean-field flow of a weight, its fixed points, their stability.

For Delta w = eta f(w; x_i, x_j) with small eta the mean weight follows

.. math:: \frac{d \langle w \rangle}{d\tau} = F(\langle w \rangle), \qquad F(w) = E[f(w; x_i, x_j)],
          \qquad \tau = \eta K

up to fluctuations whose variance is of order eta. W = 0 at the start, so the weights run to the first
zero of F in the direction of F(0), or away.

Main names
----------
Flow
    F, the averages of powers of f, and the fixed points of one setting.
FixedPoint
    A zero of F: its value, and the slope of F there, which is negative when it is stable.
Bracket, brackets
    The real fixed points of a flow with rational coefficients, each between two rationals.

Conventions
-----------
A fixed point is stable in the flow when F' < 0 there. The learning itself, at a finite rate, keeps the
mean near it when eta < -2/F', and the variance finite only when

.. math:: \eta < -2 F'(w^*) / E[f'(w^*)^2]

References
----------
derived here; kampen2007 for the expansion (unverified).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import sympy as sp
from sympy.polys.rings import PolyElement

from hebbsym.errors import InvalidValue, NotDerivable
from hebbsym.notation import w
from hebbsym.theory.ages.states import PAIRS
from hebbsym.theory.drives import Drive, drive, engine_of
from hebbsym.theory.setting import Setting

MOST_FACTORS = 10
"""Bound on the powers of f that are averaged."""


class FixedPoint(NamedTuple):
    """A zero of the flow, and the slope of the flow there."""

    value: sp.Expr
    slope: sp.Expr


class Bracket(NamedTuple):
    """Two rationals with exactly one fixed point between them, and how the flow passes it.

    ``before`` and ``after`` are the signs of the flow below and above: (1, -1) is stable.
    """

    low: sp.Rational
    high: sp.Rational
    before: int
    after: int

    @property
    def stable(self) -> bool:
        """Whether the flow leads to the point from both sides."""
        return (self.before, self.after) == (1, -1)

    def value(self, digits: int = 30) -> sp.Float:
        """The middle, to a number of digits."""
        return sp.Float((self.low + self.high) / 2, digits)


@dataclass(frozen=True)
class Flow:
    """The mean-field flow of a weight.

    Parameters
    ----------
    setting : Setting
        Its rule is polynomial in the weight.

    Examples
    --------
    >>> from hebbsym.families.rules import ExpandedRule
    >>> from hebbsym.notation import eta, a
    >>> from hebbsym.families.ensembles import Bipolar
    >>> squared = ExpandedRule(2, {(1, 1): eta, (0, 0): -eta * w**2}, "squared decay")
    >>> flow = Flow(Setting(squared, Bipolar(a)))
    >>> flow.mean
    a**2 - w**2
    >>> [point.value for point in flow.fixed_points]
    [a, -a]
    """

    setting: Setting

    @cached_property
    def rate(self) -> sp.Expr:
        """eta, or 1 for a rule that does not mention it."""
        return self._drive.rate

    @cached_property
    def _drive(self) -> Drive:
        return drive(self.setting)

    def _average(self, factors: int, edges: tuple[tuple[int, int], ...]) -> sp.Expr:
        """E[f(w) ... f(w)], each factor at its edge, as an expanded polynomial in w."""
        if factors > MOST_FACTORS:
            raise InvalidValue(f"powers of f up to {MOST_FACTORS} are averaged, not {factors}")
        parts = [part.terms for part in self._drive.parts]
        engine = engine_of(self.setting, parts, factors)
        powers = [r for r, part in enumerate(parts) if part]
        total: dict[int, PolyElement] = {}
        for chosen in itertools.product(powers, repeat=factors):
            shown = [(*edge, r) for edge, r in zip(edges, chosen, strict=True)]
            value = engine.of_one_pattern(shown, {})
            total[sum(chosen)] = total.get(sum(chosen), engine.ring.zero) + value
        return sp.Add(*(sp.expand(c.as_expr()) * w**r for r, c in total.items()))

    def power(self, factors: int) -> sp.Expr:
        """E[f(w)**factors], a polynomial in w."""
        known: dict[int, sp.Expr] = self._powers
        if factors not in known:
            known[factors] = self._average(factors, PAIRS[""] * factors)
        return known[factors]

    @cached_property
    def _powers(self) -> dict[int, sp.Expr]:
        return {0: sp.S.One}

    @property
    def mean(self) -> sp.Expr:
        """F(w) = E[f(w)]."""
        return self.power(1)

    @cached_property
    def slope(self) -> sp.Expr:
        """F'(w)."""
        return sp.diff(self.mean, w)

    @cached_property
    def noise(self) -> sp.Expr:
        """G(w) = Var(f(w))."""
        return sp.expand(self.power(2) - self.mean**2)

    def shared_noise(self, shared: str = "post") -> sp.Expr:
        """The covariance of f(w) at two weights onto one unit (or "pre": from one), both with the value w."""
        return sp.expand(self._average(2, PAIRS[shared]) - self.mean**2)

    def notes(self, *shown: sp.Expr) -> tuple[str, ...]:
        """What a claim adds to its conditions where there is no rate, or where a zero has no closed form.

        Examples
        --------
        >>> from hebbsym.families.rules import ExpandedRule
        >>> Flow(Setting(ExpandedRule(2, {(1, 1): sp.S.One, (0, 0): -w}))).notes()
        ('the rule names no rate eta, so that eta = 1 here: its whole update has to be small',)
        """
        said = []
        if self.rate == 1:
            said.append(
                "the rule names no rate eta, so that eta = 1 here: its whole update has to be small"
            )
        if any(expression.has(sp.CRootOf) for expression in shown):
            said.append(
                "CRootOf(p, n) is a zero of the polynomial p, whose letter is a dummy and no quantity: real "
                "ones are counted in order, from n = 0"
            )
        return tuple(said)

    # ---- fixed points ---------------------------------------------------------------------

    @cached_property
    def fixed_points(self) -> tuple[FixedPoint, ...]:
        """The zeros of F, each once: in closed form, or as algebraic numbers of a degree above 2.

        Such a number is isolated by exact arithmetic and evaluated to any precision. Zeros that are not real numbers are left out; those of a quadratic factor with symbols are
        real where its discriminant is not negative.

        Raises
        ------
        NotDerivable
            When F is identically zero, and when a factor of F with symbols has degree 3 or more in w.
        """
        if self.mean == 0:
            raise NotDerivable(
                f"the flow of rule {self.setting.rule.name!r} is zero for every weight: all weights are "
                "fixed points"
            )
        found: list[FixedPoint] = []
        for factor, _ in sp.factor_list(self.mean)[1]:
            if not factor.has(w):
                continue
            if sp.degree(factor, w) > 2 and factor.free_symbols != {w}:
                raise NotDerivable(
                    f"the flow has the factor {factor} of degree {sp.degree(factor, w)} in w, which is "
                    "not solved in closed form; give rational numbers for its symbols"
                )
            steepness = sp.rem(self.slope, factor, w)
            found += [
                FixedPoint(root, _tidy(steepness.xreplace({w: root}))) for root in _zeros(factor)
            ]
        real = [point for point in found if point.value.is_real is not False]
        if all(point.value.is_number for point in real):
            return tuple(sorted(real, key=lambda point: point.value))
        return tuple(real)

    @cached_property
    def destination(self) -> FixedPoint:
        """The fixed point that the weights reach from W = 0, stable and approached exponentially.

        Raises
        ------
        NotDerivable
            When it cannot be told without numbers, when there is none, and when F' is not negative
            there.
        """
        points = self.fixed_points
        start = self.mean.xreplace({w: sp.S.Zero})
        if start == 0:
            ahead = [point for point in points if point.value == 0]
        elif len(points) == 1 and sp.degree(self.mean, w) == 1:
            ahead = list(points)
        elif all(point.value.is_number for point in points) and start.is_number:
            side = [p for p in points if (p.value > 0) == (start > 0) and p.value != 0]
            ahead = sorted(side, key=lambda point: abs(point.value))[:1]
        else:
            names = ", ".join(sorted(str(s) for s in self.mean.free_symbols - {w}))
            raise NotDerivable(
                f"which fixed point the weights reach from 0 depends on {names}: give numbers"
            )
        if not ahead:
            raise NotDerivable(
                f"the weights run away: the flow {self.mean} has no zero in the direction of its value "
                f"{start} at w = 0, so there is no stationary law"
            )
        point = ahead[0]
        slope = point.slope.n(30) if point.slope.is_number else point.slope
        if slope.is_nonnegative:
            raise NotDerivable(
                f"the fixed point {point.value} is not stable: the slope of the flow there is "
                f"{point.slope}, and a stationary law needs a negative one"
            )
        return point

    def require_stable(self, rate: sp.Expr) -> None:
        """Raise when a rate is so large that the second moment of the weights does not settle.

        Raises
        ------
        NotDerivable
            With the bound that is exceeded.

        Examples
        --------
        >>> from hebbsym.families.named import rules
        >>> Flow(Setting(rules["oja"])).require_stable(sp.Integer(3))
        Traceback (most recent call last):
        ...
        hebbsym.errors.NotDerivable: the rate 3 is unstable: the variance of the weights settles \
only below 2
        """
        bound = self.largest_rate
        if rate.is_number and bound.is_number and rate >= bound:
            raise NotDerivable(
                f"the rate {rate} is unstable: the variance of the weights settles only below {bound}"
                if self.rate != 1
                else "the rule is unstable as its numbers are: the variance of the weights settles only below "
                f"{bound} times the update"
            )

    @cached_property
    def largest_rate(self) -> sp.Expr:
        """-2 F'/E[f'**2] at the destination: the linearised second moment settles below it."""
        point = self.destination
        steps = self._steepness.xreplace({w: point.value})
        return _tidy(-2 * point.slope / steps)

    @cached_property
    def _steepness(self) -> sp.Expr:
        """E[f'(w)**2]."""
        parts = [part.terms for part in self._drive.parts]
        engine = engine_of(self.setting, parts, 2)
        total = sp.S.Zero
        for r, q in itertools.product(range(1, len(parts)), repeat=2):
            average = engine.of_one_pattern(((0, 1, r), (0, 1, q)), {}).as_expr()
            total += r * q * average * w ** (r + q - 2)
        return sp.expand(total)


def brackets(flow: sp.Expr, digits: int = 30) -> tuple[Bracket, ...]:
    """The real zeros of a polynomial in w with rational coefficients, certified and in order.

    Each is isolated by exact arithmetic (sign variations), so that none is missed and none is
    counted twice; the brackets are narrower than 10**-digits.

    Raises
    ------
    InvalidValue
        When a coefficient is not rational, or the polynomial is zero.

    Examples
    --------
    >>> [point.value(6) for point in brackets(w**3 - w - 1)], brackets(w**3 - w - 1)[0].stable
    ([1.32472], False)
    >>> [point.value(3) for point in brackets(-w * (w**2 - 2))]
    [-1.41, 0.0, 1.41]
    """
    polynomial = sp.Poly(flow, w)
    wrong = [c for c in polynomial.all_coeffs() if not c.is_Rational]
    if polynomial.is_zero or wrong:
        what = f"the coefficient {wrong[0]} is not rational" if wrong else "the flow is zero"
        raise InvalidValue(f"fixed points are bracketed for rational coefficients; {what}")
    width = sp.Rational(1, 10 ** (digits + 1))
    found = []
    for (low, high), multiplicity in polynomial.intervals(eps=width):
        before = _sign_below(polynomial, low)
        after = before if multiplicity % 2 == 0 else -before
        found.append(Bracket(low, high, before, after))
    return tuple(found)


def _sign_below(polynomial: sp.Poly, point: sp.Rational) -> int:
    """The sign of a polynomial just below a point: at the point, or by its derivatives there."""
    sign, derivative = 1, polynomial
    while (height := derivative.as_expr().xreplace({w: point})) == 0:
        derivative, sign = derivative.diff(), -sign
    return sign * (1 if height > 0 else -1)


def _zeros(factor: sp.Expr) -> tuple[sp.Expr, ...]:
    """The zeros of a factor in w: of degree 1 or 2, the lower sign first; or real algebraic numbers."""
    if sp.degree(factor, w) > 2:
        return tuple(sp.Poly(factor, w).real_roots())
    *leading, linear, constant = sp.Poly(factor, w).all_coeffs()
    if not leading:
        return (_tidy(-constant / linear),)
    spread = sp.sqrt(sp.factor(linear**2 - 4 * leading[0] * constant))
    return tuple(_tidy((-linear + sign * spread) / (2 * leading[0])) for sign in (-1, 1))


def _tidy(expression: sp.Expr) -> sp.Expr:
    """A zero, or a value there: common factors removed, numbers with rational denominators."""
    if expression.has(sp.CRootOf):
        return sp.expand(expression)
    return sp.radsimp(expression) if expression.is_number else sp.factor(sp.cancel(expression))
