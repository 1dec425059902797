r"""Mean, variance and signal-to-noise ratio of a field, from the moments of its terms.

The field is a sum of n terms s_b w_b that are exchangeable given the stored value x, so that with

.. math:: m = E[s_b w_b \mid x], \quad P = E[(s_b w_b)^2 \mid x], \quad C = E[s_b w_b\, s_c w_c \mid x]

.. math:: M = n m, \qquad V = n (P - m^2) + n (n - 1) (C - m^2)

C - m^2 is the variance of the mean term over the unit's history: it is what no number of inputs
averages out.

Main names
----------
AgedField
    M(x), V(x), rho, the cumulants, and the ceiling of rho as D goes to infinity.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias, final

import sympy as sp

from hebbsym.averages import cumulants_of
from hebbsym.errors import NotDerivable
from hebbsym.families.alphabet import remainders
from hebbsym.theory.ages.forms import Forms
from hebbsym.theory.ages.sums import AgedSum

InX: TypeAlias = "tuple[Any, ...]"
"""A polynomial in the stored value: its coefficients from x**0 on."""
View: TypeAlias = "Callable[[AgedSum], Any]"


@final
@dataclass(frozen=True)
class AgedField:
    """The field of a unit that stores x.

    Parameters
    ----------
    forms : Forms
        In what the moments are put together.
    view : callable
        How a sum in age and K is looked at: as it is, or in the limit of many patterns.

    Examples
    --------
    >>> from hebbsym.families.named import rules
    >>> from hebbsym.theory.ages.fractions import Fractions
    >>> from hebbsym.theory.ages.moments import AgedMoments
    >>> from hebbsym.theory.setting import Setting
    >>> forms = Fractions(AgedMoments(Setting(rules["oja"])))
    >>> field = AgedField(forms, forms.of)
    >>> field.mean
    eta*x*(1 - eta)**age*(D - 1)
    >>> AgedField(forms, forms.stationary).snr
    eta*(1 - eta)**(2*age)*(2 - eta)*(D - 1)/(-eta*(1 - eta)**(2*age)*(2 - eta) + 1)
    """

    forms: Forms
    view: View

    # ---- the terms ------------------------------------------------------------------------

    @cached_property
    def terms(self) -> InX:
        """m by powers of x."""
        return self._seen((1,))

    @cached_property
    def squares(self) -> InX:
        """P by powers of x."""
        return self._seen((2,))

    @cached_property
    def products(self) -> InX:
        """C by powers of x."""
        return self._seen((1, 1))

    def _seen(self, powers: tuple[int, ...]) -> InX:
        return tuple(self.view(part) for part in self.forms.moments.product(powers))

    @cached_property
    def own(self) -> InX:
        """P - m**2 by powers of x: the variance of one term."""
        return self._lowered(_less(self.squares, _times(self.terms, self.terms)))

    @cached_property
    def common(self) -> InX:
        """C - m**2 by powers of x: the covariance of two terms, due to the unit's history."""
        return self._lowered(_less(self.products, _times(self.terms, self.terms)))

    @property
    def history(self) -> bool:
        """Whether the mean of a term depends on the unit's history (C differs from m**2).

        As decided on expressions in lowest terms; where they are not brought to them, it is
        taken to depend.
        """
        return any(c != 0 for c in self.common)

    def _lowered(self, polynomial: InX) -> InX:
        """Powers of x brought below the size of the alphabet."""
        values = tuple(v for v, _ in self.forms.moments.setting.post.alphabet)
        if not values:
            return polynomial
        rows = remainders(values, max(len(polynomial), len(values)) - 1)
        return tuple(
            sum(
                (
                    self.forms.exact(row[k]) * c
                    for row, c in zip(rows, polynomial, strict=False)
                    if row[k] != 0
                ),
                start=self._zero,
            )
            for k in range(len(values))
        )

    @property
    def _zero(self) -> Any:
        return self.forms.exact(sp.S.Zero)

    # ---- mean, variance, cumulants --------------------------------------------------------

    @cached_property
    def mean(self) -> sp.Expr:
        """M(x)."""
        return self._in_x(tuple(self.forms.inputs * c for c in self.terms))

    @cached_property
    def variance(self) -> sp.Expr:
        """V(x)."""
        n = self.forms.inputs
        own, common = (tuple(factor * c for c in part) for factor, part in (
            (n, self.own), (n * (n - 1), self.common)
        ))  # fmt: skip
        return self._in_x(_plus(own, common))

    def cumulant(self, order: int) -> sp.Expr:
        """The cumulant of order 1 to 4, where the moments were derived to that order."""
        raw = [
            _Polynomial(tuple(self.view(part) for part in self.forms.moments.field_moment(r)))
            for r in range(1, order + 1)
        ]
        return self._in_x(self._lowered(cumulants_of(raw)[-1].coefficients))

    def _in_x(self, polynomial: InX) -> sp.Expr:
        terms = (self.forms.x**k * c for k, c in enumerate(polynomial))
        return self.forms.expression(sum(terms, start=self._zero))

    def _at(self, polynomial: InX, value: sp.Expr) -> Any:
        terms = (self.forms.exact(value**k) * c for k, c in enumerate(polynomial))
        return sum(terms, start=self._zero)

    # ---- signal and noise -----------------------------------------------------------------

    @cached_property
    def signal_and_noise(self) -> tuple[Any, Any, Any]:
        """Signal s, own noise p and common noise c of one term: rho = n s / (p + (n - 1) c)."""
        setting = self.forms.moments.setting
        exact = self.forms.exact
        if setting.post.two_valued:
            (low, _), (high, _) = setting.post.alphabet
            gap = self._at(self.terms, high) - self._at(self.terms, low)
            own, common = (
                self._at(part, low) + self._at(part, high) for part in (self.own, self.common)
            )
            return gap**2, 2 * own, 2 * common
        mu = setting.post.moment
        spread = exact(mu(2) - mu(1) ** 2)
        covariance = self._averaged(self.terms, lambda k: mu(k + 1) - mu(k) * mu(1))
        mean, square, product = (
            self._averaged(part, mu) for part in (self.terms, self.squares, self.products)
        )
        explained = spread * mean**2 + covariance**2
        return covariance**2, spread * square - explained, spread * product - explained

    def _averaged(self, polynomial: InX, weight: Callable[[int], sp.Expr]) -> Any:
        terms = (self.forms.exact(weight(k)) * c for k, c in enumerate(polynomial))
        return sum(terms, start=self._zero)

    @cached_property
    def ratio(self) -> Any:
        """rho as an element.

        Raises
        ------
        NotDerivable
            When there is no signal, or no noise.
        """
        signal, own, common = self.signal_and_noise
        n, setting = self.forms.inputs, self.forms.moments.setting
        if signal == 0:
            raise NotDerivable(
                f"rule {setting.rule.name!r} carries no signal in this setting: M(x) does not "
                "depend on x"
            )
        noise = own + (n - 1) * common
        if noise == 0:
            raise NotDerivable(
                f"the field has no noise in this setting ({setting.text}): rho is infinite"
            )
        return n * signal / noise

    @property
    def snr(self) -> sp.Expr:
        """rho, exact."""
        return self.forms.expression(self.ratio)

    @property
    def ceiling(self) -> sp.Expr:
        """The limit of rho as D goes to infinity; infinite where no history is common to the terms."""
        signal, _, common = self.signal_and_noise
        return self.forms.expression(signal / common) if common != 0 else sp.oo


@dataclass(frozen=True)
class _Polynomial:
    """A polynomial in x with the arithmetic that cumulants need."""

    coefficients: InX

    def __sub__(self, other: _Polynomial) -> _Polynomial:
        return _Polynomial(_less(self.coefficients, other.coefficients))

    def __rmul__(self, factor: int) -> _Polynomial:
        return _Polynomial(tuple(factor * c for c in self.coefficients))

    def __mul__(self, other: _Polynomial) -> _Polynomial:
        return _Polynomial(_times(self.coefficients, other.coefficients))


def _plus(first: InX, second: InX) -> InX:
    return tuple(
        a + b if a is not None and b is not None else a if b is None else b
        for a, b in itertools.zip_longest(first, second)
    )


def _less(first: InX, second: InX) -> InX:
    return _plus(first, tuple(-c for c in second))


def _times(first: InX, second: InX) -> InX:
    """The product, its coefficients summed over pairs whose powers add up."""
    made: list[list[Any]] = [[] for _ in range(len(first) + len(second) - 1)]
    for (i, a), (j, b) in itertools.product(enumerate(first), enumerate(second)):
        made[i + j].append(a * b)
    return tuple(sum(rest, start=head) for head, *rest in made)
