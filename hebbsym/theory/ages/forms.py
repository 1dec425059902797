r"""How sums of geometric terms are put together and written.

Main names
----------
Forms
    The contract: sums by age as elements that can be added, multiplied and divided, and written.
Geometric
    A quotient that is linear in one power ``rate**age``.
Assembled
    As expressions that are put together and left so; for rules with many coefficients.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

import sympy as sp
from sympy.polys.rings import PolyElement

from hebbsym import notation
from hebbsym.recurrences import Rates, divided_power
from hebbsym.theory.ages.moments import AgedMoments
from hebbsym.theory.ages.sums import AgedSum
from hebbsym.theory.spelling import oriented


@dataclass(frozen=True)
class Geometric:
    """(top + gain y) / (bottom + loss y) with y = rate**age.

    Examples
    --------
    >>> q = sp.Symbol("q", positive=True)
    >>> Geometric(q, sp.S.Zero, sp.Integer(9), sp.S.One, sp.S.Zero).age_at(sp.S.One)
    -log(9)/log(q)
    """

    rate: sp.Expr
    top: sp.Expr
    gain: sp.Expr
    bottom: sp.Expr
    loss: sp.Expr

    def power_at(self, value: sp.Expr) -> sp.Expr:
        """The power y at which the quotient has a value."""
        return (value * self.bottom - self.top) / (self.gain - value * self.loss)

    def age_at(self, value: sp.Expr) -> sp.Expr:
        """The age at which the quotient has a value, a real number."""
        return sp.log(oriented(sp.factor(self.power_at(value)))) / sp.log(self.rate)


class Forms(ABC):
    """Sums of geometric terms as elements of a field.

    Parameters
    ----------
    moments : AgedMoments
    """

    def __init__(self, moments: AgedMoments) -> None:
        self.moments = moments

    @property
    @abstractmethod
    def age(self) -> Any:
        """The age as an element."""

    @property
    @abstractmethod
    def patterns(self) -> Any:
        """K as an element."""

    @property
    @abstractmethod
    def inputs(self) -> Any:
        """n as an element."""

    @property
    @abstractmethod
    def x(self) -> Any:
        """The stored value as an element."""

    @abstractmethod
    def lifted(self, element: PolyElement) -> Any:
        """An element of the ring of entries."""

    @abstractmethod
    def exact(self, expression: sp.Expr) -> Any:
        """An expression in the parameters of the setting."""

    @abstractmethod
    def later(self, rate: PolyElement, m: int) -> Any:
        """``rate**(age - m)``."""

    @abstractmethod
    def earlier(self, rate: PolyElement, m: int) -> Any:
        """``rate**(K - 1 - age - m)``."""

    @abstractmethod
    def whole(self, rate: PolyElement, m: int) -> Any:
        """``rate**(K - m)``."""

    def geometric(self, element: Any) -> Geometric | None:
        """An element as a quotient linear in one power ``rate**age``, if it is seen to be one."""
        return None

    @abstractmethod
    def expression(self, element: Any) -> sp.Expr:
        """An element as a reader wants it."""

    @final
    def of(self, total: AgedSum) -> Any:
        """A sum in age and K."""
        before = self.patterns - 1 - self.age
        made = self.lifted(total.ring.zero)
        for (two, one), coefficient in total.terms.items():
            made += (
                self.lifted(coefficient)
                * divided_power(self.age, two, self.lifted, self.later)
                * divided_power(before, one, self.lifted, self.earlier)
            )
        return made

    @final
    def stationary(self, total: AgedSum) -> Any:
        """The limit K to infinity at a fixed age; see :meth:`AgedSum.lasting`."""
        made = self.lifted(total.ring.zero)
        for two, coefficient, settling in total.lasting():
            part = self.lifted(coefficient) * divided_power(self.age, two, self.lifted, self.later)
            made += part / math.prod(
                (1 - self.lifted(rate) for rate in settling), start=self.exact(sp.S.One)
            )
        return made

    @final
    def weights(self, terms: Mapping[Rates, PolyElement]) -> Any:
        """A moment of the weights after K patterns."""
        made = self.lifted(self.moments.ring.zero)
        for rates, coefficient in terms.items():
            made += self.lifted(coefficient) * divided_power(
                self.patterns, rates, self.lifted, self.whole
            )
        return made


@final
class Assembled(Forms):
    """Elements are expressions, left as they are put together.

    Examples
    --------
    >>> from hebbsym.families.named import rules
    >>> from hebbsym.theory.setting import Setting
    >>> oja = Assembled(AgedMoments(Setting(rules["oja"])))
    >>> oja.of(oja.moments.product((1,))[1])
    eta*(1 - eta)**age
    """

    age = notation.age
    patterns = notation.K
    x = notation.x

    @property
    def inputs(self) -> sp.Expr:
        return self.moments.setting.inputs

    def lifted(self, element: PolyElement) -> sp.Expr:
        return self.moments.spell(element)

    def exact(self, expression: sp.Expr) -> sp.Expr:
        return expression

    def later(self, rate: PolyElement, m: int) -> sp.Expr:
        return self._power(rate, notation.age - m)

    def earlier(self, rate: PolyElement, m: int) -> sp.Expr:
        return self._power(rate, notation.K - 1 - notation.age - m)

    def whole(self, rate: PolyElement, m: int) -> sp.Expr:
        return self._power(rate, notation.K - m)

    def _power(self, rate: PolyElement, exponent: sp.Expr) -> sp.Expr:
        if not rate:
            return _at_zero(exponent)
        base = self.lifted(rate)
        return sp.S.One if base == 1 else base**exponent

    def expression(self, element: sp.Expr) -> sp.Expr:
        return element


def _at_zero(exponent: sp.Expr) -> sp.Expr:
    """1 where the exponent is zero, 0 elsewhere."""
    return sp.Piecewise((1, sp.Eq(exponent, 0)), (0, True))
