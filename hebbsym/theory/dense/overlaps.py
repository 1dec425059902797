r"""Fields that are sums of one signal and K - 1 independent crosstalks, given the unit's own entry of the cue.

Times the stored value at the unit, the field is S + C_2 + ... + C_K; given y, the unit's own entry of the
cue times its stored value, all of them are independent. What is known of S and C for each y gives mean and
variance of the field, and the signal-to-noise ratio, exactly.

Main names
----------
OverlapBench
    Moments of S and C, and of the field, from those given y.
cumulants
    Cumulants from moments.
tidy, gaussian_error
    A polynomial in factors; an error from mean and variance.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from functools import cached_property

import sympy as sp

from hebbsym.families.thresholds import FieldLaw
from hebbsym.notation import K, tail
from hebbsym.theory.workbench import Bench

MOST_FACTORED = 40
"""Bound on the terms of a sum that is factored."""
Branches = tuple[tuple[sp.Expr, sp.Expr], ...]


class OverlapBench(Bench):
    """What follows from signal and crosstalk given the unit's own entry of the cue."""

    @property
    @abstractmethod
    def branches(self) -> Branches:
        """Pairs (cue entry times stored value, probability)."""

    @abstractmethod
    def signal_given(self, y: sp.Expr, power: int) -> sp.Expr:
        """E[S**power | y]."""

    @abstractmethod
    def crosstalk_given(self, y: sp.Expr, power: int) -> sp.Expr:
        """E[C**power | y]."""

    def field_given(self, y: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
        """Mean and variance of the field times the stored value, given y."""
        s, c = (
            cumulants([of(y, r) for r in (1, 2)])
            for of in (self.signal_given, self.crosstalk_given)
        )
        return s[0] + (K - 1) * c[0], s[1] + (K - 1) * c[1]

    def signal(self, power: int) -> sp.Expr:
        """E[S**power]."""
        return self._over_own([self.signal_given(y, power) for y, _ in self.branches])

    def crosstalk(self, power: int) -> sp.Expr:
        """E[C**power]."""
        return self._over_own([self.crosstalk_given(y, power) for y, _ in self.branches])

    def _over_own(self, parts: Sequence[sp.Expr]) -> sp.Expr:
        """The average over y; a part that does not depend on it is taken once."""
        if all(part == parts[0] for part in parts):
            return parts[0]
        total = sp.Add(*(p * part for part, (_, p) in zip(parts, self.branches, strict=True)))
        return plain(total)

    @cached_property
    def by_load(self) -> tuple[tuple[sp.Expr, ...], tuple[sp.Expr, ...]]:
        """M^2 and V as coefficients of 1, K - 1 and (K - 1)^2."""
        s = [cumulants([self.signal_given(y, r) for r in (1, 2)]) for y, _ in self.branches]
        c = [cumulants([self.crosstalk_given(y, r) for r in (1, 2)]) for y, _ in self.branches]
        mean_s, mean_c = self._over_own([v[0] for v in s]), self._over_own([v[0] for v in c])
        inner_s, inner_c = self._over_own([v[1] for v in s]), self._over_own([v[1] for v in c])

        def between(one: list[sp.Expr], two: list[sp.Expr]) -> sp.Expr:
            if all(v == one[0] for v in one) or all(v == two[0] for v in two):
                return sp.S.Zero
            product = self._over_own([v * w for v, w in zip(one, two, strict=True)])
            return plain(product - self._over_own(one) * self._over_own(two))

        first_s, first_c = [v[0] for v in s], [v[0] for v in c]
        signal = (mean_s**2, 2 * mean_s * mean_c, mean_c**2)
        noise = (
            inner_s + between(first_s, first_s),
            inner_c + 2 * between(first_s, first_c),
            between(first_c, first_c),
        )
        return tuple(map(tidy, signal)), tuple(map(tidy, noise))

    @property
    def field_mean(self) -> sp.Expr:
        """E of the field times the stored value."""
        return self.signal(1) + (K - 1) * self.crosstalk(1)

    @property
    def field_variance(self) -> sp.Expr:
        """Its variance over patterns and cue."""
        return sp.Add(*((K - 1) ** r * part for r, part in enumerate(self.by_load[1])))

    @property
    def rho(self) -> sp.Expr:
        """The signal-to-noise ratio M^2/V."""
        signal = tidy(self.field_mean**2)
        return signal / tidy(self.field_variance)

    @property
    def laws(self) -> tuple[FieldLaw, FieldLaw]:
        mean, variance = self.field_mean, self.field_variance
        return FieldLaw(-mean, variance, sp.S.Half), FieldLaw(mean, variance, sp.S.Half)


def cumulants(moments: Sequence[sp.Expr]) -> tuple[sp.Expr, ...]:
    """Cumulants from the moments E[X], E[X**2], ... of the same number.

    Examples
    --------
    >>> cumulants([sp.S.Zero, sp.S.One, sp.S.Zero, 3 * sp.S.One])
    (0, 1, 0, 0)
    """
    found: list[sp.Expr] = []
    for n, moment in enumerate(moments, 1):
        rest = sp.Add(
            *(
                sp.binomial(n - 1, k - 1) * found[k - 1] * moments[n - k - 1]
                for k in range(1, n)
            )
        )  # fmt: skip
        found.append(plain(moment - rest))
    return tuple(found)


def plain(expression: sp.Expr) -> sp.Expr:
    """Expanded where it is a polynomial; as it stands where sums or exponentials are left."""
    if expression.is_polynomial(*expression.free_symbols):
        return sp.expand(expression)
    return expression


def tidy(expression: sp.Expr) -> sp.Expr:
    """Factored where it is a polynomial, or a quotient of two, of a degree that can be read.

    Examples
    --------
    >>> from hebbsym.notation import D
    >>> tidy(D**2 - D)
    D*(D - 1)
    """
    if expression.is_rational_function(*expression.free_symbols) and not _long(expression):
        return sp.factor(expression)
    return expression


def _long(expression: sp.Expr) -> bool:
    """Whether a polynomial has so many terms that its factors take seconds, and say no more than it does."""
    return any(len(part.args) > MOST_FACTORED for part in expression.atoms(sp.Add))


def gaussian_error(mean: sp.Expr, variance: sp.Expr) -> sp.Expr:
    """Q(mean / sqrt(variance)), both tidy or products of parts that are not negative.

    Examples
    --------
    >>> from hebbsym.notation import D
    >>> gaussian_error(D - 1, (D - 1) * (K - 1))
    erfc(sqrt(2)*sqrt(D - 1)/(2*sqrt(K - 1)))/2
    """
    if not (_long(mean) or _long(variance)):
        return tail(mean / sp.sqrt(variance))
    # roots and error functions ask their parts for their signs, which for a long polynomial takes minutes
    roots = (sp.Pow(part, -sp.S.Half) for part in sp.Mul.make_args(2 * variance))
    return sp.erfc(sp.Mul(mean, *roots), evaluate=False) / 2
