r"""Separation functions F of dense associative memories, E(sigma) = - sum_mu F(xi^mu . sigma).

=============  =============================================================================
power          m^n / n
distinct       m^n / n without the terms whose indices coincide (multilinear in sigma)
rectified      m^n / n for m > 0, else 0
exponential    exp(beta m)
lse            the energy is -(1/beta) ln sum_mu exp(beta m): its updates have the signs of exp(beta m)/beta
given          any function of m that is finite and real at the overlaps that occur
=============  =============================================================================

Main names
----------
Separation
    The contract: F, its difference over a flip of one unit, and its slope, as functions of the overlap.
separations
    The registry, by the name that a user types.

Conventions
-----------
R is the overlap outside the unit that is looked at, m = R + xi_i sigma_i the whole one. n is a whole
number or a symbol; for a symbol the averages stay finite sums, as they do for a given F that is no polynomial.

References
----------
krotov2016 (power, and rectified in eq. 3); demircigil2017 (exponential); ramsauer2021, eq. 1 (log-sum-exp); kelly2017,
distinct indices: the form in which every synapse occurs once.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, final

import sympy as sp

from hebbsym.errors import InvalidValue, NotDerivable, SizeLimit
from hebbsym.families import pointwise
from hebbsym.families.parameters import Parametric
from hebbsym.families.profiles import (
    RING,
    Exponential,
    General,
    Polynomial,
    Profile,
    R,
    Rectified,
    polynomial_in_units,
)
from hebbsym.functions import OF_OVERLAPS
from hebbsym.notation import D, m
from hebbsym.registry import Registry

HIGHEST_POWER = 64
"""Bound on n: moments of the field are polynomials in D of degree 2n and more."""


class Separation(Parametric, ABC):
    """F, and what the two updates make of it."""

    sees_itself: ClassVar[bool] = True
    """Whether the slope at a unit depends on the state of that unit."""
    of_signs: ClassVar[bool] = False
    """Whether it is a function of the overlap only where no entry of the cue is 0."""
    monotone_of_sum: ClassVar[str] = ""
    """Where the energy is a function of the sum over patterns: which."""

    @property
    @abstractmethod
    def energy(self) -> sp.Expr:
        """F as an expression in the overlap m (and in D)."""

    @abstractmethod
    def difference(self) -> Profile:
        """F(R + 1) - F(R - 1): the energy of sigma_i = -xi_i less that of sigma_i = xi_i."""

    @abstractmethod
    def slope(self, shift: int = 0) -> Profile:
        """F'(R + shift)."""

    def require_values(self, overlaps: Iterable[int]) -> None:
        """Refuse an overlap at which F is not finite and real; those of the registry are so everywhere."""

    def require_slopes(self, overlaps: Iterable[int]) -> None:
        """Refuse an overlap at which F has no slope; those of the registry have one everywhere."""

    @property
    def everywhere(self) -> bool:
        """Whether F has a value and a slope at every overlap, whatever D is."""
        return True

    @property
    def convex(self) -> bool | None:
        """Whether F(m') >= F(m) + F'(m) (m' - m) for whole m and m' = m - 2, m + 2; None where that is not known."""
        return None

    @property
    def growth(self) -> tuple[sp.Expr, sp.Expr] | None:
        """(n, c): S^2 / Var C tends to D^(n-1) / c for large D; None where it grows otherwise."""
        return None

    @property
    def grows(self) -> str:
        """How the capacity grows with D where it is no power of D, or why that is not known."""
        return (
            "the capacity grows exponentially with D here (ask for exponent:pattern, exponent:all)"
        )

    @property
    def rate(self) -> sp.Expr | None:
        """beta where F grows like exp(beta m)."""
        return None

    def distinct(self) -> Separation:
        """The same with distinct indices."""
        raise NotDerivable(f"distinct indices are those of a power, not of {self.name!r}")

    def rectified(self) -> Separation:
        """The same for positive overlaps only."""
        raise NotDerivable(f"rectification is derived for powers, not for {self.name!r}")


class _OfPower(Separation, ABC):
    """What the three powers have in common."""

    n: sp.Expr
    least: ClassVar[int] = 1

    def _require_domain(self) -> None:
        if not self.n.is_number:
            return
        if not self.n.is_Integer or self.n < self.least:
            raise InvalidValue(
                f"n is {self.n}; the power of {self.name!r} is a whole number of at least {self.least}"
            )
        if self.n > HIGHEST_POWER:
            raise SizeLimit(
                f"n = {self.n} is past the bound of {HIGHEST_POWER}; 'exponential' is the limit"
            )

    @property
    def _open(self) -> bool:
        return not self.n.is_Integer


def odd_factorial(n: sp.Expr) -> sp.Expr:
    """(2n - 3)!!, the moment E[g^(2n-2)] of a standard normal variable.

    Examples
    --------
    >>> [odd_factorial(sp.Integer(n)) for n in (1, 2, 3, 4)]
    [1, 1, 3, 15]
    """
    return sp.factorial(2 * n - 2) / (2 ** (n - 1) * sp.factorial(n - 1))


@final
@dataclass(frozen=True)
class Power(_OfPower):
    """F = m^n / n.

    Examples
    --------
    >>> Power(4).difference().expression
    2*R**3 + 2*R
    """

    n: sp.Expr
    name: ClassVar[str] = "power"

    @property
    def energy(self) -> sp.Expr:
        return m**self.n / self.n

    def difference(self) -> Profile:
        n = self.n
        if self._open:
            return General(((R + 1) ** n - (R - 1) ** n) / n)
        n = int(n)
        return Polynomial.of(
            [
                sp.Rational(2 * math.comb(n, k), n) if (n - k) % 2 else 0
                for k in range(n)
            ]
        )  # fmt: skip

    def slope(self, shift: int = 0) -> Profile:
        if self._open:
            return General((R + shift) ** (self.n - 1))
        return _shifted([0] * (int(self.n) - 1) + [1], shift)

    @property
    def convex(self) -> bool | None:
        even = self.n.is_even
        return True if self.n == 1 else even

    @property
    def growth(self) -> tuple[sp.Expr, sp.Expr]:
        return self.n, odd_factorial(self.n)

    def distinct(self) -> Separation:
        return Distinct(self.n)

    def rectified(self) -> Separation:
        return RectifiedPower(self.n)


@final
@dataclass(frozen=True)
class Distinct(_OfPower):
    """The sum over distinct indices of xi_j1 sigma_j1 ... xi_jn sigma_jn, over n.

    It is (n-1)! times the elementary symmetric polynomial, a Krawtchouk polynomial of the overlap.

    Examples
    --------
    >>> Distinct(3).slope().expression
    -D + R**2 + 1
    """

    n: sp.Expr
    name: ClassVar[str] = "distinct"
    sees_itself: ClassVar[bool] = False
    of_signs: ClassVar[bool] = True

    def _require_domain(self) -> None:
        super()._require_domain()
        if self._open:
            raise InvalidValue("distinct indices need a whole number n")

    @property
    def energy(self) -> sp.Expr:
        return _krawtchouk(int(self.n), D).expression.xreplace({R: m}) / self.n

    def difference(self) -> Profile:
        return Polynomial(tuple(2 * c for c in _krawtchouk(int(self.n) - 1, D - 1).coefficients))

    def slope(self, shift: int = 0) -> Profile:
        return _krawtchouk(int(self.n) - 1, D - 1)

    @property
    def growth(self) -> tuple[sp.Expr, sp.Expr]:
        return self.n, sp.factorial(self.n - 1)

    def distinct(self) -> Separation:
        return self

    def rectified(self) -> Separation:
        raise NotDerivable("rectification is derived for plain powers, not for distinct indices")


@final
@dataclass(frozen=True)
class RectifiedPower(_OfPower):
    """F = m^n / n for m > 0, else 0.

    Examples
    --------
    >>> RectifiedPower(2).difference().expression
    Piecewise((2*R, R > 0), (1/2, Eq(R, 0)), (0, True))
    """

    n: sp.Expr
    name: ClassVar[str] = "rectified"
    least: ClassVar[int] = 2

    @property
    def energy(self) -> sp.Expr:
        return sp.Piecewise((m**self.n / self.n, m > 0), (0, True))

    def difference(self) -> Profile:
        n = self.n
        if self._open:
            return General((sp.Max(0, R + 1) ** n - sp.Max(0, R - 1) ** n) / n)
        above = Power(n).difference()
        assert isinstance(above, Polynomial)
        return Rectified(above, 1 / n)

    def slope(self, shift: int = 0) -> Profile:
        if self._open or shift:
            return General(sp.Max(0, R + shift) ** (self.n - 1))
        above = Power(self.n).slope()
        assert isinstance(above, Polynomial)
        return Rectified(above, sp.S.Zero)

    @property
    def convex(self) -> bool | None:
        return True

    @property
    def growth(self) -> tuple[sp.Expr, sp.Expr]:
        return self.n, odd_factorial(self.n) / 2

    def rectified(self) -> Separation:
        return self


class _OfExponential(Separation, ABC):
    """What the two exponentials have in common."""

    beta: sp.Expr

    def _require_domain(self) -> None:
        if self.beta.is_number and not (self.beta.is_real and self.beta > 0):
            raise InvalidValue(f"beta is {self.beta}, and it is a positive number")

    @property
    def convex(self) -> bool | None:
        return True

    @property
    def rate(self) -> sp.Expr:
        return self.beta

    @property
    @abstractmethod
    def _scale(self) -> sp.Expr:
        """F = scale * exp(beta m)."""

    @property
    def energy(self) -> sp.Expr:
        return self._scale * sp.exp(self.beta * m)

    def difference(self) -> Profile:
        return Exponential(2 * self._scale * sp.sinh(self.beta), self.beta)

    def slope(self, shift: int = 0) -> Profile:
        return Exponential(self._scale * self.beta * sp.exp(self.beta * shift), self.beta)


@final
@dataclass(frozen=True)
class Exponent(_OfExponential):
    """F = exp(beta m).

    Examples
    --------
    >>> Exponent().slope().expression
    exp(R)
    """

    beta: sp.Expr = sp.S.One
    name: ClassVar[str] = "exponential"

    @property
    def _scale(self) -> sp.Expr:
        return sp.S.One


@final
@dataclass(frozen=True)
class LogSumExp(_OfExponential):
    """The energy -(1/beta) ln sum_mu exp(beta m), whose gradient is a softmax average of the patterns.

    The logarithm is monotone and the softmax's denominator positive, so that every update has the sign
    of the same sum with F = exp(beta m)/beta; the moments are those of that sum.

    Examples
    --------
    >>> LogSumExp(2).slope().expression
    exp(2*R)
    """

    beta: sp.Expr = sp.S.One
    name: ClassVar[str] = "lse"
    monotone_of_sum: ClassVar[str] = (
        "the energy is a monotone function of sum_mu exp(beta m): the crosstalk is that of this sum, "
        "before the softmax divides all terms by the same positive number"
    )

    @property
    def _scale(self) -> sp.Expr:
        return 1 / self.beta


@final
@dataclass(frozen=True)
class Given(Separation):
    """F as given: an expression in the overlap m with exact constants.

    Its parts are arithmetic, rational powers, exp, log, sin, cos, sinh, cosh, tanh, atan, erf, Abs, sign, Heaviside,
    Max, Min and Piecewise. For a polynomial with rational coefficients the moments are polynomials in D; for any
    other F they are finite sums over the law of the overlap.

    Raises
    ------
    InvalidValue
        When F is constant, holds another symbol, a float or another part, or is not finite and real at an overlap
        of two units and at one of three, so that there is no D for it.
    SizeLimit
        For a polynomial of a degree above 64.

    Examples
    --------
    >>> Given(m**3 / 3 + m).slope().expression
    R**2 + 1
    >>> Given(sp.cosh(m / 10)).slope().expression
    sinh(R/10)/10
    """

    F: sp.Expr = field(metadata={"vocabulary": OF_OVERLAPS})
    name: ClassVar[str] = "given"

    def _require_domain(self) -> None:
        pointwise.require_parts(self.F)
        degree = 0 if self._polynomial is None else int(self._polynomial.degree())
        if degree > HIGHEST_POWER:
            raise SizeLimit(f"the degree {degree} of F is past the bound of {HIGHEST_POWER}")

    @cached_property
    def _polynomial(self) -> sp.Poly | None:
        """F where it is a polynomial with rational coefficients."""
        if not self.F.is_polynomial(m):
            return None
        made = sp.Poly(self.F, m)
        return made if made.domain in (sp.ZZ, sp.QQ) else None

    @property
    def free_symbols(self) -> frozenset[sp.Basic]:
        return frozenset()

    @property
    def everywhere(self) -> bool:
        return self._polynomial is not None

    def require_values(self, overlaps: Iterable[int]) -> None:
        if not self.everywhere:
            for overlap in overlaps:
                pointwise.value_at(self.F, overlap)

    def require_slopes(self, overlaps: Iterable[int]) -> None:
        if not self.everywhere:
            for overlap in overlaps:
                pointwise.slope_at(self.F, overlap)

    @property
    def energy(self) -> sp.Expr:
        return self.F

    def difference(self) -> Profile:
        above, below = (self.F.xreplace({m: R + step}) for step in (1, -1))
        if self._polynomial is None:
            return General(above - below)
        return Polynomial.of(sp.Poly(above - below, R).all_coeffs()[::-1])

    def slope(self, shift: int = 0) -> Profile:
        if self._polynomial is None:
            return General(pointwise.slope(self.F).xreplace({m: R + shift}))
        made = self._polynomial.diff().compose(sp.Poly(m + shift, m))
        return Polynomial.of(made.all_coeffs()[::-1])

    @property
    def convex(self) -> bool | None:
        if self._polynomial is None:
            return None
        f, slope = self._polynomial, self._polynomial.diff()
        return all(
            _never_negative(f.compose(sp.Poly(m + step, m)) - f - step * slope) for step in (-2, 2)
        )

    @property
    def growth(self) -> tuple[sp.Expr, sp.Expr] | None:
        if self._polynomial is None:
            return None
        n = sp.Integer(self._polynomial.degree())
        return n, odd_factorial(n)

    @property
    def grows(self) -> str:
        return "how the capacity grows with D is not derived for a given F that is no polynomial"


def _never_negative(polynomial: sp.Poly) -> bool:
    """Whether it is negative at no whole number: its sign changes at its real roots only."""
    if polynomial.is_ground:
        return bool(polynomial.LC() >= 0)
    if polynomial.degree() % 2 or polynomial.LC() < 0:
        return False
    near = {
        place
        for (low, high), _ in polynomial.intervals(eps=sp.Rational(1, 4))
        for place in range(math.floor(low) - 1, math.ceil(high) + 2)
    }
    return all(polynomial(place) >= 0 for place in near)


def _shifted(coefficients: list[Any], shift: int) -> Polynomial:
    """p(R + shift) from the coefficients of p, the constant first."""
    made = [
        sum(c * math.comb(k, j) * shift ** (k - j) for k, c in enumerate(coefficients) if k >= j)
        for j in range(len(coefficients))
    ]
    return Polynomial.of(made)


def _krawtchouk(degree: int, steps: sp.Expr) -> Polynomial:
    """The sum over ordered distinct indices among ``steps`` signs, in terms of their sum R.

    p_(k+1) = R p_k - k (steps - k + 1) p_(k-1): a further index that coincides with one of the k.
    """
    n = polynomial_in_units(steps)
    before, made = [RING.zero], [RING.one]
    for k in range(degree):
        following = [RING.zero, *made]
        for j, c in enumerate(before):
            following[j] -= k * (n - k + 1) * c
        before, made = made, following
    return Polynomial(tuple(made))


separations: Registry[type[Any]] = Registry("separation")
"""The separation functions by the name that a user types."""
for _separation in (Power, Distinct, RectifiedPower, Exponent, LogSumExp, Given):
    separations.add(_separation.name, _separation)
