r"""Separation functions F of dense associative memories, E(sigma) = - sum_mu F(xi^mu . sigma).

=============  =============================================================================
power          m^n / n
distinct       m^n / n without the terms whose indices coincide (multilinear in sigma)
rectified      m^n / n for m > 0, else 0
exponential    exp(beta m)
lse            the energy is -(1/beta) ln sum_mu exp(beta m): its updates have the signs of exp(beta m)/beta
given          a polynomial in m
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
number or a symbol; for a symbol the averages stay finite sums.

References
----------
krotov2016 (power, and rectified in eq. 3); demircigil2017 (exponential); ramsauer2021, eq. 1 (log-sum-exp); kelly2017,
distinct indices: the form in which every synapse occurs once.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, final

import sympy as sp

from hebbsym.errors import InvalidValue, NotDerivable, SizeLimit
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

    @property
    def growth(self) -> tuple[sp.Expr, sp.Expr] | None:
        """(n, c): S^2 / Var C tends to D^(n-1) / c for large D; None where it grows otherwise."""
        return None

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
    """F as given, a polynomial in the overlap m with rational coefficients.

    Examples
    --------
    >>> Given(m**3 / 3 + m).slope().expression
    R**2 + 1
    """

    F: sp.Expr
    name: ClassVar[str] = "given"

    def _require_domain(self) -> None:
        free = self.F.free_symbols - {m}
        if free or not self.F.is_polynomial(m) or self._degree < 1:
            raise InvalidValue(
                f"F = {str(self.F)[:60]} is no polynomial in the overlap m with rational coefficients"
            )
        if self._degree > HIGHEST_POWER:
            raise SizeLimit(f"the degree {self._degree} of F is past the bound of {HIGHEST_POWER}")

    @property
    def _degree(self) -> int:
        return int(sp.degree(self.F, m)) if self.F.has(m) else 0

    @property
    def free_symbols(self) -> frozenset[sp.Basic]:
        return frozenset()

    @property
    def energy(self) -> sp.Expr:
        return self.F

    def _of(self, expression: sp.Expr) -> Polynomial:
        return Polynomial.of(sp.Poly(expression, m).all_coeffs()[::-1])

    def difference(self) -> Profile:
        return self._of(self.F.xreplace({m: m + 1}) - self.F.xreplace({m: m - 1}))

    def slope(self, shift: int = 0) -> Profile:
        return self._of(sp.diff(self.F, m).xreplace({m: m + shift}))

    @property
    def growth(self) -> tuple[sp.Expr, sp.Expr] | None:
        n = sp.Integer(self._degree)
        return n, odd_factorial(n)


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
