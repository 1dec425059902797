r"""Moments of the field of an n-body rule: linear and quadratic forms in its coefficients.

.. math:: h_i = \sum_\mu \sum_{n,p,k} c^{(n)}_{pk} (x_i^\mu)^p H^\mu_{n-1,k}, \qquad
          M(x) = c \cdot \mu(x), \qquad V(x) = c^{\mathsf T} C(x)\, c

Main names
----------
NBodyMoments
    mu(x) and C(x) over all coefficients of a rule's orders, as ring elements; M, V, signal and noise.

Conventions
-----------
``signal`` is M(x+) - M(x-) and ``noise`` 4 Vbar = 2 V(x+) + 2 V(x-), so that rho = signal^2 / noise.
"""

from __future__ import annotations

from functools import cached_property

import sympy as sp
from sympy.polys.rings import PolyElement

from hebbsym.errors import NotDerivable, OutsideClass
from hebbsym.families.nbody import NBodyRule, Place
from hebbsym.families.rules import Rule
from hebbsym.notation import K
from hebbsym.theory.nbody.coincidences import INPUTS, OTHERS, Pairing, SubsetAverages
from hebbsym.theory.setting import Setting


def require_nbody(rule: Rule) -> NBodyRule:
    """The rule itself when it is one of n-body synapses.

    Examples
    --------
    >>> require_nbody(NBodyRule((3,))).bodies
    (3,)
    """
    if not isinstance(rule, NBodyRule):
        raise OutsideClass(f"rule {rule.name!r} is {rule.rule_class.value}, not of n-body synapses")
    return rule


class NBodyMoments:
    """First and second moments of the field, exact in D and K.

    Parameters
    ----------
    setting : Setting
        With an n-body rule and two-valued patterns.

    Raises
    ------
    NotDerivable
        For patterns with more than two values (the elementary symmetric polynomials are not all
        there is), and for inhibition.

    Examples
    --------
    >>> from hebbsym.families.nbody import nbody_products
    >>> moments = NBodyMoments(Setting(nbody_products((3,))))
    >>> sp.factor(moments.expression(moments.mean))
    x*(D - 2)*(D - 1)/2
    """

    def __init__(self, setting: Setting) -> None:
        self.rule = require_nbody(setting.rule)
        self.setting = setting
        if not (setting.post.two_valued and setting.pre.two_valued):
            raise NotDerivable(
                "n-body rules are derived for two-valued patterns, on which every symmetric "
                f"increment is one of theirs; {setting.patterns.text} is none"
            )
        if setting.threshold.inhibits:
            raise NotDerivable("inhibition is not derived for n-body rules; take a fixed threshold")
        self.places: tuple[Place, ...] = tuple(
            (n, p, k) for n in self.rule.bodies for p in (0, 1) for k in range(n)
        )
        given = self.rule.terms
        self.averages = SubsetAverages(
            setting, [given.get(place, sp.S.Zero) for place in self.places]
        )
        self.ring = self.averages.ring
        self.coefficients = self.averages.extra
        self.values = tuple(v for v, _ in setting.post.alphabet)

    def expression(self, element: PolyElement) -> sp.Expr:
        """A ring element in the symbols of the theory."""
        sizes = {INPUTS: self.setting.inputs, OTHERS: K - 1}
        return element.as_expr().xreplace(sizes)

    def at_value(self, element: PolyElement, value: sp.Expr) -> PolyElement:
        """x replaced by a stored value."""
        return element.compose(self.averages.x, self.ring(sp.QQ.from_sympy(value)))

    @cached_property
    def mean_vector(self) -> tuple[PolyElement, ...]:
        """mu(x): E[h | x] for each unit coefficient."""
        a = self.averages
        return tuple(
            a.x**p * a.first((n - 1, k), True) + a.others * a.post[p] * a.first((n - 1, k), False)
            for n, p, k in self.places
        )

    @cached_property
    def covariance(self) -> tuple[tuple[PolyElement, ...], ...]:
        """C(x): the covariance of the fields of two unit coefficients, given x."""
        rows = []
        for row, one in enumerate(self.places):
            entries = [
                self._product(one, other) - self.mean_vector[row] * self.mean_vector[column]
                for column, other in enumerate(self.places[: row + 1])
            ]
            rows.append(entries)
        size = range(len(rows))
        return tuple(tuple(rows[max(r, c)][min(r, c)] for c in size) for r in size)

    def _product(self, one: Place, other: Place) -> PolyElement:
        """E[h h' | x] of two unit coefficients: the patterns of the two terms may be the same."""
        a, k = self.averages, self.averages.others
        (n, p, i), (m, q, j) = one, other
        first, second = (n - 1, i), (m - 1, j)
        own = a.x ** (p + q) * a.second(first, second, Pairing.CUED)
        crossed = a.x**p * a.post[q] * a.second(first, second, Pairing.CROSSED)
        crossed += a.x**q * a.post[p] * a.second(second, first, Pairing.CROSSED)
        same = a.post[p + q] * a.second(first, second, Pairing.SAME)
        different = a.post[p] * a.post[q] * a.second(first, second, Pairing.DIFFERENT)
        return own + k * crossed + k * same + k * (k - 1) * different

    @cached_property
    def mean(self) -> PolyElement:
        """M(x)."""
        return sum(
            (c * m for c, m in zip(self.coefficients, self.mean_vector, strict=True) if c),
            self.ring.zero,
        )

    @cached_property
    def variance(self) -> PolyElement:
        """V(x)."""
        total = self.ring.zero
        for row, c in zip(self.covariance, self.coefficients, strict=True):
            inner = sum(
                (entry * d for entry, d in zip(row, self.coefficients, strict=True) if d),
                self.ring.zero,
            )
            total += c * inner
        return total

    def gap(self, element: PolyElement) -> PolyElement:
        """The difference between the higher and the lower stored value."""
        low, high = self.values
        return self.at_value(element, high) - self.at_value(element, low)

    def doubled(self, element: PolyElement) -> PolyElement:
        """Twice the sum over the two stored values."""
        return 2 * sum((self.at_value(element, v) for v in self.values), self.ring.zero)

    @cached_property
    def signal(self) -> PolyElement:
        """M(x+) - M(x-)."""
        return self.gap(self.mean)

    @cached_property
    def noise(self) -> PolyElement:
        """4 Vbar."""
        return self.doubled(self.variance)

    @cached_property
    def by_load(self) -> tuple[PolyElement, ...]:
        """The noise by powers 0, 1, 2 of K - 1."""
        return self._powers(self.noise)

    def _powers(self, element: PolyElement) -> tuple[PolyElement, ...]:
        position = self.ring.gens.index(self.averages.others)
        parts: list[dict[tuple[int, ...], object]] = [{}, {}, {}]
        for powers, c in element.iterterms():
            rest = tuple(0 if at == position else e for at, e in enumerate(powers))
            parts[powers[position]][rest] = c
        return tuple(self.ring.from_dict(part) for part in parts)

    @cached_property
    def rho(self) -> sp.Expr:
        """The signal-to-noise ratio, common factors removed."""
        if not self.signal:
            raise NotDerivable(
                f"rule {self.rule.name!r} carries no signal in this setting: M(x) does not "
                "depend on x"
            )
        if not self.noise:
            raise NotDerivable(f"the field has no noise in this setting ({self.setting.text})")
        return self.ratio(self.signal**2, self.noise)

    def ratio(self, top: PolyElement, bottom: PolyElement) -> sp.Expr:
        """A quotient in lowest terms, its factors found in the ring."""
        above, below = top.cancel(bottom)
        return self._factored(above) / self._factored(below)

    def _factored(self, element: PolyElement) -> sp.Expr:
        number, factors = element.factor_list()
        scale: sp.Expr = sp.QQ.to_sympy(number)
        return sp.Mul(scale, *(self.expression(base) ** power for base, power in factors))
